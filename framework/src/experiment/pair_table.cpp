#include "experiment/pair_table.hpp"

#include "experiment/report.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <map>

namespace kullback::experiment {

namespace {

constexpr Index kSize = 3;  // of vectors and matrices

// Numbers that grow from parameter to parameter: low < mode < high.
kullback::Value sample(const Parameter& parameter, int position) {
  const double step = 0.7 * (position + 1);
  double number = step;
  switch (parameter.domain) {
    case Domain::unit_interval:
      number = 0.3 + 0.1 * position;
      break;
    case Domain::count:
      number = 3 * (position + 1);
      break;
    case Domain::boolean:
      number = 1;
      break;
    default:
      break;
  }
  if (parameter.shape == Shape::matrix)
    return kullback::Value(Eigen::MatrixXd(number * Eigen::MatrixXd::Identity(kSize, kSize)));
  if (parameter.shape == Shape::vector) {
    Eigen::VectorXd v = Eigen::VectorXd::Constant(kSize, number);
    if (parameter.domain == Domain::simplex) v.setConstant(1.0 / kSize);
    return kullback::Value(v);
  }
  return kullback::Value(number);
}

}  // namespace

std::optional<Members> sample_member(const Distribution& family) {
  for (const std::vector<Parameter>& set : family.parameterizations()) {
    if (set.empty()) continue;
    Arguments arguments;
    int position = 0;
    for (const Parameter& parameter : set) {
      const bool size = parameter.name == "degrees_of_freedom";  // of matrices: above their size
      arguments.push_back({parameter.name, size ? kullback::Value(kSize + 2.5) : sample(parameter, position)});
      ++position;
    }
    try {
      return family.make(arguments);
    } catch (const Error&) {
      continue;
    }
  }
  return {};
}

std::optional<Mechanism> mechanism(const Registry& registry, const Divergence& divergence, const Distribution& p,
                                   const Distribution& q) {
  const auto a = sample_member(p);
  auto b = sample_member(q);
  if (!a || !b || a->layout.dimension != b->layout.dimension) return {};
  const bool same = &p == &q;
  if (same && b->theta.size() > 0) {  // another member of the family, where that is one
    b->theta(b->theta.rows() - 1, 0) *= 1.0 + 1.0 / 64;
  }
  try {
    const Estimate e = evaluate(registry, divergence, *a, *b, {.formulas_only = true});
    if (std::isinf(e.value)) return Mechanism{"infinite", false};
    if (e.method == Method::expected_statistics) return Mechanism{"expected statistics"};
    if (e.source.find("(of x = ") != std::string::npos) return Mechanism{"image"};
    if (e.source.find("log-partition") != std::string::npos) return Mechanism{"log-partition"};
    return Mechanism{e.method == Method::exact_sum ? "exact sum" : "rule"};
  } catch (const Error&) {
    return {};
  }
}

namespace {

struct Line {
  std::string p;
  std::map<std::string, std::vector<std::string>> by_mechanism;
};

std::vector<Line> find_pairs(const Registry& registry, const Divergence& divergence) {
  std::vector<Line> lines;
  for (const std::string& p : registry.families()) {
    if (!sample_member(registry.family(p))) continue;
    Line line{p, {}};
    for (const std::string& q : registry.families())
      if (const auto found = mechanism(registry, divergence, registry.family(p), registry.family(q)))
        line.by_mechanism[found->name].push_back(q);
    lines.push_back(std::move(line));
  }
  return lines;
}

PairCount count(const std::vector<Line>& lines) {
  PairCount out{0, static_cast<Index>(lines.size())};
  for (const Line& line : lines)
    for (const auto& [name, all] : line.by_mechanism)
      if (name != "infinite") out.finite += static_cast<Index>(all.size());
  return out;
}

}  // namespace

PairCount count_pairs(const Registry& registry, const Divergence& divergence) {
  return count(find_pairs(registry, divergence));
}

std::string pair_table(const Registry& registry, const Divergence& divergence) {
  std::vector<std::vector<std::string>> rows = {{"p", "closed forms for q"}};
  const std::vector<Line> lines = find_pairs(registry, divergence);
  for (const auto& [p, by_mechanism] : lines) {
    std::string line;
    for (const auto& [name, all] : by_mechanism)
      if (name != "infinite") line += fmt::format("{}{}: {}", line.empty() ? "" : "; ", name, fmt::join(all, ", "));
    if (!line.empty()) rows.push_back({p, line});
  }
  const PairCount total = count(lines);
  return table(rows) +
         fmt::format(
             "\n{} finite pairs of {} families have a closed form; all others are integrated where that is possible.\n",
             total.finite, total.families);
}

}  // namespace kullback::experiment
