#include "core/parameters.hpp"

#include <kullback/capability.hpp>
#include <kullback/distribution.hpp>
#include <kullback/error.hpp>
#include <kullback/matrices.hpp>
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

int Distribution::stored_form(int) const { return 0; }

bool Distribution::provides(const Layout&, int) const { return true; }

Text Distribution::carrier(const Layout&) const { return {}; }

Layout Distribution::layout_of(Index size) const {
  Layout layout;
  layout.dimension = size;
  return layout;
}

Index Distribution::parameter_rows(const Parameter& parameter, const Layout& layout) const {
  const Index d = layout.dimension;
  return parameter.shape == Shape::scalar ? 1 : parameter.shape == Shape::vector ? d : d * d;
}

Index Distribution::parameter_count(const Layout& layout) const {
  Index rows = 0;
  const auto sets = parameterizations();
  for (const Parameter& p : sets[static_cast<std::size_t>(layout.form)]) rows += parameter_rows(p, layout);
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

// The names of all parameters, those of the first parameterization first.
std::vector<std::string> parameter_names(const Distribution& family) {
  std::vector<std::string> known;
  for (const auto& set : family.parameterizations())
    for (const Parameter& p : set)
      if (std::find(known.begin(), known.end(), p.name) == known.end()) known.push_back(p.name);
  return known;
}

}  // namespace

void check_parameter_name(const Distribution& family, const std::string& name) {
  const std::vector<std::string> known = parameter_names(family);
  if (std::find(known.begin(), known.end(), name) == known.end())
    throw DomainError(name, fmt::format("{} has no parameter '{}'; {}", family.name(), name, suggestion(name, known)));
}

Parameterization find_parameterization(const Distribution& family, const std::vector<ArgumentName>& arguments) {
  const auto sets = family.parameterizations();
  const std::vector<std::string> known = parameter_names(family);
  std::vector<std::string> given;
  const bool unnamed = !arguments.empty() && arguments.front().name.empty();
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
    } else {
      check_parameter_name(family, name);
    }
    if (std::find(given.begin(), given.end(), name) != given.end())
      throw DomainError(a.name, fmt::format("'{}' is given twice{}", name,
                                            unnamed && name == known.front()
                                                ? ": an argument without a name is the first parameter, name that one"
                                                : ""));
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

namespace {

// How many numbers a vector has, or rows a matrix; 0 for a number, which fits any size.
Index size_of(const Parameter& p, const Value& value) {
  if (p.shape == Shape::scalar) return 0;
  if (const auto* vector = std::get_if<Eigen::VectorXd>(&value)) {
    if (vector->size() == 0) throw DomainError(p.name, fmt::format("{} is an empty list", p.name));
    return vector->size();
  }
  const auto* matrix = std::get_if<Eigen::MatrixXd>(&value);
  if (!matrix || p.shape == Shape::vector) return 0;
  if (matrix->rows() != matrix->cols()) throw_not_square(p.name, matrix->rows(), matrix->cols());
  return matrix->rows();
}

// Appends the numbers of one parameter, spread over its shape and checked.
void append(const Parameter& p, const Value& value, Index size, std::vector<double>& column) {
  const auto* number = std::get_if<double>(&value);
  const auto* vector = std::get_if<Eigen::VectorXd>(&value);
  const auto* full = std::get_if<Eigen::MatrixXd>(&value);
  if (p.shape == Shape::matrix && (number || vector || full)) {
    Eigen::MatrixXd matrix;
    if (full)
      matrix = *full;
    else
      matrix = vector ? Eigen::MatrixXd(vector->asDiagonal())
                      : Eigen::MatrixXd(*number * Eigen::MatrixXd::Identity(size, size));
    if (p.domain == Domain::positive_definite) {
      make_symmetric(p.name, matrix);
      cholesky(p.name, matrix);
    } else {
      for (const double v : matrix.reshaped()) check_domain(p, v);
    }
    column.insert(column.end(), matrix.data(), matrix.data() + matrix.size());
  } else if (number) {
    check_domain(p, *number);
    column.insert(column.end(), static_cast<std::size_t>(p.shape == Shape::scalar ? 1 : size), *number);
  } else if (vector && p.shape == Shape::vector) {
    for (const double v : *vector) check_domain(p, v);
    if (p.domain == Domain::simplex && std::abs(vector->sum() - 1) > 1e-9)
      throw DomainError(p.name, fmt::format("{} must sum to 1, got a sum of {}", p.name, vector->sum()));
    column.insert(column.end(), vector->begin(), vector->end());
  } else {
    throw DomainError(p.name, fmt::format("{} must be a {}", p.name, to_text(p.shape)));
  }
}

}  // namespace

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

  Index size = 0;  // not known yet
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Index own = size_of(parameters[i], ordered[i]->value);
    if (size && own && own != size)
      throw DomainError(parameters[i].name,
                        fmt::format("{} has {} numbers, but {} were given before", parameters[i].name, own, size));
    if (own) size = own;
  }
  if (size == 0) size = 1;
  Members members{this, layout_of(size), {}};
  members.layout.form = stored_form(given_as);
  std::vector<double> column;
  for (std::size_t i = 0; i < parameters.size(); ++i) append(parameters[i], ordered[i]->value, size, column);
  const Eigen::Map<const Eigen::MatrixXd> given(column.data(), static_cast<Index>(column.size()), 1);
  members.theta.resize(parameter_count(members.layout), 1);
  to_stored(given_as, members.layout, given, members.theta);
  return members;
}

Layout Distribution::open(const Arguments& arguments, const Opening& opening) const {
  if (!arguments.empty())
    throw DomainError(arguments.front().name,
                      fmt::format("{} is to be fitted, so its parameters cannot be given here", name()));
  const auto sets = parameterizations();
  for (const Parameter& p : sets.front())
    if (p.shape != Shape::scalar) return layout_of(std::max<Index>(1, opening.dimension));
  return layout_of(1);
}

}  // namespace kullback
