// All statements: what variables there are, in which order they rest on one another, and what each of them is.
#include "language/statements.hpp"

#include "language/flat.hpp"
#include "language/statement_order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace kullback::language {

using config::Expression;
using config::Node;
using model::Statement;
using model::Variable;

namespace {

class Reader {
 public:
  Reader(Workspace& w, std::vector<std::string>& notes) : w_(w), notes_(notes) {}

  void run(const Node& model, const Node* posterior) {
    if (model.kind != Node::Kind::map || model.children().empty()) {
      model.accept();
      config::fail(model, model.kind == Node::Kind::scalar && model.text.find('~') != std::string::npos
                              ? "a random variable is written name: distribution(...), with ':' for '~'"
                              : "model is a map of statements: {mu: normal(0, stddev = 1)}");
    }
    drafts_.reserve(model.children().size());
    unread_.reserve(model.children().size());
    for (const Node& node : model.children()) {
      model.find(node.key);
      read(node);
    }
    for (const Draft& draft : drafts_) {
      auto found =
          std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.name == draft.target.text; });
      if (found == entries_.end()) found = entries_.insert(entries_.end(), Entry{draft.target.text, {}, -1});
      found->drafts.push_back(&draft);
    }
    choose_flat_families(drafts_, posterior, w_);
    for (Entry& entry : entries_) {
      if (w_.is_broken(entry.name) || !w_.keep_mistakes([&] { declare(entry); })) {
        w_.broken.push_back(entry.name);
        w_.shapeless.push_back(entry.name);
      } else if (std::any_of(entry.drafts.begin(), entry.drafts.end(), [&](const Draft* d) { return misspelt(*d); })) {
        w_.shapeless.push_back(entry.name);
      }
    }
    for (std::size_t i : order_of(entries_, w_))
      if (!w_.is_broken(entries_[i].name) && !w_.keep_mistakes([&] { resolve(entries_[i]); }))
        w_.broken.push_back(entries_[i].name);
    check_rest();
    finish();
  }

 private:
  void read(const Node& node) {
    Draft draft;
    const bool good = w_.keep_mistakes([&] { read_draft(node, draft, w_); });
    std::vector<Draft>& drafts = good ? drafts_ : unread_;
    drafts.push_back(std::move(draft));
    if (good && w_.keep_mistakes([&] { read_call(drafts.back(), w_); })) return;
    node.accept();
    const std::string& name = drafts.back().target.text;
    w_.broken.push_back(name.empty() ? leading_name(node.key) : name);
    w_.shapeless.push_back(w_.broken.back());
    if (!good) return;
    unread_.push_back(std::move(drafts.back()));
    drafts_.pop_back();
  }

  // Statements that were not resolved since something else is wrong with them have mistakes on their right sides, too.
  void check_rest() {
    for (const Draft& draft : unread_) check(draft.expression);
    for (const Entry& entry : entries_)
      if (!entry.resolved)
        for (const Draft* draft : entry.drafts)
          entry.mixed ? Terms(w_, {{}, {}, "", nullptr}).check_names(draft->expression) : check(draft->expression);
  }

  void check(const Expression& e) {
    if (e.kind == Expression::Kind::call && e.text == "factor") refuse_factor(e);
    Terms(w_, {{}, {}, "", nullptr, false}).check(e);
  }

  // A call of nothing that there is: a distribution, perhaps.
  static bool misspelt(const Draft& draft) {
    return !draft.random() && draft.expression.kind == Expression::Kind::call &&
           std::find(functions().begin(), functions().end(), draft.expression.text) == functions().end();
  }

  bool is_random(const Entry& entry) const {
    return std::any_of(entry.drafts.begin(), entry.drafts.end(), [](const Draft* d) { return d->random(); });
  }

  // The variable's dimensions and role; what data there are must fit.
  void declare(Entry& entry) {
    const Draft& first = *entry.drafts[0];
    for (const Draft* draft : entry.drafts)
      if (draft->plates != first.plates)
        fail(draft->target, fmt::format("{} has the plates [{}] here and [{}] in {}", entry.name,
                                        w_.names(draft->plates), w_.names(first.plates), first.node->key));
    int over = -1;
    const Draft* overs = nullptr;
    bool vector = false, matrix = false, levels = false;
    for (const Draft* draft : entry.drafts) {
      if (!draft->random()) continue;
      if (draft->event == Event::structural)
        fail(*draft->call, fmt::format("{} is made of other distributions and stands in no statement: a mixture is "
                                       "written with a categorical index (mu[z])",
                                       draft->family->name()));
      vector = vector || draft->event == Event::vector;
      matrix = matrix || draft->event == Event::matrix;
      levels = levels || draft->event == Event::levels;
      if (draft->event == Event::levels) continue;
      if (overs && over != draft->over)
        fail(*draft->call, fmt::format("{} is over {} here and over {} in {}", entry.name, plate_name(draft->over),
                                       plate_name(over), overs->node->key));
      over = draft->over;
      overs = draft;
    }
    entry.variable = w_.find_variable(entry.name);
    if (entry.variable < 0) {
      w_.model.variables.emplace_back();
      entry.variable = static_cast<int>(w_.model.variables.size()) - 1;
      Variable& variable = w_.variable(entry.variable);
      variable.name = entry.name;
      variable.plates = first.plates;
      variable.place = first.target.place;
      variable.role = is_random(entry) ? Variable::Role::latent : Variable::Role::deterministic;
    } else {
      over = join_data(entry, first, over, levels);
    }
    Variable& variable = w_.variable(entry.variable);
    if ((vector || matrix) && over < 0) {
      const Draft& draft = **std::find_if(entry.drafts.begin(), entry.drafts.end(), [](const Draft* d) {
        return d->event == Event::vector || d->event == Event::matrix;
      });
      fail(*draft.call,
           fmt::format("{} has several coordinates: add over = d with the name of their plate", draft.family->name()));
    }
    if (!levels) variable.over = over < 0 ? Dimensions{} : Dimensions{over};
    if (matrix && variable.role == Variable::Role::observed) fail(first.target, "observed matrices are not there yet");
    variable.matrix = matrix;
    if (matrix) w_.matrix_plate(over);
  }

  std::string plate_name(int plate) const { return plate < 0 ? "nothing" : w_.plate(plate).name; }

  // A statement of data that is no distribution may have been meant as one, or as several. Says so, or leaves it to
  // `check_rest` to say what the call could be.
  void check_calls(Entry& entry, const Expression& e) {
    if (is_distribution(w_.registry, e)) {
      entry.mixed = true;
      fail(e,
           fmt::format("{}(...) is a distribution, and the whole of a statement; all components of a mixture are one "
                       "family: express it by parameters (rate[k = 1]: 0)",
                       e.text));
    }
    if (e.kind == Expression::Kind::call &&
        std::find(functions().begin(), functions().end(), e.text) == functions().end())
      throw FollowsFromMistake();
    for (const Expression& child : e.children) check_calls(entry, child);
  }

  // Data of that name: its dimensions are those of the statement, in whatever order.
  int join_data(Entry& entry, const Draft& first, int over, bool levels) {
    Variable& variable = w_.variable(entry.variable);
    for (const Draft* draft : entry.drafts)
      if (!draft->random()) check_calls(entry, draft->expression);
    if (!is_random(entry))
      fail(first.target,
           fmt::format("{} has data and a deterministic statement: give one of them another name", entry.name));
    const Dimensions read = variable.dimensions();
    const Dimensions more = without(read, first.plates);
    if (over < 0 && !levels && more.size() == 1 && without(first.plates, read).empty()) over = more[0];
    Dimensions stated = first.plates;
    if (over >= 0) stated.push_back(over);
    if (!without(stated, read).empty() || !without(read, stated).empty())
      fail(first.target, fmt::format("{} is read over [{}], but its statement is over [{}]", entry.name, w_.names(read),
                                     w_.names(stated)));
    if (variable.data.dimensions != stated) variable.data = spread(w_.plates(), variable.data, stated);
    variable.plates = first.plates;
    variable.role = Variable::Role::observed;
    return over;
  }

  void resolve(Entry& entry) {
    std::vector<Statement> statements;
    std::vector<std::vector<char>> serves;
    entry.resolved = true;
    w_.independently([&] { serves = assign_cells(entry.drafts, entry.variable, w_); },
                     [&] {
                       w_.for_each(entry.drafts, [&](const Draft* draft) {
                         statements.push_back(draft->random() ? random(*draft, entry) : deterministic(*draft, entry));
                       });
                     });
    Variable& variable = w_.variable(entry.variable);
    for (std::size_t s = 0; s < statements.size(); ++s) {
      statements[s].serves = std::move(serves[s]);
      variable.statements.push_back(static_cast<int>(w_.model.statements.size()));
      w_.model.statements.push_back(std::move(statements[s]));
    }
    fold(entry);
  }

  // A factor adds a number to log p for known parameters only: what it would have to be divided by depends on unknown
  // ones.
  void refuse_factor(const Expression& factor) {
    std::set<std::string> names;
    names_in(factor, names);
    std::vector<std::string> unknown;
    for (const Variable& x : w_.model.variables)
      if (names.count(x.name) && x.role == Variable::Role::latent && x.levels < 0 && !w_.is_broken(x.name))
        unknown.push_back(x.name);
    w_.diagnostics.error(
        factor.place, factor.path,
        unknown.empty()
            ? "factor(...) is not there yet: Markov networks come later"
            : fmt::format("factor(...) is not normalized, so the posterior of {} would be wrong: give {} under data, "
                          "as known numbers (and factors of known numbers are not there yet: they come later)",
                          fmt::join(unknown, " and "), unknown.size() > 1 ? "them" : "it"));
  }

  void describe(Statement& statement, const Draft& draft) {
    statement.fixed = draft.fixed;
    statement.text = fmt::format("{}: {}", draft.node->key, draft.expression.written);
    statement.place = draft.target.place;
  }

  Statement random(const Draft& draft, const Entry& entry) {
    Statement statement = draft.flat ? resolve_flat(draft, entry.variable, w_, notes_)
                                     : resolve_random(draft, entry.variable, w_, notes_);
    describe(statement, draft);
    check_observed(draft, statement, w_);
    return statement;
  }

  Statement deterministic(const Draft& draft, const Entry& entry) {
    const Variable& variable = w_.variable(entry.variable);
    Statement statement;
    statement.variable = entry.variable;
    statement.frame = variable.dimensions();
    const std::string target = target_text(w_, variable, draft.fixed);
    Written written = Terms(w_, {statement.frame, statement.frame, "", nullptr}).resolve(draft.expression);
    check_dimensions(w_, written.term, statement.frame, target);
    statement.value = std::move(written.term);
    statement.echo = fmt::format("{} = {}", target, written.text);
    describe(statement, draft);
    return statement;
  }

  // A deterministic variable that rests on data alone is a constant.
  void fold(Entry& entry) {
    Variable& variable = w_.variable(entry.variable);
    if (variable.role != Variable::Role::deterministic) return;
    for (int s : variable.statements)
      if (w_.model.statements[static_cast<std::size_t>(s)].value.kind != model::Term::Kind::constant) return;
    Array all{variable.plates, Eigen::VectorXd(cells(w_.plates(), variable.plates))};
    for (int s : variable.statements) {
      const Statement& statement = w_.model.statements[static_cast<std::size_t>(s)];
      const Array values = spread(w_.plates(), statement.value.array, variable.plates);
      for (Index i = 0; i < all.values.size(); ++i)
        if (statement.serves.empty() || statement.serves[static_cast<std::size_t>(i)]) all.values[i] = values.values[i];
    }
    variable.data = std::move(all);
    variable.role = Variable::Role::constant;
  }

  // Data without a statement must be complete; a deterministic value that nobody reads is a report.
  void finish() {
    std::vector<int> read;
    for (const Statement& statement : w_.model.statements) {
      for (const model::Term& argument : statement.arguments) variables_of(argument, read);
      if (statement.low) variables_of(*statement.low, read);
      if (statement.high) variables_of(*statement.high, read);
      variables_of(statement.value, read);
    }
    for (std::size_t v = 0; v < w_.model.variables.size(); ++v) {
      Variable& variable = w_.model.variables[v];
      if (variable.role == Variable::Role::deterministic &&
          std::find(read.begin(), read.end(), static_cast<int>(v)) == read.end())
        variable.role = Variable::Role::report;
    }
  }

  Workspace& w_;
  std::vector<std::string>& notes_;
  std::vector<Draft> drafts_;  // never reallocated: entries and calls point into them
  std::vector<Draft> unread_;  // with mistakes of their own
  std::vector<Entry> entries_;
};

// Constants that statements read must have no empty cell; found before anything is computed from them.
void check_constants(const Node& model, Workspace& w) {
  std::set<std::string> stated;
  for (const Node& node : model.children())
    w.keep_mistakes([&] {
      try {
        stated.insert(config::parse_target(node.key, node.key_place, node.path).text);
      } catch (const ConfigError&) {  // reported where the statement is read
      }
    });
  for (const Variable& variable : w.model.variables) {
    if (stated.count(variable.name)) continue;
    const Empty empty = empty_cells(variable.data.values);
    if (empty.count == 0) continue;
    const bool rows =
        variable.plates.size() == 1 && variable.over.empty() && w.plate(variable.plates[0]).labels.empty();
    const std::string first =
        rows ? fmt::format("row {}", empty.first + 1) : w.cell_text(variable.dimensions(), empty.first);
    w.diagnostics.error(
        variable.place, "data." + variable.name,
        fmt::format("{} has {} and no distribution (first: {}): give it one under model ({}: ...), or leave "
                    "such rows out of the data",
                    variable.name, counted(empty.count, "empty cell"), first, target_text(w, variable, {})));
    w.broken.push_back(variable.name);
  }
}

}  // namespace

void read_statements(const Node& model, const Node* posterior, Workspace& workspace, std::vector<std::string>& notes) {
  check_constants(model, workspace);
  Reader(workspace, notes).run(model, posterior);
}

}  // namespace kullback::language
