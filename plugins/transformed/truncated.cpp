// A distribution given that it lies between two bounds.
#include "wrapper.hpp"

#include <algorithm>
#include <cmath>

namespace kullback::transformed {
namespace {

class Truncated final : public Wrapper, public Quantiles, public Sampler, public Landmarks {
 public:
  Text name() const override { return "truncated"; }
  Text formula() const override { return "p(x) / P(low <= X <= high), low <= x <= high"; }

  Members make(const Arguments& arguments) const override {
    const Call call = read_call("truncated", arguments, {"low", "high"});
    const Part part{call.child.family, call.child.layout, 1};
    if (!capability<Quantiles>(*part.family, part.layout))
      throw DomainError(
          "", "truncated needs a distribution function, which " + std::string(part.family->name()) + " lacks");
    const double low = std::isnan(call.numbers[0]) ? -kInfinity : call.numbers[0];
    const double high = std::isnan(call.numbers[1]) ? kInfinity : call.numbers[1];
    const bool integer = part.family->support(part.layout, call.child.theta, 0, 0).integer;
    if (!(low < high || (integer && low == high)))
      throw DomainError("low", "low must be below high, got " + number_text(low) + " and " + number_text(high));
    if (!(Mass(part, call.child.theta, low, high).mass() > 0))
      throw DomainError("", "there is no probability between " + number_text(low) + " and " + number_text(high));
    return wrap(call, {low, high});
  }

  Support support(const Layout& layout, In theta, Index member, Index) const override {
    Support own = child_support(layout, theta, member);
    own.low = std::max(own.low, low(layout));
    own.high = std::min(own.high, high(layout));
    if (own.integer) own.low = std::ceil(own.low), own.high = std::floor(own.high);
    return own;
  }

  void log_density(const Layout& layout, In theta, const Points& points, Row out) const override {
    const Index count = points.x.cols();
    Eigen::MatrixXd from, to;
    if (points.has_distances() && theta.cols() == 1) {
      // Distances to the bounds of the distribution inside, where those are not the same.
      const Support whole = child_support(layout, theta, 0), own = support(layout, theta, 0, 0);
      from = points.log_from_low;
      to = points.log_to_high;
      if (whole.low != own.low) from = (points.x.array() - whole.low).log();
      if (whole.high != own.high) to = (whole.high - points.x.array()).log();
      child(layout).family->log_density(child(layout).layout, theta, Points(points.x, from, to), out);
    } else {
      child(layout).family->log_density(child(layout).layout, theta, Points(points.x), out);
    }
    double constant = 0;
    for (Index n = 0; n < count; ++n) {
      if (n == 0 || theta.cols() > 1) constant = mass(layout, column(theta, n)).log();
      const double x = points.x(0, n);
      out[n] = x >= low(layout) && x <= high(layout) ? out[n] - constant : -kInfinity;
    }
  }

  void cdf(const Layout& layout, In theta, In x, bool upper, Row p) const override {
    for (Index n = 0; n < x.cols(); ++n) {
      const Eigen::MatrixXd own = column(theta, n);
      const double at = std::clamp(x(0, n), low(layout), high(layout));
      const bool outside = x(0, n) < low(layout);  // the whole is above
      const double total = mass(layout, own).mass();
      const double below = outside ? 0 : mass_between(layout, own, low(layout), at);
      if (!upper) {
        p[n] = std::min(1.0, below / total);
      } else {
        const bool integer = child_support(layout, own, 0).integer;
        const double above = outside ? total
                             : at >= high(layout)
                                 ? 0
                                 : mass_between(layout, own, integer ? std::floor(at) + 1 : at, high(layout));
        p[n] = std::min(1.0, above / total);
      }
    }
  }
  void quantile(const Layout& layout, In theta, In p, bool upper, Row x) const override {
    for (Index n = 0; n < p.cols(); ++n) {
      const Eigen::MatrixXd own = column(theta, n);
      const Support bounds = support(layout, own, 0, 0);
      // The part asked for lies beyond one bound: added to what the distribution inside has there, or, where that is
      // more than half, taken from the tail on the other side of the bound.
      const double part = p(0, n) * mass(layout, own).mass(), bound = upper ? bounds.high : before(bounds);
      const double beyond = transformed::cdf(child(layout), own, bound, upper);
      const bool add = beyond <= 0.5;
      const double tail = add ? beyond + part : transformed::cdf(child(layout), own, bound, !upper) - part;
      const double at = transformed::quantile(child(layout), own, std::clamp(tail, 0.0, 1.0), add == upper);
      x[n] = std::clamp(at, bounds.low, bounds.high);
    }
  }
  Index uniforms(const Layout&) const override { return 1; }
  void sample(const Layout& layout, In theta, In uniforms, Out x) const override {
    Eigen::RowVectorXd draws(x.cols());
    quantile(layout, theta, uniforms, false, row(draws));
    x = draws;
  }

  void landmarks(const Layout& layout, In theta, Index member, std::vector<Landmark>& out) const override {
    const Support bounds = support(layout, theta, member, 0);
    std::vector<Landmark> inside;
    if (const auto* marks = child_has<Landmarks>(layout)) marks->landmarks(child(layout).layout, theta, member, inside);
    for (const Landmark& mark : inside)
      if (mark.location >= bounds.low && mark.location <= bounds.high) out.push_back(mark);
    const Eigen::MatrixXd own = theta.col(member);
    Eigen::RowVectorXd x(3);
    const Eigen::MatrixXd p = (Eigen::MatrixXd(1, 3) << 0.25, 0.5, 0.75).finished();
    quantile(layout, own, p, false, row(x));
    if (x[2] > x[0]) out.push_back({x[1], 0.7 * (x[2] - x[0])});
  }

 private:
  static double low(const Layout& layout) { return layout.constants[0][0]; }
  static double high(const Layout& layout) { return layout.constants[0][1]; }
  static Mass mass(const Layout& layout, In theta) { return Mass(child(layout), theta, low(layout), high(layout)); }
  // The distribution function there is the probability below the support.
  static double before(const Support& bounds) { return bounds.integer ? bounds.low - 1 : bounds.low; }
  static double mass_between(const Layout& layout, In theta, double a, double b) {
    return a > b ? 0 : Mass(child(layout), theta, a, b).mass();
  }
};

}  // namespace

std::unique_ptr<Distribution> make_truncated() { return std::make_unique<Truncated>(); }

}  // namespace kullback::transformed
