// Exponentials and logarithms of arrays: loops without branches, which the compiler turns into vector instructions.
#include "core/vector_kernels.hpp"

namespace kullback {

using namespace kernel;

void vector_exp(const double* x, double* out, Index count) {
#pragma GCC ivdep
  for (Index i = 0; i < count; ++i) out[i] = exponential(x[i]);
}

void vector_log(const double* x, double* out, Index count) {
#pragma GCC ivdep
  for (Index i = 0; i < count; ++i) out[i] = logarithm(x[i]);
}

void vector_log_excess(const double* excess, const double* ratio, double* out, Index count) {
#pragma GCC ivdep
  for (Index i = 0; i < count; ++i) {
    const double value = log_excess(excess[i], ratio[i]).value;
    out[i] = ratio[i] > 0 && ratio[i] < kInf ? value : kInf;
  }
}

void vector_exp_digamma(const double* x, double log_scale, double* out, Index count) {
#pragma GCC ivdep
  for (Index i = 0; i < count; ++i) out[i] = exp_digamma(x[i], log_scale);
}

}  // namespace kullback
