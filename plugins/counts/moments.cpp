// Raw moments from cumulants.
#include "families.hpp"

namespace kullback::counts {

bool square_moment(double mean, double variance, Text label, double c, double& value) {
  if (label == "x") return value = mean, true;
  if (label == "x2") return value = variance + mean * mean, true;
  if (label == "(x-c)^2") return value = variance + (mean - c) * (mean - c), true;
  return false;
}

bool power_moment(const CountCumulants& k, Text label, double c, double& value) {
  const double m = k.first;
  if (label == "x3") return value = k.third + m * (3 * k.second + m * m), true;
  if (label == "x4") return value = k.fourth + 3 * k.second * k.second + m * (4 * k.third + m * (6 * k.second + m * m)), true;
  return square_moment(m, k.second, label, c, value);
}

}  // namespace kullback::counts
