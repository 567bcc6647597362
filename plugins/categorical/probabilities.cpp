#include "probabilities.hpp"

#include <cmath>

namespace kullback::categorical {

void store(bool logits, In given, Out probabilities) {
  const Index count = given.rows();
  for (Index n = 0; n < given.cols(); ++n) {
    if (logits) {
      softmax(given.col(n).data(), count, probabilities.col(n).data());
      continue;
    }
    const double sum = given.col(n).sum();
    const bool rounding = std::abs(sum - 1) <= static_cast<double>(count) * kEpsilon;
    probabilities.col(n) = given.col(n) / (rounding ? 1 : sum);
  }
}

double softmax(const double* logits, Index count, double* probabilities) {
  const double total = log_sum_exp(logits, count);
  for (Index i = 0; i < count; ++i) probabilities[i] = logits[i] - total;
  vector_exp(probabilities, probabilities, count);
  return total;
}

bool is_domain(const double* logits, Index count) {
  bool any = false;
  for (Index i = 0; i < count; ++i) {
    if (std::isnan(logits[i]) || logits[i] == kInfinity) return false;
    any = any || logits[i] > -kInfinity;
  }
  return any;
}

Value relative_entropy(In p, In q) {
  double sum = 0;
  for (Index i = 0; i < std::max(p.rows(), q.rows()); ++i) {
    const double a = i < p.rows() ? p(i, 0) : 0, b = i < q.rows() ? q(i, 0) : 0;
    if (a == b) continue;
    if (b == 0) return {kInfinity, 0};
    sum += bd0(a, b);
  }
  return {sum, 8 * kEpsilon * sum};
}

double entropy(In p) {
  double sum = 0;
  for (Index i = 0; i < p.rows(); ++i) sum -= xlogx(p(i, 0));
  return sum;
}

double fisher(In logits, In delta) {
  Eigen::VectorXd p(logits.rows());
  softmax(logits.data(), logits.rows(), p.data());
  double mean = 0, sum = 0;
  for (Index i = 0; i < p.size(); ++i)
    if (p[i] > 0) mean += p[i] * delta(i, 0);
  for (Index i = 0; i < p.size(); ++i)
    if (p[i] > 0) sum += p[i] * (delta(i, 0) - mean) * (delta(i, 0) - mean);
  return sum;
}

}  // namespace kullback::categorical

KULLBACK_PLUGIN("categorical", "1.0.0")(kullback::Registrar& registrar) {
  using namespace kullback::categorical;
  registrar.family(make_categorical());
  registrar.family(make_multinomial());
  registrar.rule("kl", "categorical", "categorical", categorical_kl());
  registrar.rule("kl", "multinomial", "multinomial", multinomial_kl());
}
