// A target seen from inside the optimization: an unnormalized log density in terms of the expected
// statistics of the approximation's blocks.
#pragma once

#include <kullback/capability.hpp>
#include <kullback/divergence.hpp>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace kullback {

/// An array of members of one exponential family, all of them factors of q. The framework owns the
/// numbers: one column a member, as the family's ExponentialFamily defines them.
struct Block {
  std::string name;
  const Distribution* family = nullptr;
  Layout layout;
  Eigen::MatrixXd eta;               ///< natural parameters
  Eigen::MatrixXd m;                 ///< mean parameters E_q[s]
  Eigen::RowVectorXd log_partition;  ///< A(eta)
  Index members() const { return eta.cols(); }
};

/// Members [begin, end) of a block.
struct Range {
  int block = 0;
  Index begin = 0, end = 0;
};

/// exact: E_q[log p~] is linear in this block's m, so eta_hat is its optimum. line_search: it is not, or it is known
/// by quadrature only; the step is halved until the bound does not fall.
enum class Update { exact, line_search };

/// An unnormalized density p~(z) and the blocks of q. Every const method reads blocks and caches only and may be
/// called from several threads for different ranges; `refresh` is the one writer of caches.
class Joint {
 public:
  virtual ~Joint();
  virtual std::span<Block> blocks() = 0;
  virtual std::span<const Block> blocks() const = 0;
  virtual Update update_kind(int block) const = 0;

  /// eta_hat = d E_q[log p~] / d m for the members of the range, one column a member: the natural parameters of the
  /// best member with all others fixed.
  virtual void natural_gradient(Range range, Out eta_hat) const = 0;

  /// Called after the blocks' numbers in this range have changed, before anything is read again.
  virtual void refresh(Range changed) = 0;

  /// E_q[log p~] by term, in the order of terms().
  virtual std::vector<std::string> terms() const = 0;
  virtual void expected_log_density(std::span<double> by_term) const = 0;

  /// Bound on the error of the last expected_log_density, from quadrature (0 where it is exact).
  virtual double quadrature_error() const { return 0; }
  /// Doubles the resolution of the quadrature; false when there is no finer one. The bound starts a new segment.
  virtual bool refine() { return false; }

  /// log of the integral of p~, where it is known: the divergence is log_normalizer - bound. False if unknown.
  virtual bool log_normalizer(double& value, double& error) const;

  /// q as it stands: one member of the approximating family, coordinates in the target's order.
  virtual Members approximation() const = 0;
  /// Sets the blocks' eta from a member of the approximating family: the inverse of `approximation`.
  virtual void start_from(const Members& q) = 0;
  /// How a person calls this member ("x[17]").
  virtual std::string member_name(int block, Index member) const;
};

/// A joint whose members interact sparsely: sets of members that may move together. Its `refresh` may be called for
/// disjoint ranges of one color from several threads.
class Coloring {
 public:
  virtual ~Coloring();
  /// The members of one color share no term; colors in the order of the sweep, each a contiguous range.
  virtual std::vector<Range> colors(int block) const = 0;
  /// The block's members in the order a person gave them, where they are numbered otherwise; empty: as numbered.
  virtual std::vector<Index> sequence(int block) const;
};

/// A joint that knows E_p[s] for the statistics of a range of members (forward KL), or expectations under another
/// density that q is to match.
class TargetExpectations {
 public:
  virtual ~TargetExpectations();
  /// One column a member, and a bound on the absolute error of each number.
  virtual void expect(Range range, Out m, Out error) const = 0;
  /// True if they are taken under a density that q takes part in (alpha divergences): then matching is repeated until
  /// nothing moves.
  virtual bool depends_on_q() const { return false; }
};

}  // namespace kullback
