// How many pairs of registered families have a divergence without integration, and that none which other libraries have
// in closed form is missing.
#include "experiment/pair_table.hpp"
#include "support/members.hpp"
#include "support/written.hpp"

#include <cmath>

namespace {

using namespace kullback;

TEST(ClosedForms, MoreThan250FinitePairsOfFamilies) {
  const experiment::PairCount kl = experiment::count_pairs(registry(), registry().divergence("kl"));
  EXPECT_GT(kl.finite, 250);
  RecordProperty("finite_kl_pairs", static_cast<int>(kl.finite));
}

// The pairs of torch.distributions.kl (every entry of _KL_REGISTRY in 1.13), of tensorflow_probability (every
// RegisterKL at c847a41) and of Distributions.jl (every method of kldivergence at 2697768), with a member of each:
// finite pairs of different families first, then those within a family, then those that are infinite. What those call
// Independent, Blockwise or JointDistribution is `factorized` here, OrderedLogistic and StoppingRatioLogistic are a
// categorical, ProbitBernoulli a bernoulli, ExpGamma the logarithm of a gamma, SphericalUniform a von_mises_fisher of
// concentration 0, GaussianProcess at its points a multivariate_normal, and MvLogitNormal has the divergence of its
// normals. (TFP's Deterministic against a continuous distribution is -log q there; here it is infinite, as it must be.)
struct Pair {
  const char *p, *q;
  bool finite = true;
};
constexpr const char* kBeta = "beta(alpha = 2, beta = 3)";
constexpr const char* kBernoulli = "bernoulli(probability = 0.3)";
constexpr const char* kContinuous = "continuous_bernoulli(probability = 0.3)";
constexpr const char* kExponential = "exponential(rate = 1.5)";
constexpr const char* kGamma = "gamma(shape = 2, rate = 3)";
constexpr const char* kGumbel = "gumbel(location = 0.5, scale = 2)";
constexpr const char* kLaplace = "laplace(location = 0.5, scale = 2)";
constexpr const char* kNormal = "normal(mean = 0.5, stddev = 2)";
constexpr const char* kPareto = "pareto(minimum = 1, shape = 3)";
constexpr const char* kPoisson = "poisson(rate = 2)";
constexpr const char* kUniform = "uniform(low = 0.25, high = 0.75)";
constexpr const char* kUnit = "uniform(low = 0, high = 1)";
constexpr const char* kBinomial = "binomial(trials = 3, probability = 0.4)";

const Pair kPairs[] = {
    {kBernoulli, kPoisson},
    {kBeta, kContinuous},
    {kBeta, kExponential},
    {kBeta, kGamma},
    {kBeta, kNormal},
    {kBeta, kUnit},
    {kContinuous, kExponential},
    {kContinuous, kNormal},
    {kContinuous, kUnit},
    {kExponential, kGamma},
    {kExponential, kGumbel},
    {kExponential, kNormal},
    {kGamma, kExponential},
    {kGamma, kGumbel},
    {kGamma, kNormal},
    {kGumbel, kNormal},
    {kLaplace, kNormal},
    {kNormal, kGumbel},
    {kNormal, kLaplace},
    {kPareto, kExponential},
    {kPareto, kGamma},
    {kPareto, kNormal},
    {kUniform, kBeta},
    {kUniform, kContinuous},
    {kUniform, kExponential},
    {kUniform, kGamma},
    {kUniform, kGumbel},
    {kUniform, kNormal},
    {"uniform(low = 2, high = 3)", kPareto},
    {"chi_squared(degrees_of_freedom = 3)", kGamma},
    {kGamma, "chi_squared(degrees_of_freedom = 3)"},
    {"weibull(shape = 1.5, scale = 2)", kGamma},
    {"point_mass(value = 2)", kPoisson},
    {"power_spherical(mean_direction = [0, 0, 1], concentration = 2)",
     "von_mises_fisher(mean_direction = [1, 0, 0], concentration = 3)"},
    {"power_spherical(mean_direction = [0, 0, 1], concentration = 2)",
     "von_mises_fisher(mean_direction = [0, 0, 1], concentration = 0)"},
    {"von_mises_fisher(mean_direction = [0, 0, 1], concentration = 2)",
     "von_mises_fisher(mean_direction = [0, 0, 1], concentration = 0)"},
    {kBernoulli, "bernoulli(probability = 0.6)"},
    {kBeta, "beta(alpha = 0.5, beta = 4)"},
    {kBinomial, "binomial(trials = 3, probability = 0.7)"},
    {kBinomial, "binomial(trials = 5, probability = 0.7)"},
    {"categorical(probabilities = [0.2, 0.3, 0.5])", "categorical(probabilities = [0.5, 0.25, 0.25])"},
    {"cauchy(location = 0, scale = 1)", "cauchy(location = 2, scale = 3)"},
    {"chi(degrees_of_freedom = 3)", "chi(degrees_of_freedom = 4.5)"},
    {"chi_squared(degrees_of_freedom = 3)", "chi_squared(degrees_of_freedom = 4.5)"},
    {kContinuous, "continuous_bernoulli(probability = 0.8)"},
    {"dirichlet(concentration = [1, 2, 3])", "dirichlet(concentration = [3, 2, 0.5])"},
    {kExponential, "exponential(rate = 4)"},
    {kGamma, "gamma(shape = 0.5, rate = 1)"},
    {"geometric(probability = 0.3)", "geometric(probability = 0.6)"},
    {kGumbel, "gumbel(location = -1, scale = 0.5)"},
    {"half_normal(scale = 1)", "half_normal(scale = 3)"},
    {"inverse_gamma(shape = 2, scale = 3)", "inverse_gamma(shape = 4, scale = 1)"},
    {kLaplace, "laplace(location = -1, scale = 0.5)"},
    {"log_normal(log_mean = 0, log_stddev = 1)", "log_normal(log_mean = 1, log_stddev = 2)"},
    {"logit_normal(logit_mean = 0, logit_stddev = 1)", "logit_normal(logit_mean = 1, logit_stddev = 2)"},
    {"multivariate_normal(mean = [0, 1], covariance = [[2, 0.5], [0.5, 1]])",
     "multivariate_normal(mean = [1, 1], covariance = [[1, -0.25], [-0.25, 3]])"},
    {kNormal, "normal(mean = -1, stddev = 0.5)"},
    {kPareto, "pareto(minimum = 0.5, shape = 1)"},
    {"affine(gamma(shape = 2, rate = 3), shift = 1, scale = -2)",
     "affine(gamma(shape = 0.5, rate = 1), shift = 1, scale = -2)"},
    {"power_of(gamma(shape = 2, rate = 3), exponent = 3)", "power_of(gamma(shape = 0.5, rate = 1), exponent = 3)"},
    {"log_of(gamma(shape = 2, rate = 3))", "log_of(gamma(shape = 0.5, rate = 1))"},
    {"log_of(inverse_gamma(shape = 2, scale = 3))", "log_of(inverse_gamma(shape = 4, scale = 1))"},
    {"factorized(normal(mean = 0, stddev = 1), gamma(shape = 2, rate = 3))",
     "factorized(normal(mean = 1, stddev = 2), gamma(shape = 0.5, rate = 1))"},
    {"lindley(rate = 2)", "lindley(rate = 0.5)"},
    {"log_uniform(low = 1, high = 2)", "log_uniform(low = 0.5, high = 4)"},
    {"matrix_normal(mean = [[1, 2]], row_covariance = [[2]], column_covariance = [[2, 0.5], [0.5, 1]])",
     "matrix_normal(mean = [[0, 1]], row_covariance = [[1]], column_covariance = [[1, 0], [0, 3]])"},
    {"moyal(location = 0, scale = 1)", "moyal(location = 1, scale = 2)"},
    {"multinomial(trials = 4, probabilities = [0.2, 0.3, 0.5])",
     "multinomial(trials = 4, probabilities = [0.5, 0.25, 0.25])"},
    {"negative_binomial(successes = 2.5, probability = 0.3)", "negative_binomial(successes = 2.5, probability = 0.6)"},
    {kPoisson, "poisson(rate = 5)"},
    {kUniform, kUnit},
    {"von_mises(mean = 0, concentration = 1)", "von_mises(mean = 1, concentration = 3)"},
    {"weibull(shape = 1.5, scale = 2)", "weibull(shape = 0.75, scale = 1)"},
    {"wishart(degrees_of_freedom = 4, scale = [[2, 0.5], [0.5, 1]])",
     "wishart(degrees_of_freedom = 5, scale = [[1, -0.25], [-0.25, 3]])"},
    {kExponential, kBeta, false},
    {kExponential, kPareto, false},
    {kExponential, kUniform, false},
    {kGamma, kContinuous, false},
    {kGamma, kUniform, false},
    {kGumbel, kExponential, false},
    {kGumbel, kGamma, false},
    {kLaplace, kBeta, false},
    {kLaplace, kPareto, false},
    {kNormal, kBeta, false},
    {kNormal, kUniform, false},
    {kPareto, kUniform, false},
    {kPoisson, kBernoulli, false},
    {kPoisson, kBinomial, false},
    {kUniform, kPareto, false},
    {"pareto(minimum = 1, shape = 1.5)", kNormal, false},
    {"pareto(minimum = 1, shape = 1)", kExponential, false},
};

TEST(ClosedForms, NoPairThatOtherLibrariesKnowIsMissing) {
  for (const auto& [p, q, finite] : kPairs) {
    SCOPED_TRACE(std::string(p) + " " + q);
    const Members a = parse(p), b = parse(q);
    const Estimate formula = evaluate(registry(), registry().divergence("kl"), a, b, {.formulas_only = true});
    if (!finite) {
      EXPECT_EQ(formula.method, Method::infinite) << formula.source;
      EXPECT_TRUE(std::isinf(formula.value));
      continue;
    }
    EXPECT_TRUE(formula.method == Method::closed_form || formula.method == Method::expected_statistics)
        << to_text(formula.method);
    EXPECT_TRUE(std::isfinite(formula.value) && formula.value > 0) << formula.value;
  }
}

// Gil, Alajaji and Linder 2013, table 2: each by a formula at every order, and the formula is the integral.
TEST(ClosedForms, OfRenyiAreAllThatGilAlajajiAndLinderHave) {
  const std::pair<const char*, const char*> pairs[] = {
      {kBeta, "beta(alpha = 1.5, beta = 4)"},
      {"cauchy(location = 0, scale = 1)", "cauchy(location = 2, scale = 3)"},
      {"chi(degrees_of_freedom = 3)", "chi(degrees_of_freedom = 4.5)"},
      {"chi_squared(degrees_of_freedom = 3)", "chi_squared(degrees_of_freedom = 4.5)"},
      {"dirichlet(concentration = [1, 2, 3])", "dirichlet(concentration = [3, 2, 0.5])"},
      {kExponential, "exponential(rate = 2)"},
      {kGamma, "gamma(shape = 1.5, rate = 4)"},
      {kGumbel, "gumbel(location = -1, scale = 2)"},
      {"half_normal(scale = 1)", "half_normal(scale = 3)"},
      {"inverse_gaussian(mean = 1, shape = 2)", "inverse_gaussian(mean = 2, shape = 3)"},
      {kLaplace, "laplace(location = -1, scale = 2.5)"},
      {"levy(scale = 1)", "levy(scale = 1.5)"},
      {"log_normal(log_mean = 0, log_stddev = 1)", "log_normal(log_mean = 1, log_stddev = 2)"},
      {"multivariate_normal(mean = [0, 1], covariance = [[2, 0.5], [0.5, 1]])",
       "multivariate_normal(mean = [1, 1], covariance = [[3, -0.25], [-0.25, 3]])"},
      {kNormal, "normal(mean = -1, stddev = 2.5)"},
      {kPareto, "pareto(minimum = 1, shape = 2)"},
      {kPareto, "pareto(minimum = 0.5, shape = 2)"},
      {"rayleigh(scale = 1)", "rayleigh(scale = 1.5)"},
      {kUniform, kUnit},
      {"weibull(shape = 1.5, scale = 2)", "weibull(shape = 1.5, scale = 3)"},
      // and what follows from those
      {"burr12(c = 1.5, d = 2)", "burr12(c = 1.5, d = 3)"},
      {"frechet(shape = 1.5, scale = 2)", "frechet(shape = 1.5, scale = 1.5)"},
      {"lindley(rate = 2)", "lindley(rate = 2.5)"},
      {"log_uniform(low = 1, high = 2)", "log_uniform(low = 0.5, high = 4)"},
      {"lomax(scale = 2, shape = 3)", "lomax(scale = 2, shape = 3.5)"},
  };
  for (const auto& [first, second] : pairs)
    for (const double order : {-0.25, 0.3, 0.5, 1.1})
      for (const bool swapped : {false, true}) {
        SCOPED_TRACE(std::string(first) + " " + second + " " + std::to_string(order) + (swapped ? " swapped" : ""));
        const Members a = parse(swapped ? second : first), b = parse(swapped ? first : second);
        const auto renyi = registry().divergence("renyi").with(order);
        const Estimate formula = evaluate(registry(), *renyi, a, b, {.formulas_only = true});
        if (formula.method == Method::infinite) continue;  // by the supports
        EXPECT_EQ(formula.method, Method::closed_form) << formula.source;
        if (a.layout.dimension > 1) continue;
        const Estimate integral = evaluate(registry(), *renyi, a, b, {.skip_closed_forms = true});
        EXPECT_NEAR(formula.value, integral.value, formula.error + integral.error) << integral.source;
        EXPECT_LT(formula.error, 1e-12 * (1 + std::abs(formula.value)));
      }
}

// Overlapping supports, neither within the other: finite between the orders 0 and 1 alone.
TEST(ClosedForms, OfRenyiLookAtTheOverlapOfTheSupports) {
  const std::pair<const char*, const char*> pairs[] = {{kUniform, "uniform(low = 0.5, high = 1)"},
                                                       {kPareto, "pareto(minimum = 1.5, shape = 2)"}};
  for (const auto& [first, second] : pairs) {
    const Members a = parse(first), b = parse(second);
    const auto renyi = registry().divergence("renyi").with(0.3);
    const Estimate formula = evaluate(registry(), *renyi, a, b, {.formulas_only = true}),
                   integral = evaluate(registry(), *renyi, a, b, {.skip_closed_forms = true});
    EXPECT_EQ(formula.method, Method::closed_form) << first;
    EXPECT_NEAR(formula.value, integral.value, formula.error + integral.error) << first;
    EXPECT_EQ(evaluate(registry(), *registry().divergence("renyi").with(1.5), a, b).value, HUGE_VAL) << first;
  }
}

}  // namespace
