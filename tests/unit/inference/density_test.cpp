// Projections of densities that are no quadratic form, by quadrature nodes.
#include <cstring>

#include "families.hpp"

namespace kullback::inference_test {
namespace {

Projection two_modes_onto_normal() {
  static const Given target(two_modes);
  return {target_of(target, 1), &registry().family("normal"), {}, {}};
}

// KL(q || p) by a plain trapezoidal sum far finer than the joint's own.
double reverse_kl_to_two_modes(double mean, double sd) {
  double sum = 0;
  const double h = 0.005;
  for (double z = -12; z <= 12; z += h) {
    const double x = mean + sd * z;
    sum += h * std::exp(-0.5 * z * z) / std::sqrt(2 * M_PI) * (log_normal(x, mean, sd) - two_modes(&x));
  }
  return sum;
}

TEST(TwoModes, EveryStartConverges) {
  for (const auto& [mean, sd] :
       {std::pair{-4.0, 1.0}, {4.0, 1.0}, {0.0, 6.0}, {0.0, 4.0}, {0.5, 0.3}, {-20.0, 0.1}, {3.0, 40.0}}) {
    const Fit f =
        fit(two_modes_onto_normal(), {}, "reverse_kl", [&](Joint& joint) { joint.start_from(normal(mean, sd)); });
    EXPECT_EQ(f.solution.status, Status::converged) << mean << ' ' << sd << ' ' << f.solution.reason;
    EXPECT_NEAR(f.solution.bound, -reverse_kl_to_two_modes(f.solution.q.theta(0, 0), f.solution.q.theta(1, 0)), 1e-9);
  }
}

TEST(TwoModes, AModeIsFoundWhereItIs) {
  const Fit f = fit(two_modes_onto_normal(), {}, "reverse_kl", [](Joint& joint) { joint.start_from(normal(4, 1)); });
  EXPECT_NEAR(f.solution.q.theta(0, 0), 4, 0.01);  // the other mode pulls by less than 1e-3
  EXPECT_NEAR(f.solution.bound, -std::log(2.0), 0.01);
}

TEST(TwoModes, TheFixedPointIsAMinimumOfTheDivergence) {
  for (const double start : {4.0, 0.0}) {
    const Fit f = fit(two_modes_onto_normal(), {}, "reverse_kl",
                      [&](Joint& joint) { joint.start_from(normal(start, start == 0 ? 6 : 1)); });
    const double mean = f.solution.q.theta(0, 0), sd = f.solution.q.theta(1, 0);
    const double here = reverse_kl_to_two_modes(mean, sd);
    EXPECT_GT(reverse_kl_to_two_modes(mean, sd * 1.02), here);
    EXPECT_GT(reverse_kl_to_two_modes(mean, sd / 1.02), here);
  }
}

TEST(TwoModes, SameBytesAtAnyNumberOfThreads) {
  static const Given ring([](const double* x) {
    const double r = std::hypot(x[0], x[1]);
    const double a = std::log(0.7) - 0.5 * (r - 3) * (r - 3);
    const double b = std::log(0.3) - 0.5 * ((x[0] - 1) * (x[0] - 1) + x[1] * x[1]);
    return std::max(a, b) + std::log1p(std::exp(-std::abs(a - b)));
  });
  Settings settings;
  settings.max_sweeps = 5;
  expect_same_bytes(onto_normals(target_of(ring, 2)), settings);
}

// A banana, and the same with its coordinates far from 0 on unequal scales.
double banana(const double* x) {
  return -0.5 * (x[0] * x[0] / 4 + (x[1] - 0.5 * x[0] * x[0]) * (x[1] - 0.5 * x[0] * x[0]));
}

// d E[log p] / d m by central differences over m, against the joint's regression.
void expect_gradient(Joint& joint, double tolerance) {
  for (int b = 0; b < static_cast<int>(joint.blocks().size()); ++b) {
    Block& block = joint.blocks()[static_cast<std::size_t>(b)];
    const auto& family = *capability<ExponentialFamily>(*block.family, block.layout);
    Eigen::MatrixXd eta_hat(block.eta.rows(), 1);
    joint.natural_gradient({b, 0, 1}, eta_hat);
    const Eigen::MatrixXd m = block.m, eta = block.eta;
    const auto at = [&](const Eigen::MatrixXd& mean) {
      family.natural(block.layout, mean, block.eta);
      family.mean(block.layout, block.eta, block.m, row(block.log_partition));
      joint.refresh({b, 0, 1});
      double value = 0;
      joint.expected_log_density({&value, 1});
      return value;
    };
    // Directions that stay symmetric where the statistic is a matrix.
    const Index d = block.layout.dimension;
    std::vector<Eigen::MatrixXd> directions;
    for (Index r = 0; r < d; ++r) directions.push_back(Eigen::MatrixXd::Identity(m.rows(), m.rows()).col(r));
    for (Index i = 0; i < d; ++i)
      for (Index j = 0; j <= i; ++j) {
        Eigen::MatrixXd v = Eigen::MatrixXd::Zero(m.rows(), 1);
        v(d + i * d + j, 0) = 1;
        v(d + j * d + i, 0) = 1;
        directions.push_back(v);
      }
    for (const Eigen::MatrixXd& v : directions) {
      const double h = 1e-4;
      const double slope = (at(m + h * v) - at(m - h * v)) / (2 * h);
      EXPECT_NEAR(slope, eta_hat.col(0).dot(v.col(0)), tolerance * (1 + std::abs(slope))) << joint.member_name(b, 0);
    }
    block.eta = eta;
    family.mean(block.layout, block.eta, block.m, row(block.log_partition));
    joint.refresh({b, 0, 1});
  }
}

TEST(NaturalGradient, MatchesFiniteDifferencesForAProductOfNormals) {
  static const Given target(banana);
  const auto joint = make_joint(registry(), onto_normals(target_of(target, 2)), "reverse_kl");
  Members q = joint->approximation();
  q.theta << 0.7, 1.3, -0.4, 0.8;
  joint->start_from(q);
  expect_gradient(*joint, 1e-6);  // differences of step 1e-4: h^2 times a third derivative
}

TEST(NaturalGradient, MatchesFiniteDifferencesForOneFullNormal) {
  static const Given target(banana);
  Projection projection{target_of(target, 2), &registry().family("multivariate_normal"), {}, {}};
  projection.layout = projection.family->open({}, {2, {}});
  const auto joint = make_joint(registry(), projection, "reverse_kl");
  Eigen::MatrixXd covariance(2, 2);
  covariance << 1.2, 0.4, 0.4, 0.9;
  Members q = make("multivariate_normal", {{"mean", vector({0.3, -0.2})}, {"covariance", covariance}});
  Members start = joint->approximation();
  if (start.theta.rows() == q.theta.rows() && identical(start.layout, q.layout)) joint->start_from(q);
  expect_gradient(*joint, 1e-6);
}

TEST(Banana, QuadratureIsRefinedUntilItsErrorIsSmall) {
  static const Given target(banana);
  const Fit f = fit(onto_normals(target_of(target, 2)));
  EXPECT_EQ(f.solution.status, Status::converged) << f.solution.reason;
  EXPECT_LT(f.solution.bound_error, 1e-9 * (1 + std::abs(f.solution.bound)));
}

TEST(Banana, AQuadraticDensityWithoutTheCapabilityGivesWhatTheCapabilityGives) {
  static const Given target([](const double* x) {
    const double a = x[0] - 1, b = x[1] + 2;  // correlation 0.8
    return -0.5 * (a * a - 1.6 * a * b + b * b) / 0.36;
  });
  Settings settings;
  settings.tolerance = 1e-16;
  const Solution s = fit(onto_normals(target_of(target, 2)), settings).solution;
  EXPECT_EQ(s.status, Status::converged) << s.reason;
  EXPECT_NEAR(means(s)[0], 1, 1e-8);
  EXPECT_NEAR(means(s)[1], -2, 1e-8);
  EXPECT_NEAR(stddevs(s)[0], 0.6, 1e-9);
}

TEST(Densities, MoreThanThreeCoordinatesAreRefusedInWords) {
  static const Given target([](const double*) { return 0.0; });
  const std::string message =
      message_of<UnsupportedError>([] { make_joint(registry(), onto_normals(target_of(target, 4)), "reverse_kl"); });
  EXPECT_NE(message.find("more than three"), std::string::npos) << message;
}

}  // namespace
}  // namespace kullback::inference_test
