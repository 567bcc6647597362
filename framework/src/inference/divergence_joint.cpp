#include "inference/divergence_joint.hpp"

#include "inference/leaves.hpp"
#include "quadrature/features.hpp"

#include <kullback/capability.hpp>
#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace kullback::inference {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr Index kMostNumbers = 64;
constexpr Index kMostStarts = 400;
constexpr int kRounds = 2;  // over the numbers, each taking its best candidate
constexpr double kSearchAccuracy = 1e-6;
constexpr double kMostRise = 2;  // of D for a step of 1 in a number
constexpr double kLeastRise = 1e-3;
constexpr std::array<int, 8> kPrimes = {2, 3, 5, 7, 11, 13, 17, 19};
constexpr int kRescalings = 12;
constexpr double kLargestOfLogarithms = 4;  // scale: a step must not lead to parameters of 1e100

struct Place {
  double center = 0, scale = 1;
  Support support{-kInf, kInf};
};

// Where one coordinate of the target has its mass.
Place place_of(const Members& target, Index coordinate) {
  Place place;
  place.support = target.family->support(target.layout, target.theta, 0, coordinate);
  Members marginal = target;
  if (target.layout.dimension > 1) {
    const auto* marginals = capability<Marginals>(*target.family, target.layout);
    if (!marginals) return place;
    marginal = marginals->marginal(target.layout, target.theta, std::array{coordinate});
  }
  const quadrature::Features found = quadrature::find_features(*marginal.family, marginal.layout, marginal.theta);
  place.center = found.center;
  place.scale = found.scale;
  return place;
}

// Plain choices for a number of a family that is to be where the target is. The first suits a location or a scale.
std::vector<double> candidates(const Unconstrained& free, Index number, const Place& place) {
  const Domain domain = free.domain(number);
  const double c = place.center, s = place.scale, size = std::max(std::abs(c), 1e-3 * s);
  if (free.off_diagonal(number) || domain == Domain::simplex) return {0};
  if (domain == Domain::positive_definite) return {std::log(s)};
  if (domain == Domain::unit_interval) return {0, inference::free(domain, 0.2), inference::free(domain, 0.8)};
  if (domain == Domain::real) {
    if (!free.scalar(number)) return {c};
    std::vector<double> out{c, c - 2 * s, c + 2 * s, 0, 1};
    for (const double end : {place.support.low, place.support.high})
      if (std::isfinite(end)) out.push_back(end);
    return out;
  }
  std::vector<double> values{s, size, 1, 4, 0.25, s / size, size / (s * s), size * size / (s * s), 1 / size};
  for (const double end : {place.support.low, place.support.high})
    if (std::isfinite(end) && end > 0) values.push_back(end);
  for (double& v : values) v = std::log(v);
  return values;
}

// The power of D that is as smooth as the functional where the functional is 0: 2 for square roots.
double smooth_power(const Divergence& divergence) {
  constexpr double kSmall = 1e-8;
  const double ratio = divergence.outer(4 * kSmall) / divergence.outer(kSmall);
  return ratio < 3 ? 2 : 1;
}

}  // namespace

DivergenceJoint::DivergenceJoint(const Registry& registry, const Projection& projection, divergence::Directed directed,
                                 std::string written)
    : registry_(registry),
      projection_(projection),
      directed_(std::move(directed)),
      written_(std::move(written)),
      power_(smooth_power(*directed_.divergence)) {
  collect(*projection_.family, projection_.layout, 1);
  const Index dimension = factors_.back().coordinate + factors_.back().layout.dimension;
  if (dimension != projection_.target.layout.dimension)
    throw UnsupportedError(fmt::format("the approximation {} has {} coordinates, the target {} has {}: give it as many",
                                       projection_.family->name(), dimension, projection_.target.family->name(),
                                       projection_.target.layout.dimension));
  const auto n = static_cast<Index>(numbers_.size());
  if (n > kMostNumbers)
    throw UnsupportedError(
        fmt::format("a search moves at most {} numbers, and this approximation has {}", kMostNumbers, n));
  low_ = Eigen::VectorXd::Constant(n, -kInf);
  high_ = Eigen::VectorXd::Constant(n, kInf);
  EvaluateOptions rough;
  rough.relative_tolerance = kSearchAccuracy;
  find_start(rough);
  // An integral that all but converges looks finite to a rough eye.
  if (!std::isfinite(value(state_.at).value)) find_start(EvaluateOptions{});
  find_scales();
  for (const Factor& factor : factors_) find_ends(factor);
  move(state_.at, value(state_.at));
}

void DivergenceJoint::collect(const Distribution& family, const Layout& layout, Index count) {
  if (!layout.parts.empty() && capability<Product>(family, layout)) {
    for (Index n = 0; n < count; ++n)
      for (const Part& part : layout.parts) collect(*part.family, part.layout, part.count);
    return;
  }
  for (Index n = 0; n < count; ++n) {
    Factor factor{&family,
                  layout,
                  Unconstrained(family, layout),
                  0,
                  static_cast<Index>(numbers_.size()),
                  0,
                  family.parameter_count(layout)};
    if (!factors_.empty()) {
      const Factor& last = factors_.back();
      factor.coordinate = last.coordinate + last.layout.dimension;
      factor.row = last.row + last.rows;
    }
    add_numbers(factor);
    factors_.push_back(std::move(factor));
    if (static_cast<Index>(numbers_.size()) > kMostNumbers) return;  // refused
  }
}

void DivergenceJoint::add_numbers(const Factor& factor) {
  if (factor.coordinate + factor.layout.dimension > projection_.target.layout.dimension) return;  // refused
  std::vector<Place> places;
  for (Index i = 0; i < factor.layout.dimension; ++i)
    places.push_back(place_of(projection_.target, factor.coordinate + i));
  for (Index i = 0; i < factor.free.size(); ++i) {
    const Index coordinate = std::min(factor.free.coordinate(i), factor.layout.dimension - 1);
    Number number;
    number.name =
        fmt::format("{} of {}", factor.free.name(i), coordinate_name(projection_, factor.coordinate + coordinate));
    if (factor.free.domain(i) != Domain::real) number.largest_scale = kLargestOfLogarithms;
    number.candidates = candidates(factor.free, i, places[static_cast<std::size_t>(coordinate)]);
    numbers_.push_back(std::move(number));
  }
}

// The best of the combinations of candidates that a short search meets.
void DivergenceJoint::find_start(const EvaluateOptions& options) {
  const auto n = static_cast<Index>(numbers_.size());
  for (Number& number : numbers_) number.offset = 0;
  Eigen::VectorXd u(n);
  Value best;
  double most = 4;  // times as many as there are
  for (const Number& number : numbers_)
    most = std::min<double>(most * static_cast<double>(number.candidates.size()), kMostStarts);
  for (Index tried = 0; static_cast<double>(tried) < most && !std::isfinite(best.value); ++tried) {
    for (Index i = 0; i < n; ++i) u[i] = candidate_of(tried, i);
    best = evaluate_at(u, options);
  }
  if (!std::isfinite(best.value)) {
    const std::string text = fmt::format("no {} with a finite {} to {} was found: {}{}", projection_.family->name(),
                                         written_, projection_.target.family->name(), why_not_,
                                         directed_.reversed ? " (p is the approximation here, q the target)" : "");
    if (unsupported_) throw UnsupportedError(text);
    throw InfiniteError(text);
  }
  for (int round = 0; round < kRounds; ++round)
    for (std::size_t i = 0; i < numbers_.size(); ++i)
      for (const double candidate : numbers_[i].candidates) {
        Eigen::VectorXd other = u;
        other[static_cast<Index>(i)] = candidate;
        const Value value = evaluate_at(other, options);
        if (value.value < best.value) best = value, u = other;
      }
  for (Index i = 0; i < n; ++i) numbers_[static_cast<std::size_t>(i)].offset = u[i];
  state_.at.setZero(n);
}

// Combinations are taken all over the place, so that few of them show whether any is finite: the first candidates, then
// each number by multiples of an irrational of its own [Weyl's sequence].
double DivergenceJoint::candidate_of(Index tried, Index number) const {
  const std::vector<double>& all = numbers_[static_cast<std::size_t>(number)].candidates;
  const double step = std::sqrt(static_cast<double>(kPrimes[static_cast<std::size_t>(number) % kPrimes.size()]));
  const double share = std::fmod(static_cast<double>(tried) * step, 1);
  return all[std::min(static_cast<std::size_t>(share * static_cast<double>(all.size())), all.size() - 1)];
}

// A step of 1 in a number is to change D by about 1: differences and steps have no other measure.
void DivergenceJoint::find_scales() {
  EvaluateOptions rough;
  rough.relative_tolerance = kSearchAccuracy;
  const double here = evaluate_at(state_.at, rough).value;
  for (Index i = 0; i < state_.at.size(); ++i) {
    double& scale = numbers_[static_cast<std::size_t>(i)].scale;
    for (int n = 0; n < kRescalings; ++n) {
      double rise = kInf;
      for (const double step : {-1.0, 1.0}) {
        Eigen::VectorXd u = state_.at;
        u[i] = step;
        rise = std::min(rise, std::abs(evaluate_at(u, rough).value - here));
      }
      if (rise > kMostRise)
        scale *= 0.5;
      else if (rise < kLeastRise && 2 * scale <= numbers_[static_cast<std::size_t>(i)].largest_scale)
        scale *= 2;
      else
        break;
    }
  }
}

// Parameters that are ends of q's support, and the target's ends where D becomes infinite beyond.
void DivergenceJoint::find_ends(const Factor& factor) {
  if (factor.layout.dimension != 1) return;
  const Support target =
      projection_.target.family->support(projection_.target.layout, projection_.target.theta, 0, factor.coordinate);
  const auto end_of = [&](const Eigen::VectorXd& u, bool upper) {
    const Members q = member(u);
    Eigen::MatrixXd theta = q.theta.middleRows(factor.row, factor.rows);
    const Support s = factor.family->support(factor.layout, theta, 0, 0);
    return upper ? s.high : s.low;
  };
  const double step = 1e-3;
  for (Index i = 0; i < factor.free.size(); ++i)
    for (const bool upper : {false, true}) {
      const double t = upper ? target.high : target.low;
      const Domain domain = factor.free.domain(i);
      const Index at = factor.number + i;
      if (!std::isfinite(t) || !factor.free.scalar(i) ||
          (domain != Domain::real && !(domain == Domain::positive && t > 0)))
        continue;
      try {
        bool is_end = true;
        for (const double moved : {0.0, -step, step}) {
          Eigen::VectorXd u = state_.at;
          u[at] += moved;
          is_end = is_end && end_of(u, upper) == constrain(domain, number(u, at));
        }
        if (!is_end) continue;
      } catch (const DomainError&) {
        continue;
      }
      const Number& here = numbers_[static_cast<std::size_t>(at)];
      Eigen::VectorXd above = state_.at, below = state_.at;
      const double end = (free(domain, t) - here.offset) / here.scale;
      above[at] = end + step, below[at] = end - step;
      const bool above_finite = std::isfinite(value(above).value), below_finite = std::isfinite(value(below).value);
      if (above_finite != below_finite) set_end(at, below_finite, end, free(domain, t));
    }
}

// The range ends at u, where the number of `Unconstrained` is `exact`, or, if D is infinite there, as near as doubles
// come.
void DivergenceJoint::set_end(Index i, bool upper, double u, double exact) {
  (upper ? high_ : low_)[i] = u;
  Number& number = numbers_[static_cast<std::size_t>(i)];
  double& at = upper ? number.at_high : number.at_low;
  at = exact;
  Eigen::VectorXd there = state_.at;
  there[i] = u;
  for (int n = 0; n < 8 && !std::isfinite(value(there).value); ++n) at = std::nextafter(at, upper ? -kInf : kInf);
  state_.at[i] = upper ? std::min(state_.at[i], u) : std::max(state_.at[i], u);
}

double DivergenceJoint::number(const Eigen::VectorXd& u, Index i) const {
  const Number& number = numbers_[static_cast<std::size_t>(i)];
  if (u[i] == low_[i]) return number.at_low;
  if (u[i] == high_[i]) return number.at_high;
  return number.offset + number.scale * u[i];
}

Members DivergenceJoint::member(const Eigen::VectorXd& u) const {
  Eigen::VectorXd all(u.size());
  for (Index i = 0; i < u.size(); ++i) all[i] = number(u, i);
  if (factors_.size() == 1) return factors_.front().free.member(all);
  Members q{projection_.family, projection_.layout, {}};
  q.theta.resize(factors_.back().row + factors_.back().rows, 1);
  for (const Factor& factor : factors_)
    q.theta.middleRows(factor.row, factor.rows) =
        factor.free.member(all.segment(factor.number, factor.free.size())).theta;
  return q;
}

Objective::Value DivergenceJoint::evaluate_at(const Eigen::VectorXd& u, const EvaluateOptions& options) const {
  try {
    const Members q = member(u);
    const Members& p = projection_.target;
    const Estimate found =
        evaluate(registry_, *directed_.divergence, directed_.reversed ? q : p, directed_.reversed ? p : q, options);
    if (std::isinf(found.value)) {
      why_not_ = found.source;
      unsupported_ = false;
      return {};
    }
    if (power_ == 1) return {found.value, found.error};
    return {found.value * found.value, (2 * found.value + found.error) * found.error};
  } catch (const UnsupportedError& error) {
    why_not_ = error.what();
    unsupported_ = true;
  } catch (const DomainError&) {  // there is no such member
  } catch (const NumericalError& error) {
    why_not_ = error.what();
  }
  return {};
}

std::string DivergenceJoint::measure() const { return power_ == 1 ? written_ : written_ + "^2"; }

void DivergenceJoint::move(const Eigen::VectorXd& u, const Value& value) {
  state_.at = u;
  state_.value = value;
}

void DivergenceJoint::natural_gradient(Range, Out) const {
  throw UnsupportedError(fmt::format("this joint was made for {}: it knows the divergence's value only", written_));
}

void DivergenceJoint::start_from(const Members& q) {
  Eigen::VectorXd u(state_.at.size());
  for (const Factor& factor : factors_) {
    const Members part{factor.family, factors_.size() == 1 ? q.layout : factor.layout,
                       q.theta.middleRows(factor.row, factor.rows)};
    u.segment(factor.number, factor.free.size()) = factor.free.numbers(part);
  }
  for (Index i = 0; i < u.size(); ++i) {
    const Number& number = numbers_[static_cast<std::size_t>(i)];
    u[i] = (u[i] - number.offset) / number.scale;
  }
  state_ = {};
  move(u, value(u));
  if (!std::isfinite(state_.value.value))
    throw InfiniteError(fmt::format("{} is infinite at the start that was given: {}", written_, why_not_));
}

}  // namespace kullback::inference
