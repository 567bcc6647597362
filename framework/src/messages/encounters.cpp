#include "messages/encounters.hpp"

#include <algorithm>

namespace kullback::messages {
namespace {

class Walk {
 public:
  Walk(const Compiled& compiled, const Encounter& encounter)
      : sizes_(compiled.statements[static_cast<std::size_t>(encounter.statement)].sizes),
        gates_(compiled.gates[static_cast<std::size_t>(encounter.statement)]),
        position_(sizes_.size(), 0) {
    for (const auto* references : {&encounter.first, &encounter.second})
      for (const Reference& r : *references) need(r);
    axes_.erase(std::remove_if(axes_.begin(), axes_.end(), [&](int a) { return known_gate(a) != nullptr; }),
                axes_.end());
  }

  template <class Visit>
  void run(const Visit& visit, std::size_t depth = 0) {
    if (depth == axes_.size()) return visit();
    Index& position = position_[static_cast<std::size_t>(axes_[depth])];
    for (position = 0; position < sizes_[static_cast<std::size_t>(axes_[depth])]; ++position) run(visit, depth + 1);
  }

  // Where a reference points; -1: nowhere.
  Index at(const Reference& r) const {
    if (r.axis < 0) return r.level;
    const Gate* gate = known_gate(r.axis);
    if (!gate) return position_[static_cast<std::size_t>(r.axis)];
    Index cell = 0;
    for (std::size_t k = 0; k < gate->references.size(); ++k) {
      const Index level = at(gate->references[k]);
      if (level < 0) return -1;
      cell = cell * gate->shape[k] + level;
    }
    return gate->levels[static_cast<std::size_t>(cell)];
  }

 private:
  const Gate* known_gate(int axis) const {
    for (const Gate& g : gates_)
      if (g.axis == axis && g.source < 0) return &g;
    return nullptr;
  }
  void need(const Reference& r) {
    if (r.axis < 0 || std::find(axes_.begin(), axes_.end(), r.axis) != axes_.end()) return;
    axes_.push_back(r.axis);
    if (const Gate* gate = known_gate(r.axis))
      for (const Reference& inner : gate->references) need(inner);
  }

  const Sizes& sizes_;
  const std::vector<Gate>& gates_;
  std::vector<Index> position_;
  std::vector<int> axes_;
};

}  // namespace

void for_encounters(const Compiled& compiled, const model::Model& model, const Source& source,
                    const Encounter& encounter, const std::function<void(Index, Index)>& visit) {
  Walk walk(compiled, encounter);
  const auto cell = [&](const std::vector<Reference>& references) {
    Index cell = 0;
    for (std::size_t k = 0; k < references.size(); ++k) {
      const Index level = walk.at(references[k]);
      if (level < 0) return Index{-1};
      cell = cell * model.plates[static_cast<std::size_t>(source.plates[k])].size + level;
    }
    return cell;
  };
  walk.run([&] {
    const Index first = cell(encounter.first), second = cell(encounter.second);
    if (first >= 0 && second >= 0) visit(first, second);
  });
}

}  // namespace kullback::messages
