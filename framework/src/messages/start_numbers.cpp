// Factors that start at numbers of the file.
#include "messages/model_joint.hpp"
#include "messages/restricted.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

namespace kullback::messages {
namespace {

std::vector<std::string> names_of_start(const Source& source, const std::vector<Parameter>& parameters) {
  std::vector<std::string> names;
  for (const Statistic& s : source.statistics) names.push_back(s.label);
  for (const Parameter& p : parameters) names.push_back(p.name);
  return names;
}

}  // namespace

// Mean parameters by label, or the family's own parameters by name. Numbers left out keep what the prior says.
bool ModelJoint::start_from_numbers(int b, const model::Initialization& start) {
  if (start.numbers.empty()) return false;
  const Source& source = source_of(b);
  Block& to = block(b);
  const auto& family = *capability<ExponentialFamily>(*to.family, to.layout);
  const auto fill = [&](Eigen::MatrixXd& matrix, Index row, Index rows, const model::Array& array,
                        const std::string& label) {
    const Index cells = source.cells, numbers = array.values.size();
    if (numbers != 1 && numbers != rows && numbers != rows * cells)
      throw DomainError(label,
                        fmt::format("{} takes {} numbers, or one for all, got {}", label, rows * cells, numbers));
    for (Index k = 0; k < to.members(); ++k)
      for (Index r = 0; r < rows; ++r)
        matrix(row + r, k) = array.values[numbers == 1      ? 0
                                          : numbers == rows ? r
                                                            : source.cell_of[static_cast<std::size_t>(k)] * rows + r];
  };
  if (const auto* restricted = dynamic_cast<const Restricted*>(to.family);
      restricted && start.numbers.size() == 1 && source.has("x") && start.numbers[0].first == "mean") {
    Eigen::MatrixXd means(1, to.members());
    fill(means, 0, 1, start.numbers[0].second, "mean");
    for (Index k = 0; k < to.members(); ++k)
      tilt_to_mean(*restricted, to.layout, source.row("x"), means(0, k), to.eta.col(k));
    return true;
  }
  Eigen::MatrixXd theta;
  for (const auto& [label, array] : start.numbers) {
    if (const Index first = source.row(label); first >= 0) {
      Index rows = 0;
      for (const Statistic& s : source.statistics)
        if (s.label == label) rows = s.rows;
      fill(to.m, first, rows, array, label);
      continue;
    }
    const auto parameters = to.family->parameterizations()[static_cast<std::size_t>(to.layout.form)];
    Index first = 0;
    bool found = false;
    for (const Parameter& p : parameters) {
      const Index rows = p.shape == Shape::scalar   ? 1
                         : p.shape == Shape::vector ? source.elements
                                                    : source.elements * source.elements;
      if (p.name == label) {
        if (theta.size() == 0) {
          theta.resize(to.family->parameter_count(to.layout), to.members());
          family.convert(to.layout, to.eta, theta, false);
        }
        fill(theta, first, rows, array, label);
        found = true;
      }
      first += rows;
    }
    if (!found)
      throw DomainError(label, fmt::format("a start of {} has no '{}'; {}", to.family->name(), label,
                                           suggestion(label, names_of_start(source, parameters))));
  }
  if (theta.size() > 0)
    family.convert(to.layout, theta, to.eta, true);
  else
    family.natural(to.layout, to.m, to.eta);
  return true;
}

}  // namespace kullback::messages
