#include "core/parameters.hpp"

#include <kullback/capability.hpp>
#include <kullback/distribution.hpp>
#include <kullback/error.hpp>
#include <kullback/registry.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kullback {

Distribution::~Distribution() = default;

const Eigen::MatrixXd& Points::kNone() {
  static const Eigen::MatrixXd none(1, 0);
  return none;
}

bool identical(const Layout& a, const Layout& b) {
  if (a.dimension != b.dimension || a.form != b.form || a.constants.size() != b.constants.size() ||
      a.parts.size() != b.parts.size() || !a.pattern != !b.pattern)
    return false;
  for (std::size_t i = 0; i < a.constants.size(); ++i)
    if (a.constants[i].size() != b.constants[i].size() || a.constants[i] != b.constants[i]) return false;
  for (std::size_t i = 0; i < a.parts.size(); ++i)
    if (a.parts[i].family != b.parts[i].family || a.parts[i].count != b.parts[i].count ||
        !identical(a.parts[i].layout, b.parts[i].layout))
      return false;
  if (a.pattern && a.pattern != b.pattern) {
    const SparseMatrix& s = *a.pattern;
    const SparseMatrix& t = *b.pattern;
    if (s.rows() != t.rows() || s.nonZeros() != t.nonZeros() ||
        !std::equal(s.outerIndexPtr(), s.outerIndexPtr() + s.outerSize() + 1, t.outerIndexPtr()) ||
        !std::equal(s.innerIndexPtr(), s.innerIndexPtr() + s.nonZeros(), t.innerIndexPtr()))
      return false;
  }
  return true;
}

bool identical(const Members& a, const Members& b) {
  return a.family == b.family && a.theta.rows() == b.theta.rows() && a.theta.cols() == b.theta.cols() &&
         identical(a.layout, b.layout) && a.theta == b.theta;
}

Text Distribution::formula() const { return {}; }

void Distribution::to_stored(int, const Layout&, In given, Out theta) const { theta = given; }

bool Distribution::provides(const Layout&, int) const { return true; }

Index Distribution::parameter_count(const Layout& layout) const {
  Index rows = 0;
  const Index d = layout.dimension;
  const auto sets = parameterizations();
  for (const Parameter& p : sets[static_cast<std::size_t>(layout.form)])
    rows += p.shape == Shape::scalar ? 1 : p.shape == Shape::vector ? d : d * d;
  return rows;
}

namespace {

std::string join(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

// "a, b or c"
std::string any_of(const std::vector<std::string>& words) {
  if (words.size() < 2) return join(words);
  return fmt::format("{} or {}", fmt::join(words.begin(), words.end() - 1, ", "), words.back());
}

std::string accepted(const Distribution& family) {
  std::vector<std::string> sets;
  for (const auto& set : family.parameterizations()) {
    std::vector<std::string> names;
    for (const Parameter& p : set) names.push_back(p.name);
    sets.push_back("(" + join(names) + ")");
  }
  return fmt::format("{} takes {}", family.name(), fmt::join(sets, " or "));
}

}  // namespace

Parameterization find_parameterization(const Distribution& family, const std::vector<ArgumentName>& arguments) {
  const auto sets = family.parameterizations();
  std::vector<std::string> known;
  for (const auto& set : sets)
    for (const Parameter& p : set)
      if (std::find(known.begin(), known.end(), p.name) == known.end()) known.push_back(p.name);

  std::vector<std::string> given;
  for (const ArgumentName& a : arguments) {
    std::string name = a.name;
    if (name.empty()) {
      if (&a != &arguments.front()) {
        std::vector<std::string> rest(known.begin() + 1, known.end());
        if (a.number)
          for (std::string& each : rest) each += fmt::format(" = {}", *a.number);
        throw DomainError("", fmt::format("only the first parameter of {} may be given without its name; name it: {}",
                                          family.name(), any_of(rest)));
      }
      name = known.front();
    } else if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw DomainError(a.name,
                        fmt::format("{} has no parameter '{}'; {}", family.name(), name, suggestion(name, known)));
    }
    if (std::find(given.begin(), given.end(), name) != given.end())
      throw DomainError(a.name, fmt::format("'{}' is given twice", name));
    given.push_back(name);
  }
  for (std::size_t s = 0; s < sets.size(); ++s) {
    if (sets[s].size() != given.size()) continue;
    Parameterization found{static_cast<int>(s), {}};
    for (const Parameter& p : sets[s])
      for (std::size_t i = 0; i < given.size(); ++i)
        if (given[i] == p.name) found.order.push_back(i);
    if (found.order.size() == sets[s].size()) return found;
  }
  throw DomainError("", fmt::format("{}; got {}", accepted(family), given.empty() ? "none" : join(given)));
}

void check_domain(const Parameter& p, double v) {
  const auto fail = [&](Text need) {
    throw DomainError(p.name, fmt::format("{} must be {}, got {}", p.name, need, v));
  };
  if (!std::isfinite(v)) fail("finite");
  switch (p.domain) {
    case Domain::positive:
      if (!(v > 0)) fail("positive");
      break;
    case Domain::non_negative:
      if (!(v >= 0)) fail("non-negative");
      break;
    case Domain::unit_interval:
    case Domain::simplex:
      if (!(v >= 0 && v <= 1)) fail("in [0, 1]");
      break;
    case Domain::count:
      if (!(v >= 0 && v == std::floor(v))) fail("a whole number, 0 or more");
      break;
    case Domain::boolean:
      if (v != 0 && v != 1) fail("0 or 1");
      break;
    case Domain::real:
    case Domain::positive_definite:
      break;
  }
}

Members Distribution::make(const Arguments& arguments) const {
  std::vector<ArgumentName> names;
  for (const Argument& a : arguments) {
    const auto* number = std::get_if<double>(&a.value);
    names.push_back({a.name, number ? std::optional(*number) : std::nullopt});
  }
  const auto [given_as, order] = find_parameterization(*this, names);
  std::vector<const Argument*> ordered;
  for (std::size_t i : order) ordered.push_back(&arguments[i]);
  const auto parameters = parameterizations()[static_cast<std::size_t>(given_as)];

  Members members{this, {}, {}};
  Index dimension = 0;  // not known yet
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (parameters[i].shape != Shape::scalar)
      if (const auto* v = std::get_if<Eigen::VectorXd>(&ordered[i]->value)) {
        if (dimension && v->size() != dimension)
          throw DomainError(parameters[i].name, fmt::format("{} has {} numbers, but {} were given before",
                                                            parameters[i].name, v->size(), dimension));
        dimension = v->size();
      }
  members.layout.dimension = dimension ? dimension : 1;

  std::vector<double> column;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Parameter& p = parameters[i];
    const Index rows = p.shape == Shape::scalar ? 1 : members.layout.dimension;
    if (const auto* number = std::get_if<double>(&ordered[i]->value)) {
      check_domain(p, *number);
      column.insert(column.end(), static_cast<std::size_t>(rows), *number);
    } else if (const auto* vector = std::get_if<Eigen::VectorXd>(&ordered[i]->value);
               vector && p.shape == Shape::vector) {
      for (double v : *vector) check_domain(p, v);
      if (p.domain == Domain::simplex && std::abs(vector->sum() - 1) > 1e-9)
        throw DomainError(p.name, fmt::format("{} must sum to 1, got a sum of {}", p.name, vector->sum()));
      column.insert(column.end(), vector->begin(), vector->end());
    } else {
      throw DomainError(p.name, fmt::format("{} must be a {}", p.name, to_text(p.shape)));
    }
  }
  const Eigen::Map<const Eigen::MatrixXd> given(column.data(), static_cast<Index>(column.size()), 1);
  members.theta.resize(parameter_count(members.layout), 1);
  to_stored(given_as, members.layout, given, members.theta);
  return members;
}

Layout Distribution::open(const Arguments& arguments, const Opening& opening) const {
  if (!arguments.empty())
    throw DomainError(arguments.front().name,
                      fmt::format("{} is to be fitted, so its parameters cannot be given here", name()));
  Layout layout;
  const auto sets = parameterizations();
  for (const Parameter& p : sets.front())
    if (p.shape != Shape::scalar) layout.dimension = std::max<Index>(1, opening.dimension);
  return layout;
}

}  // namespace kullback
