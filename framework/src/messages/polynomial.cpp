#include "messages/polynomial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace kullback::messages {
namespace {

constexpr std::array<Text, 5> kPowers = {"1", "x", "x2", "x3", "x4"};

std::optional<int> power_of(Text label) {
  for (std::size_t k = 1; k < kPowers.size(); ++k)
    if (kPowers[k] == label) return static_cast<int>(k);
  if (label == "1/x") return -1;
  if (label == "1/x2") return -2;
  return std::nullopt;
}

std::optional<std::string> label_of(int power) {
  if (power >= 0 && power < static_cast<int>(kPowers.size()))
    return std::string(kPowers[static_cast<std::size_t>(power)]);
  if (power == -1) return "1/x";
  if (power == -2) return "1/x2";
  return std::nullopt;
}

// Replaces an axis everywhere.
void replace(Monomial& monomial, int axis, Reference by) {
  for (Atom& atom : monomial.atoms)
    for (auto* references : {&atom.cells, &atom.rows})
      for (Reference& r : *references)
        if (r.axis == axis) r = by;
  std::erase(monomial.axes, axis);
}

}  // namespace

Polynomial constant(double value) { return {{value, {}, {}}}; }

Polynomial add(Polynomial a, const Polynomial& b, double factor) {
  for (Monomial m : b) {
    m.coefficient *= factor;
    a.push_back(std::move(m));
  }
  return a;
}

int Algebra::add_axis(Index size) {
  sizes_.push_back(size);
  return static_cast<int>(sizes_.size()) - 1;
}

int Algebra::add_gate(Gate gate, Index levels) {
  for (const Gate& g : gates_)
    if (g.source == gate.source && g.shape == gate.shape && g.references == gate.references && g.levels == gate.levels)
      return g.axis;
  gate.axis = add_axis(levels);
  gates_.push_back(std::move(gate));
  return gates_.back().axis;
}

const Gate* Algebra::gate_at(int axis) const {
  for (const Gate& g : gates_)
    if (g.axis == axis) return &g;
  return nullptr;
}

bool Algebra::may_coincide(const Reference& a, const Reference& b) const {
  if (a == b) return true;
  if (a.axis < 0 && b.axis < 0) return false;
  const Gate* first = a.axis < 0 ? nullptr : gate_at(a.axis);
  const Gate* second = b.axis < 0 ? nullptr : gate_at(b.axis);
  const auto takes = [](const Gate& gate, Index level) {
    return std::find(gate.levels.begin(), gate.levels.end(), static_cast<int>(level)) != gate.levels.end();
  };
  if (first && first->source < 0 && b.axis < 0) return takes(*first, b.level);
  if (second && second->source < 0 && a.axis < 0) return takes(*second, a.level);
  if (!first || !second || first->source >= 0 || second->source >= 0 || first->references != second->references)
    return true;
  for (std::size_t i = 0; i < first->levels.size(); ++i)
    if (first->levels[i] == second->levels[i]) return true;
  return false;
}

bool Algebra::identify(Monomial& monomial, Reference a, Reference b) const {
  if (a == b) return true;
  if (b.axis < 0) std::swap(a, b);
  if (b.axis < 0) return false;
  // The axis that goes away takes its gate along: as an indicator at what is left.
  if (const Gate* gate = gate_at(b.axis)) {
    Atom indicator;
    indicator.rows = {a};
    if (gate->source >= 0) {
      indicator.source = gate->source;
      indicator.label = "cell";
      indicator.cells = gate->references;
    } else {
      indicator.gate = static_cast<int>(gate - gates_.data());
      indicator.cells = gate->references;
    }
    monomial.atoms.push_back(std::move(indicator));
  }
  replace(monomial, b.axis, a);
  return true;
}

std::optional<Atom> Algebra::merge(const Atom& a, const Atom& b,
                                   std::vector<std::pair<Reference, Reference>>& equal) const {
  const Source& source = sources_[static_cast<std::size_t>(a.source)];
  Atom out = a;
  if (a.label == "cell" && b.label == "cell") {  // both hold at one level only
    equal.emplace_back(a.rows[0], b.rows[0]);
    return out;
  }
  if (source.side_by_side) {
    if (a.label != "x" || b.label != "x") return std::nullopt;
    out.label = "x*x'";
    out.of.insert(out.of.end(), b.of.begin(), b.of.end());
    out.rows.insert(out.rows.end(), b.rows.begin(), b.rows.end());
    return out;
  }
  if (source.leader >= 0 && !(a.rows.empty() && b.rows.empty())) return merge_in_block(a, b);
  if (source.leader >= 0) {  // a product of components, in the order in which the family names them
    std::map<std::string, int> powers;
    std::map<std::string, std::string> labels;
    for (const Atom* atom : {&a, &b})
      for (const auto& [component, label] : components_of(atom->label)) {
        const auto p = power_of(label);
        if (!p && labels.contains(component)) return std::nullopt;
        labels[component] = label;
        if (p && (powers[component] += *p, true)) {
          const auto merged = label_of(powers[component]);
          if (!merged) return std::nullopt;
          labels[component] = *merged;
        }
      }
    for (const Statistic& s : source.statistics) {
      auto parts = components_of(s.label);
      if (parts.size() == labels.size() && std::all_of(parts.begin(), parts.end(), [&](const auto& part) {
            return labels[part.first] == part.second;
          })) {
        out.label = s.label;
        return out;
      }
    }
    out.label.clear();  // no statistic: named for whoever reports it
    for (const auto& [component, label] : labels) out.label += (out.label.empty() ? "" : "*") + component + "." + label;
    return out;
  }
  if (a.rows.empty() && b.rows.empty()) {
    if (source.two_valued && a.label == "x" && b.label == "x") return out;
    if (a.label == "log_x" && b.label == "log_x") {
      out.label = "log2_x";
      return out;
    }
    const auto p = power_of(a.label), q = power_of(b.label);
    if (!p || !q) return std::nullopt;
    const auto label = label_of(*p + *q);
    if (!label) return std::nullopt;
    out.label = *label;
    return out;
  }
  if (a.label == "x" && b.label == "x" && source.has("x*x'") && a.rows.size() == source.over.size() &&
      b.rows.size() == a.rows.size()) {
    out.label = "x*x'";
    out.rows.insert(out.rows.end(), b.rows.begin(), b.rows.end());
    return out;
  }
  if (a.rows == b.rows && source.has("x2") && a.label == "x" && b.label == "x") {
    out.label = "x2";
    return out;
  }
  return std::nullopt;
}

std::optional<Atom> Algebra::merge_in_block(const Atom& a, const Atom& b) const {
  const auto is_matrix = [](const Atom& atom) {
    return atom.rows.size() == 2 && components_of(atom.label).size() == 1 && !atom.label.ends_with("x*x'");
  };
  if (is_matrix(b) && !is_matrix(a)) return merge_in_block(b, a);
  if (is_matrix(a)) {  // with the vector, or its square: u'M, u'Mu
    Atom out = b;
    out.rows = a.rows;
    out.label += "*" + a.label;
    for (const Reference& r : b.rows) {
      const auto shared = std::find(out.rows.begin(), out.rows.end(), r);
      if (r.axis < 0 || shared == out.rows.end()) return std::nullopt;
      out.contracted.push_back(r.axis);
      out.rows.erase(shared);
    }
    return out;
  }
  if (a.rows.size() != 1 || b.rows.size() != 1) return std::nullopt;
  if (components_of(a.label).size() > 1) return components_of(b.label).size() > 1 ? std::nullopt : merge_in_block(b, a);
  const auto [component, label] = components_of(a.label).front();
  const auto parts = components_of(b.label);
  if (label != "x" || parts.front() != std::pair{component, label}) return std::nullopt;
  Atom out = b;
  out.label.insert(component.size() + 2, "*x'");
  if (parts.size() == 1) {
    out.rows = {a.rows[0], b.rows[0]};
  } else {  // u'M with u
    if (a.rows != b.rows || a.rows[0].axis < 0) return std::nullopt;
    out.contracted.push_back(a.rows[0].axis);
    out.rows.clear();
  }
  return out;
}

void drop_contracted(Polynomial& polynomial) {
  for (Monomial& monomial : polynomial)
    for (const Atom& atom : monomial.atoms)
      for (const int axis : atom.contracted) {
        for (const Atom& other : monomial.atoms)
          for (const auto* references : {&other.cells, &other.rows})
            for (const Reference& r : *references)
              if (r.axis == axis)
                throw NoRule{atom.source,
                             "elements of " + atom.label + " one by one, and a joint block has their sum only"};
        std::erase(monomial.axes, axis);
      }
}

void Algebra::multiply_into(Polynomial& out, Monomial monomial) {
  if (monomial.coefficient == 0) return;
  for (std::size_t i = 0; i < monomial.atoms.size(); ++i) {
    for (std::size_t j = i + 1; j < monomial.atoms.size(); ++j) {
      const Atom &a = monomial.atoms[i], &b = monomial.atoms[j];
      if (a.known && b.known && a.known->indicator && b.known->indicator && a.cells == b.cells) {
        // Both hold only where their product does.
        const Eigen::VectorXd both = a.known->numbers().cwiseProduct(b.known->numbers());
        if (both.isZero(0)) return;
        if (both == a.known->numbers()) {
          monomial.atoms.erase(monomial.atoms.begin() + static_cast<std::ptrdiff_t>(j));
          return multiply_into(out, std::move(monomial));
        }
      }
      if (a.source < 0 || a.source != b.source || (a.apart && b.apart)) continue;
      bool apart = false, same = true;
      for (std::size_t k = 0; k < a.cells.size(); ++k) {
        apart = apart || !may_coincide(a.cells[k], b.cells[k]);
        same = same && a.cells[k] == b.cells[k];
      }
      if (!same) pairs_.push_back({a.source, a.cells, b.cells});
      if (apart) continue;
      if (same) {
        std::vector<std::pair<Reference, Reference>> equal;
        const auto merged = merge(a, b, equal);
        if (!merged)
          throw NoRule{a.source, fmt::format("{} times {} of {}", a.label, b.label,
                                             sources_[static_cast<std::size_t>(a.source)].variable->name)};
        Monomial one = monomial;
        one.atoms.erase(one.atoms.begin() + static_cast<std::ptrdiff_t>(j));
        one.atoms[i] = *merged;
        bool possible = true;
        for (const auto& [x, y] : equal) possible = possible && identify(one, x, y);
        if (merged->label == "1") one.atoms.erase(one.atoms.begin() + static_cast<std::ptrdiff_t>(i));
        if (possible) multiply_into(out, std::move(one));
        return;
      }
      if (a.apart || b.apart) throw NoRule{a.source, "a product of three statistics of one variable"};
      // The same member in some cells: E[ab] there, in place of what the product of expectations counts.
      monomial.atoms[i].apart = monomial.atoms[j].apart = true;
      Monomial counted = monomial;
      counted.coefficient = -counted.coefficient;
      bool possible = true;
      for (std::size_t k = 0; k < a.cells.size() && possible; ++k)
        possible = identify(counted, counted.atoms[i].cells[k], counted.atoms[j].cells[k]);
      if (possible) {
        Monomial one = counted;
        one.coefficient = monomial.coefficient;
        one.atoms[i].apart = one.atoms[j].apart = false;
        multiply_into(out, std::move(one));
        multiply_into(out, std::move(counted));
      }
      multiply_into(out, std::move(monomial));
      return;
    }
  }
  out.push_back(std::move(monomial));
}

Polynomial Algebra::multiply(const Polynomial& a, const Polynomial& b) {
  Polynomial out;
  for (const Monomial& x : a)
    for (const Monomial& y : b) {
      Monomial both = x;
      both.coefficient *= y.coefficient;
      both.atoms.insert(both.atoms.end(), y.atoms.begin(), y.atoms.end());
      for (const int axis : y.axes)
        if (std::find(both.axes.begin(), both.axes.end(), axis) == both.axes.end()) both.axes.push_back(axis);
      multiply_into(out, std::move(both));
    }
  return out;
}

}  // namespace kullback::messages
