// Between close members every divergence is the Fisher information: D(theta, theta + e) = f''(1)/2 I e^2 + O(e^3). I is
// the tests' own: the mean square of the score, by differences of the log density.
#include <cmath>
#include <limits>

#include "contract/examples.hpp"

namespace kullback::contract {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Members changed(const Members& p, Index row, double by) {
  Members out = p;
  out.theta(row, 0) += by;
  return out;
}

// Does the support stay where it is? Otherwise the information is no limit of divergences.
bool is_regular(const Members& p, Index row, double step) {
  const Support a = p.family->support(p.layout, p.theta, 0, 0);
  const Members q = changed(p, row, step);
  const Support b = q.family->support(q.layout, q.theta, 0, 0);
  return a.low == b.low && a.high == b.high;
}

double log_density_at(const Members& p, const At& at) {
  const auto one = [](double v) { return Eigen::MatrixXd::Constant(1, 1, v).eval(); };
  Eigen::RowVectorXd out(1);
  p.family->log_density(p.layout, p.theta, Points(one(at.x), one(at.log_from_low), one(at.log_to_high)), row(out));
  return out[0];
}

double information(const Members& p, Index row, double step) {
  const Members far_up = changed(p, row, 2 * step), up = changed(p, row, step), down = changed(p, row, -step),
                far_down = changed(p, row, -2 * step);
  return expectation(p,
                     [&](const At& at) {
                       const double score = (8 * (log_density_at(up, at) - log_density_at(down, at)) -
                                             log_density_at(far_up, at) + log_density_at(far_down, at)) /
                                            (12 * step);
                       return std::isfinite(score) ? score * score : 0;
                     })
      .value;
}

class Close : public ::testing::TestWithParam<Example> {};

TEST_P(Close, MembersDifferByTheFisherInformation) {
  const Members& p = GetParam().members;
  const auto sets = p.family->parameterizations();
  const auto form = static_cast<std::size_t>(p.layout.form);
  if (form >= sets.size() || static_cast<Index>(sets[form].size()) != p.theta.rows() || !p.layout.parts.empty())
    GTEST_SKIP() << "theta is no list of numbers by name";
  bool kink = false;
  std::vector<Landmark> marks;
  if (const auto* l = capability<Landmarks>(*p.family, p.layout)) l->landmarks(p.layout, p.theta, 0, marks);
  for (const Landmark& m : marks) kink = kink || m.scale == 0;
  for (Index i = 0; i < p.theta.rows(); ++i) {
    const Parameter& parameter = sets[form][static_cast<std::size_t>(i)];
    if (parameter.shape != Shape::scalar || parameter.domain == Domain::count || parameter.domain == Domain::boolean ||
        parameter.domain == Domain::simplex)
      continue;
    SCOPED_TRACE(parameter.name);
    const double theta = p.theta(i, 0), room = parameter.domain == Domain::unit_interval ? 1 - theta : kInfinity;
    const double size = parameter.domain == Domain::real ? 1 : std::min(std::abs(theta), room);
    if (!(size > 0) || !is_regular(p, i, 1e-3 * size)) continue;
    const double info = information(p, i, 1e-3 * size);
    const double again = information(p, i, 5e-4 * size);
    if (!(info > 0) || !(std::abs(again - info) < 1e-3 * info)) continue;  // a cusp: the score has no mean square
    const double e = std::min(1e-2 * size, 1e-2 / std::sqrt(info));
    struct Curvature {
      const char* divergence;
      double factor, power;
    };
    for (const Curvature& c : {Curvature{"kl", 0.5, 1},
                               {"jensen_shannon", 0.125, 1},
                               {"hellinger", 0.125, 2},
                               {"chi_squared", 1, 1},
                               {"renyi(0.25)", 0.125, 1}}) {
      bool known = true;
      double error = 0;
      const auto ratio = [&](double step) {  // of D to its limit, even in the step
        double sum = 0;
        for (const double sign : {1.0, -1.0}) {
          const auto found = value_of(c.divergence, p, changed(p, i, sign * step));
          known = known && found && std::isfinite(found->value);
          if (!known) return 0.0;
          const double scale = c.factor * info * step * step;
          sum += 0.5 * std::pow(found->value, c.power) / scale;
          error = std::max(error, 4 * c.power * std::pow(found->value, c.power - 1) * found->error / scale);
        }
        return sum;
      };
      const double coarse = ratio(e), fine = ratio(e / 2), limit = (4 * fine - coarse) / 3;
      if (!known) continue;
      // A kink in x makes the next term one of e, which the extrapolation only halves.
      const double tolerance = 3 * std::abs(limit - fine) + error + (kink ? 5e-3 : 1e-5);
      EXPECT_LE(std::abs(limit - fine), 1e-2) << c.divergence;
      EXPECT_NEAR(limit, 1, tolerance) << c.divergence << ", I = " << info;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Close, ::testing::ValuesIn(one_of_each()), test_name);

}  // namespace
}  // namespace kullback::contract
