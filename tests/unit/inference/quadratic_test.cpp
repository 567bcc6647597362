// Projections of normal targets, against closed forms and direct solves.
#include <Eigen/Cholesky>
#include <Eigen/SparseCholesky>

#include <cstring>
#include <random>

#include "families.hpp"
#include "inference/quadratic_joint.hpp"

namespace kullback::inference_test {
namespace {

Settings tight() {
  Settings settings;
  settings.tolerance = 1e-16;  // distances to 1e-8 standard deviations
  return settings;
}

Eigen::MatrixXd random_positive(Index n) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal;
  const Eigen::MatrixXd a = Eigen::MatrixXd::NullaryExpr(n, n, [&] { return normal(random); });
  return a * a.transpose() / static_cast<double>(n) + Eigen::MatrixXd::Identity(n, n);
}

// KL(q || p) for q independent normals: the joint's bound is minus this.
double reverse_kl(const Eigen::VectorXd& mean, const Eigen::VectorXd& sd, const Eigen::VectorXd& p_mean,
                  const Eigen::MatrixXd& precision) {
  const Eigen::VectorXd d = mean - p_mean;
  const double log_det = 2 * Eigen::LLT<Eigen::MatrixXd>(precision).matrixLLT().diagonal().array().log().sum();
  return 0.5 * (precision.diagonal().dot(sd.cwiseAbs2()) + d.dot(precision * d) - static_cast<double>(d.size()) -
                log_det - 2 * sd.array().log().sum());
}

TEST(CorrelatedNormal, ReverseKlGivesConditionalVariancesAndTheMean) {
  const double rho = 0.9;
  const Solution s = fit(onto_normals(correlated(rho, 1, -2)), tight()).solution;
  EXPECT_EQ(s.status, Status::converged);
  // 1 - rho^2 through a Cholesky factor and its inverse: a few roundings times the condition number 19.
  EXPECT_NEAR(stddevs(s)[0] * stddevs(s)[0], 1 - rho * rho, 1e-14);
  EXPECT_NEAR(stddevs(s)[1] * stddevs(s)[1], 1 - rho * rho, 1e-14);
  EXPECT_NEAR(means(s)[0], 1, 1e-8);  // the tolerance in standard deviations
  EXPECT_NEAR(means(s)[1], -2, 1e-8);
}

TEST(CorrelatedNormal, ForwardKlGivesTheMarginalsInOneSweep) {
  const Solution s = fit(onto_normals(correlated(0.9, 1, -2)), {}, "forward_kl").solution;
  EXPECT_EQ(s.status, Status::converged);
  EXPECT_EQ(s.sweeps, 1);
  EXPECT_NEAR(stddevs(s)[0], 1, 1e-14);  // m2 - m1^2 cancels up to 1 + 4 to 1
  EXPECT_NEAR(stddevs(s)[1], 1, 1e-14);
  EXPECT_NEAR(means(s)[0], 1, 1e-15);
  EXPECT_TRUE(std::isnan(s.bound));
}

TEST(CorrelatedNormal, OneFullNormalIsExactAfterOneStep) {
  Projection projection{correlated(0.9, 1, -2), &registry().family("multivariate_normal"), {}, {}};
  projection.layout = projection.family->open({}, {2, {}});
  const Fit f = fit(projection);
  EXPECT_EQ(f.solution.status, Status::converged);
  EXPECT_LE(f.solution.sweeps, 2);
  EXPECT_NEAR(f.solution.bound, 0, 1e-14);  // log det of a 2 x 2 matrix, twice
}

TEST(CorrelatedNormal, TheBoundIsMinusTheDivergence) {
  const Eigen::MatrixXd precision = random_positive(20);
  const Eigen::VectorXd mean = wavy(20);
  const Solution s =
      fit(onto_normals(make("multivariate_normal", {{"mean", mean}, {"precision", precision}})), tight()).solution;
  // 20 terms of size about 1 each way.
  EXPECT_NEAR(s.bound, -reverse_kl(means(s), stddevs(s), mean, precision), 1e-12);
}

TEST(DenseNormal, FiftyCoordinatesMatchTheDirectSolve) {
  const Eigen::MatrixXd precision = random_positive(50);
  const Eigen::VectorXd information = wavy(50);
  const Eigen::VectorXd solved = Eigen::LDLT<Eigen::MatrixXd>(precision).solve(information);
  const Projection projection =
      onto_normals(make("multivariate_normal", {{"information", information}, {"precision", precision}}));
  for (const Schedule schedule : {Schedule::sequential, Schedule::colored, Schedule::random, Schedule::residual}) {
    Settings settings = tight();
    settings.schedule = schedule;
    const Solution s = fit(projection, settings).solution;
    EXPECT_EQ(s.status, Status::converged) << to_text(schedule);
    EXPECT_LT((means(s) - solved).cwiseAbs().maxCoeff(), 1e-8) << to_text(schedule);
    EXPECT_LT((stddevs(s).cwiseAbs2().cwiseInverse() - precision.diagonal()).cwiseAbs().maxCoeff(), 1e-13);
  }
}

TEST(LatticeField, TenThousandCoordinatesMatchTheSparseSolve) {
  const SparseMatrix p = lattice(100, 100, 0.5);
  const Eigen::VectorXd information = wavy(p.rows());
  const Solution s = fit(onto_normals(canonical(p, information)), tight()).solution;
  EXPECT_EQ(s.status, Status::converged);
  const Eigen::SimplicialLDLT<Eigen::SparseMatrix<double>> solver{Eigen::SparseMatrix<double>(p)};
  const Eigen::VectorXd solved = solver.solve(information);
  EXPECT_LT((means(s) - solved).cwiseAbs().maxCoeff(), 1e-8);
}

TEST(LatticeField, ColorsShareNoEdgeAndCoverAll) {
  const SparseMatrix p = lattice(30, 17, 0.5);
  const auto joint = make_joint(registry(), onto_normals(canonical(p, wavy(p.rows()))), "reverse_kl");
  const auto& coloring = dynamic_cast<const Coloring&>(*joint);
  const std::vector<Index> now = coloring.sequence(0);  // the new number of each coordinate
  const std::vector<Range> colors = coloring.colors(0);
  EXPECT_EQ(colors.size(), 2u);
  const auto color_of = [&](Index i) {
    std::size_t c = 0;
    while (!(now[static_cast<std::size_t>(i)] >= colors[c].begin && now[static_cast<std::size_t>(i)] < colors[c].end))
      ++c;
    return c;
  };
  for (Index i = 0; i < p.rows(); ++i)
    for (SparseMatrix::InnerIterator e(p, i); e; ++e)
      if (e.col() != i) {
        EXPECT_NE(color_of(i), color_of(e.col()));
      }
  EXPECT_EQ(joint->member_name(0, now[5]), "x[6]");
}

TEST(LatticeField, SameBytesAtAnyNumberOfThreads) {
  const SparseMatrix p = lattice(500, 500, 0.5);
  Settings settings;
  settings.max_sweeps = 8;
  expect_same_bytes(onto_normals(canonical(p, wavy(p.rows()))), settings);
}

TEST(Jacobi, OscillationIsNotCalledConverged) {
  // Three coordinates that pull each other with 0.9: the simultaneous update has an eigenvalue of -1.8.
  Eigen::MatrixXd precision = Eigen::MatrixXd::Constant(3, 3, 0.9);
  precision.diagonal().setOnes();
  const Projection projection =
      onto_normals(make("multivariate_normal", {{"information", vector({1, 2, 3})}, {"precision", precision}}));
  Settings settings;
  settings.schedule = Schedule::jacobi;
  const Solution s = fit(projection, settings).solution;
  EXPECT_EQ(s.status, Status::oscillating);
  EXPECT_NE(s.reason.find("damping"), std::string::npos) << s.reason;
  settings.damping = 0.3;
  EXPECT_EQ(fit(projection, settings).solution.status, Status::converged);
}

TEST(Loop, ASlowSequenceIsNotTakenForOneThatHasArrived) {
  // Contraction 0.998 a sweep: changes are small long before the distance is.
  const double rho = 0.999;
  Settings settings;
  settings.tolerance = 1e-8;
  settings.max_sweeps = 20000;
  const Solution s = fit(onto_normals(correlated(rho, 10, 10)), settings).solution;
  EXPECT_EQ(s.status, Status::converged);
  const double sd = std::sqrt(1 - rho * rho);
  EXPECT_LT(std::abs(means(s)[0] - 10), 2 * 1e-4 * sd);
}

TEST(Loop, MaxSweepsSaysHowMuchIsLeft) {
  Settings settings;
  settings.max_sweeps = 3;
  const Solution s = fit(onto_normals(correlated(0.99, 10, 10)), settings).solution;
  EXPECT_EQ(s.status, Status::max_sweeps);
  EXPECT_EQ(s.sweeps, 3);
  EXPECT_NE(s.reason.find("not converged after 3 sweeps"), std::string::npos) << s.reason;
}

class Impatient final : public Observer {
 public:
  bool cancelled() override { return ++asked_ > 4; }
  int asked_ = 0;
};

TEST(Loop, CancellingUndoesTheHalfSweep) {
  const Projection projection = onto_normals(correlated(0.9, 10, 10));
  const auto joint = make_joint(registry(), projection, "reverse_kl");
  Impatient observer;
  const Solution s = solve(*joint, registry().optimizer("coordinate_ascent"), {}, observer);
  EXPECT_EQ(s.status, Status::cancelled);
  Settings settings;
  settings.max_sweeps = s.sweeps;
  const Solution whole = fit(projection, settings).solution;
  EXPECT_TRUE(same_bytes(s.q.theta, whole.q.theta));
  EXPECT_EQ(s.bound, whole.bound);
}

TEST(Loop, CoordinateAscentRefusesForwardKl) {
  const auto joint = make_joint(registry(), onto_normals(correlated(0.5)), "forward_kl");
  Observer observer;
  const std::string message =
      message_of<UnsupportedError>([&] { solve(*joint, registry().optimizer("coordinate_ascent"), {}, observer); });
  EXPECT_NE(message.find("moment_matching serves forward_kl"), std::string::npos) << message;
}

TEST(Loop, StartFromIsTheInverseOfApproximation) {
  const SparseMatrix p = lattice(4, 5, 0.5);
  const auto joint = make_joint(registry(), onto_normals(canonical(p, wavy(20))), "reverse_kl");
  Members q = joint->approximation();
  for (Index i = 0; i < 20; ++i) {
    q.theta(2 * i, 0) = 1.0 + static_cast<double>(i);
    q.theta(2 * i + 1, 0) = 2.0 + static_cast<double>(i);
  }
  joint->start_from(q);
  // theta -> eta -> theta: three roundings.
  EXPECT_LT((joint->approximation().theta - q.theta).cwiseQuotient(q.theta).cwiseAbs().maxCoeff(), 1e-15);
}

}  // namespace
}  // namespace kullback::inference_test
