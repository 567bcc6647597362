// Each rung of the ladder against what another way gives: formulas written out here, other rungs, 50-digit values.
#include "families.hpp"
#include "support/members.hpp"

#include <cmath>

namespace {

using namespace kullback;
using test::kInf;

const Divergence& kl() { return registry().divergence("kl"); }
Estimate evaluate_kl(const Members& p, const Members& q, const EvaluateOptions& options = {}) {
  return evaluate(registry(), kl(), p, q, options);
}
EvaluateOptions numerically() {
  EvaluateOptions options;
  options.skip_closed_forms = true;
  return options;
}
Members simple(const char* family, std::initializer_list<double> theta) {
  Members out{test::families().at(family).get(), {}, {}};
  out.theta = vector(theta);
  return out;
}
Members product(std::vector<Members> factors) { return make("factorized", {{"", std::move(factors)}}); }
Eigen::MatrixXd matrix(double a, double b, double c, double d) {
  return (Eigen::MatrixXd(2, 2) << a, b, c, d).finished();
}
Members correlated(double rho) {
  return make("multivariate_normal", {{"mean", vector({0, 0})}, {"covariance", matrix(1, rho, rho, 1)}});
}

// The answer is within its own bound of the truth, and the bound is useful.
void expect_close(const Estimate& e, double truth, double useful = 1e-10) {
  EXPECT_LE(std::abs(e.value - truth), e.error + 2 * kEpsilon * truth)
      << e.value << " against " << truth << " (" << e.source << ")";
  EXPECT_LE(e.error, useful * std::max(1.0, truth)) << e.source;
}

// A family with an entropy and any of its moments given by hand.
template <class Math>
class Known final : public test::Family<Math>, public Entropy, public Moments {
 public:
  Known(double h, std::map<std::string, double> moments) : h_(h), moments_(std::move(moments)) {}
  void entropy(const Layout&, In, Row out) const override { out.setConstant(h_); }
  bool expect(const Layout&, In, Text label, Out value) const override {
    const auto found = moments_.find(std::string(label));
    if (found == moments_.end()) return false;
    value.setConstant(found->second);
    return true;
  }

 private:
  double h_;
  std::map<std::string, double> moments_;
};

// rate exp(-rate x), with its statistic.
class Exponential final : public test::Family<test::Exponential>, public ExponentialFamily {
 public:
  std::vector<Statistic> statistics(const Layout&) const override { return {{"x", 1}}; }
  void mean(const Layout&, In eta, Out m, Row log_partition) const override {
    for (Index n = 0; n < eta.cols(); ++n) m(0, n) = -1 / eta(0, n), log_partition[n] = -std::log(-eta(0, n));
  }
  void natural(const Layout&, In m, Out eta) const override { eta = -m.cwiseInverse(); }
  bool in_domain(const Layout&, In eta, Index member) const override { return eta(0, member) < 0; }
  void convert(const Layout&, In from, Out to, bool) const override { to = -from; }
};
const Exponential kExponential;
Members exponential(double rate) { return {&kExponential, {}, vector({rate})}; }

TEST(Ladder, IdenticalMembersGiveExactlyZero) {
  for (const Members& p :
       {normal(0.1, 3), correlated(0.9), product({normal(0, 1), correlated(0.5)}), simple("cauchy", {1, 2})}) {
    const Estimate e = evaluate_kl(p, p);
    EXPECT_EQ(e.value, 0);
    EXPECT_EQ(e.error, 0);
    EXPECT_EQ(e.source, "identical parameters");
  }
}

TEST(Ladder, IdenticalMembersIntegrateToZeroToo) {
  EXPECT_EQ(evaluate_kl(normal(1, 2), normal(1, 2), numerically()).value, 0);
}

TEST(Ladder, SupportMismatchIsInfiniteAndSaysWhere) {
  Estimate e = evaluate_kl(simple("gamma", {2, 1}), simple("beta", {2, 2}));
  EXPECT_EQ(e.method, Method::infinite);
  EXPECT_EQ(e.value, kInf);
  EXPECT_EQ(e.source, "p has mass on (1, inf), where q has none");
  e = evaluate_kl(normal(0, 1), simple("gamma", {2, 1}));
  EXPECT_EQ(e.source, "p has mass on (-inf, 0), where q has none");
  e = evaluate_kl(product({normal(0, 1), simple("uniform", {-1, 3})}),
                  product({normal(0, 1), simple("uniform", {0, 5})}));
  EXPECT_EQ(e.source, "p has mass on (-1, 0), where q has none (coordinate 2)");
}

// A coordinate that is a point on one side only: a face of the simplex against another.
TEST(Ladder, APointAgainstADensityIsSingular) {
  const Members face = make("dirichlet", {{"concentration", vector({2, 0, 3})}}),
                whole = make("dirichlet", {{"concentration", vector({1, 1, 4})}});
  const auto value = [](Text name, const Members& p, const Members& q) {
    return evaluate(registry(), registry().divergence(name), p, q, {}).value;
  };
  for (const bool turned : {false, true}) {
    const Members &p = turned ? whole : face, &q = turned ? face : whole;
    EXPECT_EQ(evaluate_kl(p, q).value, kInf);
    EXPECT_EQ(value("chi_squared", p, q), kInf);
    EXPECT_EQ(value("hellinger", p, q), 1);
    EXPECT_EQ(value("total_variation", p, q), 1);
  }
}

TEST(Ladder, ClosedFormComesBeforeEverythingElse) {
  const Estimate e = evaluate_kl(normal(0, 1), normal(1, 2));
  EXPECT_EQ(e.method, Method::closed_form);
  expect_close(e, std::log(2.0) + 2.0 / 8 - 0.5, 1e-14);
}

TEST(Ladder, ProductsAddPartByPart) {
  const Estimate e = evaluate_kl(product({normal(0, 1), simple("uniform", {0, 1}), normal(2, 1)}),
                                 product({normal(1, 2), simple("beta", {0.5, 0.5}), normal(2, 1)}));
  EXPECT_EQ(e.method, Method::quadrature);                               // the weakest of its parts
  expect_close(e, std::log(2.0) + 2.0 / 8 - 0.5 + 0.14472988584940017);  // log(pi) - 1 for the second
}

TEST(Ladder, AMillionEqualPartsAreOneBatch) {
  const Index n = 1000000;
  const auto many = [&](double mean, double stddev) {
    Members out = product({normal(mean, stddev)});
    out.layout.parts[0].count = out.layout.dimension = n;
    out.theta = vector({mean, stddev}).replicate(n, 1);
    return out;
  };
  const Estimate e = evaluate_kl(many(0, 1), many(1, 2));
  EXPECT_EQ(e.method, Method::closed_form);
  expect_close(e, 1e6 * (std::log(2.0) + 2.0 / 8 - 0.5));
}

TEST(Ladder, ProductAgainstAQuadraticFormNeedsOnlyMoments) {
  const double rho = 0.9;
  const Estimate e = evaluate_kl(product({normal(0, 1), normal(0, 1)}), correlated(rho));
  EXPECT_EQ(e.method, Method::expected_statistics);
  expect_close(e, 0.5 * (2 / (1 - rho * rho) - 2 + std::log(1 - rho * rho)));
}

TEST(Ladder, QuadraticFormUsesSecondMomentsInsideAPartAndProductsAcross) {
  Eigen::MatrixXd precision(3, 3);
  precision << 2, 0.3, -0.4, 0.3, 1.5, 0.2, -0.4, 0.2, 3;
  const Members q = make("multivariate_normal", {{"mean", vector({0.5, -1, 2})}, {"precision", precision}});
  const Members part = make("multivariate_normal", {{"mean", vector({1, 2})}, {"covariance", matrix(1, 0.6, 0.6, 2)}});
  Eigen::MatrixXd covariance(3, 3);
  covariance << 1, 0.6, 0, 0.6, 2, 0, 0, 0, 9;
  const Members whole = make("multivariate_normal", {{"mean", vector({1, 2, 4})}, {"covariance", covariance}});
  const Estimate e = evaluate_kl(product({part, normal(4, 3)}), q);
  EXPECT_EQ(e.method, Method::expected_statistics);
  expect_close(e, kl_rule(whole, q).value);
}

TEST(Ladder, ALatticeOfAHundredThousandCoordinatesIsExact) {
  const Index n = 100000;
  SparseMatrix precision(n, n);
  std::vector<Eigen::Triplet<double>> entries;
  for (Index i = 0; i < n; ++i) {
    entries.emplace_back(i, i, 2.5);
    if (i > 0) entries.emplace_back(i, i - 1, -1.0), entries.emplace_back(i - 1, i, -1.0);
  }
  precision.setFromTriplets(entries.begin(), entries.end());
  const Members q =
      make("multivariate_normal", {{"mean", 0.0}, {"precision", std::make_shared<const SparseMatrix>(precision)}});
  Members p = product({normal(0.5, 2)});
  p.layout.parts[0].count = p.layout.dimension = n;
  p.theta = vector({0.5, 2}).replicate(n, 1);
  // log det P by the recursion of its pivots; E[x'Px] = 2.5 n (0.25 + 4) - 2 (n - 1) 0.25.
  double log_det = 0, pivot = 2.5;
  for (Index i = 0; i < n; ++i, pivot = 2.5 - 1 / pivot) log_det += std::log(pivot);
  const double quadratic = 2.5 * n * 4.25 - 0.5 * static_cast<double>(n - 1);
  const double truth =
      0.5 * (quadratic - static_cast<double>(n) - log_det - 2 * static_cast<double>(n) * std::log(2.0));
  const Estimate e = evaluate_kl(p, q);
  EXPECT_EQ(e.method, Method::expected_statistics);
  EXPECT_NEAR(e.value, truth, 1e-11 * truth);  // the recursion above adds 1e5 terms one by one
}

TEST(Ladder, ExpectedStatisticsOfAnExponentialFamily) {
  const Known<test::Gamma> gamma(2 - std::log(3.0) - (1 - 0.5772156649015329), {{"x", 2.0 / 3}});  // shape 2, rate 3
  const Members p{&gamma, {}, vector({2, 3})};
  const Estimate e = evaluate_kl(p, exponential(0.7));
  EXPECT_EQ(e.method, Method::expected_statistics);
  expect_close(e, evaluate_kl(p, exponential(0.7), numerically()).value);
}

TEST(Ladder, AnInfiniteMomentMakesItInfinite) {
  const Known<test::InverseGamma> heavy(1.0, {{"x", kInf}});  // shape 1/2 has no mean
  const Estimate e = evaluate_kl({&heavy, {}, vector({0.5, 1})}, exponential(1));
  EXPECT_EQ(e.method, Method::infinite);
  EXPECT_EQ(e.source, "E_p[x] is infinite");
}

TEST(Ladder, NearlyCancellingStatisticsGiveWayToQuadrature) {
  // The exponential of rate 1 as p, against one of rate 1 + 1e-6: KL = 5e-13, of terms of order one.
  const Known<test::Exponential> unit(1.0, {{"x", 1.0}});
  const Estimate e = evaluate_kl({&unit, {}, vector({1})}, exponential(1 + 1e-6));
  EXPECT_EQ(e.method, Method::quadrature);
  const double truth = -log1pmx(1e-6);
  EXPECT_NEAR(e.value, truth, e.error);
  EXPECT_LT(e.error, 1e-6 * truth);
}

TEST(Ladder, ACorrelatedNormalAgainstAProductIsItsTotalCorrelation) {
  const double rho = 0.8;
  expect_close(evaluate_kl(correlated(rho), product({normal(0, 1), normal(0, 1)})), -0.5 * std::log(1 - rho * rho));
}

TEST(Ladder, MarginalsPlusTotalCorrelationAgainstOtherFamilies) {
  const double rho = 0.8;
  const Members q = product({simple("laplace", {0, 1}), simple("cauchy", {0, 1})});
  const Estimate e = evaluate_kl(correlated(rho), q);
  // 50-digit values of KL(normal || laplace) and KL(normal || cauchy).
  expect_close(e, -0.5 * std::log(1 - rho * rho) + 0.07209320815813793 + 0.25924453248886226);
}

TEST(Cubature, AgreesWithTheClosedFormInTwoDimensions) {
  const Members q = make("multivariate_normal", {{"mean", vector({1, -2})}, {"covariance", matrix(2, -1, -1, 3)}});
  const Estimate e = evaluate_kl(correlated(0.95), q, numerically());
  EXPECT_EQ(e.method, Method::cubature);
  expect_close(e, kl_rule(correlated(0.95), q).value);
}

TEST(Cubature, AgreesWithTheClosedFormInThreeDimensions) {
  const Members p = make("multivariate_normal", {{"mean", vector({1, 2, 3})}, {"stddev", vector({0.5, 1, 2})}});
  const Members q = make("multivariate_normal", {{"mean", vector({0, 2, 5})}, {"stddev", vector({1, 1, 4})}});
  const Estimate e = evaluate_kl(p, q, numerically());
  EXPECT_EQ(e.method, Method::cubature);
  expect_close(e, kl_rule(p, q).value);
}

TEST(Cubature, FindsAWideAndANarrowDensity) {
  const Members p = make("multivariate_normal", {{"mean", vector({0, 0})}, {"covariance", matrix(1e-8, 0, 0, 1e-8)}});
  const Members q = make("multivariate_normal", {{"mean", vector({1, 1})}, {"covariance", matrix(4, 1, 1, 2)}});
  expect_close(evaluate_kl(p, q, numerically()), kl_rule(p, q).value);
  expect_close(evaluate_kl(q, p, numerically()), kl_rule(q, p).value);
}

TEST(Cubature, TwoDistantModesAgainstOneNormal) {
  const auto at = [](double x) {
    return make("multivariate_normal", {{"mean", vector({x, 0})}, {"covariance", matrix(1, 0, 0, 1)}});
  };
  const Members p =
      make("mixture", {{"weights", vector({0.5, 0.5})}, {"components", std::vector<Members>{at(50), at(-50)}}});
  const Members q = make("multivariate_normal", {{"mean", vector({0, 0})}, {"covariance", matrix(2500, 0, 0, 1)}});
  const Estimate e = evaluate_kl(p, q);
  EXPECT_EQ(e.method, Method::cubature);
  expect_close(e, 3.2190758248682005);  // the second coordinate adds nothing to the 50-digit value of the first
}

TEST(Cubature, BoxesInsideThePlaneAreSplitAtTheirEnds) {
  const Members p = product({simple("uniform", {0, 1}), simple("uniform", {-1, 3})});
  const Members q = product({normal(0, 1), normal(1, 5)});
  expect_close(evaluate_kl(p, q, numerically()), 1.0856051998713394 + 1.1687487511855492);  // 50-digit values
}

TEST(Cubature, HeavyTailsAgainstNormalsAreInfinite) {
  const Members p = product({simple("cauchy", {0, 1}), simple("cauchy", {0, 1})});
  const Estimate e = evaluate_kl(p, product({normal(0, 1), normal(0, 1)}), numerically());
  EXPECT_EQ(e.method, Method::infinite) << e.value << " " << e.source;
}

TEST(Ladder, WhatNothingCanEvaluateIsRefusedWithAllReasons) {
  std::vector<Members> components;
  for (const double x : {1.0, -1.0})
    components.push_back(
        make("multivariate_normal", {{"mean", Eigen::VectorXd(Eigen::VectorXd::Constant(4, x))}, {"covariance", 1.0}}));
  const Members p = make("mixture", {{"weights", vector({0.5, 0.5})}, {"components", components}});
  const std::string message = message_of<UnsupportedError>([&] { evaluate_kl(p, components[0]); });
  EXPECT_NE(message.find("nothing can evaluate kl(mixture, multivariate_normal)"), std::string::npos) << message;
  EXPECT_NE(message.find("the entropy of mixture is not known"), std::string::npos) << message;
  EXPECT_NE(message.find("integration ends at 3 dimensions, and there are 4"), std::string::npos) << message;
  EXPECT_NE(message.find("closed forms with one of these families: kl(multivariate_normal, multivariate_normal)"),
            std::string::npos)
      << message;
}

TEST(Ladder, DifferentDimensionsAreRefused) {
  EXPECT_EQ(message_of<DomainError>([] { evaluate_kl(normal(0, 1), correlated(0.5)); }),
            "p (normal) has 1 coordinates, q (multivariate_normal) has 2");
}

TEST(Ladder, ADensityThatIsNotNormalizedIsRefused) {
  class Halved final : public ScalarFamily<test::Laplace> {
   public:
    Text name() const override { return "halved"; }
    std::vector<std::vector<Parameter>> parameterizations() const override { return {{{"a"}, {"b"}}}; }
    Support support(const Layout&, In, Index, Index) const override { return {-kInf, kInf, false}; }
    void log_density(const Layout& layout, In theta, const Points& points, Row out) const override {
      ScalarFamily::log_density(layout, theta, points, out);
      out.array() -= std::log(2.0);
    }
  };
  const Halved halved;
  const std::string message = message_of<NumericalError>([&] {
    evaluate_kl({&halved, {}, vector({0, 1})}, normal(0, 1));
  });
  EXPECT_NE(message.find("the density of halved integrates to 0.5 instead of 1"), std::string::npos) << message;
}

// A registry of its own, for rules that misbehave.
class OwnRules : public testing::Test {
 protected:
  OwnRules() {
    own_.fill("test", [&](Registrar& r) {
      r.family(std::make_unique<test::Family<test::Laplace>>());
      r.rule("kl", "laplace", "laplace",
             {Method::closed_form, "", "[test]", [](const Side& p, const Side&, Row value, Row error) {
                error.setZero();
                for (Index i = 0; i < value.size(); ++i) value[i] = p.theta(0, p.theta.cols() > 1 ? i : 0);
              }});
    });
  }
  Members laplace(double location) const { return {&own_.family("laplace"), {}, vector({location, 1})}; }
  Registry own_;
};

TEST_F(OwnRules, NotANumberIsAnErrorThatNamesThePair) {
  EXPECT_EQ(message_of<NumericalError>([&] { evaluate(own_, kl(), laplace(std::nan("")), laplace(1)); }),
            "kl(laplace, laplace) came out as not a number for pair 1 ([test])");
}
TEST_F(OwnRules, ANegativeValueIsAnError) {
  EXPECT_NE(
      message_of<NumericalError>([&] { evaluate(own_, kl(), laplace(-1), laplace(1)); }).find("came out negative: -1"),
      std::string::npos);
}
TEST_F(OwnRules, AnInfiniteClosedFormIsInfinite) {
  const Estimate e = evaluate(own_, kl(), laplace(kInf), laplace(1));
  EXPECT_EQ(e.method, Method::infinite);
  EXPECT_EQ(e.source, "kl(laplace, laplace) diverges for these parameters [test]");
}

TEST(Batch, AgreesWithOneByOne) {
  const Index n = 20001;
  Eigen::MatrixXd p(2, n), q(2, n);
  for (Index i = 0; i < n; ++i) {
    p.col(i) << std::sin(i), 1 + 0.5 * std::cos(i);
    q.col(i) << std::cos(2 * i), 2 + std::sin(3 * i);
  }
  const Distribution& family = registry().family("normal");
  const Layout layout;
  Eigen::RowVectorXd value(n), error(n);
  evaluate_batch(registry(), kl(), {family, layout, p}, {family, layout, q}, row(value), row(error));
  for (const Index i : {Index{0}, Index{8191}, Index{8192}, n - 1}) {
    const ValueAndError one = kl_rule({&family, layout, p.col(i)}, {&family, layout, q.col(i)});
    EXPECT_EQ(value[i], one.value);
    EXPECT_EQ(error[i], one.error);
  }
}
TEST(Batch, OneColumnServesAllPairs) {
  const Index n = 9000;
  const Eigen::MatrixXd p = vector({0.5, 2}).replicate(1, n), q = vector({0, 1});
  const Distribution& family = registry().family("normal");
  const Layout layout;
  Eigen::RowVectorXd value(n), error(n);
  evaluate_batch(registry(), kl(), {family, layout, p}, {family, layout, q}, row(value), row(error));
  EXPECT_EQ(value[0], value[n - 1]);
  EXPECT_NEAR(value[0], std::log(0.5) + 4.25 / 2 - 0.5, 1e-15);
}
TEST(Batch, WithoutAClosedFormItGoesPairByPairAndWrongSizesAreRefused) {
  const Members p = normal(0, 1), c = simple("student_t", {3, 0, 1});
  Eigen::RowVectorXd value(3), error(3);
  evaluate_batch(registry(), kl(), side(p), side(c), row(value), row(error));
  EXPECT_EQ(value[2], evaluate(registry(), kl(), p, c).value);
  const Eigen::MatrixXd two = p.theta.replicate(1, 2);
  EXPECT_THROW(evaluate_batch(registry(), kl(), {*p.family, p.layout, two}, side(p), row(value), row(error)),
               DomainError);
}

// E_p[(x - (v + 1) x / (v + x^2))^2] = v / (v - 2) - 2 + (v + 1) / (v + 3): tails up to exp(-t / 10) in t = log x.
TEST(FisherDivergence, HeavyTailsAreIntegratedToTheirEnd) {
  for (const double v : {2.1, 2.5, 3.0, 7.0}) {
    const Members p = make("student_t", {{"degrees_of_freedom", v}, {"location", 0.0}, {"scale", 1.0}});
    const Members q = make("normal", {{"mean", 0.0}, {"stddev", 1.0}});
    expect_close(evaluate(registry(), registry().divergence("fisher_divergence"), p, q),
                 v / (v - 2) - 2 + (v + 1) / (v + 3), 1e-9);
  }
}

TEST(Sums, SayThatTheyDivergeWhereBothHaveMass) {
  const Members p = make("negative_binomial", {{"successes", 4.0}, {"probability", 0.5}});
  const Estimate e = evaluate(registry(), registry().divergence("chi_squared"), p, make("poisson", {{"rate", 3.0}}));
  EXPECT_EQ(e.value, kInf);
  EXPECT_EQ(e.source, "the sum diverges");
}

}  // namespace
