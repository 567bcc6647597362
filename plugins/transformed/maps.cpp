// Y = g(X) for monotone g: affine maps, exp, log, logistic, 1/x and powers.
#include "wrapper.hpp"

#include <algorithm>
#include <cmath>

namespace kullback::transformed {
namespace {

// A point x of the distribution inside with log x, where that is known better than from x (NaN: it is not).
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
struct Inside {
  double x, log_x = kUnknown;
};

// The same for the logarithms of the distances to the ends of the support.
struct Distances {
  double from_low = kUnknown, to_high = kUnknown;
};

// One label of Y as a combination of labels of X: factor * E[label] + shift; c is that of a parametric label.
struct Translation {
  Text label;
  double factor = 1, shift = 0, c = 0;
  bool parametric = false;
};

// What a map must say; `k` are the wrapper's numbers. kMoments: moments of Y are known moments of X.
struct Affine {  // shift + scale x
  static constexpr bool kMoments = true;
  static constexpr Text kName = "affine", kFormula = "p((x - shift) / scale) / |scale|", kMap = "";
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

struct Plain {
  static constexpr bool kMoments = true;
  static std::vector<std::string> numbers() { return {}; }
  static bool increasing(const double*) { return true; }
  static void check(std::vector<double>&, const Support&) {}
  static Distances distances(const double*, double, double) { return {}; }
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
  static constexpr Text kName = "power_of", kFormula = "p(x^(1/exponent)) x^(1/exponent - 1) / |exponent|", kMap = "";
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

template <class Map>
class Mapped : public Wrapper, public Entropy, public Moments, public Quantiles, public Sampler, public Landmarks {
 public:
  Text name() const override { return Map::kName; }
  Text formula() const override { return Map::kFormula; }

  Members make(const Arguments& arguments) const override {
    Call call = read_call(std::string(Map::kName), arguments, Map::numbers());
    const Support own = call.child.family->support(call.child.layout, call.child.theta, 0, 0);
    if (own.integer)
      throw DomainError("", std::string(Map::kName) + " needs a continuous distribution, and " +
                                std::string(call.child.family->name()) + " is discrete");
    Map::check(call.numbers, own);
    return wrap(call, call.numbers);
  }
  bool provides(const Layout& layout, int capability) const override {
    if (!Map::kMoments && (capability == Entropy::kCapability || capability == Moments::kCapability)) return false;
    if (capability == Entropy::kCapability) return child_has<Entropy>(layout) && child_has<Moments>(layout);
    return has_capability(*child(layout).family, child(layout).layout, capability);
  }
  Support support(const Layout& layout, In theta, Index member, Index) const override {
    const Support own = child_support(layout, theta, member);
    const double* k = numbers(layout);
    const double a = Map::forward(k, own.low), b = Map::forward(k, own.high);
    return {std::min(a, b), std::max(a, b), false};
  }

  void log_density(const Layout& layout, In theta, const Points& points, Row out) const override {
    const Index count = points.x.cols();
    const double* k = numbers(layout);
    const Support whole = child_support(layout, theta, 0), own = support(layout, theta, 0, 0);
    const bool known = points.has_distances() && theta.cols() == 1;
    Eigen::MatrixXd x(1, count), from(1, count), to(1, count);
    Eigen::RowVectorXd slope(count);
    for (Index n = 0; n < count; ++n) {
      const double y = points.x(0, n);
      const double from_zero = known && own.low == 0 ? points.log_from_low(0, n) : kUnknown;
      const double to_one = known && own.high == 1 ? points.log_to_high(0, n) : kUnknown;
      const bool inside = known ? y >= own.low && y <= own.high : in_range(layout, theta, n, y);
      const Inside at = inside ? Map::back(k, y, from_zero, to_one) : Inside{kUnknown};
      x(0, n) = at.x;
      slope[n] = inside ? Map::log_slope(k, at) : kUnknown;
      from(0, n) = whole.low == 0 && !std::isnan(at.log_x) ? at.log_x : std::log(at.x - whole.low);
      to(0, n) = std::log(whole.high - at.x);
      if (const Distances d =
              known ? Map::distances(k, points.log_from_low(0, n), points.log_to_high(0, n)) : Distances{};
          !std::isnan(d.from_low)) {
        from(0, n) = d.from_low, to(0, n) = d.to_high;
        // Beside a bound y has lost what the distance knows.
        const bool low = std::isfinite(whole.low), high = std::isfinite(whole.high);
        if (low && (!high || d.from_low < d.to_high))
          x(0, n) = whole.low + std::exp(d.from_low);
        else if (high)
          x(0, n) = whole.high - std::exp(d.to_high);
      }
    }
    for (Index n = 0; n < count; ++n)
      if (std::isnan(slope[n])) {  // any point of the distribution inside: the result is not used
        x(0, n) = std::isfinite(whole.low) ? whole.low + 1e-3 : 0;
        from(0, n) = std::log(1e-3), to(0, n) = 0;
      }
    const Part& part = child(layout);
    if (std::isfinite(whole.low) || std::isfinite(whole.high))
      part.family->log_density(part.layout, theta, Points(x, from, to), out);
    else
      part.family->log_density(part.layout, theta, Points(x), out);
    for (Index n = 0; n < count; ++n)
      out[n] = std::isnan(slope[n]) || out[n] == -kInfinity ? -kInfinity : out[n] - slope[n];
  }

  void entropy(const Layout& layout, In theta, Row out) const override {
    if constexpr (Map::kMoments) add_slope(layout, theta, out);
  }
  bool expect(const Layout& layout, In theta, Text label, Out value) const override {
    if constexpr (Map::kMoments) {
      std::vector<Translation> translations;
      return Map::translate(numbers(layout), label, translations) && combine(layout, theta, translations, value);
    }
    return false;
  }

  void cdf(const Layout& layout, In theta, In x, bool upper, Row p) const override {
    const double* k = numbers(layout);
    for (Index n = 0; n < x.cols(); ++n) {
      const Eigen::MatrixXd own = column(theta, n);
      const Support bounds = support(layout, own, 0, 0);
      const double y = x(0, n);
      if (y <= bounds.low || y >= bounds.high)
        p[n] = (y >= bounds.high) != upper ? 1 : 0;
      else
        p[n] = transformed::cdf(child(layout), own, Map::back(k, y, kUnknown, kUnknown).x, upper == Map::increasing(k));
    }
  }
  void quantile(const Layout& layout, In theta, In p, bool upper, Row x) const override {
    const double* k = numbers(layout);
    of_child<Quantiles>(layout).quantile(child(layout).layout, theta, p, upper == Map::increasing(k), x);
    for (Index n = 0; n < x.size(); ++n) x[n] = Map::forward(k, x[n]);
  }
  Index uniforms(const Layout& layout) const override {
    return of_child<Sampler>(layout).uniforms(child(layout).layout);
  }
  void sample(const Layout& layout, In theta, In uniforms, Out x) const override {
    of_child<Sampler>(layout).sample(child(layout).layout, theta, uniforms, x);
    for (Index n = 0; n < x.cols(); ++n) x(0, n) = Map::forward(numbers(layout), x(0, n));
  }
  void landmarks(const Layout& layout, In theta, Index member, std::vector<Landmark>& out) const override {
    const double* k = numbers(layout);
    std::vector<Landmark> inside;
    of_child<Landmarks>(layout).landmarks(child(layout).layout, theta, member, inside);
    const Support own = child_support(layout, theta, member);
    for (const Landmark& mark : inside) {
      // A wide feature is many under a map that bends it: one a scale.
      for (double step = -4; step <= 4; step += mark.scale > 0 ? 2 : 100) {
        const double x = mark.scale > 0 ? mark.location + step * mark.scale : mark.location;
        if (!(x > own.low && x < own.high)) continue;
        const Inside at{x, x > 0 ? std::log(x) : kUnknown};
        const double scale = mark.scale > 0 ? mark.scale * std::exp(Map::log_slope(k, at)) : 0, y = Map::forward(k, x);
        if (std::isfinite(y) && std::isfinite(scale)) out.push_back({y, scale});
        if (Map::numbers().size() == 2 && step == 0) break;
      }
    }
  }

 protected:
  static const double* numbers(const Layout& layout) {
    return layout.constants.empty() ? nullptr : layout.constants[0].data();
  }

 private:
  // H(Y) = H(X) + E log |g'(X)|
  static void add_slope(const Layout& layout, In theta, Row out) {
    of_child<Entropy>(layout).entropy(child(layout).layout, theta, out);
    Eigen::MatrixXd more(1, theta.cols());
    if (!combine(layout, theta, Map::mean_log_slope(numbers(layout)), more))
      throw UnsupportedError(std::string(child(layout).family->name()) +
                             " does not know the expected logarithm of the slope of " + std::string(Map::kName));
    out += more.row(0);
  }
  bool in_range(const Layout& layout, In theta, Index n, double y) const {
    const Support own = support(layout, theta, theta.cols() > 1 ? n : 0, 0);
    return y >= own.low && y <= own.high && std::isfinite(y);
  }
  static bool combine(const Layout& layout, In theta, const std::vector<Translation>& translations, Out value) {
    const auto* moments = child_has<Moments>(layout);
    value.setZero();
    Eigen::MatrixXd each(1, theta.cols());
    for (const Translation& t : translations) {
      if (t.label == "1") {
        each.setOnes();
      } else if (t.parametric) {
        const Eigen::RowVectorXd c = Eigen::RowVectorXd::Constant(theta.cols(), t.c);
        if (!moments->expect_at(child(layout).layout, theta, t.label, row(c), Row(each.data(), each.size())))
          return false;
      } else if (!moments->expect(child(layout).layout, theta, t.label, each)) {
        return false;
      }
      value.array() += t.factor * each.array() + t.shift;
    }
    return true;
  }
};

// A map without numbers is the same map for all members: divergences between images are those of the distributions.
template <class Map>
class MappedImage final : public Mapped<Map>, public Image {
 public:
  Text map() const override { return Map::kMap; }
  bool provides(const Layout& layout, int capability) const override {
    return capability == Image::kCapability || Mapped<Map>::provides(layout, capability);
  }
  Members preimage(const Layout& layout, In theta) const override {
    return {layout.parts.front().family, layout.parts.front().layout, theta};
  }
};

}  // namespace

void register_maps(Registrar& registrar) {
  registrar.family(std::make_unique<Mapped<Affine>>());
  registrar.family(std::make_unique<MappedImage<Exp>>());
  registrar.family(std::make_unique<MappedImage<Log>>());
  registrar.family(std::make_unique<MappedImage<Logistic>>());
  registrar.family(std::make_unique<MappedImage<Reciprocal>>());
  registrar.family(std::make_unique<Mapped<Power>>());
}

}  // namespace kullback::transformed
