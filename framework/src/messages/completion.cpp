#include "messages/completion.hpp"

#include <cmath>
#include <numbers>

namespace kullback::messages {

bool can_complete(const Source& source) {
  return source.statistics.size() == 2 && source.statistics[0].label == "x" && source.statistics[1].label == "x*x'";
}

void condition(const Eigen::VectorXd& known, Eigen::Ref<Eigen::VectorXd> eta) {
  constexpr double kNoEntropy = -std::numbers::pi * std::numbers::e;  // -1/2 of the precision 2 pi e
  const Index d = known.size();
  auto linear = eta.head(d);
  auto square = eta.tail(d * d).reshaped(d, d);
  for (Index o = 0; o < d; ++o) {
    if (std::isnan(known[o])) continue;
    for (Index i = 0; i < d; ++i) {
      if (std::isnan(known[i])) linear[i] += known[o] * (square(i, o) + square(o, i));
      square(i, o) = square(o, i) = 0;
    }
    linear[o] = 0;
    square(o, o) = kNoEntropy;
  }
}

void complete(const Eigen::VectorXd& known, Eigen::Ref<Eigen::VectorXd> moments) {
  const Index d = known.size();
  auto x = moments.head(d);
  auto products = moments.tail(d * d).reshaped(d, d);
  for (Index i = 0; i < d; ++i)
    if (!std::isnan(known[i])) x[i] = known[i];
  for (Index i = 0; i < d; ++i)
    for (Index j = 0; j < d; ++j)
      if (!std::isnan(known[i]) || !std::isnan(known[j])) products(i, j) = x[i] * x[j];
}

}  // namespace kullback::messages
