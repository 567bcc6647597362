#include "core/random.hpp"

#include <Random123/philox.h>

namespace kullback {

namespace {

r123::Philox4x64::ctr_type draw_four(std::uint64_t seed, Purpose purpose, std::uint64_t sweep, std::uint64_t member,
                                     std::uint64_t block) {
  return r123::Philox4x64()({{sweep, member, block, 0}}, {{seed, static_cast<std::uint64_t>(purpose)}});
}

// The midpoint of one of 2^53 intervals of (0, 1): never 0, never 1.
double uniform(std::uint64_t bits) { return (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53; }

}  // namespace

void Stream::uniforms(std::uint64_t sweep, std::uint64_t first_member, Out out) const {
  for (Index k = 0; k < out.cols(); ++k)
    for (Index draw = 0; draw < out.rows(); draw += 4) {
      const auto four = draw_four(seed_, purpose_, sweep, first_member + static_cast<std::uint64_t>(k),
                                  static_cast<std::uint64_t>(draw / 4));
      for (Index i = 0; i < 4 && draw + i < out.rows(); ++i)
        out(draw + i, k) = uniform(four[static_cast<std::size_t>(i)]);
    }
}

std::uint64_t Stream::bits(std::uint64_t sweep, std::uint64_t member, std::uint64_t draw) const {
  return draw_four(seed_, purpose_, sweep, member, draw / 4)[draw % 4];
}

}  // namespace kullback
