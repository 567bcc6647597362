// Y = log(X/(1 - X)). Distribution functions and quantiles of X are told by x alone, which beside 1 has lost Y: there
// they are integrals of Y's density, which keeps its digits.
#include "mapped.hpp"

#include <kullback/gauss_legendre.hpp>

namespace kullback::transformed {
namespace {

struct Logit : Plain {
  static constexpr Text kName = "logit_of", kFormula = "p(1/(1 + exp(-x))) / (2 + exp(x) + exp(-x))", kMap = "logit";
  static void check(std::vector<double>&, const Support& support) {
    if (!(support.low >= 0 && support.high <= 1))
      throw DomainError("", "logit_of needs a distribution on the numbers between 0 and 1");
  }
  static double forward(const double*, double x) { return std::log(x) - std::log1p(-x); }
  static Inside back(const double*, double y, double, double) { return {logistic(y), -log1pexp(-y), -log1pexp(y)}; }
  static double log_slope(const double*, const Inside& at) {
    const double log_x = std::isnan(at.log_x) ? std::log(at.x) : at.log_x;
    return -log_x - (std::isnan(at.log_rest) ? std::log1p(-at.x) : at.log_rest);
  }
  static bool translate(const double*, Text label, std::vector<Translation>& out) {
    if (label == "x") out = {{"logit_x"}};
    if (label == "x2" || label == "x*x'") out = {{"logit2_x"}};
    return !out.empty();
  }
  static std::vector<Translation> mean_log_slope(const double*) { return {{"log_x", -1}, {"log_1mx", -1}}; }
};

// Where x says what Y is: 1 - x to 14 digits, and no underflow.
constexpr double kLow = -650, kHigh = 5;

// The integral of a density from `from` outward, to `to` or for ever: panels that double, each halved until it agrees
// with its halves.
template <class Density>
class Outward {
 public:
  explicit Outward(const Density& density) : density_(density) {}
  double mass(double from, double to) {
    const double side = to > from ? 1 : -1;
    double at = from, width = 1;
    for (int panel = 0, idle = 0; panel < 1000 && at != to && idle < 3; ++panel, width *= 2) {
      const double next = side > 0 ? std::min(at + width, to) : std::max(at - width, to);
      if (!std::isfinite(next)) break;
      const double low = std::min(at, next), high = std::max(at, next), before = sum_;
      refine(low, high, gauss_legendre(density_, low, high), 0);
      // A tail that has begun to fall has ended; one of which nothing has been seen may begin far out.
      idle = sum_ > 0 && sum_ - before <= 1e-18 * sum_ ? idle + 1 : 0;
      at = next;
    }
    return sum_;
  }

 private:
  void refine(double low, double high, double whole, int depth) {
    const double middle = 0.5 * (low + high), left = gauss_legendre(density_, low, middle),
                 right = gauss_legendre(density_, middle, high);
    if (depth == 40 || std::abs(left + right - whole) <= 1e-14 * (sum_ + left + right)) {
      sum_ += left + right;
      return;
    }
    refine(low, middle, left, depth + 1);
    refine(middle, high, right, depth + 1);
  }
  const Density& density_;
  double sum_ = 0;
};

class LogitFamily final : public MappedImage<Logit> {
 public:
  void cdf(const Layout& layout, In theta, In x, bool upper, Row p) const override {
    for (Index n = 0; n < x.cols(); ++n) p[n] = cdf_at(layout, column(theta, n), x(0, n), upper);
  }
  void quantile(const Layout& layout, In theta, In p, bool upper, Row x) const override {
    MappedImage<Logit>::quantile(layout, theta, p, upper, x);
    for (Index n = 0; n < x.size(); ++n) {
      if ((x[n] > kLow && x[n] < kHigh) || !(p(0, n) > 0 && p(0, n) < 1)) continue;
      const Eigen::MatrixXd own = column(theta, n);
      const Support bounds = support(layout, own, 0, 0);
      x[n] = solve_quantile([&](double y, bool above) { return cdf_at(layout, own, y, above); },
                            [&](double y) { return log_density_at(layout, own, y); }, p(0, n), upper,
                            std::clamp(x[n], kLow, kHigh), 1e3, bounds.low, bounds.high);
    }
  }
  void sample(const Layout& layout, In theta, In uniforms, Out x) const override {
    quantile(layout, theta, uniforms, false, Row(x.data(), x.cols()));
  }
  Index uniforms(const Layout&) const override { return 1; }
  bool provides(const Layout& layout, int capability) const override {
    return MappedImage<Logit>::provides(
        layout, capability == Sampler::kCapability ? static_cast<int>(Quantiles::kCapability) : capability);
  }

 private:
  double log_density_at(const Layout& layout, In theta, double y) const {
    double out = 0;
    log_density(layout, theta, Points(Eigen::MatrixXd::Constant(1, 1, y)), Row(&out, 1));
    return out;
  }
  double cdf_at(const Layout& layout, In theta, double y, bool upper) const {
    const Support bounds = support(layout, theta, 0, 0);
    if (y <= bounds.low || y >= bounds.high) return (y >= bounds.high) != upper ? 1 : 0;
    const auto known = [&](double at) { return transformed::cdf(child(layout), theta, logistic(at), upper); };
    if (y >= kLow && y <= kHigh) return known(y);
    const double edge = y > kHigh ? kHigh : kLow;
    const auto density = [&](double at) { return std::exp(log_density_at(layout, theta, at)); };
    Outward outward(density);
    if ((y > kHigh) == upper) return outward.mass(y, upper ? bounds.high : bounds.low);
    return known(edge) + outward.mass(edge, y);
  }
};

}  // namespace

std::unique_ptr<Distribution> make_logit() { return std::make_unique<LogitFamily>(); }

}  // namespace kullback::transformed
