#include "experiment/linear_form.hpp"

#include "language/terms.hpp"

#include <kullback/capability.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace kullback::experiment {

using language::Array;
using language::Dimensions;
using model::Term;

namespace {

constexpr Index kMostForms = 4'000'000;

bool all_constant(const LinearForms& forms) {
  return std::all_of(forms.cells.begin(), forms.cells.end(), [](const LinearForm& f) { return f.parts.empty(); });
}

void add_scaled(LinearForm& to, const LinearForm& from, double factor) {
  to.constant += factor * from.constant;
  for (LinearForm::Part part : from.parts) {
    part.coefficient *= factor;
    to.parts.push_back(part);
  }
}

// Normal, whatever it is called: statistics x and its square on the whole line.
bool is_normal_family(const Members& members) {
  const auto* exponential = capability<ExponentialFamily>(*members.family, members.layout);
  if (!exponential) return false;
  const auto statistics = exponential->statistics(members.layout);
  if (statistics.size() != 2 || statistics[0].label != "x") return false;
  if (statistics[1].label != "x2" && statistics[1].label != "x*x'") return false;
  const Support support = members.family->support(members.layout, members.theta, 0, 0);
  return !support.integer && std::isinf(support.low) && std::isinf(support.high);
}

}  // namespace

LinearReader::LinearReader(const model::Model& model, const std::vector<Factors>& factors,
                           const language::Values& values)
    : model_(model), values_(values), factors_(model.variables.size()), member_(model.variables.size()) {
  for (const Factors& f : factors) {
    const auto v = static_cast<std::size_t>(f.variable);
    factors_[v] = &f;
    member_[v].assign(static_cast<std::size_t>(language::cells(model.plates, model.variables[v].plates)), -1);
    for (Index k = 0; k < f.members.theta.cols(); ++k) {
      const Index cell = f.cells.empty() ? k : f.cells[static_cast<std::size_t>(k)];
      // A scalar family over a dimension has one member an element.
      if (cell < static_cast<Index>(member_[v].size())) member_[v][static_cast<std::size_t>(cell)] = k;
    }
    if (f.members.theta.cols() > static_cast<Index>(member_[v].size())) factors_[v] = nullptr;
  }
}

std::optional<LinearReader::Place> LinearReader::place(int variable, Index number) const {
  const auto v = static_cast<std::size_t>(variable);
  const Factors* f = factors_[v];
  if (!f || (f->leader >= 0 && !is_normal_family(f->members))) return std::nullopt;  // not independent of the others
  const Index rows = f->leader < 0 ? f->members.layout.dimension : f->count, cell = number / rows;
  if (cell >= static_cast<Index>(member_[v].size()) || member_[v][static_cast<std::size_t>(cell)] < 0)
    return std::nullopt;
  return Place{f, member_[v][static_cast<std::size_t>(cell)], (f->leader < 0 ? 0 : f->first) + number % rows};
}

std::vector<Index> LinearReader::positions(const Dimensions& from, const Dimensions& to) const {
  Array index{from, Eigen::VectorXd(language::cells(model_.plates, from))};
  std::iota(index.values.begin(), index.values.end(), 0.0);
  const Array read = language::spread(model_.plates, index, to);
  std::vector<Index> result;
  for (double i : read.values) result.push_back(static_cast<Index>(i));
  return result;
}

std::optional<LinearForms> LinearReader::read(const Term& term, const Dimensions& to) {
  std::optional<LinearForms> forms = read(term);
  if (!forms || forms->dimensions == to) return forms;
  LinearForms result{to, {}};
  for (Index i : positions(forms->dimensions, to)) result.cells.push_back(forms->cells[static_cast<std::size_t>(i)]);
  return result;
}

std::optional<LinearForms> LinearReader::read(const Term& term) {
  if (language::cells(model_.plates, term.dimensions) > kMostForms) return std::nullopt;
  switch (term.kind) {
    case Term::Kind::constant: {
      LinearForms forms{term.array.dimensions, {}};
      for (double x : term.array.values) forms.cells.push_back({x, {}});
      return forms;
    }
    case Term::Kind::variable:
      return read_variable(term);
    case Term::Kind::negate: {
      std::optional<LinearForms> forms = read(term.children[0]);
      for (std::size_t i = 0; forms && i < forms->cells.size(); ++i) {
        LinearForm negative;
        add_scaled(negative, forms->cells[i], -1);
        forms->cells[i] = std::move(negative);
      }
      return forms;
    }
    case Term::Kind::sum: {
      std::optional<LinearForms> forms = read(term.children[0]);
      return forms ? sum(std::move(*forms), term.reduced) : std::nullopt;
    }
    case Term::Kind::function: {
      std::optional<LinearForms> forms = read(term.children[0]);
      if (!forms || !all_constant(*forms) || !language::is_function(term.name)) return std::nullopt;
      for (LinearForm& form : forms->cells) form.constant = language::function_value(term.name)(form.constant);
      return forms;
    }
    case Term::Kind::list:
      return std::nullopt;
    default:
      return combine(term);
  }
}

std::optional<LinearForms> LinearReader::combine(const Term& term) {
  const std::optional<LinearForms> a = read(term.children[0]), b = a ? read(term.children[1]) : std::nullopt;
  if (!b) return std::nullopt;
  LinearForms result{language::united(a->dimensions, b->dimensions), {}};
  if (language::cells(model_.plates, result.dimensions) > kMostForms) return std::nullopt;
  const std::vector<Index> left = positions(a->dimensions, result.dimensions),
                           right = positions(b->dimensions, result.dimensions);
  for (std::size_t i = 0; i < left.size(); ++i) {
    const LinearForm& x = a->cells[static_cast<std::size_t>(left[i])];
    const LinearForm& y = b->cells[static_cast<std::size_t>(right[i])];
    LinearForm form;
    if (term.kind == Term::Kind::add || term.kind == Term::Kind::subtract) {
      form = x;
      add_scaled(form, y, term.kind == Term::Kind::add ? 1 : -1);
    } else if (term.kind == Term::Kind::multiply || term.kind == Term::Kind::dot) {
      if (!x.parts.empty() && !y.parts.empty()) return std::nullopt;
      x.parts.empty() ? add_scaled(form, y, x.constant) : add_scaled(form, x, y.constant);
    } else if (!y.parts.empty()) {
      return std::nullopt;
    } else if (term.kind == Term::Kind::divide) {
      add_scaled(form, x, 1 / y.constant);
    } else if (x.parts.empty()) {
      form.constant = language::operator_value(language::operator_text(term), x.constant, y.constant);
    } else {
      return std::nullopt;
    }
    result.cells.push_back(std::move(form));
  }
  return term.kind == Term::Kind::dot ? sum(std::move(result), term.reduced) : std::optional(std::move(result));
}

std::optional<LinearForms> LinearReader::sum(LinearForms forms, int plate) const {
  LinearForms result{language::without(forms.dimensions, {plate}), {}};
  result.cells.resize(static_cast<std::size_t>(language::cells(model_.plates, result.dimensions)));
  const std::vector<Index> into = positions(result.dimensions, forms.dimensions);
  for (std::size_t i = 0; i < into.size(); ++i)
    add_scaled(result.cells[static_cast<std::size_t>(into[i])], forms.cells[i], 1);
  return result;
}

std::optional<LinearForms> LinearReader::read_variable(const Term& term) {
  const auto v = static_cast<std::size_t>(term.variable);
  const model::Variable& x = model_.variables[v];
  const bool deterministic = x.role == model::Variable::Role::deterministic;
  if (x.matrix) return std::nullopt;
  std::optional<LinearForms> all;
  if (deterministic && !(all = whole(term.variable))) return std::nullopt;
  // The numbers that the selectors pick.
  language::Values numbered = values_;
  Array& index = numbered[v];
  index.dimensions = x.dimensions();
  index.values.resize(language::cells(model_.plates, index.dimensions));
  std::iota(index.values.begin(), index.values.end(), 0.0);
  const Array picked = language::evaluate_term(model_, term, numbered);
  if (picked.values.hasNaN()) return std::nullopt;
  LinearForms forms{picked.dimensions, {}};
  for (double i : picked.values) {
    const auto number = static_cast<Index>(i);
    const double known = deterministic || values_[v].values.size() == 0 ? std::nan("") : values_[v].values[number];
    if (deterministic) {
      forms.cells.push_back(all->cells[static_cast<std::size_t>(number)]);
    } else if (!std::isnan(known)) {
      forms.cells.push_back({known, {}});
    } else if (place(term.variable, number)) {
      forms.cells.push_back({0, {{term.variable, number, 1.0}}});
    } else {
      return std::nullopt;
    }
  }
  return forms;
}

std::optional<LinearForms> LinearReader::whole(int v) {
  const auto found = whole_.find(v);
  if (found != whole_.end()) return found->second;
  const model::Variable& variable = model_.variables[static_cast<std::size_t>(v)];
  LinearForms all{variable.plates,
                  std::vector<LinearForm>(static_cast<std::size_t>(language::cells(model_.plates, variable.plates)))};
  for (int s : variable.statements) {
    const model::Statement& statement = model_.statements[static_cast<std::size_t>(s)];
    std::optional<LinearForms> part = read(statement.value, variable.plates);
    if (!part) return whole_[v] = std::nullopt;
    for (std::size_t i = 0; i < all.cells.size(); ++i)
      if (statement.serves.empty() || statement.serves[i]) all.cells[i] = std::move(part->cells[i]);
  }
  return whole_[v] = std::move(all);
}

const LinearReader::Moments* LinearReader::moments(int v) {
  auto found = moments_.find(v);
  if (found == moments_.end()) {
    found = moments_.emplace(v, std::nullopt).first;
    const Members& members = factors_[static_cast<std::size_t>(v)]->members;
    const auto* known = capability<kullback::Moments>(*members.family, members.layout);
    const Index d = members.layout.dimension, n = members.theta.cols();
    Moments m{Eigen::MatrixXd(d, n), Eigen::MatrixXd(d * d, n)};
    if (known && known->expect(members.layout, members.theta, "x", m.mean)) {
      if (!known->expect(members.layout, members.theta, d == 1 ? "x2" : "x*x'", m.product)) m.product.resize(0, 0);
      found->second = std::move(m);
    }
  }
  return found->second ? &*found->second : nullptr;
}

std::optional<double> LinearReader::mean(const LinearForm& form) {
  double sum = form.constant;
  for (const LinearForm::Part& part : form.parts) {
    const std::optional<Place> at = place(part.variable, part.number);
    const Moments* m = at ? moments(part.variable) : nullptr;
    if (!m) return std::nullopt;
    sum += part.coefficient * m->mean(at->row, at->member);
  }
  return sum;
}

int LinearReader::factor_of(const Place& place) {
  return place.factors->leader < 0 ? place.factors->variable : place.factors->leader;
}

std::optional<double> LinearReader::variance(const LinearForm& form) {
  double sum = 0;
  for (const LinearForm::Part& a : form.parts) {
    const std::optional<Place> p = place(a.variable, a.number);
    const Moments* m = p ? moments(a.variable) : nullptr;
    if (!m || m->product.size() == 0) return std::nullopt;
    for (const LinearForm::Part& b : form.parts) {
      const std::optional<Place> q = place(b.variable, b.number);
      if (!q || factor_of(*q) != factor_of(*p) || q->member != p->member) continue;
      const double product = m->product(p->row + q->row * m->mean.rows(), p->member);
      sum += a.coefficient * b.coefficient * (product - m->mean(p->row, p->member) * m->mean(q->row, q->member));
    }
  }
  return std::max(sum, 0.0);
}

bool LinearReader::is_normal(const LinearForm& form) const {
  return std::all_of(form.parts.begin(), form.parts.end(), [&](const LinearForm::Part& part) {
    const std::optional<Place> at = place(part.variable, part.number);
    return at && is_normal_family(at->factors->members);
  });
}

}  // namespace kullback::experiment
