// Factors whose rows of data are theirs alone (the topics of a document), iterated together with these rows' selector
// until they stand still, while everything else stays where it is.
#pragma once

#include <kullback/types.hpp>

#include <span>
#include <vector>

namespace kullback::messages {

constexpr double kUnderflow = 1e-200;  ///< a smaller total of a row's levels may have lost digits

/// `inference: inner:`, the rule of the iterations inside a sweep.
struct InnerSettings {
  double tolerance = 1e-3;  ///< on the mean absolute change of a member's natural parameters
  Index max_iterations = 100;
  /// Every sweep tries its members from equal responsibilities as well, and takes them where the bound gains by it.
  bool fresh_start = false;
};

/// Which rows of data belong to each member: rows[begin[d], begin[d + 1]).
struct RowsByMember {
  std::vector<Index> begin, rows;
  /// Rows whose weight is 0 are left out; those that belong to nobody are, or they are another member's, the last one.
  RowsByMember(std::span<const int> at, Index step, Index rows, Index members, const double* weights,
               bool with_nobodys = false);
  Index of(Index member) const {
    return begin[static_cast<std::size_t>(member) + 1] - begin[static_cast<std::size_t>(member)];
  }
};

/// One member's rows while it is iterated. Its factor has the one statistic log_x (dirichlet), so that with counts C
///   eta = prior + C,  E[log x_k] = digamma(eta_k + 1) - digamma(sum of eta + 1),
///   C_k = sum over rows n of w_n r_nk,  r_nk proportional to exp(E[log x_k]) f_nk.
/// Levels whose counts are next to nothing change nothing but themselves: they rest until the others stand still, and
/// take part again in the last iterations. Moving some of the natural parameters towards their optimum never lowers the
/// bound, since all changes together sum to zero.
class LocalMember {
 public:
  explicit LocalMember(Index levels);
  /// Room for that many rows, all of weight 0 at first.
  void resize(Index rows);
  /// `factors`: f of the row, one number a level.
  void set_row(Index row, double weight, const double* factors);

  /// The equal share of all rows' weight.
  double share() const;
  /// From eta to where it stands still; false if a row's numbers underflow: eta is then as far as it came.
  bool iterate(const double* prior, double* eta, const InnerSettings& settings);
  /// The sum over the rows of w log sum_k exp(mean_k) f_k; NaN where it underflows.
  double log_totals(const double* mean);

 private:
  bool step(const double* factors, Index levels);
  void exponentials(Index count, double log_sum);
  void pack(const double* prior, double limit, double log_sum);
  void unpack();

  Index levels_, rows_ = 0;
  Index active_ = 0;                    // levels that take part
  std::vector<double> full_, packed_;   // f of all levels, and of those that take part, group by group of rows
  std::vector<double> weights_, rest_;  // by row: its weight, and the sum over the levels that rest
  // By level that takes part: its number, concentration = eta + 1, exp(E[log x]), counts; `all_`: of those that rest.
  std::vector<Index> number_, kept_, resting_;
  std::vector<double> concentration_, factor_, counts_, all_;
  std::vector<double> lanes_;  // of the counts, by level
};

}  // namespace kullback::messages
