// KL between gammas and betas against 50 digits, and what the families of these plugins have beyond the contract.
#include <cmath>
#include <fstream>
#include <sstream>
#include <vector>

#include "support/members.hpp"

namespace kullback {
namespace {

// Rows of tests/golden/make_gamma_beta_kl.py: parameters of p and q, KL, sum |theta dKL/dtheta|.
std::vector<std::vector<double>> golden(const char* name) {
  std::ifstream file(std::string(KULLBACK_SOURCE_DIR "/tests/golden/") + name);
  std::vector<std::vector<double>> rows;
  for (std::string line; std::getline(file, line);) {
    std::istringstream in(line);
    rows.emplace_back();
    for (std::string cell; std::getline(in, cell, ',');) rows.back().push_back(std::stod(cell));
  }
  return rows;
}

class ClosedForm : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(ClosedForm, HasFiftyDigitsBehindIt) {
  const auto [family, file] = GetParam();
  const auto rows = golden(file);
  ASSERT_GT(rows.size(), 200u);
  const auto count = static_cast<Index>(rows.size());
  Eigen::MatrixXd p(2, count), q(2, count);
  for (Index n = 0; n < count; ++n) {
    const auto& r = rows[static_cast<std::size_t>(n)];
    p.col(n) << r[0], r[1];
    q.col(n) << r[2], r[3];
  }
  const Distribution& of = registry().family(family);
  Eigen::RowVectorXd value(count), error(count);
  registry().find_rule("kl", family, family)->evaluate({of, {}, p}, {of, {}, q}, row(value), row(error));
  for (Index n = 0; n < count; ++n) {
    const auto& r = rows[static_cast<std::size_t>(n)];
    const double wanted = r[4], off = std::abs(value[n] - wanted);
    EXPECT_LE(off, 1e-13 * wanted + 8 * kEpsilon * r[5]) << "row " << n + 1 << ": " << value[n] << " " << wanted;
    EXPECT_LE(off, error[n]) << "row " << n + 1 << ": " << value[n] << " " << wanted;
    EXPECT_LE(error[n], 1e4 * std::max(off, kEpsilon * (wanted + r[5]))) << "row " << n + 1;
    // A pair gives the same bits wherever it stands.
    double one = 0, its_error = 0;
    registry()
        .find_rule("kl", family, family)
        ->evaluate({of, {}, p.col(n)}, {of, {}, q.col(n)}, Row(&one, 1), Row(&its_error, 1));
    EXPECT_EQ(one, value[n]);
  }
}

INSTANTIATE_TEST_SUITE_P(Families, ClosedForm,
                         ::testing::Values(std::pair{"gamma", "gamma_kl.csv"},
                                           std::pair{"inverse_gamma", "gamma_kl.csv"},
                                           std::pair{"beta", "beta_kl.csv"}),
                         [](const auto& info) { return std::string(info.param.first); });

TEST(Gamma, ParameterizationsAgree) {
  EXPECT_EQ(make("gamma", {{"shape", 3.0}, {"scale", 4.0}}).theta,
            make("gamma", {{"shape", 3.0}, {"rate", 0.25}}).theta);
  EXPECT_EQ(make("gamma", {{"shape", 3.0}, {"mean", 6.0}}).theta, make("gamma", {{"shape", 3.0}, {"rate", 0.5}}).theta);
  EXPECT_EQ(make("exponential", {{"mean", 4.0}}).theta, make("exponential", {{"rate", 0.25}}).theta);
  EXPECT_EQ(make("beta", {{"mean", 0.25}, {"concentration", 8.0}}).theta,
            make("beta", {{"alpha", 2.0}, {"beta", 6.0}}).theta);
}

TEST(Gamma, LogDensityOfALargeShapeLosesNothing) {
  // By mpmath with 50 digits.
  EXPECT_NEAR(
      log_density(make("gamma", {{"shape", 1e10}, {"rate", 1.0}}), Eigen::MatrixXd::Constant(1, 1, 1e10 + 3e5))[0],
      -16.931803999758195, 4e-14);
}

TEST(Beta, DensityKnowsTheMassBesideItsBounds) {
  const Members p = make("beta", {{"alpha", 0.01}, {"beta", 0.01}});
  const Eigen::MatrixXd x = Eigen::MatrixXd::Constant(1, 1, 1.0), from_low = Eigen::MatrixXd::Zero(1, 1),
                        to_high = Eigen::MatrixXd::Constant(1, 1, -1000);
  Eigen::RowVectorXd out(1);
  p.family->log_density(p.layout, p.theta, Points(x, from_low, to_high), row(out));
  EXPECT_NEAR(out[0], 990 - 5.2981552399856675, 4e-13);  // -log B(0.01, 0.01)
}

}  // namespace
}  // namespace kullback
