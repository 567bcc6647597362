// Blocks of one precision: the products that a pass is made of by their definition, the pass against the log evidence
// in closed form, and against the same members moved one by one.
#include "golden.hpp"

#include "messages/row_products.hpp"

#include <Eigen/Cholesky>
#include <Eigen/LU>

#include <cmath>
#include <numbers>

namespace kullback::messages::test {
namespace {

Eigen::MatrixXd numbers(Index rows, Index columns, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal;
  return Eigen::MatrixXd::NullaryExpr(rows, columns, [&] { return normal(engine); });
}

// Rows as YAML nests them.
std::string rows_of(const Eigen::MatrixXd& x) {
  std::string text;
  for (Index i = 0; i < x.rows(); ++i) {
    text += i ? ", [" : "[[";
    for (Index j = 0; j < x.cols(); ++j) text += fmt::format("{}{:.17g}", j ? ", " : "", x(i, j));
    text += "]";
  }
  return text + "]";
}

TEST(RowProducts, AreTheirDefinition) {
  for (const Index depth : {1, 3, 7, 8, 9, 20, 31, 66})
    for (const Index width : {1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 20, 24, 27})
      for (const Index count : {0, 1, 7, 8, 19}) {
        const Eigen::MatrixXd x = numbers(depth + 2, count, 1), t = numbers(depth, width, 2),
                              start = numbers(count + 3, width, 3);
        PaddedTable table;
        table.reset(depth, width);
        for (Index m = 0; m < depth; ++m)
          for (Index k = 0; k < width; ++k) table.data()[m * table.step() + k] = t(m, k);
        Eigen::MatrixXd to = start;
        add_rows_times_table({x.data(), depth + 2, count}, table, to.data(), count + 3);
        Eigen::MatrixXd sums = numbers(width, depth, 4), expected_sums = sums;
        add_rows_times_columns({x.data(), depth + 2, count}, depth, start.data(), count + 3, width, sums.data());
        for (Index k = 0; k < width; ++k) {
          for (Index n = 0; n < count + 3; ++n) {
            double expected = start(n, k);
            for (Index m = 0; n < count && m < depth; ++m) expected += x(m, n) * t(m, k);
            ASSERT_NEAR(to(n, k), expected, 1e-13 * static_cast<double>(depth)) << depth << " " << width << " " << n;
          }
          for (Index m = 0; m < depth; ++m) {
            double expected = expected_sums(k, m);
            for (Index n = 0; n < count; ++n) expected += x(m, n) * start(n, k);
            ASSERT_NEAR(sums(k, m), expected, 1e-13 * static_cast<double>(count + 1)) << depth << " " << width;
          }
        }
      }
}

// y(n) = W x(n) + noise with known W and noise: q is the posterior, and the bound the log evidence.
TEST(SharedRows, ReachTheEvidenceInOneMove) {
  const Index n = 700, m = 9, k = 3;
  const Eigen::MatrixXd w = numbers(m, k, 5), y = numbers(n, k, 6) * w.transpose() + 0.5 * numbers(n, m, 7);
  ModelJoint joint(registry(), read(fmt::format(R"(
plates: {{n: {}, m: {}, k: {}}}
data:
  y[n, m]: {}
  W[m, k]: {}
model:
  X[n]:    normal(0.3, precision = 2, over = k)
  y[n, m]: normal(sum(W * X, over = k), precision = 4)
)",
                                                n, m, k, rows_of(y), rows_of(w))));
  ASSERT_TRUE(joint.any_whole_blocks());
  joint.initialize(1, 0);
  const Solution solution = solve_model(joint, 2);
  const Eigen::MatrixXd precision = 2 * Eigen::MatrixXd::Identity(k, k) + 4 * w.transpose() * w;
  const Eigen::MatrixXd covariance = 0.5 * w * w.transpose() + 0.25 * Eigen::MatrixXd::Identity(m, m);
  const Eigen::LLT<Eigen::MatrixXd> factor(covariance);
  const Eigen::MatrixXd apart = (y.rowwise() - (0.3 * w.rowwise().sum()).transpose()).transpose();
  const Eigen::VectorXd diagonal = Eigen::MatrixXd(factor.matrixL()).diagonal();
  const double evidence = -0.5 * factor.matrixL().solve(apart).squaredNorm() -
                          static_cast<double>(n) * (diagonal.array().log().sum() +
                                                    0.5 * static_cast<double>(m) * std::log(2 * std::numbers::pi));
  EXPECT_NEAR(solution.trace[0].bound, evidence, 1e-12 * std::abs(evidence));
  const Eigen::MatrixXd expected =
      precision.llt().solve((4 * y * w).transpose() + Eigen::MatrixXd::Constant(k, n, 0.6));
  EXPECT_LT((means_of(joint, "X") - expected).cwiseAbs().maxCoeff(), 1e-13);
  const Block& block = std::as_const(joint).blocks()[0];
  const Eigen::MatrixXd second = precision.inverse() + expected.col(n - 1) * expected.col(n - 1).transpose();
  EXPECT_LT((block.m.col(n - 1).tail(k * k).reshaped(k, k) - second).cwiseAbs().maxCoeff(), 1e-13);
}

struct Case {
  const char* name;
  std::string text;
  std::vector<std::string> whole;  // blocks that move as such; the others' members differ
};

std::vector<Case> cases() {
  const std::string y = rows_of(numbers(60, 6, 8) * numbers(6, 6, 9)), z = rows_of(numbers(60, 3, 10));
  std::string groups;
  for (Index n = 0; n < 60; ++n) groups += fmt::format("{}{}", n ? ", " : "[", n * (n + 1) / 2 % 4 + 1);
  groups += "]";
  const std::string head = "plates: {n: 60, m: 6, k: 3, g: 4}\ndata:\n  y[n, m]: " + y + "\n";
  std::string gaps = y;
  gaps.replace(gaps.find(',') + 1, gaps.find(',', gaps.find(',') + 1) - gaps.find(',') - 1, " .nan");
  return {{"components",
           head + R"(
model:
  alpha[k]: gamma(shape = 0.1, rate = 0.1)
  W[m]:     normal(0, precision = alpha, over = k)
  X[n]:     normal(0, precision = 1, over = k)
  tau:      gamma(shape = 0.1, rate = 0.1)
  y[n, m]:  normal(dot(W, X), precision = tau)
inference: {initialize: {X: random}}
)",
           {"W", "X"}},
          {"factor_analysis",
           head + R"(
model:
  W[m]:    normal(0, precision = 0.5, over = k)
  center:  normal(0, precision = 0.1, over = k)
  X[n]:    multivariate_normal(center, precision = 2, over = k)
  mu[m]:   normal(0, precision = 0.1)
  tau[m]:  gamma(shape = 0.1, rate = 0.1)
  y[n, m]: normal(dot(W, X) + mu, precision = tau)
inference: {initialize: {X: random}}
)",
           {"X"}},
          {"covariates",
           head + "  z[n, k]: " + z + R"(
model:
  W[m]:    normal(0, precision = 1, over = k)
  X[n]:    normal(z, precision = 3, over = k)
  tau:     gamma(shape = 0.1, rate = 0.1)
  y[n, m]: normal(dot(W, X), precision = tau)
inference: {initialize: {X: random}}
)",
           {"W", "X"}},
          {"groups",
           head + "  s[n]: {value: " + groups + ", levels: g}\n" + R"(
model:
  W[m]:    normal(0, precision = 1, over = k)
  u[g]:    normal(0, precision = 0.2, over = k)
  X[n]:    multivariate_normal(u[s], precision = 2, over = k)
  tau:     gamma(shape = 0.1, rate = 0.1)
  y[n, m]: normal(dot(W, X), precision = tau)
inference: {initialize: {X: random}}
)",
           {"W", "X"}},
          {"two_plates",
           "plates: {a: 12, b: 5, m: 6, k: 3}\ndata:\n  y[a, b, m]: " +
               [] {
                 std::string text;
                 const Eigen::MatrixXd x = numbers(60, 6, 8);
                 for (Index a = 0; a < 12; ++a) text += (a ? ", " : "[") + rows_of(x.middleRows(5 * a, 5));
                 return text + "]";
               }() +
               R"(
model:
  W[m]:       normal(0, precision = 1, over = k)
  X[a, b]:    normal(0, precision = 1, over = k)
  tau:        gamma(shape = 0.1, rate = 0.1)
  y[a, b, m]: normal(dot(W, X), precision = tau)
inference: {initialize: {X: random}}
)",
           {"W", "X"}},
          {"gaps",
           "plates: {n: 60, m: 6, k: 3}\ndata:\n  y[n, m]: " + gaps + R"(
model:
  W[m]:    normal(0, precision = 1, over = k)
  X[n]:    normal(0, precision = 1, over = k)
  tau:     gamma(shape = 0.1, rate = 0.1)
  y[n, m]: normal(dot(W, X), precision = tau)
inference: {initialize: {X: random}}
)",
           {}}};
}

Solution solve_as(ModelJoint& joint, Schedule schedule, Index sweeps, int threads = 1) {
  joint.initialize(3, 0);
  Settings settings;
  settings.schedule = schedule;
  settings.max_sweeps = sweeps;
  settings.tolerance = 1e-300;
  settings.threads = threads;
  Observer observer;
  return solve(joint, registry().optimizer("coordinate_ascent"), settings, observer);
}

class SharedRowsCases : public testing::TestWithParam<Case> {};

// A member by itself goes through the general messages.
TEST_P(SharedRowsCases, MoveAsTheirMembersDo) {
  const Case& c = GetParam();
  const model::Model model = read(c.text);
  ModelJoint whole(registry(), model), single(registry(), model);
  const Solution a = solve_as(whole, Schedule::colored, 6), b = solve_as(single, Schedule::sequential, 6);
  ASSERT_EQ(a.trace.size(), 6u) << a.reason;
  ASSERT_EQ(b.trace.size(), 6u) << b.reason;
  for (std::size_t s = 0; s < 6; ++s)
    EXPECT_NEAR(a.trace[s].bound, b.trace[s].bound, 1e-11 * std::abs(b.trace[s].bound)) << s;
  for (std::size_t t = 0; t < a.bound_by_term.size(); ++t)
    EXPECT_NEAR(a.bound_by_term[t].second, b.bound_by_term[t].second, 1e-9 * std::abs(b.bound))
        << a.bound_by_term[t].first;
  for (std::size_t k = 0; k < whole.blocks().size(); ++k) {
    const Block &one = whole.blocks()[k], &other = single.blocks()[k];
    for (const auto& [x, y] : {std::pair(one.eta, other.eta), std::pair(one.m, other.m)})
      EXPECT_LT((x - y).cwiseAbs().maxCoeff(), 1e-9 * (1 + y.cwiseAbs().maxCoeff())) << one.name;
    EXPECT_LT((one.log_partition - other.log_partition).cwiseAbs().maxCoeff(), 1e-8) << one.name;
    const bool expected = std::find(c.whole.begin(), c.whole.end(), one.name) != c.whole.end();
    inference::BlockMove move;
    EXPECT_EQ(whole.move_whole(static_cast<int>(k), move), expected) << one.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, SharedRowsCases, testing::ValuesIn(cases()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(SharedRows, GiveTheSameBytesAtAnyThreadCount) {
  const std::string text = "plates: {n: 3000, m: 5, k: 2}\ndata:\n  y[n, m]: " + rows_of(numbers(3000, 5, 11)) + R"(
model:
  W[m]:    normal(0, precision = 1, over = k)
  X[n]:    normal(0, precision = 1, over = k)
  tau:     gamma(shape = 0.1, rate = 0.1)
  y[n, m]: normal(dot(W, X), precision = tau)
inference: {initialize: {X: random}}
)";
  const model::Model model = read(text);
  ModelJoint one(registry(), model), many(registry(), model);
  const Solution a = solve_as(one, Schedule::colored, 5, 1), b = solve_as(many, Schedule::colored, 5, 4);
  EXPECT_EQ(a.bound, b.bound);
  for (std::size_t k = 0; k < one.blocks().size(); ++k)
    EXPECT_TRUE(one.blocks()[k].m == many.blocks()[k].m) << one.blocks()[k].name;
}

}  // namespace
}  // namespace kullback::messages::test
