// What the families made of one beta variable share: Y with density y^(alpha-1) (1-y)^(beta-1) / B(alpha, beta).
#pragma once

#include <kullback/kullback.hpp>

#include <array>

namespace kullback::beta_family {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kHalfLog2Pi = 0.91893853320467274178;

/// log density of Y. In the bulk of large parameters by two deviances, whose terms do not cancel. [Loader 2000]
class LogDensity {
 public:
  LogDensity(double alpha, double beta);
  double operator()(double y, double log_y, double log_rest) const;

 private:
  double alpha_, beta_, sum_, constant_, constant_in_bulk_;
};

/// H(Y). By Stirling's formula, so that nothing cancels for large parameters.
double entropy(double alpha, double beta);

/// E[Y^c], +inf where alpha + c <= 0.
double power_moment(double alpha, double beta, double c);

/// E[log Y], never cancelling where beta is small beside alpha; and its variance.
double mean_log(double alpha, double beta);
double variance_log(double alpha, double beta);

/// The parameters with E[log Y] = mean_log and E[log(1 - Y)] = mean_log_rest. Throws DomainError where there are none.
void solve_mean_logs(double mean_log, double mean_log_rest, double& alpha, double& beta);

/// delta' I delta for the Fisher information of (alpha, beta), as sums of squares.
double fisher(double alpha, double beta, double by_alpha, double by_beta);

/// A block of beta variables, their parameters in the order of p's sizes.
constexpr Index kBlock = 256;
using Numbers = std::array<double, kBlock>;
struct Betas {
  alignas(64) Numbers large, small, sum;
};

/// KL of the first `count` pairs, a multiple of 8, and bounds on the roundings. All of the block must be positive numbers.
///
///   KL = large_q phi(v) + small_q phi(w) + [phi(small_q/small_p) + phi(large_q/large_p) - phi(sum_q/sum_p)]/2 + B(large) + B(small) - B(sum)
///
/// v and w are the ratios of p's to q's means of Y and 1 - Y, phi(r) = r - 1 - log r and B is the Bregman divergence of Stirling's error. The
/// last two phi nearly cancel where large is nearly the sum: their difference is taken as -phi(v) - (v - 1)(large_q - large_p)/large_p.
void kl_of_betas(const Betas& p, const Betas& q, Index count, double* value, double* error);

/// The rule of KL for a family whose members are images of beta variables under one injective map: to_beta(theta, alpha, beta) reads a column.
template <class ToBeta>
Rule kl_rule(ToBeta to_beta) {
  const auto read = [to_beta](const Side& p, const Side& q, Index begin, Index count, Betas& a, Betas& b) {
    const double *from_p = plain::column(p.theta, begin), *from_q = plain::column(q.theta, begin);
    const Index stride_p = p.theta.cols() > 1 ? p.theta.outerStride() : 0, stride_q = q.theta.cols() > 1 ? q.theta.outerStride() : 0;
    for (Index n = 0; n < kBlock; ++n) {
      // Whole vectors: a pair gives the same bits wherever it stands.
      double alpha_p = 1, beta_p = 1, alpha_q = 1, beta_q = 1;
      if (n < count) {
        to_beta(from_p + n * stride_p, alpha_p, beta_p);
        to_beta(from_q + n * stride_q, alpha_q, beta_q);
      }
      const bool ordered = alpha_p >= beta_p;
      const auto i = static_cast<std::size_t>(n);
      a.large[i] = ordered ? alpha_p : beta_p, a.small[i] = ordered ? beta_p : alpha_p, a.sum[i] = alpha_p + beta_p;
      b.large[i] = ordered ? alpha_q : beta_q, b.small[i] = ordered ? beta_q : alpha_q, b.sum[i] = alpha_q + beta_q;
    }
  };
  return {Method::closed_form,
          "log(B_q/B_p) + (alpha_p - alpha_q) digamma(alpha_p) + (beta_p - beta_q) digamma(beta_p) + (s_q - s_p) digamma(s_p),  s = alpha + beta",
          "[Gil et al. 2013, table 3]", [read](const Side& p, const Side& q, Row value, Row error) {
            Betas a, b;
            alignas(64) Numbers values, errors;
            for (Index begin = 0; begin < value.size(); begin += kBlock) {
              const Index count = std::min(kBlock, value.size() - begin);
              read(p, q, begin, count, a, b);
              kl_of_betas(a, b, (count + 7) / 8 * 8, values.data(), errors.data());
              std::copy_n(values.begin(), count, value.data() + begin);
              std::copy_n(errors.begin(), count, error.data() + begin);
            }
          }};
}

void add_beta(Registrar& registrar);

}  // namespace kullback::beta_family
