// What categorical and multinomial distributions share: vectors of probabilities.
#pragma once

#include <kullback/kullback.hpp>

#include <limits>
#include <memory>

namespace kullback::categorical {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// One column serves every point.
inline Index step(In theta) { return theta.cols() > 1 ? 1 : 0; }

/// Probabilities from what was given: those themselves, scaled to the sum 1 where they miss it by more than rounding,
/// or logits.
void store(bool logits, In given, Out probabilities);

/// probabilities = softmax(logits); returns log sum exp(logits). -inf is a probability of 0.
double softmax(const double* logits, Index count, double* probabilities);

/// Whether some of the logits are finite and none is +inf or NaN.
bool is_domain(const double* logits, Index count);

/// sum p log(p / q) in the form sum bd0(p, q), which is free of cancellation and insensitive to the roundings of the
/// two sums. Where one has more levels, the other has probability 0 there. +inf if p > 0 = q somewhere.
struct Value {
  double value, error;
};
Value relative_entropy(In p, In q);

/// -sum p log p
double entropy(In p);

/// delta' I delta = sum p (delta - its mean under p)^2, of softmax(logits).
double fisher(In logits, In delta);

std::unique_ptr<Distribution> make_categorical();
std::unique_ptr<Distribution> make_multinomial();
Rule categorical_kl();
Rule multinomial_kl();

}  // namespace kullback::categorical
