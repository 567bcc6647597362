// Blocks of normal vectors that differ in their data alone: one precision for all members.
#pragma once

#include "inference/local.hpp"
#include "messages/row_products.hpp"
#include "messages/terms.hpp"

#include <atomic>
#include <functional>
#include <memory>

namespace kullback::messages {

/// Where no other factor of the terms that read x*x' of a block belongs to single members, all of them hear the same of
/// it: one precision, one factorization, one covariance C, and the members are their means C h(n). Then
///   sum over n of E[x*x'](n) = N C + sum over n of mean(n) mean(n)'
/// is all that terms read of x*x'; and where the other factors of a member are known, sums over the members (of data
/// and means: y(n, .) mean(n)') are all that they read of x. A move makes messages, means, these sums, the distances
/// moved and the entropy in one pass over pieces of the rows that stay in the cache.
class SharedRows {
 public:
  /// A term's factors, but for one of the latent ones.
  using ProductOf = std::function<Product(const Term& term, std::size_t without)>;

  /// Null where members may differ in more than their data, or are few. `summed`: terms whose known factors a block's
  /// sums have taken up; those of this block are added.
  static std::unique_ptr<SharedRows> make(const Compiled& compiled, const Source& source, int index,
                                          std::vector<const Term*>& summed);

  /// Moves all members to their optima. False, with nothing changed, where they have precisions of their own still, or
  /// where the update has no finite result. `block` is read if nothing is held.
  bool move(const Block& block, const ProductOf& product, inference::BlockMove& move);
  /// Whether the numbers are here; else they are the block's own.
  bool holds() const { return holds_; }
  /// The block is changed by others.
  void forget() { holds_ = false; }
  /// Writes what is held to the block, once after each move.
  void write(Block& block);
  /// How many numbers are held through a run.
  Index numbers() const { return 4 * members_ * dimension_ + static_cast<Index>(sums_.size()); }
  /// What stands for the block's factor of a term. `taken`: the axes whose known factors are in it; empty: none.
  View factor(const Term& term, std::vector<int>& taken) const;

 private:
  /// How a term reads the block.
  struct Reading {
    const Term* term = nullptr;
    const Sizes* sizes = nullptr;
    std::size_t factor = 0;
    bool second = false;              ///< x*x'
    std::vector<int> cell_axes;       ///< the slowest first
    std::vector<Index> cell_strides;  ///< in members
    std::vector<int> inner_axes;      ///< of the elements
    std::vector<Index> inner_strides;
    Index inner_offset = 0;
    bool whole_vector = false;  ///< x along one axis
    std::vector<int> sum_axes;  ///< of the sums over the members of known factors times x
    Index sums = -1;            ///< where they begin; -1: there are none
    Index sum_count = 0;
    bool of_members(const std::vector<int>& axes) const;
    bool of_members(const View& view) const { return of_members(view.axes); }
    /// A view as rows of numbers, one a member.
    bool as_rows(const View& view, Rows& rows, Index& depth, std::vector<int>& depth_axes) const;
  };
  /// What the members hear of x from one term.
  struct Message {
    const Reading* reading = nullptr;
    bool plain = false;  ///< rows times a table
    Rows rows;
    PaddedTable table;
    Product product;  ///< else
    double coefficient = 1;
    std::vector<double> fixed;  ///< the product's factors that belong to no member
  };
  struct Shared {                         // what the members have in common
    Eigen::MatrixXd natural, covariance;  // the rows of eta for x*x'; C
    double normalizer = 0;                // A where h = 0
  };
  struct Change;
  struct Part {
    double dots = 0;  // sum of h'mean
    bool finite = true;
    inference::BlockMove move;
    std::vector<double> sums;
  };

  bool read(const CompiledStatement& statement, const Term& term, std::size_t factor, const Source& source);
  void plan_sums(Reading& reading, std::vector<const Term*>& summed);
  const Reading& reading(const Term& term) const;
  void place(const Reading& reading, std::vector<int>& axes, std::vector<Index>& strides) const;
  View view_of(const Reading& reading, const Eigen::MatrixXd& numbers) const;
  Target target_of(const Reading& reading, Eigen::MatrixXd& numbers) const;
  bool load(const Block& block);
  bool share(const Block& block, const Eigen::MatrixXd& natural, Shared& shared) const;
  std::vector<Message> messages(const ProductOf& product, Eigen::VectorXd& constant) const;
  void hear(const std::vector<Message>& messages, const Eigen::VectorXd& constant, Index begin, Index end);
  void measure(const Shared& next, const Change& change, Index begin, Index end, Part& part);
  void add_sums(Index begin, Index end, Part& part) const;
  void finish(Shared next, inference::BlockMove& move);

  Index dimension_ = 0, members_ = 0, outer_ = 0, inner_ = 1;  // members = outer * inner: steps of the slowest axis
  std::vector<Reading> readings_;
  Shared shared_;
  Eigen::MatrixXd h_, mean_, next_h_, next_mean_;  // one row a member
  std::vector<double> sums_;                       // of the readings that have them; at the end those of x*x'
  std::vector<Part> parts_;                        // by chunk
  std::atomic<bool> holds_ = false, written_ = false;
};

}  // namespace kullback::messages
