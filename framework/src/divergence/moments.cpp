#include "divergence/moments.hpp"

#include <cmath>
#include <limits>

namespace kullback::divergence {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr int kDepth = 3;  // names of names of names

// One question; `parameter` is empty for a label without one.
class Expectation {
 public:
  Expectation(const Side& p, Text label, const Eigen::RowVectorXd& c, Out value, int depth)
      : p_(p), label_(label), c_(c), value_(value), depth_(depth) {}

  bool answer() {
    if (label_ == "1") {
      value_.setOnes();
      return true;
    }
    if (directly()) return true;
    if (depth_ == 0 || p_.layout.dimension != 1) return false;
    return (c_.size() == 0 ? plain() : parametric()) || by_preimage();
  }

 private:
  Index pairs() const { return value_.cols(); }

  bool directly() {
    const auto* moments = capability<Moments>(p_.family, p_.layout);
    if (!moments) return false;
    const Index columns = p_.theta.cols();
    if (c_.size() == 0) {
      if (columns == pairs()) return moments->expect(p_.layout, p_.theta, label_, value_);
      Eigen::MatrixXd once(value_.rows(), columns);
      if (!moments->expect(p_.layout, p_.theta, label_, once)) return false;
      value_ = once.col(0).replicate(1, pairs());
      return true;
    }
    Eigen::RowVectorXd out(pairs());
    const Eigen::RowVectorXd& c = c_;
    const bool known = columns == pairs() ? moments->expect_at(p_.layout, p_.theta, label_, row(c), row(out))
                                          : moments->expect_at(p_.layout, p_.theta.col(0).replicate(1, pairs()), label_,
                                                               row(c), row(out));
    if (known) value_ = out;
    return known;
  }

  // The same statistic under another label.
  bool other(Text label, double c, double factor = 1) {
    return other(label, Eigen::RowVectorXd(Eigen::RowVectorXd::Constant(pairs(), c)), factor);
  }
  bool other(Text label, const Eigen::RowVectorXd& c, double factor = 1) {
    if (!Expectation(p_, label, c, value_, depth_ - 1).answer()) return false;
    if (factor != 1) value_ *= factor;
    return true;
  }
  bool other(Text label) { return other(label, Eigen::RowVectorXd()); }

  double low() const {
    double out = kInf;
    for (Index k = 0; k < p_.theta.cols(); ++k) out = std::min(out, p_.family.support(p_.layout, p_.theta, k, 0).low);
    return out;
  }
  double high() const {
    double out = -kInf;
    for (Index k = 0; k < p_.theta.cols(); ++k) out = std::max(out, p_.family.support(p_.layout, p_.theta, k, 0).high);
    return out;
  }

  bool plain() {
    if (label_ == "x") return other("x^c", 1);
    if (label_ == "x2") return other("abs(x)^c", 2) || other("x^c", 2) || other("(x-c)^2", 0);
    if (label_ == "x3") return other("x^c", 3);
    if (label_ == "x4") return other("abs(x)^c", 4) || other("x^c", 4);
    if (label_ == "x*x'") return other("x2");
    if (label_ == "1/x") return other("x^c", -1) || other("1/(x+c)", 0);
    if (label_ == "1/x2") return other("abs(x)^c", -2) || other("x^c", -2);
    if (label_ == "sqrt_x") return other("x^c", 0.5);
    if (label_ == "abs_x") return (low() >= 0 && other("x")) || other("abs(x)^c", 1) || other("abs(x-c)", 0);
    if (label_ == "exp_x") return other("exp(c*x)", 1);
    if (label_ == "exp_-x") return other("exp(c*x)", -1);
    if (label_ == "log_1px") return other("log(1+x^c)", 1) || other("log(x+c)", 1);
    if (label_ == "log_1px2") return other("log(1+x^c)", 2);
    if (label_ == "log_x") return other("log(x+c)", 0);
    return false;
  }

  bool all(double c) const { return (c_.array() == c).all(); }

  bool parametric() {
    const Eigen::RowVectorXd c = c_;
    if (label_ == "x^c" || label_ == "abs(x)^c") {
      const bool magnitude = label_ == "abs(x)^c";
      if (all(1)) return other(magnitude ? "abs_x" : "x");
      if (all(2)) return other("x2");
      if (all(4)) return other("x4");
      if (all(-2)) return other("1/x2");
      if (all(3) && !magnitude) return other("x3");
      if (all(-1) && !magnitude) return other("1/x");
      if (all(0.5) && !magnitude) return other("sqrt_x");
      return magnitude && low() >= 0 && other("x^c", c);
    }
    if (label_ == "abs(x-c)") {
      if ((c.array() <= low()).all()) return other("x") && shift(-c, 1);
      if ((c.array() >= high()).all()) return other("x", Eigen::RowVectorXd(), -1) && shift(c, 1);
      return all(0) && other("abs_x");
    }
    if (label_ == "(x-c)^2") {
      if (all(0)) return other("x2");
      Eigen::MatrixXd mean(1, pairs());
      if (!Expectation(p_, "x", {}, mean, depth_ - 1).answer() || !other("x2")) return false;
      for (Index n = 0; n < pairs(); ++n)
        if (std::isfinite(value_(0, n))) value_(0, n) += c[n] * (c[n] - 2 * mean(0, n));
      return true;
    }
    if (label_ == "exp(c*x)") return (all(1) && other("exp_x")) || (all(-1) && other("exp_-x"));
    if (label_ == "log(1+x^c)") return (all(1) && other("log_1px")) || (all(2) && other("log_1px2"));
    if (label_ == "log(x+c)") return (all(0) && other("log_x")) || (all(1) && other("log_1px"));
    if (label_ == "1/(x+c)") return all(0) && other("1/x");
    if (label_ == "cos(x-c)") {
      Eigen::MatrixXd sine(1, pairs());
      if (!Expectation(p_, "sin_x", {}, sine, depth_ - 1).answer() || !other("cos_x")) return false;
      for (Index n = 0; n < pairs(); ++n) value_(0, n) = std::cos(c[n]) * value_(0, n) + std::sin(c[n]) * sine(0, n);
      return true;
    }
    if (label_ == "above(c)") {
      const auto* quantiles = capability<Quantiles>(p_.family, p_.layout);
      if (!quantiles || p_.family.support(p_.layout, p_.theta, 0, 0).integer) return false;
      Eigen::RowVectorXd out(pairs());
      if (p_.theta.cols() == 1 || p_.theta.cols() == pairs()) quantiles->cdf(p_.layout, p_.theta, c, true, row(out));
      value_ = out;
      return true;
    }
    if (label_ == "cell(c)") {
      if (!p_.family.support(p_.layout, p_.theta, 0, 0).integer) return false;
      Eigen::RowVectorXd out(pairs());
      p_.family.log_density(p_.layout, p_.theta, Points(c), row(out));
      value_ = out.array().exp();
      return true;
    }
    return false;
  }

  bool shift(const Eigen::RowVectorXd& by, double sign) {
    value_ += sign * by;
    return true;
  }

  // x = g(y): the statistic of x is one of y.
  bool by_preimage() {
    const auto* image = capability<Image>(p_.family, p_.layout);
    if (!image) return false;
    const Members y = image->preimage(p_.layout, p_.theta);
    const auto of = [&](Text label, const Eigen::RowVectorXd& c, double factor = 1) {
      if (!Expectation(side(y), label, c, value_, depth_ - 1).answer()) return false;
      if (factor != 1) value_ *= factor;
      return true;
    };
    const auto at = [&](Text label, double c, double factor = 1) {
      return of(label, Eigen::RowVectorXd::Constant(pairs(), c), factor);
    };
    const Eigen::RowVectorXd none;
    if (image->map() == "exp") {
      if (label_ == "log_x") return of("x", none);
      if (label_ == "log2_x") return of("x2", none);
      if (label_ == "x") return of("exp_x", none);
      if (label_ == "1/x") return of("exp_-x", none);
      if (label_ == "x2") return at("exp(c*x)", 2);
      if (label_ == "1/x2") return at("exp(c*x)", -2);
      if (label_ == "sqrt_x") return at("exp(c*x)", 0.5);
      if (label_ == "log_1px") return at("log(1+exp(c*x))", 1);
      if (label_ == "log_1px2") return at("log(1+exp(c*x))", 2);
      if (label_ == "x^c" || label_ == "abs(x)^c") return of("exp(c*x)", c_);
      if (label_ == "log(1+x^c)") return of("log(1+exp(c*x))", c_);
    }
    if (image->map() == "1/y") {
      if (label_ == "log_x") return of("log_x", none, -1);
      if (label_ == "log2_x") return of("log2_x", none);
      if (label_ == "x") return of("1/x", none);
      if (label_ == "1/x") return of("x", none);
      if (label_ == "x2") return of("1/x2", none);
      if (label_ == "1/x2") return of("x2", none);
      if (label_ == "x^c" || label_ == "abs(x)^c") return of("x^c", -c_);
      if (label_ == "log(1+x^c)") return of("log(1+x^c)", -c_);
    }
    if (image->map() == "logistic") {
      if (label_ == "log_x") return at("log(1+exp(c*x))", -1, -1);
      if (label_ == "log_1mx") return at("log(1+exp(c*x))", 1, -1);
    }
    return false;
  }

  const Side& p_;
  Text label_;
  const Eigen::RowVectorXd& c_;
  Out value_;
  int depth_;
};

}  // namespace

bool expect_columns(const Side& p, Text label, const Eigen::RowVectorXd& c, Out value) {
  return Expectation(p, label, c, value, kDepth).answer();
}

}  // namespace kullback::divergence
