// The logit of a variable between 0 and 1, far out where the variable itself has rounded to an end.
#include "support/members.hpp"

#include <cmath>

namespace kullback {
namespace {

Members logit_of(Members inside) { return make("logit_of", {{"", std::vector<Members>{std::move(inside)}}}); }
double cdf(const Members& m, double x, bool upper) {
  Eigen::RowVectorXd p(1);
  capability<Quantiles>(*m.family, m.layout)->cdf(m.layout, m.theta, Eigen::MatrixXd::Constant(1, 1, x), upper, row(p));
  return p[0];
}
double quantile(const Members& m, double p, bool upper) {
  Eigen::RowVectorXd x(1);
  capability<Quantiles>(*m.family, m.layout)
      ->quantile(m.layout, m.theta, Eigen::MatrixXd::Constant(1, 1, p), upper, row(x));
  return x[0];
}

TEST(LogitOf, AUniformIsLogisticToTheEndOfEitherTail) {
  const Members y = logit_of(make("uniform", {{"low", 0.0}, {"high", 1.0}}));
  for (const double at : {-700.0, -40.0, -1.0, 0.0, 4.0, 6.0, 40.0, 700.0}) {
    EXPECT_NEAR(log_density(y, Eigen::MatrixXd::Constant(1, 1, at))[0],
                -std::abs(at) - 2 * std::log1p(std::exp(-std::abs(at))), 1e-13 * (1 + std::abs(at)));
    EXPECT_NEAR(cdf(y, at, false) * (1 + std::exp(-at)), 1, 1e-12) << at;
    EXPECT_NEAR(cdf(y, at, true) * (1 + std::exp(at)), 1, 1e-12) << at;
  }
  for (const double p : {1e-300, 1e-30, 1e-3, 0.5}) {
    const double expected = std::log(p) - std::log1p(-p);
    EXPECT_NEAR(quantile(y, p, false), expected, 1e-12 * (1 + std::abs(expected))) << p;
    EXPECT_NEAR(quantile(y, p, true), -expected, 1e-12 * (1 + std::abs(expected))) << p;
  }
}

// Half the mass lies where x is 0 or 1: mpmath's betainc(0.01, 0.02, 0, 1/(1 + exp(-y)), regularized=True), 60 digits.
TEST(LogitOf, ABetaOfTinyShapesKeepsItsTails) {
  const Members y = logit_of(make("beta", {{"alpha", 0.01}, {"beta", 0.02}}));
  const struct {
    double y, upper, lower;
  } golden[] = {{50, 0.12266596553194483599, 0.87733403446805516401},
                {400, 0.00011185688175591237707, 0.99988814311824408762},
                {-400, 0.98778564237530204182, 0.012214357624697958181},
                {-800, 0.99977628623648817525, 0.00022371376351182475415}};
  for (const auto& each : golden) {
    EXPECT_NEAR(cdf(y, each.y, true) / each.upper, 1, 1e-12) << each.y;
    EXPECT_NEAR(cdf(y, each.y, false) / each.lower, 1, 1e-12) << each.y;
    const bool upper = each.y > 0;
    EXPECT_NEAR(quantile(y, upper ? each.upper : each.lower, upper) / each.y, 1, 1e-12) << each.y;
  }
}

TEST(LogitOf, UndoesLogisticOf) {
  const Members y = normal(40, 3);
  const Members there_and_back = logit_of(make("logistic_of", {{"", std::vector<Members>{y}}}));
  const Eigen::MatrixXd x = (Eigen::MatrixXd(1, 4) << -2, 3, 38, 50).finished();
  EXPECT_LT((log_density(there_and_back, x) - log_density(y, x)).cwiseAbs().maxCoeff(), 1e-11);
  EXPECT_NEAR(quantile(there_and_back, 0.25, true), 40 + 3 * normal_quantile(0.75), 1e-10);
}

TEST(LogitOf, NeedsTheUnitInterval) {
  EXPECT_NE(message_of<DomainError>([] { logit_of(normal(0, 1)); }).find("between 0 and 1"), std::string::npos);
}

}  // namespace
}  // namespace kullback
