// Y = g(X) for monotone g: affine maps, exp, log, logistic, 1/x and powers.
#include "mapped.hpp"

namespace kullback::transformed {
namespace {

// What a map must say; `k` are the wrapper's numbers.
struct Affine {  // shift + scale x
  static constexpr bool kMoments = true;
  static constexpr Text kName = "affine", kFormula = "p((x - shift) / scale) / |scale|", kMap = "affine";
  static std::vector<std::string> numbers() { return {"shift", "scale"}; }
  static void check(std::vector<double>& k, const Support&) {
    if (std::isnan(k[0])) k[0] = 0;
    if (std::isnan(k[1])) k[1] = 1;
    if (!(k[1] != 0)) throw DomainError("scale", "scale must not be 0");
  }
  static bool increasing(const double* k) { return k[1] > 0; }
  static double forward(const double* k, double x) { return k[0] + k[1] * x; }
  static Inside back(const double* k, double y, double, double) { return {(y - k[0]) / k[1]}; }
  // log |dy/dx| at x
  static double log_slope(const double* k, const Inside&) { return std::log(std::abs(k[1])); }
  static Distances distances(const double* k, double log_from_low, double log_to_high) {
    const double scale = std::log(std::abs(k[1]));
    return k[1] > 0 ? Distances{log_from_low - scale, log_to_high - scale}
                    : Distances{log_to_high - scale, log_from_low - scale};
  }
  static bool translate(const double* k, Text label, std::vector<Translation>& out) {
    if (label == "x") out = {{"x", k[1], k[0]}};
    if (label == "x2" || label == "x*x'") out = {{"x2", k[1] * k[1], k[0] * k[0]}, {"x", 2 * k[0] * k[1]}};
    return !out.empty();
  }
  static std::vector<Translation> mean_log_slope(const double* k) { return {{"1", std::log(std::abs(k[1])), 0}}; }
};

void need_positive(Text name, const Support& support) {
  if (!(support.low >= 0)) throw DomainError("", std::string(name) + " needs a distribution on the positive numbers");
}

struct Exp : Plain {
  static constexpr Text kName = "exp_of", kFormula = "p(log x) / x", kMap = "exp";
  static double forward(const double*, double x) { return std::exp(x); }
  static Inside back(const double*, double y, double log_from_zero, double) {
    return {std::isnan(log_from_zero) ? std::log(y) : log_from_zero};
  }
  static double log_slope(const double*, const Inside& at) { return at.x; }
  static bool translate(const double*, Text label, std::vector<Translation>& out) {
    if (label == "log_x") out = {{"x"}};
    if (label == "log2_x") out = {{"x2"}};
    if (label == "x") out = {{"exp_x"}};
    if (label == "1/x") out = {{"exp_-x"}};
    if (label == "x2" || label == "x*x'") out = {{"exp(c*x)", 1, 0, 2, true}};
    if (label == "x3") out = {{"exp(c*x)", 1, 0, 3, true}};
    if (label == "sqrt_x") out = {{"exp(c*x)", 1, 0, 0.5, true}};
    if (label == "1/x2") out = {{"exp(c*x)", 1, 0, -2, true}};
    return !out.empty();
  }
  static std::vector<Translation> mean_log_slope(const double*) { return {{"x"}}; }
};

struct Log : Plain {
  static constexpr Text kName = "log_of", kFormula = "p(exp x) exp(x)", kMap = "log";
  static void check(std::vector<double>&, const Support& support) { need_positive("log_of", support); }
  static double forward(const double*, double x) { return std::log(x); }
  static Inside back(const double*, double y, double, double) { return {std::exp(y), y}; }
  static double log_slope(const double*, const Inside& at) { return -at.log_x; }
  static bool translate(const double*, Text label, std::vector<Translation>& out) {
    if (label == "x") out = {{"log_x"}};
    if (label == "x2" || label == "x*x'") out = {{"log2_x"}};
    if (label == "exp_x") out = {{"x"}};
    if (label == "exp_-x") out = {{"1/x"}};
    return !out.empty();
  }
  static std::vector<Translation> mean_log_slope(const double*) { return {{"log_x", -1}}; }
};

struct Logistic : Plain {
  static constexpr Text kName = "logistic_of", kFormula = "p(log(x / (1 - x))) / (x (1 - x))", kMap = "logistic";
  static constexpr bool kMoments = false;           // E[logistic(X)] has no closed form for any family
  static double forward(const double*, double x) {  // below 1 for a finite x, however large
    return std::isinf(x) ? logistic(x) : std::clamp(logistic(x), std::numeric_limits<double>::min(), 1 - kEpsilon / 2);
  }
  static Inside back(const double*, double y, double log_from_zero, double log_to_one) {
    const double low = std::isnan(log_from_zero) ? std::log(y) : log_from_zero;
    return {low - (std::isnan(log_to_one) ? std::log1p(-y) : log_to_one)};
  }
  static double log_slope(const double*, const Inside& at) {
    return -std::abs(at.x) - 2 * std::log1p(std::exp(-std::abs(at.x)));
  }
};

struct Reciprocal : Plain {
  static constexpr Text kName = "reciprocal_of", kFormula = "p(1 / x) / x^2", kMap = "1/y";
  static void check(std::vector<double>&, const Support& support) { need_positive("reciprocal_of", support); }
  static bool increasing(const double*) { return false; }
  static double forward(const double*, double x) { return 1 / x; }
  static Inside back(const double*, double y, double log_from_zero, double) {
    return {1 / y, -(std::isnan(log_from_zero) ? std::log(y) : log_from_zero)};
  }
  static double log_slope(const double*, const Inside& at) { return -2 * at.log_x; }
  static bool translate(const double*, Text label, std::vector<Translation>& out) {
    if (label == "x") out = {{"1/x"}};
    if (label == "x2" || label == "x*x'") out = {{"1/x2"}};
    if (label == "1/x") out = {{"x"}};
    if (label == "1/x2") out = {{"x2"}};
    if (label == "log_x") out = {{"log_x", -1}};
    if (label == "log2_x") out = {{"log2_x"}};
    return !out.empty();
  }
  static std::vector<Translation> mean_log_slope(const double*) { return {{"log_x", -2}}; }
};

struct Power : Plain {
  static constexpr Text kName = "power_of", kFormula = "p(x^(1/exponent)) x^(1/exponent - 1) / |exponent|",
                        kMap = "power";
  static std::vector<std::string> numbers() { return {"exponent"}; }
  static void check(std::vector<double>& k, const Support& support) {
    need_positive("power_of", support);
    if (!(std::isfinite(k[0]) && k[0] != 0)) throw DomainError("exponent", "power_of needs an exponent other than 0");
  }
  static bool increasing(const double* k) { return k[0] > 0; }
  static double forward(const double* k, double x) { return std::pow(x, k[0]); }
  static Inside back(const double* k, double y, double log_from_zero, double) {
    return {std::pow(y, 1 / k[0]), (std::isnan(log_from_zero) ? std::log(y) : log_from_zero) / k[0]};
  }
  static double log_slope(const double* k, const Inside& at) {
    return std::log(std::abs(k[0])) + (k[0] - 1) * at.log_x;
  }
  static bool translate(const double* k, Text label, std::vector<Translation>& out) {
    if (label == "x") out = {{"x^c", 1, 0, k[0], true}};
    if (label == "x2" || label == "x*x'") out = {{"x^c", 1, 0, 2 * k[0], true}};
    if (label == "log_x") out = {{"log_x", k[0]}};
    if (label == "log2_x") out = {{"log2_x", k[0] * k[0]}};
    return !out.empty();
  }
  static std::vector<Translation> mean_log_slope(const double* k) {
    return {{"1", std::log(std::abs(k[0])), 0}, {"log_x", k[0] - 1}};
  }
};

}  // namespace

void register_maps(Registrar& registrar) {
  registrar.family(std::make_unique<MappedImage<Affine>>());
  registrar.family(std::make_unique<MappedImage<Exp>>());
  registrar.family(std::make_unique<MappedImage<Log>>());
  registrar.family(std::make_unique<MappedImage<Logistic>>());
  registrar.family(make_logit());
  registrar.family(std::make_unique<MappedImage<Reciprocal>>());
  registrar.family(std::make_unique<MappedImage<Power>>());
}

}  // namespace kullback::transformed
