#include "inference/leaves.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

namespace kullback::inference {
namespace {

void collect(const Distribution& family, const Layout& layout, Index count, Index& coordinate, Index& offset,
             std::vector<Leaf>& leaves) {
  if (!layout.parts.empty() && capability<Product>(family, layout)) {
    for (Index n = 0; n < count; ++n)
      for (const Part& part : layout.parts) collect(*part.family, part.layout, part.count, coordinate, offset, leaves);
    return;
  }
  Leaf leaf;
  leaf.family = &family;
  leaf.exponential = capability<ExponentialFamily>(family, layout);
  if (!leaf.exponential)
    throw UnsupportedError(fmt::format(
        "{} cannot be fitted: it is no exponential family, so it has no natural parameters to update; use one that is "
        "(`kullback describe` lists the capabilities of a family) or a factorized product of them",
        family.name()));
  if (leaf.exponential->fixed_rows(layout) > 0)
    throw UnsupportedError(fmt::format(
        "{} cannot be fitted: it is an exponential family only where some of its parameters are known (its location, "
        "its trials), and a fit has no place to state them",
        family.name()));
  leaf.layout = layout;
  leaf.count = count;
  leaf.coordinate = coordinate;
  leaf.offset = offset;
  leaf.parameters = family.parameter_count(layout);
  leaf.labels = leaf.exponential->statistics(layout);
  for (const Statistic& s : leaf.labels) leaf.statistics += s.rows;
  coordinate += count * layout.dimension;
  offset += count * leaf.parameters;
  leaves.push_back(std::move(leaf));
}

}  // namespace

Index Leaf::row(Text label) const {
  Index row = 0;
  for (const Statistic& s : labels) {
    if (s.label == label) return row;
    row += s.rows;
  }
  return -1;
}

std::vector<Leaf> find_leaves(const Distribution& family, const Layout& layout) {
  std::vector<Leaf> leaves;
  Index coordinate = 0, offset = 0;
  collect(family, layout, 1, coordinate, offset, leaves);
  return leaves;
}

Index total_dimension(const std::vector<Leaf>& leaves) {
  return leaves.empty() ? 0 : leaves.back().coordinate + leaves.back().count * leaves.back().layout.dimension;
}

std::string coordinate_name(const Projection& projection, Index coordinate) {
  if (coordinate < static_cast<Index>(projection.coordinates.size()))
    return projection.coordinates[static_cast<std::size_t>(coordinate)];
  return fmt::format("x[{}]", coordinate + 1);
}

std::string with_article(Text name) {
  const bool vowel = !name.empty() && std::string_view("aeiou").find(name.front()) != std::string_view::npos;
  return fmt::format("{} {}", vowel ? "an" : "a", name);
}

}  // namespace kullback::inference
