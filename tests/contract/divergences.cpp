// What holds of divergences between any two registered families on the line.
#include <cmath>
#include <limits>

#include "contract/examples.hpp"

namespace kullback::contract {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

class Pairs : public ::testing::TestWithParam<Example> {
 protected:
  const Members& p() const { return GetParam().members; }
};

// a <= b within both errors.
void expect_at_most(const std::optional<Estimate>& a, const std::optional<Estimate>& b, const char* what) {
  if (!a || !b || b->value == kInfinity) return;
  EXPECT_LE(a->value, b->value + a->error + b->error + 1e-12 * std::abs(b->value))
      << what << ": " << a->source << "; " << b->source;
}

TEST_P(Pairs, DistanceToItselfIsExactlyZero) {
  for (const std::string& name : registry().divergences()) {
    const Divergence& divergence = registry().divergence(name);
    if (divergence.functional() == Functional::entropy || divergence.functional() == Functional::cross_entropy)
      continue;
    const auto found = value_of(name, p(), p());
    ASSERT_TRUE(found) << name;
    EXPECT_EQ(found->value, 0) << name;
    EXPECT_EQ(found->error, 0) << name;
  }
}

// The signs of a rule (docs/plugins.md): of the order, and the same whichever way the value came.
TEST_P(Pairs, RenyiHasTheSignOfItsOrder) {
  for (const Example& other : one_of_each()) {
    SCOPED_TRACE(other.name);
    const Members& q = other.members;
    const auto negative = value_of("renyi(-0.5)", p(), q), mirror = value_of("renyi(1.5)", q, p());
    const auto tsallis = value_of("tsallis(-0.5)", p(), q), amari = value_of("amari_alpha(-0.5)", p(), q);
    for (const char* written : {"renyi(0.5)", "renyi(0.999)", "renyi(1.5)"})
      if (const auto each = value_of(written, p(), q)) EXPECT_GE(each->value, 0) << written << each->source;
    if (!negative || !mirror) continue;
    EXPECT_LE(negative->value, 0) << negative->source;
    if (tsallis) EXPECT_LE(tsallis->value, 0) << tsallis->source;
    if (amari) EXPECT_GE(amari->value, 0) << amari->source;
    // log c = (a - 1) D_a(p, q) = -a D_(1-a)(q, p), a = -1/2
    if (std::isinf(negative->value) || std::isinf(mirror->value))
      EXPECT_EQ(-negative->value, mirror->value) << negative->source << "; " << mirror->source;
    else
      EXPECT_LE(std::abs(1.5 * negative->value + 0.5 * mirror->value),
                1.5 * negative->error + 0.5 * mirror->error + 4 * kEpsilon * mirror->value)
          << negative->source << "; " << mirror->source;
  }
}

TEST_P(Pairs, KnownInequalitiesHold) {
  for (const Example& other : one_of_each()) {
    SCOPED_TRACE(other.name);
    const Members& q = other.members;
    const auto kl = value_of("kl", p(), q), tv = value_of("total_variation", p(), q),
               hellinger = value_of("hellinger", p(), q);
    const auto half = value_of("renyi(0.5)", p(), q), most = value_of("renyi(2)", p(), q),
               js = value_of("jensen_shannon", p(), q);
    for (const auto& each : {kl, tv, hellinger, half, most, js})
      if (each) {
        EXPECT_GE(each->value, 0);
        EXPECT_GE(each->error, 0);
      }
    expect_at_most(half, kl, "Renyi's divergences grow with the order");
    expect_at_most(kl, most, "Renyi's divergences grow with the order");
    if (hellinger && tv) {
      const double h = hellinger->value, slack = tv->error + 4 * hellinger->error + 1e-12;
      EXPECT_LE(h * h, tv->value + slack) << "Le Cam";
      EXPECT_LE(tv->value, h * std::sqrt(2 - h * h) + slack) << "Le Cam";
      EXPECT_LE(tv->value, 1 + slack);
    }
    if (kl && tv && kl->value < kInfinity) {
      EXPECT_LE(tv->value - tv->error, std::sqrt((kl->value + kl->error) / 2) + 1e-12) << "Pinsker";
    }
    if (js) EXPECT_LE(js->value, std::log(2.0) + js->error + 1e-12);
  }
}

TEST_P(Pairs, FormulasAgreeWithIntegralsWithinBothErrors) {
  for (const Example& other : one_of_each()) {
    const Members& q = other.members;
    for (const char* written : {"kl", "hellinger", "renyi(2)", "total_variation", "jensen_shannon", "wasserstein_1"}) {
      // each quantile of a logit_of far out is an integral: thousands of them take minutes
      const bool slow = p().family->name() == "logit_of" || q.family->name() == "logit_of";
      if (slow && Text(written) == "wasserstein_1") continue;
      const auto formula = value_of(written, p(), q);
      if (!formula || (formula->method != Method::closed_form && formula->method != Method::expected_statistics &&
                       formula->method != Method::infinite))
        continue;
      const auto integral = value_of(written, p(), q, true);
      if (!integral) continue;
      SCOPED_TRACE(std::string(written) + " " + other.name + ": " + formula->source + "; " + integral->source);
      if (std::isinf(formula->value)) {
        EXPECT_EQ(integral->value, formula->value);
        continue;
      }
      EXPECT_LE(std::abs(formula->value - integral->value), formula->error + integral->error + 1e-300);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Pairs, ::testing::ValuesIn(one_of_each()), test_name);

}  // namespace
}  // namespace kullback::contract
