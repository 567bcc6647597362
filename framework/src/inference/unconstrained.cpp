#include "inference/unconstrained.hpp"

#include <kullback/capability.hpp>
#include <kullback/error.hpp>
#include <kullback/matrices.hpp>

#include <fmt/format.h>

#include <cmath>

namespace kullback::inference {

double constrain(Domain domain, double u) {
  switch (domain) {
    case Domain::positive:
    case Domain::non_negative:
    case Domain::positive_definite:  // the diagonal of the factor
      return std::exp(u);
    case Domain::unit_interval:
      return u > 0 ? 1 / (1 + std::exp(-u)) : std::exp(u) / (1 + std::exp(u));
    default:
      return u;
  }
}

double free(Domain domain, double value) {
  switch (domain) {
    case Domain::positive:
    case Domain::non_negative:
    case Domain::positive_definite:
      return std::log(value);
    case Domain::unit_interval:
      return std::log(value) - std::log1p(-value);
    default:
      return value;
  }
}

Unconstrained::Unconstrained(const Distribution& family, const Layout& layout) : family_(family), layout_(layout) {
  if (!layout.parts.empty() || layout.pattern || capability<Tabulated>(family, layout))
    throw UnsupportedError(
        fmt::format("{} is not a family of plain parameters, which a search could move", family.name()));
  parameters_ = family.parameterizations()[static_cast<std::size_t>(layout.form)];
  for (const Parameter& p : parameters_) {
    if (p.domain == Domain::count || p.domain == Domain::boolean)
      throw UnsupportedError(
          fmt::format("{} cannot be fitted: its parameter {} is a whole number, and a search moves along "
                      "real ones only",
                      family.name(), p.name));
    const Index rows = family.parameter_rows(p, layout);
    const bool scalar = p.shape == Shape::scalar;
    if (p.shape == Shape::matrix) {
      const auto d = static_cast<Index>(std::lround(std::sqrt(static_cast<double>(rows))));
      const bool definite = p.domain == Domain::positive_definite;
      for (Index j = 0; j < d; ++j)
        for (Index i = definite ? j : 0; i < d; ++i)
          numbers_.push_back({p.name, definite && i == j ? p.domain : Domain::real, i, false, i != j});
      continue;
    }
    for (Index i = 0; i < rows - (p.domain == Domain::simplex ? 1 : 0); ++i)
      numbers_.push_back({p.name, p.domain, scalar ? 0 : i, scalar, false});
  }
}

Members Unconstrained::member(const Eigen::VectorXd& u) const {
  Arguments arguments;
  Index at = 0;
  for (const Parameter& p : parameters_) {
    const Index rows = family_.parameter_rows(p, layout_);
    if (p.shape == Shape::scalar) {
      arguments.push_back({p.name, constrain(p.domain, u[at++])});
    } else if (p.shape == Shape::vector && p.domain == Domain::simplex) {
      Eigen::VectorXd v = Eigen::VectorXd::Zero(rows);
      v.head(rows - 1) = u.segment(at, rows - 1);
      at += rows - 1;
      v = (v.array() - v.maxCoeff()).exp();
      arguments.push_back({p.name, Eigen::VectorXd(v / v.sum())});
    } else if (p.shape == Shape::vector) {
      Eigen::VectorXd v(rows);
      for (double& x : v) x = constrain(p.domain, u[at++]);
      arguments.push_back({p.name, std::move(v)});
    } else {
      const auto d = static_cast<Index>(std::lround(std::sqrt(static_cast<double>(rows))));
      const bool definite = p.domain == Domain::positive_definite;
      Eigen::MatrixXd m = Eigen::MatrixXd::Zero(d, d);
      for (Index j = 0; j < d; ++j)
        for (Index i = definite ? j : 0; i < d; ++i, ++at) m(i, j) = definite && i == j ? std::exp(u[at]) : u[at];
      arguments.push_back({p.name, definite ? Eigen::MatrixXd(m * m.transpose()) : m});
    }
  }
  return family_.make(arguments);
}

Eigen::VectorXd Unconstrained::numbers(const Members& member) const {
  Eigen::VectorXd u(size());
  Index at = 0, row = 0;
  for (const Parameter& p : parameters_) {
    const Index rows = family_.parameter_rows(p, layout_);
    const Eigen::VectorXd theta = member.theta.col(0).segment(row, rows);
    row += rows;
    if (p.shape == Shape::matrix) {
      const auto d = static_cast<Index>(std::lround(std::sqrt(static_cast<double>(rows))));
      const bool definite = p.domain == Domain::positive_definite;
      const Eigen::MatrixXd m = theta.reshaped(d, d), l = definite ? cholesky(p.name, m) : m;
      for (Index j = 0; j < d; ++j)
        for (Index i = definite ? j : 0; i < d; ++i) u[at++] = definite && i == j ? std::log(l(i, j)) : l(i, j);
    } else if (p.domain == Domain::simplex) {
      for (Index i = 0; i + 1 < rows; ++i) u[at++] = std::log(theta[i]) - std::log(theta[rows - 1]);
    } else {
      for (const double x : theta) u[at++] = free(p.domain, x);
    }
  }
  return u;
}

}  // namespace kullback::inference
