#include "experiment/averages.hpp"

#include "messages/restricted.hpp"

#include <kullback/capability.hpp>
#include <kullback/error.hpp>
#include <kullback/numerics.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numeric>

namespace kullback::experiment {

using language::Array;

Conditional::Conditional(const model::Model& model, const model::Statement& statement,
                         const std::vector<Factors>& factors, const Eigen::MatrixXd& points)
    : model_(model),
      statement_(statement),
      points_(points),
      filled_(points.array().isNaN().select(0.0, points.array())) {
  const model::Variable& y = model.variables[static_cast<std::size_t>(statement.variable)];
  categorical_ = y.levels >= 0;
  const Gate gate(model, statement, factors);
  if (!gate.plain() || gate.variable() < 0) return;
  gate_ = gate.variable();
  const auto& plates = model.variables[static_cast<std::size_t>(gate_)].plates;
  Array index{plates, Eigen::VectorXd(language::cells(model.plates, plates))};
  std::iota(index.values.begin(), index.values.end(), 0.0);
  const bool scalar = statement.layout.dimension == 1 && !categorical_;
  for (double cell : language::spread(model.plates, index, scalar ? y.dimensions() : y.plates).values)
    gate_of_.push_back(static_cast<Index>(cell));
}

Conditional::Cells Conditional::cells(const language::Values& values) const {
  const Members members = statement_members(model_, statement_, values);
  const Index n = members.theta.cols(), d = members.layout.dimension;
  Cells result;
  if (categorical_) {
    result.mean = members.theta.array();
    result.variance = Eigen::ArrayXXd::Zero(members.theta.rows(), n);
  } else {
    const auto* moments = capability<Moments>(*members.family, members.layout);
    Eigen::MatrixXd mean(d, n), second(d, n);
    if (!moments || !moments->expect(members.layout, members.theta, "x", mean) ||
        !moments->expect(members.layout, members.theta, "x2", second))
      mean.setConstant(std::nan("")), second.setConstant(std::nan(""));  // a density it has
    result.mean = mean.array();
    result.variance = second.array() - mean.array().square();
  }
  result.log_density.resize(n);
  members.family->log_density(members.layout, members.theta, Points(filled_), row(result.log_density));
  for (Index c = 0; c < n; ++c)
    if (points_.col(c).array().isNaN().any()) result.log_density[c] = density_of_some(members, c);
  if (const auto limits = truncation(model_, statement_, values))
    for (Index c = 0; c < n; ++c) {
      const messages::Between left = messages::between(*members.family, members.layout, members.theta.middleCols(c, 1),
                                                       limits->low[c], limits->high[c]);
      result.mean(0, c) = left.mean;
      result.variance(0, c) = left.variance;
      result.log_density[c] = limits->contain(c, points_(0, c)) ? result.log_density[c] - left.log_mass
                                                                : -std::numeric_limits<double>::infinity();
    }
  return result;
}

// Of the entries that are not empty; NaN where there is none, or the family does not tell.
double Conditional::density_of_some(const Members& members, Index c) const {
  std::vector<Index> given;
  for (Index i = 0; i < points_.rows(); ++i)
    if (!std::isnan(points_(i, c))) given.push_back(i);
  const auto* marginals = capability<Marginals>(*members.family, members.layout);
  if (given.empty() || !marginals) return std::nan("");
  const Members some = marginals->marginal(members.layout, members.theta.middleCols(c, 1), given);
  const Eigen::MatrixXd at = points_.col(c)(given);
  Eigen::RowVectorXd density(1);
  some.family->log_density(some.layout, some.theta, Points(at), row(density));
  return density[0];
}

void Conditional::add_draw(language::Values& values, Sums& sums) const {
  Cells all;
  if (gate_ < 0) {
    all = cells(values);
  } else {
    const model::Variable& z = model_.variables[static_cast<std::size_t>(gate_)];
    const model::Statement& source = model_.statements[static_cast<std::size_t>(z.statements[0])];
    const Members weights = statement_members(model_, source, values);
    Array& level = values[static_cast<std::size_t>(gate_)];
    const Index n = points_.cols(), levels = model_.plates[static_cast<std::size_t>(z.levels)].size;
    Eigen::RowVectorXd log_weight(weights.theta.cols());
    for (Index k = 0; k < levels; ++k) {
      level.values.setConstant(static_cast<double>(k));
      const Cells part = cells(values);
      const Eigen::MatrixXd at = Eigen::MatrixXd::Constant(1, weights.theta.cols(), static_cast<double>(k));
      weights.family->log_density(weights.layout, weights.theta, Points(at), row(log_weight));
      if (k == 0) {
        all.mean = all.variance = Eigen::ArrayXXd::Zero(part.mean.rows(), n);
        all.log_density = Eigen::RowVectorXd::Constant(n, -std::numeric_limits<double>::infinity());
      }
      for (Index c = 0; c < n; ++c) {
        const double log_w = log_weight[gate_of_[static_cast<std::size_t>(c)]], w = std::exp(log_w);
        if (w == 0) continue;
        all.mean.col(c) += w * part.mean.col(c);
        all.variance.col(c) += w * (part.variance.col(c) + part.mean.col(c).square());  // about 0 for now
        const double terms[] = {all.log_density[c], log_w + part.log_density[c]};
        all.log_density[c] = log_sum_exp(terms, 2);
      }
    }
    if (!categorical_) all.variance = (all.variance - all.mean.square()).max(0);
  }
  sums.mean += all.mean;
  sums.mean_square += all.mean.square();
  if (!categorical_) sums.variance += all.variance;
  for (Index c = 0; c < all.log_density.size(); ++c) sums.add_density(c, all.log_density[c]);
}

}  // namespace kullback::experiment
