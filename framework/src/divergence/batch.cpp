// D over arrays of pairs: formulas over ranges of columns, one by one what they leave.
#include "divergence/ladder.hpp"
#include "parallel/parallel.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace kullback {

namespace divergence {

namespace {

constexpr Index kGrain = 256;

In columns(const In& theta, Index begin, Index count) {
  return theta.cols() == 1 ? theta.leftCols(1) : theta.middleCols(begin, count);
}

bool same_numbers(const Side& p, const Side& q, Index n) {
  return &p.family == &q.family && p.theta.col(p.theta.cols() > 1 ? n : 0) == q.theta.col(q.theta.cols() > 1 ? n : 0);
}

// A range of pairs by formulas of the functional; NaN where there is none.
void by_formulas(const Registry& registry, const Divergence& divergence, const Side& p, const Side& q, Row value,
                 Row error, std::span<Method> method) {
  value.setConstant(std::numeric_limits<double>::quiet_NaN());
  if (divergence.symmetric() && divergence.functional() == Functional::relative_entropy) return;
  const Primitive primitive(divergence.name(), divergence.functional(), divergence.order());
  const Side &a = divergence.mirrored() ? q : p, &b = divergence.mirrored() ? p : q;
  Rule used;
  used.method = Method::closed_form;
  const auto by_rule = [&] {
    try {
      return rule_columns(registry, primitive, a, b, value, error, &used);
    } catch (const UnsupportedError&) {
      value.setConstant(std::numeric_limits<double>::quiet_NaN());
      return false;
    }
  };
  if (!by_rule() && !log_partition_columns(primitive, a, b, value, error) &&
      statistics_columns(primitive, a, b, value, error))
    used.method = Method::expected_statistics;
  for (Index n = 0; n < value.size(); ++n) {
    if (std::isnan(value[n])) continue;
    const Estimate d = outer(divergence, {value[n], error[n], used.method, {}});
    value[n] = d.value, error[n] = d.error;
    if (!method.empty()) method[static_cast<std::size_t>(n)] = d.method;
  }
}

}  // namespace

}  // namespace divergence

void evaluate_batch(const Registry& registry, const Divergence& divergence, const Side& p, const Side& q, Row value,
                    Row error, std::span<Method> method, const EvaluateOptions& options) {
  using namespace divergence;
  const std::string pair = fmt::format("{}({}, {})", divergence.name(), p.family.name(), q.family.name());
  for (const Index columns : {p.theta.cols(), q.theta.cols()})
    if (columns != 1 && columns != value.size())
      throw DomainError("", fmt::format("{}: {} columns of parameters for {} pairs", pair, columns, value.size()));
  if (error.size() != value.size() || (!method.empty() && static_cast<Index>(method.size()) != value.size()))
    throw DomainError("", fmt::format("{}: {} values but {} errors", pair, value.size(), error.size()));
  Rule used;
  // A rule that does not apply to all pairs (equal scales only) is asked pair by pair.
  const auto by_whole_rule = [&] {
    try {
      return rule_columns(registry, divergence, p, q, value, error, &used);
    } catch (const UnsupportedError&) {
      return false;
    }
  };
  if (!options.skip_closed_forms && by_whole_rule()) {
    for (Index n = 0; n < value.size() && !method.empty(); ++n)
      method[static_cast<std::size_t>(n)] = std::isinf(value[n]) ? Method::infinite : used.method;
    return;
  }
  const bool same_layout = identical(p.layout, q.layout);
  parallel::for_chunks(value.size(), kGrain, [&](Index, Index begin, Index end) {
    const Index count = end - begin;
    const Side a{p.family, p.layout, columns(p.theta, begin, count)},
        b{q.family, q.layout, columns(q.theta, begin, count)};
    Row v(value.data() + begin, count), e(error.data() + begin, count);
    const auto methods =
        method.empty() ? method : method.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(count));
    if (options.skip_closed_forms)
      v.setConstant(std::numeric_limits<double>::quiet_NaN());
    else
      by_formulas(registry, divergence, a, b, v, e, methods);
    for (Index n = 0; n < count; ++n) {
      const bool zero = !options.skip_closed_forms && !is_signed(divergence) && same_layout && same_numbers(a, b, n);
      if (!methods.empty() && std::isinf(v[n])) methods[static_cast<std::size_t>(n)] = Method::infinite;
      if (!zero && !std::isnan(v[n])) continue;
      const Estimate found = zero ? Estimate{} : evaluate(registry, divergence, pick(a, n), pick(b, n), options);
      v[n] = found.value, e[n] = found.error;
      if (!methods.empty()) methods[static_cast<std::size_t>(n)] = found.method;
    }
  });
}

}  // namespace kullback
