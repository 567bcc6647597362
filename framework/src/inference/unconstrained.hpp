// The parameters of a family as numbers without constraints: what a search may move freely.
#pragma once

#include <kullback/distribution.hpp>

#include <string>
#include <vector>

namespace kullback::inference {

/// One member of one family. Real numbers stand for themselves, positive ones for their logarithm, those of the unit
/// interval for their logit, a simplex for the log ratios to its last entry, a positive definite matrix for its
/// Cholesky factor with the logarithm of the diagonal.
class Unconstrained {
 public:
  /// Throws UnsupportedError for a family with a parameter that is no such thing (a whole number), or without plain
  /// parameters.
  Unconstrained(const Distribution& family, const Layout& layout);

  Index size() const { return static_cast<Index>(numbers_.size()); }
  /// Which parameter a number belongs to.
  const std::string& name(Index number) const { return numbers_[static_cast<std::size_t>(number)].name; }
  Domain domain(Index number) const { return numbers_[static_cast<std::size_t>(number)].domain; }
  /// The coordinate of x that an entry of a vector or the diagonal of a matrix belongs to; 0 for a scalar.
  Index coordinate(Index number) const { return numbers_[static_cast<std::size_t>(number)].coordinate; }
  /// True for a parameter of one number.
  bool scalar(Index number) const { return numbers_[static_cast<std::size_t>(number)].scalar; }
  /// True off the diagonal of a matrix, where 0 is the plain choice.
  bool off_diagonal(Index number) const { return numbers_[static_cast<std::size_t>(number)].off_diagonal; }

  /// The member; throws DomainError where the family has none.
  Members member(const Eigen::VectorXd& u) const;
  Eigen::VectorXd numbers(const Members& member) const;

 private:
  struct Number {
    std::string name;
    Domain domain;
    Index coordinate;
    bool scalar, off_diagonal;
  };
  const Distribution& family_;
  Layout layout_;
  std::vector<Parameter> parameters_;
  std::vector<Number> numbers_;
};

/// A number of a domain from u, and back.
double constrain(Domain domain, double u);
double free(Domain domain, double value);

}  // namespace kullback::inference
