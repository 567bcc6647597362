// A matrix X = mean + A Z B' of independent standard normals Z, row_covariance = A A', column_covariance = B B'. An
// event is X, column by column. theta = (mean, row_covariance, column_covariance); the layout's constants are the
// numbers of rows and columns.
#include <kullback/kullback.hpp>

#include <cmath>
#include <limits>

namespace kullback::matrix_normal {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kHalfLog2Pi = 0.91893853320467274178;

// One column serves every point.
Index step(In theta) { return theta.cols() > 1 ? 1 : 0; }
Index rows(const Layout& layout) { return static_cast<Index>(layout.constants[0][0]); }
Index columns(const Layout& layout) { return static_cast<Index>(layout.constants[0][1]); }

struct Member {
  Eigen::MatrixXd mean, row, column;  ///< the two covariances
  Eigen::MatrixXd row_factor, column_factor;

  double log_peak() const {
    const auto r = static_cast<double>(mean.rows()), c = static_cast<double>(mean.cols());
    return -r * c * kHalfLog2Pi -
           0.5 * (c * log_det_from_cholesky(row_factor) + r * log_det_from_cholesky(column_factor));
  }
  // A^-1 z B^-T
  Eigen::MatrixXd whiten(const Eigen::MatrixXd& z) const {
    const Eigen::MatrixXd half = row_factor.triangularView<Eigen::Lower>().solve(z);
    return column_factor.triangularView<Eigen::Lower>().solve(half.transpose()).transpose();
  }
};

Member unpack(const Layout& layout, In theta, Index n) {
  const Index r = rows(layout), c = columns(layout);
  const auto t = theta.col(n);
  Member out{
      t.head(r * c).reshaped(r, c), t.segment(r * c, r * r).reshaped(r, r), t.tail(c * c).reshaped(c, c), {}, {}};
  out.row_factor = cholesky("row_covariance", out.row);
  out.column_factor = cholesky("column_covariance", out.column);
  return out;
}

class MatrixNormal final : public Distribution, public Entropy, public Moments, public Sampler {
 public:
  Text name() const override { return "matrix_normal"; }
  Text formula() const override {
    return "exp(-tr(column_covariance^-1 (x - mean)' row_covariance^-1 (x - mean)) / 2) / ((2 pi)^(r c/2) "
           "det(row_covariance)^(c/2) det(column_covariance)^(r/2))";
  }
  std::vector<std::vector<Parameter>> parameterizations() const override {
    return {{{"mean", Domain::real, Shape::matrix},
             {"row_covariance", Domain::positive_definite, Shape::matrix},
             {"column_covariance", Domain::positive_definite, Shape::matrix}}};
  }
  Index parameter_rows(const Parameter& parameter, const Layout& layout) const override {
    const Index r = rows(layout), c = columns(layout);
    return parameter.name == "mean" ? r * c : parameter.name == "row_covariance" ? r * r : c * c;
  }
  Layout open(const Arguments&, const Opening&) const override {
    throw DomainError("", "a matrix_normal cannot be fitted; fit a multivariate_normal to the entries");
  }

  Members make(const Arguments& arguments) const override {
    const Value* mean = nullptr;
    Eigen::MatrixXd row, column;
    for (const Argument& a : arguments) {
      const std::string name = a.name.empty() && &a == &arguments.front() ? "mean" : a.name;
      if (name == "mean") {
        mean = &a.value;
        continue;
      }
      if (name != "row_covariance" && name != "column_covariance")
        throw DomainError(a.name, "matrix_normal takes (mean, row_covariance, column_covariance)");
      Eigen::MatrixXd matrix;
      if (const auto* full = std::get_if<Eigen::MatrixXd>(&a.value))
        matrix = *full;
      else if (const auto* diagonal = std::get_if<Eigen::VectorXd>(&a.value))
        matrix = diagonal->asDiagonal();
      else
        throw DomainError(name, name + " must be a matrix, or a list for a diagonal one");
      make_symmetric(name, matrix);
      cholesky(name, matrix);
      (name == "row_covariance" ? row : column) = std::move(matrix);
    }
    if (!mean || row.size() == 0 || column.size() == 0)
      throw DomainError("", "matrix_normal takes (mean, row_covariance, column_covariance)");
    const Index r = row.rows(), c = column.rows();
    Eigen::MatrixXd center;
    if (const auto* number = std::get_if<double>(mean))
      center = Eigen::MatrixXd::Constant(r, c, *number);
    else if (const auto* full = std::get_if<Eigen::MatrixXd>(mean))
      center = *full;
    if (center.rows() != r || center.cols() != c || !center.allFinite())
      throw DomainError("mean", "mean must be a number or a matrix of " + std::to_string(r) + " rows and " +
                                    std::to_string(c) + " columns");
    Members out{this, {}, Eigen::MatrixXd(r * c + r * r + c * c, 1)};
    out.layout.dimension = r * c;
    out.layout.constants = {(Eigen::VectorXd(2) << static_cast<double>(r), static_cast<double>(c)).finished()};
    out.theta.col(0) << center.reshaped(), row.reshaped(), column.reshaped();
    return out;
  }

  Support support(const Layout&, In, Index, Index) const override { return {-kInfinity, kInfinity, false}; }

  void log_density(const Layout& layout, In theta, const Points& points, Row out) const override {
    Member t;
    double peak = 0;
    for (Index n = 0; n < points.x.cols(); ++n) {
      if (n == 0 || theta.cols() > 1) {
        t = unpack(layout, theta, n * step(theta));
        peak = t.log_peak();
      }
      const Eigen::MatrixXd z = points.x.col(n).reshaped(t.mean.rows(), t.mean.cols()) - t.mean;
      out[n] = z.allFinite() ? peak - 0.5 * t.whiten(z).squaredNorm() : -kInfinity;
    }
  }
  void entropy(const Layout& layout, In theta, Row out) const override {
    for (Index n = 0; n < theta.cols(); ++n)
      out[n] = 0.5 * static_cast<double>(layout.dimension) - unpack(layout, theta, n).log_peak();
  }
  bool expect(const Layout& layout, In theta, Text label, Out value) const override {
    const Index r = rows(layout), c = columns(layout), d = r * c;
    if (label != "x" && label != "x2" && label != "x*x'") return false;
    for (Index n = 0; n < theta.cols(); ++n) {
      const Eigen::VectorXd mean = theta.col(n).head(d);
      if (label == "x") {
        value.col(n) = mean;
        continue;
      }
      const Member t = unpack(layout, theta, n);
      Eigen::MatrixXd second = mean * mean.transpose();
      for (Index j = 0; j < c; ++j)
        for (Index l = 0; l < c; ++l) second.block(r * j, r * l, r, r) += t.column(j, l) * t.row;
      if (label == "x2")
        value.col(n) = second.diagonal();
      else
        value.col(n) = second.reshaped();
    }
    return true;
  }
  Index uniforms(const Layout& layout) const override { return layout.dimension; }
  void sample(const Layout& layout, In theta, In uniforms, Out x) const override {
    Member t;
    for (Index n = 0; n < x.cols(); ++n) {
      if (n == 0 || theta.cols() > 1) t = unpack(layout, theta, n * step(theta));
      const Eigen::MatrixXd z =
          uniforms.col(n).unaryExpr([](double u) { return normal_quantile(u); }).reshaped(t.mean.rows(), t.mean.cols());
      x.col(n) = (t.mean + t.row_factor * z * t.column_factor.transpose()).reshaped();
    }
  }
};

// Whitened by q, p's covariance is M = (U U') kron (V V') with triangular U and V, and
// tr M - d - log det M = |U|^2 |V|^2 - d - 2 c log det U - 2 r log det V.
// With U = I + K and V = I + J nothing cancels in the sum over the entries of the triangular U kron V.
void evaluate(const Side& p, const Side& q, Row value, Row error) {
  if (p.layout.constants[0] != q.layout.constants[0]) throw DomainError("", "p and q have matrices of other sizes");
  for (Index n = 0; n < value.size(); ++n) {
    const Member a = unpack(p.layout, p.theta, n * step(p.theta)), b = unpack(q.layout, q.theta, n * step(q.theta));
    const Eigen::MatrixXd k = relative_cholesky(a.row, b.row, a.row_factor, b.row_factor);
    const Eigen::MatrixXd j = relative_cholesky(a.column, b.column, a.column_factor, b.column_factor);
    const auto entry = [](const Eigen::MatrixXd& m, Index r, Index c) { return m(r, c) + (r == c ? 1 : 0); };
    double shapes = 0, logarithms = 0;
    for (Index r = 0; r < k.rows(); ++r)
      for (Index s = 0; s <= r; ++s)
        for (Index c = 0; c < j.rows(); ++c)
          for (Index t = 0; t <= c; ++t) {
            if (r == s && c == t) {
              const double e = k(r, r) + j(c, c) + k(r, r) * j(c, c);
              shapes += 0.5 * e * e - log1pmx(e);
              if (std::abs(e) > 0.25) logarithms += std::abs(std::log1p(e)) + std::abs(e);
            } else {
              const double u = entry(k, r, s) * entry(j, c, t);
              shapes += 0.5 * u * u;
            }
          }
    const double means = 0.5 * b.whiten(a.mean - b.mean).squaredNorm();
    double condition = 1;
    for (const auto& [matrix, factor] : {std::pair{&a.row, &a.row_factor}, std::pair{&a.column, &a.column_factor},
                                         std::pair{&b.row, &b.row_factor}, std::pair{&b.column, &b.column_factor}})
      condition = std::max(condition, (matrix->diagonal().array() / factor->diagonal().array().square()).maxCoeff());
    value[n] = means + shapes;
    error[n] = kEpsilon * static_cast<double>(k.rows() + j.rows() + 16) * (condition * value[n] + logarithms);
  }
}

}  // namespace
}  // namespace kullback::matrix_normal

KULLBACK_PLUGIN("matrix_normal", "1.0.0")(kullback::Registrar& registrar) {
  using namespace kullback;
  registrar.family(std::make_unique<matrix_normal::MatrixNormal>());
  registrar.rule(
      "kl", "matrix_normal", "matrix_normal",
      {Method::closed_form,
       "[tr(U_q^-1 U_p) tr(V_q^-1 V_p) + tr(V_q^-1 D' U_q^-1 D) - r c - c log det(U_q^-1 U_p) - r log det(V_q^-1 "
       "V_p)]/2,  U, V the row and column covariances, D the means' difference",
       "from that of multivariate normals with covariance V kron U", matrix_normal::evaluate});
}
