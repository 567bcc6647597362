// The families on the sphere against sums over it: the trapezoidal rule around the circle, Simpson's along the cosine.
#include "support/members.hpp"

#include <cmath>

namespace kullback {
namespace {

// Points of the unit circle, or those of the sphere that have a last coordinate, and their shares of the surface.
struct Nodes {
  Eigen::MatrixXd x;
  Eigen::ArrayXd weight;
};
Nodes nodes(Index dimension) {
  constexpr Index kSteps = 20'000;
  const bool circle = dimension == 2;
  const Index n = circle ? kSteps : kSteps + 1;
  Nodes out{Eigen::MatrixXd::Zero(dimension, n), Eigen::ArrayXd::Constant(n, 2 * M_PI / kSteps)};
  for (Index k = 0; k < n; ++k) {
    const double a = 2 * M_PI * (static_cast<double>(k) + 0.5) / kSteps;
    const double c = circle ? std::cos(a) : -1 + 2.0 * static_cast<double>(k) / kSteps;
    out.x(0, k) = circle ? std::sin(a) : std::sqrt(1 - c * c);
    out.x(dimension - 1, k) = c;
    if (!circle) out.weight[k] *= (k == 0 || k == kSteps ? 1 : k % 2 ? 4 : 2) * 2.0 / 3;
  }
  return out;
}

Members directional(Text family, Index dimension, double concentration) {
  return make(family, {{"mean_direction", Eigen::VectorXd(Eigen::VectorXd::Unit(dimension, dimension - 1))},
                       {"concentration", concentration}});
}

// p (log p - log q), 0 where p is.
Eigen::ArrayXd relative(const Eigen::ArrayXd& log_p, const Eigen::ArrayXd& log_q) {
  return log_p.isFinite().select(log_p.exp() * (log_p - log_q), 0);
}

TEST(Sphere, DensitiesMomentsAndEntropiesAreThoseOfSums) {
  for (const Index d : {2, 3}) {
    const Nodes at = nodes(d);
    const Eigen::ArrayXd cosine = at.x.row(d - 1);
    for (const char* family : {"power_spherical", "von_mises_fisher"})
      for (const double k : {0.0, 2.0, 7.5}) {
        SCOPED_TRACE(std::string(family) + " " + std::to_string(d) + " " + std::to_string(k));
        const Members m = directional(family, d, k);
        const Eigen::ArrayXd log_p = log_density(m, at.x), p = log_p.exp();
        EXPECT_NEAR((at.weight * p).sum(), 1, 1e-12);
        Eigen::MatrixXd mean(d, 1), second(d, 1);
        const auto* moments = capability<Moments>(*m.family, m.layout);
        ASSERT_TRUE(moments->expect(m.layout, m.theta, "x", mean));
        ASSERT_TRUE(moments->expect(m.layout, m.theta, "x2", second));
        EXPECT_NEAR(mean(d - 1, 0), (at.weight * p * cosine).sum(), 1e-12);
        EXPECT_NEAR(second(d - 1, 0), (at.weight * p * cosine.square()).sum(), 1e-12);
        EXPECT_NEAR(second.sum(), 1, 1e-14);
        Eigen::RowVectorXd entropy(1);
        capability<Entropy>(*m.family, m.layout)->entropy(m.layout, m.theta, row(entropy));
        EXPECT_NEAR(entropy[0], -(at.weight * relative(log_p, 0 * cosine)).sum(), 1e-11);
      }
  }
}

TEST(Sphere, DivergencesAreThoseOfSums) {
  for (const Index d : {2, 3})
    for (const double k : {0.0, 3.0}) {
      const Members p = directional("power_spherical", d, 2), q = directional("von_mises_fisher", d, k);
      const Estimate e = evaluate(registry(), registry().divergence("kl"), p, q);
      const Nodes at = nodes(d);
      EXPECT_NEAR(e.value, (at.weight * relative(log_density(p, at.x), log_density(q, at.x))).sum(), 1e-11)
          << d << " " << k;
      EXPECT_LE(e.error, 1e-12);
    }
}

// A sphere has no volume.
TEST(Sphere, ASphereAndTheSpaceAroundItAreMutuallySingular) {
  const Members p = directional("von_mises_fisher", 2, 2);
  const Members q = make("multivariate_normal", {{"mean", vector({0, 0})}, {"stddev", vector({1, 1})}});
  for (const Members* other : {&p, &q}) {
    const Estimate e = evaluate(registry(), registry().divergence("kl"), *other, other == &p ? q : p);
    EXPECT_EQ(e.value, HUGE_VAL) << e.source;
  }
}

// The cosine of a draw exceeds c as often as the density says.
TEST(Sphere, DrawsHaveTheCosinesOfTheDensity) {
  const Members m = directional("power_spherical", 3, 2.5);
  const auto* sampler = capability<Sampler>(*m.family, m.layout);
  constexpr Index kDraws = 2000;
  Eigen::MatrixXd u(4, kDraws), x(3, kDraws);
  for (Index n = 0; n < kDraws; ++n)
    for (Index i = 0; i < 4; ++i)
      u(i, n) = i == 3 ? (n + 0.5) / kDraws : std::fmod((n + 1) * 0.7548776662 + 0.31 * i, 1);
  sampler->sample(m.layout, m.theta, u, x);
  const Nodes at = nodes(3);
  const Eigen::ArrayXd p = log_density(m, at.x).array().exp(), cosine = at.x.row(2);
  for (const double c : {-0.5, 0.0, 0.4, 0.8}) {
    const double above = (at.weight * p * (cosine > c).cast<double>()).sum();
    EXPECT_NEAR((x.row(2).array() > c).cast<double>().mean(), above, 1e-3) << c;
  }
  EXPECT_LT((x.colwise().norm().array() - 1).abs().maxCoeff(), 1e-14);
}

}  // namespace
}  // namespace kullback
