// Distribution functions of gamma and beta variables and their inverses.
#include <kullback/numerics.hpp>

#include <boost/math/special_functions/beta.hpp>
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
  BetaQuantile out{};
  out.x = upper ? boost::math::ibetac_inv(alpha, beta, p, &out.rest, Policy())
                : boost::math::ibeta_inv(alpha, beta, p, &out.rest, Policy());
  return out;
}

}  // namespace kullback
