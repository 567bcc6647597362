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
constexpr double kEuler = 0.57721566490153286061;

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

/// Fisher information at location 0 and scale 1: location (dm - shear ds)^2 + scale ds^2.
struct Information {
  double location, scale, shear = 0;
};

/// Where theta has the location; the scale follows it, and the rest says the shape.
template <class Math>
constexpr int location_row() {
  if constexpr (requires { Math::kLocation; }) return Math::kLocation;
  return 0;
}
template <class Math>
constexpr int parameter_rows() {
  if constexpr (requires { Math::kParameters; }) return Math::kParameters;
  return 2;
}

/// theta with the same shape, location 0 and scale 1.
template <class Math>
struct Standard {
  double theta[parameter_rows<Math>()];
  explicit Standard(const double* t) {
    for (int i = 0; i < parameter_rows<Math>(); ++i) theta[i] = t[i];
    theta[location_row<Math>()] = 0, theta[location_row<Math>() + 1] = 1;
  }
};

/// Two members of equal shape: x_p - x_q = shift + stretch z for the same quantile z.
template <class Math>
struct Pair {
  Standard<Math> z;
  double shift, stretch, scale_p, scale_q;
  Pair(const double* p, const double* q) : z(p) {
    constexpr int m = location_row<Math>();
    for (int i = 0; i < parameter_rows<Math>(); ++i)
      if (i != m && i != m + 1 && p[i] != q[i]) throw UnsupportedError("it needs equal shapes");
    scale_p = p[m + 1], scale_q = q[m + 1];
    shift = p[m] - q[m], stretch = scale_p - scale_q;
  }
};

template <class Math>
Bounded wasserstein_1(const double* p, const double* q) {
  const Pair<Math> pair(p, q);
  const double value = pair.stretch == 0
                           ? std::abs(pair.shift)
                           : std::abs(pair.stretch) * Math::mean_distance(pair.z.theta, -pair.shift / pair.stretch);
  return {value, 16 * kEpsilon * value};
}
template <class Math>
Bounded wasserstein_2(const double* p, const double* q) {
  const Pair<Math> pair(p, q);
  if (pair.stretch == 0) return {std::abs(pair.shift), kEpsilon * std::abs(pair.shift)};
  const CentralMoments z = Math::central_moments(pair.z.theta);
  const double value = std::hypot(pair.shift + pair.stretch * z.mean, pair.stretch * std::sqrt(z.variance));
  return {value, kEpsilon * (8 * value + 2 * std::abs(pair.shift))};
}

/// The metric of `Information` over s^2 is a hyperbolic half plane: sqrt(b) arcosh(1 + (a/b dm^2 + ds^2)/(2 s_p s_q)).
template <class Math>
Bounded fisher_rao(const double* p, const double* q) {
  const Pair<Math> pair(p, q);
  const Information at = Math::information(pair.z.theta);
  const double root = std::sqrt(pair.scale_p) * std::sqrt(pair.scale_q);
  const double shift = std::sqrt(at.location / at.scale) * (pair.shift - at.shear * pair.stretch);
  const double value = 2 * std::sqrt(at.scale) * std::asinh(std::hypot(shift / root, pair.stretch / root) / 2);
  return {value, 24 * kEpsilon * value};
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

void add_asymmetric_laplace(Registrar& registrar);
void add_cauchy(Registrar& registrar);
void add_exp_modified_normal(Registrar& registrar);
void add_generalized_normal(Registrar& registrar);
void add_gumbel(Registrar& registrar);
void add_hyperbolic_secant(Registrar& registrar);
void add_laplace(Registrar& registrar);
void add_logistic(Registrar& registrar);
void add_moyal(Registrar& registrar);
void add_skew_normal(Registrar& registrar);
void add_student_t(Registrar& registrar);

}  // namespace kullback::location_scale
