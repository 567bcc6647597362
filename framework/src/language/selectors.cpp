// Indices: by plate, by a known column, by a latent categorical, by label, and indices of indices.
#include "language/terms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace kullback::language {

using config::Expression;
using model::Selector;
using model::Term;
using model::Variable;

Dimensions dimensions_of(const Selector& selector) {
  Dimensions all;
  if (selector.kind == Selector::Kind::aligned) all = {selector.dimension};
  if (selector.kind == Selector::Kind::column) all = selector.levels_over;
  for (const Selector& inner : selector.of) all = united(all, dimensions_of(inner));
  return all;
}

void variables_of(const Selector& selector, std::vector<int>& out) {
  if (selector.kind == Selector::Kind::latent) out.push_back(selector.variable);
  for (const Selector& inner : selector.of) variables_of(inner, out);
}

void variables_of(const Term& term, std::vector<int>& out) {
  if (term.kind == Term::Kind::variable) out.push_back(term.variable);
  for (const Selector& selector : term.selectors) variables_of(selector, out);
  for (const Term& child : term.children) variables_of(child, out);
}

Array gather(const std::vector<Plate>& plates, const Array& array, const std::vector<Selector>& selectors) {
  Dimensions to;
  bool plain = true;
  for (std::size_t i = 0; i < selectors.size(); ++i) {
    to = united(to, dimensions_of(selectors[i]));
    plain = plain && selectors[i].kind == Selector::Kind::aligned && selectors[i].dimension == array.dimensions[i];
  }
  if (plain) return array;
  Walk walk(plates, to);
  std::vector<std::size_t> followed;
  std::vector<Index> stride(selectors.size(), 1);
  for (std::size_t i = selectors.size(); i-- > 1;)
    stride[i - 1] = stride[i] * plates[static_cast<std::size_t>(array.dimensions[i])].size;
  for (const Selector& s : selectors)
    followed.push_back(s.kind == Selector::Kind::fixed ? 0 : walk.follow(dimensions_of(s)));
  Array result{to, Eigen::VectorXd(walk.size())};
  for (Index cell = 0; cell < walk.size(); ++cell, walk.next()) {
    Index from = 0;
    for (std::size_t i = 0; i < selectors.size(); ++i) {
      const Selector& s = selectors[i];
      from +=
          stride[i] * (s.kind == Selector::Kind::fixed     ? s.level
                       : s.kind == Selector::Kind::aligned ? walk.at(followed[i])
                                                           : s.levels[static_cast<std::size_t>(walk.at(followed[i]))]);
    }
    result.values[cell] = array.values[from];
  }
  return result;
}

Selector Terms::index(const Expression& e, const std::string& indexed, int plate, std::string& text) {
  Workspace& w = workspace_;
  const std::string dimension = w.plate(plate).name;
  if (e.kind == Expression::Kind::number)
    fail(e, fmt::format("which plate? write {}[{} = {}]", indexed, dimension, e.number));
  if (e.kind == Expression::Kind::shift)
    fail(e, e.number < 0
                ? fmt::format(
                      "earlier cells ({}[{}{}]) are not there yet: chains come later; read a shifted column instead",
                      indexed, e.text, e.number)
                : "only an earlier cell of a plate may be named (x[t-1]); read a shifted column for anything else");
  Selector selector;
  const int v = w.find_variable(e.text);
  if (v < 0) {
    if (const int p = w.find_plate(e.text); p >= 0) {
      if (!e.children.empty()) fail(e, fmt::format("{} is a plate: it has no indices", e.text));
      if (!w.same_levels(p, plate))
        fail(e, fmt::format("{} is indexed by {} here, and {} is another plate: only {} itself, a second name of it "
                            "({}: {}) or an index that holds its levels fits",
                            indexed, dimension, e.text, dimension, e.text, dimension));
      selector.dimension = p;
      text = e.text;
      return selector;
    }
    const auto& labels = w.plate(plate).labels;
    if (std::find(labels.begin(), labels.end(), e.text) != labels.end())
      fail(e, fmt::format("'{}' is a label of {}: write {}[{} = {}]", e.text, dimension, indexed, dimension, e.text));
    undefined_index(e);
  }
  if (w.is_broken(e.text)) throw FollowsFromMistake();
  const Variable& x = w.variable(v);
  if (x.levels < 0) {
    if (x.role == Variable::Role::constant)
      fail(e, fmt::format("{} holds numbers, no levels: an index needs `levels: {}` under data", e.text, dimension));
    for (int s : x.statements)
      if (const Distribution* family = w.model.statements[static_cast<std::size_t>(s)].family;
          family && family->parameterizations()[0][0].domain == Domain::unit_interval)
        fail(e,
             fmt::format("{} is 0 or 1, no level of {}; use categorical over a plate of 2 levels", e.text, dimension));
    fail(e, fmt::format("{} is no index: an index is a plate, a column with `levels: {}`, or a categorical over {}",
                        e.text, dimension, dimension));
  }
  if (!w.same_levels(x.levels, plate))
    fail(e, fmt::format("{} holds levels of {}, and {} is indexed by {} here", e.text, w.plate(x.levels).name, indexed,
                        dimension));
  std::vector<std::string> texts;
  selector.of = selectors(e, x, texts);
  text = e.text + (texts.empty() ? "" : fmt::format("[{}]", fmt::join(texts, ",")));
  const bool known = x.role == Variable::Role::constant ||
                     (x.role == Variable::Role::observed && empty_cells(x.data.values).count == 0);
  const bool gated = std::any_of(selector.of.begin(), selector.of.end(), [](const Selector& s) {
    std::vector<int> latent;
    variables_of(s, latent);
    return !latent.empty();
  });
  if (known && !gated) {
    const Array levels = gather(w.plates(), x.data, selector.of);
    selector.kind = Selector::Kind::column;
    selector.levels_over = levels.dimensions;
    selector.levels.reserve(static_cast<std::size_t>(levels.values.size()));
    for (double level : levels.values) selector.levels.push_back(static_cast<int>(level));
    selector.of.clear();
  } else {
    selector.kind = Selector::Kind::latent;
    selector.variable = v;
  }
  return selector;
}

// `plate = label` picks one level for all cells; what differs from cell to cell is an index, which stands in its place.
void Terms::check_picked(const Expression& e, const Expression& picked, std::size_t dimension) const {
  const Expression& label = picked.children[0];
  const auto& labels = workspace_.plate(workspace_.need_plate(picked, picked.text)).labels;
  if (label.kind == Expression::Kind::number || workspace_.find_variable(label.text) < 0 ||
      std::find(labels.begin(), labels.end(), label.text) != labels.end())
    return;
  fail(label, fmt::format("{} = a label picks one level, and {} is a variable: an index stands in its place, "
                          "{}[{}{}]",
                          picked.text, label.text, e.text, dimension == 0 ? "" : "..., ", label.text));
}

// `plate = label`, wherever it stands.
void Terms::pick(const Expression& e, const Expression& picked, const Dimensions& dimensions, Chosen& chosen,
                 std::vector<std::string>& texts) const {
  const Workspace& w = workspace_;
  const int plate = w.need_plate(picked, picked.text);
  const auto found = std::find(dimensions.rbegin(), dimensions.rend(), plate);
  if (found == dimensions.rend())
    fail(picked, dimensions.empty()
                     ? fmt::format("{} is one number: it has no plate {} to pick from", e.text, picked.text)
                     : fmt::format("{} has no dimension {}; it has {}", e.text, picked.text, w.names(dimensions)));
  const auto i = static_cast<std::size_t>(dimensions.rend() - found) - 1;
  if (chosen[i]) fail(picked, fmt::format("{} is picked twice", picked.text));
  check_picked(e, picked, i);
  chosen[i] = Selector{Selector::Kind::fixed, -1, w.level(plate, picked.children[0]), {}, {}, -1, {}};
  texts[i] = fmt::format("{} = {}", picked.text, w.label_text(plate, chosen[i]->level));
}

// Indices in the order of the dimensions that are not picked.
void Terms::choose(const Expression& e, const Dimensions& dimensions, Chosen& chosen, std::vector<std::string>& texts) {
  const Workspace& w = workspace_;
  std::size_t i = 0;
  bool too_many = false;
  w.for_each(e.children, [&](const Expression& child) {
    if (child.kind == Expression::Kind::label) return;
    while (i < chosen.size() && chosen[i]) ++i;
    if (i < chosen.size()) {
      const std::size_t here = i++;
      chosen[here] = Selector{};  // a mistake in it moves no others
      if (w.keep_mistakes([&] { chosen[here] = index(child, e.text, dimensions[here], texts[here]); })) return;
      for (const Expression& inner : child.children) check_names(inner, true);
      throw FollowsFromMistake();
    }
    check_names(child, true);
    if (std::exchange(too_many, true)) throw FollowsFromMistake();
    fail(child, dimensions.empty()
                    ? fmt::format("{} is one number: it has no indices", e.text)
                    : fmt::format("{} has {} ({}): this index is one too many", e.text,
                                  counted(static_cast<Index>(dimensions.size()), "dimension"), w.names(dimensions)));
  });
}

std::vector<Selector> Terms::selectors(const Expression& e, const Variable& variable, std::vector<std::string>& texts) {
  const Workspace& w = workspace_;
  const Dimensions dimensions = variable.dimensions();
  Chosen chosen(dimensions.size());
  texts.assign(dimensions.size(), "");
  bool good = true;
  for (const Expression& child : e.children)
    if (child.kind == Expression::Kind::label)
      good = w.keep_mistakes([&] { pick(e, child, dimensions, chosen, texts); }) && good;
  if (!good) {  // which dimensions the others are for is not known
    for (const Expression& child : e.children)
      if (child.kind != Expression::Kind::label) check_names(child, true);
    throw FollowsFromMistake();
  }
  choose(e, dimensions, chosen, texts);
  std::vector<Selector> result;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    if (!chosen[i]) {
      chosen[i] = Selector{};
      chosen[i]->dimension = dimensions[i];
      texts[i] = w.plate(dimensions[i]).name;
    }
    result.push_back(std::move(*chosen[i]));
  }
  return result;
}

}  // namespace kullback::language
