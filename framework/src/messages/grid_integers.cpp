#include "messages/grid_integers.hpp"
#include "model/model_error.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::messages {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kDeep = 40;  // nats below a member's largest
constexpr double kFirst = 256, kMost = 1 << 16;

Eigen::VectorXd numbers(double from, double to) {
  return Eigen::VectorXd::LinSpaced(static_cast<Index>(to - from) + 1, from, to);
}

}  // namespace

Cells whole_cells(double low, double high, Index members, const Spacing::Density& density, const std::string& name) {
  low = std::ceil(low), high = std::floor(high);
  double from = std::isfinite(low) ? low : std::isfinite(high) ? high - kFirst + 1 : -0.5 * kFirst;
  double to = std::min(high, from + kFirst - 1);
  Eigen::MatrixXd f;
  Eigen::RowVectorXd largest;
  for (;;) {
    f = density(numbers(from, to).replicate(1, members));
    f = f.array().isNaN().select(-kInfinity, f);
    largest = f.colwise().maxCoeff();
    const double width = to - from + 1;
    const auto goes_on = [&](Index row) {
      for (Index k = 0; k < members; ++k)
        if (!(f(row, k) < largest[k] - kDeep)) return true;
      return false;
    };
    const bool down = from > low && goes_on(0), up = to < high && goes_on(f.rows() - 1);
    if (!down && !up) break;
    if (2 * width > kMost)
      model::refuse(model::of_variable(
          name, fmt::format("more than {} whole numbers have mass on its grid: give it a range, posterior: {{{}: "
                            "discrete_grid(low = ..., high = ...)}}",
                            kMost, name)));
    if (down) from = std::max(low, from - width);
    if (up) to = std::min(high, to + width);
  }
  if (!(largest.minCoeff() > -kInfinity))
    throw model::ModelError<NumericalError>(model::of_variable(
        name, "no whole number on its grid has a finite log mass: what it is told contradicts itself"));
  const auto empty = [&](Index row) { return (f.row(row).array() < largest.array() - kDeep).all(); };
  Index first = 0, last = f.rows() - 1;
  while (first < last && empty(first)) ++first;
  while (last > first && empty(last)) --last;
  Cells cells;
  cells.nodes = numbers(from + static_cast<double>(first), from + static_cast<double>(last));
  const Index count = cells.nodes.size();
  cells.edges = Eigen::VectorXd::LinSpaced(count + 1, cells.nodes[0] - 0.5, cells.nodes[count - 1] + 0.5);
  cells.log_ratio = Eigen::VectorXd::Zero(count);
  return cells;
}

double lost_beyond(const Cells& cells, double low, double high, const Eigen::MatrixXd& log_mass) {
  const Index last = cells.nodes.size() - 1;
  double lost = 0;
  const auto side = [&](Index end, Index before) {
    for (Index k = 0; k < log_mass.cols(); ++k) {
      // A member that rises up to the end jumps there: the number beyond was looked at, and has next to nothing.
      const double fall = log_mass(end, k) - log_mass(before, k), ratio = std::exp(fall < 0 ? fall : -kDeep);
      if (log_mass(end, k) > -kInfinity) lost += std::exp(log_mass(end, k)) * ratio / (1 - ratio);
    }
  };
  if (cells.nodes[last] < std::floor(high)) side(last, std::max<Index>(0, last - 1));
  if (cells.nodes[0] > std::ceil(low)) side(0, std::min<Index>(1, last));
  return lost;
}

}  // namespace kullback::messages
