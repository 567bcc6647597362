// The families that there must be, what their parameters are called, and what each can do.
#include <kullback/error.hpp>

#include <algorithm>
#include <set>
#include <sstream>

#include "contract/examples.hpp"

namespace kullback::contract {
namespace {

// `sets`: alternatives separated by "|", each the names of its parameters. `can`: q distribution function and
// quantiles, m moments, h entropy, s draws, e natural parameters, all by formulas: moments and entropies that are not
// listed have none and are integrated.
struct Entry {
  Text name, sets, can;
};
void PrintTo(const Entry& entry, std::ostream* out) { *out << entry.name; }

const Entry kAtlas[] = {
    // on the line
    {"normal", "mean stddev | mean variance | mean precision", "qmhse"},
    {"student_t", "degrees_of_freedom location scale", "qmhs"},
    {"laplace", "location scale", "qmhs"},
    {"asymmetric_laplace", "location scale asymmetry", "qmhs"},
    {"cauchy", "location scale", "qmhs"},
    {"logistic", "location scale", "qmhs"},
    {"gumbel", "location scale", "qmhs"},
    {"skew_normal", "location scale shape", "qms"},
    {"generalized_normal", "location scale shape", "qmhs"},
    {"hyperbolic_secant", "location scale", "qmhs"},
    {"exp_modified_normal", "mean stddev rate", "qms"},
    {"moyal", "location scale", "qmhs"},
    // on the half line
    {"exponential", "rate | scale | mean", "qmhse"},
    {"gamma", "shape rate | shape scale | shape mean", "qmhse"},
    {"inverse_gamma", "shape scale", "qmhse"},
    {"chi_squared", "degrees_of_freedom", "qmhse"},
    {"chi", "degrees_of_freedom", "qmhs"},
    {"log_normal", "log_mean log_stddev | mean stddev", "qmhse"},
    {"weibull", "shape scale", "qmhs"},
    {"frechet", "shape scale", "qmhs"},
    {"rayleigh", "scale", "qmhse"},
    {"maxwell", "scale", "qmhse"},
    {"half_normal", "scale", "qmhse"},
    {"half_cauchy", "scale", "qmhs"},
    {"half_student_t", "degrees_of_freedom scale", "qmhs"},
    {"folded_normal", "mean stddev", "qms"},
    {"inverse_gaussian", "mean shape", "qmhse"},
    {"log_logistic", "scale shape", "qmhs"},
    {"log_laplace", "log_location log_scale", "qmhs"},
    {"nakagami", "shape spread", "qmhse"},
    {"root_inverse_gamma", "shape scale", "qmhse"},
    {"gompertz", "rate shape", "qmhs"},
    {"lomax", "scale shape", "qmhs"},
    {"burr12", "c d", "qmhs"},
    {"levy", "scale", "qmhse"},
    {"beta_prime", "alpha beta", "qmhs"},
    {"fisher_f", "d1 d2", "qmhs"},
    // with bounds that are parameters
    {"uniform", "low high", "qmhs"},
    {"log_uniform", "low high", "qmhs"},
    {"triangular", "low mode high", "qmhs"},
    {"arcsine", "low high", "qmhs"},
    {"pareto", "minimum shape", "qmhse"},
    {"generalized_pareto", "location scale shape", "qmhs"},
    {"generalized_extreme_value", "location scale shape", "qmhs"},
    {"truncated_normal", "mean stddev low high", "qmhse"},
    // on the unit interval, the circle and the sphere
    {"beta", "alpha beta | mean concentration", "qmhse"},
    {"kumaraswamy", "a b", "qmhs"},
    {"logit_normal", "logit_mean logit_stddev", "qmhse"},
    {"continuous_bernoulli", "probability | logit", "qmhse"},
    {"von_mises", "mean concentration", "qmhse"},
    {"wrapped_cauchy", "mean rho", "qmhs"},
    {"von_mises_fisher", "mean_direction concentration", "mhse"},
    // counts
    {"bernoulli", "probability | logit", "qmhse"},
    {"binomial", "trials probability | trials logit", "qmhse"},
    {"beta_binomial", "trials alpha beta", "qmhs"},
    {"geometric", "probability | logit", "qmhse"},
    {"negative_binomial", "successes probability | successes logit | mean dispersion", "qmhse"},
    {"poisson", "rate", "qmhse"},
    {"zero_inflated_poisson", "gate rate", "qmhs"},
    {"skellam", "rate1 rate2", "qmhs"},
    {"logarithmic", "probability", "qmhse"},
    {"zeta", "shape", "qmhse"},
    {"hypergeometric", "population successes draws", "qmhs"},
    {"discrete_uniform", "low high", "qmhs"},
    {"discretized_normal", "mean stddev", "qmhse"},
    {"categorical", "probabilities | logits", "qmhse"},
    // vectors and matrices
    {"multivariate_normal", "mean covariance | mean precision | mean factor diagonal", "mhse"},
    {"multivariate_student_t", "degrees_of_freedom mean scale_matrix", "mhs"},
    {"dirichlet", "concentration", "mhse"},
    {"multinomial", "trials probabilities", "mhse"},
    {"dirichlet_multinomial", "trials concentration", "ms"},
    {"wishart", "degrees_of_freedom scale", "mhse"},
    {"inverse_wishart", "degrees_of_freedom scale", "mhse"},
    {"matrix_normal", "", "mhs"},
    {"lkj", "", "mhs"},
    {"normal_gamma", "mean kappa shape rate", "mhse"},
    {"normal_inverse_gamma", "mean kappa shape scale", "mhse"},
    {"normal_wishart", "mean kappa degrees_of_freedom scale", "mhse"},
    // built from others
    {"mixture", "", "ms"},
    {"factorized", "", "mhs"},
    {"truncated", "", "qs"},
    {"affine", "", "qmhs"},
    {"exp_of", "", "qmhs"},
    {"log_of", "", "qmhs"},
    {"logistic_of", "", "qs"},
    {"logit_of", "", "qmhs"},
    {"reciprocal_of", "", "qmhs"},
    {"power_of", "", "qmhs"},
    {"discretized", "", "qs"},
    {"point_mass", "", "mhs"},
};

std::set<std::string> words(const std::string& text) {
  std::istringstream in(text);
  std::set<std::string> out;
  for (std::string word; in >> word;) out.insert(word);
  return out;
}

class Atlas : public ::testing::TestWithParam<Entry> {};

TEST_P(Atlas, FamilyIsThereWithItsParameters) {
  const Entry& entry = GetParam();
  ASSERT_TRUE(registry().find_family(entry.name));
  std::set<std::set<std::string>> known;
  for (const auto& set : registry().family(entry.name).parameterizations()) {
    std::set<std::string> names;
    for (const Parameter& p : set) names.insert(p.name);
    known.insert(names);
  }
  std::istringstream sets{std::string(entry.sets)};
  for (std::string set; std::getline(sets, set, '|');) EXPECT_TRUE(known.count(words(set))) << set;
}

TEST_P(Atlas, EveryExampleCanDoWhatItsFamilyMust) {
  const Entry& entry = GetParam();
  int found = 0;
  for (const Example& e : examples()) {
    const Members& m = e.members;
    if (m.family->name() != entry.name) continue;
    ++found;
    const auto can = [&](char what) {
      switch (what) {
        case 'q':
          return capability<Quantiles>(*m.family, m.layout) != nullptr;
        case 'm':
          return capability<Moments>(*m.family, m.layout) != nullptr;
        case 'h':
          return capability<Entropy>(*m.family, m.layout) != nullptr;
        case 's':
          return capability<Sampler>(*m.family, m.layout) != nullptr;
        default:
          // a sparse precision has as many parameters as it has entries, and no statistics to match
          return m.layout.pattern || capability<ExponentialFamily>(*m.family, m.layout);
      }
    };
    for (const char what : entry.can) EXPECT_TRUE(can(what)) << e.name << " lacks " << what;
  }
  EXPECT_GT(found, 0);
}

INSTANTIATE_TEST_SUITE_P(Families, Atlas, ::testing::ValuesIn(kAtlas),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace kullback::contract
