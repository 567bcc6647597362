// Y/(1 - Y) for a beta variable Y. beta_prime: theta = (alpha, beta); fisher_f, which is d2/d1 times one: theta = (d1,
// d2).
#include "beta.hpp"

namespace kullback::beta_family {
namespace {

// What both share: X = scale Y/(1 - Y), Math::variable gives alpha, beta and scale.
struct Variable {
  double alpha, beta, scale;

  double mean_log() const { return digamma(alpha) - digamma(beta) + std::log(scale); }
  double power_moment(double c) const {
    if (!(alpha + c > 0 && beta - c > 0)) return kInfinity;
    if (c == 1) return scale * alpha / (beta - 1);
    if (c == 2) return scale * alpha / (beta - 1) * (scale * (alpha + 1) / (beta - 2));
    if (c == -1) return beta / (alpha - 1) / scale;
    return std::exp(log_gamma_ratio(alpha, c) + log_gamma_ratio(beta, -c) + c * std::log(scale));
  }
  double cdf(double x, bool upper) const {
    const double w = x / scale;  // the smaller of y and 1 - y
    return w < 1 ? beta_cdf(w / (1 + w), alpha, beta, upper) : beta_cdf(1 / (1 + w), beta, alpha, !upper);
  }
};

template <class Math>
struct Ratio {
  static Support support(const double*) { return {0, kInfinity}; }

  struct Density {
    LogDensity log_density;
    double scale, log_scale;
    explicit Density(const double* t)
        : log_density(Math::variable(t).alpha, Math::variable(t).beta),
          scale(Math::variable(t).scale),
          log_scale(std::log(scale)) {}
    double operator()(double x, double log_x, double) const {
      const double w = x / scale, log_w = log_x - log_scale, log_rest = -log1pexp(log_w);  // 1 - y = 1/(1 + w)
      return std::isinf(log_w) && log_w > 0
                 ? -kInfinity
                 : log_density(w < 1 ? w / (1 + w) : 1 / (1 + 1 / w), log_w + log_rest, log_rest) + 2 * log_rest -
                       log_scale;
    }
  };

  static double entropy(const double* t) {
    const Variable x = Math::variable(t);
    return beta_family::entropy(x.alpha, x.beta) - 2 * mean_log(x.beta, x.alpha) + std::log(x.scale);
  }
  static double power_moment(const double* t, double c) { return Math::variable(t).power_moment(c); }
  static double mean_distance(const double* t, double c) {
    const Variable x = Math::variable(t);
    const double mean = x.power_moment(1);
    if (c <= 0 || mean == kInfinity) return mean - c;
    // c (F - (1 - F)) + mean ((1 - G) - G), G for an alpha larger and a beta smaller by one
    const Variable tilted{x.alpha + 1, x.beta - 1, x.scale};
    return c * (x.cdf(c, false) - x.cdf(c, true)) + mean * (tilted.cdf(c, true) - tilted.cdf(c, false));
  }
  static constexpr MomentAt kMomentsAt[] = {{"(x-c)^2", [](const double* t, double c) {
                                               const double square = power_moment(t, 2);
                                               return square == kInfinity ? square
                                                                          : square - 2 * c * power_moment(t, 1) + c * c;
                                             }}};
  static double mean_log_x(const double* t) { return Math::variable(t).mean_log(); }
  static double mean_log2_x(const double* t) {
    const Variable x = Math::variable(t);
    return x.mean_log() * x.mean_log() + trigamma(x.alpha) + trigamma(x.beta);
  }

  static double cdf(const double* t, double x, bool upper) { return Math::variable(t).cdf(x, upper); }
  static double quantile(const double* t, double p, bool upper) {
    const Variable x = Math::variable(t);
    const BetaQuantile y = beta_quantile(p, x.alpha, x.beta, upper);
    return x.scale * (y.x / y.rest);
  }
  static constexpr Index kUniforms = 1;
  static double sample(const double* t, const double* uniform) {  // positive and finite, however small or large
    return std::clamp(quantile(t, *uniform, false), std::numeric_limits<double>::min(),
                      std::numeric_limits<double>::max());
  }
  static void landmarks(const double* t, std::vector<Landmark>& out) {
    const Variable x = Math::variable(t);
    const double spread = std::sqrt(1 / x.alpha + 1 / x.beta), middle = x.scale * (x.alpha / x.beta);
    out.push_back({x.scale * std::max(x.alpha - 1, 0.0) / (x.beta + 1), middle * std::min(spread, 1.0)});
    out.push_back({middle, middle * std::min(spread, 1.0)});
  }
};

struct BetaPrime : Ratio<BetaPrime> {
  static constexpr Text kName = "beta_prime";
  static constexpr Text kFormula = "x^(alpha-1) (1+x)^(-alpha-beta) / B(alpha, beta),  x > 0";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"alpha", Domain::positive}, {"beta", Domain::positive}}};
  }
  static Variable variable(const double* t) { return {t[0], t[1], 1}; }
  static constexpr Moment kMoments[] = {{"log_x", mean_log_x},
                                        {"log2_x", mean_log2_x},
                                        {"log_1px", [](const double* t) { return -mean_log(t[1], t[0]); }}};

  static constexpr Text kStatistics[] = {"log_x", "log_1px"};
  static double log_partition(const double* eta, double* m) {
    const double alpha = eta[0] + 1, beta = -eta[1] - alpha;
    m[1] = -mean_log(beta, alpha);
    m[0] = mean_log(alpha, beta) + m[1];
    return log_beta(alpha, beta);
  }
  static void natural(const double* m, double* eta) {
    double alpha, beta;
    solve_mean_logs(m[0] - m[1], -m[1], alpha, beta);
    eta[0] = alpha - 1, eta[1] = -alpha - beta;
  }
  static bool in_domain(const double* eta) {
    return eta[0] > -1 && -eta[1] - eta[0] - 1 > 0 && std::isfinite(eta[0]) && std::isfinite(eta[1]);
  }
  static void to_natural(const double* t, double* eta) { eta[0] = t[0] - 1, eta[1] = -t[0] - t[1]; }
  static void from_natural(const double* eta, double* t) { t[0] = eta[0] + 1, t[1] = -eta[1] - t[0]; }
  static double fisher(const double* eta, const double* delta) {
    const double alpha = eta[0] + 1;
    return beta_family::fisher(alpha, -eta[1] - alpha, delta[0], -delta[1] - delta[0]);
  }
};

class BetaPrimeFamily final : public PlainExponential<BetaPrime>, public Image {
 public:
  explicit BetaPrimeFamily(const Distribution& beta) : beta_(beta) {}
  Text map() const override { return "y/(1-y)"; }
  Members preimage(const Layout&, In theta) const override { return {&beta_, {}, theta}; }

 private:
  const Distribution& beta_;
};

struct FisherF : Ratio<FisherF> {
  static constexpr Text kName = "fisher_f";
  static constexpr Text kFormula = "(d2/d1)^(d2/2) x^(d1/2-1) (x + d2/d1)^(-(d1+d2)/2) / B(d1/2, d2/2),  x > 0";
  static std::vector<std::vector<Parameter>> parameterizations() {
    return {{{"d1", Domain::positive}, {"d2", Domain::positive}}};
  }
  static Variable variable(const double* t) { return {t[0] / 2, t[1] / 2, t[1] / t[0]}; }
  static constexpr Moment kMoments[] = {{"log_x", mean_log_x}, {"log2_x", mean_log2_x}};
  static constexpr Term kTerms[] = {
      {"log_x", [](const double* t) { return t[0] / 2 - 1; }},
      {"log(x+c)", [](const double* t) { return -(t[0] + t[1]) / 2; }, [](const double* t) { return t[1] / t[0]; }},
      {"1", [](const double* t) { return t[1] / 2 * std::log(t[1] / t[0]) - log_beta(t[0] / 2, t[1] / 2); }}};
};

}  // namespace

void add_beta_prime(Registrar& registrar, const Distribution& beta) {
  registrar.family(std::make_unique<BetaPrimeFamily>(beta));
  registrar.rule("kl", "beta_prime", "beta_prime",
                 kl_rule([](const double* t, double& alpha, double& beta_of) { alpha = t[0], beta_of = t[1]; }));
  registrar.family(std::make_unique<PlainFamily<FisherF>>());
}

}  // namespace kullback::beta_family
