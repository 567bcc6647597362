// Local factors iterated inside a sweep: against the same sweeps written out with numpy, and against the definition of
// a fixed point.
#include "golden.hpp"

#include "messages/local_group.hpp"
#include "parallel/parallel.hpp"

#include "support/command.hpp"

#include <kullback/error.hpp>

namespace kullback::messages::test {
namespace {

const char* const kTopics = R"(
plates: {n: {size: data, weight: count}, document: data, word: data, topic: 3}
data:
  file: corpus.csv
  w[n]:   {column: word, levels: word}
  doc[n]: {column: document, levels: document}
model:
  theta[document]: dirichlet(0.3, over = topic)
  phi[topic]:      dirichlet(0.2, over = word)
  z[n]:            categorical(theta[doc])
  w[n]:            categorical(phi[z])
inference:
  schedule: [theta, z, phi]
)";

class Inner : public testing::Test {
 protected:
  const Json golden = golden_file("inner_iterations.json");
  const std::string folder = test_support::temporary_directory();

  Inner() {
    std::string rows = "document,word,count\n";
    for (std::size_t n = 0; n < golden["counts"].size(); ++n)
      rows += fmt::format("{},{},{}\n", golden["documents"][n].get<int>(), golden["words"][n].get<int>(),
                          golden["counts"][n].get<int>());
    test_support::write_file(folder + "/corpus.csv", rows);
  }
  ~Inner() override { std::filesystem::remove_all(folder); }

  std::unique_ptr<ModelJoint> joint() const {
    const std::string text =
        std::string(kTopics) + "  initialize: {phi: {concentration: " + golden["start"].dump() + "}}\n";
    return make_model_joint(registry(), std::make_shared<const model::Model>(read(text, folder)), 1, 0);
  }
};

Eigen::VectorXd concentrations(const ModelJoint& joint, const std::string& name) {
  const Members q = joint.posterior(static_cast<int>(joint.model().find(name) - joint.model().variables.data()));
  return q.theta.reshaped();
}

TEST_F(Inner, SweepsAreThoseWrittenOut) {
  Index one_by_one = 0;
  for (const Json& run : golden["runs"]) {
    const auto joint = this->joint();
    joint->iterate_locally({run["tolerance"], run["max_iterations"], run["fresh_start"]});
    const Solution solution = solve_model(*joint, static_cast<Index>(run["bounds"].size()));
    ASSERT_EQ(solution.trace.size(), run["bounds"].size());
    for (std::size_t s = 0; s < solution.trace.size(); ++s)
      EXPECT_NEAR(solution.trace[s].bound, run["bounds"][s].get<double>(), 1e-8) << run["max_iterations"] << " " << s;
    EXPECT_LT((concentrations(*joint, "theta") - flat(run["theta"])).cwiseAbs().maxCoeff(), 1e-6);
    EXPECT_LT((concentrations(*joint, "phi") - flat(run["phi"])).cwiseAbs().maxCoeff(), 1e-6);
    one_by_one += run["sweeps_document_by_document"].get<Index>();
  }
  EXPECT_GT(one_by_one, 0);  // both ways to take fresh starts are among the runs
}

TEST_F(Inner, AreTheSameBytesAtAnyThreadCount) {
  std::vector<Eigen::VectorXd> found;
  for (const int threads : {1, 2, 4}) {
    const parallel::ThreadLimit limit(threads);
    const auto joint = this->joint();
    joint->iterate_locally({1e-3, 20, true});
    Settings settings;
    settings.max_sweeps = 5;
    settings.threads = threads;
    Observer observer;
    solve(*joint, registry().optimizer("coordinate_ascent"), settings, observer);
    found.push_back(concentrations(*joint, "phi"));
  }
  EXPECT_EQ(found[0], found[1]);
  EXPECT_EQ(found[0], found[2]);
}

TEST(InnerIterations, AreRefusedWhereNoFactorIsLocal) {
  const auto joint = make_model_joint(registry(), std::make_shared<const model::Model>(read(R"(
plates: {n: 4}
data:
  y[n]: [1, 2, 3, 5]
model:
  mu:   normal(0, precision = 0.1)
  y[n]: normal(mu, precision = 1)
)")),
                                      1, 0);
  EXPECT_THROW(joint->iterate_locally({}), UnsupportedError);
}

struct Document {
  Index rows, levels;
  std::vector<std::vector<double>> factors;  // padded to whole vectors
  std::vector<const double*> rows_of_factors;
  std::vector<double> weights;
  std::vector<double> prior;

  Document(Index rows, Index levels, unsigned seed) : rows(rows), levels(levels) {
    std::mt19937_64 random(seed);
    std::gamma_distribution<double> factor(0.3), concentration(1);
    for (Index n = 0; n < rows; ++n) {
      auto& f = factors.emplace_back();
      for (Index k = 0; k < levels; ++k) f.push_back(1e-6 + factor(random));
      f.resize(static_cast<std::size_t>((levels + 7) / 8 * 8), 0.0);
      weights.push_back(std::uniform_int_distribution<int>(1, 4)(random));
    }
    for (const auto& f : factors) rows_of_factors.push_back(f.data());
    for (Index k = 0; k < levels; ++k) prior.push_back(-0.95 + 0.1 * concentration(random));
  }
  // Reads this document.
  LocalMember member() const {
    LocalMember member(levels);
    member.set_rows(rows_of_factors, weights);
    return member;
  }
  // One iteration of all levels by its definition.
  std::vector<double> moved(const std::vector<double>& eta) const {
    std::vector<double> next = prior;
    for (std::size_t n = 0; n < factors.size(); ++n) {
      std::vector<double> r;
      double total = 0;
      for (std::size_t k = 0; k < eta.size(); ++k)
        total += r.emplace_back(std::exp(digamma(eta[k] + 1)) * factors[n][k]);
      for (std::size_t k = 0; k < eta.size(); ++k) next[k] += weights[n] * r[k] / total;
    }
    return next;
  }
};

// The rule holds for all levels, those that rested too, whatever the number of rows and levels, in single precision
// (the coarse tolerance) and in double.
TEST(LocalMember, StandsStillByItsRule) {
  for (const double tolerance : {1e-3, 1e-8})
    for (const Index levels : {2, 3, 7, 8, 9, 20, 100, 133})
      for (const Index rows : {1, 15, 16, 17, 150, 1500}) {
        const Document document(rows, levels, static_cast<unsigned>(rows * levels));
        LocalMember member = document.member();
        std::vector<double> eta = document.prior;
        for (double& x : eta) x += member.share();
        ASSERT_TRUE(member.iterate(document.prior.data(), eta.data(), {tolerance, 100'000, false}));
        const std::vector<double> next = document.moved(eta);
        double change = 0;
        for (std::size_t k = 0; k < eta.size(); ++k) change += std::abs(next[k] - eta[k]);
        EXPECT_LE(change, 1.02 * tolerance * static_cast<double>(levels))
            << tolerance << ", " << rows << " rows, " << levels << " levels";
      }
}

// What single precision cannot hold is iterated in double.
TEST(LocalMember, KeepsRowsWithTinyFactors) {
  Document document(20, 5, 11), scaled = document;
  for (auto& f : scaled.factors)
    for (double& x : f) x *= 1e-50;  // a common factor of a row changes nothing
  scaled.rows_of_factors.clear();
  for (const auto& f : scaled.factors) scaled.rows_of_factors.push_back(f.data());
  std::vector<double> eta = document.prior, eta_scaled;
  for (double& x : eta) x += 4;
  eta_scaled = eta;
  LocalMember member = document.member(), member_scaled = scaled.member();
  ASSERT_TRUE(member.iterate(document.prior.data(), eta.data(), {1e-3, 1000, false}));
  ASSERT_TRUE(member_scaled.iterate(document.prior.data(), eta_scaled.data(), {1e-3, 1000, false}));
  for (std::size_t k = 0; k < eta.size(); ++k) EXPECT_NEAR(eta[k], eta_scaled[k], 1e-3) << k;
  for (auto& f : scaled.factors)
    for (double& x : f) x = 0;
  const std::vector<double> before = eta;
  EXPECT_FALSE(member_scaled.iterate(document.prior.data(), eta.data(), {1e-3, 1000, false}));
  EXPECT_EQ(eta, before);
}

TEST(LocalMember, StopsAtTheCapWithAllLevelsMoved) {
  const Document document(40, 30, 3);
  for (const Index most : {1, 2, 9, 10, 11}) {
    LocalMember member = document.member();
    std::vector<double> eta = document.prior, by_definition;
    for (double& x : eta) x += member.share();
    by_definition = eta;
    ASSERT_TRUE(member.iterate(document.prior.data(), eta.data(), {1e-9, most, false}));
    for (Index i = 0; i < most; ++i) by_definition = document.moved(by_definition);
    for (std::size_t k = 0; k < eta.size(); ++k) EXPECT_NEAR(eta[k], by_definition[k], 1e-6) << most << " " << k;
  }
}

TEST(LocalMember, LogarithmsOfTotalsAddUp) {
  const Document document(21, 11, 8);
  std::vector<double> first(16, 0.0), second(16, 0.0);
  for (std::size_t k = 0; k < 11; ++k) {
    first[k] = std::exp(-1 - 0.3 * static_cast<double>(k));
    second[k] = std::exp(-2 + 0.1 * static_cast<double>(k));
  }
  const auto expected = [&](const std::vector<double>& e) {
    double sum = 0;
    for (std::size_t n = 0; n < 21; ++n) {
      double total = 0;
      for (std::size_t k = 0; k < 11; ++k) total += e[k] * document.factors[n][k];
      sum += document.weights[n] * std::log(total);
    }
    return sum;
  };
  const auto totals = [&] {
    return log_totals(document.rows_of_factors, document.weights, first.data(), second.data(), 16);
  };
  EXPECT_NEAR(totals().first, expected(first), 1e-11);
  EXPECT_NEAR(totals().second, expected(second), 1e-11);
  for (double& x : second) x = 0;
  EXPECT_TRUE(std::isnan(totals().second));
}

}  // namespace
}  // namespace kullback::messages::test
