// Families to be fitted: bare names, and products of them.
#include "model/evaluate.hpp"
#include "model/places.hpp"

#include <kullback/capability.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace kullback::model {

using config::Expression;
using Kind = Expression::Kind;

namespace {

// Bare family names, and calls that hold one, are to be fitted.
bool mentions_open_family(const Scope& scope, const Expression& e) {
  if (e.kind == Kind::reference)
    return e.children.empty() && !scope.find(e.text) && scope.registry().find_family(e.text);
  if (e.kind != Kind::call || is_density(e)) return false;
  if (e.children.empty()) return true;
  return std::any_of(e.children.begin(), e.children.end(), [&](const Expression& argument) {
    return argument.text.empty() && mentions_open_family(scope, argument.children[0]);
  });
}

// Whether the family takes as many coordinates as it is given: any of its parameters is a vector.
bool is_flexible(const Scope& scope, const Expression& e) {
  const Distribution* family = scope.registry().find_family(e.text);
  if (!family || (e.kind == Kind::call && !e.children.empty())) return false;
  const auto sets = family->parameterizations();
  return std::any_of(sets.front().begin(), sets.front().end(),
                     [](const Parameter& p) { return p.shape != Shape::scalar; });
}

Opening slice(const Opening& opening, Index first, Index count) {
  Opening part{count, {}};
  if (!opening.edges.empty())
    part.edges.assign(opening.edges.begin() + first,
                      opening.edges.begin() + std::min<Index>(first + count, static_cast<Index>(opening.edges.size())));
  return part;
}

Part open_family(const Scope& scope, const Expression& e, const Opening& opening);

// The factors of a product: one alone is repeated over the coordinates, as many as coordinates take one each, and
// otherwise a vector-valued one takes what the others leave.
std::vector<Part> open_factors(const Scope& scope, const Expression& e, const std::vector<const Expression*>& factors,
                               const Opening& opening) {
  std::vector<Part> parts;
  const auto n = static_cast<Index>(factors.size());
  if (n == 1 && opening.edges.empty()) {
    Part part = open_family(scope, *factors[0], slice(opening, 0, 1));
    part.count = part.layout.dimension == 1 ? opening.dimension : 1;
    parts.push_back(std::move(part));
  } else if (n == 1 || n == opening.dimension) {
    for (Index i = 0; i < opening.dimension; ++i)
      parts.push_back(open_family(scope, *factors[n == 1 ? 0 : static_cast<std::size_t>(i)], slice(opening, i, 1)));
  } else {
    std::vector<Index> sizes;
    Index left = opening.dimension, flexible = 0;
    for (const Expression* factor : factors) {
      sizes.push_back(is_flexible(scope, *factor) ? 0
                                                  : open_family(scope, *factor, slice(opening, 0, 1)).layout.dimension);
      left -= sizes.back();
      flexible += sizes.back() == 0;
    }
    if (flexible > 1)
      fail(e, "only one factor can take the coordinates that are left; give the others their dimension");
    Index first = 0;
    for (std::size_t i = 0; i < factors.size(); ++i) {
      const Index size = sizes[i] ? sizes[i] : std::max<Index>(left, 1);
      parts.push_back(open_family(scope, *factors[i], slice(opening, first, size)));
      first += size;
    }
  }
  return parts;
}

Part open_family(const Scope& scope, const Expression& e, const Opening& opening) {
  if (e.kind != Kind::reference && e.kind != Kind::call)
    fail(e, "an approximating family is expected here, such as normal or factorized(normal)");
  const Distribution* family = scope.registry().find_family(e.text);
  if (!family)
    fail(e, fmt::format("'{}' is not a family; {}", e.text, suggestion(e.text, scope.registry().families())));

  Arguments given;
  std::vector<const Expression*> factors;
  for (const Expression& argument : e.children) {
    const Expression& inner = argument.children[0];
    const bool factor = argument.text.empty() && (inner.kind == Kind::reference || inner.kind == Kind::call) &&
                        scope.registry().find_family(inner.text);
    if (factor)
      factors.push_back(&inner);
    else
      given.push_back({argument.text, evaluate_expression(scope, inner).value});
  }
  if (!factors.empty()) given.insert(given.begin(), Argument{"", open_factors(scope, e, factors, opening)});
  return placing_errors(e, [&] { return Part{family, family->open(given, opening), 1}; });
}

}  // namespace

Approximation evaluate_approximation(const Scope& scope, const Expression& e, const Known& target) {
  const Index d = target.members.layout.dimension;
  Opening opening{d, {}};
  if (const auto* cells = capability<Tabulated>(*target.members.family, target.members.layout))
    opening.edges = cells->edges(target.members.layout);

  Approximation result;
  bool open = mentions_open_family(scope, e);
  if (!open) {
    try {
      result.known = evaluate_distribution(scope, e).members;
    } catch (const ConfigError&) {
      // What is no complete distribution may still be a family with its constants: discrete_grid(low, high, cells).
      try {
        open_family(scope, e, opening);
        open = true;
      } catch (const ConfigError&) {
      }
      if (!open) throw;
    }
  }
  if (open) {
    Part part = open_family(scope, e, opening);
    result.family = part.family;
    result.layout = std::move(part.layout);
  }
  const Index got = result.known ? result.known->layout.dimension : result.layout.dimension;
  if (got != d)
    fail(e, fmt::format("the approximation has {} coordinate{}, the target has {}", got, got == 1 ? "" : "s", d));
  return result;
}

}  // namespace kullback::model
