// D(p, q) of distributions on the integers: the sum of the non-negative integrand from the bulk outward. What is left
// of a light tail is bounded by a geometric series, a heavy one is summed by Euler-Maclaurin's formula.
#include "divergence/integral.hpp"

#include "quadrature/features.hpp"
#include "quadrature/quadrature.hpp"

#include <kullback/capability.hpp>
#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace kullback::divergence {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr Index kValue = 0, kP = 1, kQ = 2, kNoise = 3, kRows = 4;
using Totals = Eigen::Array<double, kRows, 1>;

// The rows above at integers.
class Terms {
 public:
  explicit Terms(const Question& question)
      : question_(question),
        p_(question.p.family->support(question.p.layout, question.p.theta, 0, 0)),
        q_(question.q.family->support(question.q.layout, question.q.theta, 0, 0)) {}

  double low() const { return std::min(p_.low, q_.low); }
  double high() const { return std::max(p_.high, q_.high); }

  void operator()(const Eigen::RowVectorXd& k, Eigen::MatrixXd& out) {
    const Index n = k.size();
    out.resize(kRows, n);
    log_p_.resize(n), log_q_.resize(n);
    densities(question_.p, p_, k, log_p_);
    densities(question_.q, q_, k, log_q_);
    Eigen::RowVectorXd f(n);
    const Eigen::RowVectorXd &lp = log_p_, &lq = log_q_;
    question_.divergence.integrand(row(lp), row(lq), row(f));
    for (Index i = 0; i < n; ++i) {
      const double p = std::exp(lp[i]), q = std::exp(lq[i]);
      // Far out both underflow, and one of the logarithms may before the other: that is no hole in its mass.
      const bool nothing = p == 0 && q == 0 && (lp[i] == -kInf || lq[i] == -kInf);
      const double value = nothing ? 0 : f[i];
      if (std::isnan(value))
        throw NumericalError(fmt::format("the summand of {} is not a number at {}", pair_name(question_), k[i]));
      out(kValue, i) = value;
      out(kP, i) = p, out(kQ, i) = q;
      const double magnitude = (p > 0 ? std::abs(lp[i]) : 0) + (q > 0 ? std::abs(lq[i]) : 0) + 2;
      const double noise = kEpsilon * magnitude * rounding_size(question_.divergence, p, q, value);
      out(kNoise, i) = noise < kInf ? noise : 0;
    }
  }

 private:
  static void densities(const Members& side, const Support& support, const Eigen::RowVectorXd& k,
                        Eigen::RowVectorXd& out) {
    side.family->log_density(side.layout, side.theta, Points(k), row(out));
    for (Index i = 0; i < k.size(); ++i)
      if (k[i] < support.low || k[i] > support.high) out[i] = -kInf;
  }

  const Question& question_;
  Support p_, q_;
  Eigen::RowVectorXd log_p_, log_q_;
};

/// Fills the rows above at integers.
using Summand = std::function<void(const Eigen::RowVectorXd& k, Eigen::MatrixXd& out)>;

struct Sum {
  Totals total = Totals::Zero();
  double error = 0;  ///< of the value: what was left out
  double mass_error = 0;
  Index terms = 0;
  bool infinite = false;
  double infinite_at = 0;
};

constexpr Index kBlock = 512;

// The terms begin, begin + sign, ...: `count` of them.
void add_block(const Summand& terms, double begin, double sign, Index count, Sum& sum, Eigen::MatrixXd& out) {
  const Eigen::RowVectorXd k =
      begin + sign * Eigen::RowVectorXd::LinSpaced(count, 0, static_cast<double>(count - 1)).array();
  terms(k, out);
  for (Index i = 0; i < count; ++i)
    if (out(kValue, i) == kInf) sum.infinite = true, sum.infinite_at = k[i];
  sum.total += out.rowwise().sum().array();
  sum.terms += count;
}

// Sum over k from `start` outward without end, a smooth tail that falls like a power: integral + f(start)/2 -
// f'(start)/12 + ... in t = log of the distance. Between integers the summand is interpolated by the eight around: far
// out to far beyond rounding.
void add_heavy_tail(const Summand& terms, double start, double sign, Sum& sum) {
  constexpr Index kNear = 8;
  const double origin = start - sign * 1000;  // t = log(distance from here)
  Eigen::MatrixXd values;
  const auto at = [&](double distance) {
    // Doubles beyond 2^50 are dense in integers as far as the summand can tell.
    const double x = origin + sign * distance;
    Totals out = Totals::Zero();
    if (distance > 1e15) {
      terms(Eigen::RowVectorXd::Constant(1, std::nearbyint(x)), values);
      return Totals(values.col(0).array());
    }
    const double first = std::floor(distance) - kNear / 2 + 1;
    Eigen::RowVectorXd k(kNear);
    for (Index i = 0; i < kNear; ++i) k[i] = origin + sign * (first + static_cast<double>(i));
    terms(k, values);
    if (values.row(kValue).maxCoeff() == kInf) {  // nothing to interpolate
      out[kValue] = kInf;
      return out;
    }
    for (Index i = 0; i < kNear; ++i) {
      double weight = 1;
      for (Index j = 0; j < kNear; ++j)
        if (j != i) weight *= (distance - first - static_cast<double>(j)) / static_cast<double>(i - j);
      out += weight * values.col(i).array();
    }
    return out;
  };
  const quadrature::Integrand integrand = [&](In t, Out out) {
    for (Index i = 0; i < t.cols(); ++i) {
      const double distance = std::exp(t(0, i));
      out.col(i) = (at(distance) * distance).matrix();
    }
  };
  const double t0 = std::log(1000.0);
  // As far as the terms are numbers: where a mass underflows, the sum would seem to end.
  constexpr double kSmallest = 1e-290, kStep = 2, kFarthest = 690;
  double limit = t0 + kStep;
  while (limit + kStep <= kFarthest && at(std::exp(limit + kStep)).head(kNoise).maxCoeff() > kSmallest) limit += kStep;
  quadrature::Options options;
  options.relative_tolerance = 1e-14;
  options.driving = 1;
  options.absolute_tolerance = 1e-16 * sum.total[kValue];
  const quadrature::Integral integral =
      quadrature::integrate_1d(integrand, kRows, {{t0, t0 + 0.5, t0 + 1}, t0, limit, 1e-6, 1e-6}, options);
  if (integral.infinite) {
    sum.infinite = true, sum.infinite_at = sign * kInf;
    return;
  }
  // f'(start) by central differences along the direction of the sum: of order 1/1000 each, the next term of the formula
  // 1e-12 of f.
  Eigen::MatrixXd near;
  Eigen::RowVectorXd k(7);
  for (Index i = 0; i < 7; ++i) k[i] = start + sign * static_cast<double>(i - 3);
  terms(k, near);
  const auto f = near.array();
  const Totals slope = (f.col(6) - 9 * f.col(5) + 45 * f.col(4) - 45 * f.col(2) + 9 * f.col(1) - f.col(0)) / 60;
  const Totals third = (f.col(5) - 2 * f.col(4) + 2 * f.col(2) - f.col(1)) / 2;
  const Totals corrected = integral.value.array() + 0.5 * f.col(3) - slope / 12 + third / 720;
  sum.total += corrected;
  sum.total[kNoise] = std::abs(sum.total[kNoise]);
  sum.error += integral.error(kValue) + 1e-16 * std::abs(corrected[kValue]);
  sum.mass_error += integral.error(kP) + integral.error(kQ);
  sum.terms += integral.evaluations * kNear;
}

// From `start` outward to `end`.
void add_outward(const Summand& terms, double start, double end, double sign, double scale, Sum& sum) {
  constexpr Index kMost = 1 << 26;
  const Index patience = 4096 + static_cast<Index>(64 * std::min(scale, 1e6));
  Eigen::MatrixXd out;
  double at = start;
  for (Index done = 0; !sum.infinite;) {
    const double left = sign * (end - at) + 1;
    if (left <= 0) return;
    const Index count = left < static_cast<double>(kBlock) ? static_cast<Index>(left) : kBlock;
    add_block(terms, at, sign, count, sum, out);
    at += sign * static_cast<double>(count);
    done += count;
    if (sum.infinite || static_cast<double>(count) == left) return;
    // A geometric bound from the last ratios, which must not grow.
    bool light = true;
    double rest = 0, rest_mass = 0;
    for (const Index r : {kValue, kP, kQ}) {
      const double last = out(r, count - 1), before = out(r, count - 2), first = out(r, 0), second = out(r, 1);
      if (last == 0) continue;
      const double ratio = last / before, old_ratio = first > 0 ? second / first : kInf;
      const double bound = ratio < 1 && ratio <= old_ratio * (1 + 1e-9) ? last * ratio / (1 - ratio) : kInf;
      (r == kValue ? rest : rest_mass) += bound;
      // A ratio that hardly differs from 1 may still be that of a power.
      light = light && bound <= (r == kValue ? 1e-17 * sum.total[kValue] : 1e-13);
    }
    if (light) {
      sum.error += 2 * rest;
      sum.mass_error += rest_mass;
      return;
    }
    if (done >= patience && std::isinf(end)) {
      const double ratio = out(kValue, count - 1) / out(kValue, count - 2);
      if (ratio > 0.98 || done >= kMost) return add_heavy_tail(terms, at, sign, sum);
    }
    if (done >= kMost)
      throw UnsupportedError(fmt::format("the sum over the integers does not end within {} terms", done));
  }
}

// From the bulk of both outward.
Sum add_all(const Question& question, const Summand& terms, double low, double high) {
  const auto p = quadrature::find_features(*question.p.family, question.p.layout, question.p.theta);
  const auto q = quadrature::find_features(*question.q.family, question.q.layout, question.q.theta);
  const auto inside = [&](double x) { return std::clamp(std::round(std::isfinite(x) ? x : 0), low, high); };
  double a = inside(p.center), b = inside(q.center);
  if (a > b) std::swap(a, b);
  if (!(b - a < 1e8))
    throw UnsupportedError(fmt::format("{}: the modes are {} integers apart", pair_name(question), b - a));
  Sum sum;
  Eigen::MatrixXd out;
  for (double at = a; at <= b; at += static_cast<double>(kBlock))
    add_block(terms, at, 1, static_cast<Index>(std::min(static_cast<double>(kBlock), b - at + 1)), sum, out);
  const double scale = std::max(p.scale, q.scale);
  if (b < high) add_outward(terms, b + 1, high, 1, scale, sum);
  if (a > low) add_outward(terms, a - 1, low, -1, scale, sum);
  return sum;
}

// A hole in q, or terms that grow beyond all numbers where both have mass?
std::string why_infinite(const Question& question, double at) {
  if (std::isinf(at)) return "the sum diverges";
  const Eigen::MatrixXd x = Eigen::MatrixXd::Constant(1, 1, at);
  Eigen::RowVectorXd log_q(1);
  question.q.family->log_density(question.q.layout, question.q.theta, Points(x), row(log_q));
  return log_q[0] > -kInf ? "the sum diverges" : fmt::format("q has no mass at {}, where p has", at);
}

Estimate finished(const Question& question, const Sum& sum) {
  if (sum.infinite) return infinite(why_infinite(question, sum.infinite_at));
  const double value = sum.total[kValue];
  // Sums of n non-negative terms in blocks.
  return {value, 2 * (sum.error + sum.total[kNoise]) + 8 * kEpsilon * std::abs(value), Method::exact_sum,
          fmt::format("sum over the integers, {} terms", sum.terms)};
}

}  // namespace

Estimate sum_line(const Question& question) {
  Terms terms(question);
  const Sum sum = add_all(
      question, [&](const Eigen::RowVectorXd& k, Eigen::MatrixXd& out) { terms(k, out); }, terms.low(), terms.high());
  for (const auto& [side, mass] : {std::pair{&question.p, sum.total[kP]}, std::pair{&question.q, sum.total[kQ]}})
    if (!sum.infinite && std::abs(mass - 1) > 1e-6 + sum.mass_error)
      throw NumericalError(fmt::format("{}: the probabilities of {} sum to {:.6g} instead of 1", pair_name(question),
                                       side->family->name(), mass));
  return finished(question, sum);
}

Estimate sum_over_integers(const Question& question,
                           const std::function<Eigen::RowVectorXd(const Eigen::RowVectorXd&)>& f) {
  const Terms terms(question);
  return finished(question, add_all(
                                question,
                                [&](const Eigen::RowVectorXd& k, Eigen::MatrixXd& out) {
                                  out.setZero(kRows, k.size());
                                  out.row(kValue) = f(k);
                                  out.row(kNoise) = kEpsilon * out.row(kValue);
                                },
                                terms.low(), terms.high()));
}

}  // namespace kullback::divergence
