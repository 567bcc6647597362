// How a distribution is printed.
#include "model/evaluate.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace kullback::model {
namespace {

std::string numbers(const double* values, Index count) {
  if (count == 1) return fmt::format("{:.6g}", values[0]);
  std::string text = "[";
  const Index shown = std::min<Index>(count, 6);
  for (Index i = 0; i < shown; ++i) text += fmt::format("{}{:.6g}", i ? ", " : "", values[i]);
  return text + (shown < count ? fmt::format(", ... {} numbers]", count) : "]");
}

}  // namespace

std::string to_text(const Members& members) {
  std::string name(members.family->name());
  const Layout& layout = members.layout;
  if (!layout.parts.empty()) {
    std::vector<std::string> parts;
    for (const Part& part : layout.parts)
      parts.push_back(fmt::format("{}{}", part.count > 1 ? fmt::format("{} x ", part.count) : "", part.family->name()));
    return fmt::format("{}({})", name, fmt::join(parts, ", "));
  }
  std::vector<std::string> parts;
  Index at = 0;
  const auto sets = members.family->parameterizations();
  for (const Parameter& p : sets[static_cast<std::size_t>(layout.form)]) {
    const Index rows = members.family->parameter_rows(p, layout);
    if (at + rows > members.theta.rows()) return fmt::format("{} of {} coordinates", name, layout.dimension);
    parts.push_back(fmt::format("{} = {}", p.name, numbers(members.theta.col(0).data() + at, rows)));
    at += rows;
  }
  if (at != members.theta.rows()) return fmt::format("{} with {} numbers", name, members.theta.rows());
  return fmt::format("{}({})", name, fmt::join(parts, ", "));
}

}  // namespace kullback::model
