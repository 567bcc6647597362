#include "inference/bound.hpp"

#include "inference/sweep.hpp"
#include "parallel/parallel.hpp"

#include <kullback/numerics.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kullback::inference {

double guarded_dot(const double* a, const double* b, Index rows) {
  double sum = 0;
  for (Index r = 0; r < rows; ++r) sum += a[r] == 0 || b[r] == 0 ? 0.0 : a[r] * b[r];
  return sum;
}

bool fell(const Bound& before, const Bound& after, double slack) {
  return !(after.value >= before.value - std::max(before.rounding, after.rounding) - slack);
}

std::string describe_fall(const Bound& before, const Bound& after, double slack,
                          const std::vector<std::string>& names) {
  if (!fell(before, after, slack)) return {};
  const double allowed = std::max(before.rounding, after.rounding) + slack;
  std::size_t worst = 0;
  for (std::size_t t = 0; t < after.terms.size(); ++t)
    if (!(after.terms[t] - before.terms[t] >= after.terms[worst] - before.terms[worst])) worst = t;
  return fmt::format(
      "the bound fell from {:.17g} to {:.17g}, by more than rounding and quadrature allow ({:.3g}), most in "
      "the term {} (from {:.17g} to {:.17g})",
      before.value, after.value, allowed, names[worst], before.terms[worst], after.terms[worst]);
}

Bound Sweeper::bound() const {
  const std::size_t terms = joint_.terms().size();
  Bound bound;
  bound.terms.resize(terms + kernels_.size());
  joint_.expected_log_density({bound.terms.data(), terms});
  for (std::size_t b = 0; b < kernels_.size(); ++b) {
    // H = A - <eta, m>: the difference of two terms that may be far larger.
    double normalizers = 0, inner = 0;
    if (kernels_[b].sums_hold) {
      for (const Sums& sums : kernels_[b].sums) {
        normalizers += sums.normalizers;
        inner += sums.inner;
      }
    } else {
      const Block& from = block(static_cast<int>(b));
      const Index rows = from.eta.rows();
      normalizers = parallel::sum_chunks(from.members(), kernels_[b].grain, [&](Index begin, Index end) {
        return from.log_partition.segment(begin, end - begin).sum();
      });
      inner = parallel::sum_chunks(from.members(), kernels_[b].grain, [&](Index begin, Index end) {
        return guarded_dot(from.eta.data() + begin * rows, from.m.data() + begin * rows, (end - begin) * rows);
      });
    }
    bound.terms[terms + b] = normalizers - inner;
    bound.rounding += std::abs(normalizers) + std::abs(inner);
  }
  for (std::size_t t = 0; t < bound.terms.size(); ++t) {
    bound.value += bound.terms[t];
    if (t < terms) bound.rounding += std::abs(bound.terms[t]);
  }
  bound.rounding *= 64 * kEpsilon;
  return bound;
}

std::vector<std::string> Sweeper::bound_names() const {
  std::vector<std::string> names = joint_.terms();
  for (const Block& b : blocks()) names.push_back("entropy of " + b.name);
  return names;
}

}  // namespace kullback::inference
