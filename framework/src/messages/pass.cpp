#include "messages/pass.hpp"

#include "parallel/parallel.hpp"

#include <kullback/numerics.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace kullback::messages {
namespace {

constexpr Index kBlockRows = 256;   // rows a block: features and responsibilities stay in the second-level cache
constexpr Index kChunkRows = 4096;  // and a chunk, at least
constexpr Index kMostChunks = 64;
constexpr Index kMostNumbers = 1 << 22;  // of all chunks' sums together
constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

// What one chunk needs.
struct Pass::Work {
  std::optional<FeatureColumns> features;
  Eigen::MatrixXd levels;  // rows by levels: logits, then responsibilities
  std::optional<ColumnSums> feature_sums;
  Eigen::MatrixXd feature_totals;
  std::vector<std::vector<double>> sums;  // by slot that is not dense
  Eigen::VectorXd largest, total, spread;
  Work(const Pass& pass, Index block)
      : features(std::in_place, pass.features_, block),
        levels(column_length(block), pass.levels_),
        feature_sums(std::in_place, static_cast<Index>(pass.features_.size()), pass.levels_),
        largest(block),
        total(block),
        spread(block) {
    for (const Slot& slot : pass.slots_)
      sums.emplace_back(slot.kind == Kind::dense ? 0 : static_cast<std::size_t>(slot.sums->values.size()), 0.0);
  }
  // Nothing but the sums is kept.
  void release() {
    feature_totals = feature_sums->result();
    feature_sums.reset();
    features.reset();
    levels.resize(0, 0);
  }
};

double Pass::weight(Index row) const {
  double product = 1;
  for (std::size_t k = plate_sizes_.size(); k-- > 0;) {
    if (weights_[k].size() > 0) product *= weights_[k][row % plate_sizes_[k]];
    row /= plate_sizes_[k];
  }
  return product;
}

void Pass::multiply_moments(const MomentsOf& moments, bool own_only) {
  feature_products_.setZero(static_cast<Index>(features_.size()), levels_);
  for (Slot& slot : slots_) {
    if (std::exchange(slot.products_current, false)) continue;
    std::fill(slot.products.begin(), slot.products.end(), 0.0);
    const CompiledStatement& statement = compiled_.statements[slot.statement];
    if (own_only && statement.variable != source_) continue;
    std::vector<Index> shape;
    for (const int axis : slot.kept) shape.push_back(statement.sizes[static_cast<std::size_t>(axis)]);
    const Target to{slot.products.data(), slot.kept, dense_strides(shape)};
    for (const std::size_t t : slot.terms) {
      const Term& term = statement.terms[t];
      Product product;
      for (const LatentFactor& f : term.latent)
        product.views.push_back({moments(f.source) + f.offset, f.axes, f.strides});
      add_product_in_chunks(statement.sizes, term.coefficient, product, to);
    }
    if (slot.kind != Kind::dense) continue;
    for (std::size_t c = 0; c < slot.features.size(); ++c)
      for (Index k = 0; k < levels_; ++k)
        feature_products_(slot.features[c], k) +=
            slot.products[static_cast<std::size_t>(slot.cell_offsets[c] + k * slot.level_stride)];
  }
  products_hold_ = true;
}

// Levels that what is known of a row gives no probability, whatever the unknowns are: at the start alone, where others
// than these numbers say the responsibilities.
void Pass::find_impossible(const MomentsOf& moments) {
  impossible_.clear();
  given_ = nullptr;
  multiply_moments(moments, false);
  const auto is_zero = [](double log) { return log < 0.1 * kLogOfZero; };
  const bool any = std::any_of(slots_.begin(), slots_.end(), [&](const Slot& slot) {
    return std::any_of(slot.products.begin(), slot.products.end(), is_zero) ||
           std::any_of(slot.known.begin(), slot.known.end(), [](const KnownFactor& f) {
             const auto numbers = f.numbers->numbers();
             return numbers.size() > 0 && numbers.minCoeff() < 0.1 * kLogOfZero;
           });
  });
  if (!any) return;
  std::vector<char> found(static_cast<std::size_t>(rows_ * levels_), 0);
  const Index block = std::max<Index>(1, kBlockRows / inner_) * inner_;
  parallel::for_chunks((rows_ + block - 1) / block, 1, [&](Index, Index begin, Index end) {
    Work work(*this, block);
    for (Index at = begin * block; at < std::min(rows_, end * block); at += block) {
      const Index last = std::min(rows_, at + block);
      logits(work, at, last);
      for (Index n = at; n < last; ++n)
        for (Index k = 0; k < levels_; ++k)
          found[static_cast<std::size_t>(n * levels_ + k)] = work.levels(n - at, k) < 0.1 * kLogOfZero;
    }
  });
  impossible_ = std::move(found);
}

void Pass::drop_impossible(Work& work, Index begin, Index end) const {
  if (impossible_.empty()) return;
  for (Index n = begin; n < end; ++n)
    for (Index k = 0; k < levels_; ++k)
      if (impossible_[static_cast<std::size_t>(n * levels_ + k)]) work.levels(n - begin, k) = -kInfinity;
}

// Log probabilities of the rows, up to a constant each: the first end - begin rows of work.levels.
void Pass::logits(Work& work, Index begin, Index end) const {
  const Index count = end - begin;
  auto levels = work.levels.topRows(count);
  work.features->fill(begin, count);
  if (given_) {
    Eigen::MatrixXd transposed(levels_, count);
    given_(begin, end, transposed);
    levels = transposed.transpose();
    return drop_impossible(work, begin, end);
  }
  if (features_.empty())
    levels.setZero();
  else
    multiply_columns(work.features->columns(), count, feature_products_, work.levels.data(), work.levels.rows());
  const Index block = work.levels.rows();
  for (const Slot& slot : slots_) {
    const CompiledStatement& statement = compiled_.statements[slot.statement];
    if (slot.kind == Kind::gather) {
      const SelectionFactor& s = slot.selections.front();
      const Index step = s.strides.empty() ? 0 : s.strides.back();
      for (Index n = 0; n < count; ++n) {
        const int level = (*s.levels)[static_cast<std::size_t>(s.offset + (begin + n) * step)];
        if (level < 0) continue;
        double factor = 1;
        for (const KnownFactor& f : slot.known)
          factor *= f.numbers->numbers()[f.offset + (f.strides.empty() ? 0 : (begin + n) * f.strides.back())];
        const double* from = slot.products.data() + level * slot.gathered_stride;
        double* to = work.levels.data() + n;
        for (Index k = 0; k < levels_; ++k) to[k * block] += factor * from[k * slot.level_stride];
      }
    } else if (slot.kind == Kind::general) {
      Sizes sizes = statement.sizes;
      sizes[static_cast<std::size_t>(slot.plate_axes[0])] = count / inner_;
      Product product;
      std::vector<Index> shape, strides;
      for (const int axis : slot.kept) shape.push_back(sizes[static_cast<std::size_t>(axis)]);
      product.views.push_back({slot.products.data(), slot.kept, dense_strides(shape)});
      for (const KnownFactor& f : slot.known) product.views.push_back(view(f));
      for (const SelectionFactor& f : slot.selections) product.selections.push_back(selection(f));
      std::vector<Index> plates(plate_sizes_.begin(), plate_sizes_.end());
      strides = dense_strides(plates);
      std::vector<int> axes = slot.plate_axes;
      axes.push_back(slot.level_axis);
      strides.push_back(block);
      add_product(sizes, 1, slice(std::move(product), slot.plate_axes[0], begin / inner_),
                  {work.levels.data(), axes, strides});
    }
  }
  if (weighted_)
    for (Index n = 0; n < count; ++n) {
      const double w = weight(begin + n);
      levels.row(n) *= w > 0 ? 1 / w : 0;
    }
  drop_impossible(work, begin, end);
}

// Logits to responsibilities; their entropy, each row as often as it counts.
double Pass::normalize(Work& work, Index begin, Index end) const {
  const Index count = end - begin, block = work.levels.rows();
  double* largest = work.largest.data();
  double* total = work.total.data();
  double* spread = work.spread.data();
  std::fill_n(largest, count, -kInfinity);
  std::fill_n(total, count, 0.0);
  std::fill_n(spread, count, 0.0);
  for (Index k = 0; k < levels_; ++k) {
    const double* l = work.levels.data() + k * block;
    for (Index n = 0; n < count; ++n) largest[n] = l[n] > largest[n] ? l[n] : largest[n];
  }
  alignas(64) double exponent[kBlockRows];
  for (Index k = 0; k < levels_; ++k) {
    double* l = work.levels.data() + k * block;
    for (Index from = 0; from < count; from += kBlockRows) {
      const Index size = std::min(kBlockRows, count - from);
      for (Index n = 0; n < size; ++n) exponent[n] = l[from + n] - largest[from + n];
      vector_exp(exponent, l + from, size);
      for (Index n = 0; n < size; ++n) {
        const double p = l[from + n];
        total[from + n] += p;
        spread[from + n] += p > 0 ? p * exponent[n] : 0;
      }
    }
  }
  double entropy = 0;
  for (Index from = 0; from < count; from += kBlockRows) {
    double* logs = exponent;
    vector_log(total + from, logs, std::min(kBlockRows, count - from));
    for (Index n = from; n < std::min(count, from + kBlockRows); ++n) {
      if (!(total[n] >= 0.5 && total[n] < kInfinity) || largest[n] < 0.1 * kLogOfZero)
        refuse_row(name_, begin + n, largest[n]);
      const double h = logs[n - from] - spread[n] / total[n];
      if (silent_.empty() || !silent_[static_cast<std::size_t>(begin + n)])
        entropy += weighted_ ? weight(begin + n) * h : h;
      total[n] = 1 / total[n];
    }
  }
  for (Index k = 0; k < levels_; ++k) {
    double* l = work.levels.data() + k * block;
    for (Index n = 0; n < count; ++n) l[n] *= total[n];
  }
  return entropy;
}

void Pass::add_sums(Work& work, Index begin, Index end) const {
  const Index count = end - begin, block = work.levels.rows();
  for (Index n = 0; !silent_.empty() && n < count; ++n)
    if (silent_[static_cast<std::size_t>(begin + n)]) work.levels.row(n).setZero();
  if (!features_.empty()) work.feature_sums->add(work.features->columns(), count, work.levels.data(), block);
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const Slot& slot = slots_[i];
    const CompiledStatement& statement = compiled_.statements[slot.statement];
    if (slot.kind == Kind::gather) {
      const SelectionFactor& s = slot.selections.front();
      const Index step = s.strides.empty() ? 0 : s.strides.back();
      for (Index n = 0; n < count; ++n) {
        const int level = (*s.levels)[static_cast<std::size_t>(s.offset + (begin + n) * step)];
        if (level < 0) continue;
        double factor = 1;
        for (const KnownFactor& f : slot.known)
          factor *= f.numbers->numbers()[f.offset + (f.strides.empty() ? 0 : (begin + n) * f.strides.back())];
        const double* from = work.levels.data() + n;
        double* to = work.sums[i].data() + level * slot.gathered_stride;
        for (Index k = 0; k < levels_; ++k) to[k * slot.level_stride] += factor * from[k * block];
      }
    } else if (slot.kind == Kind::general) {
      Sizes sizes = statement.sizes;
      sizes[static_cast<std::size_t>(slot.plate_axes[0])] = count / inner_;
      std::vector<Index> shape;
      for (const int axis : slot.kept) shape.push_back(sizes[static_cast<std::size_t>(axis)]);
      Product product;
      for (const KnownFactor& f : slot.known) product.views.push_back(view(f));
      for (const SelectionFactor& f : slot.selections) product.selections.push_back(selection(f));
      product = slice(std::move(product), slot.plate_axes[0], begin / inner_);
      std::vector<Index> plates(plate_sizes_.begin(), plate_sizes_.end()), strides = dense_strides(plates);
      std::vector<int> axes = slot.plate_axes;
      axes.push_back(slot.level_axis);
      strides.push_back(block);
      product.views.push_back({work.levels.data(), axes, strides});
      add_product(sizes, 1, std::move(product), {work.sums[i].data(), slot.kept, dense_strides(shape)});
    }
  }
}

double Pass::cost() const {
  double a_row = 0;
  for (const Slot& slot : slots_) a_row += slot.kind == Kind::dense ? 0 : 2;
  return static_cast<double>(rows_) * static_cast<double>(levels_) *
         (a_row + 2 * static_cast<double>(features_.size()) + 20);
}

double Pass::memory() const {
  double numbers = static_cast<double>(features_.size()) * static_cast<double>(levels_ + kBlockRows) +
                   static_cast<double>(kBlockRows * levels_);
  for (const Slot& slot : slots_) numbers += 2 * static_cast<double>(slot.sums->values.size());
  double held = 0;  // the rows' own numbers
  std::vector<const Known*> known;
  for (const Slot& slot : slots_) {
    for (const KnownFactor& f : slot.known) {
      if (std::find(known.begin(), known.end(), f.numbers.get()) != known.end()) continue;
      known.push_back(f.numbers.get());
      held += static_cast<double>(sizeof(double)) * static_cast<double>(f.numbers->numbers().size());
    }
    for (const SelectionFactor& f : slot.selections) held += static_cast<double>(sizeof(int) * f.levels->size());
  }
  return held + 8 * numbers * static_cast<double>(parallel::threads());
}

std::vector<GatheredTable> Pass::gathered_tables() {
  std::vector<GatheredTable> tables;
  for (Slot& slot : slots_) {
    const SelectionFactor& s = slot.selections.front();
    tables.push_back({s.levels->data() + s.offset, s.strides.empty() ? 0 : s.strides.back(),
                      slot.sums->values.size() / levels_, slot.products.data(), slot.sums->values.data()});
  }
  return tables;
}

void Pass::count_gathered() {
  entropy_ = gathered_->count(gathered_tables(), weighted_ ? weights_[0].data() : nullptr);
}

void Pass::count() {
  if (gathered_ && !given_) return count_gathered();
  Index numbers = static_cast<Index>(features_.size()) * levels_;
  for (const Slot& slot : slots_)
    if (slot.kind != Kind::dense) numbers += slot.sums->values.size();
  const Index most = std::clamp<Index>(kMostNumbers / std::max<Index>(1, numbers), 4, kMostChunks);
  const Index outer = rows_ / inner_, block = std::max<Index>(1, kBlockRows / inner_);  // in steps of the first plate
  const Index least = std::max<Index>(1, kChunkRows / inner_);
  Index grain = std::max(least, (outer + most - 1) / most);
  grain = (grain + block - 1) / block * block;
  const auto chunks = static_cast<std::size_t>((outer + grain - 1) / grain);
  std::vector<std::unique_ptr<Work>> done(chunks);
  std::vector<double> entropies(chunks, 0.0);
  parallel::for_chunks(outer, grain, [&](Index chunk, Index begin, Index end) {
    const auto c = static_cast<std::size_t>(chunk);
    done[c] = std::make_unique<Work>(*this, block * inner_);
    for (Index at = begin; at < end; at += block) {
      const Index first = at * inner_, last = std::min(end, at + block) * inner_;
      logits(*done[c], first, last);
      entropies[c] += normalize(*done[c], first, last);
      add_sums(*done[c], first, last);
    }
    done[c]->release();
  });
  entropy_ = 0;
  Eigen::MatrixXd feature_sums = Eigen::MatrixXd::Zero(static_cast<Index>(features_.size()), levels_);
  for (Slot& slot : slots_) slot.sums->values.setZero();
  for (std::size_t c = 0; c < chunks; ++c) {
    entropy_ += entropies[c];
    feature_sums += done[c]->feature_totals;
    for (std::size_t i = 0; i < slots_.size(); ++i)
      if (slots_[i].kind != Kind::dense)
        slots_[i].sums->values +=
            Eigen::Map<const Eigen::VectorXd>(done[c]->sums[i].data(), slots_[i].sums->values.size());
  }
  for (Slot& slot : slots_) {
    if (slot.kind != Kind::dense) continue;
    for (std::size_t cell = 0; cell < slot.features.size(); ++cell)
      for (Index k = 0; k < levels_; ++k)
        slot.sums->values[slot.cell_offsets[cell] + k * slot.level_stride] = feature_sums(slot.features[cell], k);
  }
}

void Pass::run(const MomentsOf& moments) {
  given_ = nullptr;
  impossible_.clear();
  multiply_moments(moments, false);
  count();
}

void Pass::start_from_prior(const MomentsOf& moments) {
  find_impossible(moments);
  given_ = nullptr;
  multiply_moments(moments, true);
  count();
}

void Pass::start(const MomentsOf& moments, std::function<void(Index, Index, Out)> logits) {
  find_impossible(moments);
  given_ = std::move(logits);
  count();
}

void Pass::responsibilities(Index begin, Index end, Out levels) const {
  if (!products_hold_ && !given_)
    throw UnsupportedError(fmt::format("{} has no responsibilities before the first pass", name_));
  const Index block = std::max<Index>(1, kBlockRows / inner_) * inner_;
  // Whole steps of the first plate, and of them what was asked for.
  Work work(*this, block);
  for (Index at = begin / block * block; at < end; at += block) {
    const Index last = std::min(rows_, at + block);
    logits(work, at, last);
    normalize(work, at, last);
    for (Index n = std::max(begin, at); n < std::min(end, last); ++n)
      levels.col(n - begin) = work.levels.row(n - at).transpose();
  }
}

}  // namespace kullback::messages
