// All probability on one point. theta = value. A discrete distribution; the layout's constant says whether the point
// lies on the integers, where other discrete distributions have theirs.
#include "wrapper.hpp"

#include <cmath>

namespace kullback::transformed {
namespace {

class PointMass final : public Distribution, public Entropy, public Moments, public Sampler, public Quantiles {
 public:
  Text name() const override { return "point_mass"; }
  Text formula() const override { return "1 at x = value, else 0"; }
  std::vector<std::vector<Parameter>> parameterizations() const override {
    return {{{"value", Domain::real, Shape::vector}}};
  }
  Members make(const Arguments& arguments) const override {
    Members out = Distribution::make(arguments);
    const bool whole = (out.theta.array() == out.theta.array().floor()).all();
    out.layout.constants = {Eigen::VectorXd::Constant(1, whole)};
    return out;
  }
  Layout open(const Arguments&, const Opening&) const override {
    throw DomainError("", "a point_mass cannot be fitted: its divergence from anything else is infinite");
  }
  bool provides(const Layout& layout, int capability) const override {
    return capability != Quantiles::kCapability || layout.dimension == 1;
  }
  Text carrier(const Layout& layout) const override {
    return layout.constants.empty() || layout.constants[0][0] != 0 ? "" : "a point off the integers";
  }
  Support support(const Layout&, In theta, Index member, Index coordinate) const override {
    return {theta(coordinate, member), theta(coordinate, member), true};
  }
  void log_density(const Layout&, In theta, const Points& points, Row out) const override {
    for (Index n = 0; n < points.x.cols(); ++n) out[n] = points.x.col(n) == column(theta, n) ? 0 : -kInfinity;
  }
  void entropy(const Layout&, In, Row out) const override { out.setZero(); }
  bool expect(const Layout&, In theta, Text label, Out value) const override {
    return evaluate_label(label, theta, value);
  }
  bool expect_at(const Layout&, In theta, Text label, ConstRow c, Row value) const override {
    return evaluate_label(label, c, theta, value) && !value.hasNaN();  // NaN: not defined at that point
  }
  Index uniforms(const Layout&) const override { return 1; }
  void sample(const Layout&, In theta, In, Out x) const override {
    for (Index n = 0; n < x.cols(); ++n) x.col(n) = column(theta, n);
  }
  void cdf(const Layout&, In theta, In x, bool upper, Row p) const override {
    for (Index n = 0; n < x.cols(); ++n) p[n] = (x(0, n) >= column(theta, n)(0, 0)) != upper ? 1 : 0;
  }
  void quantile(const Layout&, In theta, In p, bool, Row x) const override {
    for (Index n = 0; n < p.cols(); ++n) x[n] = column(theta, n)(0, 0);
  }
};

}  // namespace

std::unique_ptr<Distribution> make_point_mass() { return std::make_unique<PointMass>(); }

}  // namespace kullback::transformed
