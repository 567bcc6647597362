// KL between Dirichlet distributions as a sum of terms that are not negative.
//
// log Gamma(x) = x log x - x - log(x)/2 + log(2 pi)/2 + S(x) splits the Bregman divergence of log B into three. With
// a and b the concentrations, a0 and b0 their sums, p = a/a0, u = (b - a)/a, 1 + v = (b/b0) / (a/a0), and
// e(t) = t - log(1 + t):
//   from x log x - x    b0 sum p [(1 + v) log(1 + v) - v]
//   from -log(x)/2      [sum (1 - p) e(u) + sum p e(v)] / 2       since sum p e(u) - e(u0) = sum p e(v), u0 = b0/a0 - 1
//   from S              sum D_S(b, a) - D_S(b0, a0)               the only difference, and a small part of the whole
#include "dirichlet.hpp"

#include <Eigen/Core>

#include <cmath>

namespace kullback::dirichlet {
namespace {

// Room for one pair: rows of K + 1 numbers, the sums behind the coordinates.
struct Work {
  Eigen::ArrayXd a, b, u, ratio, v, scaled, excess_u, excess_v, log_scaled, from_stirling;
  explicit Work(Index rows)
      : a(rows),
        b(rows),
        u(rows),
        ratio(rows),
        v(rows),
        scaled(rows),
        excess_u(rows),
        excess_v(rows),
        log_scaled(rows),
        from_stirling(rows) {}
};

struct Value {
  double value, error;
};

// Coordinates that are 0 on both sides are left out; one that is 0 on one side only makes the two singular.
Index fill_positive(In p, In q, Work& w) {
  Index k = 0;
  for (Index i = 0; i < p.rows(); ++i) {
    const double a = p(i, 0), b = q(i, 0);
    if ((a == 0) != (b == 0)) return -1;
    if (a == 0) continue;
    w.a[k] = a;
    w.b[k++] = b;
  }
  return k;
}

Value pair(In p, In q, Work& w) {
  const Index k = fill_positive(p, q, w);
  if (k < 0) return {kInfinity, 0};
  const double a0 = w.a.head(k).sum(), b0 = w.b.head(k).sum();
  w.a[k] = a0;
  w.b[k] = b0;
  Index largest;
  w.a.head(k).maxCoeff(&largest);
  double rest = 0;  // a0 less the largest, without cancellation
  for (Index i = 0; i < k; ++i)
    if (i != largest) rest += w.a[i];

  w.u.head(k + 1) = (w.b.head(k + 1) - w.a.head(k + 1)) / w.a.head(k + 1);
  w.ratio.head(k + 1) = w.b.head(k + 1) / w.a.head(k + 1);
  const double growth = b0 / a0, u0 = (w.b.head(k) - w.a.head(k)).sum() / a0;
  const bool near = growth > 0.5 && growth < 2;
  w.scaled.head(k) = w.ratio.head(k) / growth;
  w.v.head(k) = near ? ((w.u.head(k) - u0) / growth).eval() : (w.scaled.head(k) - 1).eval();
  vector_log_excess(w.u.data(), w.ratio.data(), w.excess_u.data(), k);
  vector_log_excess(w.v.data(), w.scaled.data(), w.excess_v.data(), k);
  vector_log(w.scaled.data(), w.log_scaled.data(), k);
  vector_stirling_bregman(w.b.data(), w.a.data(), w.from_stirling.data(), k + 1);

  double main = 0, half = 0, stirling = 0, moved = 0;
  for (Index i = 0; i < k; ++i) {
    const double v = w.v[i], scaled = w.scaled[i], e = w.excess_v[i], share = w.a[i] / a0;
    main += share * (std::abs(v) < 0.5 ? v * v - scaled * e : scaled * w.log_scaled[i] - v);
    half += (i == largest ? rest : a0 - w.a[i]) / a0 * w.excess_u[i] + share * e;
    stirling += w.from_stirling[i];
    // What the rounding of v does to the first part.
    moved += share * std::abs(w.log_scaled[i]) * (near ? (std::abs(w.u[i]) + std::abs(u0)) / growth : scaled);
  }
  const double value = b0 * main + 0.5 * half + (stirling - w.from_stirling[k]);
  const double size = b0 * (main + 0.5 * moved) + 0.5 * half + stirling + w.from_stirling[k];
  return {std::max(value, 0.0), 16 * kEpsilon * size};
}

void evaluate(const Side& p, const Side& q, Row value, Row error) {
  const Index d = p.layout.dimension;
  if (q.layout.dimension != d)
    throw DomainError("",
                      "p has " + std::to_string(d) + " coordinates, but q has " + std::to_string(q.layout.dimension));
  Work work(d + 1);
  for (Index n = 0; n < value.size(); ++n) {
    const Value found = pair(p.theta.col(n * step(p.theta)), q.theta.col(n * step(q.theta)), work);
    value[n] = found.value;
    error[n] = found.error;
  }
}

}  // namespace

Rule kl_rule() {
  return {Method::closed_form, "log B(b) - log B(a) + sum (a - b) (digamma(a) - digamma(sum a))",
          "[Gil et al. 2013, section 3.2]", evaluate};
}

}  // namespace kullback::dirichlet
