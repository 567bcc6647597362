// p and q are images of simpler members under one injective map: divergences that depend on p/q alone do not change.
#include "divergence/ladder.hpp"

#include <kullback/capability.hpp>
#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace kullback::divergence {

namespace {

// The numbers of a map that has some ("affine") are constants of its layouts.
bool same_numbers(const Layout& a, const Layout& b) {
  const auto equal = [](const Eigen::VectorXd& x, const Eigen::VectorXd& y) { return x.size() == y.size() && x == y; };
  return std::equal(a.constants.begin(), a.constants.end(), b.constants.begin(), b.constants.end(), equal);
}

}  // namespace

Answer by_image(Question& question) {
  switch (question.divergence.functional()) {
    case Functional::relative_entropy:
    case Functional::alpha_integral:
    case Functional::f_divergence:
    case Functional::geodesic:
      break;
    default:
      return {};
  }
  const auto* p = capability<Image>(*question.p.family, question.p.layout);
  const auto* q = capability<Image>(*question.q.family, question.q.layout);
  if (!p || !q || p->map() != q->map()) return {};
  if (question.p.family == question.q.family && !same_numbers(question.p.layout, question.q.layout)) return {};
  const Members a = p->preimage(question.p.layout, question.p.theta),
                b = q->preimage(question.q.layout, question.q.theta);
  if (a.family == question.p.family && b.family == question.q.family) return {};  // would not end
  try {
    Estimate estimate = evaluate(question.registry, question.divergence, a, b, question.options);
    estimate.source += fmt::format(" (of x = {})", p->map());
    return estimate;
  } catch (const UnsupportedError& reason) {
    question.missing.push_back(reason.what());
    return {};
  }
}

}  // namespace kullback::divergence
