#include "model/density.hpp"

#include "model/density_program.hpp"
#include "quadrature/quadrature.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <limits>

namespace kullback::model {

// Layout: constants = {program, low, high}. theta = (log Z, E[x], E[x x'] column by column).

Index ExpressionDensity::parameter_count(const Layout& layout) const {
  return 1 + layout.dimension + layout.dimension * layout.dimension;
}

Support ExpressionDensity::support(const Layout& layout, In, Index, Index coordinate) const {
  return {layout.constants[1][coordinate], layout.constants[2][coordinate]};
}

void ExpressionDensity::log_density(const Layout& layout, In theta, const Points& points, Row out) const {
  const Eigen::VectorXd& low = layout.constants[1];
  const Eigen::VectorXd& high = layout.constants[2];
  evaluate_program(layout.constants[0], points.x, out);
  for (Index n = 0; n < points.x.cols(); ++n) {
    const bool inside =
        (points.x.col(n).array() >= low.array()).all() && (points.x.col(n).array() <= high.array()).all();
    if (!inside) {
      out(n) = -std::numeric_limits<double>::infinity();
    } else if (std::isnan(out(n))) {
      throw NumericalError(
          fmt::format("the density expression is not a number at x = [{:.6g}]", fmt::join(points.x.col(n), ", ")));
    } else {
      out(n) -= theta(0, theta.cols() > 1 ? n : 0);
    }
  }
}

bool ExpressionDensity::expect(const Layout& layout, In theta, Text label, Out value) const {
  const Index d = layout.dimension;
  if (label == "x") {
    value = theta.middleRows(1, d);
  } else if (label == "x*x'") {
    value = theta.bottomRows(d * d);
  } else if (label == "x2") {
    for (Index i = 0; i < d; ++i) value.row(i) = theta.row(1 + d + i * d + i);
  } else {
    return false;
  }
  return true;
}

Members make_density(const Distribution& family, const Eigen::VectorXd& program, const Eigen::VectorXd& low,
                     const Eigen::VectorXd& high) {
  constexpr double kMostRelativeError = 1e-6;
  const Index d = low.size();
  Members members{&family, {d, 0, {program, low, high}, {}, nullptr}, Eigen::MatrixXd::Zero(1 + d + d * d, 1)};
  const auto unnormalized = [&](In x, Row out) { family.log_density(members.layout, members.theta, Points(x), out); };
  const auto moments = [&](In x, Out s) {
    s.topRows(d) = x;
    for (Index i = 0; i < d; ++i)
      for (Index j = 0; j < d; ++j) s.row(d + i * d + j) = x.row(i).cwiseProduct(x.row(j));
  };
  const auto integral = quadrature::integrate_density(unnormalized, {low, high}, d + d * d, moments);
  const double infinity = std::numeric_limits<double>::infinity();
  if (integral.log_normalizer == infinity)
    throw NumericalError("the density has an infinite integral: give it a smaller range, or tails that fall");
  if (integral.log_normalizer == -infinity)
    throw NumericalError("the density is zero everywhere it was looked at: check its range");
  if (!(integral.log_normalizer_error < kMostRelativeError))
    throw NumericalError(fmt::format(
        "the density's integral is only known to a relative error of {:.1g}: narrow its range to where the mass is",
        integral.log_normalizer_error));
  if (!integral.mean.allFinite())
    throw NumericalError("the density has no finite mean and variance: give it a finite range");
  members.theta(0) = integral.log_normalizer;
  members.theta.bottomRows(d + d * d) = integral.mean;
  return members;
}

Members ExpressionDensity::make(const Arguments&) const {
  throw DomainError("", "density takes an expression and a range for each coordinate: density(exp(-x^4), x = [-3, 3])");
}

Layout ExpressionDensity::open(const Arguments&, const Opening&) const {
  throw DomainError("", "density is given by its expression; it has nothing to fit");
}

void register_built_in(Registry& registry) {
  registry.fill("kullback", [](Registrar& registrar) { registrar.family(std::make_unique<ExpressionDensity>()); });
}

}  // namespace kullback::model
