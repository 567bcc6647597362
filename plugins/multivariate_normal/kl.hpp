// KL between multivariate normals in closed form.
#pragma once

#include "dense.hpp"

namespace kullback::multivariate_normal {

/// KL(p || q) = [ |mean_p - mean_q|^2 in q's metric + tr(S_q^-1 S_p) - d - log det(S_q^-1 S_p) ] / 2 by Cholesky
/// factors of whatever matrices the sides are given by. Throws DomainError naming the pivot for a matrix that is not
/// positive definite. [any-thread]
Rule kl_rule();

/// The part of one coordinate, [r^2 - 1 - 2 log r] / 2 with r = p / q = 1 + difference / q, p and q positive.
double diagonal_term(double p, double q, double difference);

/// The same for many pairs of dimension `d` <= kBatchLimit, eight at a time. `a` and `b` are the full symmetric
/// matrices, the trace is tr(b^-1 a): p's and q's covariances, or q's and p's precisions. `shift` is whitened by b
/// (covariances) or multiplied by a's factor (precisions). Columns are d + d * d numbers: vector and matrix of each
/// side.
struct Batch {
  Index dimension;
  bool is_precision;
  In p, q;  ///< theta; one column or one a pair
};
inline constexpr Index kBatchLimit = 32;
void kl_batch(const Batch& batch, Row value, Row error);

/// One pair's divergence and what rounding can do to it.
struct KlValue {
  double value = 0, error = 0;
};

/// Where one side is sparse and too large for dense matrices, and the other one sparse or diagonal.
bool sparse_kl_applies(const Side& p, const Side& q);
KlValue sparse_kl(const Side& p, const Side& q, Index i, Index j);

}  // namespace kullback::multivariate_normal
