// Responsibilities where every term of a row is a row of a table, read at a known level: topics of words, classes of
// answers.
#pragma once

#include "messages/local_group.hpp"

#include <kullback/capability.hpp>
#include <kullback/joint.hpp>

#include <array>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace kullback::messages {

/// Throws that no level of a row of this selector has a probability; `largest`: of its log probabilities.
[[noreturn]] void refuse_row(const std::string& selector, Index row, double largest);

/// One table of logits, and the sums that go with it: dense, rows by levels, levels contiguous.
struct GatheredTable {
  const int* at = nullptr;  ///< the table's row that belongs to each row of the data; negative: none
  Index step = 0;
  Index rows = 0;
  const double* logits = nullptr;
  double* sums = nullptr;
};

/// The pass over such rows: with r(n, .) proportional to exp(sum over the tables of logits(at(n), .)),
///   sums(at(n), .) = sum over n of w(n) r(n, .).
/// An exponential a cell of the tables takes the place of one a row and level: r is a product of rows of exponentials,
/// each scaled to a largest element of 1. Rows whose product underflows go through their logits.
/// Of two tables, where one is too large for a cache, its rows are visited in turn: what is read and summed at random
/// is then the smaller table, and a row of the larger one stays in registers.
class GatheredRows {
 public:
  GatheredRows(std::string name, Index rows, Index levels);
  ~GatheredRows();
  /// Replaces the sums; returns the entropy. `weights`: one a row, or null. Throws NumericalError naming the row.
  double count(std::span<const GatheredTable> tables, const double* weights);
  /// The natural parameters at which the members whose E[log x] are the logits of `tables[local]` stand still, one
  /// column a member, everything else as it is; `prior`: what they hear beside this pass. The next `count` reads the
  /// other tables as they are now.
  Eigen::MatrixXd iterate(std::span<const GatheredTable> tables, const double* weights, std::size_t local,
                          const Block& block, const Eigen::MatrixXd& prior, const InnerSettings& settings);

 private:
  // One row more than the table has, of ones: what a row of the data reads that has no level.
  struct Table {
    std::vector<double> exponentials;  // padded
    std::vector<double> largest;       // of each row's logits
    bool current = false;              // made for the next count
  };
  // Sums of the rows that a chunk reads, [first, first + rows) of each table, and one row that nobody reads.
  struct Part {
    struct Sums {
      Index first = 0, rows = 0;
      std::vector<double> values;  // padded
      // For the rows that stand at at[0], at[step], ...; zeros.
      void make_room(const int* at, Index step, Index count, Index width);
    };
    std::vector<Sums> sums;
    double log_totals = 0;
    std::vector<Index> lost;  // rows that have yet to go through their logits
  };
  // The rows of the data in chunks of the larger of two tables' rows, and in each of them by blocks of the smaller one.
  struct Order {
    std::size_t larger, smaller;  // which tables
    Index grain;                  // rows of a chunk
    std::vector<Index> rows;
    std::array<std::vector<int>, 2> at;  // of each table, by place in the order; negative: none
    std::vector<double> weights;
  };
  struct MemberRows;
  void gather(std::span<const GatheredTable> tables, const double* weights, std::size_t local, Index member,
              MemberRows& to) const;
  void exponentials(const GatheredTable& table, Table& to) const;
  double row_through_logits(std::span<const GatheredTable> tables, Index row, double* r) const;
  void count_chunk(std::span<const GatheredTable> tables, const double* weights, Index begin, Index end,
                   Part& part) const;
  void count_in_chunks(std::span<const GatheredTable> tables, const double* weights, Index cells);
  bool worth_order(std::span<const GatheredTable> tables) const;
  void put_in_order(std::span<const GatheredTable> tables, const double* weights);
  void count_in_order(std::span<const GatheredTable> tables);
  void count_ordered_chunk(std::span<const GatheredTable> tables, Index begin, Index end, Part& part) const;
  double count_lost(std::span<const GatheredTable> tables, const double* weights) const;
  double combine(const GatheredTable& table, std::size_t number) const;

  std::string name_;
  Index rows_, levels_;
  std::vector<Table> tables_;  // kept from one pass to the next: fresh memory is slow
  std::vector<Part> parts_;
  std::unique_ptr<Order> order_;             // of two tables, if it is worth while
  std::unique_ptr<RowsByMember> by_member_;  // of the table that is iterated
};

}  // namespace kullback::messages
