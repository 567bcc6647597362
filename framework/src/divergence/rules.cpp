// Closed forms: for one pair, and over arrays of pairs in parallel.
#include "divergence/ladder.hpp"
#include "parallel/parallel.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kullback {

namespace divergence {

void run_rule(const Rule& rule, const std::string& pair, const Side& p, const Side& q, Row value, Row error) {
  // The cost of a pair is about that of reading its parameters.
  const Index cost = std::max<Index>(1, (p.theta.rows() + q.theta.rows()) / 4);
  const Index grain = std::max<Index>(16, 8192 / cost);
  parallel::for_chunks(value.size(), grain, [&](Index, Index begin, Index end) {
    const Index n = end - begin;
    const auto columns = [&](const In& theta) -> In {
      return theta.cols() == 1 ? theta.leftCols(1) : theta.middleCols(begin, n);
    };
    Row v(value.data() + begin, n), e(error.data() + begin, n);
    rule.evaluate({p.family, p.layout, columns(p.theta)}, {q.family, q.layout, columns(q.theta)}, v, e);
    for (Index i = 0; i < n; ++i)
      if (std::isnan(v(i)) || std::isnan(e(i)))
        throw NumericalError(
            fmt::format("{} came out as not a number for pair {} ({})", pair, begin + i + 1, rule.source));
  });
}

Answer by_rule(Question& question) {
  const Rule* rule =
      question.registry.find_rule(question.divergence.name(), question.p.family->name(), question.q.family->name());
  if (!rule) {
    question.missing.push_back(fmt::format("there is no closed form {}", pair_name(question)));
    return {};
  }
  Eigen::RowVectorXd value(1), error(1);
  try {
    run_rule(*rule, pair_name(question), side(question.p), side(question.q), row(value), row(error));
  } catch (const UnsupportedError& reason) {
    question.missing.push_back(
        fmt::format("the closed form {} does not apply: {}", pair_name(question), reason.what()));
    return {};
  }
  if (std::isinf(value(0)) && value(0) > 0)
    return infinite(fmt::format("{} diverges for these parameters {}", pair_name(question), rule->source));
  return Estimate{value(0), error(0), rule->method, rule->source};
}

}  // namespace divergence

void evaluate_batch(const Registry& registry, const Divergence& divergence, const Side& p, const Side& q, Row value,
                    Row error) {
  const std::string pair = fmt::format("{}({}, {})", divergence.name(), p.family.name(), q.family.name());
  const Rule* rule = registry.find_rule(divergence.name(), p.family.name(), q.family.name());
  if (!rule) throw UnsupportedError(fmt::format("there is no closed form {}: evaluate its pairs one by one", pair));
  for (const Index columns : {p.theta.cols(), q.theta.cols()})
    if (columns != 1 && columns != value.size())
      throw DomainError("", fmt::format("{}: {} columns of parameters for {} pairs", pair, columns, value.size()));
  if (error.size() != value.size())
    throw DomainError("", fmt::format("{}: {} values but {} errors", pair, value.size(), error.size()));
  divergence::run_rule(*rule, pair, p, q, value, error);
}

}  // namespace kullback
