// How divergences change with the units of x, and what they are between close members: over all registered families on
// the line.
#include <kullback/error.hpp>

#include <cmath>
#include <limits>
#include <set>

#include "contract/examples.hpp"

namespace kullback::contract {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool is_integer(const Members& p) { return p.family->support(p.layout, p.theta, 0, 0).integer; }

std::vector<Example> continuous() {
  std::vector<Example> out;
  for (const Example& e : one_of_each())
    if (!is_integer(e.members) && e.members.family->carrier(e.members.layout).empty()) out.push_back(e);
  return out;
}

// a = factor b, within both errors.
void expect_equal(const std::optional<Estimate>& a, const std::optional<Estimate>& b, double factor,
                  const std::string& what) {
  if (!a || !b) return;
  SCOPED_TRACE(what + ": " + a->source + "; " + b->source);
  if (std::isinf(a->value) || std::isinf(b->value))
    EXPECT_EQ(a->value, b->value);
  else
    EXPECT_LE(std::abs(a->value - factor * b->value),
              a->error + factor * b->error + 8 * kEpsilon * std::abs(a->value) + 1e-300);
}

// y = shift + scale x
Members moved(const Members& p, double shift, double scale) {
  return make("affine", {{"", std::vector<Members>{p}}, {"shift", shift}, {"scale", scale}});
}

struct Change {
  std::string divergence;
  double power = 0;  ///< D of y is |scale|^power times D of x
};
const std::vector<Change> kChanges = {{"kl"},
                                      {"jeffreys"},
                                      {"renyi(0.5)"},
                                      {"renyi(1.5)"},
                                      {"hellinger"},
                                      {"total_variation"},
                                      {"jensen_shannon"},
                                      {"wasserstein_1", 1},
                                      {"wasserstein_2", 1},
                                      {"energy", 1}};

class UnitsOf : public ::testing::TestWithParam<Example> {
 protected:
  const Members& p() const { return GetParam().members; }
};

// Against some other families what is cheap, against two of them everything.
TEST_P(UnitsOf, DivergencesOfAffineImages) {
  const std::vector<Example> all = continuous();
  std::size_t own = 0;
  while (all[own].name != GetParam().name) ++own;
  for (const std::size_t step : {0u, 1u, 7u, 18u, 31u}) {
    const Example& other = all[(own + step) % all.size()];
    const Members q = step == 0 ? normal(0.5, 1.5) : other.members;
    const double scale = step % 2 == 1 ? 3.5 : -0.25;
    const Members a = moved(p(), 0.75, scale), b = moved(q, 0.75, scale);
    SCOPED_TRACE(std::string(q.family->name()) + ", scale " + std::to_string(scale));
    for (const Change& change : kChanges)
      if (step == 1 || step == 18 || change.divergence == "kl" || change.divergence == "total_variation")
        expect_equal(value_of(change.divergence, a, b), value_of(change.divergence, p(), q),
                     std::pow(std::abs(scale), change.power), change.divergence);
  }
}

// H(y) = H(x) + log |scale|
TEST_P(UnitsOf, EntropyOfAnAffineImage) {
  for (const double scale : {3.5, -0.25}) {
    const Members a = moved(p(), 0.75, scale);
    const auto h = value_of("entropy", p(), p()), of_image = value_of("entropy", a, a);
    ASSERT_TRUE(h && of_image);
    EXPECT_NEAR(of_image->value, h->value + std::log(std::abs(scale)),
                h->error + of_image->error + 4 * kEpsilon * (1 + std::abs(h->value)));
  }
}

INSTANTIATE_TEST_SUITE_P(All, UnitsOf, ::testing::ValuesIn(continuous()), test_name);

// A kernel takes a distribution function at every point of a double integral: over families whose own is quick.
TEST(Units, OfAKernelScaleWithItsBandwidth) {
  const Members q = normal(0.5, 1.5);
  for (const Example& e : continuous())
    if (const Text name = e.members.family->name(); name == "laplace" || name == "gumbel" || name == "exponential") {
      SCOPED_TRACE(e.name);
      expect_equal(value_of("mmd(3.5)", moved(e.members, 0.75, 3.5), moved(q, 0.75, 3.5)),
                   value_of("mmd(1)", e.members, q), 1, "mmd");
    }
}

// The same change of units by parameters: rows of theta as the family's own names say.
std::optional<Members> by_parameters(const Members& p, double shift, double scale) {
  const auto sets = p.family->parameterizations();
  const auto form = static_cast<std::size_t>(p.layout.form);
  if (form >= sets.size() || static_cast<Index>(sets[form].size()) != p.theta.rows()) return {};
  static const std::set<std::string> kPlaces = {"location", "mean", "low", "high", "mode"},
                                     kWidths = {"scale", "stddev", "minimum"}, kRates = {"rate"};
  Members out = p;
  for (Index i = 0; i < p.theta.rows(); ++i) {
    const Parameter& parameter = sets[form][static_cast<std::size_t>(i)];
    if (parameter.shape != Shape::scalar) return {};
    double& value = out.theta(i, 0);
    if (kPlaces.contains(parameter.name)) value = shift + scale * value;
    if (kWidths.contains(parameter.name)) value *= scale;
    if (kRates.contains(parameter.name)) value /= scale;
  }
  // Is that the density of shift + scale x?
  bool same = false;
  const Eigen::MatrixXd x = Eigen::RowVectorXd::LinSpaced(41, -3, 4).array() + 0.0123;
  const Eigen::RowVectorXd before = log_density(p, x), after = log_density(out, (shift + scale * x.array()).matrix());
  for (Index i = 0; i < x.cols(); ++i) {
    if (std::isinf(before[i]) != std::isinf(after[i])) return {};
    if (std::isinf(before[i])) continue;
    if (std::abs(before[i] - after[i] - std::log(scale)) > 1e-10 * (1 + std::abs(before[i]))) return {};
    same = true;
  }
  return same ? std::optional(out) : std::nullopt;
}

// Families closed under changes of location and scale, or of scale alone, each with its own members and with the family
// before: closed forms included.
TEST(Units, OfFamiliesThatAreClosedUnderThem) {
  constexpr double kScale = 2;  // exact: the border of an infinite value stays where it is
  for (const double shift : {0.0, 1.5}) {
    std::set<std::string> families;
    std::vector<std::pair<Members, Members>> seen;  // in both units
    for (const Example& e : examples()) {
      const Members& p = e.members;
      if (p.layout.dimension != 1 || is_integer(p)) continue;
      const auto after = by_parameters(p, shift, kScale);
      if (!after) continue;
      families.insert(std::string(p.family->name()));
      for (std::size_t k = seen.size() - std::min<std::size_t>(seen.size(), 2); k < seen.size(); ++k) {
        const auto& [q, q_after] = seen[k];
        SCOPED_TRACE(e.name + " and " + std::string(q.family->name()) + ", shift " + std::to_string(shift));
        for (const Change& change : kChanges)
          expect_equal(value_of(change.divergence, *after, q_after), value_of(change.divergence, p, q),
                       std::pow(kScale, change.power), change.divergence);
      }
      seen.push_back({p, *after});
    }
    EXPECT_GE(families.size(), shift == 0 ? 20u : 12u);
  }
}

}  // namespace
}  // namespace kullback::contract
