// Products of independent parts: D adds over them.
#include "divergence/ladder.hpp"
#include "parallel/parallel.hpp"

#include <kullback/capability.hpp>
#include <kullback/numerics.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace kullback::divergence {

namespace {

// A walk over the members of a product in coordinate order.
class Cursor {
 public:
  explicit Cursor(const std::vector<Members>& parts) : parts_(parts) { skip(); }
  bool done() const { return part_ >= parts_.size(); }
  const Members& part() const { return parts_[part_]; }
  Index first() const { return member_; }
  Index left() const { return part().theta.cols() - member_; }
  void advance(Index count) {
    member_ += count;
    skip();
  }

 private:
  void skip() {
    while (!done() && left() == 0) ++part_, member_ = 0;
  }
  const std::vector<Members>& parts_;
  std::size_t part_ = 0;
  Index member_ = 0;
};

// Members [first, first + count) of both: D of each pair, summed in an order that depends on the count alone.
Estimate run(const Question& question, const Members& p, Index p_first, const Members& q, Index q_first, Index count) {
  if (count == 1)
    return evaluate(question.registry, question.divergence, one(p, p_first), one(q, q_first), question.options);
  Eigen::RowVectorXd value(count), error(count);
  Rule used;
  if (rule_columns(question.registry, question.divergence, {*p.family, p.layout, p.theta.middleCols(p_first, count)},
                   {*q.family, q.layout, q.theta.middleCols(q_first, count)}, row(value), row(error), &used)) {
    const double sum =
        parallel::sum_chunks(count, 1024, [&](Index b, Index e) { return value.segment(b, e - b).sum(); });
    const double bound =
        parallel::sum_chunks(count, 1024, [&](Index b, Index e) { return error.segment(b, e - b).sum(); });
    const Index chunks = count / 1024 + 1;
    // The sums' own rounding: at most the number of additions on one path.
    const double rounding = kEpsilon * static_cast<double>(chunks + 1024) * sum;
    if (std::isinf(sum)) return infinite(fmt::format("an independent part is infinite: {}", used.source));
    return {sum, bound + rounding, used.method, used.source};
  }
  std::vector<Estimate> each(static_cast<std::size_t>(count));
  parallel::for_chunks(count, 16, [&](Index, Index begin, Index end) {
    for (Index i = begin; i < end; ++i)
      each[static_cast<std::size_t>(i)] =
          evaluate(question.registry, question.divergence, one(p, p_first + i), one(q, q_first + i), question.options);
  });
  Estimate total = each.front();
  for (std::size_t i = 1; i < each.size(); ++i) {
    total.value += each[i].value;
    total.error += each[i].error + kEpsilon * std::abs(total.value);
    if (std::isinf(each[i].value)) return each[i];
    total.method = std::max(total.method, each[i].method);
  }
  return total;
}

// The functional of a product is the sum of its parts' functionals.
bool adds_over_products(const Divergence& divergence) {
  switch (divergence.functional()) {
    case Functional::relative_entropy:
    case Functional::cross_entropy:
    case Functional::alpha_integral:
    case Functional::score:
    case Functional::geodesic:
      return true;
    case Functional::wasserstein:
      return divergence.order() == 2;
    default:
      return false;
  }
}

}  // namespace

Answer by_parts(Question& question) {
  if (!adds_over_products(question.divergence)) return {};
  const auto* p_product = capability<Product>(*question.p.family, question.p.layout);
  const auto* q_product = capability<Product>(*question.q.family, question.q.layout);
  if (!p_product || !q_product) return {};
  const std::vector<Members> p_parts = p_product->parts(question.p.layout, question.p.theta);
  const std::vector<Members> q_parts = q_product->parts(question.q.layout, question.q.theta);
  // Do the boundaries between members agree?
  for (Cursor p(p_parts), q(q_parts); !p.done() && !q.done();) {
    if (p.part().layout.dimension != q.part().layout.dimension) {
      question.missing.push_back("the independent parts of p and q cover different coordinates");
      return {};
    }
    const Index count = std::min(p.left(), q.left());
    p.advance(count), q.advance(count);
  }
  Estimate total{0, 0, Method::closed_form, {}};
  std::map<std::string, Index> sources;
  for (Cursor p(p_parts), q(q_parts); !p.done() && !q.done();) {
    const Index count = std::min(p.left(), q.left());
    const Estimate part = run(question, p.part(), p.first(), q.part(), q.first(), count);
    if (std::isinf(part.value)) return part;
    total.value += part.value;
    total.error += part.error + kEpsilon * std::abs(total.value);
    total.method = std::max(total.method, part.method);
    sources[part.source] += count;
    p.advance(count), q.advance(count);
  }
  std::vector<std::string> lines;
  Index members = 0;
  for (const auto& [source, count] : sources) {
    lines.push_back(sources.size() > 1 ? fmt::format("{} x {}", count, source) : source);
    members += count;
  }
  total.source =
      fmt::format("sum over {} independent part{}: {}", members, members == 1 ? "" : "s", fmt::join(lines, ", "));
  return total;
}

}  // namespace kullback::divergence
