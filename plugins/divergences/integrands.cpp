#include "integrands.hpp"

#include <cmath>
#include <limits>

namespace kullback::divergences {
namespace {

// The larger density, and 1 - smaller/larger without cancellation.
struct Pair {
  double larger, gap;
};
Pair compare(double log_p, double log_q) {
  return {std::exp(std::max(log_p, log_q)), -std::expm1(-std::abs(log_p - log_q))};
}

// (1 + s) log(1 + s) + (1 - s) log(1 - s) = sum over k of s^(2k) / (k (2k - 1)), s = (p - q) / (p + q).
double contrast(double s, double rest) {
  constexpr int kTerms = 15;  // the remainder is 0.3^32 / 500 of s^2
  if (s < 0.3) {
    const double z = s * s;
    double sum = 0;
    for (int k = kTerms; k >= 1; --k) sum = sum * z + 1.0 / (k * (2 * k - 1));
    return sum * z;
  }
  return (1 + s) * std::log1p(s) + xlogx(rest);
}

}  // namespace

void total_variation(ConstRow log_p, ConstRow log_q, Row out) {
  for (Index i = 0; i < out.size(); ++i) {
    const Pair pair = compare(log_p[i], log_q[i]);
    out[i] = 0.5 * pair.larger * pair.gap;
  }
}

void jensen_shannon(ConstRow log_p, ConstRow log_q, Row out) {
  for (Index i = 0; i < out.size(); ++i) {
    const Pair pair = compare(log_p[i], log_q[i]);
    const double sum = 2 - pair.gap;  // (p + q) / larger
    out[i] = 0.25 * pair.larger * sum * contrast(pair.gap / sum, 2 * (1 - pair.gap) / sum);
  }
}

}  // namespace kullback::divergences
