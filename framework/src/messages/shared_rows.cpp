#include "messages/shared_rows.hpp"

#include "parallel/parallel.hpp"

#include <kullback/error.hpp>
#include <kullback/numerics.hpp>

#include <algorithm>
#include <cmath>

namespace kullback::messages {
namespace {

constexpr Index kPieceMembers = 256;  // members a piece: their numbers stay in the first-level cache
constexpr Index kChunkMembers = 1024;
constexpr Index kMostNumbers = 1 << 22;  // of all chunks' sums together
constexpr Index kMostChunks = 1024;

Eigen::MatrixXd symmetric(const Eigen::MatrixXd& column, Index d) {
  const Eigen::Map<const Eigen::MatrixXd> full(column.data(), d, d);
  return 0.5 * (full + full.transpose());
}

double sum_of(const double* numbers, Index count) { return Eigen::Map<const Eigen::ArrayXd>(numbers, count).sum(); }

}  // namespace

// What the step of the shared numbers adds to every member's step and gain: with E the natural parameters of x*x',
//   <eta' - eta, m' - m> = <h' - h, mean' - mean> + <E' - E, C' - C> + mean' (E' - E) mean' - mean (E' - E) mean.
struct SharedRows::Change {
  Eigen::MatrixXd step, scale;  // E' - E, |E'| + |E|
  double square, gain, size;
  Change(const Shared& before, const Shared& after, Index d)
      : step(symmetric(after.natural, d) - symmetric(before.natural, d)),
        scale(symmetric(after.natural, d).cwiseAbs() + symmetric(before.natural, d).cwiseAbs()),
        square(step.cwiseProduct(after.covariance - before.covariance).sum()),
        gain(after.normalizer - before.normalizer - step.cwiseProduct(before.covariance).sum()),
        size(scale.cwiseProduct(before.covariance.cwiseAbs()).sum() + std::abs(after.normalizer) +
             std::abs(before.normalizer)) {}
};

bool SharedRows::share(const Block& block, const Eigen::MatrixXd& natural, Shared& shared) const {
  const Index d = dimension_;
  Eigen::MatrixXd eta(d + d * d, 1), m(d + d * d, 1);
  eta << Eigen::VectorXd::Zero(d), natural;
  const auto& family = *capability<ExponentialFamily>(*block.family, block.layout);
  if (family.first_outside(block.layout, eta) >= 0) return false;
  try {
    family.mean(block.layout, eta, m, Row(&shared.normalizer, 1));
  } catch (const NumericalError&) {
    return false;
  }
  shared.natural = natural;
  shared.covariance = m.bottomRows(d * d).reshaped(d, d);
  return true;
}

bool SharedRows::load(const Block& block) {
  const Index d = dimension_;
  const auto natural = block.eta.bottomRows(d * d);
  for (Index n = 1; n < members_; ++n)
    if (natural.col(n) != natural.col(0)) return false;
  if (!share(block, natural.col(0), shared_)) return false;
  h_ = block.eta.topRows(d).transpose();
  mean_ = block.m.topRows(d).transpose();
  next_h_.resize(members_, d);
  next_mean_.resize(members_, d);
  return true;
}

std::vector<SharedRows::Message> SharedRows::messages(const ProductOf& product, Eigen::VectorXd& constant) const {
  std::vector<Message> messages;
  for (const Reading& r : readings_) {
    if (r.second) continue;
    Message message;
    message.reading = &r;
    message.coefficient = r.term->coefficient;
    Product all = product(*r.term, r.factor);
    const auto first =
        std::stable_partition(all.views.begin(), all.views.end(), [&](const View& view) { return r.of_members(view); });
    const std::size_t own = static_cast<std::size_t>(first - all.views.begin());
    if (!all.selections.empty()) {
      message.product = std::move(all);
      messages.push_back(std::move(message));
      continue;
    }
    Product fixed;
    fixed.views.assign(first, all.views.end());
    all.views.resize(own);
    if (own == 0) {
      add_product_in_chunks(*r.sizes, message.coefficient, fixed,
                            {constant.data() + r.inner_offset, r.inner_axes, r.inner_strides});
      continue;
    }
    std::vector<int> depth_axes;
    Index depth = 1;
    message.plain = own == 1 && r.as_rows(all.views[0], message.rows, depth, depth_axes);
    if (message.plain) {
      message.table.reset(depth, dimension_);
      std::vector<int> axes = depth_axes;
      std::vector<Index> strides(depth_axes.size(), message.table.step());
      axes.push_back(r.inner_axes[0]);
      strides.push_back(1);
      add_product_in_chunks(*r.sizes, message.coefficient, fixed, {message.table.data(), axes, strides});
    } else {
      // What belongs to no member is multiplied once.
      std::vector<int> kept;
      std::vector<Index> shape;
      for (const View& view : fixed.views)
        for (const int axis : view.axes) {
          bool read = has_axis(r.inner_axes, axis);
          for (const View& v : all.views) read = read || has_axis(v.axes, axis);
          if (!read || has_axis(kept, axis)) continue;
          kept.push_back(axis);
          shape.push_back((*r.sizes)[static_cast<std::size_t>(axis)]);
        }
      message.fixed.assign(static_cast<std::size_t>(count_of(*r.sizes, kept)), 0.0);
      const std::vector<Index> strides = dense_strides(shape);
      add_product_in_chunks(*r.sizes, message.coefficient, fixed, {message.fixed.data(), kept, strides});
      message.coefficient = 1;
      message.product = std::move(all);
      message.product.views.push_back({message.fixed.data(), kept, strides});
    }
    messages.push_back(std::move(message));
  }
  return messages;
}

// h of the members of steps [begin, end) of the slowest axis.
void SharedRows::hear(const std::vector<Message>& messages, const Eigen::VectorXd& constant, Index begin, Index end) {
  const Index first = begin * inner_, count = (end - begin) * inner_;
  for (Index k = 0; k < dimension_; ++k) next_h_.col(k).segment(first, count).setConstant(constant[k]);
  for (const Message& m : messages) {
    const Reading& r = *m.reading;
    if (m.plain) {
      add_rows_times_table({m.rows.data + first * m.rows.step, m.rows.step, count}, m.table, next_h_.data() + first,
                           members_);
      continue;
    }
    Sizes sizes = *r.sizes;
    sizes[static_cast<std::size_t>(r.cell_axes[0])] = end - begin;
    add_product(sizes, m.coefficient, slice(m.product, r.cell_axes[0], begin),
                slice(target_of(r, next_h_), r.cell_axes[0], begin));
  }
}

// Means of a piece, how far each has moved, and the sums of products of means.
void SharedRows::measure(const Shared& next, const Change& change, Index begin, Index end, Part& part) {
  const Index d = dimension_, n = end - begin;
  // Aligned, or their sums would have other last digits in another place.
  alignas(64) double dots[kPieceMembers] = {}, old_dots[kPieceMembers] = {}, squares[kPieceMembers] = {},
                     gains[kPieceMembers] = {}, sizes[kPieceMembers] = {}, work[kPieceMembers];
  for (Index j = 0; j < d; ++j) {
    std::fill_n(work, n, 0.0);
    for (Index i = 0; i < d; ++i) {
      const double c = next.covariance(i, j);
      const double* from = &next_h_(begin, i);
      for (Index k = 0; k < n; ++k) work[k] += c * from[k];
    }
    std::copy_n(work, n, &next_mean_(begin, j));
    const double *h = &h_(begin, j), *mean = &mean_(begin, j), *h_now = &next_h_(begin, j);
    for (Index k = 0; k < n; ++k) {
      const double step = h_now[k] - h[k];
      dots[k] += h_now[k] * work[k];
      old_dots[k] += h[k] * mean[k];
      squares[k] += step * (work[k] - mean[k]);
      gains[k] -= step * mean[k];
      sizes[k] += (std::abs(h_now[k]) + std::abs(h[k])) * std::abs(mean[k]);
    }
  }
  double* products = part.sums.data() + part.sums.size() - static_cast<std::size_t>(d * d);
  for (Index j = 0; j < d; ++j)
    for (Index i = 0; i <= j; ++i) {
      const double twice = i < j ? 2 : 1, step = twice * change.step(i, j), scale = twice * change.scale(i, j);
      const double *a = &mean_(begin, i), *b = &mean_(begin, j), *a_now = &next_mean_(begin, i),
                   *b_now = &next_mean_(begin, j);
      for (Index k = 0; k < n; ++k) {
        const double before = a[k] * b[k], now = a_now[k] * b_now[k];
        squares[k] += step * (now - before);
        gains[k] -= step * before;
        sizes[k] += scale * std::abs(before);
        work[k] = now;
      }
      products[i + j * d] += sum_of(work, n);
    }
  for (Index k = 0; k < n; ++k) {
    squares[k] += change.square;
    gains[k] += change.gain + 0.5 * (dots[k] - old_dots[k]) +
                64 * kEpsilon * (sizes[k] + change.size + 0.5 * (std::abs(dots[k]) + std::abs(old_dots[k])));
  }
  part.dots += sum_of(dots, n);
  part.finite = part.finite && std::isfinite(sum_of(squares, n) + sum_of(gains, n));
  const double largest = *std::max_element(squares, squares + n), least = *std::min_element(gains, gains + n);
  if (largest > part.move.square) {
    part.move.square = largest;
    part.move.farthest = begin + (std::find(squares, squares + n, largest) - squares);
  }
  if (least < part.move.smallest_gain) {
    part.move.smallest_gain = least;
    part.move.smallest = begin + (std::find(gains, gains + n, least) - gains);
  }
}

void SharedRows::add_sums(Index begin, Index end, Part& part) const {
  const Index first = begin * inner_, count = (end - begin) * inner_;
  for (const Reading& r : readings_) {
    if (r.sums < 0) continue;
    Product product;
    for (const KnownFactor& f : r.term->known)
      if (r.of_members(f.axes)) product.views.push_back(view(f));
    double* to = part.sums.data() + r.sums;
    Rows rows;
    Index depth = 1;
    std::vector<int> depth_axes;
    if (product.views.size() == 1 && r.as_rows(product.views[0], rows, depth, depth_axes)) {
      add_rows_times_columns({rows.data + first * rows.step, rows.step, count}, depth, next_mean_.data() + first,
                             members_, dimension_, to);
      continue;
    }
    product.views.push_back(view_of(r, next_mean_));
    Sizes sizes = *r.sizes;
    sizes[static_cast<std::size_t>(r.cell_axes[0])] = end - begin;
    std::vector<Index> shape;
    for (const int axis : r.sum_axes) shape.push_back(sizes[static_cast<std::size_t>(axis)]);
    add_product(sizes, 1, slice(std::move(product), r.cell_axes[0], begin), {to, r.sum_axes, dense_strides(shape)});
  }
}

bool SharedRows::move(const Block& block, const ProductOf& product, inference::BlockMove& move) {
  if (!holds_ && !load(block)) return false;
  const Index d = dimension_;
  Eigen::MatrixXd natural = Eigen::MatrixXd::Zero(d * d, 1);
  for (const Reading& r : readings_)
    if (r.second)
      add_product_in_chunks(*r.sizes, r.term->coefficient, product(*r.term, r.factor),
                            {natural.data() + r.inner_offset, r.inner_axes, r.inner_strides});
  Shared next;
  if (!share(block, natural, next)) return false;
  const Change change(shared_, next, d);
  Eigen::VectorXd constant = Eigen::VectorXd::Zero(d);
  const std::vector<Message> heard = messages(product, constant);

  const Index piece = std::max<Index>(1, kPieceMembers / inner_), numbers = static_cast<Index>(sums_.size());
  const Index most = std::clamp<Index>(kMostNumbers / numbers, 4, kMostChunks);
  const Index grain = std::max({Index{1}, kChunkMembers / inner_, (outer_ + most - 1) / most});
  parts_.resize(static_cast<std::size_t>((outer_ + grain - 1) / grain));
  parallel::for_chunks(outer_, grain, [&](Index chunk, Index begin, Index end) {
    Part& part = parts_[static_cast<std::size_t>(chunk)];
    part.dots = 0;
    part.finite = true;
    part.move = {};
    part.sums.assign(sums_.size(), 0.0);
    for (Index at = begin; at < end; at += piece) {
      const Index last = std::min(end, at + piece);
      hear(heard, constant, at, last);
      for (Index m = at * inner_; m < last * inner_; m += kPieceMembers)
        measure(next, change, m, std::min(last * inner_, m + kPieceMembers), part);
      add_sums(at, last, part);
    }
  });
  for (const Part& part : parts_)
    if (!part.finite) return false;
  finish(std::move(next), move);
  return true;
}

void SharedRows::finish(Shared next, inference::BlockMove& move) {
  const Index d = dimension_;
  std::fill(sums_.begin(), sums_.end(), 0.0);
  double dots = 0;
  for (const Part& part : parts_) {
    dots += part.dots;
    for (std::size_t k = 0; k < sums_.size(); ++k) sums_[k] += part.sums[k];
    if (part.move.square > move.square) {
      move.square = part.move.square;
      move.farthest = part.move.farthest;
    }
    if (part.move.smallest_gain < move.smallest_gain) {
      move.smallest_gain = part.move.smallest_gain;
      move.smallest = part.move.smallest;
    }
  }
  shared_ = std::move(next);
  std::swap(h_, next_h_);
  std::swap(mean_, next_mean_);
  Eigen::Map<Eigen::MatrixXd> squares(sums_.data() + sums_.size() - static_cast<std::size_t>(d * d), d, d);
  squares.triangularView<Eigen::StrictlyLower>() = squares.transpose();
  squares += static_cast<double>(members_) * shared_.covariance;
  move.normalizers = static_cast<double>(members_) * shared_.normalizer + 0.5 * dots;
  move.inner = dots + symmetric(shared_.natural, d).cwiseProduct(squares).sum();
  holds_ = true;
  written_ = false;
}

// On one thread: a thread that waits for others may be given work that asks for the same block.
void SharedRows::write(Block& block) {
  if (!holds_ || written_) return;
  const Index d = dimension_;
  for (Index n = 0; n < members_; ++n) {
    const Eigen::VectorXd mean = mean_.row(n);
    block.eta.col(n) << h_.row(n).transpose(), shared_.natural;
    block.m.col(n).head(d) = mean;
    block.m.col(n).tail(d * d).reshaped(d, d) = shared_.covariance + mean * mean.transpose();
    block.log_partition[n] = shared_.normalizer + 0.5 * h_.row(n).dot(mean);
  }
  written_ = true;
}

}  // namespace kullback::messages
