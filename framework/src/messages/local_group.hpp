// Factors whose rows of data are theirs alone (the topics of a document), iterated together with these rows' selector
// until they stand still, while everything else stays where it is.
#pragma once

#include "messages/local_rows.hpp"

#include <kullback/types.hpp>

#include <span>
#include <utility>
#include <vector>

namespace kullback::messages {

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
/// Where the tolerance is far above the rounding of single precision, the copies of f are made in it: it stands for
/// factors f (1 + 6e-8), whose optimum has a bound lower by the square of that.
class LocalMember {
 public:
  explicit LocalMember(Index levels);
  /// f of the rows, one pointer a row to one number a level, padded to whole vectors.
  void set_rows(std::span<const double* const> rows, std::span<const double> weights);

  /// The equal share of all rows' weight.
  double share() const { return weight_ / static_cast<double>(levels_); }
  /// From eta to where it stands still; false if a row's numbers underflow: eta is then where it was.
  bool iterate(const double* prior, double* eta, const InnerSettings& settings);

 private:
  template <class Real>
  bool iterate(LocalRows<Real>& rows, const double* prior, double* eta, const InnerSettings& settings);
  void exponentials();
  void wake(const double* prior);
  template <class Real>
  void rest(LocalRows<Real>& rows, double limit);

  Index levels_;
  std::span<const double* const> rows_;
  std::span<const double> row_weights_;
  double weight_ = 0, log_sum_ = 0;
  LocalRows<float> single_;
  LocalRows<double> double_;
  Index active_ = 0;  // levels that take part
  // By level that takes part: its number, prior + 1, concentration = eta + 1, exp(E[log x]), counts; `all_`: of those
  // that rest.
  std::vector<Index> number_, kept_, resting_;
  std::vector<double> own_, concentration_, factor_, counts_, all_;
};

/// The sums over the rows of w log sum_k e_k f_k, for two e at once; NaN where a total underflows. All are padded to
/// whole vectors with zeros.
std::pair<double, double> log_totals(std::span<const double* const> rows, std::span<const double> weights,
                                     const double* first, const double* second, Index levels);

}  // namespace kullback::messages
