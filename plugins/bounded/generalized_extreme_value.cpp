// Generalized extreme value: P(z < t) = exp(-(1 + shape t)^(-1/shape)); shape > 0 is the heavy right tail. z =
// (e^(shape G) - 1)/shape for a Gumbel variable G. theta = (location, scale, shape).
#include <algorithm>
#include <array>

#include "bounded.hpp"

namespace kullback::bounded {
namespace {

struct GeneralizedExtremeValue {
  static constexpr Text kName = "generalized_extreme_value";
  static constexpr Text kFormula = "u^(shape + 1) exp(-u) / scale,  u = (1 + shape (x - location)/scale)^(-1/shape)";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{real("location"), positive("scale"), real("shape")}};
  }
  static Support support(const double* t) {
    const double end = t[0] - t[1] / t[2];
    return {t[2] > 0 ? end : -kInfinity, t[2] < 0 ? end : kInfinity, false};
  }
  // The Gumbel variable: log(1 + shape z)/shape.
  static double to_gumbel(double z, double shape) { return shape == 0 ? z : std::log1p(shape * z) / shape; }

  struct Density {
    double location, scale, shape, constant, log_range;
    explicit Density(const double* t)
        : location(t[0]),
          scale(t[1]),
          shape(t[2]),
          constant(-std::log(t[1])),
          log_range(t[2] == 0 ? 0 : std::log(t[1] / std::abs(t[2]))) {}
    double operator()(double x, double log_from_low, double log_to_high) const {
      const double z = (x - location) / scale;
      const bool beside = shape * z < -0.5;  // beside the end of the support
      const double g = beside ? ((shape > 0 ? log_from_low : log_to_high) - log_range) / shape : to_gumbel(z, shape);
      const double u = std::exp(-g);
      return std::isinf(u) ? -kInfinity : constant - (1 + shape) * g - u;
    }
  };

  static double entropy(const double* t) { return std::log(t[1]) + kEuler * t[2] + kEuler + 1; }

  // log Gamma(1 - k s) - k log Gamma(1 - s) for k = 2, 3, 4 and the combinations that vanish to the order of the
  // moment.
  struct Gammas {
    double first;                  // log Gamma(1 - s)
    double second, third, fourth;  // those of k
    double third_rest;             // third - 3 second
    double fourth_rest;            // fourth - 4 third + 6 second
    explicit Gammas(double s) : first(s < 1 ? log_gamma(1 - s) : kInfinity) {
      if (std::abs(s) >= 0.06) {
        const auto of = [&](int k) { return k * s < 1 ? log_gamma(1 - k * s) - k * first : kInfinity; };
        second = of(2), third = of(3), fourth = of(4);
        third_rest = third - 3 * second, fourth_rest = fourth - 4 * third + 6 * second;
        return;
      }
      second = third = fourth = third_rest = fourth_rest = 0;
      double power = s, two = 2, three = 3, four = 4;
      for (int k = 2; k < 32; ++k) {
        power *= s, two *= 2, three *= 3, four *= 4;
        double zeta = 1 + std::pow(2.0, -k) + std::pow(3.0, -k);
        if (k < 24) zeta = kZeta[static_cast<std::size_t>(k - 2)];
        const double term = zeta * power / k;
        second += term * (two - 2), third += term * (three - 3), fourth += term * (four - 4);
        third_rest += term * (three - 3 * two + 3);
        fourth_rest += term * (four - 4 * three + 6 * two - 4);
      }
    }
    static constexpr std::array<double, 22> kZeta = {
        1.6449340668482264, 1.2020569031595942, 1.0823232337111381, 1.03692775514337,   1.0173430619844492,
        1.0083492773819229, 1.0040773561979444, 1.0020083928260821, 1.000994575127818,  1.0004941886041194,
        1.0002460865533080, 1.0001227133475785, 1.0000612481350587, 1.0000305882363070, 1.0000152822594086,
        1.0000076371976379, 1.0000038172932649, 1.0000019082127165, 1.0000009539620339, 1.0000004769329868,
        1.0000002384505027, 1.0000001192199260};
  };
  static CentralMoments central_moments(const double* t) {
    const double s = t[2], scale = t[1];
    if (s == 0)
      return {t[0] + kEuler * scale, kPi * kPi / 6 * scale * scale, 2 * Gammas::kZeta[1] * scale * scale * scale,
              0.15 * std::pow(kPi * scale, 4)};
    const Gammas g(s);
    const double unit = scale * std::exp(g.first) / s;
    const double mean = s < 1 ? t[0] + scale * std::expm1(g.first) / s : kInfinity;
    const double variance = s < 0.5 ? unit * unit * std::expm1(g.second) : kInfinity;
    const double third =
        s < 1.0 / 3 ? unit * unit * unit * (expm1mx(g.third) - 3 * expm1mx(g.second) + g.third_rest) : kInfinity;
    const double fourth = s < 0.25
                              ? unit * unit * unit * unit *
                                    (expm1mx(g.fourth) - 4 * expm1mx(g.third) + 6 * expm1mx(g.second) + g.fourth_rest)
                              : kInfinity;
    return {mean, variance, third, fourth};
  }

  static double cdf(const double* t, double x, bool upper) {
    const double u = std::exp(-to_gumbel((x - t[0]) / t[1], t[2]));
    return upper ? -std::expm1(-u) : std::exp(-u);
  }
  static double quantile(const double* t, double p, bool upper) {
    const double g = -std::log(upper ? -std::log1p(-p) : -std::log(p));
    return t[0] + t[1] * (t[2] == 0 ? g : std::expm1(t[2] * g) / t[2]);
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    const double mode = t[2] > -1 && t[2] != 0 ? std::expm1(-t[2] * std::log1p(t[2])) / t[2] : 0;
    const Support ends = support(t);
    const double at = t[0] + t[1] * mode, room = std::min(at - ends.low, ends.high - at);
    out.push_back({at, room > 0 ? std::min(t[1], 0.5 * room) : 0.5 * t[1]});
    out.push_back({t[0], t[1]});
  }
};

}  // namespace

void add_generalized_extreme_value(Registrar& registrar) {
  registrar.family(std::make_unique<PlainFamily<GeneralizedExtremeValue>>());
}

}  // namespace kullback::bounded
