#include "arguments.hpp"

#include "sparse.hpp"

#include <cmath>

namespace kullback::multivariate_normal {
namespace {

constexpr Text kTakes =
    "multivariate_normal takes (mean, covariance) or (mean, precision) or (information, precision) or (mean, stddev) "
    "or (mean, factor, diagonal)";

struct Given {
  const Argument* vector = nullptr;
  const Argument* matrix = nullptr;
  bool information = false;
  std::string matrix_name;
};

Given sort_out(const Arguments& arguments) {
  Given given;
  for (const Argument& a : arguments) {
    const std::string name = a.name.empty() && &a == &arguments.front() ? "mean" : a.name;
    if (name.empty())
      throw DomainError("",
                        "only the first parameter of multivariate_normal may be given without its name: name it, "
                        "covariance = or precision = or stddev =");
    if (name == "mean" || name == "information") {
      if (given.vector)
        throw DomainError(a.name, std::string("give either mean or information, once; ") + std::string(kTakes));
      given.vector = &a;
      given.information = name == "information";
    } else if (name == "covariance" || name == "precision" || name == "stddev") {
      if (given.matrix) throw DomainError(a.name, std::string("give exactly one of covariance, precision and stddev"));
      given.matrix = &a;
      given.matrix_name = name;
    } else {
      throw DomainError(a.name, "multivariate_normal has no parameter '" + name + "'; " +
                                    suggestion(name, {"mean", "information", "covariance", "precision", "stddev",
                                                      "factor", "diagonal"}));
    }
  }
  if (!given.vector || !given.matrix)
    throw DomainError("", std::string(kTakes) + "; " + (given.vector ? "the matrix" : "the mean") + " is missing");
  if (given.information && given.matrix_name != "precision")
    throw DomainError("information",
                      "information = precision * mean goes with precision, not with " + given.matrix_name);
  return given;
}

void check_finite(const std::string& name, const double* values, Index count) {
  for (Index i = 0; i < count; ++i)
    if (!std::isfinite(values[i])) throw DomainError(name, name + " must be finite, got " + number_text(values[i]));
}

Eigen::VectorXd spread(const Argument& argument, const std::string& name, Index dimension) {
  Eigen::VectorXd out;
  if (const auto* number = std::get_if<double>(&argument.value)) {
    if (dimension == 0)
      throw DomainError(name, "how many coordinates? give " + name + " as a list, or the matrix in full");
    out = Eigen::VectorXd::Constant(dimension, *number);
  } else if (const auto* vector = std::get_if<Eigen::VectorXd>(&argument.value)) {
    out = *vector;
  } else if (const auto* matrix = std::get_if<Eigen::MatrixXd>(&argument.value);
             matrix && (matrix->cols() == 1 || matrix->rows() == 1)) {
    out = Eigen::Map<const Eigen::VectorXd>(matrix->data(), matrix->size());
  } else {
    throw DomainError(name, name + " must be a list of numbers, or one number for every coordinate");
  }
  if (out.size() == 0) throw DomainError(name, name + " is an empty list");
  if (dimension != 0 && out.size() != dimension)
    throw DomainError(name, name + " has " + std::to_string(out.size()) + " numbers, but the matrix has " +
                                std::to_string(dimension) + " rows");
  check_finite(name, out.data(), out.size());
  return out;
}

Members from_dense(const Distribution& family, const Given& given, Eigen::MatrixXd matrix) {
  const std::string& name = given.matrix_name;
  if (name == "stddev") throw DomainError(name, "stddev must be a list of numbers, one for each coordinate");
  make_symmetric(name, matrix);
  const Index d = matrix.rows();
  const std::string vector_is = given.information ? "information" : "mean";
  const Eigen::VectorXd vector = spread(*given.vector, vector_is, d);
  cholesky(name, matrix);
  Members out{&family, {}, {}};
  out.layout.dimension = d;
  out.layout.form = name == "covariance" ? kCovariance : given.information ? kCanonical : kPrecision;
  out.theta.resize(d + d * d, 1);
  out.theta.col(0) << vector, Eigen::Map<const Eigen::VectorXd>(matrix.data(), d * d);
  return out;
}

Members from_diagonal(const Distribution& family, const Given& given) {
  const std::string& name = given.matrix_name;
  Index dimension = 0;
  if (const auto* vector = std::get_if<Eigen::VectorXd>(&given.vector->value)) dimension = vector->size();
  const auto* diagonal_vector = std::get_if<Eigen::VectorXd>(&given.matrix->value);
  if (diagonal_vector) dimension = diagonal_vector->size();
  Eigen::VectorXd diagonal = spread(*given.matrix, name, dimension);
  const std::string vector_is = given.information ? "information" : "mean";
  if (const auto* vector = std::get_if<Eigen::VectorXd>(&given.vector->value);
      vector && vector->size() != diagonal.size())
    throw DomainError(vector_is, vector_is + " has " + std::to_string(vector->size()) + " numbers, but " + name +
                                     " has " + std::to_string(diagonal.size()));
  Eigen::VectorXd mean = spread(*given.vector, vector_is, diagonal.size());
  for (double v : diagonal)
    if (!(v > 0)) throw DomainError(name, name + " must be positive, got " + number_text(v));
  if (given.information) mean.array() /= diagonal.array();
  if (name == "covariance") diagonal = diagonal.cwiseSqrt().eval();
  if (name == "precision") diagonal = diagonal.cwiseSqrt().cwiseInverse().eval();
  Members out{&family, {}, {}};
  out.layout.dimension = diagonal.size();
  out.layout.form = kDiagonal;
  out.theta.resize(2 * diagonal.size(), 1);
  out.theta.col(0) << mean, diagonal;
  return out;
}

Members from_sparse(const Distribution& family, const Given& given,
                    const std::shared_ptr<const SparseMatrix>& given_matrix) {
  const std::string& name = given.matrix_name;
  if (given_matrix->rows() != given_matrix->cols() || given_matrix->rows() == 0)
    throw_not_square(name, given_matrix->rows(), given_matrix->cols());
  if (name != "precision") {
    if (given_matrix->rows() > kDenseLimit)
      throw DomainError(name, "a sparse " + name + " has a dense inverse: with " +
                                  std::to_string(given_matrix->rows()) + " rows give the precision instead");
    return from_dense(family, given, Eigen::MatrixXd(*given_matrix));
  }
  auto pattern = given_matrix;
  if (!pattern->isCompressed()) {
    auto compressed = std::make_shared<SparseMatrix>(*pattern);
    compressed->makeCompressed();
    pattern = compressed;
  }
  const Index d = pattern->rows();
  check_finite(name, pattern->valuePtr(), pattern->nonZeros());
  const SparseMatrix transposed = pattern->transpose();
  for (Index i = 0; i < d; ++i) {
    const double diagonal = pattern->coeff(i, i);
    if (!(diagonal > 0))
      throw DomainError(name, name + " is not positive definite: diagonal entry " + std::to_string(i + 1) + " is " +
                                  number_text(diagonal));
    SparseMatrix::InnerIterator a(*pattern, i), b(transposed, i);
    while (a || b) {
      const Index ja = a ? a.col() : d, jb = b ? b.col() : d, j = std::min(ja, jb);
      const double upper = ja == j ? a.value() : 0, lower = jb == j ? b.value() : 0;
      if (ja != jb || (upper != lower && differ(upper, lower, diagonal, pattern->coeff(j, j))))
        throw_not_symmetric(name, i, j, upper, lower);
      if (ja == j) ++a;
      if (jb == j) ++b;
    }
  }
  const Eigen::VectorXd vector = spread(*given.vector, given.information ? "information" : "mean", d);
  if (d <= kDenseLimit) cholesky(name, Eigen::MatrixXd(*pattern));
  Members out{&family, {}, {}};
  out.layout.dimension = d;
  out.layout.form = given.information ? kCanonical : kPrecision;
  out.layout.pattern = pattern;
  out.theta.resize(d + pattern->nonZeros(), 1);
  out.theta.col(0) << vector, Eigen::Map<const Eigen::VectorXd>(pattern->valuePtr(), pattern->nonZeros());
  return out;
}

}  // namespace

namespace {

// factor factor' + diagonal, as a covariance.
Arguments from_low_rank(const Arguments& arguments) {
  Arguments out;
  Eigen::MatrixXd factor;
  const Argument* diagonal = nullptr;
  for (const Argument& a : arguments) {
    if (a.name == "diagonal") {
      diagonal = &a;
    } else if (a.name != "factor") {
      out.push_back(a);
    } else if (const auto* matrix = std::get_if<Eigen::MatrixXd>(&a.value)) {
      factor = *matrix;
    } else if (const auto* vector = std::get_if<Eigen::VectorXd>(&a.value)) {
      factor = *vector;
    } else {
      throw DomainError("factor", "factor must be a matrix with one row for each coordinate, or a list for one column");
    }
  }
  if (!diagonal) throw DomainError("factor", "factor goes with diagonal: covariance = factor factor' + diagonal");
  check_finite("factor", factor.data(), factor.size());
  const Eigen::VectorXd own = spread(*diagonal, "diagonal", factor.rows());
  for (double v : own)
    if (!(v > 0)) throw DomainError("diagonal", "diagonal must be positive, got " + number_text(v));
  Eigen::MatrixXd covariance = factor * factor.transpose();
  covariance.diagonal() += own;
  out.push_back({"covariance", std::move(covariance)});
  return out;
}

}  // namespace

Members make_member(const Distribution& family, const Arguments& arguments) {
  for (const Argument& a : arguments)
    if (a.name == "factor") return make_member(family, from_low_rank(arguments));
  const Given given = sort_out(arguments);
  if (const auto* matrix = std::get_if<Eigen::MatrixXd>(&given.matrix->value))
    return from_dense(family, given, *matrix);
  if (const auto* sparse = std::get_if<std::shared_ptr<const SparseMatrix>>(&given.matrix->value))
    return from_sparse(family, given, *sparse);
  if (std::holds_alternative<double>(given.matrix->value) ||
      std::holds_alternative<Eigen::VectorXd>(given.matrix->value))
    return from_diagonal(family, given);
  throw DomainError(given.matrix_name, given.matrix_name + " must be a matrix (a list of rows), a list or a number");
}

}  // namespace kullback::multivariate_normal
