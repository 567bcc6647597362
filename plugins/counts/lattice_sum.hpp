// Sums over the integers of what falls off on both sides of a mode.
#pragma once

#include <kullback/numerics.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace kullback::counts {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Where the terms have their mass: the largest is near `mode`, and they change over a distance of about `scale`.
struct Bulk {
  double mode, scale;
};

/// The sum of term(k) from `from` in steps of `step` (1 or -1) to `last`, until no more than rounding is left. Terms
/// near `from` are added one by one; beyond them, where the terms vary slowly, blocks of integers are summed by an
/// integral over the block, which is exact for polynomials of degree 31 up to the Euler-Maclaurin correction at the
/// outermost edges. term must be defined between the integers there. `smooth` false forbids blocks: the sum is then NaN
/// if it needs them. Tails heavier than a high power are the caller's.
template <class Term>
double one_sided_sum(const Term& term, double from, double step, double last, const Bulk& bulk, bool smooth) {
  constexpr double kNegligible = 1e-18;
  constexpr int kSingle = 4096;
  if (step * (last - from) < 0) return 0;
  double sum = 0, compensation = 0;
  const auto add = [&](double value) {  // [Neumaier 1974]
    const double next = sum + value;
    compensation += std::abs(sum) >= std::abs(value) ? (sum - next) + value : (value - next) + sum;
    sum = next;
  };
  const double bulk_end = bulk.mode + step * (3 * bulk.scale + 3);
  int quiet = 0;
  double k = from, before = kInfinity;
  const bool wide = smooth && bulk.scale > 1e5 && std::abs(from - bulk.mode) < bulk.scale &&
                    std::abs(last - bulk.mode) > bulk.scale &&
                    bulk.mode > 100 * bulk.scale;  // no edge is near: blocks from the start
  for (int i = 0; !wide && i < kSingle; ++i) {
    const double value = term(k);
    if (!(std::abs(value) < kInfinity)) return value;
    add(value);
    if (k == last) return sum + compensation;
    const double ratio = std::abs(value) / before;
    const bool small = std::abs(value) <= kNegligible * std::abs(sum) * std::max(1 - ratio, 0.0);
    quiet = small && step * (k - bulk_end) > 0 ? quiet + 1 : 0;
    if (quiet >= 3) return sum + compensation;
    before = std::abs(value);
    k += step;
  }
  if (!smooth) return std::numeric_limits<double>::quiet_NaN();

  // Blocks. With u the distance past the edge half a step before k, the sum over a block is the integral over u.
  const double edge = k - 0.5 * step;
  // 1/24 of the slope at an edge and -7/5760 of the third derivative, from differences; outside_first is the first term
  // past it.
  const auto correct = [&](double outside_first, double sign) {
    const double at = outside_first, d1 = term(at) - term(at - step);
    const double d3 = term(at + step) - 3 * term(at) + 3 * term(at - step) - term(at - 2 * step);
    if (std::isfinite(d3)) add(sign * (d1 / 24 - 17 * d3 / 5760));
  };
  const auto integral = [&](double a, double b) {
    // Gauss-Legendre with 16 nodes [Abramowitz & Stegun, table 25.4].
    constexpr std::array<double, 8> kNodes = {0.0950125098376374402, 0.2816035507792589132, 0.4580167776572273863,
                                              0.6178762444026437484, 0.7554044083550030339, 0.8656312023878317439,
                                              0.9445750230732325761, 0.9894009349916499326};
    constexpr std::array<double, 8> kWeights = {0.1894506104550684963, 0.1826034150449235889, 0.1691565193950025382,
                                                0.1495959888165767321, 0.1246289712555338720, 0.0951585116824927848,
                                                0.0622535239386478929, 0.0271524594117540949};
    const double half = 0.5 * (b - a), middle = 0.5 * (a + b);
    double total = 0;
    for (std::size_t i = 0; i < kNodes.size(); ++i)
      total += kWeights[i] *
               (term(edge + step * (middle - half * kNodes[i])) + term(edge + step * (middle + half * kNodes[i])));
    return half * total;
  };
  constexpr double kLast = 256;                          // terms at the far end that are added one by one
  const double far = step * (last - edge) + 0.5;         // the far edge; infinite for an open tail
  const double end = far < 2 * kLast ? 0 : far - kLast;  // where blocks end
  if (!wide && end > 0) correct(k, 1.0);
  double u = 0, width = wide ? std::floor(bulk.scale) : 256;
  bool done = false;
  for (int i = 0; i < 20000 && u < end && !done; ++i) {
    const double to = std::min(u + width, end);
    if (to - u <= 16) {
      for (; u < to; u += 1) add(term(edge + step * (u + 0.5)));
      width = 16;
      continue;
    }
    const double middle = u + std::floor(0.5 * (to - u));
    const double whole = integral(u, to), halves = integral(u, middle) + integral(middle, to);
    if (!(std::abs(halves) < kInfinity)) return halves;
    const double difference = std::abs(whole - halves);
    if (difference > 1e-13 * std::abs(halves) && difference > 1e-17 * std::abs(sum)) {
      width = std::max(16.0, std::floor(0.5 * (to - u)));
      continue;
    }
    add(halves);
    const bool past = step * (edge + step * to - bulk_end) > 0;
    done = past && std::abs(halves) <= kNegligible * std::abs(sum);
    u = to;
    if (difference < 1e-15 * std::abs(halves)) width *= 2;
  }
  if (done || !(far < kInfinity)) return sum + compensation;
  if (end > 0) correct(edge + step * (u + 0.5), -1.0);
  for (; u < far; u += 1) add(term(edge + step * (u + 0.5)));
  return sum + compensation;
}

/// The sum over low..high, outward from the mode.
template <class Term>
double lattice_sum(const Term& term, double low, double high, const Bulk& bulk, bool smooth = true) {
  const double start = std::clamp(std::floor(bulk.mode), low, high);
  return one_sided_sum(term, start, 1.0, high, bulk, smooth) + one_sided_sum(term, start - 1, -1.0, low, bulk, smooth);
}

}  // namespace kullback::counts
