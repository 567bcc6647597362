// The built-in family "density": a density of one to three coordinates, given by an expression.
#pragma once

#include <kullback/capability.hpp>
#include <kullback/registry.hpp>

#include <string>
#include <vector>

namespace kullback::model {

/// p(x) = exp(e(x)) / Z on a box. The layout's constants are the program of e (see density_program.hpp), the box's low
/// and high bounds; theta is log Z, E[x] and E[x x'], integrated once when the member is made. [any-thread]
class ExpressionDensity final : public Distribution, public Moments {
 public:
  Text name() const override { return "density"; }
  Text formula() const override {
    return "density(e, x = [low, high], ...): proportional to e on the box; log_density(e, ...): to exp(e)";
  }
  std::vector<std::vector<Parameter>> parameterizations() const override { return {{}}; }
  Index parameter_count(const Layout& layout) const override;
  Support support(const Layout& layout, In theta, Index member, Index coordinate) const override;
  void log_density(const Layout& layout, In theta, const Points& points, Row out) const override;
  bool expect(const Layout& layout, In theta, Text label, Out value) const override;
  Members make(const Arguments& arguments) const override;
  Layout open(const Arguments& arguments, const Opening& opening) const override;
};

/// A member from its log density's program and bounds (+-inf allowed). Throws NumericalError if the integral is not
/// finite, is zero, or cannot be found to a relative error of 1e-6.
Members make_density(const Distribution& family, const Eigen::VectorXd& program, const Eigen::VectorXd& low,
                     const Eigen::VectorXd& high);

/// Registers the families that are part of the framework.
void register_built_in(Registry& registry);

}  // namespace kullback::model
