// Projections of every distribution on the line onto every family: the answer must be a stationary point of the
// divergence as quadrature knows it, and where there is none a message must say why.
#include "examples.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <set>

namespace kullback::contract {
namespace {

constexpr double kStep = 0.003;   // of a parameter, up and down
constexpr double kCentre = 0.05;  // the minimum of the parabola through both lies within this part of the step

bool plain(const Members& m) {
  const Layout& layout = m.layout;
  return layout.dimension == 1 && layout.parts.empty() && layout.constants.empty() &&
         !capability<Tabulated>(*m.family, layout);
}

// The first member of each family on the line that has nothing but parameters.
std::vector<Example> targets() {
  std::vector<Example> out;
  std::set<Text> seen;
  for (const Example& e : on_the_line())
    if (plain(e.members) && seen.insert(e.members.family->name()).second) out.push_back(e);
  return out;
}

std::optional<Layout> open_layout(const Distribution& family) {
  try {
    return family.open({}, Opening{1, {}});
  } catch (const DomainError&) {
    return std::nullopt;
  }
}

struct Answer {
  std::string status, reason;
  Members q;
  double error = 0;  ///< of the bound, where there is one
};

Answer project(const Members& p, const Distribution& family, const Layout& layout, const std::string& divergence) {
  try {
    const auto joint = make_joint(registry(), {p, &family, layout, {"x"}}, divergence);
    for (const std::string& name : registry().optimizers()) {
      const Optimizer& optimizer = registry().optimizer(name);
      if (optimizer.refuses(*joint, divergence)) continue;
      Observer observer;
      const Solution solution = solve(*joint, optimizer, Settings{}, observer);
      return {std::string(to_text(solution.status)), solution.reason, solution.q,
              std::isfinite(solution.bound_error) ? solution.bound_error : 0};
    }
    return {"no optimizer", "", {}};
  } catch (const InfiniteError& error) {
    return {"infinite", error.what(), {}};
  } catch (const UnsupportedError& error) {
    return {"unsupported", error.what(), {}};
  } catch (const Error& error) {
    return {"error", error.what(), {}};
  }
}

// D by sums and quadrature alone; not a number where there is none.
double divergence(const Divergence& d, bool reversed, const Members& p, const Members& q) {
  EvaluateOptions options;
  options.skip_closed_forms = true;
  try {
    return reversed ? evaluate(registry(), d, q, p, options).value : evaluate(registry(), d, p, q, options).value;
  } catch (const Error&) {
    return std::nan("");
  }
}

// Empty where D has its minimum along every parameter, as far as a parabola through three values can tell; a parameter
// beside the end of a range is one of small steps.
std::string stationary(const Divergence& d, bool reversed, const Members& p, const Members& q, double error) {
  const double here = divergence(d, reversed, p, q);
  const auto parameters = q.family->parameterizations()[static_cast<std::size_t>(q.layout.form)];
  for (Index i = 0; i < q.theta.rows(); ++i) {
    const bool real =
        i < static_cast<Index>(parameters.size()) && parameters[static_cast<std::size_t>(i)].domain == Domain::real;
    const double value = q.theta(i, 0), size = real ? std::max(std::abs(value), 0.1) : std::abs(value);
    std::string wrong;
    double step = kStep * size, change = 1;
    for (int shortened = 0; shortened < 2 || (change > 1e-3 && shortened < 8); ++shortened, step *= 0.1) {
      Members up = q, down = q;
      up.theta(i, 0) += step, down.theta(i, 0) -= step;
      const double above = divergence(d, reversed, p, up), below = divergence(d, reversed, p, down);
      wrong.clear();
      if (std::isnan(above) || std::isnan(below) || std::isinf(above) || std::isinf(below)) break;
      change = std::abs(above - here) + std::abs(below - here);
      const double curvature = above + below - 2 * here;
      const double off = (above - below) / 2;
      if (change < 1e-8) break;                                    // flat as far as quadrature can tell
      if (shortened > 2 && above >= here && below >= here) break;  // a kink, or next to one
      if (curvature > 0 && (off * off / (2 * curvature) <= error || std::abs(off) <= kCentre * curvature)) break;
      wrong = "parameter " + std::to_string(i) + " = " + std::to_string(value) + ": " + std::to_string(below - here) +
              ", " + std::to_string(above - here);
    }
    if (!wrong.empty()) return wrong;
  }
  return {};
}

// Some member of the family has a finite divergence from the target, by formulas or quadrature.
bool some_member_is_finite(const Divergence& d, bool reversed, const Members& p, const Distribution& family) {
  for (const Example& e : on_the_line()) {
    if (e.members.family != &family) continue;
    try {
      const Members& q = e.members;
      if (std::isfinite((reversed ? evaluate(registry(), d, q, p) : evaluate(registry(), d, p, q)).value)) return true;
    } catch (const Error&) {
    }
  }
  return false;
}

bool is_discrete(const Members& m) { return m.family->support(m.layout, m.theta, 0, 0).integer; }
bool family_is_discrete(const Distribution& family) {
  for (const Example& e : on_the_line())
    if (e.members.family == &family) return is_discrete(e.members);
  return false;
}

// Where a search ends at a kink of D (a parameter at the target's end, or where its density is infinite), at whole
// numbers, or on the way to infinite parameters: it may stall there, and only there.
const std::set<std::string> kMayStall = {
    "forward_kl of beta on asymmetric_laplace",
    "forward_kl of beta on exp_modified_normal",
    "forward_kl of beta on skew_normal",
    "forward_kl of beta on triangular",
    "forward_kl of beta on truncated_normal",
    "forward_kl of gamma on asymmetric_laplace",
    "forward_kl of gamma on exp_modified_normal",
    "forward_kl of gamma on skew_normal",
    "forward_kl of log_normal on asymmetric_laplace",
    "forward_kl of log_normal on exp_modified_normal",
    "forward_kl of uniform on generalized_normal",
    "forward_kl of uniform on generalized_pareto",
    "reverse_kl of beta on generalized_pareto",
    "reverse_kl of beta on triangular",
    "reverse_kl of gamma on generalized_extreme_value",
    "reverse_kl of gamma on triangular",
    "reverse_kl of log_normal on generalized_extreme_value",
    "reverse_kl of log_normal on truncated_normal",
    "reverse_kl of log_normal on uniform",
    "reverse_kl of poisson on discrete_uniform",
    "reverse_kl of uniform on generalized_pareto",
};

struct Table {
  std::string written;
  bool exponential;
  std::vector<std::string> only;  // targets; all where it is empty
};
void PrintTo(const Table& table, std::ostream* out) { *out << table.written; }

class Projections : public ::testing::TestWithParam<Table> {};

TEST_P(Projections, AreStationaryOrInfiniteForAReason) {
  const Table& table = GetParam();
  const bool sided = table.written.ends_with("_kl"), reversed = table.written == "reverse_kl";
  const auto d = find_divergence_written(registry(), sided ? "kl" : table.written);
  int found = 0;
  for (const std::string& name : registry().families()) {
    const Distribution& family = registry().family(name);
    const auto layout = open_layout(family);
    if (!layout || layout->dimension != 1 || !family.carrier(*layout).empty()) continue;
    if (!sided && name == "discretized_normal") continue;
    const auto* exponential = capability<ExponentialFamily>(family, *layout);
    if ((exponential && exponential->fixed_rows(*layout) == 0) != table.exponential) continue;
    for (const Example& target : targets()) {
      const std::string of(target.members.family->name());
      if (!table.only.empty() && std::find(table.only.begin(), table.only.end(), of) == table.only.end()) continue;
      std::string what = table.written + " of " + target.name + " (";
      for (const double t : target.members.theta.reshaped()) what += " " + std::to_string(t);
      what += " ) on " + name;
      const auto begun = std::chrono::steady_clock::now();
      const Answer a = project(target.members, family, *layout, table.written);
      if (const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count(); took > 1)
        std::cout << what << " took " << took << " s" << std::endl;
      if (a.status == "stalled" &&
          !table.exponential) {  // at a kink of D, beside an infinite value: said in so many words
        EXPECT_TRUE(kMayStall.count(table.written + " of " + of + " on " + name)) << what << ": " << a.reason;
        std::cout << what << " stalled, where D is " << divergence(*d, reversed, target.members, a.q) << ": "
                  << a.reason << std::endl;
        EXPECT_TRUE(a.reason.find("no step along") != std::string::npos ||
                    a.reason.find("infinite on both sides") != std::string::npos)
            << what << ": " << a.reason;
      } else if (a.status == "converged" || a.status == "stalled") {
        ++found;
        EXPECT_EQ(stationary(*d, reversed, target.members, a.q, a.error), "") << what << " " << a.status;
      } else if (a.status == "infinite") {
        EXPECT_FALSE(a.reason.empty());
        if (a.reason.find("mutually singular") != std::string::npos)
          EXPECT_NE(is_discrete(target.members), family_is_discrete(family)) << what;
        else
          EXPECT_FALSE(some_member_is_finite(*d, reversed, target.members, family)) << what << ": " << a.reason;
      } else {
        EXPECT_EQ(a.status, "unsupported") << what << ": " << a.reason;
        EXPECT_NE(a.reason.find("whole number"), std::string::npos) << what << ": " << a.reason;
      }
    }
  }
  EXPECT_GT(found, 1);
}

const std::vector<std::string> kFew = {"normal",     "gamma",   "beta",    "gumbel",
                                       "log_normal", "uniform", "poisson", "laplace"};

std::vector<Table> tables() {
  std::vector<Table> out{{"reverse_kl", true, {}},
                         {"forward_kl", true, {}},
                         {"amari_alpha(0.5)", true, kFew},
                         {"amari_alpha(2)", true, kFew},
                         {"amari_alpha(-1)", true, kFew}};
  for (const std::string& target : kFew)
    for (const char* written : {"forward_kl", "reverse_kl"}) out.push_back({written, false, {target}});
  return out;
}

INSTANTIATE_TEST_SUITE_P(OnTheLine, Projections, ::testing::ValuesIn(tables()));

}  // namespace
}  // namespace kullback::contract
