#include "distances.hpp"

#include "moments.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace kullback::normal_family {
namespace {

Bounded wasserstein_1(const double* p, const double* q) {
  const double shift = p[0] - q[0], stretch = p[1] - q[1];
  const double unit[] = {0, 1};
  const double value =
      stretch == 0 ? std::abs(shift) : std::abs(stretch) * Expectations::mean_distance(unit, -shift / stretch);
  return {value, 16 * kEpsilon * value};
}

Bounded wasserstein_2(const double* p, const double* q) {
  const double value = std::hypot(p[0] - q[0], p[1] - q[1]);
  return {value, 4 * kEpsilon * value};
}

Bounded fisher_rao(const double* p, const double* q) {
  const double root = std::sqrt(p[1]) * std::sqrt(q[1]);
  const double half = std::hypot((p[0] - q[0]) / root, std::sqrt(2.0) * (p[1] - q[1]) / root) / std::sqrt(8.0);
  const double value = 2 * std::sqrt(2.0) * std::asinh(half);
  return {value, 16 * kEpsilon * value};
}

double between(double low, double high) {
  return low > 0 ? normal_cdf(low, true) - normal_cdf(high, true) : normal_cdf(high) - normal_cdf(low);
}

// In units of the narrower one (z), the wider has mean d and deviation r; it is the smaller density between the roots
// of (1 - r^2) z^2 - 2 d z + d^2 + 2 r^2 log r.
Bounded total_variation(const double* p, const double* q) {
  if (p[1] > q[1]) std::swap(p, q);
  const double d = (q[0] - p[0]) / p[1], r = q[1] / p[1], e = (q[1] - p[1]) / p[1];
  if (e == 0) return {std::erf(std::abs(d) / std::sqrt(8.0)), 4 * kEpsilon * std::erf(std::abs(d) / std::sqrt(8.0))};
  if (r > 1e150 || std::abs(d) > 1e150) return {1, kEpsilon};
  const double squares = e * (2 + e), logarithm = std::log1p(e);  // r^2 - 1
  const double t = std::abs(d) + r * std::sqrt(d * d + 2 * squares * logarithm);
  const double far = -t / squares, near = (d * d + 2 * r * r * logarithm) / t;
  const double side = d < 0 ? -1 : 1;
  const double low = side > 0 ? far : -near, high = side > 0 ? near : -far;
  const double value = between(low, high) - between((low - d) / r, (high - d) / r);
  return {std::max(value, 0.0), 8 * kEpsilon};
}

// E k(X, Y) = h / sqrt(t) exp(-d^2 / (2t)) with t = h^2 + var X + var Y. Close members lose half of the digits.
void maximum_mean_discrepancy(double bandwidth, const Side& p, const Side& q, Row value, Row error) {
  for (Index n = 0; n < value.size(); ++n) {
    const auto a = p.theta.col(p.theta.cols() > 1 ? n : 0), b = q.theta.col(q.theta.cols() > 1 ? n : 0);
    const auto mean = [&](double shift, double first, double second) {
      const double t = std::hypot(bandwidth, std::hypot(first, second)), z = shift / t;
      return bandwidth / t * std::exp(-0.5 * z * z);
    };
    const double sum = mean(0, a[1], a[1]) + mean(0, b[1], b[1]), both = 2 * mean(a[0] - b[0], a[1], b[1]);
    const double square = std::max(0.0, sum - both), rounding = 8 * kEpsilon * (sum + both);
    value[n] = std::sqrt(square);
    error[n] = std::sqrt(square + rounding) - std::sqrt(std::max(0.0, square - rounding));
  }
}

// With v = order + (1 - order) r^2, the variance of the mixed density over variance_q:
//   renyi = [log v/(1 - order) - 2 log r + order ((mean_p - mean_q)/stddev_q)^2 / v] / 2
// and +inf where v <= 0, -inf for an order below 0. Near r = 1 both logarithms give up their common first term.
void renyi(double order, const Side& p, const Side& q, Row value, Row error) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (order == 1) throw UnsupportedError("the order 1 is kl");
  const double rest = 1 - order, sign = order < 0 ? -1 : 1;
  for (Index n = 0; n < value.size(); ++n) {
    const double *a = plain::column(p.theta, n), *b = plain::column(q.theta, n);
    const double e = (a[1] - b[1]) / b[1], r = a[1] / b[1], shift = (a[0] - b[0]) / b[1];
    const bool near = std::abs(e)<0.25, large = r> 1e8;
    const double u = e * (2 + e), s = rest * u;  // r^2 - 1, v - 1
    const bool small = !large && std::abs(s) < 0.5;
    const double v = large   ? rest + order / r / r
                     : small ? 1 + s
                             : order + rest * r * r;  // over r^2 where that is large
    if (!(v > 0)) {
      value[n] = sign * kInfinity, error[n] = 0;
      continue;
    }
    const double log_r = r > 1e-300 && r < 1e300 ? std::log(r) : std::log(a[1]) - std::log(b[1]);
    const double log_v = small ? std::log1p(s) : std::log(v) + (large ? 2 * log_r : 0);
    const double first = near ? log1pmx(s) / rest : log_v / rest, second = near ? log1pmx(u) : 2 * log_r;
    const double scaled = large ? (a[0] - b[0]) / a[1] : shift, third = order * scaled * scaled / v;
    value[n] = sign * std::max(0.0, sign * 0.5 * (first - second + third));
    // The rounding of v counts as often as v is smaller than its terms; that of a small s as often as log v follows it.
    const double terms =
        (large ? std::abs(rest) + std::abs(order / r / r) : std::abs(order) + std::abs(rest) * r * r) / v;
    const double logarithm = near ? std::abs(s * u) / v : small ? std::abs(u) / v : terms / std::abs(rest);
    error[n] = kEpsilon * (4 * (std::abs(first) + std::abs(second) + std::abs(third) + logarithm) +
                           std::abs(third) * (small ? 1 : terms));
  }
}

}  // namespace

void add_distances(Registrar& registrar) {
  const auto rule = [&](Text divergence, const char* formula, const char* source, auto* f) {
    registrar.rule(divergence, "normal", "normal", plain_rule(formula, source, f));
  };
  rule("wasserstein_1", "E|shift + stretch z|,  shift = mean_p - mean_q, stretch = stddev_p - stddev_q",
       "[quantile coupling]", wasserstein_1);
  rule("wasserstein_2", "sqrt((mean_p - mean_q)^2 + (stddev_p - stddev_q)^2)", "[Dowson and Landau 1982]",
       wasserstein_2);
  kullback::Rule mmd;
  mmd.formula =
      "E k(X, Y) = h/sqrt(t) exp(-(mean_p - mean_q)^2/(2t)),  t = h^2 + stddev_p^2 + stddev_q^2, and so for both pairs "
      "of copies";
  mmd.source = "[Gaussian integrals]";
  mmd.evaluate_at = maximum_mean_discrepancy;
  registrar.rule("mmd", "normal", "normal", std::move(mmd));
  kullback::Rule of_order;
  of_order.formula =
      "[log v/(1 - a) - 2 log r + a ((mean_p - mean_q)/stddev_q)^2/v]/2,  r = stddev_p/stddev_q, v = a + (1 - a) r^2, "
      "a = order";
  of_order.source = "[Gil et al. 2013, table 2]";
  of_order.evaluate_at = renyi;
  registrar.rule("renyi", "normal", "normal", std::move(of_order));
  rule("fisher_rao", "2 sqrt(2) asinh(sqrt(((mean_p - mean_q)^2 + 2 (stddev_p - stddev_q)^2)/(8 stddev_p stddev_q)))",
       "[Atkinson and Mitchell 1981]", fisher_rao);
  rule("total_variation", "the normal distribution functions at the two points where the densities are equal",
       "[by definition]", total_variation);
}

}  // namespace kullback::normal_family
