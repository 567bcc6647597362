// The same models from the same start in the same order as BayesPy: every sweep's bound and the final moments.
#include "oracle.hpp"

#include <nlohmann/json.hpp>

#include <fstream>

namespace kullback::messages::test {
namespace {

struct Twin {
  const char* name;
  const char* text;  ///< DATA stands for the numbers of y
};

const Twin kTwins[] = {
    {"mean_and_precision", R"(
plates: {n: 12}
data:
  y[n]: DATA
model:
  mu:   normal(0.5, precision = 0.01)
  tau:  gamma(shape = 0.1, rate = 0.2)
  y[n]: normal(mu, precision = tau)
)"},
    {"regression", R"(
plates: {n: 30, k: 4}
data:
  y[n]: DATA
  x[n, k]: COVARIATES
model:
  w:        normal(0, precision = alpha, over = k)
  alpha[k]: gamma(shape = 0.1, rate = 0.1)
  tau:      gamma(shape = 0.1, rate = 0.1)
  y[n]:     normal(dot(w, x), precision = tau)
)"},
    {"pca", R"(
plates: {n: 15, m: 5, k: 2}
data:
  y[n, m]: DATA
model:
  W[m]:     normal(0, precision = alpha, over = k)
  alpha[k]: gamma(shape = 0.1, rate = 0.1)
  X[n]:     normal(0, precision = 1, over = k)
  tau:      gamma(shape = 0.1, rate = 0.1)
  y[n, m]:  normal(dot(W, X), precision = tau)
inference:
  initialize: {X: random}
)"},
    {"pca_missing", R"(
plates: {n: 15, m: 5, k: 2}
data:
  y[n, m]: DATA
model:
  W[m]:     normal(0, precision = alpha, over = k)
  alpha[k]: gamma(shape = 0.1, rate = 0.1)
  X[n]:     normal(0, precision = 1, over = k)
  tau:      gamma(shape = 0.1, rate = 0.1)
  y[n, m]:  normal(dot(W, X), precision = tau)
inference:
  initialize: {X: random}
)"},
    {"mixture", R"(
plates: {n: 40, k: 3, d: 2}
data:
  y[n, d]: DATA
model:
  weights:   dirichlet(0.5, over = k)
  mu[k]:     multivariate_normal(0, precision = 0.1, over = d)
  Lambda[k]: wishart(degrees_of_freedom = 3, inverse_scale = 1, over = d)
  z[n]:      categorical(weights)
  y[n]:      multivariate_normal(mu[z], precision = Lambda[z], over = d)
inference:
  initialize: {z: random}
)"},
    {"bernoulli_mixture", R"(
plates: {n: 30, d: 6, k: 3}
data:
  y[n, d]: DATA
model:
  weights: dirichlet(1, over = k)
  p[k, d]: beta(alpha = 0.5, beta = 0.7)
  z[n]:    categorical(weights)
  y[n, d]: bernoulli(p[z])
inference:
  initialize: {z: random}
)"},
    {"poisson", R"(
plates: {i: 5, g: 4}
data:
  y[i, g]: DATA
model:
  rate[g]: gamma(shape = 2, rate = b)
  b:       gamma(shape = 1, rate = 1)
  y[i, g]: poisson(rate)
)"},
};

// Nested lists of these lengths.
std::string list(const std::vector<double>& numbers, std::vector<std::size_t> shape, std::size_t& at) {
  std::string out = "[";
  const std::size_t count = shape.front();
  shape.erase(shape.begin());
  for (std::size_t k = 0; k < count; ++k) {
    if (k) out += ", ";
    out += !shape.empty()            ? list(numbers, shape, at)
           : std::isnan(numbers[at]) ? (++at, ".nan")
                                     : fmt::format("{}", numbers[at++]);
  }
  return out + "]";
}

std::vector<double> numbers_of(const nlohmann::json& values) {
  std::vector<double> out;
  for (const auto& v : values) out.push_back(v.is_number() ? v.get<double>() : std::nan(""));
  return out;
}

class BayesPy : public testing::TestWithParam<std::tuple<Twin, bool>> {
 protected:
  // json.dump writes NaN, which is no JSON.
  static nlohmann::json golden() {
    std::ifstream file(KULLBACK_SOURCE_DIR "/tests/golden/bayespy.json");
    std::string text((std::istreambuf_iterator<char>(file)), {});
    for (std::size_t at; (at = text.find("NaN")) != std::string::npos;) text.replace(at, 3, "null");
    return nlohmann::json::parse(text);
  }
};

TEST_P(BayesPy, AgreesInEverySweep) {
  const auto& [twin, keep] = GetParam();
  if (std::string(twin.text).find("wishart") != std::string::npos && !registry().find_family("wishart"))
    GTEST_SKIP() << "no wishart";
  const nlohmann::json golden = BayesPy::golden().at(twin.name);
  std::string text = twin.text;
  const auto put = [&](const std::string& word, const std::string& data, std::vector<std::size_t> shape) {
    std::size_t position = 0;
    if (const std::size_t at = text.find(word); at != std::string::npos)
      text.replace(at, word.size(), list(numbers_of(golden.at("data").at(data)), std::move(shape), position));
  };
  const std::string name = twin.name;
  const std::size_t count = golden.at("data").at("y").size();
  if (name == "regression") put("COVARIATES", "x", {30, 4});
  put("DATA", "y",
      name == "mean_and_precision" || name == "regression" ? std::vector<std::size_t>{count}
      : name.starts_with("pca")                            ? std::vector<std::size_t>{15, 5}
      : name == "mixture"                                  ? std::vector<std::size_t>{40, 2}
      : name == "bernoulli_mixture"                        ? std::vector<std::size_t>{30, 6}
                                                           : std::vector<std::size_t>{5, 4});
  model::Model model = read(text);
  for (const auto& [variable, labels] : golden.at("starts").items()) {
    const auto v = static_cast<std::size_t>(model.find(variable) - model.variables.data());
    model.initializations[v] = {};
    model.initializations[v].kind = model::Initialization::Kind::moments;
    for (const auto& [label, values] : labels.items()) {
      const std::vector<double> numbers = numbers_of(values);
      model.initializations[v].numbers.push_back(
          {label, {{}, Eigen::Map<const Eigen::VectorXd>(numbers.data(), static_cast<Index>(numbers.size()))}});
    }
  }
  ModelJoint joint(registry(), model, keep);
  joint.initialize(1, 0);
  const std::vector<double> bounds = numbers_of(golden.at("bounds"));
  Settings settings;
  settings.max_sweeps = static_cast<Index>(bounds.size());
  settings.tolerance = 1e-300;
  Observer observer;
  const Solution solution = solve(joint, registry().optimizer("coordinate_ascent"), settings, observer);
  EXPECT_NE(solution.status, Status::bound_fell) << solution.reason;
  ASSERT_GE(solution.trace.size(), std::min<std::size_t>(bounds.size(), 5));
  for (std::size_t k = 0; k < solution.trace.size(); ++k)
    EXPECT_NEAR(solution.trace[k].bound, bounds[k], 1e-8 * std::abs(bounds[k])) << "sweep " << k + 1;
  for (const auto& [variable, labels] : golden.at("finals").items())
    for (const auto& [label, values] : labels.items()) {
      const auto v = static_cast<std::size_t>(model.find(variable) - model.variables.data());
      const Source& source = joint.sources()[v];
      const std::vector<double> expected = numbers_of(values);
      Eigen::MatrixXd m;
      if (const Pass* pass = joint.pass_of(static_cast<int>(v))) {
        m.resize(pass->levels(), pass->rows());
        pass->responsibilities(0, pass->rows(), m);
      } else {
        const Block& block = joint.blocks()[static_cast<std::size_t>(source.block)];
        const Index row = source.row(label), rows = static_cast<Index>(expected.size()) / block.members();
        m = block.m.middleRows(row, rows);
      }
      ASSERT_EQ(m.size(), static_cast<Index>(expected.size())) << variable << " " << label;
      for (Index i = 0; i < m.size(); ++i)
        EXPECT_NEAR(m.data()[i], expected[static_cast<std::size_t>(i)],
                    1e-8 * (1 + std::abs(expected[static_cast<std::size_t>(i)])))
            << variable << " " << label << " " << i;
    }
}

INSTANTIATE_TEST_SUITE_P(Models, BayesPy, testing::Combine(testing::ValuesIn(kTwins), testing::Bool()),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param).name) +
                                  (std::get<1>(info.param) ? "_stored" : "");
                         });

}  // namespace
}  // namespace kullback::messages::test
