// Counter-based random numbers: a draw is a function of its name, so that it is the same on any thread, in any order.
#pragma once

#include <kullback/types.hpp>

#include <cstdint>

namespace kullback {

/// What a stream is for: streams of different purposes never share numbers.
enum class Purpose : std::uint64_t { data, initialization, schedule, report, integration };

/// Uniforms in (0, 1) keyed by (seed, purpose) and counted by (sweep, member, draw). Philox4x64-10 [Salmon et al.
/// 2011].
class Stream {
 public:
  Stream(std::uint64_t seed, Purpose purpose) : seed_(seed), purpose_(purpose) {}

  /// Fills column k with the draws of member first_member + k, top to bottom.
  void uniforms(std::uint64_t sweep, std::uint64_t first_member, Out out) const;

  /// 64 random bits.
  std::uint64_t bits(std::uint64_t sweep, std::uint64_t member, std::uint64_t draw = 0) const;

 private:
  std::uint64_t seed_;
  Purpose purpose_;
};

}  // namespace kullback
