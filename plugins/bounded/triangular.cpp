// Triangular density with its peak at the mode. theta = (low, mode, high).
#include <algorithm>

#include "bounded.hpp"

namespace kullback::bounded {
namespace {

struct Triangular {
  static constexpr Text kName = "triangular";
  static constexpr Text kFormula =
      "2 (x - low)/((high - low)(mode - low)) up to the mode, 2 (high - x)/((high - low)(high - mode)) beyond";
  static std::vector<std::vector<Parameter>> parameterizations() { return {{real("low"), real("mode"), real("high")}}; }
  static void to_stored(int, const double* given, double* t) {
    store_ordered(given, t, 3, 0, 2);
    if (!(t[0] <= t[1] && t[1] <= t[2])) throw DomainError("mode", "mode must lie between low and high");
  }
  static Support support(const double* t) { return {t[0], t[2], false}; }

  struct Density {
    double mode, rising, falling;
    explicit Density(const double* t)
        : mode(t[1]),
          rising(kLog2 - std::log(t[2] - t[0]) - std::log(t[1] - t[0])),
          falling(kLog2 - std::log(t[2] - t[0]) - std::log(t[2] - t[1])) {}
    double operator()(double x, double log_from_low, double log_to_high) const {
      const bool left = x < mode || falling == kInfinity;
      return left ? rising + log_from_low : falling + log_to_high;
    }
  };

  static double entropy(const double* t) { return 0.5 + std::log(0.5 * (t[2] - t[0])); }
  static CentralMoments central_moments(const double* t) {
    const double u = t[1] - t[0], v = t[2] - t[1], variance = (u * u + u * v + v * v) / 18;
    return {t[1] + (v - u) / 3, variance, (v - u) * (2 * u + v) * (u + 2 * v) / 270, 2.4 * variance * variance};
  }
  static double mean_distance(const double* t, double c) {
    const double mean = t[1] + ((t[2] - t[1]) - (t[1] - t[0])) / 3, width = t[2] - t[0];
    if (c <= t[0] || c >= t[2]) return std::abs(mean - c);
    const double d = c < t[1] ? c - t[0] : t[2] - c, side = c < t[1] ? t[1] - t[0] : t[2] - t[1];
    return (c < t[1] ? mean - c : c - mean) + 2 * d * (d / side) * (d / width) / 3;
  }
  // Each side is x = mode + a part of the side, with density 2 (1 - s) of the part s.
  static double moment_generating(const double* t, double c) {
    const double u = t[1] - t[0], v = t[2] - t[1];
    const auto side = [](double y) { return y == 0 ? 1 : 2 * (expm1mx(y) / y) / y; };
    return std::exp(c * t[1]) * (u * side(-c * u) + v * side(c * v)) / (u + v);
  }
  static std::complex<double> characteristic(const double* t) {
    const double u = t[1] - t[0], v = t[2] - t[1];
    const auto side = [](double y) -> std::complex<double> {
      if (std::abs(y) < 0.3) {  // the integral of e^(iys) 2 (1 - s)
        std::complex<double> sum = 0, term = 1;
        for (int n = 0; n < 14; ++n) {
          sum += 2.0 * term / ((n + 1.0) * (n + 2.0));
          term *= std::complex<double>(0, y / (n + 1));
        }
        return sum;
      }
      const double half = std::sin(0.5 * y) / y;
      return {4 * half * half, 2 * (y - std::sin(y)) / (y * y)};
    };
    return std::polar(1.0, t[1]) * (u * side(-u) + v * side(v)) / (u + v);
  }

  static void landmarks(const double* t, std::vector<Landmark>& out) {
    out.push_back({t[1], 0});
    out.push_back({t[1], 0.25 * (t[2] - t[0])});
  }
  static double cdf(const double* t, double x, bool upper) {
    const double width = t[2] - t[0];
    const bool left = x < t[1];
    const double d = left ? x - t[0] : t[2] - x, side = left ? t[1] - t[0] : t[2] - t[1];
    const double tail = d == 0 ? 0 : (d / width) * (d / side);
    return left != upper ? tail : 1 - tail;
  }
  static double quantile(const double* t, double p, bool upper) {
    const double width = t[2] - t[0], u = t[1] - t[0], v = t[2] - t[1];
    const double own = (upper ? v : u) / width;  // the share of the side that p counts from
    const bool near = p <= own;
    const bool left = near != upper;
    const double d = std::sqrt((near ? p : 1 - p) * width * (left ? u : v));
    return left ? t[0] + d : t[2] - d;
  }
};

}  // namespace

void add_triangular(Registrar& registrar) { registrar.family(std::make_unique<PlainFamily<Triangular>>()); }

}  // namespace kullback::bounded
