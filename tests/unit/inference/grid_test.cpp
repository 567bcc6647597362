// Free-form factors: grids on targets with cells, on quadratic targets and on densities.
#include <random>

#include "families.hpp"
#include "inference/node_joint.hpp"

namespace kullback::inference_test {
namespace {

// weights(i, j): first coordinate i.
Members table(const Eigen::MatrixXd& weights, double low = 0, double high = 1) {
  return make("discrete_grid",
              {{"low", low},
               {"high", high},
               {"cells", vector({static_cast<double>(weights.rows()), static_cast<double>(weights.cols())})},
               {"weights", weights}});
}

Eigen::MatrixXd smooth_weights(Index rows, Index columns) {
  return Eigen::MatrixXd::NullaryExpr(rows, columns, [&](Index i, Index j) {
    const double x = 6 * (static_cast<double>(i) + 0.5) / static_cast<double>(rows) - 3;
    const double y = 6 * (static_cast<double>(j) + 0.5) / static_cast<double>(columns) - 3;
    return std::exp(-0.5 * (x * x - 1.2 * x * y + y * y)) + 0.1 * std::exp(-(x - 1) * (x - 1) - y * y);
  });
}

// q: one grid a coordinate on the target's edges, or on those given.
Projection onto_grids(Members target, const std::vector<Eigen::VectorXd>& given = {}) {
  Projection projection;
  const auto edges = given.empty() ? capability<Tabulated>(*target.family, target.layout)->edges(target.layout) : given;
  std::vector<Part> parts;
  for (const Eigen::VectorXd& e : edges) {
    Layout layout;
    layout.constants = {e};
    parts.push_back({&registry().family("discrete_grid"), layout, 1});
  }
  projection.target = std::move(target);
  projection.family = &plain_product();
  projection.layout = product_layout(std::move(parts));
  return projection;
}

std::vector<Eigen::VectorXd> factors(const Solution& s, Index rows, Index columns) {
  // Not Eigen's exp: that of -inf is 2e-309 there.
  const Eigen::VectorXd w = s.q.theta.col(0).unaryExpr([](double v) { return std::exp(v); });
  return {w.head(rows), w.tail(columns)};
}

// sum q1 q2 log(q1 q2 / p) over cells.
double kl_to(const Eigen::VectorXd& a, const Eigen::VectorXd& b, const Eigen::MatrixXd& weights) {
  const Eigen::MatrixXd p = weights / weights.sum();
  double sum = 0;
  for (Index i = 0; i < p.rows(); ++i)
    for (Index j = 0; j < p.cols(); ++j)
      if (a[i] * b[j] > 0) sum += a[i] * b[j] * std::log(a[i] * b[j] / p(i, j));
  return sum;
}

TEST(Grids, ForwardKlGivesTheProductOfMarginals) {
  const Eigen::MatrixXd w = smooth_weights(13, 9);
  const Solution s = fit(onto_grids(table(w)), {}, "forward_kl").solution;
  const auto q = factors(s, 13, 9);
  EXPECT_LT((q[0] - w.rowwise().sum() / w.sum()).cwiseAbs().maxCoeff(), 1e-15);
  EXPECT_LT((q[1] - w.colwise().sum().transpose() / w.sum()).cwiseAbs().maxCoeff(), 1e-15);
}

TEST(Grids, ReverseKlIsStationaryAndItsBoundIsMinusTheDivergence) {
  const Eigen::MatrixXd w = smooth_weights(13, 9);
  Settings settings;
  settings.tolerance = 1e-14;
  const Solution s = fit(onto_grids(table(w)), settings).solution;
  ASSERT_EQ(s.status, Status::converged) << s.reason;
  const auto q = factors(s, 13, 9);
  const double here = kl_to(q[0], q[1], w);
  EXPECT_NEAR(s.bound, -here, 1e-13);  // a hundred terms of size 0.1
  for (int k = 0; k < 13; ++k) {
    Eigen::VectorXd moved = q[0];
    moved[k] *= 1.05;
    EXPECT_GT(kl_to(moved / moved.sum(), q[1], w), here) << k;
  }
}

TEST(Grids, OneGridOfTheFullDimensionIsTheTarget) {
  const Eigen::MatrixXd w = smooth_weights(13, 9);
  Projection projection{table(w), &registry().family("discrete_grid"), {}, {}};
  projection.layout = projection.target.layout;
  const Solution s = fit(projection).solution;
  EXPECT_EQ(s.status, Status::converged);
  EXPECT_NEAR(s.bound, 0, 1e-13);
  EXPECT_LT((s.q.theta - projection.target.theta).cwiseAbs().maxCoeff(), 1e-13);
}

TEST(Grids, EmptyCellsOfAHistogramStayEmpty) {
  Eigen::MatrixXd w(5, 5);
  w << 0, 0, 1, 0, 0, 0, 4, 9, 3, 0, 1, 8, 20, 7, 2, 0, 3, 6, 4, 0, 0, 0, 2, 0, 0;
  const Solution s = fit(onto_grids(table(w))).solution;
  ASSERT_EQ(s.status, Status::converged) << s.reason;
  const auto q = factors(s, 5, 5);
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 5; ++j)
      if (w(i, j) == 0) {
        EXPECT_EQ(q[0][i] * q[1][j], 0) << i << ' ' << j;
      }
  EXPECT_NEAR(s.bound, -kl_to(q[0], q[1], w), 1e-13);
}

TEST(Grids, CellsThatStraddleTheTargetsAreAveragedExactly) {
  const Eigen::MatrixXd w = smooth_weights(8, 8);
  const Eigen::VectorXd coarse = Eigen::VectorXd::LinSpaced(6, 0, 1);  // fifths against eighths
  const Fit f = fit(onto_grids(table(w), {coarse, coarse}));
  ASSERT_EQ(f.solution.status, Status::converged);
  const auto q = factors(f.solution, 5, 5);
  // The same q on the common refinement, 40 cells a side.
  const auto fine = [](const Eigen::VectorXd& v) {
    return Eigen::VectorXd(Eigen::VectorXd::NullaryExpr(40, [&](Index i) { return v[i / 8] / 8; }));
  };
  const Eigen::MatrixXd p =
      Eigen::MatrixXd::NullaryExpr(40, 40, [&](Index i, Index j) { return w(i / 5, j / 5) / 25; });
  EXPECT_NEAR(f.solution.bound, -kl_to(fine(q[0]), fine(q[1]), p), 1e-12);
}

TEST(Grids, NormalsOnACellTargetAreInfinitelyFarAndTheMessageSaysWhy) {
  const std::string message = message_of<InfiniteError>(
      [] { make_joint(registry(), onto_normals(table(smooth_weights(4, 4))), "reverse_kl"); });
  EXPECT_NE(message.find("every normal has mass outside [0, 1]"), std::string::npos) << message;
}

TEST(Grids, AnUnboundedTargetIsInfinitelyFarFromGridsUnderForwardKl) {
  const Eigen::VectorXd edges = Eigen::VectorXd::LinSpaced(9, -4, 4);
  const std::string message = message_of<InfiniteError>([&] {
    make_joint(registry(), onto_grids(correlated(0.5), {edges, edges}), "forward_kl");
  });
  EXPECT_NE(message.find("forward KL is infinite"), std::string::npos) << message;
}

TEST(Grids, OnACorrelatedNormalTheyFindItsConditionalVariance) {
  const double rho = 0.8;
  const Eigen::VectorXd edges = Eigen::VectorXd::LinSpaced(401, -5, 5);
  const Solution s = fit(onto_grids(correlated(rho), {edges, edges})).solution;
  ASSERT_EQ(s.status, Status::converged) << s.reason;
  const auto q = factors(s, 400, 400);
  const Eigen::VectorXd middle = 0.5 * (edges.head(400) + edges.tail(400));
  const double mean = q[0].dot(middle);
  // A cell of width h = 0.025 adds about h^2/12 = 5e-5 to the variance.
  EXPECT_NEAR(q[0].dot(middle.cwiseAbs2()) - mean * mean, 1 - rho * rho, 1e-4);
}

TEST(Grids, OnADensityTheCellAveragesAreRefined) {
  static const Given banana([](const double* x) {
    const double bend = x[1] - 0.3 * x[0] * x[0];
    return -0.5 * x[0] * x[0] - 2 * bend * bend;
  });
  const Eigen::VectorXd edges = Eigen::VectorXd::LinSpaced(61, -3, 3);
  const Solution s = fit(onto_grids(target_of(banana, 2), {edges, edges})).solution;
  ASSERT_EQ(s.status, Status::converged) << s.reason;
  EXPECT_GT(s.trace.back().segment, 0);
  // The log density is a polynomial of degree 4: three Gauss points a cell are exact.
  EXPECT_LT(s.bound_error, 1e-11);
}

TEST(Grids, SameBytesAtAnyNumberOfThreads) {
  Settings settings;
  settings.max_sweeps = 10;
  expect_same_bytes(onto_grids(table(smooth_weights(300, 300))), settings);
}

TEST(PositiveBox, IsAProductOfCellsWithoutZeros) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> uniform;
  for (int repeat = 0; repeat < 20; ++repeat) {
    const std::vector<Index> sizes = {6, 5, 4};
    Eigen::VectorXd mass = Eigen::VectorXd::NullaryExpr(120, [&] {
      const double u = uniform(random);
      return u < 0.15 ? -1.0 : u;
    });
    const auto box = inference::positive_box(mass, sizes);
    int inside = 0;
    for (Index n = 0; n < 120; ++n) {
      const bool in = box[0][static_cast<std::size_t>(n % 6)] && box[1][static_cast<std::size_t>(n / 6 % 5)] &&
                      box[2][static_cast<std::size_t>(n / 30)];
      inside += in;
      if (in) {
        EXPECT_GE(mass[n], 0);
      }
    }
    EXPECT_GT(inside, 1);
  }
}

}  // namespace
}  // namespace kullback::inference_test
