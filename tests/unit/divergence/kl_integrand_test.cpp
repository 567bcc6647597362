// The integrand of the plugin kl against 50-digit values (tests/golden/make_kl_integrand.py).
#include "support/members.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <limits>

namespace {

using namespace kullback;
constexpr double kInf = std::numeric_limits<double>::infinity();

Eigen::RowVectorXd integrand(const Eigen::RowVectorXd& log_p, const Eigen::RowVectorXd& log_q) {
  Eigen::RowVectorXd out(log_p.size());
  registry().divergence("kl").integrand(row(log_p), row(log_q), row(out));
  return out;
}

TEST(KlIntegrand, KeepsItsRelativeAccuracyForAllRatios) {
  const auto rows = nlohmann::json::parse(std::ifstream(KULLBACK_SOURCE_DIR "/tests/golden/kl_integrand.json"));
  const auto n = static_cast<Index>(rows.size());
  Eigen::RowVectorXd p(n), q(n), truth(n);
  for (Index i = 0; i < n; ++i) {
    const auto& r = rows[static_cast<std::size_t>(i)];
    p[i] = r[0], q[i] = r[1], truth[i] = r[2];
  }
  const Eigen::RowVectorXd value = integrand(p, q);
  // exp passes the rounding of its argument on; from |r| = 1/4 on, q - p(1 - r) cancels by a factor of up to 35.
  for (Index i = 0; i < n; ++i)
    EXPECT_NEAR(value[i], truth[i], 60 * kEpsilon * truth[i] + 1e-320) << p[i] << " " << q[i];
}
TEST(KlIntegrand, IsNeverNegative) {
  const Eigen::RowVectorXd p = Eigen::RowVectorXd::Random(100000) * 30, q = p + Eigen::RowVectorXd::Random(100000) * 2;
  EXPECT_GE(integrand(p, q).minCoeff(), 0);
}
TEST(KlIntegrand, WithoutPItIsQ) {
  EXPECT_NEAR(integrand(Eigen::RowVectorXd::Constant(1, -kInf), Eigen::RowVectorXd::Constant(1, 1.5))[0], std::exp(1.5),
              1e-15);
}
TEST(KlIntegrand, WithoutQItIsInfinite) {
  EXPECT_EQ(integrand(Eigen::RowVectorXd::Constant(1, -2), Eigen::RowVectorXd::Constant(1, -kInf))[0], kInf);
}

}  // namespace
