// A distribution rounded to the nearest integer.
#include "wrapper.hpp"

#include <algorithm>
#include <cmath>

namespace kullback::transformed {
namespace {

class Discretized final : public Wrapper, public Quantiles, public Sampler, public Landmarks {
 public:
  Text name() const override { return "discretized"; }
  Text formula() const override { return "P(k - 1/2 < X <= k + 1/2), k an integer"; }

  Members make(const Arguments& arguments) const override {
    const Call call = read_call("discretized", arguments, {});
    if (!capability<Quantiles>(*call.child.family, call.child.layout))
      throw DomainError(
          "", "discretized needs a distribution function, which " + std::string(call.child.family->name()) + " lacks");
    if (call.child.family->support(call.child.layout, call.child.theta, 0, 0).integer)
      throw DomainError("", std::string(call.child.family->name()) + " is discrete already");
    return wrap(call, {});
  }
  Support support(const Layout& layout, In theta, Index member, Index) const override {
    const Support whole = child_support(layout, theta, member);
    return {std::isfinite(whole.low) ? std::floor(whole.low + 0.5) : whole.low,
            std::isfinite(whole.high) ? std::ceil(whole.high - 0.5) : whole.high, true};
  }

  void log_density(const Layout& layout, In theta, const Points& points, Row out) const override {
    for (Index n = 0; n < points.x.cols(); ++n) {
      const double k = points.x(0, n);
      const Eigen::MatrixXd own = column(theta, n);
      const Support bounds = child_support(layout, own, 0);
      out[n] = -kInfinity;
      if (!(std::isfinite(k) && k == std::floor(k) && k + 0.5 > bounds.low && k - 0.5 < bounds.high)) continue;
      out[n] = Mass(child(layout), own, std::max(k - 0.5, bounds.low), std::min(k + 0.5, bounds.high)).log();
    }
  }
  void cdf(const Layout& layout, In theta, In x, bool upper, Row p) const override {
    for (Index n = 0; n < x.cols(); ++n) {
      const Eigen::MatrixXd own = column(theta, n);
      const Support bounds = child_support(layout, own, 0);
      const double at = std::floor(x(0, n)) + 0.5;
      p[n] = at <= bounds.low    ? (upper ? 1 : 0)
             : at >= bounds.high ? (upper ? 0 : 1)
                                 : transformed::cdf(child(layout), own, at, upper);
    }
  }
  void quantile(const Layout& layout, In theta, In p, bool upper, Row x) const override {
    for (Index n = 0; n < p.cols(); ++n)
      x[n] = std::ceil(transformed::quantile(child(layout), column(theta, n), p(0, n), upper) - 0.5);
  }
  Index uniforms(const Layout&) const override { return 1; }
  void sample(const Layout& layout, In theta, In uniforms, Out x) const override {
    Eigen::RowVectorXd draws(x.cols());
    quantile(layout, theta, uniforms, false, row(draws));
    x = draws;
  }
  void landmarks(const Layout& layout, In theta, Index member, std::vector<Landmark>& out) const override {
    if (const auto* marks = child_has<Landmarks>(layout)) marks->landmarks(child(layout).layout, theta, member, out);
    for (Landmark& mark : out) {
      mark.location = std::floor(mark.location + 0.5);
      if (mark.scale > 0) mark.scale = std::max(mark.scale, 0.5);
    }
  }
};

}  // namespace

std::unique_ptr<Distribution> make_discretized() { return std::make_unique<Discretized>(); }

}  // namespace kullback::transformed
