// Members of one table iterated between two passes.
#include "messages/gathered.hpp"
#include "messages/lanes.hpp"
#include "parallel/parallel.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace kullback::messages {
namespace {

constexpr Index kMostChunks = 64;
constexpr Index kAhead = 4;  // rows whose numbers are fetched while one is copied
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// What the bound has of a member with everything else at its best: sum w log sum_k exp(E[log x_k]) f_k + E[log prior]
// + entropy, up to a constant.
double bound_of(LocalMember& rows, const double* prior, const double* eta, const double* mean, double log_partition,
                Index levels) {
  double sum = rows.log_totals(mean) + log_partition;
  for (Index k = 0; k < levels; ++k) sum += (prior[k] - eta[k]) * mean[k];
  return sum;
}

}  // namespace

void GatheredRows::gather(std::span<const GatheredTable> tables, const double* weights, std::size_t local, Index member,
                          LocalMember& to) const {
  const Index begin = by_member_->begin[static_cast<std::size_t>(member)], count = by_member_->of(member),
              width = padded(levels_);
  std::vector<double> product(static_cast<std::size_t>(width));
  to.resize(count);
  const auto fetch = [&](Index i) {
    const Index row = by_member_->rows[static_cast<std::size_t>(begin + i)];
    for (std::size_t t = 0; t < tables.size(); ++t)
      if (const Index at = tables[t].at[row * tables[t].step]; t != local && at >= 0)
        for (Index k = 0; k < width; k += kLanes) __builtin_prefetch(tables_[t].exponentials.data() + at * width + k);
  };
  for (Index i = 0; i < std::min(kAhead, count); ++i) fetch(i);
  for (Index i = 0; i < count; ++i) {
    if (i + kAhead < count) fetch(i + kAhead);
    const Index row = by_member_->rows[static_cast<std::size_t>(begin + i)];
    const double* factors = nullptr;
    for (std::size_t t = 0; t < tables.size(); ++t) {
      if (t == local) continue;
      const Index at = tables[t].at[row * tables[t].step], from = at >= 0 ? at : tables[t].rows;
      const double* e = tables_[t].exponentials.data() + from * width;
      if (factors)
        for (Index k = 0; k < levels_; ++k) product[static_cast<std::size_t>(k)] = factors[k] * e[k];
      factors = factors ? product.data() : e;
    }
    to.set_row(i, weights ? weights[row] : 1, factors);
  }
}

Eigen::MatrixXd GatheredRows::iterate(std::span<const GatheredTable> tables, const double* weights, std::size_t local,
                                      const Block& block, const Eigen::MatrixXd& prior, const InnerSettings& settings) {
  const Index members = tables[local].rows;
  tables_.resize(tables.size());
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (i == local) continue;
    exponentials(tables[i], tables_[i]);
    tables_[i].current = true;
  }
  if (!by_member_) {
    const auto size = static_cast<std::size_t>((rows_ - 1) * tables[local].step + 1);
    by_member_ =
        std::make_unique<RowsByMember>(std::span(tables[local].at, size), tables[local].step, rows_, members, weights);
  }
  const auto& family = *capability<ExponentialFamily>(*block.family, block.layout);
  Eigen::MatrixXd eta = block.eta, fresh = settings.fresh_start ? prior : Eigen::MatrixXd();
  Eigen::RowVectorXd gain = Eigen::RowVectorXd::Zero(members);  // of a fresh start over where the member stands
  const auto each = [&](const std::function<void(Index, LocalMember&)>& work) {
    parallel::for_chunks(members, (members + kMostChunks - 1) / kMostChunks, [&](Index, Index begin, Index end) {
      LocalMember rows(levels_);
      for (Index d = begin; d < end; ++d) work(d, rows);
    });
  };
  const auto from_where_it_stands = [&](Index d, LocalMember& rows) {
    gather(tables, weights, local, d, rows);
    if (!rows.iterate(prior.col(d).data(), eta.col(d).data(), settings)) eta.col(d) = block.eta.col(d);
  };
  if (!settings.fresh_start) {
    each(from_where_it_stands);
    return eta;
  }
  each([&](Index d, LocalMember& rows) {
    gather(tables, weights, local, d, rows);
    const double* own = prior.col(d).data();
    fresh.col(d).array() += rows.share();
    gain[d] = -kInfinity;
    if (!rows.iterate(own, fresh.col(d).data(), settings)) return;
    Eigen::MatrixXd mean(levels_, 1);
    double log_partition = 0;
    family.mean(block.layout, fresh.col(d), mean, Row(&log_partition, 1));
    const double standing =
        bound_of(rows, own, block.eta.col(d).data(), block.m.col(d).data(), block.log_partition[d], levels_);
    const double now = bound_of(rows, own, fresh.col(d).data(), mean.data(), log_partition, levels_);
    if (std::isfinite(now - standing)) gain[d] = now - standing;
  });
  // As long as all together gain, some may lose: that finds better places for the rest. In the end each must gain.
  const bool together = gain.array().isFinite().select(gain.array(), 0).sum() >= 0;
  each([&](Index d, LocalMember& rows) {
    if (gain[d] >= 0 || (together && std::isfinite(gain[d])))
      eta.col(d) = fresh.col(d);
    else
      from_where_it_stands(d, rows);
  });
  return eta;
}

}  // namespace kullback::messages
