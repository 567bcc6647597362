// Sums over many rows are smooth functions of the numbers that they read: known at few, they are known between them.
#pragma once

#include <kullback/types.hpp>

#include <functional>

namespace kullback::messages {

/// Values of a function of two numbers: one row a first number, one column a second.
using TableAt = std::function<Eigen::MatrixXd(const Eigen::VectorXd& first, const Eigen::VectorXd& second)>;

/// A function of two numbers by the polynomial through its values at Chebyshev's points, in x, or in log x where the
/// range of x is long and above 0. Where it is smooth in one of the numbers only (the other is a location with a kink
/// at every row), it is known at the nodes of the other as they are given.
class SmoothTable {
 public:
  bool empty() const { return values_.size() == 0; }
  /// Whether the function is known between all of these numbers.
  bool covers(const Eigen::VectorXd& first, const Eigen::VectorXd& second) const;
  /// Finds the polynomial between the ends of these numbers, which may be off by `tolerance`. False, and what was known
  /// stays, where it takes more than `most` points, or where the last coefficients or the function between the points
  /// say that it is smooth in neither number.
  bool learn(const TableAt& table, const Eigen::VectorXd& first, const Eigen::VectorXd& second, Index most,
             double tolerance = 1e-8);
  /// At numbers that it covers.
  Eigen::MatrixXd at(const Eigen::VectorXd& first, const Eigen::VectorXd& second) const;

 private:
  struct Axis {
    double low = 0, high = -1;
    bool logarithmic = false;
    Index size = 0;
    Eigen::VectorXd given;  ///< the points themselves; empty: Chebyshev's

    Axis() = default;
    Axis(const Eigen::VectorXd& between, Index size);
    static Axis at(const Eigen::VectorXd& numbers);
    bool covers(const Eigen::VectorXd& x) const;
    bool is_fixed() const { return size == 1 || given.size() > 0; }
    bool is_short() const;
    void refine() {
      if (!is_fixed()) size = 2 * size - 1;
    }
    double x(double share) const;  ///< share: -1 at the low end, 1 at the high one
    Eigen::VectorXd points() const;
    /// What each point counts in the polynomial's value at some numbers: one row a number.
    Eigen::MatrixXd weights(const Eigen::VectorXd& x) const;
    /// The last coefficients of the columns' polynomials: the largest magnitude.
    double tail(const Eigen::MatrixXd& columns) const;
  };
  /// The largest difference from the function at some numbers between the points.
  double error_between(const TableAt& table) const;

  /// Refines the axes until the polynomial is as wanted; false where it does not become so.
  bool refine(const TableAt& table, Index most, double tolerance);
  bool refine_along(int number, const TableAt& table, const Eigen::VectorXd (&numbers)[2], Index most,
                    double tolerance);

  Axis first_, second_;
  Eigen::MatrixXd values_;
  int rough_ = -1;          ///< the number in which it is not smooth, 0 or 1, in a range
  double rough_range_ = 0;  ///< of this length
};

}  // namespace kullback::messages
