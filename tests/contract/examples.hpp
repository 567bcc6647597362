// Members of every registered family, for properties that hold of all of them.
#pragma once

#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "support/members.hpp"

namespace kullback::contract {

/// One member, with a name for test reports ("normal/2").
struct Example {
  std::string name;
  Members members;
};
inline void PrintTo(const Example& example, std::ostream* out) { *out << example.name; }

/// Members of a plain family from its parameterizations' domains; of a structural one from a list kept here. A
/// registered family that yields none fails the test `Families.EveryFamilyHasExamples`.
const std::vector<Example>& examples();

/// Those that have capability C.
template <class C>
std::vector<Example> examples_with() {
  std::vector<Example> out;
  for (const Example& e : examples())
    if (capability<C>(*e.members.family, e.members.layout)) out.push_back(e);
  return out;
}

/// Those of dimension one.
std::vector<Example> on_the_line();

/// Those of dimension one, the first of each family.
std::vector<Example> one_of_each();

/// The divergence as it is written in a file; nothing where it is refused.
std::optional<Estimate> value_of(const std::string& written, const Members& p, const Members& q,
                                 bool numerically = false);

/// Uniforms in (0, 1) from a low-discrepancy sequence of its own, so that samplers are tested without the framework's
/// streams.
Eigen::MatrixXd uniforms(Index rows, Index columns);

/// A point and the logarithms of its distances to the ends of the support; a function of x alone takes it for x.
struct At {
  double x, log_from_low, log_to_high;
  operator double() const { return x; }
};
using Function = std::function<double(const At&)>;

/// The integral of f(x) p(x) over the line for a one-dimensional member and that of |f(x)| p(x), by composite
/// Gauss-Legendre on panels bounded by the member's landmarks, its support and `breaks`, growing towards infinity and
/// shrinking towards a bound.
struct Expectation {
  double value, absolute;
};
Expectation expectation(const Members& members, const Function& f, const std::vector<double>& breaks = {});

/// Moments by label, one column.
Eigen::VectorXd expect(const Members& members, Text label, Index rows);

inline std::string test_name(const ::testing::TestParamInfo<Example>& info) {
  std::string out = info.param.name;
  for (char& c : out)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return out;
}

}  // namespace kullback::contract
