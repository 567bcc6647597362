// Entropies and cross-entropies of all registered families: formulas against integrals, and an integral where there is
// no formula.
#include <kullback/error.hpp>

#include <cmath>
#include <limits>

#include "contract/examples.hpp"

namespace kullback::contract {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Estimate value_of(const char* name, const Members& p, const Members& q, bool numerically) {
  return evaluate(registry(), registry().divergence(name), p, q, {.skip_closed_forms = numerically});
}

// Is there an integral or sum that can be taken at all?
bool can_be_integrated(const Members& p) {
  if (p.layout.dimension > 3) return false;
  bool discrete = false;
  for (Index i = 0; i < p.layout.dimension; ++i)
    discrete = discrete || p.family->support(p.layout, p.theta, 0, i).integer;
  return p.family->carrier(p.layout).empty() && (!discrete || p.layout.dimension == 1);
}

class Entropies : public ::testing::TestWithParam<Example> {
 protected:
  const Members& p() const { return GetParam().members; }
};

TEST_P(Entropies, ExistByFormulaOrIntegral) {
  const Estimate found = value_of("entropy", p(), p(), false);
  EXPECT_TRUE(std::isfinite(found.value)) << found.source;
  EXPECT_GE(found.error, 0);
  EXPECT_LE(found.error, 1e-6 * (1 + std::abs(found.value))) << found.source;
  const Estimate cross = value_of("cross_entropy", p(), p(), false);
  EXPECT_NEAR(cross.value, found.value, cross.error + found.error) << cross.source << "; " << found.source;
}

TEST_P(Entropies, FormulasAgreeWithIntegralsWithinBothErrors) {
  if (!can_be_integrated(p())) GTEST_SKIP() << "no integral";
  const Estimate formula = value_of("entropy", p(), p(), false), integral = value_of("entropy", p(), p(), true);
  EXPECT_NE(integral.method, Method::closed_form);
  EXPECT_NEAR(formula.value, integral.value, formula.error + integral.error)
      << formula.source << "; " << integral.source;
}

// The tests' own quadrature knows its value to 1e-9 of the integral of |f|.
TEST_P(Entropies, OnTheLineAreThoseOfTheDensity) {
  if (p().layout.dimension != 1 || !can_be_integrated(p())) GTEST_SKIP() << "not on the line";
  const Expectation truth = expectation(p(), [&](const At& at) {
    const auto one = [](double v) { return Eigen::MatrixXd::Constant(1, 1, v).eval(); };
    Eigen::RowVectorXd out(1);
    p().family->log_density(p().layout, p().theta, Points(one(at.x), one(at.log_from_low), one(at.log_to_high)),
                            row(out));
    return -out[0];
  });
  const Estimate integral = value_of("entropy", p(), p(), true);
  EXPECT_NEAR(integral.value, truth.value, integral.error + 1e-9 * truth.absolute) << integral.source;
}

// H(p, q) = H(p) + KL(p, q), each by itself.
TEST_P(Entropies, CrossEntropyIsEntropyAndRelativeEntropy) {
  if (!can_be_integrated(p())) GTEST_SKIP() << "no integral";
  for (const Example& other : examples()) {
    const Members& q = other.members;
    if (q.layout.dimension != p().layout.dimension || !can_be_integrated(q) || !other.name.ends_with("/0")) continue;
    if (p().layout.dimension > 1 && other.members.family != p().family) continue;
    SCOPED_TRACE(other.name);
    const Estimate cross = value_of("cross_entropy", p(), q, true), kl = value_of("kl", p(), q, true),
                   best = value_of("cross_entropy", p(), q, false);
    if (kl.value == kInfinity) {
      EXPECT_EQ(cross.value, kInfinity) << cross.source << "; " << kl.source;
      EXPECT_EQ(best.value, kInfinity) << best.source << "; " << kl.source;
      continue;
    }
    const Estimate h = value_of("entropy", p(), p(), true);
    EXPECT_NEAR(cross.value, h.value + kl.value, cross.error + h.error + kl.error) << cross.source << "; " << kl.source;
    EXPECT_NEAR(best.value, cross.value, best.error + cross.error) << best.source << "; " << cross.source;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Entropies, ::testing::ValuesIn(examples()), test_name);

}  // namespace
}  // namespace kullback::contract
