#include "language/statement_order.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kullback::language {

using config::Expression;

namespace {

const Expression* find_shift(const Expression& e) {
  if (e.kind == Expression::Kind::shift) return &e;
  for (const Expression& child : e.children)
    if (const Expression* found = find_shift(child)) return found;
  return nullptr;
}

class Order {
 public:
  Order(const std::vector<Entry>& entries, Workspace& w)
      : entries_(entries), w_(w), state_(entries.size(), State::unknown), in_cycle_(entries.size(), false) {}

  std::vector<std::size_t> run() {
    for (std::size_t i = 0; i < entries_.size(); ++i)
      if (state_[i] == State::unknown) visit(i);
    for (std::size_t i = 0; i < entries_.size(); ++i)
      if (in_cycle_[i]) w_.broken.push_back(entries_[i].name);
    return sorted_;
  }

 private:
  enum class State : char { unknown, visited, done };

  void visit(std::size_t i) {
    state_[i] = State::visited;
    path_.push_back(i);
    std::set<std::string> names;
    for (const Draft* draft : entries_[i].drafts) names_in(draft->expression, names);
    for (std::size_t j = 0; j < entries_.size(); ++j) {
      if (!names.count(entries_[j].name)) continue;
      if (state_[j] == State::unknown)
        visit(j);
      else if (state_[j] == State::visited)
        report_cycle(j);
    }
    path_.pop_back();
    state_[i] = State::done;
    sorted_.push_back(i);
  }

  void report_cycle(std::size_t from) {
    const auto begin = std::find(path_.begin(), path_.end(), from);
    if (std::any_of(begin, path_.end(), [&](std::size_t i) { return in_cycle_[i]; })) return;
    std::vector<std::string> names;
    for (auto i = begin; i != path_.end(); ++i) {
      names.push_back(entries_[*i].name);
      in_cycle_[*i] = true;
    }
    const Draft& draft = *entries_[from].drafts[0];
    if (names.size() == 1) {
      // x[t-1] is an index of its own; anything else is a mistake.
      for (const Draft* d : entries_[from].drafts)
        if (const Expression* shift = find_shift(d->expression)) {
          w_.diagnostics.error(
              shift->place, shift->path,
              fmt::format(
                  "earlier cells ({}[{}{}]) are not there yet: chains come later; read a shifted column instead",
                  names[0], shift->text, shift->number));
          return;
        }
      const int known = w_.find_variable(names[0]);
      w_.diagnostics.error(
          draft.target.place, draft.target.path,
          known >= 0 && w_.variable(known).data.values.size() > 0
              ? fmt::format(
                    "{0} rests on itself: what its data say is computed under data (total[k]: sum({0}, over = n))",
                    names[0])
              : fmt::format("{} rests on itself; only an earlier cell of it may be read (x[t-1])", names[0]));
      return;
    }
    names.push_back(names[0]);
    w_.diagnostics.error(draft.target.place, draft.target.path,
                         fmt::format("{} rests on itself: {}", names[0], fmt::join(names, " -> ")));
  }

  const std::vector<Entry>& entries_;
  Workspace& w_;
  std::vector<std::size_t> sorted_, path_;
  std::vector<State> state_;
  std::vector<bool> in_cycle_;
};

}  // namespace

void names_in(const Expression& e, std::set<std::string>& names) {
  if (e.kind == Expression::Kind::reference) names.insert(e.text);
  if (e.kind == Expression::Kind::label) return;
  for (const Expression& child : e.children) names_in(child, names);
}

std::vector<std::size_t> order_of(const std::vector<Entry>& entries, Workspace& w) { return Order(entries, w).run(); }

}  // namespace kullback::language
