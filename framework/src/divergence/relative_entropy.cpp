// KL(p || q) = -H(p) - E_p[log q] without integration: log q is a quadratic form, or a sum over independent parts.
#include "divergence/expectations.hpp"
#include "divergence/ladder.hpp"
#include "parallel/parallel.hpp"

#include <kullback/error.hpp>
#include <kullback/numerics.hpp>

#include <fmt/format.h>

#include <cmath>

namespace kullback::divergence {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

// A sum of terms that cancel: its error is the rounding of the terms, each of which is a few operations.
class Terms {
 public:
  void add(double term) { add(term, std::abs(term)); }
  void add(double sum, double magnitude) {
    sum_ += sum;
    magnitude_ += magnitude;
  }
  Estimate estimate(std::string source) const {
    return {sum_, 16 * kEpsilon * magnitude_, Method::expected_statistics, std::move(source)};
  }

 private:
  double sum_ = 0, magnitude_ = 0;
};

Answer lacks_entropy(Question& question) {
  question.missing.push_back(fmt::format("the entropy of {} is not known", question.p.family->name()));
  return {};
}

// Second moments of the coordinates that are not independent of one another.
struct Blocks {
  Eigen::VectorXd mean, square;
  std::vector<Index> first;             ///< for each coordinate: the first one of its member
  std::vector<Eigen::MatrixXd> second;  ///< of members with several coordinates, in order
  std::vector<Index> second_of;         ///< for each coordinate: which of `second`; -1: a member of its own
};

bool append(const Members& members, const SparseMatrix& precision, Index& at, Blocks& out);

bool append_one(const Members& member, const SparseMatrix& precision, Index& at, Blocks& out) {
  if (const auto* product = capability<Product>(*member.family, member.layout)) {
    for (const Members& part : product->parts(member.layout, member.theta))
      if (!append(part, precision, at, out)) return false;
    return true;
  }
  const Index d = member.layout.dimension;
  bool coupled = false;  // does q look at a product of two of its coordinates?
  for (Index i = at; i < at + d && !coupled; ++i)
    for (SparseMatrix::InnerIterator entry(precision, i); entry && !coupled; ++entry)
      coupled = entry.value() != 0 && entry.col() != i && entry.col() >= at && entry.col() < at + d;
  const auto mean = expectation(member, "x", d);
  if (!mean) return false;
  out.mean.segment(at, d) = *mean;
  Index slot = -1;
  const auto square = coupled ? std::nullopt : expectation(member, "x2", d);
  if (square) {
    out.square.segment(at, d) = *square;
  } else {
    const auto second = expectation(member, "x*x'", d * d);
    if (!second) return false;
    slot = static_cast<Index>(out.second.size());
    out.second.push_back(Eigen::Map<const Eigen::MatrixXd>(second->data(), d, d));
    out.square.segment(at, d) = out.second.back().diagonal();
  }
  for (Index i = at; i < at + d; ++i) {
    out.first[static_cast<std::size_t>(i)] = at;
    out.second_of[static_cast<std::size_t>(i)] = slot;
  }
  at += d;
  return true;
}

bool append(const Members& members, const SparseMatrix& precision, Index& at, Blocks& out) {
  const Index n = members.theta.cols(), d = members.layout.dimension;
  const auto* moments = capability<Moments>(*members.family, members.layout);
  if (n > 1 && d == 1 && moments) {  // an array of members on the line: one call for all
    Eigen::Map<Eigen::MatrixXd> mean(out.mean.data() + at, 1, n), square(out.square.data() + at, 1, n);
    if (!moments->expect(members.layout, members.theta, "x", mean) ||
        !moments->expect(members.layout, members.theta, "x2", square))
      return false;
    for (Index i = at; i < at + n; ++i) out.first[static_cast<std::size_t>(i)] = i;
    at += n;
    return true;
  }
  for (Index k = 0; k < n; ++k)
    if (!append_one(one(members, k), precision, at, out)) return false;
  return true;
}

}  // namespace

Answer by_quadratic(Question& question) {
  if (question.divergence.functional() != Functional::relative_entropy) return {};
  const auto* source = capability<Quadratic>(*question.q.family, question.q.layout);
  if (!source) return {};
  const auto h = entropy(question.p);
  if (!h || !std::isfinite(*h)) return lacks_entropy(question);
  const QuadraticForm form = source->quadratic(question.q.layout, question.q.theta, true);
  const Index d = question.p.layout.dimension;
  Blocks blocks;
  blocks.mean.resize(d);
  blocks.square.resize(d);
  blocks.first.assign(static_cast<std::size_t>(d), 0);
  blocks.second_of.assign(static_cast<std::size_t>(d), -1);
  Index at = 0;
  if (!append_one(question.p, form.precision, at, blocks)) {
    question.missing.push_back(fmt::format("{} does not know its second moments", question.p.family->name()));
    return {};
  }
  for (Index i = 0; i < d; ++i)
    if (!std::isfinite(blocks.mean(i)) || !std::isfinite(blocks.square(i))) {
      if (blocks.square(i) == kInf && form.precision.coeff(i, i) > 0)
        return infinite(fmt::format("p has an infinite second moment{}",
                                    d > 1 ? fmt::format(" in coordinate {}", i + 1) : std::string()));
      question.missing.push_back(fmt::format("the second moments of {} are not finite", question.p.family->name()));
      return {};
    }
  Terms terms;
  terms.add(-*h);
  terms.add(form.log_normalizer, std::abs(form.log_normalizer) + static_cast<double>(d));
  const auto sum = [&](bool magnitude) {
    return parallel::sum_chunks(d, 1024, [&](Index begin, Index end) {
      double total = 0;
      for (Index i = begin; i < end; ++i) {
        const auto k = static_cast<std::size_t>(i);
        double line = 0;
        for (SparseMatrix::InnerIterator entry(form.precision, i); entry; ++entry) {
          const Index j = entry.col();
          const bool together =
              blocks.second_of[k] >= 0 && blocks.first[static_cast<std::size_t>(j)] == blocks.first[k];
          const double moment = together ? blocks.second[static_cast<std::size_t>(blocks.second_of[k])](
                                               i - blocks.first[k], j - blocks.first[k])
                                : i == j ? blocks.square(i)
                                         : blocks.mean(i) * blocks.mean(j);
          const double term = 0.5 * entry.value() * moment;
          line += magnitude ? std::abs(term) : term;
        }
        const double linear = form.information(i) * blocks.mean(i);
        total += line + (magnitude ? std::abs(linear) : -linear);
      }
      return total;
    });
  };
  terms.add(sum(false), sum(true));
  return terms.estimate("-H(p) + E_p[x'Px]/2 - h'E_p[x] + c");
}

Answer by_marginals(Question& question) {
  if (question.divergence.functional() != Functional::relative_entropy) return {};
  const auto* product = capability<Product>(*question.q.family, question.q.layout);
  const auto* marginals = capability<Marginals>(*question.p.family, question.p.layout);
  if (!product || !marginals) return {};
  // A marginal may cost a factorization of the whole, and there is one for every part.
  constexpr Index kMost = 4096;
  if (question.p.layout.dimension > kMost) {
    question.missing.push_back(fmt::format("marginals are taken one by one up to {} coordinates only", kMost));
    return {};
  }
  const auto joint = entropy(question.p);
  if (!joint || !std::isfinite(*joint)) return lacks_entropy(question);
  Terms terms;
  terms.add(-*joint);
  double value = 0, error = 0;
  Index at = 0;
  std::vector<Index> coordinates;
  try {
    for (const Members& part : product->parts(question.q.layout, question.q.theta)) {
      for (Index k = 0; k < part.theta.cols(); ++k) {
        coordinates.clear();
        for (Index i = 0; i < part.layout.dimension; ++i) coordinates.push_back(at + i);
        at += part.layout.dimension;
        const Members marginal = marginals->marginal(question.p.layout, question.p.theta, coordinates);
        const auto h = entropy(marginal);
        if (!h || !std::isfinite(*h)) {
          question.missing.push_back(
              fmt::format("the entropy of a marginal of {} is not known", question.p.family->name()));
          return {};
        }
        terms.add(*h);
        const Estimate e = evaluate(question.registry, question.divergence, marginal, one(part, k), question.options);
        if (e.method == Method::infinite) return e;
        value += e.value;
        error += e.error + kEpsilon * value;
      }
    }
  } catch (const UnsupportedError& reason) {
    question.missing.push_back(reason.what());
    return {};
  }
  Estimate total = terms.estimate("total correlation of p + sum of KL between its marginals and q's parts");
  total.value += value;
  total.error += error;
  return total;
}

}  // namespace kullback::divergence
