// What all joints of a known target have in common: the blocks of q, their names, their expectations under the target.
#pragma once

#include "inference/leaves.hpp"

#include <kullback/run.hpp>

#include <memory>
#include <string>
#include <vector>

namespace kullback::inference {

/// The blocks of q and the way back to q's own parameters; the joints for reverse KL derive from it. q may be split
/// into one block a leaf, or one block a member.
class ProjectionJoint : public Joint, public TargetExpectations {
 public:
  /// One block a leaf, or one block a member (`split`): members that all interact.
  ProjectionJoint(const Projection& projection, bool split);

  std::span<Block> blocks() override { return blocks_; }
  std::span<const Block> blocks() const override { return blocks_; }
  Update update_kind(int) const override { return Update::exact; }
  Members approximation() const override;
  void start_from(const Members& q) override;
  std::string member_name(int block, Index member) const override;
  void expect(Range range, Out m, Out error) const override;

  /// Where a block's members come from: members [first, first + members) of a leaf, in the order of `order` where that
  /// is not empty (order[k] is the leaf's number, counted from `first`, of the block's member k).
  struct Origin {
    const Leaf* leaf = nullptr;
    Index first = 0;
    std::vector<int> order;
  };
  const Origin& origin(int block) const { return origins_[static_cast<std::size_t>(block)]; }
  /// The first coordinate of a member.
  Index coordinate(int block, Index member) const;
  const Projection& projection() const { return projection_; }

 protected:
  const Block& block(int b) const { return blocks_[static_cast<std::size_t>(b)]; }
  Block& block(int b) { return blocks_[static_cast<std::size_t>(b)]; }
  /// Computes m and A of a block from its eta, and refreshes. Throws NumericalError naming a member outside its domain.
  void recompute(int block);
  /// Sets a block's eta to a choice that suits any target: mean 0 and variance 1, cells of equal density.
  void standard_start(int block);
  /// Sets each block's eta to the target's moments where the target knows them, else to the standard start.
  void match_target();

  std::vector<Origin> origins_;

 private:
  Index leaf_member(int block, Index member) const;

  Projection projection_;
  std::vector<Leaf> leaves_;
  std::vector<Block> blocks_;
};

/// A joint without a bound: q is found by matching expectations, and this is the divergence that it makes least.
class MatchingDivergence {
 public:
  virtual ~MatchingDivergence() = default;
  virtual std::string divergence() const = 0;
};

/// Forward KL: E_p[s], and nothing else. Refuses the natural gradient.
class MatchingJoint final : public ProjectionJoint, public MatchingDivergence {
 public:
  std::string divergence() const override { return "forward_kl"; }
  /// Finds all expectations. Throws InfiniteError, UnsupportedError.
  explicit MatchingJoint(const Projection& projection);
  void natural_gradient(Range range, Out eta_hat) const override;
  void refresh(Range) override {}
  std::vector<std::string> terms() const override { return {}; }
  void expected_log_density(std::span<double>) const override {}
  void expect(Range range, Out m, Out error) const override;

 private:
  std::vector<Eigen::MatrixXd> m_, error_;  // by block
};

/// Throws InfiniteError if a member of q (with its eta as it stands) may have mass where the target has none
/// (reverse_kl), or the other way round (forward_kl), or for any divergence if one is discrete and the other
/// continuous. Grids may stay off cells, so for reverse_kl they are not asked.
void check_supports(const ProjectionJoint& joint, Text divergence);

}  // namespace kullback::inference
