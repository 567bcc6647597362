// Every form of statement: what is compiled is log p where q is a point, and linear in the moments of each member.
#include "oracle.hpp"

namespace kullback::messages::test {
namespace {

struct Form {
  const char* name;
  const char* text;
};

class Forms : public testing::TestWithParam<Form> {};

TEST_P(Forms, AreTheLogDensityAtPointsAndLinearInMoments) {
  const model::Model model = read(GetParam().text);
  ModelJoint joint(registry(), model, true);
  joint.initialize(1, 0);
  check_model(joint);
}

const Form kForms[] = {
    {"normal_mean_and_precision", R"(
plates: {n: 5}
data:
  y[n]: [1.2, 0.3, 2.2, -1, 0.4]
model:
  mu:   normal(0.5, precision = 0.1)
  tau:  gamma(shape = 2, rate = 1)
  y[n]: normal(mu, precision = tau)
)"},
    {"normal_variance", R"(
plates: {n: 5}
data:
  y[n]: [1.2, 0.3, 2.2, -1, 0.4]
model:
  v:    inverse_gamma(shape = 2, scale = 1)
  mu:   normal(0, variance = 4)
  y[n]: normal(mu, variance = v)
)"},
    {"regression_over", R"(
plates: {n: 4, k: 2}
data:
  y[n]: [1.2, 0.3, 2.2, -1]
  x[n, k]: [[1, 2], [1, -1], [1, 0.5], [1, 0.1]]
model:
  alpha[k]: gamma(shape = 1, rate = 1)
  w:    normal(0, precision = alpha, over = k)
  tau:  gamma(shape = 2, rate = 1)
  y[n]: normal(dot(w, x), precision = tau)
)"},
    {"regression_by_cell", R"(
plates: {n: 4, k: 3}
data:
  y[n]: [1.2, 0.3, 2.2, -1]
  x[n, k]: [[1, 2, 1], [1, -1, 0], [1, 0.5, 0], [1, 0.1, 3]]
model:
  w[k]: normal(0, precision = 0.5)
  tau:  gamma(shape = 2, rate = 1)
  y[n]: normal(dot(w, x), precision = tau)
)"},
    {"arithmetic", R"(
plates: {n: 4}
data:
  y[n]: [1.2, 0.3, 2.2, -1]
  x[n]: [1, 2, 3, 4]
model:
  a:    normal(0, precision = 0.5)
  b:    normal(1, precision = 0.5)
  c:    normal(1, variance = 3)
  line[n]: a + b * x - c / 2
  y[n]: normal(2 * line - b * c, variance = 2)
)"},
    {"mixture", R"(
plates: {n: 6, k: 3}
data:
  y[n]: [1.2, 0.3, 2.2, -1, 0.4, 3]
model:
  w:      dirichlet(0.7, over = k)
  mu[k]:  normal(0, precision = 0.1)
  tau[k]: gamma(shape = 2, rate = 1)
  z[n]:   categorical(w)
  y[n]:   normal(mu[z], precision = tau[z])
inference:
  initialize: {z: random}
)"},
    {"groups", R"(
plates: {n: 6, g: 3}
data:
  y[n]: [1.2, 0.3, 2.2, -1, 0.4, 3]
  x[n]: [1, 2, 3, 4, 5, 6]
  group[n]: {value: [1, 2, 3, 2, 1, 1], levels: g}
model:
  m:    normal(0, precision = 0.1)
  t:    gamma(shape = 2, rate = 1)
  a[g]: normal(m, precision = t)
  b[g]: normal(0, precision = 1)
  y[n]: normal(a[group] + b[group] * x, precision = 3)
)"},
    {"pca", R"(
plates: {n: 4, m: 3, k: 2}
data:
  y[n, m]: [[1, 2, 3], [0, 1, -1], [0.4, 2, 1], [2, 2, 0]]
model:
  W[m]: normal(0, precision = 1, over = k)
  X[n]: normal(0, precision = 1, over = k)
  tau:  gamma(shape = 1, rate = 1)
  y[n, m]: normal(dot(W, X), precision = tau)
inference:
  initialize: {X: random}
)"},
    {"pca_by_cell", R"(
plates: {n: 4, m: 3, k: 2}
data:
  y[n, m]: [[1, 2, 3], [0, 1, -1], [0.4, 2, 1], [2, 2, 0]]
model:
  W[m, k]: normal(0, precision = 1)
  X[n, k]: normal(0, precision = 1)
  tau:     gamma(shape = 1, rate = 1)
  y[n, m]: normal(dot(W, X), precision = tau)
inference:
  initialize: {X: random}
)"},
    {"bernoulli_mixture", R"(
plates: {n: 4, d: 3, k: 2}
data:
  y[n, d]: [[1, 0, 1], [0, 0, 1], [1, 1, 1], [0, 1, 0]]
model:
  w:       dirichlet(1, over = k)
  p[k, d]: beta(alpha = 1, beta = 2)
  z[n]:    categorical(w)
  y[n, d]: bernoulli(p[z])
inference:
  initialize: {z: random}
)"},
    {"topics", R"(
plates: {n: 7, doc: 2, word: 4, topic: 3}
data:
  w[n]: {value: [1, 2, 3, 4, 1, 1, 2], levels: word}
  d[n]: {value: [1, 1, 1, 2, 2, 2, 2], levels: doc}
model:
  theta[doc]: dirichlet(0.5, over = topic)
  phi[topic]: dirichlet(0.3, over = word)
  z[n]:       categorical(theta[d])
  w[n]:       categorical(phi[z])
inference:
  initialize: {z: random}
)"},
    {"block_model", R"(
plates: {e: 5, i: 4, k: 2, l: k}
data:
  link[e]: [1, 0, 1, 1, 0]
  from[e]: {value: [1, 2, 3, 4, 1], levels: i}
  to[e]:   {value: [2, 3, 4, 1, 3], levels: i}
model:
  w:         dirichlet(1, over = k)
  eta[k, l]: beta(alpha = 1, beta = 1)
  z[i]:      categorical(w)
  link[e]:   bernoulli(eta[z[from], z[to]])
inference:
  initialize: {z: random}
)"},
    {"differences", R"(
plates: {e: 4, i: 3}
data:
  y[e]: [0.3, -1, 0.2, 0.5]
  a[e]: {value: [1, 2, 3, 1], levels: i}
  b[e]: {value: [2, 3, 1, 1], levels: i}
model:
  s[i]: normal(0, precision = 1)
  y[e]: normal(s[a] - s[b], precision = 2)
)"},
    {"poisson_rates", R"(
plates: {n: 5, g: 2}
data:
  y[n]: [3, 0, 2, 7, 1]
  hours[n]: [1, 0.5, 2, 3, 1]
  group[n]: {value: [1, 2, 1, 2, 1], levels: g}
model:
  rate[g]: gamma(shape = 1, rate = 0.5)
  y[n]:    poisson(rate[group] * hours)
)"},
    {"scale_mixture", R"(
plates: {n: 4}
data:
  y[n]: [3, 0, 2, 7]
model:
  mu:   normal(0, precision = 0.1)
  tau:  gamma(shape = 1, rate = 1)
  u[n]: gamma(shape = 2, rate = 2)
  y[n]: normal(mu, precision = tau * u)
)"},
    {"missing_covariate", R"(
plates: {n: 4}
data:
  y[n]: [3, 0, 2, 7]
  x[n]: [1, .nan, 2, 3]
model:
  a:    normal(0, precision = 0.1)
  b:    normal(0, precision = 0.1)
  m:    normal(0, precision = 0.1)
  x[n]: normal(m, precision = 1)
  y[n]: normal(a + b * x, precision = 2)
)"},
    {"picked_cells", R"(
plates: {n: 6, k: [first, second, third]}
data:
  y[n]: [1.2, 0.3, 2.2, -1, 0.4, 3]
  kind[n]: {value: [first, second, third, first, second, third], levels: k}
model:
  a[k]: normal(0, precision = 1)
  a[k = first]: 0.5
  y[n]: normal(a[kind] + 0.3 * a[k = second], precision = 2)
)"},
    {"reduced", R"(
plates: {n: 3, k: 2}
data:
  y[n]: [1.2, 0.3, 2.2]
model:
  a[k]: normal(0, precision = 1)
  b[n, k]: normal(a, precision = 2)
  y[n]: normal(sum(b, over = k), precision = 2)
)"},
    {"beta_binomial", R"(
plates: {n: 3}
data:
  y[n]: [1, 3, 5]
  trials[n]: [4, 5, 6]
model:
  p:    beta(alpha = 2, beta = 3)
  y[n]: binomial(trials = trials, probability = p)
)"},
};

INSTANTIATE_TEST_SUITE_P(Statements, Forms, testing::ValuesIn(kForms),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace kullback::messages::test
