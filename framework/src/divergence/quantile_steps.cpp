// Transport between distributions on the integers: both quantiles are steps, and the sum over the common steps is
// exact.
#include "divergence/distributions.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace kullback::divergence {

namespace {

constexpr Index kMost = Index{1} << 23;
constexpr Index kBlock = 256;
constexpr double kNothing = 1e-40;  // of the probability

// One distribution function on the integers, block by block outward from a start: below (lower tail) or above (upper).
class Tail {
 public:
  Tail(const Members& members, const Quantiles& quantiles, bool upper)
      : members_(members), quantiles_(quantiles), upper_(upper), sign_(upper ? 1 : -1) {
    Eigen::RowVectorXd x(1);
    quantiles.quantile(members.layout, members.theta, Eigen::MatrixXd::Constant(1, 1, 0.5), false, row(x));
    at_ = std::round(x[0]);
  }
  /// The integer whose step the present probability lies on.
  double at() const { return at_; }
  /// The probability beyond it: P(X < at) or P(X > at).
  double beyond() {
    const double wanted = upper_ ? at_ : at_ - 1;
    const double offset = sign_ * (wanted - first_);
    if (cdf_.size() == 0 || !(offset < static_cast<double>(kBlock))) {
      first_ = wanted;
      const Eigen::MatrixXd k = first_ + sign_ * Eigen::RowVectorXd::LinSpaced(kBlock, 0, kBlock - 1).array();
      cdf_.resize(kBlock);
      quantiles_.cdf(members_.layout, members_.theta, k, upper_, row(cdf_));
      return cdf_[0];
    }
    return cdf_[static_cast<Index>(offset)];
  }
  void step() { at_ += sign_; }

 private:
  const Members& members_;
  const Quantiles& quantiles_;
  bool upper_;
  double sign_, at_ = 0, first_ = 0;
  Eigen::RowVectorXd cdf_;
};

}  // namespace

Estimate by_quantile_steps(const Question& question) {
  const Distributions both(question);
  double value = 0, rest = 0;
  Index steps = 0;
  for (const bool upper : {false, true}) {
    Tail p(question.p, both.p(), upper), q(question.q, both.q(), upper);
    double left = 0.5, decade = 0, decade_at = 0.5;  // probability not yet moved; what the last factor of 10 of it cost
    while (left > kNothing) {
      const double beyond_p = p.beyond(), beyond_q = q.beyond();
      const double next = std::min(left, std::max(beyond_p, beyond_q)), gap = p.at() - q.at();
      const double cost = gap * gap * (left - next);
      value += cost, decade += cost;
      left = next;
      if (left < 0.1 * decade_at) rest = decade, decade = 0, decade_at = left;
      if (beyond_p >= left) p.step();
      if (beyond_q >= left) q.step();
      if (++steps > kMost)
        throw UnsupportedError(
            fmt::format("{}: the tails are not at an end after {} steps", pair_name(question), steps));
    }
  }
  return {value, 16 * kEpsilon * value + rest, Method::exact_sum,
          fmt::format("sum over the steps of both quantiles, {} of them", steps)};
}

}  // namespace kullback::divergence
