#include "examples.hpp"

#include <kullback/error.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>

namespace kullback::contract {
namespace {

Eigen::MatrixXd random_covariance(Index d, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  Eigen::MatrixXd a(d, d);
  for (double& v : a.reshaped()) v = normal(random);
  return a * a.transpose() + 0.5 * Eigen::MatrixXd::Identity(d, d);
}

double number(Domain domain, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform(0.1, 0.9);
  switch (domain) {
    case Domain::positive:
    case Domain::non_negative:
      return std::exp(normal(random));
    case Domain::unit_interval:
    case Domain::simplex:
      return uniform(random);
    case Domain::count:
      return 1 + std::floor(10 * uniform(random));
    case Domain::boolean:
      return 1;
    default:
      return normal(random);
  }
}

// One member for a set of parameters, three coordinates where any parameter is a vector or a matrix.
Arguments arguments(const std::vector<Parameter>& parameters, std::mt19937_64& random) {
  constexpr Index kDimension = 3;
  Arguments out;
  for (const Parameter& p : parameters) {
    if (p.shape == Shape::scalar) {
      out.push_back({p.name, number(p.domain, random)});
    } else if (p.shape == Shape::vector) {
      Eigen::VectorXd v(kDimension);
      for (double& x : v) x = number(p.domain, random);
      if (p.domain == Domain::simplex) v /= v.sum();
      out.push_back({p.name, v});
    } else {
      out.push_back({p.name, random_covariance(kDimension, random)});
    }
  }
  return out;
}

// Draws again where the numbers contradict one another (low above high).
Members plain(const std::string& family, const std::vector<Parameter>& parameters, std::mt19937_64& random) {
  for (int attempt = 0; attempt < 100; ++attempt) try {
      return make(family, arguments(parameters, random));
    } catch (const DomainError&) {
    }
  return make(family, arguments(parameters, random));
}

Members of(Text family, std::vector<Members> parts) { return make(family, {{"", std::move(parts)}}); }

// Families whose members are made of other things than numbers of a domain.
std::map<std::string, std::vector<Members>, std::less<>> structural() {
  std::mt19937_64 random(7);
  const auto joint = [&](Index d) {
    return make("multivariate_normal", {{"mean", Eigen::VectorXd(Eigen::VectorXd::LinSpaced(d, -1, 1))},
                                        {"covariance", random_covariance(d, random)}});
  };
  const Members line =
      make("discrete_grid", {{"edges", vector({-1, 0, 0.5, 2, 4})}, {"weights", vector({1, 3, 0.5, 2})}});
  const Members gap = make("discrete_grid", {{"edges", vector({-1, 0, 0.5, 2, 4})}, {"weights", vector({0, 3, 0, 2})}});
  const Members plane = make(
      "discrete_grid",
      {{"low", -3.0},
       {"high", 3.0},
       {"cells", vector({4, 6})},
       {"of",
        std::vector<Members>{make("discrete_grid", {{"low", -2.0},
                                                    {"high", 2.0},
                                                    {"cells", vector({2, 2})},
                                                    {"weights", (Eigen::MatrixXd(2, 2) << 1, 2, 3, 4).finished()}})}}});
  const auto mixture = [](std::initializer_list<double> weights, std::vector<Members> components) {
    return make("mixture", {{"weights", vector(weights)}, {"components", std::move(components)}});
  };
  auto chain = std::make_shared<SparseMatrix>(4, 4);
  for (int i = 0; i < 4; ++i) {
    chain->insert(i, i) = 3;
    if (i > 0) chain->insert(i, i - 1) = -1;
    if (i < 3) chain->insert(i, i + 1) = -1;
  }
  chain->makeCompressed();
  const auto built = [](Text family, Members inside, std::initializer_list<std::pair<Text, double>> numbers = {}) {
    Arguments arguments = {{"", std::vector<Members>{std::move(inside)}}};
    for (const auto& [name, value] : numbers) arguments.push_back({std::string(name), value});
    return make(family, arguments);
  };
  const Members gamma = make("gamma", {{"shape", 2.5}, {"rate", 0.75}});
  const Members beta = make("beta", {{"alpha", 0.75}, {"beta", 2.0}});
  const Members poisson = make("poisson", {{"rate", 3.5}});
  const auto whole_numbers = [](double low, double high) {
    return make("discrete_uniform", {{"low", low}, {"high", high}});
  };
  return {
      {"discrete_uniform", {whole_numbers(-3, 4), whole_numbers(2, 2)}},
      // One of any shape has moments that no sum reaches.
      {"zeta", {make("zeta", {{"shape", 8.0}}), make("zeta", {{"shape", 15.0}})}},
      {"affine",
       {built("affine", normal(1, 2), {{"shift", -1}, {"scale", -0.5}}),
        built("affine", gamma, {{"shift", 2}, {"scale", 3}}), built("affine", gamma, {{"scale", -1}})}},
      {"exp_of", {built("exp_of", normal(0.5, 0.75)), built("exp_of", normal(-1, 0.25))}},
      {"log_of", {built("log_of", gamma), built("log_of", beta)}},
      {"logistic_of", {built("logistic_of", normal(0.5, 0.75)), built("logistic_of", gamma)}},
      {"logit_of", {built("logit_of", beta)}},
      {"reciprocal_of", {built("reciprocal_of", gamma)}},
      {"power_of", {built("power_of", gamma, {{"exponent", 2}}), built("power_of", gamma, {{"exponent", -0.5}})}},
      {"truncated",
       {built("truncated", normal(1, 2), {{"low", 0}, {"high", 2.5}}), built("truncated", normal(0, 1), {{"low", 6}}),
        built("truncated", gamma, {{"high", 3}}), built("truncated", poisson, {{"low", 2}, {"high", 7}})}},
      {"discretized", {built("discretized", normal(0.25, 2)), built("discretized", gamma)}},
      {"point_mass",
       {make("point_mass", {{"value", vector({2, -1})}}), make("point_mass", {{"value", 3.0}}),
        make("point_mass", {{"value", 0.5}})}},
      {"lkj", {make("lkj", {{"shape", 0.75}, {"dimension", 3.0}}), make("lkj", {{"shape", 2.5}, {"dimension", 2.0}})}},
      {"matrix_normal",
       {make("matrix_normal", {{"mean", (Eigen::MatrixXd(2, 3) << 1, 2, 3, -1, 0, 1).finished()},
                               {"row_covariance", random_covariance(2, random)},
                               {"column_covariance", random_covariance(3, random)}})}},
      {"discrete_grid", {line, gap, plane}},
      {"factorized",
       {of("factorized", {normal(1, 2)}), of("factorized", {normal(0, 1), normal(1, 2)}),
        of("factorized", {joint(2), normal(0, 1), line})}},
      {"mixture",
       {mixture({0.3, 0.7}, {normal(-4, 1), normal(4, 0.5)}), mixture({1}, {normal(0, 3)}),
        mixture({0.5, 0.5}, {joint(2), joint(2)}), mixture({0.5, 0.25, 0.25}, {normal(0, 1), line, normal(1, 1)})}},
      {"multivariate_normal",
       {joint(1), joint(2), make("multivariate_normal", {{"mean", vector({1, 2})}, {"stddev", vector({1, 3})}}),
        make("multivariate_normal",
             {{"information", 1.0}, {"precision", std::shared_ptr<const SparseMatrix>(std::move(chain))}})}}};
}

}  // namespace

const std::vector<Example>& examples() {
  static const std::vector<Example> all = [] {
    std::vector<Example> out;
    const auto by_hand = structural();
    for (const std::string& name : registry().families()) {
      std::vector<Members> members;
      const auto found = by_hand.find(name);
      if (found != by_hand.end()) members = found->second;
      if (found == by_hand.end() || name == "multivariate_normal") {
        std::mt19937_64 random(1);
        for (const auto& set : registry().family(name).parameterizations())
          for (int round = 0; round < 2 && !set.empty(); ++round) members.push_back(plain(name, set, random));
      }
      for (std::size_t i = 0; i < members.size(); ++i) out.push_back({name + "/" + std::to_string(i), members[i]});
    }
    return out;
  }();
  return all;
}

std::vector<Example> on_the_line() {
  std::vector<Example> out;
  for (const Example& e : examples())
    if (e.members.layout.dimension == 1) out.push_back(e);
  return out;
}

std::vector<Example> one_of_each() {
  std::vector<Example> out;
  std::set<std::string> seen;
  for (const Example& e : on_the_line())
    if (seen.insert(std::string(e.members.family->name())).second) out.push_back(e);
  return out;
}

std::optional<Estimate> value_of(const std::string& written, const Members& p, const Members& q, bool numerically) {
  try {
    return evaluate(registry(), *find_divergence_written(registry(), written), p, q,
                    {.skip_closed_forms = numerically});
  } catch (const UnsupportedError&) {
    return {};
  } catch (const NumericalError& e) {
    ADD_FAILURE() << written << " of " << p.family->name() << " (" << p.theta.transpose() << ") and "
                  << q.family->name() << " (" << q.theta.transpose() << "): " << e.what();
    return {};
  }
}

Eigen::MatrixXd uniforms(Index rows, Index columns) {
  std::mt19937_64 random(11);  // whose bits the standard fixes
  Eigen::MatrixXd out(rows, columns);
  for (double& u : out.reshaped()) u = (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53;
  return out;
}

namespace {

// Sums f p over panels by Gauss-Legendre with 8 nodes [Abramowitz & Stegun, table 25.4], halving a panel until its
// halves agree.
class Panels {
 public:
  Panels(const Members& members, const Support& support, const Function& f)
      : members_(members), support_(support), f_(f) {}

  // `from` says what the panel's coordinate is the distance from: nothing, the low or the high end.
  enum class From { nothing, low, high };
  void add(double a, double b, From from = From::nothing) {
    budget_ = 1000;
    refine(a, b, from, panel(a, b, from), 0);
  }
  void add(Expectation part) { sum_.value += part.value, sum_.absolute += part.absolute; }
  Expectation result() const { return sum_; }

 private:
  void refine(double a, double b, From from, Expectation whole, int depth) {
    const double middle = 0.5 * (a + b);
    const Expectation low = panel(a, middle, from), high = panel(middle, b, from);
    const Expectation halves{low.value + high.value, low.absolute + high.absolute};
    const bool agree = std::abs(whole.value - halves.value) <= 1e-12 * std::max(halves.absolute, 1e-3 * sum_.absolute);
    if (agree || depth == 1000 || --budget_ < 0 || !(middle > a && middle < b)) return add(halves);
    refine(a, middle, from, low, depth + 1);
    refine(middle, b, from, high, depth + 1);
  }

  Expectation panel(double a, double b, From from) const {
    constexpr double kNodes[] = {0.1834346424956498, 0.5255324099163290, 0.7966664774136267, 0.9602898564975363};
    constexpr double kWeights[] = {0.3626837833783620, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763};
    const double half = 0.5 * (b - a), middle = 0.5 * (b + a);
    Eigen::MatrixXd x(1, 8), low(1, 8), high(1, 8);
    for (int k = 0; k < 4; ++k) x(0, 2 * k) = middle - half * kNodes[k], x(0, 2 * k + 1) = middle + half * kNodes[k];
    for (int k = 0; k < 8; ++k) {
      const double at = x(0, k);
      if (from == From::low) x(0, k) = std::nextafter(support_.low, kInfinity) + at;
      if (from == From::high) x(0, k) = std::nextafter(support_.high, -kInfinity) - at;
      low(0, k) = from == From::low ? std::log(at) : std::log(x(0, k) - support_.low);
      high(0, k) = from == From::high ? std::log(at) : std::log(support_.high - x(0, k));
    }
    Eigen::RowVectorXd density(8);
    members_.family->log_density(members_.layout, members_.theta, Points(x, low, high), row(density));
    Expectation sum{0, 0};
    for (int k = 0; k < 8; ++k) {
      density[k] = std::exp(density[k]);  // to 0, where Eigen's vectorized one stops at the smallest normal number
      double statistic = density[k] > 0 ? f_({x(0, k), low(0, k), high(0, k)}) : 0;
      if (std::isinf(statistic) && density[k] < 1e-100) statistic = 0;  // it overflowed, where there is no mass
      const double value = half * kWeights[k / 2] * density[k] * statistic;
      sum.value += value, sum.absolute += std::abs(value);
    }
    return sum;
  }

  static constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Members& members_;
  Support support_;
  const Function& f_;
  Expectation sum_{0, 0};
  int budget_ = 0;  // how often a panel may be halved: where f is known to few digits its halves never agree
};

// The sum over the integers of a support, from `start` outward until a thousand terms add nothing.
Expectation integer_sum(const Members& members, const Support& support, const Function& f, double start) {
  Expectation sum{0, 0};
  for (const double step : {1.0, -1.0}) {
    int idle = 0;
    for (double k = step > 0 ? start : start - 1; k >= support.low && k <= support.high && idle < 1000; k += step) {
      const double mass = std::exp(log_density(members, Eigen::MatrixXd::Constant(1, 1, k))[0]);
      const double value = mass > 0 ? mass * f({k, 0, 0}) : 0;
      idle = std::abs(value) > 1e-17 * sum.absolute ? 0 : idle + 1;
      sum.value += value, sum.absolute += std::abs(value);
    }
  }
  return sum;
}

}  // namespace

Expectation expectation(const Members& members, const Function& f, const std::vector<double>& breaks) {
  const Support support = members.family->support(members.layout, members.theta, 0, 0);
  std::vector<Landmark> marks;
  if (const auto* l = capability<Landmarks>(*members.family, members.layout))
    l->landmarks(members.layout, members.theta, 0, marks);
  if (support.integer)
    return integer_sum(members, support, f,
                       std::clamp(marks.empty() ? 0.0 : std::round(marks.front().location), support.low, support.high));
  std::vector<double> middle;
  double width = 0;
  for (const Landmark& m : marks) {
    for (double k = -40; k <= 40; k += 1) middle.push_back(m.location + 0.5 * k * m.scale);
    width = std::max(width, 0.5 * m.scale);
  }
  for (const Landmark& m : marks)  // a cusp: panels that shrink towards it
    for (double d = width; m.scale == 0 && d > 1e-15 * width; d /= 2)
      middle.push_back(m.location - d), middle.push_back(m.location + d);
  for (const double x : breaks) middle.push_back(x);
  if (middle.empty() || width == 0) middle.push_back(0), width = 0.5;
  std::sort(middle.begin(), middle.end());
  middle.erase(std::unique(middle.begin(), middle.end()), middle.end());
  // Panels beside an end must be those that shrink towards it.
  std::erase_if(middle, [&](double x) { return x <= support.low + 1e-6 * width || x >= support.high - 1e-6 * width; });
  if (middle.empty()) middle.push_back(0.5 * (support.low + support.high));

  Panels panels(members, support, f);
  for (std::size_t i = 0; i + 1 < middle.size(); ++i) {
    const double a = middle[i], b = middle[i + 1];
    if (support.high - a < 0.5 * (a - support.low))  // where the distance to the high end says more than x
      panels.add(support.high - b, support.high - a, Panels::From::high);
    else
      panels.add(a, b);
  }
  // Towards a finite end panels halve, towards infinity they double: a thousand of them reach whatever there is.
  for (const bool above : {false, true}) {
    const double from = above ? middle.back() : middle.front(), end = above ? support.high : support.low;
    if (std::isfinite(end)) {
      double b = std::abs(end - from);
      for (int j = 0; j < 1000 && b > 1e-290; ++j, b /= 2)
        panels.add(b / 2, b, above ? Panels::From::high : Panels::From::low);
    } else {
      double a = from, step = above ? width : -width;
      for (; std::abs(a) < 1e140; a += step, step *= 2) panels.add(std::min(a, a + step), std::max(a, a + step));
    }
  }
  return panels.result();
}

Eigen::VectorXd expect(const Members& members, Text label, Index rows) {
  Eigen::MatrixXd value(rows, 1);
  if (!capability<Moments>(*members.family, members.layout)->expect(members.layout, members.theta, label, value))
    ADD_FAILURE() << "unknown moment " << label;
  return value;
}

}  // namespace kullback::contract
