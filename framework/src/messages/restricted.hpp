// Factors of q within limits: exp(<eta, s(x)>) on a part of a support, by quadrature or sums.
#pragma once

#include <kullback/capability.hpp>

#include <string>
#include <vector>

namespace kullback::messages {

/// p(x) proportional to exp(sum of eta_l label_l(x)) on [low, high], each member with limits of its own; x is a number
/// or an integer. theta = eta = (one row a label, low, high); the limits stay as they are. What a censored value is
/// known by, and a truncated variable.
class Restricted final : public Distribution, public ExponentialFamily, public kullback::Moments, public Sampler {
 public:
  /// `support`: of the family without limits.
  Restricted(Text name, std::vector<std::string> labels, Support support);
  Text name() const override { return name_; }
  std::vector<std::vector<Parameter>> parameterizations() const override;
  kullback::Support support(const Layout& layout, In theta, Index member, Index coordinate) const override;
  void log_density(const Layout& layout, In theta, const Points& points, Row out) const override;
  std::vector<Statistic> statistics(const Layout& layout) const override;
  Index fixed_rows(const Layout&) const override { return 2; }
  void mean(const Layout& layout, In eta, Out m, Row log_partition) const override;
  void natural(const Layout& layout, In m, Out eta) const override;
  bool in_domain(const Layout& layout, In eta, Index member) const override;
  void convert(const Layout& layout, In from, Out to, bool theta_to_eta) const override;
  bool expect(const Layout& layout, In theta, Text label, Out value) const override;
  Index uniforms(const Layout&) const override { return 1; }
  void sample(const Layout& layout, In theta, In uniforms, Out x) const override;

 private:
  std::string name_;
  std::vector<std::string> labels_;
  kullback::Support support_;
};

/// Moves the natural parameter in row `x` of a member (a column `eta`) until its mean is `mean`, which it rises with;
/// the others stay. Throws DomainError where the mean is not inside the member's support.
void tilt_to_mean(const Restricted& family, const Layout& layout, Index x, double mean, Out eta);

/// What was drawn outside the limits before a draw fell within them: a number of draws with probability (1 - c) c^n,
/// each from exp(<eta, s(x)>) outside. A density that is normalized within limits is the sum over what was discarded of
/// densities that are not, so that log p keeps its form in all other variables. Statistics: "discarded" (how many),
/// then the sum over them of each label. eta = (log of a factor of c, one row a label, low, high).
class Discarded final : public Distribution, public ExponentialFamily {
 public:
  Discarded(Text name, std::vector<std::string> labels, Support support);
  static constexpr Text kCount = "discarded";
  Text name() const override { return name_; }
  std::vector<std::vector<Parameter>> parameterizations() const override;
  kullback::Support support(const Layout& layout, In theta, Index member, Index coordinate) const override;
  void log_density(const Layout& layout, In theta, const Points& points, Row out) const override;
  std::vector<Statistic> statistics(const Layout& layout) const override;
  Index fixed_rows(const Layout&) const override { return 2; }
  void mean(const Layout& layout, In eta, Out m, Row log_partition) const override;
  void natural(const Layout& layout, In m, Out eta) const override;
  bool in_domain(const Layout& layout, In eta, Index member) const override;
  void convert(const Layout& layout, In from, Out to, bool theta_to_eta) const override;

 private:
  std::string name_;
  std::vector<std::string> labels_;
  kullback::Support support_;
};

/// log of the probability that members of a family have between limits, one each. Throws NumericalError where there is
/// none.
double log_mass_between(const Distribution& family, const Layout& layout, In theta, double low, double high);

/// The same, from the distribution function where there is one and nothing cancels; -inf where there is none.
double log_mass_or_none(const Distribution& family, const Layout& layout, In theta, double low, double high);

/// Limits are finite numbers in eta: those beyond this are none.
constexpr double kNoLimit = 1e300;

/// What is left of a member between limits. Throws NumericalError where nothing is.
struct Between {
  double log_mass, mean, variance;
};
Between between(const Distribution& family, const Layout& layout, In theta, double low, double high);
/// The x below which a part u of what is left lies.
double quantile_between(const Distribution& family, const Layout& layout, In theta, double low, double high, double u);

}  // namespace kullback::messages
