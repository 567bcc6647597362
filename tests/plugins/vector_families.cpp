// Families of vectors and matrices against numbers computed with 60 digits (tests/golden/make_vector_families.py).
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include <Eigen/LU>

#include "support/family_golden.hpp"
#include "support/written.hpp"

namespace kullback {
namespace {

Value value_of(const nlohmann::json& json) {
  if (!json.is_array()) return json.get<double>();
  const auto rows = static_cast<Index>(json.size());
  if (!json[0].is_array()) {
    Eigen::VectorXd vector(rows);
    for (Index i = 0; i < rows; ++i) vector[i] = json[static_cast<std::size_t>(i)].get<double>();
    return vector;
  }
  Eigen::MatrixXd matrix(rows, static_cast<Index>(json[0].size()));
  for (Index i = 0; i < rows; ++i)
    matrix.row(i) = std::get<Eigen::VectorXd>(value_of(json[static_cast<std::size_t>(i)]));
  return matrix;
}

Members member(const nlohmann::json& family, const nlohmann::json& arguments) {
  Arguments out;
  for (const auto& [name, value] : arguments.items()) out.push_back({name, value_of(value)});
  return make(family.get<std::string>(), out);
}

const nlohmann::json& all() {
  static const nlohmann::json json = golden::read("vector_families.json");
  return json;
}

Eigen::VectorXd numbers(const nlohmann::json& json) { return std::get<Eigen::VectorXd>(value_of(json)); }

TEST(VectorFamilies, LogDensitiesAgreeWithSixtyDigits) {
  for (const auto& golden : all()["densities"]) {
    const Members m = member(golden["family"], golden["arguments"]);
    for (const auto& point : golden["points"]) {
      const double expected = point[1].get<double>();
      // Logarithms of a dozen numbers; for a million trials a rounding of each count's mean.
      EXPECT_NEAR(log_density(m, numbers(point[0]))[0], expected, 2e-14 * (1 + std::abs(expected)))
          << golden["family"] << golden["arguments"] << point[0];
    }
  }
}

TEST(VectorFamilies, KlAgreesWithSixtyDigitsWithinItsCondition) {
  for (const auto& golden : all()["kl"]) {
    const auto found = kl_rule(member(golden["family"], golden["p"]), member(golden["family"], golden["q"]));
    const double value = golden["value"].get<double>();
    EXPECT_LE(std::abs(found.value - value), golden["tolerance"].get<double>() + kEpsilon * value)
        << golden["family"] << golden["p"] << golden["q"] << ": " << found.value << ", expected " << value;
  }
}

TEST(VectorFamilies, KlStatesItsError) {
  for (const auto& golden : all()["kl"]) {
    const auto found = kl_rule(member(golden["family"], golden["p"]), member(golden["family"], golden["q"]));
    const double value = golden["value"].get<double>();
    EXPECT_LE(std::abs(found.value - value), found.error + kEpsilon * value)
        << golden["family"] << golden["p"] << golden["q"];
    EXPECT_LE(found.error, 1e-9 * value) << golden["family"] << golden["p"] << golden["q"];
  }
}

TEST(Categorical, AnImpossibleLevelOfQMakesKlInfinite) {
  const Members p = make("categorical", {{"probabilities", vector({0.5, 0.5, 0})}});
  const Members q = make("categorical", {{"probabilities", vector({0, 0.5, 0.5})}});
  EXPECT_EQ(kl_rule(p, q).value, std::numeric_limits<double>::infinity());
}

TEST(Categorical, LogitsAreLogProbabilities) {
  const Members p = make("categorical", {{"logits", vector({0, -200})}});
  const Members q = make("categorical", {{"logits", vector({-200, 0})}});
  EXPECT_NEAR(kl_rule(p, q).value, 200, 1e-12);
}

TEST(Categorical, LevelsMayDifferInNumber) {
  const Members two = make("categorical", {{"probabilities", vector({0.5, 0.5})}});
  const Members three = make("categorical", {{"probabilities", vector({0.25, 0.25, 0.5})}});
  EXPECT_NEAR(kl_rule(two, three).value, std::log(2.0), 1e-15);
  EXPECT_EQ(kl_rule(three, two).value, std::numeric_limits<double>::infinity());
}

TEST(Multinomial, OtherTrialsAreOtherSupports) {
  const auto counts = [](double trials) {
    return make("multinomial", {{"trials", trials}, {"probabilities", vector({0.5, 0.5})}});
  };
  EXPECT_EQ(kl_rule(counts(3), counts(4)).value, std::numeric_limits<double>::infinity());
}

// A Dirichlet with zeros is that of its other coordinates, on a face.
TEST(Dirichlet, OfZerosIsThatOfTheOthers) {
  const Members p = parse("dirichlet([2, 0, 3, 0.5])"), q = parse("dirichlet([1, 0, 4, 2])"),
                small_p = parse("dirichlet([2, 3, 0.5])"), small_q = parse("dirichlet([1, 4, 2])");
  EXPECT_NEAR(log_density(p, Eigen::Vector4d(0.5, 0, 0.3, 0.2))[0],
              log_density(small_p, Eigen::Vector3d(0.5, 0.3, 0.2))[0], 1e-14);
  EXPECT_EQ(log_density(p, Eigen::Vector4d(0.4, 0.1, 0.3, 0.2))[0], -std::numeric_limits<double>::infinity());
  EXPECT_NEAR(kl_rule(p, q).value, kl_rule(small_p, small_q).value, 1e-14);
  EXPECT_EQ(kl_rule(p, parse("dirichlet([1, 1, 4, 2])")).value, std::numeric_limits<double>::infinity());
  EXPECT_EQ(kl_rule(parse("dirichlet([1, 1, 4, 2])"), p).value, std::numeric_limits<double>::infinity());

  const auto& family = *capability<ExponentialFamily>(*p.family, p.layout);
  Eigen::MatrixXd eta(4, 1), back(4, 1), m(4, 1), small_eta(3, 1), small_m(3, 1);
  Eigen::RowVectorXd a(1), small_a(1);
  family.convert(p.layout, p.theta, eta, true);
  EXPECT_TRUE(family.in_domain(p.layout, eta, 0));
  EXPECT_FALSE(family.in_domain(p.layout, Eigen::Vector4d::Constant(-1), 0));
  family.mean(p.layout, eta, m, row(a));
  family.natural(p.layout, m, back);
  EXPECT_LT((back - eta).cwiseAbs().maxCoeff(), 1e-12);
  family.convert(small_p.layout, small_p.theta, small_eta, true);
  family.mean(small_p.layout, small_eta, small_m, row(small_a));
  EXPECT_EQ(a[0], small_a[0]);
  EXPECT_EQ(m(1, 0), 0);
  EXPECT_EQ(m(3, 0), small_m(2, 0));
}

TEST(Dirichlet, OfZerosDrawsZeros) {
  const Members p = parse("dirichlet([2, 0, 3])");
  const auto& sampler = *capability<Sampler>(*p.family, p.layout);
  const Eigen::MatrixXd u = (Eigen::MatrixXd::Random(sampler.uniforms(p.layout), 100).array() + 1) / 2;
  Eigen::MatrixXd x(3, 100);
  sampler.sample(p.layout, p.theta, u, x);
  EXPECT_TRUE((x.row(1).array() == 0).all());
  EXPECT_LT((x.colwise().sum().array() - 1).abs().maxCoeff(), 1e-12);
}

TEST(Dirichlet, NeedsTwoCoordinates) {
  EXPECT_EQ(message_of<DomainError>([] {
              make("dirichlet", {{"concentration", 1.0}});
            }),
            "a dirichlet has two coordinates or more: give concentration as a list");
}

TEST(Wishart, ScaleAndInverseScaleAreOneDistribution) {
  const Eigen::MatrixXd scale = (Eigen::MatrixXd(2, 2) << 2, 0.5, 0.5, 1).finished();
  const Members a = make("wishart", {{"degrees_of_freedom", 4.0}, {"scale", scale}});
  const Members b = make("wishart", {{"degrees_of_freedom", 4.0}, {"inverse_scale", Eigen::MatrixXd(scale.inverse())}});
  EXPECT_NEAR(kl_rule(a, b).value, 0, 1e-28);  // squares of roundings
}

TEST(Wishart, RefusesTooFewDegreesOfFreedom) {
  EXPECT_EQ(
      message_of<DomainError>([] {
        make("wishart", {{"degrees_of_freedom", 1.0}, {"scale", Eigen::MatrixXd(Eigen::MatrixXd::Identity(2, 2))}});
      }),
      "degrees_of_freedom must be above the number of rows less one, 1, got 1");
}

}  // namespace
}  // namespace kullback
