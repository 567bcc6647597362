// Sums over many rows are smooth functions of the numbers that they read: known at few, they are known between them.
#pragma once

#include <kullback/types.hpp>

#include <functional>

namespace kullback::messages {

/// Values of a function of two numbers: one row a first number, one column a second.
using TableAt = std::function<Eigen::MatrixXd(const Eigen::VectorXd& first, const Eigen::VectorXd& second)>;

/// A function of two numbers by the polynomial through its values at Chebyshev's points, in x, or in log x where the
/// range of x is long and above 0.
class SmoothTable {
 public:
  bool empty() const { return values_.size() == 0; }
  /// Whether the function is known between all of these numbers.
  bool covers(const Eigen::VectorXd& first, const Eigen::VectorXd& second) const;
  /// Finds the polynomial between the ends of these numbers. False, and what was known stays, where it takes more than
  /// `most` points, or where the last coefficients or the function between the points say that it is not smooth.
  bool learn(const TableAt& table, const Eigen::VectorXd& first, const Eigen::VectorXd& second, Index most);
  /// At numbers that it covers.
  Eigen::MatrixXd at(const Eigen::VectorXd& first, const Eigen::VectorXd& second) const;

 private:
  struct Axis {
    double low = 0, high = -1;
    bool logarithmic = false;
    Index size = 0;

    Axis() = default;
    Axis(const Eigen::VectorXd& between, Index size);
    bool covers(const Eigen::VectorXd& x) const;
    void refine() {
      if (size > 1) size = 2 * size - 1;
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

  Axis first_, second_;
  Eigen::MatrixXd values_;
};

}  // namespace kullback::messages
