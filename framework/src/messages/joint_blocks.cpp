// Several variables in one factor of q: which family holds them, and what it calls them.
#include "messages/joint_blocks.hpp"
#include "model/model_error.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

namespace kullback::messages {
namespace {

using Labels = std::set<std::string>;

// By component: the labels that stand alone among a family's statistics. Empty if they are not all of named components.
std::map<std::string, Labels> components(const std::vector<Statistic>& statistics) {
  std::map<std::string, Labels> out;
  for (const Statistic& s : statistics) {
    if (s.label.find('.') == std::string::npos) return {};
    const auto parts = components_of(s.label);
    for (const auto& [component, label] : parts) {
      Labels& labels = out[component];
      if (parts.size() == 1) labels.insert(label);
    }
  }
  return out;
}

// A factor with the statistics x and its squares, or products, on the whole line.
bool is_normal(const Source& s) {
  if (s.matrix || s.layout.dimension != s.elements || s.statistics.size() != 2) return false;
  const Support support =
      s.family->support(s.layout, Eigen::MatrixXd::Constant(s.family->parameter_count(s.layout), 1, 0.5), 0, 0);
  return !support.integer && std::isinf(support.low) && std::isinf(support.high) && s.has("x") &&
         (s.has("x2") || s.has("x*x'"));
}

// One normal vector of all of them.
bool join_normals(const Registry& registry, const std::vector<int>& variables, Index dimension, Sources& sources) {
  for (const int v : variables)
    if (!is_normal(sources[static_cast<std::size_t>(v)])) return false;
  Layout layout;
  const Distribution* family = family_with(registry, {"x", "x*x'"}, dimension, layout);
  if (!family) return false;
  const auto statistics = capability<ExponentialFamily>(*family, layout)->statistics(layout);
  Index first = 0;
  for (const int v : variables) {
    Source& s = sources[static_cast<std::size_t>(v)];
    s.leader = variables.front();
    s.side_by_side = true;
    s.first = std::exchange(first, first + s.elements);
    s.family = family;
    s.layout = layout;
    s.statistics = statistics;
  }
  return true;
}

}  // namespace

std::pair<Index, Index> coordinates_in_block(const Source& source) {
  if (source.side_by_side) return {source.first, source.elements};
  // Components follow one another in the order of the statistics, and what is no vector beside one is a matrix.
  const std::string first = components_of(source.statistics.front().label).front().first;
  const Index d = source.layout.dimension == 2 ? 1 : source.elements;
  return source.component == first ? std::pair{Index{0}, d} : std::pair{d, source.layout.dimension - d};
}

std::vector<std::pair<std::string, std::string>> components_of(const std::string& label) {
  std::vector<std::pair<std::string, std::string>> parts;
  for (std::size_t begin = 0; begin < label.size();) {
    // "x*x'" is one label: a product goes on where another component is named.
    std::size_t end = begin;
    do {
      end = std::min(label.find('*', end + 1), label.size());
    } while (end < label.size() && label.compare(end, 3, "*x'") == 0);
    const std::string part = label.substr(begin, end - begin);
    const std::size_t dot = part.find('.');
    parts.emplace_back(part.substr(0, dot), part.substr(dot + 1));
    begin = end + 1;
  }
  return parts;
}

void join(const Registry& registry, const model::Model& model, int joint, Sources& sources) {
  const std::vector<int>& variables = model.joint[static_cast<std::size_t>(joint)];
  std::vector<std::string> names;
  for (const int v : variables) names.push_back(sources[static_cast<std::size_t>(v)].variable->name);
  const auto refuse = [&](std::string why) { model::refuse(model::of_joint(joint, names, std::move(why))); };
  Index dimension = 0;
  Source& leader = sources[static_cast<std::size_t>(variables.front())];
  for (const int v : variables) {
    const Source& s = sources[static_cast<std::size_t>(v)];
    if (s.kind != Source::Kind::latent || s.grid || s.limits.size() > 0 || !s.all_latent())
      refuse(fmt::format("a joint block holds latent variables without empty, fixed or limited cells, and {} is none",
                         s.variable->name));
    if (s.plates != leader.plates) refuse("variables of one factor have the same plates");
    dimension += s.layout.dimension;
  }
  if (join_normals(registry, variables, dimension, sources)) return;
  for (const int v : variables)
    if (sources[static_cast<std::size_t>(v)].over != leader.over)
      refuse("a vector and a matrix in one factor lie over the same plate");
  for (const std::string& name : registry.families()) {
    const Distribution& family = registry.family(name);
    Layout layout;
    try {
      layout = family.open({}, {dimension, {}});
    } catch (const Error&) {
      continue;
    }
    const auto* exponential = capability<ExponentialFamily>(family, layout);
    if (!exponential || layout.dimension != dimension) continue;
    const std::vector<Statistic> statistics = exponential->statistics(layout);
    const auto parts = components(statistics);
    if (parts.size() != variables.size()) continue;
    // A component with statistics of its own is the variable whose own family has these; the rest go to the others in
    // order.
    std::map<int, std::string> called;
    bool fits = true;
    for (const auto& [component, labels] : parts) {
      if (labels.empty()) continue;
      const auto v = std::find_if(variables.begin(), variables.end(), [&](int v) {
        Labels own;
        for (const Statistic& s : sources[static_cast<std::size_t>(v)].statistics) own.insert(s.label);
        return own == labels && !called.contains(v);
      });
      fits = fits && v != variables.end();
      if (v != variables.end()) called[*v] = component;
    }
    for (const auto& [component, labels] : parts)
      if (labels.empty())
        for (const int v : variables)
          if (!called.contains(v)) {
            called[v] = component;
            break;
          }
    if (!fits || called.size() != variables.size()) continue;
    for (const int v : variables) {
      Source& s = sources[static_cast<std::size_t>(v)];
      s.leader = variables.front();
      s.component = called[v];
      s.family = &family;
      s.layout = layout;
      s.statistics = statistics;
    }
    return;
  }
  std::vector<std::string> kinds;
  for (const int v : variables) {
    const Source& s = sources[static_cast<std::size_t>(v)];
    kinds.push_back(fmt::format("{} is {}", s.variable->name, s.family->name()));
  }
  refuse(
      fmt::format("no family holds these variables in one factor ({}): it holds any number of normals, or a normal and "
                  "its precision; leave the others factorized",
                  fmt::join(kinds, ", ")));
}

}  // namespace kullback::messages
