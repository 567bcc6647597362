// Two members of one exponential family: KL is the Bregman divergence of the log-partition A, alpha integrals are
// exp of its Jensen gap. [Nielsen & Nock 2011, arXiv 1112.4221]
#include "divergence/ladder.hpp"

#include "quadrature/quadrature.hpp"

#include <kullback/capability.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

namespace kullback::divergence {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Members of one family in natural parameters, below them the fixed rows.
struct Natural {
  Eigen::MatrixXd eta, m;
  Eigen::RowVectorXd log_partition;
  std::vector<bool> inside;
};

class Gap {
 public:
  Gap(const ExponentialFamily& family, const Divergence& divergence, const Side& p, const Side& q)
      : family_(family),
        fisher_(capability<Fisher>(p.family, p.layout)),
        layout_(p.layout),
        alpha_(divergence.functional() == Functional::alpha_integral),
        order_(divergence.order()),
        fixed_(family.fixed_rows(p.layout)) {
    for (const Statistic& s : family.statistics(layout_)) rows_ += s.rows;
    natural(p.layout, p.theta, p_);
    natural(q.layout, q.theta, q_);
    exact_.assign(static_cast<std::size_t>(rows_), true);
    for (Index i = 0; i < rows_; ++i)
      exact_[static_cast<std::size_t>(i)] =
          carries_no_rounding(p.theta, p_.eta, i) && carries_no_rounding(q.theta, q_.eta, i);
  }

  void run(Row value, Row error) {
    if (alpha_) mix(value.size());
    for (Index n = 0; n < value.size(); ++n) {
      const Index i = p_.eta.cols() > 1 ? n : 0, j = q_.eta.cols() > 1 ? n : 0;
      value[n] = kNaN, error[n] = 0;
      if (!p_.inside[static_cast<std::size_t>(i)] || !q_.inside[static_cast<std::size_t>(j)]) continue;
      if (p_.eta.col(i).tail(fixed_) != q_.eta.col(j).tail(fixed_)) continue;
      if (alpha_ && !mixed_.inside[static_cast<std::size_t>(n)]) {
        // Between two members of the domain only rounding leads outside.
        if (order_ < 0 || order_ > 1) value[n] = kInf;
        continue;
      }
      plain(n, i, j, value[n], error[n]);
      if (fisher_ && !(error[n] <= 1e-14 * value[n])) along_the_line(n, i, j, value[n], error[n]);
      if (value[n] < 0 && value[n] >= -error[n]) value[n] = 0;
    }
  }

 private:
  void natural(const Layout& layout, In theta, Natural& out) const {
    const Index n = theta.cols();
    out.eta.resize(rows_ + fixed_, n);
    family_.convert(layout, theta, out.eta, true);
    finish(out);
  }

  // m and A, where eta is in its domain.
  void finish(Natural& out) const {
    const Index n = out.eta.cols();
    out.inside.assign(static_cast<std::size_t>(n), true);
    out.m.resize(rows_, n);
    out.log_partition.resize(n);
    Index good = -1;
    if (family_.first_outside(layout_, out.eta) >= 0)
      for (Index k = 0; k < n; ++k) out.inside[static_cast<std::size_t>(k)] = family_.in_domain(layout_, out.eta, k);
    for (Index k = 0; k < n && good < 0; ++k)
      if (out.inside[static_cast<std::size_t>(k)]) good = k;
    if (good < 0) return;
    for (Index k = 0; k < n; ++k)  // a stand-in for those that are not
      if (!out.inside[static_cast<std::size_t>(k)]) out.eta.col(k) = out.eta.col(good);
    family_.mean(layout_, out.eta, out.m, row(out.log_partition));
  }

  // Is this row of eta a parameter itself, up to sign, or one less or more, without rounding?
  static bool carries_no_rounding(In theta, const Eigen::MatrixXd& eta, Index i) {
    constexpr Index kMost = 32;  // beyond, look at the row of the same number only
    const bool few = theta.rows() <= kMost;
    for (Index r = few ? 0 : i; r < (few ? theta.rows() : std::min(i + 1, theta.rows())); ++r)
      for (const double sign : {1.0, -1.0})
        for (const double shift : {0.0, -1.0, 1.0}) {
          bool equal = true;
          for (Index k = 0; k < theta.cols() && equal; ++k)
            equal = eta(i, k) == sign * theta(r, k) + shift && sign * theta(r, k) == eta(i, k) - shift;
          if (equal) return true;
        }
    return false;
  }

  void mix(Index pairs) {
    mixed_.eta.resize(rows_ + fixed_, pairs);
    for (Index n = 0; n < pairs; ++n) {
      const auto p = p_.eta.col(p_.eta.cols() > 1 ? n : 0), q = q_.eta.col(q_.eta.cols() > 1 ? n : 0);
      mixed_.eta.col(n) = order_ * p + (1 - order_) * q;
      mixed_.eta.col(n).tail(fixed_) = p.tail(fixed_);
    }
    finish(mixed_);
  }

  // |eta_p dD/d eta_p| + |eta_q dD/d eta_q| in row r.
  double natural_slope(Index r, Index n, Index i, Index j) const {
    const double eta_p = std::abs(p_.eta(r, i)), eta_q = std::abs(q_.eta(r, j));
    const auto distance = [](double m, double other) { return std::abs(m - other) + 4 * kEpsilon * std::abs(m); };
    if (!alpha_) return (eta_p + eta_q) * distance(p_.m(r, i), q_.m(r, j));
    const double m = mixed_.m(r, n);
    return std::abs(order_) * eta_p * distance(p_.m(r, i), m) + std::abs(1 - order_) * eta_q * distance(q_.m(r, j), m);
  }

  double rounding(Index r) const { return exact_[static_cast<std::size_t>(r)] ? 0 : kEpsilon; }

  void plain(Index n, Index i, Index j, double& value, double& error) const {
    const double a_p = p_.log_partition[i], a_q = q_.log_partition[j];
    const auto eta_p = p_.eta.col(i), eta_q = q_.eta.col(j);
    if (alpha_) {
      const double a_mixed = mixed_.log_partition[n];
      const double gap = order_ * a_p + (1 - order_) * a_q - a_mixed;
      value = order_ >= 0 && order_ <= 1 ? gap : -gap;
      error = 4 * kEpsilon * (std::abs(order_ * a_p) + std::abs((1 - order_) * a_q) + std::abs(a_mixed));
      for (Index r = 0; r < rows_; ++r) {
        const double m = mixed_.m(r, n);
        const double p = std::abs(order_ * eta_p[r]), q = std::abs((1 - order_) * eta_q[r]);
        error += kEpsilon * (p + q) * std::abs(m);
        error += rounding(r) * (p * std::abs(p_.m(r, i) - m) + q * std::abs(q_.m(r, j) - m));
      }
      return;
    }
    value = a_q - a_p;
    error = 4 * kEpsilon * (std::abs(a_q) + std::abs(a_p));
    for (Index r = 0; r < rows_; ++r) {
      const double m = p_.m(r, i);
      if (eta_q[r] == eta_p[r]) continue;
      const double term = (eta_q[r] - eta_p[r]) * m;
      value -= term;
      error += 6 * kEpsilon * std::abs(term);
      error += 2 * rounding(r) * (std::abs(eta_p[r]) + std::abs(eta_q[r])) *
               (std::abs(q_.m(r, j) - m) + 4 * kEpsilon * std::abs(m));
    }
  }

  // As an integral of Delta' I Delta, never negative, along the line of natural parameters: KL = integral over [0, 1]
  // of (1 - t) ... from p to q. The gap of A at p (t = 1), q (t = 0) and t = a has a kernel of two straight pieces. The
  // line is walked from both ends: beside an end that is small eta keeps its digits.
  void along_the_line(Index n, Index i, Index j, double& value, double& error) const {
    Eigen::MatrixXd from = q_.eta.col(j), to = p_.eta.col(i);
    double a = order_, rest = 1 - order_;  // rest = 1 - a
    if (!alpha_ || a < 0) {
      std::swap(from, to);
      std::swap(a, rest);
    }
    const bool inside = a >= 0 && a <= 1;
    const auto near_from = [&](double s) {
      if (!alpha_) return 1 - s;
      return !inside ? -rest * s : s < a ? rest * s : a * (1 - s);
    };
    const auto near_to = [&](double s) {
      if (!alpha_) return s;
      return !inside ? -rest * (1 - s) : s < rest ? a * s : rest * (1 - s);
    };
    const Eigen::MatrixXd delta = to - from;
    double sum = 0, missed = 0;
    if (!integrate(from, delta, 0.5, a, near_from, sum, missed) ||
        !integrate(to, -delta, 0.5, rest, near_to, sum, missed))
      return;
    if (alpha_ && !inside &&
        !integrate(
            to, delta, -rest, 0, [&](double s) { return -rest - s; }, sum, missed))
      return;
    double bound = missed + 32 * kEpsilon * sum;
    for (Index r = 0; r < rows_; ++r) bound += 2 * rounding(r) * natural_slope(r, n, i, j);
    if (bound < error || !std::isfinite(value)) value = sum, error = bound;
  }

  // Adds the integral of kernel(s) delta' I(end + s delta) delta over 0 < s < length and its error; the kernel may bend
  // at `bend`. False for members so far apart that the line between them rounds to outside the domain.
  bool integrate(const Eigen::MatrixXd& end, const Eigen::MatrixXd& delta, double length, double bend,
                 const std::function<double(double)>& kernel, double& sum, double& missed) const {
    bool left = false;
    const quadrature::Integrand integrand = [&](In s, Out out) {
      const Index count = s.cols();
      const Eigen::MatrixXd eta = end.replicate(1, count) + delta * s;
      const Eigen::MatrixXd step = delta.replicate(1, count);
      Eigen::RowVectorXd f(count);
      fisher_->fisher(layout_, eta, step, row(f));
      for (Index k = 0; k < count; ++k) {
        left = left || !std::isfinite(f[k]);
        out(0, k) = left ? 0 : f[k] * kernel(s(0, k));
      }
    };
    quadrature::Options options;
    options.relative_tolerance = 1e-14;
    options.max_evaluations = 20000;
    std::vector<double> breaks = {0, length};
    if (bend > 0 && bend < length) breaks.insert(breaks.begin() + 1, bend);
    const quadrature::Integral integral = quadrature::integrate_1d(integrand, 1, {breaks, 0, length}, options);
    sum += integral.value(0);
    missed += integral.error(0);
    return !integral.infinite && !left;
  }

  const ExponentialFamily& family_;
  const Fisher* fisher_;
  const Layout& layout_;
  bool alpha_;
  double order_;
  Index fixed_, rows_ = 0;
  Natural p_, q_, mixed_;
  std::vector<bool> exact_;
};

bool same_statistics(const ExponentialFamily& family, const Layout& a, const Layout& b) {
  const std::vector<Statistic> first = family.statistics(a), second = family.statistics(b);
  return family.fixed_rows(a) == family.fixed_rows(b) &&
         std::equal(first.begin(), first.end(), second.begin(), second.end(),
                    [](const Statistic& x, const Statistic& y) { return x.label == y.label && x.rows == y.rows; });
}

}  // namespace

bool log_partition_columns(const Divergence& divergence, const Side& p, const Side& q, Row value, Row error) {
  if (&p.family != &q.family) return false;
  Layout other = q.layout;  // natural parameters are the same whatever they were given by
  other.form = p.layout.form;
  if (!identical(p.layout, other)) return false;
  if (divergence.functional() != Functional::relative_entropy && divergence.functional() != Functional::alpha_integral)
    return false;
  const auto* family = capability<ExponentialFamily>(p.family, p.layout);
  if (!family || !same_statistics(*family, p.layout, q.layout)) return false;
  Gap(*family, divergence, p, q).run(value, error);
  return true;
}

Answer by_log_partition(Question& question) {
  Eigen::RowVectorXd value(1), error(1);
  if (!log_partition_columns(question.divergence, side(question.p), side(question.q), row(value), row(error)) ||
      std::isnan(value[0])) {
    question.missing.push_back("p and q do not belong to one exponential family");
    return {};
  }
  const bool alpha = question.divergence.functional() == Functional::alpha_integral;
  if (value[0] == kInf) return infinite("a eta_p + (1 - a) eta_q is outside the natural parameters");
  return Estimate{
      value[0], error[0], Method::closed_form,
      alpha ? "Jensen gap of the log-partition [Nielsen & Nock 2011]" : "Bregman divergence of the log-partition"};
}

}  // namespace kullback::divergence
