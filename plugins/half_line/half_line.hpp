// What the families on the positive half line share.
#pragma once

#include <kullback/kullback.hpp>
#include <kullback/plain_exponential.hpp>

#include <cmath>
#include <limits>

namespace kullback::half_line {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kPi = 3.14159265358979323846;
constexpr double kLog2 = 0.69314718055994530942;
constexpr double kEulerGamma = 0.57721566490153286061;
constexpr double kTrigamma1 = 1.6449340668482264365;  // pi^2 / 6
constexpr Support kHalfLine = {0, kInfinity, false};

inline std::vector<std::vector<Parameter>> shape_and_scale() {
  return {{{"shape", Domain::positive}, {"scale", Domain::positive}}};
}

/// log(x / scale), of which x = scale is a regular zero. log_x serves where x is too small or too large for the ratio.
inline double log_ratio(double x, double log_x, double scale, double log_scale) {
  const double ratio = x / scale;
  if (ratio > 0.5 && ratio < 2) return std::log1p((x - scale) / scale);
  return ratio > 1e-290 && ratio < 1e290 ? std::log(ratio) : log_x - log_scale;
}

/// r^2/2 - 1/2 - log r for r = a/b > 0, to its own accuracy: the divergence of centered normals. The error is a bound
/// on its rounding.
Bounded half_square_excess(double a, double b);

/// r - 1 - log r for r = a/b.
Bounded log_excess(double a, double b);

/// The rule renyi of variables that one function makes exponential: `log_ratio` gives log(rate_q/rate_p), or throws
/// UnsupportedError where there is no such function.
Rule renyi_of_exponentials(std::string formula, double (*log_ratio)(const double* p, const double* q));

/// The integral of exp(-u) f(u) over u > 0 for smooth f between powers: the trapezoidal rule in log u, exact to
/// rounding.
template <class F>
double exponential_average(const F& f) {
  constexpr double kStep = 1.0 / 32;
  double sum = 0;
  for (double t = -40; t < 6.7; t += kStep) {
    const double u = std::exp(t);
    sum += f(u) * std::exp(t - u);
  }
  return kStep * sum;
}

/// wasserstein_1 and wasserstein_2 of members that differ in their scale alone: |scale_p - scale_q| times E[z] and sqrt
/// E[z^2] of the member of scale 1, by comonotone coupling. `scale` is its row of theta; members that differ in another
/// row are refused.
template <class Math>
void add_scale_distances(Registrar& registrar, Index scale, Index rows);

void add_radial(Registrar& registrar);
void add_levy(Registrar& registrar);
void add_half_cauchy(Registrar& registrar);
void add_half_student_t(Registrar& registrar);
void add_folded_normal(Registrar& registrar);
void add_weibull(Registrar& registrar);
void add_log_logistic(Registrar& registrar);
void add_log_laplace(Registrar& registrar);
void add_gompertz(Registrar& registrar);
void add_lomax(Registrar& registrar);
void add_burr12(Registrar& registrar);
void add_lindley(Registrar& registrar);

template <class Math>
void add_scale_distances(Registrar& registrar, Index scale, Index rows) {
  for (const int order : {1, 2}) {
    const auto evaluate = [=](const Side& p, const Side& q, Row value, Row error) {
      for (Index n = 0; n < value.size(); ++n) {
        const double *a = plain::column(p.theta, n), *b = plain::column(q.theta, n);
        double unit[4] = {};
        for (Index i = 0; i < rows; ++i) {
          if (i != scale && a[i] != b[i]) throw UnsupportedError("the members differ in more than their scale");
          unit[i] = i == scale ? 1 : a[i];
        }
        const double moment = Math::power_moment(unit, order);
        value[n] = a[scale] == b[scale] ? 0 : std::abs(a[scale] - b[scale]) * (order == 1 ? moment : std::sqrt(moment));
        error[n] = value[n] < kInfinity ? 32 * kEpsilon * value[n] : 0;
      }
    };
    registrar.rule(order == 1 ? "wasserstein_1" : "wasserstein_2", Math::kName, Math::kName,
                   {Method::closed_form, order == 1 ? "|scale_p - scale_q| E[z]" : "|scale_p - scale_q| sqrt(E[z^2])",
                    "comonotone coupling", evaluate});
  }
}

}  // namespace kullback::half_line
