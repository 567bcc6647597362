// Which statement serves which cells of its variable.
#include "language/statements.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kullback::language {

using model::Variable;

std::string target_text(const Workspace& w, const Variable& variable, const std::vector<std::optional<Index>>& fixed) {
  std::vector<std::string> slots;
  const Dimensions dimensions = variable.dimensions();
  for (std::size_t i = 0; i < dimensions.size(); ++i) {
    const std::string& plate = w.plate(dimensions[i]).name;
    slots.push_back(i < fixed.size() && fixed[i] ? fmt::format("{} = {}", plate, w.label_text(dimensions[i], *fixed[i]))
                                                 : plate);
  }
  if (variable.matrix) slots.push_back(slots.back() + "'");
  return variable.name + (slots.empty() ? "" : fmt::format("[{}]", fmt::join(slots, ",")));
}

std::vector<std::vector<char>> assign_cells(const std::vector<const Draft*>& drafts, int v, const Workspace& w) {
  const Variable& variable = w.variable(v);
  const bool general = drafts.size() == 1 && drafts[0]->fixed_count() == 0;
  if (general) return {{}};
  Walk walk(w.plates(), variable.plates);
  std::vector<std::vector<char>> serves(drafts.size(), std::vector<char>(static_cast<std::size_t>(walk.size()), 0));
  Index without = 0, first_without = -1;
  for (Index cell = 0; cell < walk.size(); ++cell, walk.next()) {
    std::size_t best = drafts.size();
    for (std::size_t s = 0; s < drafts.size(); ++s) {
      const auto& fixed = drafts[s]->fixed;
      bool fits = true;
      for (std::size_t i = 0; i < fixed.size(); ++i) fits = fits && (!fixed[i] || *fixed[i] == walk.position(i));
      if (!fits) continue;
      if (best < drafts.size() && drafts[s]->fixed_count() == drafts[best]->fixed_count())
        fail(drafts[s]->target,
             fmt::format("{} and {} state the same cell{}, and neither is more special: give one of them more slots",
                         drafts[best]->node->key, drafts[s]->node->key,
                         variable.plates.empty() ? "" : fmt::format(" ({})", w.cell_text(variable.plates, cell))));
      if (best == drafts.size() || drafts[s]->fixed_count() > drafts[best]->fixed_count()) best = s;
    }
    if (best == drafts.size()) {
      if (without++ == 0) first_without = cell;
    } else {
      serves[best][static_cast<std::size_t>(cell)] = 1;
    }
  }
  if (without > 0)
    fail(drafts[0]->target,
         fmt::format("{} without a statement (first: {}): add {}[{}]", counted(without, "cell"),
                     w.cell_text(variable.plates, first_without), variable.name, w.names(variable.plates)));
  return serves;
}

}  // namespace kullback::language
