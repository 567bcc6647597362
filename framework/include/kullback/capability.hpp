// What a family may be able to do beside having a density: one- or two-method mix-ins.
// Ask with `capability<Moments>(family, layout)`; a null pointer means no.
#pragma once

#include <kullback/distribution.hpp>
#include <kullback/labels.hpp>

#include <span>
#include <string>
#include <vector>

namespace kullback {

/// One sufficient statistic: its label (labels.hpp lists them), and how many rows it takes.
struct Statistic {
  std::string label;
  Index rows = 1;
};

/// p(x | eta) = exp(<eta, s(x)> - A(eta)) with the base measure inside A, so that H = A - <eta, m>. The rows of eta and
/// m are the statistics' rows in order. [any-thread]
class ExponentialFamily {
 public:
  static constexpr int kCapability = 0;
  virtual ~ExponentialFamily();
  virtual std::vector<Statistic> statistics(const Layout& layout) const = 0;
  /// m = E[s] = grad A(eta), and A(eta). One column a member; eta in its domain.
  virtual void mean(const Layout& layout, In eta, Out m, Row log_partition) const = 0;
  /// The eta whose mean parameters are m: the inverse of `mean`. Throws DomainError if m is no mean of the family.
  virtual void natural(const Layout& layout, In m, Out eta) const = 0;
  virtual bool in_domain(const Layout& layout, In eta, Index member) const = 0;
  /// The first member outside the domain, -1 if there is none. The default asks in_domain; override it where that is
  /// slow.
  virtual Index first_outside(const Layout& layout, In eta) const;
  /// theta -> eta, or eta -> theta.
  virtual void convert(const Layout& layout, In from, Out to, bool theta_to_eta) const = 0;
  /// Parameters of a member without which it is no exponential family (the trials of a binomial, the location of a
  /// Laplace): the last rows of eta, below the statistics' rows. `convert` copies them, `natural` finds them set, and m
  /// has no such rows. Two members belong to one exponential family when they agree in them. The default is 0.
  virtual Index fixed_rows(const Layout& layout) const;
  /// True where a base measure h that is not constant on the support remains, p(x | eta) = h(x) exp(<eta, s(x)> -
  /// A(eta)) (the 1/x! of a Poisson). Then H = A - <eta, m> - E[log h], and the family's `Expansion` has log h among
  /// its terms. What compares two members of one family does not see h. The default is false.
  virtual bool has_base_measure(const Layout& layout) const;
};

/// Differential (or discrete) entropy in nats, one number a member.
class Entropy {
 public:
  static constexpr int kCapability = 1;
  virtual ~Entropy();
  virtual void entropy(const Layout& layout, In theta, Row out) const = 0;
};

/// E[label] for statistics by label. Every family that has a mean and a variance answers "x" and "x2".
/// Returns false for a label it does not know; +-inf where the moment is infinite.
class Moments {
 public:
  static constexpr int kCapability = 2;
  virtual ~Moments();
  virtual bool expect(const Layout& layout, In theta, Text label, Out value) const = 0;
  /// E of a statistic that has a parameter c ("abs(x-c)", "x^c", "exp(c*x)"), one c and one value a member. The default
  /// knows none.
  virtual bool expect_at(const Layout& layout, In theta, Text label, ConstRow c, Row value) const;
};

/// Draws by transforming uniforms in (0, 1), which the framework takes from counter-based streams.
/// One column of `uniforms` and of `x` a draw; theta has one column or one a draw.
class Sampler {
 public:
  static constexpr int kCapability = 3;
  virtual ~Sampler();
  virtual Index uniforms(const Layout& layout) const = 0;  ///< rows of `uniforms`
  virtual void sample(const Layout& layout, In theta, In uniforms, Out x) const = 0;
};

/// Distribution function and its inverse, for one-dimensional families. `upper` counts from the upper tail:
/// P(X > x), and the x that leaves p above it, both without cancellation.
class Quantiles {
 public:
  static constexpr int kCapability = 4;
  virtual ~Quantiles();
  virtual void cdf(const Layout& layout, In theta, In x, bool upper, Row p) const = 0;
  virtual void quantile(const Layout& layout, In theta, In p, bool upper, Row x) const = 0;
};

/// The distribution of some of the coordinates, in the order given.
class Marginals {
 public:
  static constexpr int kCapability = 5;
  virtual ~Marginals();
  virtual Members marginal(const Layout& layout, In theta, std::span<const Index> coordinates) const = 0;
};

/// A distribution of independent members over consecutive coordinates. `parts` gives them in coordinate order,
/// one Members for each run of members of one family and layout (a column of theta a member). Divergences that add
/// over independent parts are taken part by part.
class Product {
 public:
  static constexpr int kCapability = 6;
  virtual ~Product();
  virtual std::vector<Members> parts(const Layout& layout, In theta) const = 0;
};

/// Nodes and weights with E[f] ~ sum w f(x) for one member, up to three dimensions. `level` 0 is the
/// coarsest; the next level about doubles the nodes a coordinate, and the difference of two levels measures the error.
class Nodes {
 public:
  static constexpr int kCapability = 7;
  virtual ~Nodes();
  virtual Index count(const Layout& layout, int level) const = 0;
  virtual void nodes(const Layout& layout, In theta, int level, Out x, Row weights) const = 0;
};

/// log p(x) = -x'Px/2 + h'x - c with sparse symmetric P: all that Gaussian message passing needs.
struct QuadraticForm {
  SparseMatrix precision;       ///< P, both triangles
  Eigen::VectorXd information;  ///< h
  double log_normalizer = 0;    ///< c
};
class Quadratic {
 public:
  static constexpr int kCapability = 8;
  virtual ~Quadratic();
  /// `with_normalizer` false leaves c = NaN: for a large sparse precision c costs a factorization.
  virtual QuadraticForm quadratic(const Layout& layout, In theta, bool with_normalizer) const = 0;
};

/// A density that is constant on the cells of a tensor grid over 1 to 3 coordinates. Cells are numbered
/// with the first coordinate running fastest. The family's statistics are the indicators of its cells.
class Tabulated {
 public:
  static constexpr int kCapability = 9;
  virtual ~Tabulated();
  /// Edges of the cells of each coordinate, ascending: cells + 1 numbers.
  virtual std::vector<Eigen::VectorXd> edges(const Layout& layout) const = 0;
  /// The average of a statistic over each cell, one column a cell ("x": midpoints; "x2": midpoint^2 + width^2/12).
  /// False for a label it does not know.
  virtual bool cell_average(const Layout& layout, Text label, Out value) const = 0;
};

/// Where a one-dimensional density has its mass, its modes and its kinks: what quadrature must split at.
struct Landmark {
  double location;
  double scale;  ///< width of the feature there; 0 for a kink or a jump
};
class Landmarks {
 public:
  static constexpr int kCapability = 10;
  virtual ~Landmarks();
  virtual void landmarks(const Layout& layout, In theta, Index member, std::vector<Landmark>& out) const = 0;
};

/// log p(x) = sum over the terms of coefficient * statistic(x; c): what makes a family the second side of a closed form
/// without an integral, KL(p || q) = -H(p) - sum coefficient E_p[statistic]. Families with `ExponentialFamily` and
/// without a base measure have it already and need not say it again. Labels as in labels.hpp, parametric ones included;
/// "1" is the constant.
class Expansion {
 public:
  static constexpr int kCapability = 11;
  virtual ~Expansion();
  virtual std::vector<std::string> terms(const Layout& layout) const = 0;
  /// One row a term, one column a member. `c` is left alone in the rows of labels without a parameter.
  virtual void expand(const Layout& layout, In theta, Out coefficient, Out c) const = 0;
};

/// delta' I(eta) delta, I the Hessian of A at eta (the Fisher information in natural coordinates), one number a member,
/// in a form that never cancels: a sum of squares. Divergences of nearly equal members integrate it along the line
/// between them.
class Fisher {
 public:
  static constexpr int kCapability = 12;
  virtual ~Fisher();
  virtual void fisher(const Layout& layout, In eta, In delta, Row out) const = 0;
};

/// One monomial of log p(x | arguments): `coefficient` times the product of the factors, separated by " * ". A factor
/// is a label of the child ("x2") or, behind an argument's name, of that argument ("precision.x", "mean.x*x'"); the
/// product "1" is empty. Factors of more than one row are contracted: d with d (or d^2 with d^2) elementwise, d * d^2 *
/// d as u'Mv; a single one is summed. A parametric label of the child may have an argument for its c
/// ("log_binomial(trials)", "lgamma(x+successes)"); that argument must then be known.
struct Monomial {
  double coefficient = 1;
  std::string product;
};

/// What makes a family usable on the right of a model statement: log p(x | arguments) as a sum of monomials in the
/// statistics of x and of its arguments. From this table the framework derives expectations and the messages in every
/// direction. For the normal by mean and precision: -1/2 x2 * precision.x, x * mean.x * precision.x, -1/2 mean.x2 *
/// precision.x, 1/2 precision.log_x, -1/2 log(2 pi).
class Conditional {
 public:
  static constexpr int kCapability = 13;
  virtual ~Conditional();
  /// Empty if there is none for this parameterization.
  virtual std::vector<Monomial> table(int parameterization, const Layout& layout) const = 0;
};

/// x = g(y) with an injective g that depends on the family's `map` ("exp", "logistic", "1/y") and on the layout's
/// constants alone (the numbers of "affine"), and y of a simpler family. Divergences that are integrals of a function
/// of p/q (f-divergences, Renyi) do not change under g, so that all closed forms of y's family serve.
class Image {
 public:
  static constexpr int kCapability = 14;
  virtual ~Image();
  virtual Text map() const = 0;
  /// The members y, one column for each column of theta.
  virtual Members preimage(const Layout& layout, In theta) const = 0;
};

/// The names of the capabilities, in the order of their numbers, as `describe` prints them.
std::span<const Text> capability_names();

/// The family's capability C if its class has it and the layout keeps it; else null.
template <class C>
const C* capability(const Distribution& family, const Layout& layout) {
  const auto* found = dynamic_cast<const C*>(&family);
  return found && family.provides(layout, C::kCapability) ? found : nullptr;
}

/// The same by number.
bool has_capability(const Distribution& family, const Layout& layout, int capability);

}  // namespace kullback
