// Families that are built from one other distribution on the line.
#pragma once

#include <kullback/kullback.hpp>

#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace kullback::transformed {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The arguments of a call: the distribution, by position, and numbers by name.
struct Call {
  Members child;
  std::vector<double> numbers;  ///< in the order of the names; NaN where not given
};
/// Throws DomainError where the call has another form, or the distribution more than one coordinate.
Call read_call(const std::string& family, const Arguments& arguments, const std::vector<std::string>& names);

/// What wrappers of one distribution have in common. theta is that of the distribution; the wrapper's own numbers are
/// layout.constants[0], so that the divergences between two with equal numbers are those of their distributions.
class Wrapper : public Distribution {
 public:
  std::vector<std::vector<Parameter>> parameterizations() const override { return {{}}; }
  Layout open(const Arguments& arguments, const Opening& opening) const override;
  Index parameter_count(const Layout& layout) const override;

 protected:
  static const Part& child(const Layout& layout) { return layout.parts.front(); }
  template <class C>
  static const C* child_has(const Layout& layout) {
    return capability<C>(*child(layout).family, child(layout).layout);
  }
  template <class C>
  static const C& of_child(const Layout& layout) {
    return *child_has<C>(layout);
  }
  static Support child_support(const Layout& layout, In theta, Index member) {
    return child(layout).family->support(child(layout).layout, theta, member, 0);
  }
  Members wrap(const Call& call, std::vector<double> constants) const;
};

/// P(a < X <= b) for a continuous X, P(a <= X <= b) for one on the integers: the difference of the distribution
/// function from the tail in which it is the smaller, or where that cancels, the integral of the density.
class Mass {
 public:
  Mass(const Part& part, In theta, double a, double b);
  double log() const { return log_; }
  double mass() const { return mass_; }

 private:
  double log_, mass_;
};

/// Of one member, at one point; x may be infinite.
double cdf(const Part& part, In theta, double x, bool upper);
double quantile(const Part& part, In theta, double p, bool upper);

/// Column `n`, or the only one.
inline Eigen::MatrixXd column(In theta, Index n) { return theta.col(theta.cols() > 1 ? n : 0); }

std::unique_ptr<Distribution> make_truncated();
std::unique_ptr<Distribution> make_discretized();
std::unique_ptr<Distribution> make_point_mass();
std::unique_ptr<Distribution> make_logit();
/// affine, exp_of, log_of, logistic_of, logit_of, reciprocal_of, power_of
void register_maps(Registrar& registrar);

}  // namespace kullback::transformed
