// The families on the integers against values of 60 digits, and what they do at their edges.
#include "support/family_golden.hpp"

namespace kullback {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Counts, MembersAgreeWithTheGoldenFile) {
  for (const auto& each : golden::read("counts.json")["members"]) golden::check_member(each);
}

TEST(Counts, DivergencesAgreeWithTheGoldenFile) {
  for (const auto& each : golden::read("counts.json")["kl"]) golden::check_kl(each);
}

double kl(const Members& p, const Members& q) { return evaluate(registry(), registry().divergence("kl"), p, q).value; }
Members bernoulli(double p) { return make("bernoulli", {{"probability", p}}); }
Members binomial(double n, double p) { return make("binomial", {{"trials", n}, {"probability", p}}); }
Members poisson(double rate) { return make("poisson", {{"rate", rate}}); }

TEST(Counts, DegenerateMembers) {
  EXPECT_EQ(kl(poisson(0), poisson(1)), 1);
  EXPECT_EQ(kl(poisson(1), poisson(0)), kInfinity);
  EXPECT_EQ(kl(bernoulli(1), bernoulli(0)), kInfinity);
  EXPECT_EQ(kl(bernoulli(0.5), bernoulli(1)), kInfinity);
  EXPECT_EQ(kl(binomial(3, 0.5), binomial(3, 0)), kInfinity);
  EXPECT_EQ(kl(binomial(3, 0), binomial(2, 0)), 0);
  EXPECT_EQ(kl(binomial(3, 0.5), binomial(2, 0.5)), kInfinity);
  EXPECT_NEAR(kl(binomial(3, 1), binomial(5, 0.5)), -std::log(10.0 / 32), 1e-15);
  EXPECT_EQ(kl(make("geometric", {{"probability", 1.0}}), make("geometric", {{"probability", 0.5}})), std::log(2.0));
}

// Batches of rates, one pair at a time and all together, bounds included.
TEST(Counts, PoissonPairsGiveTheSameBitsInAnyBatch) {
  const Index n = 1001;
  Members p = poisson(1), q = poisson(1);
  p.theta.resize(1, n), q.theta.resize(1, n);
  for (Index i = 0; i < n; ++i) p.theta(0, i) = std::pow(10.0, (i % 40) - 20), q.theta(0, i) = std::pow(10.0, (i % 37) * 0.7 - 12);
  p.theta(0, 5) = q.theta(0, 9) = 0;
  Eigen::RowVectorXd value(n), error(n);
  evaluate_batch(registry(), registry().divergence("kl"), side(p), side(q), row(value), row(error));
  for (Index i = 0; i < n; ++i) {
    const ValueAndError one = kl_rule(poisson(p.theta(0, i)), poisson(q.theta(0, i)));
    EXPECT_EQ(one.value, value[i]) << i;
    const double expected = bd0(p.theta(0, i), q.theta(0, i));
    EXPECT_TRUE(expected == value[i] || std::abs(expected - value[i]) <= error[i]) << i;
  }
}

TEST(Counts, ArgumentsThatContradictOneAnother) {
  EXPECT_EQ(message_of<DomainError>([] { make("hypergeometric", {{"population", 5.0}, {"successes", 6.0}, {"draws", 1.0}}); }),
            "successes must not be more than the population");
  EXPECT_EQ(message_of<DomainError>([] { make("discrete_uniform", {{"low", 2.0}, {"high", 1.0}}); }), "high must not be below low");
  EXPECT_EQ(message_of<DomainError>([] { make("zeta", {{"shape", 1.0}}); }),
            "shape must be above 1: the masses have no finite sum otherwise");
}

// Every statistic that a member knows at large parameters, where sums are taken by blocks, against sums term by term.
TEST(Counts, SumsByBlocksAreThoseOfSingleTerms) {
  const std::pair<Members, double> all[] = {{poisson(9000), 40000},
                                            {make("geometric", {{"probability", 1e-4}}), 600000},
                                            {make("negative_binomial", {{"successes", 0.3}, {"probability", 1e-4}}), 600000},
                                            {make("beta_binomial", {{"trials", 30000.0}, {"alpha", 0.5}, {"beta", 0.25}}), 30000}};
  for (const auto& [m, last] : all) {
    Eigen::MatrixXd x = Eigen::RowVectorXd::LinSpaced(static_cast<Index>(last) + 1, 0, last), statistic(1, x.cols()), found(1, 1);
    const Eigen::RowVectorXd mass = log_density(m, x).array().exp();
    EXPECT_NEAR(mass.sum(), 1, 1e-11) << m.family->name();  // each mass is within |log mass| roundings
    for (const Text label : {"x", "x2", "x3", "log_factorial", "log_1px", "sqrt_x"}) {
      evaluate_label(label, x, statistic);
      ASSERT_TRUE(capability<Moments>(*m.family, m.layout)->expect(m.layout, m.theta, label, found)) << label;
      const double expected = (mass.array() * statistic.array()).sum();
      EXPECT_NEAR(found(0, 0), expected, 1e-11 * expected) << m.family->name() << " " << label;
    }
  }
}

TEST(Counts, NaturalParametersComeBackFromTheMean) {
  const Members all[] = {make("logarithmic", {{"probability", 1e-9}}), make("logarithmic", {{"probability", 0.5}}),
                         make("logarithmic", {{"probability", 1 - 1e-9}}), make("zeta", {{"shape", 1.001}}),
                         make("zeta", {{"shape", 2.0}}), make("zeta", {{"shape", 60.0}}),
                         make("discretized_normal", {{"mean", 3.4}, {"stddev", 0.5}}), make("discretized_normal", {{"mean", -0.2}, {"stddev", 4.0}})};
  for (const Members& m : all) {
    const auto* family = capability<ExponentialFamily>(*m.family, m.layout);
    const auto rows = static_cast<Index>(family->statistics(m.layout).size());
    Eigen::MatrixXd eta(rows, 1), mean(rows, 1), back(rows, 1), again(rows, 1);
    Eigen::RowVectorXd a(1);
    family->convert(m.layout, m.theta, eta, true);
    family->mean(m.layout, eta, mean, row(a));
    family->natural(m.layout, mean, back);
    family->mean(m.layout, back, again, row(a));
    EXPECT_LT((again - mean).cwiseAbs().maxCoeff(), 1e-12 * mean.cwiseAbs().maxCoeff()) << m.family->name() << " " << m.theta(0, 0);
  }
}

}  // namespace
}  // namespace kullback
