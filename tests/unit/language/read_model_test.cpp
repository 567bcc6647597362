// Models of the classic kinds, as the language resolves them.
#include "language/evaluate_term.hpp"
#include "unit/language/language.hpp"

namespace kullback::language {
namespace {

using model::Selector;
using model::Term;
using model::Variable;
using testing::ElementsAre;

std::vector<double> values(const Eigen::VectorXd& v) { return {v.begin(), v.end()}; }

TEST(ReadModel, HierarchicalNormalIndexesByAColumn) {
  const ModelFile file = read_text(R"(
plates: {n: data, school: data}
data:
  file: s.csv
  y[n]: score
  in[n]: {column: school, levels: school}
model:
  m: normal(0, stddev = 10)
  a[school]: normal(m, stddev = 2)
  y[n]: normal(a[in], stddev = 1)
)",
                                   {{"s.csv", "school,score\nb,1\na,2\nb,3\n"}});
  EXPECT_EQ(file.model.plates[0].size, 3);
  EXPECT_THAT(file.model.plates[1].labels, ElementsAre("a", "b"));
  EXPECT_THAT(values(variable(file, "in").data.values), ElementsAre(1, 0, 1));
  const Term& mean = statement(file, "y").arguments[0];
  ASSERT_EQ(mean.kind, Term::Kind::variable);
  EXPECT_EQ(mean.selectors[0].kind, Selector::Kind::column);
  EXPECT_THAT(mean.selectors[0].levels, ElementsAre(1, 0, 1));
  EXPECT_THAT(mean.dimensions, ElementsAre(0));
  EXPECT_EQ(statement(file, "y").echo, "y[n] ~ normal(mean = a[in[n]], stddev = 1)");
  EXPECT_EQ(variable(file, "y").role, Variable::Role::observed);
  EXPECT_EQ(variable(file, "a").role, Variable::Role::latent);
}

TEST(ReadModel, LabelsBesideALevelNeedNoQuotes) {
  const ModelFile file = read_text(R"(
plates: {n: data, side: [left, right]}
data:
  file: s.csv
  y[n]: score
  g[n]: {column: of, levels: side}
  r[n]: ("left" == of) + 2 * (of != "left")
model:
  m: normal(0, stddev = 1)
  y[n]: normal(m * (g == right) + (left != g), stddev = 1)
)",
                                   {{"s.csv", "of,score\nleft,1\nright,2\n"}});
  EXPECT_EQ(statement(file, "y").echo, "y[n] ~ normal(mean = m·(g[n] == right) + (left != g[n]), stddev = 1)");
  EXPECT_THAT(values(statement(file, "y").arguments[0].children[1].array.values), ElementsAre(0, 1));
  EXPECT_THAT(values(variable(file, "r").data.values), ElementsAre(1, 2));
}

TEST(ReadModel, AReportIsNoSymmetricStart) {
  const ModelFile file = read_text(R"(
plates: {n: 2, k: 2}
data:
  y[n]: [1, 2]
model:
  a: normal(0, stddev = 1, over = k)
  b: normal(0, stddev = 1, over = k)
  y[n]: normal(sum(a + b, over = k), stddev = 1)
  both: dot(a, b)
)");
  EXPECT_EQ(variable(file, "both").role, Variable::Role::report);
}

TEST(ReadModel, DotSumsTheDimensionThatTheTargetLacks) {
  const ModelFile file = read_text(R"(
plates: {n: data, m: data, k: 2}
data:
  file: x.csv
  y[n, m]: {columns: all}
model:
  W[m]: normal(0, stddev = 1, over = k)
  X[n]: normal(0, stddev = 1, over = k)
  y[n, m]: normal(dot(W, X), stddev = 1)
inference:
  initialize: {X: random}
)",
                                   {{"x.csv", "a,b,c\n1,2,3\n4,5,\n"}});
  EXPECT_THAT(file.model.plates[1].labels, ElementsAre("a", "b", "c"));
  EXPECT_EQ(statement(file, "y").echo, "y[n,m] ~ normal(mean = Σ_k W[m,k]·X[n,k], stddev = 1)");
  const Term& mean = statement(file, "y").arguments[0];
  EXPECT_EQ(mean.kind, Term::Kind::dot);
  EXPECT_EQ(file.model.plates[static_cast<std::size_t>(mean.reduced)].name, "k");
  EXPECT_EQ(variable(file, "W").over.size(), 1u);
  EXPECT_NE(overview(file).find("2 × 3 cells, 1 empty -> latent"), std::string::npos) << overview(file);
}

TEST(ReadModel, DataOnlyExpressionsAreComputed) {
  const ModelFile file = read_text(R"(
plates: {n: data, d: 2}
data:
  file: r.csv
  y[n]: y
  x[n]: {columns: [a, b], over: d, standardize: true}
  age[n]: (a - mean(a, over = n)) / size(n)
  top: sum(a, over = n) ^ 2
model:
  w: normal(0, stddev = 1, over = d)
  offset[n]: 2 * age + top
  y[n]: normal(dot(w, x) + offset, stddev = 1)
)",
                                   {{"r.csv", "y,a,b\n1,1,5\n2,2,6\n3,6,10\n"}});
  EXPECT_THAT(values(variable(file, "age").data.values),
              ElementsAre(testing::DoubleEq(-2.0 / 3), testing::DoubleEq(-1.0 / 3), 1));
  EXPECT_THAT(values(variable(file, "top").data.values), ElementsAre(81));
  EXPECT_EQ(variable(file, "offset").role, Variable::Role::constant);
  EXPECT_DOUBLE_EQ(variable(file, "offset").data.values[2], 83);
  const auto& x = variable(file, "x").data.values;
  EXPECT_NEAR(x[0] + x[2] + x[4], 0, 1e-15);
  EXPECT_NEAR(x[0] * x[0] + x[2] * x[2] + x[4] * x[4], 2, 1e-14);  // by the sample variance
  const Term& mean = statement(file, "y").arguments[0];
  EXPECT_EQ(mean.kind, Term::Kind::add);
  EXPECT_EQ(mean.children[1].kind, Term::Kind::constant);
}

TEST(ReadModel, CellsThatStateMoreSlotsWin) {
  const ModelFile file = read_text(R"(
plates: {k: [one, two, three]}
model:
  a[k = one]: 0
  a[k]: normal(0, stddev = 1)
  s: sum(a, over = k)
)");
  const Variable& a = variable(file, "a");
  ASSERT_EQ(a.statements.size(), 2u);
  EXPECT_THAT(file.model.statements[static_cast<std::size_t>(a.statements[0])].serves, ElementsAre(1, 0, 0));
  EXPECT_THAT(file.model.statements[static_cast<std::size_t>(a.statements[1])].serves, ElementsAre(0, 1, 1));
  EXPECT_EQ(variable(file, "s").role, Variable::Role::report);
  EXPECT_EQ(statement(file, "s").echo, "s = Σ_k a[k]");
}

TEST(ReadModel, NumbersStandForMatricesAndVectors) {
  const ModelFile file = read_text(R"(
plates: {n: data, d: 2}
data:
  y[n]: {file: y.csv, columns: [a, b], over: d}
model:
  mu: multivariate_normal(0, precision = 0.01, over = d)
  y[n]: multivariate_normal(mu, covariance = [[2, 1], [1, 2]])
)",
                                   {{"y.csv", "a,b\n1,2\n3,4\n5,6\n"}});
  const model::Statement& mu = statement(file, "mu");
  EXPECT_EQ(file.model.plates[static_cast<std::size_t>(mu.matrix_dimension)].name, "d'");
  EXPECT_THAT(values(mu.arguments[1].array.values), ElementsAre(0.01, 0, 0, 0.01));
  EXPECT_EQ(mu.layout.dimension, 2);
  EXPECT_THAT(values(statement(file, "y").arguments[1].array.values), ElementsAre(2, 1, 1, 2));
  EXPECT_THAT(file.notes, ElementsAre("mu[d]: precision = 0.01 read as 0.01 × identity(2)"));
}

TEST(ReadModel, NestedLabelsAndIndicesOfIndices) {
  const ModelFile file = read_text(R"(
plates: {n: data, class: data, school: data, c: [intercept, slope]}
data:
  file: p.csv
  y[n]: score
  in_class[n]: {columns: [school, class], levels: class}
  in_school[class]: {column: school, levels: school}
  size[class]: pupils
model:
  b[school]: multivariate_normal(0, precision = 1, over = c)
  a[class]: normal(b[in_school, c = intercept], stddev = 1)
  y[n]: normal(a[in_class] + b[in_school[in_class], c = slope] * size[in_class], stddev = 1)
)",
                                   {{"p.csv", "school,class,score,pupils\ns,1,1,20\ns,2,2,30\nt,1,3,40\ns,1,4,20\n"}});
  EXPECT_THAT(file.model.plates[1].labels, ElementsAre("s, 1", "s, 2", "t, 1"));
  EXPECT_THAT(values(variable(file, "in_class").data.values), ElementsAre(0, 1, 2, 0));
  EXPECT_THAT(values(variable(file, "in_school").data.values), ElementsAre(0, 0, 1));
  EXPECT_THAT(values(variable(file, "size").data.values), ElementsAre(20, 30, 40));
  const Term& mean = statement(file, "y").arguments[0];
  const Term& slope = mean.children[1].children[0];
  EXPECT_THAT(slope.selectors[0].levels, ElementsAre(0, 0, 1, 0));
  EXPECT_EQ(slope.selectors[1].kind, Selector::Kind::fixed);
  EXPECT_EQ(slope.selectors[1].level, 1);
  EXPECT_THAT(values(mean.children[1].children[1].array.values), ElementsAre(20, 30, 40, 20));
  EXPECT_EQ(statement(file, "y").echo,
            "y[n] ~ normal(mean = a[in_class[n]] + b[in_school[in_class[n]],c = slope]·size[in_class[n]], stddev = 1)");
}

TEST(ReadModel, EdgesHaveTwoIndicesOfOnePlate) {
  const ModelFile file = read_text(R"(
plates: {e: data, i: data}
data:
  file: e.csv
  d[e]: d
  from[e]: {column: source, levels: i}
  to[e]: {column: target, levels: i}
model:
  x[i]: normal(0, stddev = 1)
  d[e]: normal(x[from] - x[to], stddev = 1)
)",
                                   {{"e.csv", "source,target,d\nu,v,1\nw,u,2\n"}});
  EXPECT_THAT(file.model.plates[1].labels, ElementsAre("u", "v", "w"));
  EXPECT_THAT(values(variable(file, "to").data.values), ElementsAre(1, 0));
}

TEST(ReadModel, PosteriorAndStarts) {
  const ModelFile file = read_text(R"(
plates: {n: data}
data:
  y[n]: [1, 2, 3]
model:
  mu: normal(0, stddev = 1)
  nu: normal(mu, stddev = 1)
  y[n]: normal(nu, stddev = 1)
posterior:
  mu: discrete_grid(cells = 50, low = -4, high = 4)
inference:
  initialize: {nu: {x: 0.5, x2: 1}}
  schedule: [nu, mu]
)");
  EXPECT_EQ(file.model.posteriors[1].kind, model::Posterior::Kind::grid);
  EXPECT_EQ(file.model.posteriors[1].cells, 50);
  EXPECT_EQ(file.model.initializations[2].kind, model::Initialization::Kind::moments);
  EXPECT_EQ(file.model.initializations[2].numbers[1].first, "x2");
  EXPECT_THAT(file.model.order, ElementsAre(2, 1));
}

TEST(ReadModel, AVectorThatStartsToldApartIsVisitedAfterTheOther) {
  const std::string text =
      "plates: {n: 2, m: 3, k: 2}\nmodel:\n  W[m]: normal(0, precision = 1, over = k)\n"
      "  X[n]: normal(0, precision = 1, over = k)\n  y[n, m]: normal(dot(W, X), precision = 1)\n"
      "inference:\n  initialize: ";
  const ModelFile moved = read_text(text + "{W: random}\n");
  EXPECT_THAT(moved.model.order, ElementsAre(1, 0, 2));
  EXPECT_NE(overview(moved).find("X before W, whose start would be lost"), std::string::npos) << overview(moved);
  EXPECT_TRUE(read_text(text + "{X: random}\n").model.order.empty());
}

TEST(ReadModel, NewRowsKeepTheOldLabels) {
  ReadOptions options;
  options.data.labels = {{"g", {"a", "b", "c"}}};
  const char* text = R"(
plates: {n: data, g: data}
data:
  file: y.csv
  y[n]: y
  in[n]: {column: g, levels: g}
model:
  mu[g]: normal(0, stddev = 1)
  y[n]: normal(mu[in], stddev = 1)
)";
  const ModelFile file = read_text(text, {{"y.csv", "y,g\n1,c\n2,a\n"}}, options);
  EXPECT_THAT(values(variable(file, "in").data.values), ElementsAre(2, 0));
  EXPECT_NE(message_of<ConfigError>([&] {
              read_text(text, {{"y.csv", "y,g\n1,d\n"}}, options);
            }).find("row 1"),
            std::string::npos);
}

TEST(ReadModel, MixturePicksByALatentCategorical) {
  const ModelFile file = read_text(R"(
plates: {n: data, k: 3, d: 2}
data:
  y[n]: {file: f.csv, columns: [a, b], over: d}
model:
  weights:   dirichlet(0.1, over = k)
  mu[k]:     multivariate_normal(mean = 0, precision = 0.01, over = d)
  Lambda[k]: wishart(degrees_of_freedom = 3, scale = 1, over = d)
  z[n]:      categorical(weights)
  y[n]:      multivariate_normal(mean = mu[z], precision = Lambda[z])
inference:
  initialize: {z: random}
)",
                                   {{"f.csv", "a,b\n1,2\n3,4\n5,6\n7,8\n"}});
  const model::Statement& y = statement(file, "y");
  EXPECT_EQ(y.echo, "y[n,d] ~ multivariate_normal(mean = mu[z[n],d], precision = Lambda[z[n],d,d'])");
  const Selector& gate = y.arguments[0].selectors[0];
  EXPECT_EQ(gate.kind, Selector::Kind::latent);
  EXPECT_EQ(file.model.variables[static_cast<std::size_t>(gate.variable)].name, "z");
  EXPECT_EQ(file.model.plates[static_cast<std::size_t>(variable(file, "z").levels)].name, "k");
  EXPECT_TRUE(variable(file, "Lambda").matrix);
  EXPECT_NE(overview(file).find("E[Lambda] = 3 × identity(2)"), std::string::npos) << overview(file);
  config::Diagnostics none;
  check_symmetric_starts(file.model, none);
  EXPECT_TRUE(none.empty());
}

TEST(ReadModel, TopicsAreCountedByWeights) {
  const ModelFile file = read_text(R"(
plates:
  n: {size: data, weight: count}
  document: data
  word: data
  topic: 2
data:
  file: c.csv
  w[n]:   {column: word, levels: word}
  doc[n]: {column: document, levels: document}
model:
  theta[document]: dirichlet(0.1, over = topic)
  phi[topic]:      dirichlet(0.05, over = word)
  z[n]:            categorical(theta[doc])
  w[n]:            categorical(phi[z])
inference:
  initialize: {z: random}
)",
                                   {{"c.csv", "document,word,count\n1,to,2\n1,be,1\n2,or,3\n10,to,1\n"}});
  EXPECT_THAT(values(file.model.plates[0].weight), ElementsAre(2, 1, 3, 1));
  EXPECT_THAT(file.model.plates[1].labels, ElementsAre("1", "2", "10"));  // in the order of the numbers
  EXPECT_THAT(file.model.plates[2].labels, ElementsAre("be", "or", "to"));
  EXPECT_THAT(values(variable(file, "w").data.values), ElementsAre(2, 0, 1, 2));
  EXPECT_EQ(statement(file, "z").echo, "z[n] ~ categorical(probabilities = theta[doc[n],topic])");
  EXPECT_EQ(variable(file, "w").role, Variable::Role::observed);
  EXPECT_NE(overview(file).find("document: 3 levels, '1'..'10' (numeric order; from document)"), std::string::npos)
      << overview(file);
  EXPECT_NE(overview(file).find("n is weighted: identical rows share one q(z)"), std::string::npos) << overview(file);
}

const TestFiles kPupils = {{"p.csv", "school,class,score,age\nA,1,2,10\nA,2,3,11\nB,1,4,12\nB,2,1,13\nC,1,2.5,14\n"}};

bool says(const ModelFile& file, const std::string& text) { return overview(file).find(text) != std::string::npos; }

TEST(ReadModel, LabelsThatCountAnewInEveryGroupAreNoted) {
  const std::string text = R"(
plates: {n: data, class: data, school: data}
data:
  file: p.csv
  y[n]: score
  c[n]: {column: class, levels: class}
  s[n]: {column: school, levels: school}
model:
  a[class]: normal(0, stddev = 10)
  b[school]: normal(0, stddev = 10)
  y[n]: normal(a[c] + b[s], stddev = 1)
)";
  const std::string note = "class '1' occurs in 3 schools: columns: [school, class] if these differ";
  const ModelFile file = read_text(text, kPupils);
  EXPECT_TRUE(says(file, note)) << overview(file);
  std::string nested = text;
  nested.replace(nested.find("{column: class,"), 15, "{columns: [school, class],");
  EXPECT_FALSE(says(read_text(nested, kPupils), note));
  // Class 3 of school A has no 2 before it: these are no counts.
  EXPECT_FALSE(says(read_text(text, {{"p.csv", "school,class,score\nA,1,2\nA,3,3\nB,1,4\nB,2,1\nC,1,2.5\n"}}), note));
}

TEST(ReadModel, RowsMayHaveLabelsOfTheirOwn) {
  const ModelFile file = read_text(R"(
plates: {v: data}
data:
  file: p.csv
  y[v]: score
  name[v]: {columns: [school, class], levels: v}
model:
  m[v]: normal(0, stddev = 10)
  y[v]: normal(m, stddev = 1)
  difference: m[v = "B, 2"] - m[v = "A, 1"]
)",
                                   kPupils);
  EXPECT_THAT(file.model.plates[0].labels, ElementsAre("A, 1", "A, 2", "B, 1", "B, 2", "C, 1"));
  EXPECT_EQ(statement(file, "difference").value.children[0].selectors[0].level, 3);
  EXPECT_TRUE(says(file, "v: 5 levels, 'A, 1'..'C, 1' (row order; from school, class)")) << overview(file);
}

TEST(ReadModel, AnExpressionMayGiveLabels) {
  const ModelFile file = read_text(R"(
plates: {n: data, era: 2, old: [0, 1]}
data:
  file: p.csv
  y[n]: score
  when[n]: {value: 1 + (age >= 12), levels: era}
  late[n]: {value: age > 13, levels: old}
model:
  m[era]: normal(0, stddev = 10)
  y[n]: normal(m[when], stddev = 1)
)",
                                   kPupils);
  EXPECT_THAT(values(variable(file, "when").data.values), ElementsAre(0, 0, 1, 1, 1));
  EXPECT_THAT(values(variable(file, "late").data.values), ElementsAre(0, 0, 0, 0, 1));
}

TEST(ReadModel, AUniformProbabilityIsABeta) {
  const ModelFile file = read_text(R"(
plates: {n: data}
data:
  y[n]: [0, 1, 1]
model:
  p: uniform(low = 0, high = 1)
  q: uniform(low = 0, high = 0.5)
  y[n]: bernoulli(p)
)");
  EXPECT_EQ(statement(file, "p").family->name(), "beta");
  EXPECT_EQ(statement(file, "p").arguments[0].array.values[0], 1);
  EXPECT_EQ(statement(file, "q").family->name(), "uniform");
  EXPECT_TRUE(says(file, "p ~ uniform(low = 0, high = 1) = beta(1, 1)")) << overview(file);
  EXPECT_TRUE(says(file, "q: nothing reads it, so that its posterior is what its statement says"));
  EXPECT_FALSE(says(file, "p: nothing reads it"));
}

TEST(ReadModel, WeightsMayBeAList) {
  const ModelFile file = read_text(R"(
plates: {n: {size: data, weight: times}}
data:
  times[n]: [3, 1, 2]
  y[n]: [0, 1, 4]
model:
  r:    gamma(shape = 1, rate = 1)
  y[n]: poisson(r)
)");
  EXPECT_THAT(values(file.model.plates[0].weight), ElementsAre(3, 1, 2));
}

TEST(ReadModel, SeasonsAreFunctionsOfData) {
  const ModelFile file = read_text(R"(
plates: {t: data}
data:
  month[t]: [1, 3, 8]
  s[t]: sin(2 * pi * month / 12)
  c[t]: cos(2 * pi * month / 12)
model:
  a: normal(0, stddev = 1)
  y[t]: normal(a * s + c, stddev = 1)
)");
  const auto& s = variable(file, "s").data.values;
  const auto& c = variable(file, "c").data.values;
  EXPECT_LT((s - Eigen::Vector3d(0.5, 1, -std::sqrt(0.75))).cwiseAbs().maxCoeff(), 1e-15);
  EXPECT_LT((c - Eigen::Vector3d(std::sqrt(0.75), 0, -0.5)).cwiseAbs().maxCoeff(), 1e-15);
}

TEST(ReadModel, WhatIsFixedNeedsNoReader) {
  const ModelFile file = read_text(R"(
plates: {k: [no, yes], l: k}
data:
  p[k, l]: [[0.9, 0.1], [0.2, 0.8]]
model:
  a: categorical([0.5, 0.5], over = k)
  b: categorical(p[a], over = l)
posterior: {b: yes}
)");
  EXPECT_FALSE(says(file, "nothing reads it")) << overview(file);
}

TEST(ReadModel, PriorsStandBesideTheDataTheyAreMeansOf) {
  const std::string text = R"(
plates: {n: data, k: 2}
data:
  y[n]: [40, 52, 43]
  g[n]: {value: [1, 2, 2], levels: k}
model:
  m: normal(0, stddev = SD)
  s[k = 1]: 0
  s[k]: normal(0, stddev = 100)
  y[n]: normal(MEAN, stddev = 1)
)";
  const auto with = [&](const std::string& stddev, const std::string& mean) {
    std::string copy = text;
    copy.replace(copy.find("SD"), 2, stddev);
    copy.replace(copy.find("MEAN"), 4, mean);
    return read_text(copy);
  };
  const ModelFile sum = with("20", "m + s[g]");
  EXPECT_TRUE(says(sum, "1 cell; prior 0 ± 20 (y: 40 to 52)")) << overview(sum);
  EXPECT_TRUE(says(sum, "s[k = 1] = 0   1 of 2 cells")) << overview(sum);
  EXPECT_FALSE(says(sum, "its prior,")) << overview(sum);
  EXPECT_TRUE(says(with("2", "m"), "m: its prior, 0 ± 2, is far from y, whose mean it is (40 to 52)"));
  EXPECT_FALSE(says(with("2", "m + s[g]"), "is far from"));  // s may take it there
  EXPECT_FALSE(says(with("20", "m"), "is far from"));
  EXPECT_TRUE(says(with("20000", "m"),
                   "m: its prior, 0 ± 20000, is over 1000 times as wide as y, whose mean it is (40 to 52)"));
  EXPECT_TRUE(
      says(with("2", "2 * m + s[g]"), "m ~ normal(mean = 0, stddev = 2)   1 cell; prior 0 ± 2\n"));  // of another scale
}

TEST(ReadModel, SymmetricStartsAreFoundThroughDeterministicValues) {
  const char* text = R"(
plates: {n: data, k: [signal, clutter]}
data:
  y[n]: [1, 2, 9]
  weights[k]: [0.5, 0.5]
model:
  theta: normal(0, variance = 100)
  m[k = signal]: theta
  m[k = clutter]: 0
  z[n]: categorical(weights)
  y[n]: normal(m[z], variance = 1)
)";
  const ModelFile file = read_text(text);
  config::Diagnostics none;
  check_symmetric_starts(file.model, none);
  EXPECT_TRUE(none.empty());  // the two levels are told apart by their statements
  EXPECT_EQ(variable(file, "m").role, Variable::Role::deterministic);
}

TEST(EvaluateTerm, GivesTheNumbersOfTheExpression) {
  const ModelFile file = read_text(R"(
plates: {n: 2, k: 3}
data:
  g[n]: {value: [3, 1], levels: k}
model:
  mu[k]: normal(0, stddev = 1)
  a: normal(0, stddev = 1)
  r[n]: exp(a) * mu[g] ^ 2 - sum(mu, over = k) / size(k)
)");
  Values given(file.model.variables.size());
  given[1] = {{1}, Eigen::Vector3d(1, 2, 4)};
  given[2] = {{}, Eigen::VectorXd::Constant(1, 0.5)};
  const Array r = evaluate_variable(file.model, 3, given);
  EXPECT_THAT(values(r.values),
              ElementsAre(testing::DoubleEq(std::exp(0.5) * 16 - 7.0 / 3), testing::DoubleEq(std::exp(0.5) - 7.0 / 3)));
}

}  // namespace
}  // namespace kullback::language
