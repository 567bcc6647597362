// The orders in which members move one by one.
#include "core/random.hpp"
#include "inference/sweep.hpp"
#include "parallel/parallel.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace kullback::inference {
namespace {

// `order` by ascending keys, equal keys in the order they have.
template <class Key>
std::vector<MemberId> sorted(const std::vector<MemberId>& order, const std::vector<Key>& keys) {
  std::vector<std::size_t> index(order.size());
  std::iota(index.begin(), index.end(), std::size_t{0});
  std::stable_sort(index.begin(), index.end(), [&](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
  std::vector<MemberId> result;
  result.reserve(order.size());
  for (std::size_t i : index) result.push_back(order[i]);
  return result;
}

}  // namespace

std::vector<MemberId> Sweeper::order_of_file() const {
  std::vector<MemberId> order;
  for (int b = 0; b < static_cast<int>(kernels_.size()); ++b) {
    const std::vector<Index> sequence = coloring_ ? coloring_->sequence(b) : std::vector<Index>{};
    for (Index k = 0; k < block(b).members(); ++k)
      order.push_back({b, sequence.empty() ? k : sequence[static_cast<std::size_t>(k)]});
  }
  return order;
}

std::vector<MemberId> Sweeper::order_at_random(Index sweep) const {
  const std::vector<MemberId> order = order_of_file();
  std::vector<std::uint64_t> keys(order.size());
  const Stream stream(settings_.seed, Purpose::schedule);
  for (std::size_t n = 0; n < keys.size(); ++n) keys[n] = stream.bits(static_cast<std::uint64_t>(sweep), n);
  return sorted(order, keys);
}

// The KL from where a member stands to where the rule would send it: what an exact update would gain.
std::vector<MemberId> Sweeper::order_by_gain(const UpdateRule& rule) const {
  const std::vector<MemberId> order = order_of_file();
  std::vector<std::vector<double>> losses;  // by block and member: minus the squared distance
  for (int b = 0; b < static_cast<int>(kernels_.size()); ++b) {
    const Block& from = block(b);
    losses.emplace_back(static_cast<std::size_t>(from.members()), 0.0);
    const Index grain = kernel(b).grain;
    joint_.prepare({b, 0, from.members()});
    parallel::for_chunks(from.members(), grain, [&](Index, Index begin, Index end) {
      Borrowed borrowed(*this, from.eta.rows(), std::min(grain, from.members()));
      Scratch& scratch = *borrowed;
      const Range part{b, begin, end};
      propose(part, rule, scratch);
      for (Index k = 0; k < end - begin; ++k) {
        double& loss = losses.back()[static_cast<std::size_t>(begin + k)];
        if (!kernel(b).family->in_domain(from.layout, scratch.eta.leftCols(end - begin), k)) {
          loss = -std::numeric_limits<double>::infinity();  // far from its optimum: first
          scratch.eta.col(k) = from.eta.col(begin + k);
        }
      }
      finish(part, scratch);
      for (Index k = 0; k < end - begin; ++k) {
        double& loss = losses.back()[static_cast<std::size_t>(begin + k)];
        for (Index r = 0; r < from.eta.rows(); ++r) {
          const double step = scratch.eta(r, k) - from.eta(r, begin + k),
                       moved = scratch.m(r, k) - from.m(r, begin + k);
          if (moved != 0) loss -= step * moved;
        }
      }
    });
  }
  std::vector<double> keys;
  for (const MemberId& id : order)
    keys.push_back(losses[static_cast<std::size_t>(id.block)][static_cast<std::size_t>(id.member)]);
  return sorted(order, keys);
}

}  // namespace kullback::inference
