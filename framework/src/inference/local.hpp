// What a joint of a model tells the sweep beside its blocks.
#pragma once

#include <kullback/joint.hpp>

#include <limits>
#include <span>
#include <string>

namespace kullback::inference {

/// A joint that eliminates factors of q: a pass over the data makes the best of them from everything else, adds up what
/// the blocks need of them, and keeps none. Their entropy is a term of expected_log_density.
class LocalPasses {
 public:
  virtual ~LocalPasses() = default;
  virtual Index passes() const = 0;
  /// Where a sweep makes this pass: before that block; after the last if there is none of that number.
  virtual int before_block(Index pass) const = 0;
  virtual void make_pass(Index pass) = 0;
  virtual std::string pass_name(Index pass) const = 0;
  /// The block whose members are iterated together with what a pass eliminates, right before it is made; -1: none.
  virtual int iterated_block(Index) const { return -1; }
  /// The natural parameters at which all its members stand still, which never lower the bound after the pass.
  virtual Eigen::MatrixXd iterated(Index) { return {}; }
};

/// A joint that computes what all members of a range need once, in parallel.
class Prepared {
 public:
  virtual ~Prepared() = default;
  /// Called by one thread before natural_gradient is asked for parts of this range, with nothing changed in between.
  virtual void prepare(Range range) = 0;
};

/// What one move of a whole block did: see SweepReport.
struct BlockMove {
  double square = 0;  ///< of the largest distance
  Index farthest = 0;
  double smallest_gain = std::numeric_limits<double>::infinity();  ///< with its rounding
  Index smallest = 0;
  double normalizers = 0, inner = 0;  ///< sums over the members of A and of <eta, m>
};

/// A joint that moves all members of some blocks to their optima in one pass of its own, and holds their numbers in a
/// shorter form until somebody asks for the block.
class WholeBlocks {
 public:
  virtual ~WholeBlocks() = default;
  /// The blocks without their numbers being written out.
  virtual std::span<Block> unwritten_blocks() = 0;
  virtual bool any_whole_blocks() const = 0;
  /// False: nothing has changed, and the block is to be moved member by member. [one thread]
  virtual bool move_whole(int block, BlockMove& move) = 0;
  /// Writes the numbers of a block where they should be. [any-thread]
  virtual void write_out(int block) const = 0;
};

}  // namespace kullback::inference
