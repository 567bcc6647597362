// Products of long, narrow matrices with small ones, as sweeps over rows need them: rows of data times a table, and the
// transposed product that sums over the rows. Sums of eight lanes are kept in registers; nothing is packed.
#pragma once

#include <kullback/types.hpp>

#include <vector>

namespace kullback::messages {

/// A depth by width table whose rows are padded with zeros to whole lanes.
class PaddedTable {
 public:
  void reset(Index depth, Index width);  ///< all zeros
  double* data() { return numbers_.data(); }
  const double* data() const { return numbers_.data(); }
  Index step() const { return step_; }  ///< from one row to the next
  Index depth() const { return depth_; }
  Index width() const { return width_; }

 private:
  Index depth_ = 0, width_ = 0, step_ = 0;
  std::vector<double> numbers_;
};

/// Rows that are contiguous, `step` numbers from one to the next.
struct Rows {
  const double* data = nullptr;
  Index step = 0;
  Index count = 0;
};

/// to(n, k) += sum over m of rows(n, m) table(m, k). Column k of `to` is contiguous and begins at to + k * to_step.
void add_rows_times_table(const Rows& rows, const PaddedTable& table, double* to, Index to_step);

/// to(m, k) += sum over n of rows(n, m) columns(n, k), m < depth, k < width. Column k begins at columns + k *
/// column_step; `to` is dense, k running fastest.
void add_rows_times_columns(const Rows& rows, Index depth, const double* columns, Index column_step, Index width,
                            double* to);

}  // namespace kullback::messages
