#include "core/parameters.hpp"

#include <kullback/error.hpp>

namespace kullback {

namespace {

// A number of a parameter's domain; `place` tells neighbouring parameters apart (low below high).
double any_number(const Parameter& p, double place, Index d) {
  switch (p.domain) {
    case Domain::real:
      return place;
    case Domain::unit_interval:
      return place / (1 + place);
    case Domain::simplex:
      return 1 / static_cast<double>(d);
    case Domain::boolean:
      return 1;
    case Domain::count:
      return 4 + place;
    default:
      return static_cast<double>(d) + 2 + place;  // enough degrees of freedom for d x d matrices
  }
}

Value any_value(const Parameter& p, double place, Index d) {
  const double number = any_number(p, place, d);
  if (p.shape == Shape::scalar) return number;
  if (p.shape == Shape::vector) return Eigen::VectorXd(Eigen::VectorXd::Constant(d, number));
  return Eigen::MatrixXd(Eigen::MatrixXd::Identity(d, d) * (1 + place));
}

}  // namespace

std::optional<Members> any_member(const Distribution& family, int parameterization, Index d, int variant) {
  const auto parameters = family.parameterizations()[static_cast<std::size_t>(parameterization)];
  const auto n = static_cast<double>(parameters.size());
  for (const bool ascending : {true, false}) {
    Arguments arguments;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const double step = parameters[i].domain == Domain::count ? 1 : 0.5;
      const double place = (ascending ? static_cast<double>(i) + 1 : n - static_cast<double>(i)) + step * variant;
      arguments.push_back({parameters[i].name, any_value(parameters[i], place, d)});
    }
    try {
      return family.make(arguments);
    } catch (const Error&) {
    }
  }
  return std::nullopt;
}

}  // namespace kullback
