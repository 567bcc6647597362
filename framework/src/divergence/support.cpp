// Infinities that the supports alone decide.
#include "divergence/ladder.hpp"

#include <kullback/capability.hpp>

#include <fmt/format.h>

#include <cmath>

namespace kullback::divergence {

namespace {
void append(const Members& members, Index member, std::vector<Support>& out) {
  if (const auto* product = capability<Product>(*members.family, members.layout)) {
    for (const Members& part : product->parts(members.layout, members.theta.col(member)))
      for (Index k = 0; k < part.theta.cols(); ++k) append(part, k, out);
    return;
  }
  for (Index i = 0; i < members.layout.dimension; ++i)
    out.push_back(members.family->support(members.layout, members.theta, member, i));
}

std::string in_coordinate(Index i, Index dimension) {
  return dimension > 1 ? fmt::format(" (coordinate {})", i + 1) : std::string();
}
}  // namespace

std::vector<Support> supports(const Members& members) {
  std::vector<Support> out;
  out.reserve(static_cast<std::size_t>(members.layout.dimension));
  append(members, 0, out);
  return out;
}

Members one(const Members& members, Index member) {
  return {members.family, members.layout, members.theta.col(members.theta.cols() > 1 ? member : 0)};
}

std::string to_text(const Support& support) {
  return fmt::format("{}{}, {}{}", std::isfinite(support.low) ? '[' : '(', support.low, support.high,
                     std::isfinite(support.high) ? ']' : ')');
}

namespace {
void append_carriers(const Members& members, std::vector<Text>& out) {
  if (const auto* product = capability<Product>(*members.family, members.layout)) {
    for (const Members& part : product->parts(members.layout, members.theta))
      for (Index k = 0; k < part.theta.cols(); ++k) append_carriers(one(part, k), out);
    return;
  }
  out.insert(out.end(), static_cast<std::size_t>(members.layout.dimension), members.family->carrier(members.layout));
}
}  // namespace

std::vector<Text> carriers(const Members& members) {
  std::vector<Text> out;
  out.reserve(static_cast<std::size_t>(members.layout.dimension));
  append_carriers(members, out);
  return out;
}

Answer by_support(Question& question) {
  if (!question.divergence.needs_absolute_continuity()) return {};
  const auto p_carriers = carriers(question.p), q_carriers = carriers(question.q);
  for (std::size_t i = 0; i < p_carriers.size() && i < q_carriers.size(); ++i)
    if (p_carriers[i] != q_carriers[i])
      return infinite(fmt::format("p and q are singular: only {} has its mass on {}{}", p_carriers[i].empty() ? "q" : "p",
                                  p_carriers[i].empty() ? q_carriers[i] : p_carriers[i],
                                  in_coordinate(static_cast<Index>(i), question.p.layout.dimension)));
  const auto p = supports(question.p), q = supports(question.q);
  const Index d = question.p.layout.dimension;
  for (std::size_t i = 0; i < p.size() && i < q.size(); ++i) {
    const Support &a = p[i], &b = q[i];
    const std::string where = in_coordinate(static_cast<Index>(i), d);
    if (a.integer != b.integer)
      return infinite(
          fmt::format("{} is discrete and {} continuous{}", a.integer ? "p" : "q", a.integer ? "q" : "p", where));
    if (a.low >= b.low && a.high <= b.high) continue;
    // What of p's support sticks out of q's.
    Support rest = a;
    if (a.low < b.low && !(a.low >= b.high))
      rest.high = std::min(a.high, b.low);
    else if (a.high > b.high)
      rest.low = std::max(a.low, b.high);
    return infinite(fmt::format("p has mass on ({}, {}), where q has none{}", rest.low, rest.high, where));
  }
  return {};
}

}  // namespace kullback::divergence
