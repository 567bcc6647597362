#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <kullback/error.hpp>
#include <kullback/registry.hpp>

#include <stdexcept>

namespace kullback {
namespace {

using ::testing::ElementsAre;

struct Math {
  static double log_density(const double*, double) { return 0; }
};
class Family final : public ScalarFamily<Math> {
 public:
  explicit Family(std::string name) : name_(std::move(name)) {}
  Text name() const override { return name_; }
  std::vector<std::vector<Parameter>> parameterizations() const override { return {{{"location"}}}; }
  Support support(const Layout&, In, Index, Index) const override { return {0, 1}; }

 private:
  std::string name_;
};
class Kl final : public Divergence {
 public:
  Text name() const override { return "kl"; }
  Text formula() const override { return ""; }
  Functional functional() const override { return Functional::relative_entropy; }
};
class Nothing final : public Optimizer {
 public:
  Text name() const override { return "nothing"; }
  Text summary() const override { return ""; }
  std::optional<std::string> refuses(const Joint&, Text) const override { return {}; }
  void step(Step&) const override {}
  bool raises_bound() const override { return false; }
};

Rule rule() {
  Rule out;
  out.evaluate = [](const Side&, const Side&, Row value, Row error) {
    value.setZero();
    error.setZero();
  };
  return out;
}

void register_normal(Registrar& r) {
  r.family(std::make_unique<Family>("normal"));
  r.alias("gaussian", "normal");
  r.divergence(std::make_unique<Kl>());
  r.optimizer(std::make_unique<Nothing>());
  r.rule("kl", "normal", "normal", rule());
}

template <class E, class F>
std::string message(const F& f) {
  try {
    f();
  } catch (const E& error) {
    return error.what();
  }
  return "nothing was thrown";
}
std::string refusal(Registry& registry, const std::string& owner, const std::function<void(Registrar&)>& fill) {
  return message<PluginError>([&] { registry.fill(owner, fill); });
}

TEST(Registry, FindsWhatAPluginRegistered) {
  Registry registry;
  registry.fill("a", register_normal);
  EXPECT_EQ(registry.family("normal").name(), "normal");
  EXPECT_EQ(registry.divergence("kl").name(), "kl");
  EXPECT_EQ(registry.optimizer("nothing").name(), "nothing");
  EXPECT_NE(registry.find_rule("kl", "normal", "normal"), nullptr);
  EXPECT_EQ(registry.find_rule("kl", "normal", "other"), nullptr);
  EXPECT_THAT(registry.families(), ElementsAre("normal"));
}

TEST(Registry, FollowsAliasesOfFamilies) {
  Registry registry;
  registry.fill("a", register_normal);
  EXPECT_EQ(registry.find_family("gaussian"), registry.find_family("normal"));
  EXPECT_EQ(registry.find_rule("kl", "gaussian", "normal"), registry.find_rule("kl", "normal", "normal"));
}

TEST(Registry, KnowsWhoOwnsWhat) {
  Registry registry;
  registry.fill("a", register_normal);
  registry.fill("b", [](Registrar& r) { r.rule("kl", "normal", "laplace", rule()); });
  EXPECT_EQ(registry.owner("family", "normal"), "a");
  EXPECT_EQ(registry.owner("family", "gaussian"), "a");
  EXPECT_EQ(registry.owner("optimizer", "nothing"), "a");
  EXPECT_EQ(registry.owner(RuleKey{"kl", "normal", "laplace"}), "b");
  EXPECT_EQ(registry.owner("family", "laplace"), "");
}

TEST(Registry, NamesBothOwnersOfAFamilyRegisteredTwice) {
  Registry registry;
  registry.fill("a", register_normal);
  EXPECT_EQ(refusal(registry, "b", [](Registrar& r) { r.family(std::make_unique<Family>("normal")); }),
            "family 'normal' of plugin 'b' is already registered by plugin 'a'");
}

TEST(Registry, NamesBothOwnersOfAnAliasThatIsAFamily) {
  Registry registry;
  registry.fill("a", register_normal);
  EXPECT_EQ(refusal(registry, "b", [](Registrar& r) { r.family(std::make_unique<Family>("gaussian")); }),
            "family 'gaussian' of plugin 'b' is already registered by plugin 'a'");
}

TEST(Registry, NamesBothOwnersOfARuleRegisteredTwice) {
  Registry registry;
  registry.fill("a", register_normal);
  EXPECT_EQ(refusal(registry, "b", [](Registrar& r) { r.rule("kl", "normal", "normal", rule()); }),
            "rule kl(normal, normal) of plugin 'b' is already registered by plugin 'a'");
}

TEST(Registry, RefusesNamesTwiceWithinOnePlugin) {
  Registry registry;
  EXPECT_EQ(refusal(registry, "a",
                    [](Registrar& r) {
                      r.family(std::make_unique<Family>("normal"));
                      r.family(std::make_unique<Family>("normal"));
                    }),
            "family 'normal' of plugin 'a' is already registered by plugin 'a'");
}

TEST(Registry, TakesNothingFromAPluginThatThrows) {
  Registry registry;
  EXPECT_EQ(refusal(registry, "a",
                    [](Registrar& r) {
                      register_normal(r);
                      throw std::runtime_error("no table of zeros");
                    }),
            "plugin 'a' failed while registering: no table of zeros");
  EXPECT_TRUE(registry.families().empty());
  EXPECT_TRUE(registry.divergences().empty());
  EXPECT_TRUE(registry.optimizers().empty());
  EXPECT_TRUE(registry.aliases().empty());
  EXPECT_TRUE(registry.rules().empty());
  EXPECT_EQ(registry.owner("family", "normal"), "");
  registry.fill("b", register_normal);
  EXPECT_EQ(registry.owner("family", "normal"), "b");
}

TEST(Registry, ReportsThrownThingsThatAreNoExceptions) {
  Registry registry;
  EXPECT_EQ(refusal(registry, "a", [](Registrar&) { throw 7; }),
            "plugin 'a' failed while registering: it threw something that is no std::exception");
}

TEST(Registry, RefusesAPluginThatSwallowsARefusal) {
  Registry registry;
  EXPECT_EQ(refusal(registry, "a",
                    [](Registrar& r) {
                      register_normal(r);
                      try {
                        r.family(nullptr);
                      } catch (...) {
                      }
                    }),
            "plugin 'a' registers a family that is a null pointer");
  EXPECT_TRUE(registry.families().empty());
}

TEST(Registry, RefusesNamesThatNoFileCouldWrite) {
  Registry registry;
  for (const char* name : {"", "Normal", "9normal", "nor mal", "_normal", "norm\xc3\xa4l"})
    EXPECT_EQ(refusal(registry, "a", [&](Registrar& r) { r.family(std::make_unique<Family>(name)); }),
              "family '" + std::string(name) +
                  "' of plugin 'a' must be lower-case letters, digits and '_', begin with a letter and have at most 64 "
                  "characters");
  registry.fill("a", [](Registrar& r) { r.family(std::make_unique<Family>(std::string(64, 'a'))); });
  EXPECT_THROW(registry.fill("b", [](Registrar& r) { r.family(std::make_unique<Family>(std::string(65, 'b'))); }),
               PluginError);
}

TEST(Registry, RefusesAliasesOfForeignFamilies) {
  Registry registry;
  registry.fill("a", register_normal);
  EXPECT_EQ(refusal(registry, "b", [](Registrar& r) { r.alias("gauss", "normal"); }),
            "alias 'gauss' of plugin 'b' names 'normal', which is no family of this plugin");
}

TEST(Registry, RefusesRulesWithoutAFunction) {
  Registry registry;
  EXPECT_EQ(refusal(registry, "a", [](Registrar& r) { r.rule("kl", "normal", "normal", {}); }),
            "rule kl(normal, normal) of plugin 'a' has no function");
}

TEST(Registry, SuggestsTheFamilyThatWasMeant) {
  Registry registry;
  registry.fill("a", register_normal);
  EXPECT_EQ(message<UnsupportedError>([&] { registry.family("nromal"); }),
            "there is no family 'nromal'; did you mean 'normal'?");
  EXPECT_EQ(message<UnsupportedError>([&] { registry.family("weibull"); }),
            "there is no family 'weibull'; known: gaussian, normal");
  EXPECT_EQ(message<UnsupportedError>([&] { registry.divergence("wasserstein"); }),
            "there is no divergence 'wasserstein'; known: kl");
  EXPECT_EQ(message<UnsupportedError>([&] { registry.optimizer("nothin"); }),
            "there is no optimizer 'nothin'; did you mean 'nothing'?");
}

TEST(Suggestion, CountsASwapAsOneEdit) { EXPECT_EQ(suggestion("ab", {"ba"}), "did you mean 'ba'?"); }
TEST(Suggestion, AllowsAThirdOfTheLength) {
  EXPECT_EQ(suggestion("lamda", {"Lambda", "mu"}), "did you mean 'Lambda'?");
  EXPECT_EQ(suggestion("abcdef", {"abcxyz"}), "known: abcxyz");
}
TEST(Suggestion, TakesTheClosest) {
  EXPECT_EQ(suggestion("precison", {"precise", "precision"}), "did you mean 'precision'?");
}
TEST(Suggestion, ALetterIsNoMistakeForAnother) {
  EXPECT_EQ(suggestion("m", {"n", "k"}), "known: n, k");
  EXPECT_EQ(suggestion("x", {"n", "X"}), "did you mean 'X'?");
  EXPECT_EQ(suggestion("yy", {"n", "y"}), "did you mean 'y'?");
}
TEST(Suggestion, ListsWhatIsKnown) { EXPECT_EQ(suggestion("zeta", {"mu", "tau"}), "known: mu, tau"); }
TEST(Suggestion, SaysThatNothingIsKnown) { EXPECT_EQ(suggestion("x", {}), "known: none"); }

}  // namespace
}  // namespace kullback
