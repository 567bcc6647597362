// Distribution functions of gamma and beta variables and their inverses.
#include <kullback/numerics.hpp>

#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/expint.hpp>
#include <boost/math/special_functions/gamma.hpp>

#include <cmath>
#include <limits>

namespace kullback {

namespace {

namespace policies = boost::math::policies;
// Values instead of exceptions and errno, and no detour over long double.
using Policy =
    policies::policy<policies::promote_double<false>, policies::domain_error<policies::ignore_error>,
                     policies::pole_error<policies::ignore_error>, policies::overflow_error<policies::ignore_error>,
                     policies::underflow_error<policies::ignore_error>,
                     policies::evaluation_error<policies::ignore_error>>;
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
// exp of it is so small that a distribution function there is its leading power to the last digit. Newton's iteration
// for the inverse would underflow.
constexpr double kTiny = -40;

// log of the probability below, from p below or above.
double log_probability(double p, bool above) { return above ? std::log1p(-p) : std::log(p); }

}  // namespace

double gamma_cdf(double x, double shape, bool upper) {
  if (std::isnan(x)) return x;
  if (x <= 0) return upper ? 1 : 0;
  if (x == kInf) return upper ? 0 : 1;
  return upper ? boost::math::gamma_q(shape, x, Policy()) : boost::math::gamma_p(shape, x, Policy());
}

double gamma_quantile(double p, double shape, bool upper) {
  if (!(p >= 0 && p <= 1)) return kNan;
  if (p == 0 || p == 1) return (p == 0) == upper ? kInf : 0;
  const double log_x = (log_probability(p, upper) + log_gamma(shape + 1)) / shape;
  if (log_x < kTiny) return std::exp(log_x);
  return upper ? boost::math::gamma_q_inv(shape, p, Policy()) : boost::math::gamma_p_inv(shape, p, Policy());
}

double beta_cdf(double x, double alpha, double beta, bool upper) {
  if (std::isnan(x)) return x;
  if (x <= 0) return upper ? 1 : 0;
  if (x >= 1) return upper ? 0 : 1;
  return upper ? boost::math::ibetac(alpha, beta, x, Policy()) : boost::math::ibeta(alpha, beta, x, Policy());
}

BetaQuantile beta_quantile(double p, double alpha, double beta, bool upper) {
  if (!(p >= 0 && p <= 1)) return {kNan, kNan};
  if (p == 0 || p == 1) return (p == 0) == upper ? BetaQuantile{1, 0} : BetaQuantile{0, 1};
  const double log_scale = log_beta(alpha, beta);
  const double log_x = (log_probability(p, upper) + std::log(alpha) + log_scale) / alpha;
  if (log_x + std::log1p(beta) < kTiny) return {std::exp(log_x), 1};
  const double log_rest = (log_probability(p, !upper) + std::log(beta) + log_scale) / beta;
  if (log_rest + std::log1p(alpha) < kTiny) return {1, std::exp(log_rest)};
  BetaQuantile out{};
  out.x = upper ? boost::math::ibetac_inv(alpha, beta, p, &out.rest, Policy())
                : boost::math::ibeta_inv(alpha, beta, p, &out.rest, Policy());
  return out;
}

double scaled_exponential_integral(double x) {
  if (!(x > 0)) return x == 0 ? kInf : kNan;
  if (x < 2) return std::exp(x) * boost::math::expint(1, x, Policy());
  // The continued fraction 1/(x + 1 - 1/(x + 3 - 4/(x + 5 - ...))), from its end.
  const int terms = x < 20 ? 60 : 20;
  double fraction = x + 2 * terms + 1;
  for (int k = terms; k >= 1; --k) fraction = x + (2 * k - 1) - static_cast<double>(k) * k / fraction;
  return 1 / fraction;
}

}  // namespace kullback
