// A fixed rule for smooth functions on a short interval.
#pragma once

#include <array>
#include <cstddef>

namespace kullback {

/// The integral of f over [a, b] by Gauss-Legendre with 20 nodes.
template <class F>
double gauss_legendre(const F& f, double a, double b) {
  constexpr std::array<double, 10> kNodes = {
      0.07652652113349734, 0.22778585114164507, 0.37370608871541955, 0.5108670019508271, 0.636053680726515,
      0.7463319064601508,  0.8391169718222188,  0.912234428251326,   0.9639719272779138, 0.9931285991850949};
  constexpr std::array<double, 10> kWeights = {
      0.15275338713072584, 0.14917298647260374, 0.14209610931838204, 0.13168863844917664, 0.11819453196151841,
      0.10193011981724044, 0.08327674157670475, 0.06267204833410907, 0.04060142980038694, 0.017614007139152118};
  const double middle = 0.5 * (a + b), half = 0.5 * (b - a);
  double sum = 0;
  for (std::size_t i = 0; i < kNodes.size(); ++i)
    sum += kWeights[i] * (f(middle - half * kNodes[i]) + f(middle + half * kNodes[i]));
  return half * sum;
}

}  // namespace kullback
