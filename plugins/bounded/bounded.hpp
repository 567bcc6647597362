// What the families with bounds as parameters share.
#pragma once

#include <kullback/kullback.hpp>

#include <cmath>
#include <limits>
#include <string>

namespace kullback::bounded {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kPi = 3.14159265358979323846;
constexpr double kLog2 = 0.69314718055994530942;
constexpr double kEuler = 0.57721566490153286061;

inline Parameter real(const char* name) { return {name, Domain::real, Shape::scalar}; }
inline Parameter positive(const char* name) { return {name, Domain::positive, Shape::scalar}; }

/// Copies `count` parameters and throws unless low < high.
inline void store_ordered(const double* given, double* theta, int count, int low, int high) {
  for (int i = 0; i < count; ++i) theta[i] = given[i];
  if (!(theta[low] < theta[high])) throw DomainError("high", "high must be above low");
}

/// E of log(y)^k for a uniform y in [a, b], 0 <= a < b, k = 1 and 2.
double mean_log(double a, double b);
double mean_log_square(double a, double b);
/// E of y^c; +inf where it diverges.
double mean_power(double a, double b, double c);
/// (1 - exp(-y)) / y, 1 at 0.
inline double decay(double y) { return y == 0 ? 1 : -std::expm1(-y) / y; }

const Distribution& add_uniform(Registrar& registrar);
void add_log_uniform(Registrar& registrar, const Distribution& uniform);
void add_triangular(Registrar& registrar);
void add_arcsine(Registrar& registrar);
void add_pareto(Registrar& registrar);
void add_generalized_pareto(Registrar& registrar);
void add_generalized_extreme_value(Registrar& registrar);
void add_truncated_normal(Registrar& registrar);

}  // namespace kullback::bounded
