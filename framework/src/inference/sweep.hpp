// One sweep over the members of all blocks, in the order of a schedule.
#pragma once

#include "inference/bound.hpp"
#include "inference/local.hpp"

#include <kullback/run.hpp>

#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace kullback::inference {

/// A member of a block, and where it stands.
struct MemberId {
  int block = 0;
  Index member = 0;
};

/// What one sweep did.
struct SweepReport {
  /// The largest distance a member moved: sqrt(<eta' - eta, m' - m>), the root of the symmetrized KL between old and
  /// new. For a normal about the shift of its mean in standard deviations.
  double distance = 0;
  MemberId farthest;
  /// The smallest gain KL(old || new) of an exact update plus 64 epsilon of its terms: below 0 it cannot be rounding.
  double smallest_gain = std::numeric_limits<double>::infinity();
  MemberId smallest;
  Index rejected = 0;  ///< line searches that found no step
  Index searches = 0;
  bool cancelled = false;
  std::string fall;  ///< which block let the bound fall, where it is checked after each
};

/// Moves members and keeps what that needs: colors, orders, buffers.
class Sweeper {
 public:
  /// `checked`: the bound must not fall.
  Sweeper(Joint& joint, const Settings& settings, Observer& observer, bool checked);

  /// Opens a report; a bound may fall by `quadrature_error`. `stoppable`: the observer is asked between ranges.
  void begin(double quadrature_error, bool stoppable);
  /// All members once by the rule. Throws NumericalError naming the member whose numbers are not finite, which leaves
  /// its domain, or whose exact update lost.
  void sweep(Index number, const UpdateRule& rule);
  /// Sets a range's eta.
  void assign(Range range, In eta);
  const SweepReport& report() const { return report_; }
  /// Whether some blocks are moved as a whole: a copy of their numbers is then not cheap.
  bool moves_whole_blocks() const { return whole_ != nullptr; }
  /// The blocks have been changed by others: nothing that was kept about them holds.
  void forget();

  Bound bound() const;
  std::vector<std::string> bound_names() const;
  std::string name_of(MemberId id) const {
    return kernels_.empty() ? "nothing" : joint_.member_name(id.block, id.member);
  }

 private:
  static constexpr int kHalvings = 40;  // of a step, until it is given up

  struct Sums {
    double normalizers = 0, inner = 0;
  };
  // An accepted line search.
  struct LastStep {
    Eigen::MatrixXd direction, moved;  // eta_hat - eta before it, and the change of m
    double rho = 1;
  };
  struct Kernel {
    const ExponentialFamily* family = nullptr;
    std::vector<Range> colors;
    Index grain = 1;  // members a chunk: what a thread takes at once
    Index piece = 1;  // members a virtual call: what stays in the first-level cache
    Update update = Update::exact;
    // Sums of A and <eta, m> by chunk, colors one after another; kept by the update where a whole color moves.
    std::vector<Sums> sums;
    std::vector<Index> first_slot;  // by color
    bool sums_hold = false;
    LastStep last;
    std::vector<double> shift;  // by row of eta: the size of the number by which its parameter may differ from it
  };
  struct Chunk {
    double square = 0;  // of the distance
    double smallest_gain = std::numeric_limits<double>::infinity();
    Index farthest = 0, smallest = 0;
    Sums sums;  // of the proposal
    void add(const Chunk& other);
  };
  struct Scratch {
    Eigen::MatrixXd eta_hat, eta, m;
    Eigen::RowVectorXd log_partition, squares, gains, products;  // one number a member
  };
  // A Scratch from the pool, with room for `members` of `rows` numbers.
  class Borrowed {
   public:
    Borrowed(const Sweeper& owner, Index rows, Index members);
    ~Borrowed();
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;
    Scratch& operator*() { return *scratch_; }

   private:
    const Sweeper& owner_;
    std::unique_ptr<Scratch> scratch_;
  };

  Kernel& kernel(int block) { return kernels_[static_cast<std::size_t>(block)]; }
  const Kernel& kernel(int block) const { return kernels_[static_cast<std::size_t>(block)]; }
  /// A block with its numbers.
  const Block& block(int b) const {
    if (whole_) whole_->write_out(b);
    return blocks()[static_cast<std::size_t>(b)];
  }
  /// All of them, for their names and sizes.
  std::span<const Block> blocks() const {
    return whole_ ? std::span<const Block>(whole_->unwritten_blocks()) : std::as_const(joint_).blocks();
  }

  /// eta_hat, then the rule and the damping: the natural parameters wanted for a range.
  void propose(Range range, const UpdateRule& rule, Scratch& scratch) const;
  /// m and A of the proposal. Throws for a member outside its domain.
  void finish(Range range, Scratch& scratch) const;
  bool in_domain(Range range, const Scratch& scratch) const;
  /// How far the proposal is from where the members stand.
  Chunk measure(Range range, Scratch& scratch) const;
  Chunk measure_pairs(Range range, Scratch& scratch) const;  // two statistics, finite
  Chunk measure_any(Range range, const Scratch& scratch) const;
  void store(Range range, const Scratch& scratch);
  void note(int block, const Chunk& chunk, double scale = 1);

  /// `color`: the range is that color of its block; -1: some members.
  void move_range(Range range, const UpdateRule& rule, int color = -1);
  /// All members at once, where the joint can do that.
  bool move_whole(int block, const UpdateRule& rule);
  void search(Range range, const UpdateRule& rule);
  static double first_step(const LastStep& last, const Eigen::MatrixXd& direction);
  void move_colors(const UpdateRule& rule);
  void move_members(const std::vector<MemberId>& order, const UpdateRule& rule);
  void move_all_at_once(const UpdateRule& rule);
  std::vector<MemberId> order_of_file() const;
  std::vector<MemberId> order_at_random(Index sweep) const;
  std::vector<MemberId> order_by_gain(const UpdateRule& rule) const;
  bool bound_fell_after(const std::string& what);
  void prepare(Range range) const {
    if (prepared_) prepared_->prepare(range);
  }
  /// The passes that come before a block.
  bool make_passes(int before_block);
  bool stopped();
  [[noreturn]] void fail(Range range, const Scratch& scratch, Index member, const std::string& what) const;

  Joint& joint_;
  const Settings& settings_;
  Observer& observer_;
  const Coloring* coloring_;
  LocalPasses* local_;
  Prepared* prepared_;
  WholeBlocks* whole_;  // null: it has no such blocks
  std::vector<Kernel> kernels_;
  SweepReport report_;
  bool checked_;
  bool after_each_block_ = false;
  bool stoppable_ = false;
  double quadrature_error_ = 0;
  Bound last_;  // where it is checked after each block
  mutable std::mutex pool_lock_;
  mutable std::vector<std::unique_ptr<Scratch>> pool_;
};

}  // namespace kullback::inference
