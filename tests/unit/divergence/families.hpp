// Families on the line for tests: just a density and a support, some with landmarks, none with moments or quantiles.
#pragma once

#include <kullback/capability.hpp>
#include <kullback/numerics.hpp>

#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace kullback::test {

inline constexpr double kInf = std::numeric_limits<double>::infinity();
inline constexpr double kPi = 3.14159265358979323846;

struct OnLine {
  static Support support(const double*) { return {-kInf, kInf, false}; }
};
struct OnHalfLine {
  static Support support(const double*) { return {0, kInf, false}; }
};

struct Cauchy : OnLine {  // location, scale
  static constexpr Text kName = "cauchy";
  static constexpr int kParameters = 2;
  static double log_density(const double* t, double x) {
    const double z = (x - t[0]) / t[1];
    return -std::log(kPi * t[1]) - (std::abs(z) > 1e100 ? 2 * std::log(std::abs(z)) : std::log1p(z * z));
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) { out.push_back({t[0], t[1]}); }
};
struct StudentT : OnLine {  // degrees of freedom, location, scale
  static constexpr Text kName = "student_t";
  static constexpr int kParameters = 3;
  static double log_density(const double* t, double x) {
    const double n = t[0], z = (x - t[1]) / t[2];
    return log_gamma((n + 1) / 2) - log_gamma(n / 2) - 0.5 * std::log(n * kPi) - std::log(t[2]) -
           (n + 1) / 2 * std::log1p(z * z / n);
  }
};
struct TwoNormals : OnLine {  // modes at +-m with standard deviation s
  static constexpr Text kName = "two_normals";
  static constexpr int kParameters = 2;
  static double log_density(const double* t, double x) {
    const double a = (x - t[0]) / t[1], b = (x + t[0]) / t[1];
    const double both[2] = {-0.5 * a * a, -0.5 * b * b};
    return log_sum_exp(both, 2) - std::log(2 * t[1]) - 0.5 * std::log(2 * kPi);
  }
};
struct Laplace : OnLine {  // location, scale
  static constexpr Text kName = "laplace";
  static constexpr int kParameters = 2;
  static double log_density(const double* t, double x) { return -std::abs(x - t[0]) / t[1] - std::log(2 * t[1]); }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    out.push_back({t[0], t[1]});
    out.push_back({t[0], 0});
  }
};
struct Uniform {  // low, high
  static constexpr Text kName = "uniform";
  static constexpr int kParameters = 2;
  static Support support(const double* t) { return {t[0], t[1], false}; }
  static double log_density(const double* t, double x) { return x < t[0] || x > t[1] ? -kInf : -std::log(t[1] - t[0]); }
};
struct Beta {  // two shapes
  static constexpr Text kName = "beta";
  static constexpr int kParameters = 2;
  static Support support(const double*) { return {0, 1, false}; }
  static double log_density(const double* t, double x) { return log_density(t, x, std::log(x), std::log1p(-x)); }
  static double log_density(const double* t, double, double log_x, double log_rest) {
    return (t[0] - 1) * log_x + (t[1] - 1) * log_rest + log_gamma(t[0] + t[1]) - log_gamma(t[0]) - log_gamma(t[1]);
  }
};
struct Gamma : OnHalfLine {  // shape, rate
  static constexpr Text kName = "gamma";
  static constexpr int kParameters = 2;
  static double log_density(const double* t, double x) { return log_density(t, x, std::log(x), kInf); }
  static double log_density(const double* t, double x, double log_x, double) {
    const double a = t[0];
    if (a < 100) return (a - 1) * log_x + a * std::log(t[1]) - t[1] * x - log_gamma(a);
    // Loader's form: nothing of the size of a is left to cancel. Stirling's error term by its series.
    const double stirling = (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / (a * a)) / (a * a)) / a;
    return -bd0(a, t[1] * x) + 0.5 * std::log(a / (2 * kPi)) - stirling - log_x;
  }
};
struct Exponential : OnHalfLine {  // rate
  static constexpr Text kName = "test_exponential";
  static constexpr int kParameters = 1;
  static double log_density(const double* t, double x) { return std::log(t[0]) - t[0] * x; }
};
struct InverseGamma : OnHalfLine {  // shape, scale
  static constexpr Text kName = "inverse_gamma";
  static constexpr int kParameters = 2;
  static double log_density(const double* t, double x) { return log_density(t, x, std::log(x), kInf); }
  static double log_density(const double* t, double, double log_x, double) {
    return t[0] * std::log(t[1]) - log_gamma(t[0]) - (t[0] + 1) * log_x - t[1] * std::exp(-log_x);
  }
};
struct LogNormal : OnHalfLine {  // mean and standard deviation of the logarithm
  static constexpr Text kName = "log_normal";
  static constexpr int kParameters = 2;
  static double log_density(const double* t, double x) { return log_density(t, x, std::log(x), kInf); }
  static double log_density(const double* t, double, double log_x, double) {
    const double z = (log_x - t[0]) / t[1];
    return -0.5 * z * z - std::log(t[1]) - 0.5 * std::log(2 * kPi) - log_x;
  }
};
struct Gompertz : OnHalfLine {  // shape
  static constexpr Text kName = "gompertz";
  static constexpr int kParameters = 1;
  static double log_density(const double* t, double x) { return std::log(t[0]) + x - t[0] * std::expm1(x); }
};

template <class Math>
class Family : public ScalarFamily<Math> {
 public:
  Text name() const override { return Math::kName; }
  std::vector<std::vector<Parameter>> parameterizations() const override {
    std::vector<Parameter> out(Math::kParameters);
    for (int i = 0; i < Math::kParameters; ++i) out[static_cast<std::size_t>(i)].name = "t" + std::to_string(i);
    return {out};
  }
  Support support(const Layout&, In theta, Index member, Index) const override {
    return Math::support(theta.col(member).data());
  }
};
template <class Math>
class Marked final : public Family<Math>, public Landmarks {
 public:
  void landmarks(const Layout&, In theta, Index member, std::vector<Landmark>& out) const override {
    Math::landmarks(theta.col(member).data(), out);
  }
};

inline const std::map<std::string, std::unique_ptr<Distribution>>& families() {
  static const auto all = [] {
    std::map<std::string, std::unique_ptr<Distribution>> out;
    const auto add = [&](std::unique_ptr<Distribution> f) { out.emplace(std::string(f->name()), std::move(f)); };
    add(std::make_unique<Marked<Cauchy>>());
    add(std::make_unique<Family<StudentT>>());
    add(std::make_unique<Family<TwoNormals>>());
    add(std::make_unique<Marked<Laplace>>());
    add(std::make_unique<Family<Uniform>>());
    add(std::make_unique<Family<Beta>>());
    add(std::make_unique<Family<Gamma>>());
    add(std::make_unique<Family<Exponential>>());
    add(std::make_unique<Family<InverseGamma>>());
    add(std::make_unique<Family<LogNormal>>());
    add(std::make_unique<Family<Gompertz>>());
    return out;
  }();
  return all;
}

}  // namespace kullback::test
