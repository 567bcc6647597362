// Concentrations of 0 and comparisons of levels against coordinate ascents written out elsewhere
// (tests/golden/make_structural_zeros.py), and starts beside what is impossible.
#include "golden.hpp"

#include "support/temporary_folder.hpp"

#include <kullback/error.hpp>

namespace kullback::messages::test {
namespace {

Json golden(const std::string& name) { return golden_file("structural_zeros.json")[name]; }

int index_of(const model::Model& model, const std::string& name) {
  return static_cast<int>(model.find(name) - model.variables.data());
}

Eigen::VectorXd concentrations(const ModelJoint& joint, const std::string& name) {
  return joint.posterior(index_of(joint.model(), name)).theta.reshaped();
}

std::string confusion_text(const Json& g, const std::string& starts) {
  return "plates: {n: 60, k: 3, l: 4}\ndata:\n  y[n]: {value: " + list(g["y"]) + R"(, levels: l}
model:
  p:            dirichlet(1, over = k)
  theta[k = 1]: dirichlet()" +
         list(g["prior"][0]) + R"(, over = l)
  theta[k = 2]: dirichlet()" +
         list(g["prior"][1]) + R"(, over = l)
  theta[k]:     dirichlet()" +
         list(g["prior"][2]) + R"(, over = l)
  z[n]:         categorical(p)
  y[n]:         categorical(theta[z])
inference:
  initialize: )" +
         starts;
}

TEST(StructuralZeros, AgreeInEverySweep) {
  const Json g = golden("confusion");
  for (const bool keep_selectors : {false, true}) {
    model::Model model = read(confusion_text(g, "{theta: {concentration: " + list(g["start"]) + "}}"));
    set_order(model, {"z", "p", "theta"});
    if (!keep_selectors) model.order = {index_of(model, "p"), index_of(model, "theta"), index_of(model, "z")};
    ModelJoint joint(registry(), model, keep_selectors);
    joint.initialize(1, 0);
    const auto sweeps = static_cast<Index>(g["bounds"].size());
    if (keep_selectors) {  // z starts at its prior: the same optimum
      EXPECT_LT((concentrations(joint, "theta") - flat(g["start"])).cwiseAbs().maxCoeff(), 1e-12);
      const Solution solution = solve_model(joint, 2000);
      EXPECT_GE(solution.bound, g["bounds"].back().get<double>());
      EXPECT_LT(solution.bound, g["bounds"].back().get<double>() + 0.1);
      continue;
    }
    expect_bounds(solve_model(joint, sweeps), g["bounds"], 1e-10);
    EXPECT_LT((concentrations(joint, "p") - flat(g["p"])).cwiseAbs().maxCoeff(), 1e-8);
    EXPECT_LT((concentrations(joint, "theta") - flat(g["theta"])).cwiseAbs().maxCoeff(), 1e-8);
  }
}

// Whatever the start: elements that are 0 stay it, and the first bound is that of possible levels.
TEST(StructuralZeros, StartOffImpossibleLevels) {
  const Json g = golden("confusion");
  const Eigen::VectorXd prior = flat(g["prior"]);
  for (const char* starts : {"{theta: prior}", "{theta: random}", "{z: random}", "{theta: random, z: random}"})
    for (const bool keep_selectors : {false, true}) {
      ModelJoint joint(registry(), read(confusion_text(g, starts)), keep_selectors);
      joint.initialize(3, 0);
      Eigen::VectorXd terms(static_cast<Index>(joint.terms().size()));
      joint.expected_log_density({terms.data(), static_cast<std::size_t>(terms.size())});
      EXPECT_GT(terms.sum(), -1e4) << starts << " " << keep_selectors;
      solve_model(joint, 3);
      const Eigen::VectorXd found = concentrations(joint, "theta");
      for (Index i = 0; i < prior.size(); ++i) EXPECT_EQ(found[i] == 0, prior[i] == 0) << starts << " " << i;
    }
}

TEST(StructuralZeros, OfAMultinomialAreTheEvidence) {
  const Json g = golden("counts");
  const std::string text = "plates: {l: 4}\ndata:\n  x: {value: " + list(g["x"]) +
                           ", over: l}\nmodel:\n  theta: dirichlet(" + list(g["prior"]) +
                           ", over = l)\n  x: multinomial(20, probabilities = theta)\n";
  ModelJoint joint(registry(), read(text));
  joint.initialize(1, 0);
  EXPECT_NEAR(solve_model(joint, 2).bound, g["evidence"].get<double>(), 1e-12);
}

TEST(StructuralZeros, RefuseWhatWasObservedThere) {
  const std::string why = refusal(R"(
plates: {l: 3}
data:
  x: {value: [1, 2, 3], over: l}
model:
  theta: dirichlet([1, 0, 1], over = l)
  x: multinomial(6, probabilities = theta)
)");
  EXPECT_NE(why.find("some of what is observed has probability 0"), std::string::npos) << why;
}

TEST(StructuralZeros, RefuseFactorsWithoutAnyElement) {
  const test_support::TemporaryFolder folder;
  folder.write("zeros.csv", "a,b,c\n1,0,2\n0,0,0\n");
  const std::string why = refusal(R"(
plates: {l: 3, g: data}
data:
  a[g, l]: {file: zeros.csv, columns: all}
model:
  theta[g]: dirichlet(a, over = l)
)",
                                  folder.path().string());
  EXPECT_NE(why.find("all concentrations of theta[2] are 0"), std::string::npos) << why;
}

TEST(Comparisons, OfTwoLevelsHaveAClosedRule) {
  const Json g = golden("blocks");
  const auto moments = [&](const char* name) {
    const double mean = g[name][0], variance = g[name][1];
    return fmt::format("{{x: {}, x2: {}}}", mean, mean * mean + variance);
  };
  ModelJoint joint(registry(), read("plates: {e: 15, i: 6, k: 3}\ndata:\n  y[e]: " + list(g["y"]) +
                                    "\n  from[e]: {value: " + list(g["from"]) + ", levels: i}\n  to[e]: {value: " +
                                    list(g["to"]) + ", levels: i}\n  w[k]: " + list(g["w"]) + R"(
model:
  a:    normal(0, precision = 1)
  b:    normal(0, precision = 1)
  s[i]: categorical(w)
  y[e]: normal(a + b * (s[from] == s[to]), precision = 4)
inference:
  initialize:
    a: )" + moments("a") +
                                    "\n    b: " + moments("b") + "\n    s: {cell: " + list(g["start"]) + "}\n"));
  joint.initialize(1, 0);
  EXPECT_NEAR(solve_model(joint, 3000).bound, g["bound"].get<double>(), 1e-9);
  EXPECT_NEAR(means_of(joint, "a")(0, 0), g["means"][0].get<double>(), 1e-7);
  EXPECT_NEAR(means_of(joint, "b")(0, 0), g["means"][1].get<double>(), 1e-7);
}

TEST(Comparisons, MakeRatesThatAre0) {
  const auto bound = [](const std::string& rate) {
    ModelJoint joint(registry(), read("plates: {n: 8, k: [off, on]}\ndata:\n  y[n]: [0, 3, 0, 5, 4, 0, 0, 2]\nmodel:\n"
                                      "  w: dirichlet(1, over = k)\n  z[n]: categorical(w)\n" +
                                      rate));
    joint.initialize(1, 0);
    const Solution solution = solve_model(joint, 200);
    EXPECT_GT(solution.trace.front().bound, -100);  // it starts off the impossible level
    return solution.bound;
  };
  const double expected = golden("inflated")["bound"];
  EXPECT_NEAR(bound("  r: gamma(shape = 1, rate = 1)\n  y[n]: poisson(r * (z == on))\n"), expected, 1e-10);
  EXPECT_NEAR(bound("  r[k = off]: 0\n  r[k]: gamma(shape = 1, rate = 1)\n  y[n]: poisson(r[z])\n"), expected, 1e-10);
}

}  // namespace
}  // namespace kullback::messages::test
