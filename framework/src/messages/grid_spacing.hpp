// Where the cells of a grid stand: found from log densities, dense where they have their mass, geometric far from it.
#pragma once

#include <kullback/types.hpp>

#include <functional>
#include <vector>

namespace kullback::messages {

/// A support mapped to the whole line: t = x, log(x - low), -log(high - x) or the logit between both ends, so that a
/// smooth density that ends at a bound decays in t.
class LineMap {
 public:
  LineMap(double low, double high);
  double x(double t) const;
  double t(double x) const;      ///< its inverse
  double slope(double t) const;  ///< dx/dt
  double first() const { return first_; }
  double last() const { return last_; }
  /// x at an edge: the bound itself where t is the last that can be told from it.
  double edge(double t) const;

 private:
  double low_, high_, first_, last_;
};

/// A part of the line.
struct Reach {
  double low, high;
};

/// Edges, the node inside each cell, and log of (weight of the node / width of the cell): nodes are the midpoints in a
/// coordinate u in which x(u) is smooth, and with weights dx/du their sum is the trapezoidal rule, whose error for
/// smooth densities falls exponentially with the number of cells.
struct Cells {
  Eigen::VectorXd edges, nodes, log_ratio;
};

/// `count` cells of one width, the nodes in their middles.
Cells even_cells(double low, double high, Index count);

/// The coordinate u: the sum of asinh((t - center)/scale) over some places of mass.
class Spacing {
 public:
  /// Log densities at nodes of each member's own, one column a member, up to a constant each; NaN: no density there.
  using Density = std::function<Eigen::MatrixXd(const Eigen::MatrixXd& nodes)>;

  /// Where the mass of a member lies: all of it, its middle and its width.
  struct Range {
    double from, to, center, scale;
  };

  /// Numbers near which a member may have a further mode: ascending, one vector a member, or none at all.
  using Hints = std::vector<Eigen::VectorXd>;

  /// Looks for the mass of `members` densities, first where it is `likely` to lie (one a member, or nothing). Throws
  /// NumericalError where one is nowhere finite.
  Spacing(LineMap map, Index members, const Density& density, const std::vector<Range>& likely = {},
          const Hints& hints = {});

  const std::vector<Range>& found() const { return found_; }
  /// The same on the support: one a member.
  std::vector<Reach> reach() const;

  /// `count` cells a place of mass.
  Cells cells(Index count) const;

 private:
  struct Place {
    double center, scale;
  };
  double u(double t) const;
  double du(double t) const;
  double solve(double u, double from) const;
  void choose_places(std::vector<Place> found);

  LineMap map_;
  double from_ = 0, to_ = 0;
  std::vector<Range> found_;
  std::vector<Place> places_;
};

}  // namespace kullback::messages
