// Events of a constant rate. theta = (rate).
#include <algorithm>

#include "families.hpp"

namespace kullback::counts {

namespace {

constexpr Index kBlock = 256;

// rate_p (r - 1 - log r), r = rate_q / rate_p. Outside the range of the vectorized form bd0 takes what is infinite or tiny.
void kl(const Side& p, const Side& q, Row value, Row error) {
  alignas(64) double excess[kBlock], ratio[kBlock], rate[kBlock];
  const Index step_p = p.theta.cols() > 1 ? p.theta.outerStride() : 0, step_q = q.theta.cols() > 1 ? q.theta.outerStride() : 0;
  for (Index begin = 0; begin < value.size(); begin += kBlock) {
    const Index count = std::min(kBlock, value.size() - begin);
    const double *a = p.theta.data() + begin * step_p, *b = q.theta.data() + begin * step_q;
    double *out = value.data() + begin, *bound = error.data() + begin;
    for (Index i = 0; i < count; ++i) {
      const double inverse = 1 / a[i * step_p];
      rate[i] = a[i * step_p];
      ratio[i] = b[i * step_q] * inverse;
      excess[i] = (b[i * step_q] - a[i * step_p]) * inverse;
    }
    vector_log_excess(excess, ratio, out, count);
    int unusual = 0;
    for (Index i = 0; i < count; ++i) {
      out[i] *= rate[i];
      bound[i] = 8 * kEpsilon * (out[i] + rate[i] * (std::abs(excess[i]) > 0.25 ? std::abs(excess[i]) : 0.0));
      unusual |= !(ratio[i] > 1e-300) | !(ratio[i] < 1e300) | !(rate[i] > 1e-300);
    }
    if (!unusual) continue;
    for (Index i = 0; i < count; ++i) {
      if (ratio[i] > 1e-300 && ratio[i] < 1e300 && rate[i] > 1e-300) continue;
      out[i] = bd0(rate[i], b[i * step_q]);
      bound[i] = out[i] < kInfinity ? 16 * kEpsilon * (out[i] + rate[i]) : 0;
    }
  }
}

Bounded distance_of_means(const Poisson& p, const Poisson& q) {
  const double value = std::abs(p.rate - q.rate);
  return {value, kEpsilon * value};
}

struct Exponential {
  static constexpr Text kStatistic = "x";
  static constexpr Index kFixed = 0;
  static constexpr bool kBaseMeasure = true;
  static bool in_domain(double, double) { return true; }
  static Cumulants cumulants(double eta, double) {
    const double rate = std::exp(eta);
    return {rate, rate, rate};
  }
  static double natural(double mean, double) {
    if (!(mean > 0 && mean < kInfinity)) throw DomainError("", "no poisson has this mean parameter: E[x] must be positive");
    return std::log(mean);
  }
  static void to_eta(const Layout&, const double* theta, double* eta) { *eta = std::log(*theta); }
  static void to_theta(const Layout&, const double* eta, double* theta) { *theta = std::exp(*eta); }
};

}  // namespace

double Poisson::entropy() const {
  if (rate == 0) return 0;
  if (rate > 1e4) {  // [Evans & Boersma 1988]
    const double y = 1 / rate;
    return 0.5 * std::log(rate) + kHalfLog2Pi + 0.5 - y * (1.0 / 12 + y * (1.0 / 24 + y * 19.0 / 360));
  }
  return expectation(*this, [&](double k) { return -log_mass(k); });
}

bool Poisson::moment(Text label, double c, double& value) const {
  if (label == "log_factorial" && rate > 1e4) return value = entropy() + rate * std::log(rate) - rate, true;
  return power_moment({rate, rate, rate, rate}, label, c, value);
}

void Poisson::expand(double* coefficient, double*) const {
  coefficient[0] = rate > 0 ? std::log(rate) : 0;  // at rate 0 the support is {0}
  coefficient[1] = -1;
  coefficient[2] = -rate;
}

void register_poisson(Registrar& registrar) {
  registrar.family(std::make_unique<OneStatisticFamily<Poisson, Exponential>>());
  registrar.rule("kl", "poisson", "poisson",
                 {Method::closed_form, "rate_p log(rate_p / rate_q) + rate_q - rate_p", "[Loader 2000]", kl});
  registrar.rule("wasserstein_1", "poisson", "poisson",
                 pair_rule<Poisson, Poisson>("|rate_p - rate_q|", "stochastic order", distance_of_means));
}

}  // namespace kullback::counts
