// A family of distributions: stateless kernels over columns of parameters that the framework owns.
#pragma once

#include <kullback/types.hpp>

#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace kullback {

class Distribution;
struct Part;

/// What is constant for a whole array of members: everything about them but their parameters.
struct Layout {
  Index dimension = 1;                          ///< length of one event x
  int form = 0;                                 ///< which of the family's parameterizations theta is stored in
  std::vector<Eigen::VectorXd> constants;       ///< family-defined: grid edges, a fixed location, ...
  std::vector<Part> parts;                      ///< families that a structural family is made of
  std::shared_ptr<const SparseMatrix> pattern;  ///< where a sparse matrix parameter has its entries (values unused)
};

/// `count` members of one family inside a structural family (the components of a mixture, the factors
/// of a product). Their parameters follow one another in the structural family's theta.
struct Part {
  const Distribution* family = nullptr;
  Layout layout;
  Index count = 1;
};

/// An array of members of one family that owns its numbers. One column of theta a member.
struct Members {
  const Distribution* family = nullptr;
  Layout layout;
  Eigen::MatrixXd theta;
};

/// A view of members: what kernels and rules are handed.
struct Side {
  const Distribution& family;
  const Layout& layout;
  In theta;
};
inline Side side(const Members& members) { return {*members.family, members.layout, members.theta}; }

/// Equal to the last bit: the same family, layout (parts and edges included) and numbers.
bool identical(const Layout& a, const Layout& b);
bool identical(const Members& a, const Members& b);

/// What an argument of a family may be. A list of numbers is a vector, a list of such lists a matrix
/// (one list a row), a list of distributions is `std::vector<Members>`. Text is a bare word or a
/// quoted string. A sparse matrix comes from a file. `std::vector<Part>` are families still to be fitted: the
/// factors of an approximating product.
using Value = std::variant<double, Eigen::VectorXd, Eigen::MatrixXd, std::shared_ptr<const SparseMatrix>,
                           std::vector<Members>, std::vector<Part>, std::string>;
struct Argument {
  std::string name;  ///< empty when given by position
  Value value;
};
using Arguments = std::vector<Argument>;

enum class Domain { real, positive, non_negative, unit_interval, simplex, positive_definite, count, boolean };
enum class Shape { scalar, vector, matrix };  ///< matrix: full, size x size

/// The word for a domain or shape as `describe` prints it ("positive", "matrix").
Text to_text(Domain domain);
Text to_text(Shape shape);

/// One parameter of a family, as a person names it.
struct Parameter {
  std::string name;
  Domain domain = Domain::real;
  Shape shape = Shape::scalar;
};

/// Where the density of one coordinate can be positive: [low, high], or the integers in it.
struct Support {
  double low, high;
  bool integer = false;
};

/// Events at which a density is wanted, one column a point. A one-dimensional point may carry the logarithms of its
/// distances to the ends of the support beside x, because x alone loses all the mass beside a bound (35 % of
/// Beta(0.01, 0.01) lies within 1e-16 of 1). Both have one row, or no columns when not known.
struct Points {
  In x;
  In log_from_low;  ///< log(x - low)
  In log_to_high;   ///< log(high - x)
  explicit Points(In events) : x(events), log_from_low(kNone()), log_to_high(kNone()) {}
  Points(In events, In from_low, In to_high) : x(events), log_from_low(from_low), log_to_high(to_high) {}
  bool has_distances() const { return log_from_low.cols() > 0; }

 private:
  static const Eigen::MatrixXd& kNone();
};

/// What a family that is still to be fitted may take over from the target it is fitted to.
struct Opening {
  Index dimension = 0;                 ///< coordinates left for this family; 0: not known
  std::vector<Eigen::VectorXd> edges;  ///< the target's cell edges in these coordinates, if it has cells
};

/// A family of distributions. Stateless; [any-thread]. Derive `ScalarFamily` for one on the line, and
/// add the mix-ins of capability.hpp for whatever else the family can do.
class Distribution {
 public:
  virtual ~Distribution();

  /// The family's name in experiment files: lower case, words joined by '_'.
  virtual Text name() const = 0;

  /// The sets of parameters that may be given, exactly one of them. theta is stored in [layout.form]; a plain family
  /// has form 0 only and turns the others into it (see stored_form). Parameters that the sets share have one name. Only
  /// the first parameter may be given by position.
  virtual std::vector<std::vector<Parameter>> parameterizations() const = 0;

  /// Support of one coordinate of one member.
  virtual Support support(const Layout& layout, In theta, Index member, Index coordinate) const = 0;

  /// What the density is taken by, where that is not Lebesgue measure (or counting, for integer coordinates) on every
  /// coordinate by itself: "simplex", "positive definite matrices". Densities of different carriers are mutually
  /// singular. Empty, the default, is the usual case.
  virtual Text carrier(const Layout& layout) const;

  /// log p(x) in nats, for each point; -inf outside the support, never NaN for theta in its domain.
  /// theta has one column for all the points, or one a point. `out` has one number a point.
  virtual void log_density(const Layout& layout, In theta, const Points& points, Row out) const = 0;

  /// A one-line ASCII formula of the density for `describe`; empty if none.
  virtual Text formula() const;

  /// The form in which a member given by parameterization `given_as` is kept. The default is 0; a family keeps a member
  /// as it was given where conversion would lose digits (a probability given by its logit).
  virtual int stored_form(int given_as) const;

  /// Turns columns of parameterization `given_as` into the stored one, layout.form. Only called with valid
  /// numbers. The default handles parameterization 0.
  virtual void to_stored(int given_as, const Layout& layout, In given, Out theta) const;

  /// One member from arguments as they stand in a file. The default finds the parameterization by the names and the
  /// size by the vectors and matrices, checks shapes and domains, and calls to_stored. A number stands for a vector of
  /// that number, or times the identity matrix; a list for a diagonal matrix. Throws DomainError that names the
  /// argument.
  virtual Members make(const Arguments& arguments) const;

  /// The layout of a member whose parameters are to be found: an approximating family. `arguments` hold what
  /// stays constant (a grid's edges). The default takes none, and takes dimension 1, or `opening.dimension` if any
  /// parameter is a vector or a matrix. Throws DomainError.
  virtual Layout open(const Arguments& arguments, const Opening& opening) const;

  /// The layout of members whose vectors have `size` numbers and whose matrices are size x size (1 where there are
  /// scalars only). The default takes `size` for the dimension of x. Throws DomainError for a size that there is not.
  virtual Layout layout_of(Index size) const;

  /// Rows of theta that a parameter takes. The default: 1, d and d*d with d the dimension of x.
  virtual Index parameter_rows(const Parameter& parameter, const Layout& layout) const;

  /// Rows of theta. The default adds those of parameterizations()[layout.form].
  virtual Index parameter_count(const Layout& layout) const;

  /// False where a capability that the class has does not hold for this layout (a product that has one part
  /// without it). `capability` is a C::kCapability of capability.hpp.
  virtual bool provides(const Layout& layout, int capability) const;
};

/// A family on the line from plain functions: Math has `static double log_density(const double* theta, double x)`.
/// Math may also have `log_density(const double* theta, double x, double log_from_low, double log_to_high)`
/// for supports with an end.
template <class Math>
class ScalarFamily : public Distribution {
 public:
  void log_density(const Layout&, In theta, const Points& points, Row out) const override {
    const Index step = theta.cols() > 1 ? 1 : 0;
    for (Index n = 0; n < points.x.cols(); ++n) {
      const double* t = theta.col(n * step).data();
      if constexpr (requires { Math::log_density(t, 0.0, 0.0, 0.0); }) {
        if (points.has_distances()) {
          out(n) = Math::log_density(t, points.x(0, n), points.log_from_low(0, n), points.log_to_high(0, n));
          continue;
        }
      }
      out(n) = Math::log_density(t, points.x(0, n));
    }
  }
};

}  // namespace kullback
