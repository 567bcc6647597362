// KL between Wishart distributions as a sum of terms that are not negative.
//
// With shapes a and b, and r the eigenvalues of R_p^-1 R_q, as for gamma distributions
//   KL = sum_i [a r_i - b log r_i - a] + B(b, a),   B(b, a) = log Gamma_d(b) - log Gamma_d(a) - (b - a) psi_d(a).
// log Gamma(x) = x log x - x - log(x)/2 + S(x) turns every coordinate j = 0 .. d - 1 into
//   bd0(b, a r)  +  [bd0(b - j/2, a - j/2) - bd0(b, a)]  +  e((b - a)/(a - j/2))/2  +  D_S(b - j/2, a - j/2)
// where e(u) = u - log(1 + u), and the bracket is the integral of e((b - a)/(a - t)) over t from 0 to j/2. The
// eigenvalues need not be found: with R_p^-1 R_q similar to (I + K)(I + K)', K lower triangular, the first terms become
//   a sum_(i > j) K_ij^2 + sum_i bd0(b, a (1 + K_ii)^2).
#include "matrix_gamma.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace kullback::wishart {
namespace {

// bd0(m + difference, m), where the difference is known better than the two numbers.
double deviance(double m, double difference) {
  const double u = difference / m;
  if (std::abs(u) < 0.5) return m * ((1 + u) * log1pmx(u) + u * u);
  return bd0(m + difference, m);
}

// The integral of -log1pmx((b - a)/(a - t)) over 0 < t < width, the integrand being smooth: Gauss-Legendre with 8 nodes
// [Abramowitz & Stegun, table 25.4].
double shifted(double a, double difference, double width) {
  constexpr std::array<double, 4> kNodes = {0.1834346424956498, 0.5255324099163290, 0.7966664774136267,
                                            0.9602898564975363};
  constexpr std::array<double, 4> kWeights = {0.3626837833783620, 0.3137066458778873, 0.2223810344533745,
                                              0.1012285362903763};
  double sum = 0;
  for (std::size_t k = 0; k < kNodes.size(); ++k)
    for (const double side : {-1.0, 1.0})
      sum -= kWeights[k] * log1pmx(difference / (a - 0.5 * width * (1 + side * kNodes[k])));
  return 0.5 * width * sum;
}

}  // namespace

Value relative_entropy(const MatrixGamma& p, const MatrixGamma& q) {
  const Index d = p.matrix.rows();
  const double a = 0.5 * p.degrees_of_freedom, b = 0.5 * q.degrees_of_freedom;
  const double difference = 0.5 * (q.degrees_of_freedom - p.degrees_of_freedom);
  // R_p^-1 R_q = S_p S_q^-1 = V_q V_p^-1: which matrix is relative to which depends on what is stored.
  Eigen::MatrixXd k, l_a, l_b;  // l_a = l_b (I + K)
  if (p.is_inverse_scale && q.is_inverse_scale) {
    l_a = q.factor, l_b = p.factor;
    k = relative_cholesky(q.matrix, p.matrix, l_a, l_b);
  } else {
    const bool given = !p.is_inverse_scale && !q.is_inverse_scale;
    const Eigen::MatrixXd scale_p = p.scale(), scale_q = q.scale();
    l_a = given ? p.factor : cholesky("scale", scale_p), l_b = given ? q.factor : cholesky("scale", scale_q);
    k = relative_cholesky(scale_p, scale_q, l_a, l_b);
  }
  double condition = 1;
  for (const MatrixGamma* side : {&p, &q})
    condition =
        std::max(condition, (side->matrix.diagonal().array() / side->factor.diagonal().array().square()).maxCoeff());

  double matrices = 0, shapes = 0, size = 0;
  for (Index i = 0; i < d; ++i) {
    matrices += a * k.row(i).head(i).squaredNorm();
    // Near -1 the pivot has lost 1 + pivot, which is a ratio of the factors' diagonals.
    const double pivot = k(i, i), root = pivot < -0.5 ? l_a(i, i) / l_b(i, i) : 1 + pivot, ratio = root * root;
    const double growth = pivot < -0.5 ? (root - 1) * (root + 1) : pivot * (2 + pivot);  // ratio - 1
    matrices += deviance(a * ratio, difference - a * growth);
    size += std::abs(difference) * std::abs(std::log(ratio)) * 2;

    const double shift = 0.5 * static_cast<double>(i), from = a - shift, to = b - shift;
    double excess, ratio_of_shapes = to / from, relative = difference / from, stirling;
    vector_log_excess(&relative, &ratio_of_shapes, &excess, 1);
    vector_stirling_bregman(&to, &from, &stirling, 1);
    shapes += 0.5 * excess + stirling;
    if (i == 0) continue;
    if (std::min(from, to) > 8 * shift) {
      shapes += shifted(a, difference, shift);
    } else {
      const double whole = deviance(a, difference);
      shapes += deviance(from, difference) - whole;
      size += 2 * whole;
    }
  }
  const double value = std::max(0.0, matrices + shapes);
  return {value, kEpsilon * (static_cast<double>(d) + 16) * (condition * (matrices + size) + shapes)};
}

namespace {

template <bool kInverse>
void evaluate(const Side& p, const Side& q, Row value, Row error) {
  const Index d = side(p.layout);
  if (side(q.layout) != d)
    throw DomainError("",
                      "p has matrices of " + std::to_string(d) + " rows, but q of " + std::to_string(side(q.layout)));
  const auto member = [&](const Side& of, Index n) {
    return unpack(of.theta, n * step(of.theta), d, kInverse || of.layout.form == 1);
  };
  for (Index n = 0; n < value.size(); ++n) {
    const Value found = relative_entropy(member(p, n), member(q, n));
    value[n] = found.value;
    error[n] = found.error;
  }
}

Rule rule(std::function<void(const Side&, const Side&, Row, Row)> evaluate) {
  return {Method::closed_form,
          "n_p tr(M - I) - n_q log det M + log Gamma_d(n_q) - log Gamma_d(n_p) - (n_q - n_p) digamma_d(n_p),  M = "
          "R_p^-1 R_q",
          "[Gupta & Srivastava 2010]", std::move(evaluate)};
}

}  // namespace

Rule wishart_kl() { return rule(evaluate<false>); }
Rule inverse_wishart_kl() { return rule(evaluate<true>); }

}  // namespace kullback::wishart
