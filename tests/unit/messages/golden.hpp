// Models from golden numbers: JSON to YAML and back.
#pragma once

#include "oracle.hpp"

#include <nlohmann/json.hpp>

#include <fstream>

namespace kullback::messages::test {

using Json = nlohmann::json;

inline Json golden_file(const std::string& name) {
  return Json::parse(std::ifstream(KULLBACK_SOURCE_DIR "/tests/golden/" + name));
}

// An empty cell has no number in JSON.
inline std::string list(const Json& numbers) {
  std::string text = numbers.dump();
  for (std::size_t at; (at = text.find("null")) != std::string::npos;) text.replace(at, 4, ".nan");
  return text;
}

// Nested lists, the last dimension running fastest.
inline Eigen::VectorXd flat(const Json& numbers) {
  std::vector<double> all;
  const auto walk = [&](const auto& self, const Json& each) -> void {
    if (!each.is_array()) return all.push_back(each.get<double>());
    for (const Json& inner : each) self(self, inner);
  };
  walk(walk, numbers);
  return Eigen::Map<const Eigen::VectorXd>(all.data(), static_cast<Index>(all.size()));
}

inline Solution solve_model(ModelJoint& joint, Index sweeps) {
  Settings settings;
  settings.max_sweeps = sweeps;
  settings.tolerance = 1e-300;
  Observer observer;
  const Solution solution = solve(joint, registry().optimizer("coordinate_ascent"), settings, observer);
  EXPECT_NE(solution.status, Status::bound_fell) << solution.reason;
  return solution;
}

inline const Source& source_named(const ModelJoint& joint, const std::string& name) {
  return joint.sources()[static_cast<std::size_t>(joint.model().find(name) - joint.model().variables.data())];
}

// The moments of the cells that are members, as other statements read them.
inline Eigen::MatrixXd means_of(const ModelJoint& joint, const std::string& name) {
  const Source& source = source_named(joint, name);
  const Block& block = joint.blocks()[static_cast<std::size_t>(source.block)];
  Eigen::MatrixXd means(source.elements, source.members());
  for (Index k = 0; k < source.members(); ++k)
    for (Index i = 0; i < source.elements; ++i) {
      const double known = source.known_at(source.cell_of[static_cast<std::size_t>(k)])[i];
      means(i, k) = std::isnan(known) ? block.m(source.row("x") + i, k) : known;
    }
  return means;
}

inline void expect_bounds(const Solution& solution, const Json& expected, double relative) {
  const Eigen::VectorXd bounds = flat(expected);
  ASSERT_EQ(static_cast<Index>(solution.trace.size()), bounds.size());
  for (Index s = 0; s < bounds.size(); ++s)
    EXPECT_NEAR(solution.trace[static_cast<std::size_t>(s)].bound, bounds[s], relative * std::abs(bounds[s]))
        << "sweep " << s + 1;
}

/// A sweep's order, by name.
inline void set_order(model::Model& model, const std::vector<std::string>& names) {
  for (const std::string& name : names)
    model.order.push_back(static_cast<int>(model.find(name) - model.variables.data()));
}

}  // namespace kullback::messages::test
