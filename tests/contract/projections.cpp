// Projections of every distribution on the line onto every family: the answer must be a stationary point of the divergence as quadrature
// knows it, and where there is none a message must say why.
#include "examples.hpp"

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>

namespace kullback::contract {
namespace {

constexpr double kStep = 0.003;   // of a parameter, up and down
constexpr double kCentre = 0.05;  // the minimum of the parabola through both lies within this part of the step

bool plain(const Members& m) {
  const Layout& layout = m.layout;
  return layout.dimension == 1 && layout.parts.empty() && layout.constants.empty() && !capability<Tabulated>(*m.family, layout);
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
};

Answer project(const Members& p, const Distribution& family, const Layout& layout, const std::string& divergence) {
  try {
    const auto joint = make_joint(registry(), {p, &family, layout, {"x"}}, divergence);
    for (const std::string& name : registry().optimizers()) {
      const Optimizer& optimizer = registry().optimizer(name);
      if (optimizer.refuses(*joint, divergence)) continue;
      Observer observer;
      const Solution solution = solve(*joint, optimizer, Settings{}, observer);
      return {std::string(to_text(solution.status)), solution.reason, solution.q};
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

// Where the parabola through three values of D along a parameter has its minimum, in steps; empty if it has none.
std::string stationary(const Divergence& d, bool reversed, const Members& p, const Members& q) {
  const double here = divergence(d, reversed, p, q);
  for (Index i = 0; i < q.theta.rows(); ++i) {
    Members up = q, down = q;
    const double value = q.theta(i, 0), step = kStep * std::max(std::abs(value), value == 0 ? 1.0 : 0.1);
    up.theta(i, 0) += step, down.theta(i, 0) -= step;
    const double above = divergence(d, reversed, p, up), below = divergence(d, reversed, p, down);
    if (std::isnan(above) || std::isnan(below) || std::isinf(above) || std::isinf(below)) continue;
    const double curvature = above + below - 2 * here;
    const double off = (above - below) / 2;
    if (std::abs(above - here) + std::abs(below - here) < 1e-8) continue;  // flat as far as quadrature can tell
    if (!(curvature > 0) || std::abs(off) > kCentre * curvature)
      return "parameter " + std::to_string(i) + " = " + std::to_string(value) + ": " + std::to_string(below - here) + ", " +
             std::to_string(above - here);
  }
  return {};
}

TEST(Projections, Survey) {
  const char* only = std::getenv("SURVEY");
  std::map<std::string, int> count;
  for (const std::string& written : {std::string("reverse_kl"), std::string("forward_kl"), std::string("alpha(0.5)"), std::string("alpha(2)"), std::string("alpha(-1)")}) {
    if (only && written != only) continue;
    const bool reversed = written == "reverse_kl";
    const auto d = find_divergence_written(registry(), written.ends_with("kl") ? "kl" : "amari_" + written);
    for (const std::string& name : registry().families()) {
      const Distribution& family = registry().family(name);
      const auto layout = open_layout(family);
      if (!layout || layout->dimension != 1) continue;
      const auto* exponential = capability<ExponentialFamily>(family, *layout);
      if (!exponential || exponential->fixed_rows(*layout) > 0) continue;
      for (const Example& target : targets()) {
        const auto begun = std::chrono::steady_clock::now();
        const Answer a = project(target.members, family, *layout, written);
        std::string verdict = a.status;
        if (const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count(); took > 0.5)
          std::cout << "SLOW " << took << " " << written << " " << target.name << " " << name << " " << a.status << std::endl;
        if (a.status == "converged") {
          const std::string off = stationary(*d, reversed, target.members, a.q);
          if (!off.empty()) verdict = "not stationary: " + off;
        }
        ++count[written + " " + verdict.substr(0, 14)];
        if (verdict != "converged" && verdict != "infinite")
          std::cout << written << " " << target.name << " -> " << name << ": " << verdict << " " << a.reason.substr(0, 300) << std::endl;
      }
    }
  }
  for (const auto& [what, n] : count) std::cout << what << ": " << n << "\n";
}

}  // namespace
}  // namespace kullback::contract
