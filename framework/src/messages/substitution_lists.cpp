// Expressions that are told apart by a position on a plate: lists, and what is broken off a stick.
#include "messages/substitution.hpp"

namespace kullback::messages {

using model::Term;

namespace {

std::shared_ptr<Known> indicator(std::vector<Index> shape, Eigen::VectorXd values) {
  auto known = std::make_shared<Known>();
  known->shape = std::move(shape);
  known->values = std::move(values);
  known->indicator = true;
  return known;
}

}  // namespace

// Of the element at the position on the list's plate.
Polynomial Substitution::listed(const Term& term, Text label, const Environment& at) {
  const Reference position = find(term.reduced, at);
  if (position.axis < 0) return expand(term.children[static_cast<std::size_t>(position.level)], label, at);
  Polynomial sum;
  const auto size = static_cast<Index>(term.children.size());
  for (Index k = 0; k < size; ++k) {
    sum = add(std::move(sum),
              algebra_.multiply(known_factor(indicator({size}, Eigen::VectorXd::Unit(size, k)), {position}),
                                expand(term.children[static_cast<std::size_t>(k)], label, at)));
  }
  return sum;
}

// log w_k = log v_k + sum over j < k of log(1 - v_j); the last level takes what is left, so that its v is 1.
Polynomial Substitution::log_of_sticks(const Term& term, const Environment& at) {
  const Term& stick = term.children[0];
  const Index size = model_.plates[static_cast<std::size_t>(term.reduced)].size;
  Eigen::VectorXd own = Eigen::VectorXd::Ones(size);
  own[size - 1] = 0;
  Eigen::MatrixXd before = Eigen::MatrixXd::Zero(size, size);  // one column a position k
  before.triangularView<Eigen::StrictlyUpper>().setOnes();
  const Reference position = find(term.reduced, at);
  const int axis = algebra_.add_axis(size);
  Polynomial left = algebra_.multiply(known_factor(indicator({size, size}, before.reshaped()), {position, {axis, 0}}),
                                      expand(stick, "log_1mx", bind(at, term.reduced, {axis, 0})));
  for (Monomial& m : left) m.axes.push_back(axis);
  return add(algebra_.multiply(known_factor(indicator({size}, std::move(own)), {position}), expand(stick, "log_x", at)),
             left);
}

}  // namespace kullback::messages
