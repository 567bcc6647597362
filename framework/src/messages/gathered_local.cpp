// Members of one table iterated between two passes.
#include "messages/gathered.hpp"
#include "messages/lanes.hpp"
#include "parallel/parallel.hpp"

#include <kullback/numerics.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace kullback::messages {
namespace {

constexpr Index kMostChunks = 64;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

// One member's rows: where the product of the other tables' exponentials stands.
struct GatheredRows::MemberRows {
  std::vector<const double*> factors;
  std::vector<double> weights, products;
};

void GatheredRows::gather(std::span<const GatheredTable> tables, const double* weights, std::size_t local, Index member,
                          MemberRows& to) const {
  const Index begin = by_member_->begin[static_cast<std::size_t>(member)], count = by_member_->of(member),
              width = padded(levels_);
  to.factors.clear();
  to.weights.clear();
  if (tables.size() > 2) to.products.resize(static_cast<std::size_t>(count * width));
  for (Index i = 0; i < count; ++i) {
    const Index row = by_member_->rows[static_cast<std::size_t>(begin + i)];
    to.weights.push_back(weights ? weights[row] : 1);
    const double* factors = nullptr;
    for (std::size_t t = 0; t < tables.size(); ++t) {
      if (t == local) continue;
      const Index at = tables[t].at[row * tables[t].step], from = at >= 0 ? at : tables[t].rows;
      const double* e = tables_[t].exponentials.data() + from * width;
      if (factors) {
        double* product = to.products.data() + i * width;
        for (Index k = 0; k < width; ++k) product[k] = factors[k] * e[k];
        e = product;
      }
      factors = e;
    }
    to.factors.push_back(factors);
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
  struct Work {
    LocalMember member;
    MemberRows rows;
    Eigen::MatrixXd mean, exponentials;  // of a fresh start; of it and of where the member stands
  };
  const auto each = [&](const std::vector<Index>& whom, const std::function<void(Index, Work&)>& work) {
    const auto count = static_cast<Index>(whom.size());
    parallel::for_chunks(
        count, std::max<Index>(1, (count + kMostChunks - 1) / kMostChunks), [&](Index, Index begin, Index end) {
          Work w{LocalMember(levels_), {}, Eigen::MatrixXd(levels_, 1), Eigen::MatrixXd::Zero(padded(levels_), 2)};
          for (Index i = begin; i < end; ++i) {
            const Index d = whom[static_cast<std::size_t>(i)];
            gather(tables, weights, local, d, w.rows);
            w.member.set_rows(w.rows.factors, w.rows.weights);
            work(d, w);
          }
        });
  };
  const auto from_where_it_stands = [&](Index d, Work& w) {
    if (!w.member.iterate(prior.col(d).data(), eta.col(d).data(), settings)) eta.col(d) = block.eta.col(d);
  };
  std::vector<Index> all(static_cast<std::size_t>(members));
  std::iota(all.begin(), all.end(), Index{0});
  if (!settings.fresh_start) {
    each(all, from_where_it_stands);
    return eta;
  }
  // The bound has of a member, everything else at its best: sum w log sum_k exp(E[log x_k]) f_k + E[log prior] +
  // entropy.
  each(all, [&](Index d, Work& w) {
    fresh.col(d).array() += w.member.share();
    gain[d] = -kInfinity;
    if (!w.member.iterate(prior.col(d).data(), fresh.col(d).data(), settings)) return;
    double log_partition = 0;
    family.mean(block.layout, fresh.col(d), w.mean, Row(&log_partition, 1));
    vector_exp(w.mean.data(), w.exponentials.data(), levels_);
    vector_exp(block.m.col(d).data(), w.exponentials.col(1).data(), levels_);
    const auto [now, standing] = log_totals(w.rows.factors, w.rows.weights, w.exponentials.data(),
                                            w.exponentials.col(1).data(), padded(levels_));
    const double of_eta = (prior.col(d) - fresh.col(d)).dot(w.mean.col(0)) + log_partition -
                          (prior.col(d) - block.eta.col(d)).dot(block.m.col(d)) - block.log_partition[d];
    if (std::isfinite(now - standing + of_eta)) gain[d] = now - standing + of_eta;
  });
  // As long as all together gain, some may lose: that finds better places for the rest. In the end each must gain.
  const bool together = gain.array().isFinite().select(gain.array(), 0).sum() >= 0;
  std::vector<Index> rest;
  for (const Index d : all)
    if (gain[d] >= 0 || (together && std::isfinite(gain[d])))
      eta.col(d) = fresh.col(d);
    else
      rest.push_back(d);
  each(rest, from_where_it_stands);
  return eta;
}

}  // namespace kullback::messages
