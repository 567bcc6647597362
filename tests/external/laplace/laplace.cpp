// The Laplace distribution and the closed form of KL between two of them: a whole plugin.
#include <kullback/kullback.hpp>

#include <cmath>
#include <limits>

using namespace kullback;

namespace {

struct LaplaceMath {  // theta = (location, scale)
  static double log_density(const double* t, double x) { return -std::abs(x - t[0]) / t[1] - std::log(2 * t[1]); }
};

class Laplace final : public ScalarFamily<LaplaceMath>, public Moments, public Landmarks {
 public:
  Text name() const override { return "double_exponential"; }
  Text formula() const override { return "exp(-|x - location| / scale) / (2 scale)"; }
  std::vector<std::vector<Parameter>> parameterizations() const override {
    return {{{"location", Domain::real}, {"scale", Domain::positive}}};
  }
  Support support(const Layout&, In, Index, Index) const override {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    return {-kInfinity, kInfinity};
  }
  bool expect(const Layout&, In theta, Text label, Out value) const override {
    if (label == "x")
      value = theta.row(0);
    else if (label == "x2")
      value = theta.row(0).array().square() + 2 * theta.row(1).array().square();
    else
      return false;
    return true;
  }
  void landmarks(const Layout&, In theta, Index member, std::vector<Landmark>& out) const override {
    out.push_back({theta(0, member), 0});                 // the kink
    out.push_back({theta(0, member), theta(1, member)});  // and the mass around it
  }
};

// KL(p || q) = log(b_q/b_p) + |m_p - m_q|/b_q + (b_p/b_q) exp(-|m_p - m_q|/b_p) - 1, without cancellation
void kl(const Side& p, const Side& q, Row value, Row error) {
  for (Index n = 0; n < value.size(); ++n) {
    const auto a = p.theta.col(p.theta.cols() > 1 ? n : 0), b = q.theta.col(q.theta.cols() > 1 ? n : 0);
    const double u = (a(1) - b(1)) / b(1), distance = std::abs(a(0) - b(0)) / a(1);
    value(n) = -log1pmx(u) + (1 + u) * expm1mx(-distance);
    error(n) = 16 * kEpsilon * value(n);
  }
}

}  // namespace

KULLBACK_PLUGIN("laplace", "1.0.0")(Registrar& registrar) {
  registrar.family(std::make_unique<Laplace>());
  registrar.rule("kl", "double_exponential", "double_exponential",
                 {Method::closed_form, "log(b_q/b_p) + d/b_q + (b_p/b_q) exp(-d/b_p) - 1, d = |m_p - m_q|",
                  "[Gil et al. 2013]", kl});
}
