#include "language/argument_checks.hpp"

#include "language/evaluate_term.hpp"
#include "language/terms.hpp"

#include <fmt/format.h>
#include <Eigen/Cholesky>

#include <cmath>

namespace kullback::language {

using config::Expression;
using model::Term;
using model::Variable;

void check_simplex(const Workspace& w, int over, const Array& array, const Parameter& p, const Expression& e,
                   const std::string& where) {
  if (!contains(array.dimensions, over)) {
    const double sum = array.values.size() ? array.values[0] * static_cast<double>(w.plate(over).size) : 1;
    if (std::abs(sum - 1) > 1e-9)
      fail(e, fmt::format("{} must sum to 1 over {}, got a sum of {:.6g}{}", p.name, w.plate(over).name, sum, where));
    return;
  }
  const Sums sums = sum_over(w.plates(), array, over);
  for (double sum : sums.sum.values)
    if (std::abs(sum - 1) > 1e-9)
      fail(e, fmt::format("{} must sum to 1 over {}, got a sum of {:.6g}{}", p.name, w.plate(over).name, sum, where));
}

void check_unknown_simplex(const Workspace& w, int over, const Term& term, const Parameter& p, const Expression& e) {
  std::vector<int> read;
  variables_of(term, read);
  for (const int v : read) {
    const Variable& x = w.variable(v);
    if (x.role != Variable::Role::constant && (x.role != Variable::Role::latent || !x.over.empty() || x.levels >= 0))
      return;
  }
  constexpr double kSomewhere = 0.3;
  Values values;
  for (const Variable& x : w.model.variables)
    values.push_back(x.role == Variable::Role::constant
                         ? x.data
                         : Array{x.plates, Eigen::VectorXd::Constant(cells(w.plates(), x.plates), kSomewhere)});
  check_simplex(w, over, evaluate_term(w.model, term, values), p, e,
                fmt::format(" where the unknown numbers are {}", kSomewhere));
}

void check_definite(const Workspace& w, int over, int matrix, const Array& array, const Parameter& p,
                    const Expression& e) {
  const Dimensions order = united(without(array.dimensions, {over, matrix}), {over, matrix});
  const Array all = spread(w.plates(), array, order);
  const Index d = w.plate(over).size;
  for (Index first = 0; first < all.values.size(); first += d * d) {
    const Eigen::Map<const Eigen::MatrixXd> one(all.values.data() + first, d, d);
    if (!one.isApprox(one.transpose(), 1e-12)) fail(e, fmt::format("{} must be symmetric", p.name));
    if (p.domain == Domain::positive_definite && Eigen::LLT<Eigen::MatrixXd>(one).info() != Eigen::Success)
      fail(e, fmt::format("{} must be positive definite", p.name));
  }
}

}  // namespace kullback::language
