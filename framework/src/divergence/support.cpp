// Infinities that the supports alone decide.
#include "divergence/ladder.hpp"

#include <kullback/capability.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::divergence {

namespace {
constexpr double kInf = std::numeric_limits<double>::infinity();

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

// What of a sticks out of b.
std::string outside(const Support& a, const Support& b) {
  Support rest = a;
  if (a.low < b.low && !(a.low >= b.high))
    rest.high = std::min(a.high, b.low);
  else if (a.high > b.high)
    rest.low = std::max(a.low, b.high);
  return fmt::format("({}, {})", rest.low, rest.high);
}

// What unit mass of one density adds where the other is 0: +inf if that decides.
struct Alone {
  double p, q;
};
Alone mass_alone(const Divergence& divergence) {
  Eigen::RowVectorXd log_p(2), log_q(2), out(2);
  log_p << 0, -kInf;
  log_q << -kInf, 0;
  const Eigen::RowVectorXd &lp = log_p, &lq = log_q;
  divergence.integrand(row(lp), row(lq), row(out));
  return {out[0], out[1]};
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

Members pick(const Side& members, Index n) {
  return {&members.family, members.layout, members.theta.col(members.theta.cols() > 1 ? n : 0)};
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
  const Functional kind = question.divergence.functional();
  if (kind != Functional::relative_entropy && kind != Functional::alpha_integral && kind != Functional::f_divergence &&
      kind != Functional::cross_entropy)
    return {};
  const auto p = supports(question.p), q = supports(question.q);
  const Index d = question.p.layout.dimension;
  const Alone alone = mass_alone(question.divergence);
  bool disjoint = false;
  const auto p_carriers = carriers(question.p), q_carriers = carriers(question.q);
  for (std::size_t i = 0; i < p_carriers.size() && i < q_carriers.size(); ++i) {
    if (p_carriers[i] == q_carriers[i]) continue;
    if (alone.p == kInf || alone.q == kInf)
      return infinite(
          fmt::format("p and q are singular: only {} has its mass on {}{}", p_carriers[i].empty() ? "q" : "p",
                      p_carriers[i].empty() ? q_carriers[i] : p_carriers[i], in_coordinate(static_cast<Index>(i), d)));
    disjoint = true;
  }
  for (std::size_t i = 0; i < p.size() && i < q.size(); ++i) {
    const Support &a = p[i], &b = q[i];
    const std::string where = in_coordinate(static_cast<Index>(i), d);
    if (a.integer != b.integer) {
      if (alone.p == kInf || alone.q == kInf)
        return infinite(
            fmt::format("{} is discrete and {} continuous{}", a.integer ? "p" : "q", a.integer ? "q" : "p", where));
      disjoint = true;
      continue;
    }
    if (const bool point = a.low == a.high; !a.integer && point != (b.low == b.high)) {
      if (alone.p == kInf || alone.q == kInf)
        return infinite(fmt::format("p and q are singular: only {} has all its mass at {}{}", point ? "p" : "q",
                                    point ? a.low : b.low, where));
      disjoint = true;
      continue;
    }
    if (alone.p == kInf && !(a.low >= b.low && a.high <= b.high))
      return infinite(fmt::format("p has mass on {}, where q has none{}", outside(a, b), where));
    if (alone.q == kInf && !(b.low >= a.low && b.high <= a.high))
      return infinite(fmt::format("q has mass on {}, where p has none{}", outside(b, a), where));
    const bool same_point = a.low == a.high && b.low == b.high && a.low == b.low;  // a correlation matrix's diagonal
    const bool touch = !a.integer && !same_point && (a.high == b.low || b.high == a.low);
    disjoint = disjoint || a.high < b.low || b.high < a.low || touch;
  }
  if (!disjoint) return {};
  const double value = alone.p + alone.q;
  const bool alpha = kind == Functional::alpha_integral;  // c = 0
  return Estimate{alpha ? kInf : value, alpha ? 0 : 2 * kEpsilon * value, Method::closed_form,
                  "p and q have disjoint supports"};
}

}  // namespace kullback::divergence
