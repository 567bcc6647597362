#include "messages/grid_spacing.hpp"

#include <kullback/error.hpp>
#include <kullback/numerics.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace kullback::messages {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr double kDeep = 40;       // log masses below the largest by more do not count
constexpr double kDeepMode = 25;   // nor those of modes of their own: what they add is below all tolerances
constexpr Index kScan = 128;       // nodes with which the mass is looked for
constexpr int kRounds = 60;        // of narrowing the range
constexpr double kFarthest = 350;  // in log x: squares and their inverses are still finite
constexpr std::size_t kMostPlaces = 64;
constexpr double kFarBelow = 400;  // nats: a hint so far below the mode shows no other
constexpr double kResolved = 10;   // scales from a mode within which the nodes of its search see all there is
constexpr std::size_t kMostModes = 4;
constexpr double kWider = 4;
constexpr int kMostWidened = 6;

double closest(double bound) { return bound == 0 ? -kFarthest : std::log(4 * kEpsilon * std::abs(bound)); }

// The search for the mass of one member.
struct Search : Spacing::Range {
  bool done = false;
  bool likely = false;  // the range is a guess, which may lack some of the mass
  int widened = 0;      // times
  double peak = 0;      // log density of t

  double log_mass() const { return peak + std::log(scale); }

  double at(double share) const {
    const double a = std::asinh((from - center) / scale), b = std::asinh((to - center) / scale);
    return share == 0 ? from : share == 1 ? to : center + scale * std::sinh(a + (b - a) * share);
  }
};

Search whole_line(const LineMap& map) { return {{map.first(), map.last(), 0, map.last() < 1e3 ? 1.0 : 1e-3}}; }

// A guess that ends where there is mass reaches farther; one that goes on doing so was none.
void widen(Search& search, const LineMap& map, bool below, bool above) {
  if (++search.widened > kMostWidened) {
    search = whole_line(map);
    return;
  }
  const double width = search.to - search.from;
  if (below) search.from = std::max(map.first(), search.from - kWider * width);
  if (above) search.to = std::min(map.last(), search.to + kWider * width);
  search.likely = true;
}

// Narrows the range to the nodes with mass. `t`: kScan + 1 edges; f: log densities at their middles.
void narrow(Search& search, const LineMap& map, const Eigen::VectorXd& t, const Eigen::VectorXd& f) {
  Eigen::VectorXd per_t(kScan), mass(kScan);
  for (Index i = 0; i < kScan; ++i) {
    per_t[i] = f[i] + std::log(map.slope(0.5 * t[i] + 0.5 * t[i + 1]));
    if (!(per_t[i] < kInfinity)) per_t[i] = -kInfinity;  // also NaN
    mass[i] = per_t[i] + std::log(t[i + 1] - t[i]);
  }
  const double largest = mass.maxCoeff();
  if (!(largest > -kInfinity) && search.likely) {
    search = whole_line(map);
    return;
  }
  if (!(largest > -kInfinity))
    throw NumericalError(
        "no value of it has a finite log density: what the statements that read it say contradicts itself");
  Index begin = 0, end = kScan - 1, top = 0;
  while (mass[begin] < largest - kDeep) ++begin;
  while (mass[end] < largest - kDeep) --end;
  if (std::exchange(search.likely, false) &&
      ((begin == 0 && search.from > map.first()) || (end + 1 == kScan && search.to < map.last()))) {
    widen(search, map, begin == 0, end + 1 == kScan);
    return;
  }
  const double peak = search.peak = per_t.maxCoeff(&top);
  Index left = top, right = top;
  while (left > 0 && per_t[left] > peak - 2) --left;
  while (right + 1 < kScan && per_t[right] > peak - 2) ++right;
  const double from = t[std::max<Index>(0, begin - 1)], to = t[std::min<Index>(kScan, end + 2)];
  const bool shrunk = to - from < 0.5 * (search.to - search.from);
  search.center = 0.5 * t[top] + 0.5 * t[top + 1];
  search.scale = std::max(0.5 * (t[right + 1] - t[left]), 16 * kEpsilon * std::abs(search.center));
  search.from = from, search.to = to;
  search.done = !shrunk && right - left > 2;
}

void run(std::vector<Search>& searches, const LineMap& map, const Spacing::Density& density) {
  const auto members = static_cast<Index>(searches.size());
  const auto done = [&] {
    return std::all_of(searches.begin(), searches.end(), [](const Search& s) { return s.done; });
  };
  Eigen::MatrixXd edges(kScan + 1, members), nodes(kScan, members);
  for (int round = 0; round < kRounds && !done(); ++round) {
    for (Index k = 0; k < members; ++k) {
      for (Index i = 0; i <= kScan; ++i)
        edges(i, k) = searches[static_cast<std::size_t>(k)].at(static_cast<double>(i) / static_cast<double>(kScan));
      for (Index i = 0; i < kScan; ++i) nodes(i, k) = map.x(0.5 * edges(i, k) + 0.5 * edges(i + 1, k));
    }
    const Eigen::MatrixXd f = density(nodes);
    for (Index k = 0; k < members; ++k)
      if (Search& s = searches[static_cast<std::size_t>(k)]; !s.done) narrow(s, map, edges.col(k), f.col(k));
  }
}

// Searches between the neighbors of hints that are higher than these and lie where nodes were far between, the highest
// first.
std::vector<Search> further(const Search& found, const LineMap& map, const Eigen::VectorXd& hints,
                            const Eigen::VectorXd& f) {
  struct Near {
    double t, height;
  };
  std::vector<Near> near;
  for (Index i = 0; i < hints.size(); ++i)
    if (const double t = map.t(hints[i]); std::isfinite(f[i]) && t > map.first() && t < map.last())
      near.push_back({t, f[i] + std::log(map.slope(t))});
  std::vector<std::pair<double, Search>> modes;
  for (std::size_t i = 0; i < near.size(); ++i) {
    const bool first = i == 0, last = i + 1 == near.size();
    const auto [t, height] = near[i];
    if (std::abs(t - found.center) <= kResolved * found.scale) continue;
    if (height < found.peak - kFarBelow || (!first && near[i - 1].height > height) ||
        (!last && near[i + 1].height >= height))
      continue;
    const double from = first ? std::max(map.first(), t - found.scale) : near[i - 1].t,
                 to = last ? std::min(map.last(), t + found.scale) : near[i + 1].t;
    modes.push_back({height, Search{{from, to, t, 0.25 * std::min(t - from, to - t)}, false, true}});
  }
  std::stable_sort(modes.begin(), modes.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<Search> searches;
  for (const auto& mode : modes)
    if (searches.size() < kMostModes) searches.push_back(mode.second);
  return searches;
}

// Modes that have mass beside what was found, one a member at a time.
std::vector<std::vector<Search>> further_modes(const std::vector<Search>& found, const LineMap& map,
                                               const Spacing::Density& density, const Spacing::Hints& hints) {
  const std::size_t members = found.size();
  Index most = 0;
  for (const Eigen::VectorXd& of_member : hints) most = std::max(most, of_member.size());
  std::vector<std::vector<Search>> modes(members);
  if (most == 0) return modes;
  Eigen::MatrixXd nodes(most, static_cast<Index>(members));
  for (std::size_t k = 0; k < members; ++k) {
    nodes.col(static_cast<Index>(k)).setConstant(map.x(found[k].center));
    nodes.col(static_cast<Index>(k)).head(hints[k].size()) = hints[k];
  }
  const Eigen::MatrixXd f = density(nodes);
  std::size_t rounds = 0;
  for (std::size_t k = 0; k < members; ++k) {
    modes[k] = further(found[k], map, hints[k], f.col(static_cast<Index>(k)));
    rounds = std::max(rounds, modes[k].size());
  }
  for (std::size_t m = 0; m < rounds; ++m) {
    std::vector<Search> searches = found;  // those are done
    for (std::size_t k = 0; k < members; ++k)
      if (m < modes[k].size()) searches[k] = modes[k][m];
    run(searches, map, density);
    for (std::size_t k = 0; k < members; ++k)
      if (m < modes[k].size()) modes[k][m] = searches[k];
  }
  for (std::size_t k = 0; k < members; ++k) {
    double largest = found[k].log_mass();
    for (const Search& mode : modes[k]) largest = std::max(largest, mode.log_mass());
    modes[k].erase(std::remove_if(modes[k].begin(), modes[k].end(),
                                  [&](const Search& mode) { return mode.log_mass() < largest - kDeepMode; }),
                   modes[k].end());
  }
  return modes;
}

}  // namespace

LineMap::LineMap(double low, double high) : low_(low), high_(high) {
  const bool below = std::isfinite(low), above = std::isfinite(high);
  first_ = below ? closest(low) : above ? -kFarthest : -1e15;
  last_ = above ? -closest(high) : below ? kFarthest : 1e15;
  if (below && above) {  // distances relative to the width
    first_ = std::max(-kFarthest, first_ - std::log(high - low));
    last_ = std::min(kFarthest, last_ + std::log(high - low));
  }
}

double LineMap::x(double t) const {
  const bool below = std::isfinite(low_), above = std::isfinite(high_);
  if (below && above) {
    const double share = 1 / (1 + std::exp(-std::abs(t)));  // of the farther end
    const double rest = std::exp(-std::abs(t)) * share;
    return t < 0 ? low_ + (high_ - low_) * rest : high_ - (high_ - low_) * rest;
  }
  return below ? low_ + std::exp(t) : above ? high_ - std::exp(-t) : t;
}

double LineMap::t(double x) const {
  const bool below = std::isfinite(low_), above = std::isfinite(high_);
  if (below && above) return std::log((x - low_) / (high_ - x));
  return below ? std::log(x - low_) : above ? -std::log(high_ - x) : x;
}

double LineMap::slope(double t) const {
  const bool below = std::isfinite(low_), above = std::isfinite(high_);
  if (below && above) {
    const double e = std::exp(-std::abs(t));
    return (high_ - low_) * e / ((1 + e) * (1 + e));
  }
  return below ? std::exp(t) : above ? std::exp(-t) : 1;
}

double LineMap::edge(double t) const {
  if (t <= first_ && std::isfinite(low_)) return low_;
  if (t >= last_ && std::isfinite(high_)) return high_;
  return x(t);
}

Cells even_cells(double low, double high, Index count) {
  Cells cells;
  cells.edges = Eigen::VectorXd::LinSpaced(count + 1, low, high);
  cells.nodes = 0.5 * cells.edges.head(count) + 0.5 * cells.edges.tail(count);
  cells.log_ratio = Eigen::VectorXd::Zero(count);
  return cells;
}

Spacing::Spacing(LineMap map, Index members, const Density& density, const std::vector<Range>& likely,
                 const Hints& hints)
    : map_(map) {
  std::vector<Search> searches(static_cast<std::size_t>(members), whole_line(map_));
  for (std::size_t k = 0; k < likely.size(); ++k) searches[k] = {likely[k], false, true};
  run(searches, map_, density);
  const auto modes = further_modes(searches, map_, density, hints);
  std::vector<Place> found;
  for (std::size_t k = 0; k < searches.size(); ++k) {
    Search all = searches[k];
    found.push_back({all.center, all.scale});
    for (const Search& mode : modes[k]) {
      found.push_back({mode.center, mode.scale});
      all.from = std::min(all.from, mode.from), all.to = std::max(all.to, mode.to);
    }
    found_.push_back(all);
  }
  from_ = kInfinity, to_ = -kInfinity;
  for (const Range& r : found_) from_ = std::min(from_, r.from), to_ = std::max(to_, r.to);
  choose_places(std::move(found));
}

// A place near another, not much narrower, is served by its cells.
void Spacing::choose_places(std::vector<Place> found) {
  std::stable_sort(found.begin(), found.end(), [](const Place& a, const Place& b) { return a.scale < b.scale; });
  for (double enough = 0.5;; enough *= 0.5) {
    places_.clear();
    for (const Place& p : found)
      if (places_.empty() || du(p.center) * p.scale < enough) places_.push_back(p);
    if (places_.size() <= kMostPlaces) return;
  }
}

double Spacing::u(double t) const {
  double sum = 0;
  for (const Place& p : places_) sum += std::asinh((t - p.center) / p.scale);
  return sum;
}

double Spacing::du(double t) const {
  double sum = 0;
  for (const Place& p : places_) sum += 1 / std::hypot(t - p.center, p.scale);
  return sum;
}

// The t with u(t) = wanted, by Newton's method inside [from, to_]; u is increasing.
double Spacing::solve(double wanted, double from) const {
  if (places_.size() == 1) return places_[0].center + places_[0].scale * std::sinh(wanted);
  double low = from, high = to_, t = from;
  for (int step = 0; step < 100; ++step) {
    const double error = u(t) - wanted;
    (error > 0 ? high : low) = t;
    double next = t - error / du(t);
    if (!(next > low && next < high)) next = 0.5 * low + 0.5 * high;
    if (std::abs(next - t) <= 4 * kEpsilon * std::abs(t) || next == t) return next;
    t = next;
  }
  return t;
}

std::vector<Reach> Spacing::reach() const {
  std::vector<Reach> reach;
  for (const Range& r : found_) reach.push_back({map_.edge(r.from), map_.edge(r.to)});
  return reach;
}

Cells Spacing::cells(Index count) const {
  const double first = u(from_), last = u(to_);
  // Each place of mass gets as many cells as one alone would have.
  double alone = 0;
  for (const Place& p : places_)
    alone = std::max(alone, std::asinh((to_ - p.center) / p.scale) - std::asinh((from_ - p.center) / p.scale));
  const auto n = static_cast<Index>(std::llround(static_cast<double>(count) * (last - first) / alone));
  const double h = (last - first) / static_cast<double>(n);
  Cells cells;
  cells.edges.resize(n + 1), cells.nodes.resize(n), cells.log_ratio.resize(n);
  double t = from_, x = map_.edge(from_);
  cells.edges[0] = x;
  Index kept = 0;
  for (Index i = 0; i < n; ++i) {
    const double middle = solve(first + h * (static_cast<double>(i) + 0.5), t);
    t = i + 1 == n ? to_ : solve(first + h * static_cast<double>(i + 1), middle);
    const double next = map_.edge(t), node = map_.x(middle);
    if (!(node > x && next > node)) continue;  // closer to a bound than numbers can be: left to the next cell
    cells.nodes[kept] = node;
    cells.log_ratio[kept] = std::log(map_.slope(middle) * h / du(middle)) - std::log(next - x);
    cells.edges[++kept] = x = next;
  }
  cells.edges.conservativeResize(kept + 1), cells.nodes.conservativeResize(kept),
      cells.log_ratio.conservativeResize(kept);
  return cells;
}

}  // namespace kullback::messages
