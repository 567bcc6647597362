// Expected values as polynomials: sums of products of known numbers and of statistics of the model's latent variables.
#pragma once

#include "messages/sources.hpp"
#include "messages/tensor.hpp"

#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kullback::messages {

/// The log of a probability or rate that is 0. It is finite, so that a level without mass times it is 0, and so small
/// that no level is left any mass beside it.
constexpr double kLogOfZero = -1e100;
/// Numbers of a label as others read them: logs of 0 become that.
template <class Numbers>
void make_logs_finite(Text label, Numbers&& numbers) {
  if (!label.starts_with("log")) return;
  for (double& log : numbers)
    if (log == -std::numeric_limits<double>::infinity()) log = kLogOfZero;
}
/// Whether a sum of logs has one of a zero in it (or of a density that is infinite).
inline bool has_log_of_zero(double sum) { return !(std::abs(sum) < -0.1 * kLogOfZero); }

/// One dimension of an array as a factor reads it: along an axis of the statement, or always at one level.
struct Reference {
  int axis = -1;
  Index level = 0;
  bool operator==(const Reference&) const = default;
};

/// Known numbers, the last dimension running fastest: data as they stand, or numbers of their own.
struct Known {
  std::vector<Index> shape;
  Eigen::VectorXd values;                      ///< its own
  std::shared_ptr<const model::Array> shared;  ///< in place of `values`
  bool indicator = false;                      ///< all of them 0 or 1
  Eigen::Map<const Eigen::VectorXd> numbers() const {
    const Eigen::VectorXd& v = shared ? shared->values : values;
    return {v.data(), v.size()};
  }
};

/// A level that decides which cells are read: of a known column, or of a latent categorical. It has an axis of its own,
/// over its levels.
struct Gate {
  int axis = -1;
  int source = -1;                    ///< latent; -1: known
  std::vector<Index> shape;           ///< known: of `levels`
  std::vector<int> levels;            ///< known
  std::vector<Reference> references;  ///< one a dimension of the levels, or a plate of the source
};

/// A factor of a monomial.
struct Atom {
  std::shared_ptr<const Known> known;  ///< null: a statistic of a latent variable, or a gate
  int gate = -1;                       ///< the indicator that this known gate is at `rows`
  int source = -1;
  std::string label;             ///< of the statistic
  std::vector<Reference> cells;  ///< one a dimension of the known numbers, or a plate of the source
  std::vector<Reference> rows;   ///< one a dimension of the statistic's rows
  std::vector<int> of;           ///< in a joint block of normals: whose x it is, or which two x they are
  bool apart = false;            ///< the product of two expectations, though they may be of one member
  std::vector<int> contracted;   ///< axes that the statistic has summed over ("mu.x*Lambda.x": of the vector)
};

/// `coefficient` times the product of the atoms, summed over `axes`.
struct Monomial {
  double coefficient = 1;
  std::vector<Atom> atoms;
  std::vector<int> axes;
};
using Polynomial = std::vector<Monomial>;

/// That there is no closed form: what was asked for, of which source.
struct NoRule {
  int source = -1;
  std::string message;
};

/// The axes of one statement, its gates, and products of polynomials over them.
class Algebra {
 public:
  explicit Algebra(const Sources& sources) : sources_(sources) {}

  int add_axis(Index size);
  /// The axis of a gate over so many levels; equal gates have one.
  int add_gate(Gate gate, Index levels);
  const Sizes& sizes() const { return sizes_; }
  const std::vector<Gate>& gates() const { return gates_; }
  const Gate* gate_at(int axis) const;

  /// a times b. Statistics of one member become one statistic. Where two atoms may read one member in some cells and
  /// two in others, E[ab] = E[a]E[b] + [same member] (E[ab] - E[a]E[b]). Throws NoRule for a product that is no
  /// statistic.
  Polynomial multiply(const Polynomial& a, const Polynomial& b);

  /// Pairs of atoms of one source that may read different members: (source, its two references).
  struct Pair {
    int source;
    std::vector<Reference> first, second;
  };
  const std::vector<Pair>& pairs() const { return pairs_; }

 private:
  void multiply_into(Polynomial& out, Monomial monomial);
  std::optional<Atom> merge(const Atom& a, const Atom& b, std::vector<std::pair<Reference, Reference>>& equal) const;
  /// The same for a joint block of a vector and a matrix, whose products are summed over the axes that they share.
  std::optional<Atom> merge_in_block(const Atom& a, const Atom& b) const;
  bool may_coincide(const Reference& a, const Reference& b) const;
  /// False where the two are never equal.
  bool identify(Monomial& monomial, Reference a, Reference b) const;

  const Sources& sources_;
  Sizes sizes_;
  std::vector<Gate> gates_;
  std::vector<Pair> pairs_;
};

/// Takes the axes that statistics have summed over off the monomials. Throws NoRule where anything else reads one.
void drop_contracted(Polynomial& polynomial);

/// A constant.
Polynomial constant(double value);
Polynomial add(Polynomial a, const Polynomial& b, double factor = 1);

}  // namespace kullback::messages
