// One piece of the line between the ends of both supports, as integrals over its coordinate t want it.
#pragma once

#include "divergence/ladder.hpp"
#include "quadrature/coordinate.hpp"
#include "quadrature/features.hpp"
#include "quadrature/quadrature.hpp"

namespace kullback::divergence {

/// Rows of what a piece integrates: the divergence's integrand, both densities, and the density of rounding noise in
/// the first.
inline constexpr Index kValue = 0, kP = 1, kQ = 2, kNoise = 3, kRows = 4;

/// Densities and integrand per unit of t. The integrand of a divergence is homogeneous in (p, q), so the Jacobian goes
/// into both logarithms: beside a bound p alone would overflow.
class Piece {
 public:
  Piece(const Question& question, const Support& p, const Support& q, const quadrature::Coordinate& coordinate);

  bool has_p() const { return p_.inside; }
  bool has_q() const { return q_.inside; }

  /// Between these ends a hole in a density is one; beyond them its logarithm may have overflowed.
  void inner(double low, double high) { inner_low_ = low, inner_high_ = high; }

  /// The rows above at each t.
  void operator()(In t, Out out);

  /// log p and log q, with the Jacobian, at each t.
  void logarithms(In t);
  ConstRow log_p(Index n) const { return ConstRow(log_p_.data(), n); }
  ConstRow log_q(Index n) const { return ConstRow(log_q_.data(), n); }
  const quadrature::Mapped& mapped() const { return mapped_; }

 private:
  struct Density {
    Density(const Members& members, const Support& range, const quadrature::Coordinate& coordinate);
    const Distribution& family;
    const Layout& layout;
    const Eigen::MatrixXd& theta;
    const Support& support;
    bool inside, bounded;
  };

  void resize(Index n);
  void evaluate(const Density& density, Index n, Eigen::RowVectorXd& out);

  const Question& question_;
  const quadrature::Coordinate& coordinate_;
  Density p_, q_;
  double inner_low_, inner_high_;
  quadrature::Mapped mapped_;
  Eigen::RowVectorXd log_p_, log_q_, value_, p_value_, q_value_;
  Eigen::MatrixXd from_, to_;
};

/// Where p and q have their mass, and the pieces of the line between the ends of their supports. Pieces with p in them
/// come first, since they set the scale of the value.
class PiecesOfLine {
 public:
  /// `gaps`: also where neither has mass, between their supports.
  explicit PiecesOfLine(const Question& question, bool gaps = false);
  struct One {
    quadrature::Coordinate coordinate;
    quadrature::Line line;
  };
  const std::vector<One>& pieces() const { return pieces_; }
  const Support& p() const { return p_; }
  const Support& q() const { return q_; }

 private:
  Support p_, q_;
  std::vector<One> pieces_;
};

/// Adds the places where f changes its sign between breaks, to rounding.
void split_at_sign_changes(const std::function<Eigen::RowVectorXd(In t)>& f, std::vector<double>& breaks);

/// "as x -> 0", "at x = 2"
std::string where(const quadrature::Coordinate& coordinate, double t);

}  // namespace kullback::divergence
