// What the families of this folder share: parameters (location, scale) of a standard variable z, x = location + scale
// z.
#pragma once

#include <kullback/kullback.hpp>

#include <cmath>
#include <limits>

namespace kullback::location_scale {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kPi = 3.14159265358979323846;
constexpr double kLog2 = 0.69314718055994530942;

inline constexpr Support kLine{-kInfinity, kInfinity, false};

/// (location, scale), and a third parameter that says the shape.
inline std::vector<std::vector<Parameter>> parameters() {
  return {{{"location", Domain::real, Shape::scalar}, {"scale", Domain::positive, Shape::scalar}}};
}
inline std::vector<std::vector<Parameter>> parameters(const char* shape, Domain domain) {
  auto sets = parameters();
  sets[0].push_back({shape, domain, Shape::scalar});
  return sets;
}

/// Fisher information of location and scale at location 0 and scale 1, where the two do not mix.
struct Information {
  double location, scale;
};

/// theta with the same shape, location 0 and scale 1; theta = (location, scale, shape).
template <class Math>
struct Standard {
  double theta[3];
  explicit Standard(const double* t) : theta{0, 1, 0} {
    if (parameters_of() > 2) theta[2] = t[2];
  }
  static std::size_t parameters_of() { return Math::parameterizations()[0].size(); }
};

template <class Math>
void need_equal_shapes(const double* p, const double* q) {
  if (Standard<Math>::parameters_of() > 2 && p[2] != q[2]) throw UnsupportedError("it needs equal shapes");
}

/// Quantiles are location + scale z, so that the distances are those of the function (shift + stretch z) of the
/// standard z from 0.
template <class Math>
Bounded wasserstein_1(const double* p, const double* q) {
  need_equal_shapes<Math>(p, q);
  const double shift = p[0] - q[0], stretch = p[1] - q[1];
  const double value = stretch == 0
                           ? std::abs(shift)
                           : std::abs(stretch) * Math::mean_distance(Standard<Math>(p).theta, -shift / stretch);
  return {value, 16 * kEpsilon * value};
}
template <class Math>
Bounded wasserstein_2(const double* p, const double* q) {
  need_equal_shapes<Math>(p, q);
  const CentralMoments z = Math::central_moments(Standard<Math>(p).theta);
  const double shift = p[0] - q[0], stretch = p[1] - q[1];
  if (stretch == 0) return {std::abs(shift), kEpsilon * std::abs(shift)};
  const double value = std::hypot(shift + stretch * z.mean, stretch * std::sqrt(z.variance));
  return {value, 8 * kEpsilon * value};
}

/// The metric (a dm^2 + b ds^2)/s^2 is a hyperbolic half plane: sqrt(b) arcosh(1 + (a/b dm^2 + ds^2)/(2 s_p s_q)),
/// written with asinh.
template <class Math>
Bounded fisher_rao(const double* p, const double* q) {
  need_equal_shapes<Math>(p, q);
  const Information at = Math::information(p);
  const double root = std::sqrt(p[1]) * std::sqrt(q[1]);
  const double half = std::hypot(std::sqrt(at.location / at.scale) * (p[0] - q[0]) / root, (p[1] - q[1]) / root) / 2;
  const double value = 2 * std::sqrt(at.scale) * std::asinh(half);
  return {value, 16 * kEpsilon * value};
}

/// The family, and the distances that follow from its standard moments and information.
template <class Math>
void add(Registrar& registrar) {
  registrar.family(std::make_unique<PlainFamily<Math>>());
  const Text name = Math::kName;
  if constexpr (plain::HasDistance<Math>)
    registrar.rule("wasserstein_1", name, name,
                   plain_rule("E|shift + stretch z|,  shift = location_p - location_q, stretch = scale_p - scale_q",
                              "[quantile coupling]", wasserstein_1<Math>));
  if constexpr (plain::HasCentral<Math>)
    registrar.rule(
        "wasserstein_2", name, name,
        plain_rule("sqrt(E(shift + stretch z)^2),  shift = location_p - location_q, stretch = scale_p - scale_q",
                   "[quantile coupling]", wasserstein_2<Math>));
  if constexpr (requires(const double* t) { Math::information(t); })
    registrar.rule(
        "fisher_rao", name, name,
        plain_rule("sqrt(b) acosh(1 + (a/b shift^2 + stretch^2)/(2 scale_p scale_q)), a and b the information",
                   "[Atkinson and Mitchell 1981]", fisher_rao<Math>));
}

void add_cauchy(Registrar& registrar);
void add_laplace(Registrar& registrar);
void add_logistic(Registrar& registrar);
void add_student_t(Registrar& registrar);

}  // namespace kullback::location_scale
