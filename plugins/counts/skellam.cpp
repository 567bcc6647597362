// The difference of two independent poisson counts. theta = (rate1, rate2).
#include "families.hpp"

namespace kullback::counts {

namespace {

struct Skellam {
  static constexpr Text kName = "skellam",
                        kFormula = "exp(-rate1 - rate2) (rate1/rate2)^(x/2) I_x(2 sqrt(rate1 rate2)),  x = ..., -1, 0, 1, ...";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"rate1", Domain::non_negative}, {"rate2", Domain::non_negative}}};
  }
  Skellam(const Layout&, const double* theta) : rate1(theta[0]), rate2(theta[1]) {}

  Support support() const { return {rate2 > 0 ? -kInfinity : 0.0, rate1 > 0 ? kInfinity : 0.0, true}; }
  Bulk bulk() const { return {std::round(rate1 - rate2), std::sqrt(rate1 + rate2) + 0.5}; }
  double log_mass(double k) const { return k >= 0 ? log_mass_above(k, rate1, rate2) : log_mass_above(-k, rate2, rate1); }
  double log_mgf(double c) const { return rate1 * std::expm1(c) + rate2 * std::expm1(-c); }
  bool moment(Text label, double c, double& value) const {
    return power_moment({rate1 - rate2, rate1 + rate2, rate1 - rate2, rate1 + rate2}, label, c, value);
  }

  double rate1, rate2;

 private:
  // k >= 0, with rate a of what counts up. The saddle point splits k into A - B with A B = a b: Debye's expansion of the Bessel function
  // [DLMF 10.41.3] in powers of 1/(A + B), uniform in k.
  static double log_mass_above(double k, double a, double b) {
    if (b == 0) return a > 0 ? log_poisson_mass(k, a) : 0;
    if (a == 0) return k == 0 ? -b : -kInfinity;
    const double w = std::hypot(k, 2 * std::sqrt(a) * std::sqrt(b));
    if (w < 300) return series(k, a, b);
    const double up = 0.5 * (k + w), down = a / up * b, t = k / w, y = t * t;
    const double u1 = (3 - 5 * y) / 24, u2 = (81 - y * (462 - 385 * y)) / 1152,
                 u3 = (30375 - y * (369603 - y * (765765 - 425425 * y))) / 414720,
                 u4 = (4465125 - y * (94121676 - y * (349922430 - y * (446185740 - 185910725 * y)))) / 39813120,
                 u5 = (1519035525 - y * (49286948607 - y * (284499769554 - y * (614135872350 - y * (566098157625 - 188699385875 * y))))) /
                      6688604160;
    const double correction = (u1 + (u2 + (u3 + (u4 + u5 / w) / w) / w) / w) / w;
    return -bd0(up, a) - bd0(down, b) - kHalfLog2Pi - 0.5 * std::log(w) + std::log1p(correction);
  }

  // sum over j of the masses a^(k+j) b^j / ((k+j)! j!), all positive.
  static double series(double k, double a, double b) {
    double term = 1, sum = 1;
    for (double j = 1; term > 1e-18 * sum || j * (k + j) < a * b; j += 1) {
      term *= a / j * (b / (k + j));
      sum += term;
    }
    return log_poisson_mass(k, a) - b + std::log(sum);
  }
};

}  // namespace

void register_skellam(Registrar& registrar) { registrar.family(std::make_unique<CountFamily<Skellam>>()); }

}  // namespace kullback::counts
