#include "divergence/integrands.hpp"

#include <kullback/numerics.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace kullback::divergence {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr Index kBuffer = 64;

// r - 1 + exp(-r) for |r| < 0.25, relative to r^2/2: 1 - r/3 (1 - r/4 (...)). The remainder is 0.25^12 2/14! = 1e-18.
double small_series(double r) {
  double series = 1;
  for (int k = 13; k >= 3; --k) series = 1 - r / k * series;
  return r * r / 2 * series;
}

// Coefficients of (a e^r + 1 - a - e^(a r)) / (a (1 - a)) = sum over k >= 2 of r^k (1 + a + ... + a^(k-2)) / k!.
class AlphaSeries {
 public:
  explicit AlphaSeries(double a) {
    double power = 1, geometric = 0, factorial = 1;
    for (std::size_t i = 0; i < kTerms; ++i) {
      geometric += power, power *= a;
      factorial *= static_cast<double>(i + 2);
      coefficient_[i] = geometric / factorial;
    }
    // Small enough that r^15 a^13 / 15! is nothing; outside the sum of the three terms cancels by 35 at most.
    reach_ = 0.25 / std::max({1.0, std::abs(a), std::abs(1 - a)});
    factor_ = std::abs(a * (1 - a));
  }
  double reach() const { return reach_; }
  double operator()(double r) const {
    double sum = 0;
    for (std::size_t i = kTerms; i-- > 0;) sum = sum * r + coefficient_[i];
    return factor_ * r * r * sum;
  }

 private:
  static constexpr std::size_t kTerms = 13;
  std::array<double, kTerms> coefficient_;
  double reach_, factor_;
};

}  // namespace

void relative_entropy_integrand(ConstRow log_p, ConstRow log_q, Row out) {
  std::array<double, kBuffer> p, q;
  for (Index begin = 0; begin < out.size(); begin += kBuffer) {
    const Index n = std::min(kBuffer, out.size() - begin);
    const double* lp = log_p.data() + begin;
    const double* lq = log_q.data() + begin;
    double* f = out.data() + begin;
    vector_exp(lp, p.data(), n);
    vector_exp(lq, q.data(), n);
    for (Index i = 0; i < n; ++i) {
      const double a = p[static_cast<std::size_t>(i)], b = q[static_cast<std::size_t>(i)];
      const double r = lp[i] - lq[i];
      // Both terms are known to rounding; where r is small they cancel and the series takes over.
      const double direct = b - a * (1 - r);
      const double series = a * small_series(r);
      const double finite = r < 0.25 && r > -0.25 ? series : direct;
      // p = 0 leaves q (0 * -inf must not happen), q = 0 where p has mass makes D infinite.
      f[i] = lp[i] == -kInf ? b : (lq[i] == -kInf || a == kInf ? kInf : finite);
    }
  }
}

void alpha_integrand(double a, ConstRow log_p, ConstRow log_q, Row out) {
  const AlphaSeries series(a);
  std::array<double, kBuffer> p, q, mixed;
  for (Index begin = 0; begin < out.size(); begin += kBuffer) {
    const Index n = std::min(kBuffer, out.size() - begin);
    const double* lp = log_p.data() + begin;
    const double* lq = log_q.data() + begin;
    double* f = out.data() + begin;
    for (Index i = 0; i < n; ++i) mixed[static_cast<std::size_t>(i)] = lq[i] + a * (lp[i] - lq[i]);
    vector_exp(lp, p.data(), n);
    vector_exp(lq, q.data(), n);
    vector_exp(mixed.data(), mixed.data(), n);
    for (Index i = 0; i < n; ++i) {
      const auto k = static_cast<std::size_t>(i);
      const double r = lp[i] - lq[i];
      if (lp[i] == -kInf) {  // 0^a: nothing for a >= 0, without bound for a < 0
        f[i] = a < 0 ? (lq[i] == -kInf ? 0 : kInf) : std::abs(1 - a) * q[k];
      } else if (lq[i] == -kInf) {
        f[i] = a > 1 ? kInf : std::abs(a) * p[k];
      } else if (std::abs(r) < series.reach()) {
        f[i] = q[k] * series(r);
      } else {
        f[i] = std::abs(a * p[k] + (1 - a) * q[k] - mixed[k]);
      }
      if (std::isnan(f[i])) f[i] = kInf;  // an overflow of two terms
    }
  }
}

void cross_entropy_integrand(ConstRow log_p, ConstRow log_q, Row out) {
  for (Index i = 0; i < out.size(); ++i) {
    const double p = std::exp(log_p[i]);
    out[i] = p == 0 ? 0 : -p * log_q[i];
  }
}

void undo_scale(const Divergence& divergence, ConstRow log_p, ConstRow log_scale, Row integrand) {
  if (divergence.functional() != Functional::cross_entropy) return;
  for (Index i = 0; i < integrand.size(); ++i)
    if (const double p = std::exp(log_p[i]); p > 0 && std::isfinite(integrand[i])) integrand[i] += p * log_scale[i];
}

}  // namespace kullback::divergence
