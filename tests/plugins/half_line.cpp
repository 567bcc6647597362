// The families on the positive half line against values of mpmath, and their images and labels with a parameter.
#include "support/family_golden.hpp"

namespace kullback {
namespace {

TEST(HalfLine, MembersAgreeWithTheGoldenFile) {
  for (const auto& each : golden::read("half_line.json")["members"]) golden::check_member(each);
}

TEST(HalfLine, DivergencesAgreeWithTheGoldenFile) {
  for (const auto& each : golden::read("half_line.json")["kl"]) golden::check_kl(each);
}

TEST(HalfLine, ClosedFormsRefuseWhatTheyDoNotCover) {
  const auto lomax = [](double scale, double shape) { return make("lomax", {{"scale", scale}, {"shape", shape}}); };
  EXPECT_THROW(kl_rule(lomax(1, 2), lomax(2, 2)), UnsupportedError);
  EXPECT_EQ(kl_rule(lomax(2, 3), lomax(2, 3)).value, 0);
}

TEST(HalfLine, AFrechetIsTheInverseOfAWeibull) {
  const Members x = make("frechet", {{"shape", 2.5}, {"scale", 0.3}});
  const auto* image = capability<Image>(*x.family, x.layout);
  ASSERT_TRUE(image);
  const Members y = image->preimage(x.layout, x.theta);
  EXPECT_EQ(y.family->name(), "weibull");
  const Eigen::MatrixXd at = (Eigen::MatrixXd(1, 3) << 0.1, 0.4, 2).finished(), inverse = at.cwiseInverse();
  const Eigen::RowVectorXd direct = log_density(x, at),
                           through = log_density(y, inverse) - 2 * at.array().log().matrix();
  EXPECT_LT((direct - through).cwiseAbs().maxCoeff(), 1e-13);  // terms of about ten, and the rounding of 1/x
}

// KL from any of them to lomax, burr12, gompertz or weibull by the terms of their expansion, against the quadrature.
TEST(HalfLine, ExpansionsAreTheLogDensities) {
  const Members all[] = {make("weibull", {{"shape", 1.7}, {"scale", 0.4}}),
                         make("frechet", {{"shape", 1.7}, {"scale", 0.4}}),
                         make("gompertz", {{"rate", 0.4}, {"shape", 0.7}}),
                         make("lomax", {{"scale", 0.4}, {"shape", 1.7}}),
                         make("burr12", {{"c", 1.4}, {"d", 0.7}}),
                         make("levy", {{"scale", 2.0}}),
                         make("rayleigh", {{"scale", 2.0}}),
                         make("maxwell", {{"scale", 2.0}})};
  const Eigen::MatrixXd x = (Eigen::MatrixXd(1, 4) << 0.05, 0.6, 2, 7).finished();
  for (const Members& m : all) {
    const auto* expansion = capability<Expansion>(*m.family, m.layout);
    ASSERT_TRUE(expansion) << m.family->name();
    const auto terms = expansion->terms(m.layout);
    Eigen::MatrixXd coefficient(static_cast<Index>(terms.size()), 1), c(coefficient);
    expansion->expand(m.layout, m.theta, coefficient, c);
    Eigen::RowVectorXd sum = Eigen::RowVectorXd::Zero(x.cols()), statistic(x.cols());
    for (std::size_t i = 0; i < terms.size(); ++i) {
      const auto k = static_cast<Index>(i);
      const Eigen::RowVectorXd at = Eigen::RowVectorXd::Constant(1, c(k, 0));
      Eigen::MatrixXd plain(1, x.cols());
      if (evaluate_label(terms[i], row(at), x, row(statistic)))
        sum += coefficient(k, 0) * statistic;
      else if (evaluate_label(terms[i], x, plain))
        sum += coefficient(k, 0) * plain.row(0);
      else
        ADD_FAILURE() << terms[i];
    }
    EXPECT_LT((sum - log_density(m, x)).cwiseAbs().maxCoeff(), 1e-13) << m.family->name();
  }
}

}  // namespace
}  // namespace kullback
