// Integrals with known values, in one to three dimensions.
#include "quadrature/quadrature.hpp"

#include <gtest/gtest.h>

#include <kullback/error.hpp>
#include <kullback/numerics.hpp>

#include <cmath>
#include <limits>

#include "parallel/parallel.hpp"
#include "quadrature/coordinate.hpp"

namespace {

using namespace kullback;
using namespace kullback::quadrature;
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kPi = 3.14159265358979323846;

template <class Function>
Integrand each(const Function& f) {
  return [f](In x, Out out) {
    for (Index i = 0; i < x.cols(); ++i) out(0, i) = f(x(0, i));
  };
}
void expect_within_error(const Integral& i, double truth, double useful) {
  EXPECT_LE(std::abs(i.value(0) - truth), i.error(0) + 4 * kEpsilon * std::abs(truth)) << i.value(0);
  EXPECT_LE(i.error(0), useful * std::abs(truth));
}

TEST(Integrate1d, SmoothFunctionInOnePanel) {
  const Integral i = integrate_1d(each([](double x) { return std::exp(x); }), 1, {{0, 1}, 0, 1});
  expect_within_error(i, std::exp(1.0) - 1, 1e-14);
  EXPECT_EQ(i.evaluations, 21);
}
TEST(Integrate1d, KinkThatNobodyAnnounced) {
  expect_within_error(integrate_1d(each([](double x) { return std::abs(x - 1 / 3.0); }), 1, {{0, 1}, 0, 1}), 5.0 / 18,
                      1e-9);
}
TEST(Integrate1d, SingularEnd) {
  expect_within_error(integrate_1d(each([](double x) { return 1 / std::sqrt(x); }), 1, {{0, 1}, 0, 1}), 2, 1e-9);
}
TEST(Integrate1d, MarchesOutToTheEndOfATail) {
  expect_within_error(
      integrate_1d(each([](double t) { return std::exp(-std::abs(t) / 20); }), 1, {{-1, 0, 1}, -1e6, 1e6}), 40, 1e-9);
}
TEST(Integrate1d, AddsTheRemainderOfATailThatTheLimitCutsOff) {
  const Integral i = integrate_1d(each([](double t) { return std::exp(-t / 50); }), 1, {{0, 1}, 0, 300});
  EXPECT_NEAR(i.value(0), 50, i.error(0));
  EXPECT_LT(i.error(0), 0.11 * 50 * std::exp(-6.0));  // 10 % of the remainder
}
TEST(Integrate1d, FlatTailIsInfinite) {
  const Integral i = integrate_1d(each([](double) { return 1.0; }), 1, {{0, 1}, 0, 350});
  EXPECT_TRUE(i.infinite);
  EXPECT_EQ(i.infinite_at, 350);
}
TEST(Integrate1d, InfinitePointIsReported) {
  const Integral i = integrate_1d(each([](double t) { return t > 0.7 ? kInf : 1.0; }), 1, {{0, 1}, 0, 1});
  EXPECT_TRUE(i.infinite);
  EXPECT_GT(i.infinite_at, 0.7);
}
TEST(Integrate1d, NotANumberIsAnError) {
  EXPECT_THROW(integrate_1d(each([](double) { return std::nan(""); }), 1, {{0, 1}, 0, 1}), NumericalError);
}
TEST(Integrate1d, StopsAtItsLimitAndSaysHowFarItCame) {
  Options options;
  options.max_evaluations = 200;
  const Integral i = integrate_1d(each([](double x) { return std::sin(1000 * x); }), 1, {{0, 1}, 0, 1}, options);
  EXPECT_FALSE(i.converged);
  EXPECT_NEAR(i.value(0), (1 - std::cos(1000.0)) / 1000, i.error(0));
}
TEST(Integrate1d, ComponentsReachTheToleranceTogether) {
  const Integrand f = [](In x, Out out) {
    for (Index i = 0; i < x.cols(); ++i) out(0, i) = 1, out(1, i) = std::sqrt(x(0, i));
  };
  const Integral i = integrate_1d(f, 2, {{0, 1}, 0, 1});
  EXPECT_NEAR(i.value(1), 2.0 / 3, i.error(1));
  EXPECT_LT(i.error(1), 1e-9);
}

TEST(Coordinate, KeepsTheDistanceToAnEndThatRoundingLoses) {
  const Coordinate c(0, 1, 0, 1);
  const double t = 100;
  Mapped m;
  c.map(&t, 1, m);
  EXPECT_LT(m.x(0), 1);
  EXPECT_NEAR(m.log_to_high(0), -100, 1e-13);
  EXPECT_NEAR(m.log_from_low(0), 0, 1e-13);
}
TEST(Coordinate, MapsThereAndBack) {
  for (const auto& [low, high] : {std::pair{-kInf, kInf}, {2.0, kInf}, {-kInf, 5.0}, {2.0, 5.0}}) {
    const Coordinate c(low, high, 1, 0.1);
    for (const double x : {2.001, 3.0, 4.9}) EXPECT_NEAR(c.to_x(c.to_t(x)), x, 1e-14);
  }
}

TEST(Cubature, GaussianOverABox) {
  const Integrand f = [](In x, Out out) {
    for (Index i = 0; i < x.cols(); ++i) out(0, i) = std::exp(-0.5 * x.col(i).squaredNorm());
  };
  for (const Index d : {1, 2, 3})
    expect_within_error(cubature(f, 1, std::vector<std::vector<double>>(static_cast<std::size_t>(d), {-3, 3})),
                        std::pow(std::sqrt(2 * kPi) * (1 - 2 * normal_cdf(-3)), static_cast<double>(d)), 1e-9);
}
TEST(Cubature, RefinesWhereAPeakIs) {
  const Integrand f = [](In x, Out out) {
    for (Index i = 0; i < x.cols(); ++i) {
      const double a = x(0, i) - 0.3, b = x(1, i) - 0.6;
      out(0, i) = 1 / (1e-6 + a * a + b * b);
    }
  };
  // Golden: the inner integral is an arc tangent, the outer one by mpmath with 30 digits.
  const Integral i = cubature(f, 1, {{0, 1}, {0, 1}});
  EXPECT_TRUE(i.converged);
  expect_within_error(i, 39.182381425612693, 1e-9);
}
TEST(Cubature, JumpsAtTheSplitsOfManyCells) {
  constexpr Index kCells = 50;
  std::vector<double> edges;
  for (Index k = 0; k <= kCells; ++k) edges.push_back(static_cast<double>(k) / kCells);
  const auto height = [](Index i, Index j) { return 1 + static_cast<double>((3 * i + 5 * j) % 7); };
  const auto cell = [](double x) { return std::min(kCells - 1, static_cast<Index>(x * kCells)); };
  const Integrand f = [&](In x, Out out) {
    for (Index i = 0; i < x.cols(); ++i) out(0, i) = height(cell(x(0, i)), cell(x(1, i))) * std::exp(x(0, i) - x(1, i));
  };
  double truth = 0;
  for (std::size_t i = 0; i < kCells; ++i)
    for (std::size_t j = 0; j < kCells; ++j)
      truth += height(static_cast<Index>(i), static_cast<Index>(j)) * (std::exp(edges[i + 1]) - std::exp(edges[i])) *
               (std::exp(-edges[j]) - std::exp(-edges[j + 1]));
  const Integral i = cubature(f, 1, {edges, edges});
  EXPECT_TRUE(i.converged);
  EXPECT_LE(i.evaluations, 49 * kCells * kCells);  // the small rule was enough
  expect_within_error(i, truth, 1e-9);
}
TEST(Cubature, SameBytesAtAnyNumberOfThreads) {
  const Integrand f = [](In x, Out out) {
    for (Index i = 0; i < x.cols(); ++i) out(0, i) = std::abs(std::sin(20 * x(0, i)) * std::cos(3 * x(1, i)));
  };
  Options options;
  options.relative_tolerance = 1e-4;
  std::vector<double> values;
  for (const int threads : {1, 2, 7}) {
    parallel::ThreadLimit limit(threads);
    const Integral i = cubature(f, 1, {{0, 1}, {0, 2}}, options);
    values.push_back(i.value(0));
    values.push_back(i.error(0));
  }
  for (std::size_t k = 2; k < values.size(); ++k) EXPECT_EQ(values[k], values[k - 2]);
}

// An unnormalized normal with a given center and factor, times exp(7).
struct Shifted {
  Eigen::VectorXd center;
  Eigen::MatrixXd factor;
  void operator()(In x, Row out) const {
    for (Index i = 0; i < x.cols(); ++i)
      out[i] = 7 - 0.5 * factor.triangularView<Eigen::Lower>().solve(x.col(i) - center).squaredNorm();
  }
  double log_z() const {
    return 7 + 0.5 * static_cast<double>(center.size()) * std::log(2 * kPi) + factor.diagonal().array().log().sum();
  }
};
Box plane(Index d) { return {Eigen::VectorXd::Constant(d, -kInf), Eigen::VectorXd::Constant(d, kInf)}; }

TEST(IntegrateDensity, FindsANormalAnywhere) {
  for (const Index d : {1, 2, 3}) {
    Shifted density{Eigen::VectorXd::LinSpaced(d, 30, -200), Eigen::MatrixXd::Identity(d, d)};
    for (Index i = 0; i < d; ++i) density.factor(i, i) = std::pow(10.0, static_cast<double>(i) - 1);
    if (d > 1) density.factor(1, 0) = -0.7;
    Options options;
    options.relative_tolerance = d < 3 ? 1e-10 : 1e-6;  // each digit costs a third power
    options.max_evaluations = 4000000;
    const double useful = 100 * options.relative_tolerance;
    const DensityIntegral z = integrate_density(
        density, plane(d), d, [](In x, Out s) { s = x; }, options);
    EXPECT_TRUE(z.converged);
    EXPECT_NEAR(z.log_normalizer, density.log_z(), z.log_normalizer_error + 1e-14 * 10);
    EXPECT_LT(z.log_normalizer_error, useful);
    for (Index i = 0; i < d; ++i) {
      EXPECT_NEAR(z.mean(i), density.center(i), z.error(i));
      EXPECT_LT(z.error(i), useful * (1 + std::abs(density.center(i))));
    }
  }
}
TEST(IntegrateDensity, Banana) {
  // x ~ N(0, 1), y | x ~ N(x^2, 0.1^2): log Z is known, E[y] = 1, E[x^2 y] = 3.
  const LogDensity banana = [](In x, Row out) {
    for (Index i = 0; i < x.cols(); ++i) {
      const double a = x(0, i), b = (x(1, i) - a * a) / 0.1;
      out[i] = -0.5 * a * a - 0.5 * b * b;
    }
  };
  Options options;
  options.relative_tolerance = 1e-8;
  options.max_evaluations = 4000000;
  const DensityIntegral z = integrate_density(
      banana, plane(2), 2,
      [](In x, Out s) {
        s.row(0) = x.row(1);
        s.row(1) = x.row(0).array().square() * x.row(1).array();
      },
      options);
  EXPECT_TRUE(z.converged);
  EXPECT_NEAR(z.log_normalizer, std::log(2 * kPi * 0.1), z.log_normalizer_error);
  EXPECT_LT(z.log_normalizer_error, 1e-7);
  EXPECT_NEAR(z.mean(0), 1, z.error(0));
  EXPECT_NEAR(z.mean(1), 3, z.error(1));
}
TEST(IntegrateDensity, BoxesAndHalfSpaces) {
  // A gamma density of shape 3 and rate 2 beside a uniform coordinate.
  const LogDensity density = [](In x, Row out) {
    for (Index i = 0; i < x.cols(); ++i) out[i] = 2 * std::log(x(0, i)) - 2 * x(0, i);
  };
  const Box box{(Eigen::VectorXd(2) << 0, -1).finished(), (Eigen::VectorXd(2) << kInf, 4).finished()};
  const DensityIntegral z = integrate_density(density, box, 2, [](In x, Out s) { s = x; });
  EXPECT_NEAR(z.log_normalizer, std::log(2.0 / 8 * 5), z.log_normalizer_error);
  EXPECT_LT(z.log_normalizer_error, 1e-8);
  EXPECT_NEAR(z.mean(0), 1.5, z.error(0));
  EXPECT_NEAR(z.mean(1), 1.5, z.error(1));
}
TEST(IntegrateDensity, NothingAnywhereIsSaid) {
  const DensityIntegral z = integrate_density([](In, Row out) { out.setConstant(-kInf); }, plane(1), 0, [](In, Out) {});
  EXPECT_EQ(z.log_normalizer, -kInf);
  EXPECT_FALSE(z.converged);
}

}  // namespace
