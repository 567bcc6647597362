// KL(p || q) = -H(p) - sum of coefficients times E_p[statistics]: p supplies entropy and moments, q its log density as
// a combination of statistics.
#include "divergence/expectations.hpp"
#include "divergence/ladder.hpp"
#include "divergence/moments.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace kullback::divergence {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// log q = sum over the terms. One column a member of q.
struct Terms {
  std::vector<std::string> label;
  std::vector<Index> rows;
  Eigen::MatrixXd coefficient;  ///< the terms' rows in order
  Eigen::MatrixXd c;            ///< one row a term
  std::vector<bool> has_parameter;
};

bool has_parameter(const std::string& label) {
  for (const Text known : parametric_labels())
    if (label == known) return true;
  return label.find("-c") != std::string::npos || label.find("^c") != std::string::npos ||
         label.find("c*") != std::string::npos || label.find("+c") != std::string::npos ||
         label.find("(c)") != std::string::npos;
}

bool expand(const Side& q, Terms& out, std::string& why) {
  const Index n = q.theta.cols(), d = q.layout.dimension;
  if (const auto* expansion = capability<Expansion>(q.family, q.layout)) {
    out.label = expansion->terms(q.layout);
    const Index terms = static_cast<Index>(out.label.size());
    out.coefficient.setZero(terms, n);
    out.c.setZero(terms, n);
    expansion->expand(q.layout, q.theta, out.coefficient, out.c);
    for (const std::string& label : out.label) {
      if (d > 1 && label_rows(label, d) != 1) {
        why = fmt::format("{} has several rows", label);
        return false;
      }
      out.rows.push_back(1);
      out.has_parameter.push_back(has_parameter(label));
    }
    return true;
  }
  const auto* family = capability<ExponentialFamily>(q.family, q.layout);
  if (!family) {
    why = fmt::format("{} is no exponential family and has no expansion", q.family.name());
    return false;
  }
  if (family->has_base_measure(q.layout)) {
    why = fmt::format("the base measure of {} is no statistic", q.family.name());
    return false;
  }
  Index rows = 0;
  const Index fixed = family->fixed_rows(q.layout);
  for (const Statistic& s : family->statistics(q.layout)) {
    if (s.label.starts_with("cell") || has_parameter(s.label)) {  // indicators of q's own cells mean nothing to p
      why = fmt::format("E[{}] is known to {} alone", s.label, q.family.name());
      return false;
    }
    out.label.push_back(s.label);
    out.rows.push_back(s.rows);
    out.has_parameter.push_back(false);
    rows += s.rows;
  }
  Eigen::MatrixXd eta(rows + fixed, n), m(rows, n);
  Eigen::RowVectorXd log_partition(n);
  family->convert(q.layout, q.theta, eta, true);
  if (family->first_outside(q.layout, eta) >= 0) {
    why = fmt::format("{} is outside its natural parameters", q.family.name());
    return false;
  }
  family->mean(q.layout, eta, m, row(log_partition));
  out.label.push_back("1");
  out.rows.push_back(1);
  out.has_parameter.push_back(false);
  out.coefficient.resize(rows + 1, n);
  out.coefficient << eta.topRows(rows), -log_partition;
  out.c.setZero(static_cast<Index>(out.label.size()), n);
  return true;
}

bool expect(const Side& p, const std::string& label, const Eigen::RowVectorXd& c, Out value) {
  if (expect_columns(p, label, c, value)) return true;
  if (p.theta.cols() > 1 || c.size() > 0) return false;
  const auto once = expectation({&p.family, p.layout, p.theta}, label, value.rows());
  if (once) value = once->replicate(1, value.cols());
  return once.has_value();
}

bool entropies(const Side& p, Eigen::RowVectorXd& out) {
  if (const auto* source = capability<Entropy>(p.family, p.layout)) {
    source->entropy(p.layout, p.theta, row(out));
    return true;
  }
  if (p.theta.cols() > 1) return false;
  const auto once = entropy({&p.family, p.layout, p.theta});
  if (once) out[0] = *once;
  return once.has_value();
}

// Does p's support lie in q's?
bool inside(const Side& p, const Side& q, Index i, Index j) {
  if (p.family.carrier(p.layout) != q.family.carrier(q.layout)) return false;
  for (Index k = 0; k < p.layout.dimension; ++k) {
    const Support a = p.family.support(p.layout, p.theta, i, k), b = q.family.support(q.layout, q.theta, j, k);
    if (!(a.low >= b.low && a.high <= b.high) || a.integer != b.integer) return false;
  }
  return true;
}

// Sums of each column by sign of infinity.
class Sums {
 public:
  Sums(Index n)
      : sum_(Eigen::RowVectorXd::Zero(n)), magnitude_(sum_), up_(static_cast<std::size_t>(n), -1), down_(up_) {}
  void add(Index n, double term, int index) {
    const auto k = static_cast<std::size_t>(n);
    if (std::isnan(term)) sum_[n] = kNaN;
    if (term == kInf)
      up_[k] = index;
    else if (term == -kInf)
      down_[k] = index;
    else
      sum_[n] += term, magnitude_[n] += std::abs(term);
  }
  // +inf where that is sure, NaN where infinities of both signs meet.
  double value(Index n) const {
    const auto k = static_cast<std::size_t>(n);
    if (std::isnan(sum_[n]) || down_[k] >= 0) return kNaN;
    return up_[k] >= 0 ? kInf : sum_[n];
  }
  // The rounding of the terms, each of which is a few operations.
  double error(Index n) const { return 16 * kEpsilon * magnitude_[n]; }
  int culprit(Index n) const { return up_[static_cast<std::size_t>(n)]; }

 private:
  Eigen::RowVectorXd sum_, magnitude_;
  std::vector<int> up_, down_;
};

struct Outcome {
  bool known = false;
  std::string why, culprit;
};

Outcome run(const Divergence& divergence, const Side& p, const Side& q, Row value, Row error) {
  Outcome out;
  const bool cross = divergence.functional() == Functional::cross_entropy;
  if (!cross && divergence.functional() != Functional::relative_entropy) return out;
  const Index pairs = value.size();
  Terms terms;
  if (!expand(q, terms, out.why)) return out;
  Eigen::RowVectorXd h(p.theta.cols());
  if (!cross && !entropies(p, h)) {
    out.why = fmt::format("the entropy of {} is not known", p.family.name());
    return out;
  }
  Sums sums(pairs);
  const auto of = [&](const auto& columns, Index n) { return columns.cols() > 1 ? n : 0; };
  Index at = 0;
  for (std::size_t t = 0; t < terms.label.size(); ++t) {
    const Index rows = terms.rows[t];
    if (terms.coefficient.middleRows(at, rows).isZero(0)) {
      at += rows;
      continue;
    }
    Eigen::RowVectorXd c;
    if (terms.has_parameter[t]) {
      c.resize(pairs);
      for (Index n = 0; n < pairs; ++n) c[n] = terms.c(static_cast<Index>(t), of(terms.c, n));
    }
    Eigen::MatrixXd expected(rows, pairs);
    if (!expect(p, terms.label[t], c, expected)) {
      out.why = fmt::format("{} does not know E[{}]", p.family.name(), terms.label[t]);
      return out;
    }
    for (Index n = 0; n < pairs; ++n)
      for (Index r = 0; r < rows; ++r) {
        const double coefficient = terms.coefficient(at + r, of(terms.coefficient, n));
        if (coefficient != 0) sums.add(n, -coefficient * expected(r, n), static_cast<int>(t));
      }
    at += rows;
  }
  for (Index n = 0; n < pairs; ++n) {
    if (!cross) sums.add(n, -h[of(h, n)], -1);
    value[n] = sums.value(n);
    error[n] = sums.error(n);
    if (value[n] == kInf && sums.culprit(n) < 0) value[n] = kNaN;  // by the entropy: who knows what q makes of it
    if (!inside(p, q, of(p.theta, n), of(q.theta, n))) value[n] = kInf;
  }
  out.known = true;
  const int culprit = sums.culprit(0);
  if (culprit >= 0) out.culprit = terms.label[static_cast<std::size_t>(culprit)];
  return out;
}

}  // namespace

bool statistics_columns(const Divergence& divergence, const Side& p, const Side& q, Row value, Row error) {
  if (!run(divergence, p, q, value, error).known) return false;
  constexpr double kTolerance = 1e-10;  // what cancels more is left to quadrature
  for (Index n = 0; n < value.size(); ++n)
    if (std::isfinite(value[n]) && error[n] > kTolerance * std::abs(value[n])) value[n] = kNaN;
  return true;
}

Answer by_statistics(Question& question) {
  const Functional kind = question.divergence.functional();
  if (kind != Functional::relative_entropy && kind != Functional::cross_entropy) return {};
  Eigen::RowVectorXd value(1), error(1);
  const Outcome outcome = run(question.divergence, side(question.p), side(question.q), row(value), row(error));
  if (!outcome.known) {
    question.missing.push_back(outcome.why);
    return {};
  }
  if (value[0] == kInf) return infinite(fmt::format("E_p[{}] is infinite", outcome.culprit));
  if (std::isnan(value[0])) {
    question.missing.push_back("the expected statistics are infinite with both signs");
    return {};
  }
  const bool cross = kind == Functional::cross_entropy;
  Estimate estimate{value[0], error[0], Method::expected_statistics,
                    cross ? "-sum of coefficients times E_p[statistics of q]"
                          : "-H(p) - sum of coefficients times E_p[statistics of q]"};
  if (cross) return estimate;
  if (question.p.layout.dimension == 1 && estimate.error > 1e-13 * std::abs(estimate.value)) {
    // The terms nearly cancel. The non-negative integrand does not.
    const Answer integral = by_integration(question);
    if (integral && integral->method != Method::infinite && integral->error < estimate.error) return integral;
  }
  return estimate;
}

}  // namespace kullback::divergence
