// The Kullback-Leibler divergence (README.md has the maths). Closed forms for pairs of families live with the families.
#include <kullback/kullback.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace {

using namespace kullback;

constexpr double kInf = std::numeric_limits<double>::infinity();

// r - 1 + exp(-r) for |r| < 0.25, relative to r^2/2: 1 - r/3 (1 - r/4 (...)). The remainder is 0.25^12 2/14! = 1e-18.
double small_series(double r) {
  double series = 1;
  for (int k = 13; k >= 3; --k) series = 1 - r / k * series;
  return r * r / 2 * series;
}

class KullbackLeibler final : public Divergence {
 public:
  Text name() const override { return "kl"; }
  Text formula() const override { return "integral p log(p/q)"; }
  bool needs_absolute_continuity() const override { return true; }
  bool adds_over_products() const override { return true; }
  bool is_relative_entropy() const override { return true; }

  void integrand(ConstRow log_p, ConstRow log_q, Row out) const override {
    constexpr Index kBuffer = 64;
    std::array<double, kBuffer> p, q;
    for (Index begin = 0; begin < out.size(); begin += kBuffer) {
      const Index n = std::min(kBuffer, out.size() - begin);
      const double* lp = log_p.data() + begin;
      const double* lq = log_q.data() + begin;
      double* f = out.data() + begin;
      vector_exp(lp, p.data(), n);
      vector_exp(lq, q.data(), n);
      for (Index i = 0; i < n; ++i) {
        const double a = p[static_cast<std::size_t>(i)], b = q[static_cast<std::size_t>(i)];
        const double r = lp[i] - lq[i];
        // Both terms are known to rounding; where r is small they cancel and the series takes over.
        const double direct = b - a * (1 - r);
        const double series = a * small_series(r);
        const double finite = r < 0.25 && r > -0.25 ? series : direct;
        // p = 0 leaves q (0 * -inf must not happen), q = 0 where p has mass makes D infinite.
        f[i] = lp[i] == -kInf ? b : (lq[i] == -kInf || a == kInf ? kInf : finite);
      }
    }
  }
};

}  // namespace

KULLBACK_PLUGIN("kl", "1.0.0")(Registrar& registrar) { registrar.divergence(std::make_unique<KullbackLeibler>()); }
