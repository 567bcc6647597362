#include "inference/quadratic_joint.hpp"

#include "parallel/huge_pages.hpp"
#include "parallel/parallel.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace kullback::inference {
namespace {
constexpr Index kGrain = 8192;  // rows a chunk

// sum_(j < i) P_ij E x_j: each pair of coordinates counts once, with the later one. Entries left of the diagonal come
// first in a row.
inline double earlier(const int* row_begin, const int* column, const double* value, const double* mean, Index i) {
  double sum = 0;
  for (int e = row_begin[i], last = row_begin[i + 1]; e < last && column[e] < i; ++e) sum += value[e] * mean[column[e]];
  return sum;
}
}  // namespace

bool QuadraticJoint::serves(const Leaf& leaf) {
  if (capability<Tabulated>(*leaf.family, leaf.layout)) return leaf.layout.dimension == 1;
  return leaf.row("x") >= 0 && (leaf.row("x*x'") >= 0 || (leaf.row("x2") >= 0 && leaf.layout.dimension == 1));
}

QuadraticJoint::QuadraticJoint(const Projection& projection, QuadraticForm form)
    : ProjectionJoint(projection, false), log_normalizer_(form.log_normalizer) {
  Index begin = 0;
  for (int b = 0; b < static_cast<int>(blocks().size()); ++b) {
    const Leaf& leaf = *origin(b).leaf;
    Place place;
    place.begin = begin;
    place.dimension = leaf.layout.dimension;
    if (const auto* cells = capability<Tabulated>(*leaf.family, leaf.layout)) {
      place.kind = Kind::grid;
      Eigen::MatrixXd average(1, leaf.statistics);
      place.average.resize(leaf.statistics, 2);
      for (int power = 0; power < 2; ++power) {
        if (!cells->cell_average(leaf.layout, power == 0 ? "x" : "x2", average))
          throw UnsupportedError(
              fmt::format("{} does not know the averages of x and x2 over its cells", leaf.family->name()));
        place.average.col(power) = average.row(0).transpose();
      }
    } else {
      place.x = leaf.row("x");
      place.kind = leaf.layout.dimension == 1 && leaf.row("x2") >= 0 ? Kind::scalar : Kind::vector;
      place.square = place.kind == Kind::scalar ? leaf.row("x2") : leaf.row("x*x'");
    }
    places_.push_back(std::move(place));
    begin += leaf.count * leaf.layout.dimension;
  }
  renumber(form);

  // Mean 0 and the precision of each member given the others; cells of equal density.
  for (int b = 0; b < static_cast<int>(blocks().size()); ++b) {
    Block& start = block(b);
    const Place& place = places_[static_cast<std::size_t>(b)];
    mean_.segment(place.begin, start.members() * place.dimension).setZero();
    if (place.kind != Kind::grid) {
      natural_gradient({b, 0, start.members()}, start.eta);
      start.eta.middleRows(place.x, place.dimension).setZero();
    }
    recompute(b);
  }
}

void QuadraticJoint::renumber(const QuadraticForm& form) {
  const SparseMatrix& p = form.precision;
  const Index n = p.rows();
  if (p.nonZeros() > std::numeric_limits<int>::max() - 1)
    throw UnsupportedError("a precision matrix with more than 2^31 entries cannot be held");
  const int* outer = p.outerIndexPtr();
  const int* inner = p.innerIndexPtr();

  // Color each leaf's members by the entries of P between them.
  std::vector<int> coordinate_by_new(static_cast<std::size_t>(n)), new_by_coordinate(static_cast<std::size_t>(n));
  for (int b = 0; b < static_cast<int>(blocks().size()); ++b) {
    Place& place = places_[static_cast<std::size_t>(b)];
    const Leaf& leaf = *origin(b).leaf;
    const Index d = place.dimension, end = leaf.coordinate + leaf.count * d;
    std::vector<int> begin{0}, neighbors;
    begin.reserve(static_cast<std::size_t>(leaf.count) + 1);
    for (Index k = 0; k < leaf.count; ++k) {
      for (Index i = leaf.coordinate + k * d; i < leaf.coordinate + (k + 1) * d; ++i)
        for (int e = outer[i]; e < outer[i + 1]; ++e)
          if (inner[e] >= leaf.coordinate && inner[e] < end) {
            const Index other = (inner[e] - leaf.coordinate) / d;
            if (other != k) neighbors.push_back(static_cast<int>(other));
          }
      begin.push_back(static_cast<int>(neighbors.size()));
    }
    Colors colors = color_greedily(leaf.count, begin, neighbors);
    place.color_begin = colors.begin;
    for (Index k = 0; k < leaf.count; ++k)
      for (Index i = 0; i < d; ++i) {
        const Index old = leaf.coordinate + colors.order[static_cast<std::size_t>(k)] * d + i;
        const Index now = place.begin + k * d + i;
        coordinate_by_new[static_cast<std::size_t>(now)] = static_cast<int>(old);
        new_by_coordinate[static_cast<std::size_t>(old)] = static_cast<int>(now);
      }
    if (leaf.count > 1) origins_[static_cast<std::size_t>(b)].order = std::move(colors.order);
  }

  row_begin_.assign(1, 0);
  row_begin_.reserve(static_cast<std::size_t>(n) + 1);
  column_.reserve(static_cast<std::size_t>(p.nonZeros()));
  value_.reserve(static_cast<std::size_t>(p.nonZeros()));
  diagonal_.resize(n);
  information_.resize(n);
  mean_.resize(n);
  const auto rows = static_cast<std::size_t>(n);
  parallel::prefer_huge_pages(row_begin_.data(), sizeof(int) * rows);
  parallel::prefer_huge_pages(column_.data(), sizeof(int) * column_.capacity());
  parallel::prefer_huge_pages(value_.data(), sizeof(double) * value_.capacity());
  for (Eigen::VectorXd* numbers : {&diagonal_, &information_, &mean_}) {
    parallel::prefer_huge_pages(numbers->data(), sizeof(double) * rows);
    numbers->setZero();
  }
  first_with_lower_ = n;
  std::vector<std::pair<int, double>> entries;
  for (std::size_t b = 0; b < places_.size(); ++b) {
    const Place& place = places_[b];
    own_begin_.push_back(static_cast<Index>(own_.size()));
    const Index members = block(static_cast<int>(b)).members();
    for (Index k = 0; k < members; ++k) {
      const Index first = place.begin + k * place.dimension;
      if (place.kind == Kind::vector) own_.emplace_back(Eigen::MatrixXd::Zero(place.dimension, place.dimension));
      for (Index i = first; i < first + place.dimension; ++i) {
        const int old = coordinate_by_new[static_cast<std::size_t>(i)];
        information_[i] = form.information[old];
        entries.clear();
        for (int e = outer[old]; e < outer[old + 1]; ++e) {
          const Index j = new_by_coordinate[static_cast<std::size_t>(inner[e])];
          const double v = p.valuePtr()[e];
          if (i == j) diagonal_[i] += v;
          if (j < first || j >= first + place.dimension) {
            entries.emplace_back(static_cast<int>(j), v);
          } else if (place.kind == Kind::vector) {
            own_.back()(i - first, j - first) += v;
          }
        }
        std::sort(entries.begin(), entries.end());
        for (const auto& [j, v] : entries) {
          column_.push_back(j);
          value_.push_back(v);
        }
        if (!entries.empty() && entries.front().first < i) first_with_lower_ = std::min(first_with_lower_, i);
        row_begin_.push_back(static_cast<int>(column_.size()));
      }
    }
  }
}

double QuadraticJoint::field(Index i) const {
  const auto row = static_cast<std::size_t>(i);
  const double* mean = mean_.data();
  double sum = information_[i];
  for (int e = row_begin_[row]; e < row_begin_[row + 1]; ++e)
    sum -= value_[static_cast<std::size_t>(e)] * mean[column_[static_cast<std::size_t>(e)]];
  return sum;
}

void QuadraticJoint::natural_gradient_scalar(const Place& place, Range range, Out eta_hat) const {
  const Index stride = eta_hat.outerStride();
  double* x = eta_hat.data() + place.x;
  double* square = eta_hat.data() + place.square;
  if (eta_hat.rows() > 2) eta_hat.setZero();
  const int* begin = row_begin_.data() + place.begin + range.begin;
  const int* column = column_.data();
  const double* value = value_.data();
  const double* mean = mean_.data();
  const double* h = information_.data() + place.begin + range.begin;
  const double* diagonal = diagonal_.data() + place.begin + range.begin;
  const Index count = range.end - range.begin;
  for (Index k = 0; k < count; ++k) {
    double sum = h[k];
    for (int e = begin[k]; e < begin[k + 1]; ++e) sum -= value[e] * mean[column[e]];
    x[k * stride] = sum;
    square[k * stride] = -0.5 * diagonal[k];
  }
}

void QuadraticJoint::natural_gradient(Range range, Out eta_hat) const {
  const auto b = static_cast<std::size_t>(range.block);
  const Place& place = places_[b];
  if (place.kind == Kind::scalar) {
    natural_gradient_scalar(place, range, eta_hat);
    return;
  }
  if (place.kind == Kind::grid) {
    for (Index k = range.begin; k < range.end; ++k) {
      const Index i = place.begin + k;
      eta_hat.col(k - range.begin).noalias() =
          field(i) * place.average.col(0) - 0.5 * diagonal_[i] * place.average.col(1);
    }
    return;
  }
  const Index d = place.dimension;
  eta_hat.setZero();
  for (Index k = range.begin; k < range.end; ++k) {
    auto out = eta_hat.col(k - range.begin);
    for (Index i = 0; i < d; ++i) out[place.x + i] = field(place.begin + k * d + i);
    out.segment(place.square, d * d) = -0.5 * own_[static_cast<std::size_t>(own_begin_[b] + k)].reshaped();
  }
}

void QuadraticJoint::refresh(Range changed) {
  const Place& place = places_[static_cast<std::size_t>(changed.block)];
  const Block& from = block(changed.block);
  if (place.kind == Kind::grid) {
    for (Index k = changed.begin; k < changed.end; ++k)
      mean_[place.begin + k] = from.m.col(k).dot(place.average.col(0));
    return;
  }
  const Index stride = from.m.rows();
  const double* m = from.m.data() + place.x;
  double* mean = mean_.data() + place.begin;
  if (place.dimension == 1) {
    for (Index k = changed.begin; k < changed.end; ++k) mean[k] = m[k * stride];
  } else {
    for (Index k = changed.begin; k < changed.end; ++k)
      std::copy_n(m + k * stride, place.dimension, mean + k * place.dimension);
  }
}

std::vector<std::string> QuadraticJoint::terms() const {
  return {"-sum_i P_ii x_i^2 / 2", "-sum_(i<j) P_ij x_i x_j", "h'x", "-log Z"};
}

// -E[x_i' P_ii x_i] / 2: the terms with all coordinates in one member.
double QuadraticJoint::own_terms(const Place& place, const Block& from, Index k) const {
  const Index d = place.dimension;
  if (place.kind == Kind::grid) return -0.5 * diagonal_[place.begin + k] * from.m.col(k).dot(place.average.col(1));
  const auto b = static_cast<std::size_t>(&place - places_.data());
  return -0.5 *
         own_[static_cast<std::size_t>(own_begin_[b] + k)].reshaped().dot(from.m.col(k).segment(place.square, d * d));
}

void QuadraticJoint::expected_log_density(std::span<double> by_term) const {
  std::fill(by_term.begin(), by_term.end(), 0.0);
  for (std::size_t b = 0; b < places_.size(); ++b) {
    const Place& place = places_[b];
    const Block& from = block(static_cast<int>(b));
    const Index grain = std::max<Index>(1, 2 * kGrain / from.m.rows());
    std::vector<std::array<double, 3>> chunks(static_cast<std::size_t>((from.members() + grain - 1) / grain));
    parallel::for_chunks(from.members(), grain, [&](Index c, Index begin, Index end) {
      chunks[static_cast<std::size_t>(c)] =
          place.kind == Kind::scalar ? scalar_terms(place, from, begin, end) : member_terms(place, from, begin, end);
    });
    for (const auto& chunk : chunks)
      for (std::size_t t = 0; t < 3; ++t) by_term[t] += chunk[t];
  }
  by_term[3] = std::isnan(log_normalizer_) ? 0.0 : -log_normalizer_;
}

std::array<double, 3> QuadraticJoint::scalar_terms(const Place& place, const Block& from, Index begin,
                                                   Index end) const {
  const Index stride = from.m.rows();
  const double* square = from.m.data() + place.square;
  const double* mean = mean_.data() + place.begin;
  const double* diagonal = diagonal_.data() + place.begin;
  const double* h = information_.data() + place.begin;
  double own = 0, pairs = 0, linear = 0;
  for (Index k = begin; k < end; ++k) {
    own += diagonal[k] * square[k * stride];
    linear += h[k] * mean[k];
  }
  for (Index k = std::max(begin, first_with_lower_ - place.begin); k < end; ++k)
    pairs += earlier(row_begin_.data(), column_.data(), value_.data(), mean_.data(), place.begin + k) * mean[k];
  return {-0.5 * own, -pairs, linear};
}

std::array<double, 3> QuadraticJoint::member_terms(const Place& place, const Block& from, Index begin,
                                                   Index end) const {
  double own = 0, pairs = 0, linear = 0;
  for (Index k = begin; k < end; ++k) {
    own += own_terms(place, from, k);
    for (Index i = place.begin + k * place.dimension; i < place.begin + (k + 1) * place.dimension; ++i) {
      pairs += earlier(row_begin_.data(), column_.data(), value_.data(), mean_.data(), i) * mean_[i];
      linear += information_[i] * mean_[i];
    }
  }
  return {own, -pairs, linear};
}

bool QuadraticJoint::log_normalizer(double& value, double& error) const {
  value = error = 0;
  return !std::isnan(log_normalizer_);
}

std::vector<Range> QuadraticJoint::colors(int b) const {
  const std::vector<Index>& begin = places_[static_cast<std::size_t>(b)].color_begin;
  std::vector<Range> ranges;
  for (std::size_t c = 0; c + 1 < begin.size(); ++c) ranges.push_back({b, begin[c], begin[c + 1]});
  return ranges;
}

std::vector<Index> QuadraticJoint::sequence(int b) const {
  const std::vector<int>& order = origin(b).order;
  std::vector<Index> members(order.size());
  for (std::size_t k = 0; k < order.size(); ++k) members[static_cast<std::size_t>(order[k])] = static_cast<Index>(k);
  return members;
}

}  // namespace kullback::inference
