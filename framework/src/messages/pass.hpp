// A selector (latent categorical) whose responsibilities are made chunk by chunk in a pass over the data, counted, and
// kept nowhere.
#pragma once

#include "messages/column_products.hpp"
#include "messages/gathered.hpp"
#include "messages/terms.hpp"

#include "core/random.hpp"

#include <functional>
#include <memory>

namespace kullback::messages {

/// All terms that read one selector z. With R(n, k) = q(z[n] = k), every such term is a product of known numbers of the
/// rows, R, and moments of other variables that no row has of its own, so that
///   logits(n, k) = sum over slots S(n, .) W(., k),   W: products of moments;   sums(., k) = sum over n of S(n, .) R(n,
///   k),
/// S the slots' known numbers. The terms that remain read the sums in place of the rows: after a pass the bound costs
/// nothing in n. Dense slots are columns of features and go through matrix products; a slot with one known index is
/// gathered and scattered; any other is a sum of products.
class Pass {
 public:
  /// Takes over the terms that read `source`: they lose it, and read the sums instead.
  Pass(const model::Model& model, const Sources& sources, Compiled& compiled, int source);

  using MomentsOf = std::function<const double*(int source)>;
  /// Responsibilities from the moments as they stand, their counts and their entropy. Throws NumericalError naming the
  /// row.
  void run(const MomentsOf& moments);
  /// The same from the selector's own distribution alone, but for levels that the rows make impossible.
  void start_from_prior(const MomentsOf& moments);
  /// From log probabilities up to a constant, one column a row; impossible levels get none.
  void start(const MomentsOf& moments, std::function<void(Index begin, Index end, Out logits)> logits);

  /// The source, one of them, whose members can be iterated together with the selector before a pass, -1 if there is
  /// none: rows of a table that a known level picks, whose moments are the logits.
  int local_source(const std::function<bool(int source)>& suits) const;
  /// What is heard of this pass by the members of that source, levels by members.
  Eigen::MatrixXd heard_by(int local_source) const;
  /// The natural parameters at which its members stand still. `prior`: what they hear beside this pass.
  Eigen::MatrixXd iterate(const MomentsOf& moments, int local_source, const Block& block, const Eigen::MatrixXd& prior,
                          const InnerSettings& settings);

  int source() const { return source_; }
  double entropy() const { return entropy_; }
  /// Responsibilities of rows [begin, end), levels by rows, as the last pass had them: made again from what it read.
  void responsibilities(Index begin, Index end, Out levels) const;
  Index rows() const { return rows_; }
  Index levels() const { return levels_; }
  /// Bytes that a pass needs beside the data.
  double memory() const;
  /// Multiplications that a pass takes.
  double cost() const;

 private:
  enum class Kind { dense, gather, general };
  struct Slot {
    Kind kind = Kind::general;
    std::size_t statement = 0;
    std::vector<KnownFactor> known;
    std::vector<SelectionFactor> selections;
    std::vector<int> plate_axes;  ///< of the selector in this statement
    int level_axis = -1;
    std::vector<int> kept;            ///< axes of the sums
    std::shared_ptr<Known> sums;      ///< over `kept`
    std::vector<std::size_t> terms;   ///< of the statement
    std::vector<double> products;     ///< W over `kept`
    std::vector<int> features;        ///< dense: by cell of `kept` without the levels; gather: none
    Index level_stride = 0;           ///< of the levels in `products` and `sums`
    std::vector<Index> cell_offsets;  ///< dense: where each of those cells begins
    Index gathered_stride = 0;
    bool products_current = false;  ///< made for the next pass
  };
  using Feature = std::vector<FeatureColumns::Factor>;
  struct Work;

  void collect(Compiled& compiled);
  void find_silent_rows(const Compiled& compiled);
  void classify(Slot& slot, const Compiled& compiled);
  bool row_step(const std::vector<int>& axes, const std::vector<Index>& strides, const Slot& slot, Index& step) const;
  void find_impossible(const MomentsOf& moments);
  void multiply_moments(const MomentsOf& moments, bool own_only);
  void count();
  void count_gathered();
  bool all_gathered() const;
  std::vector<GatheredTable> gathered_tables();
  std::size_t slot_of(int local_source) const;
  void drop_impossible(Work& work, Index begin, Index end) const;
  void logits(Work& work, Index begin, Index end) const;
  double normalize(Work& work, Index begin, Index end) const;
  void add_sums(Work& work, Index begin, Index end) const;
  double weight(Index row) const;

  const Sources& sources_;
  const Compiled& compiled_;
  int source_;
  std::string name_;
  Index rows_ = 0, levels_ = 0, inner_ = 1;  // rows = outer * inner, inner: all plates but the first
  std::vector<Index> plate_sizes_;
  std::vector<Eigen::VectorXd> weights_;  // by plate; empty: 1
  bool weighted_ = false;
  std::vector<char> silent_;  // rows of which nothing is observed: they are integrated out; empty: none
  std::vector<Slot> slots_;
  std::vector<Feature> features_;
  std::vector<FeatureColumns::Factor> factors_;   // of the features, as they were met
  Eigen::MatrixXd feature_products_;              // W: features by levels
  std::function<void(Index, Index, Out)> given_;  // logits of the start; empty after the first real pass
  std::unique_ptr<GatheredRows> gathered_;        // where every slot is a gather
  std::vector<char> impossible_;                  // at the start: by row, level by level; empty: none is
  bool products_hold_ = false;
  double entropy_ = 0;
};

/// Whether a selector can be eliminated: each of its readers reads it row by row, and nothing else that these terms
/// read belongs to a row.
bool can_eliminate(const Sources& sources, const std::vector<const Algebra*>& algebras,
                   const std::vector<const Polynomial*>& polynomials, int source);

}  // namespace kullback::messages
