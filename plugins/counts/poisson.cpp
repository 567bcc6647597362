// Events of a constant rate. theta = (rate).
#include <algorithm>
#include <type_traits>

#include "families.hpp"

namespace kullback::counts {

namespace {

constexpr Index kBlock = 256, kLanes = 8;

// rate_p (r - 1 - log r), r = rate_q / rate_p. Outside the range of the vectorized form bd0 takes what is infinite or
// tiny.
void kl(const Side& p, const Side& q, Row value, Row error) {
  alignas(64) double rate[kBlock], excess[kBlock], ratio[kBlock], found[kBlock];
  const Index step_p = p.theta.cols() > 1 ? p.theta.outerStride() : 0,
              step_q = q.theta.cols() > 1 ? q.theta.outerStride() : 0;
  const auto usual = [&](Index i) { return (ratio[i] > 1e-300) & (ratio[i] < 1e300) & (rate[i] > 1e-300); };
  for (Index begin = 0; begin < value.size(); begin += kBlock) {
    const Index count = std::min(kBlock, value.size() - begin), padded = (count + kLanes - 1) / kLanes * kLanes;
    const double *a = p.theta.data() + begin * step_p, *b = q.theta.data() + begin * step_q;
    double *out = value.data() + begin, *bound = error.data() + begin;
    Index all_usual = 1;  // as wide as the numbers, so that the loop is vectorized
    const auto prepare = [&](auto stride_p, auto stride_q) {
      for (Index i = 0; i < count; ++i) {
        const double x = a[i * stride_p], y = b[i * stride_q], inverse = 1 / x;
        rate[i] = x;
        ratio[i] = y * inverse;
        excess[i] = (y - x) * inverse;
        all_usual &= static_cast<Index>(usual(i));
      }
    };
    // A stride that the compiler knows: vector loads.
    constexpr std::integral_constant<Index, 1> kOne;
    if (step_p == 1 && step_q == 1)
      prepare(kOne, kOne);
    else
      prepare(step_p, step_q);
    // Whole vectors only: a pair gives the same bits wherever it stands.
    for (Index i = count; i < padded; ++i) excess[i] = 0, ratio[i] = 1;
    vector_log_excess(excess, ratio, found, padded);
    for (Index i = 0; i < count; ++i) {
      out[i] = rate[i] * found[i];
      const double change = std::abs(excess[i]);
      bound[i] = 8 * kEpsilon * (out[i] + rate[i] * (change > 0.25 ? change : 0.0));
    }
    for (Index i = 0; !all_usual && i < count; ++i) {
      if (usual(i)) continue;
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
    if (!(mean > 0 && mean < kInfinity))
      throw DomainError("", "no poisson has this mean parameter: E[x] must be positive");
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
