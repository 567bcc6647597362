#include "renyi.hpp"

#include <algorithm>

#include <kullback/gauss_legendre.hpp>

namespace kullback::location_scale {
namespace {

// Rounding must not change the sign: negative for negative orders.
double signed_like(double order, double value) { return order < 0 ? std::min(value, 0.0) : std::max(value, 0.0); }

}  // namespace

// r^(1-order) / (order + (1 - order) r)
Bounded exponential_log_integral(double order, double r, double e) {
  const double rest = 1 - order, decline = order + rest * r;  // of the tails
  if (!(decline > 0)) return {kInfinity, 0};
  if (std::abs(e) < 0.5) {
    const double value = rest * log1pmx(e) - log1pmx(rest * e);
    return {value, 8 * kEpsilon * (std::abs(value) + std::abs(rest) * e * e)};
  }
  const double raised = rest * std::log(r), value = raised - std::log(decline);
  return {value, 8 * kEpsilon * (std::abs(value) + std::abs(raised))};
}

// exp(-x/scale) is an exponential variable of rate exp(location/scale).
Bounded gumbel_renyi(double order, const double* p, const double* q) {
  if (order == 1) throw UnsupportedError("the order 1 is kl");
  if (p[1] != q[1]) throw UnsupportedError("the scales differ, and the integral has no elementary form then");
  const double d = (q[0] - p[0]) / p[1];
  if (!(std::abs(d) < 700)) throw UnsupportedError("they are too far apart");
  const double r = std::exp(d), e = std::expm1(d);
  const Bounded found = exponential_log_integral(order, r, e);
  if (found.value == kInfinity) return {order < 0 ? -kInfinity : kInfinity, 0};
  const double slope = std::abs(order * (1 - order) * e / (order + (1 - order) * r));  // by d
  return {signed_like(order, found.value / (order - 1)),
          (found.error + 4 * kEpsilon * std::abs(d) * slope) / std::abs(order - 1)};
}

// With u = order d/scale_p, v = (1 - order) d/scale_q, d = |shift|, r = scale_p/scale_q the integral is
//   r^(1-order) / (order + (1 - order) r) * (1 + g),  g = -u v phi[u, v],  phi(z) = (e^-z - 1 + z)/z,
// phi[u, v] its divided difference: the mean of phi'(z) = e^-z (e^z - 1 - z)/z^2 between u and v.
Bounded laplace_renyi(double order, const double* p, const double* q) {
  const double r = p[1] / q[1], e = (p[1] - q[1]) / q[1], rest = 1 - order, distance = std::abs(p[0] - q[0]);
  const auto [scales, rounding] = exponential_log_integral(order, r, e);
  if (scales == kInfinity) return {order < 0 ? -kInfinity : kInfinity, 0};
  if (order == 1) throw UnsupportedError("the order 1 is kl");
  const double u = order * distance / p[1], v = rest * distance / q[1];
  double locations;
  if (u == v && u > 6) {
    locations = std::log1p(u) - u;
  } else if (std::abs(u - v) < 6 && std::abs(u) < 30 && std::abs(v) < 30) {
    const auto slope = [&](double s) {
      const double z = v + s * (u - v);
      return z == 0 ? 0.5 : std::exp(-z) * (expm1mx(z) / z) / z;
    };
    locations = std::log1p(-u * v * (u == v ? slope(0) : gauss_legendre(slope, 0, 1)));
  } else {
    // (u e^-v - v e^-u)/(u - v), the larger exponential taken out
    const double top = std::max(-u, -v);
    const double difference = u * std::exp(-v - top) - v * std::exp(-u - top);
    locations = top + std::log(difference / (u - v));
  }
  const double value = (scales + locations) / (order - 1);
  return {signed_like(order, value),
          (4 * rounding + 32 * kEpsilon * (std::abs(scales) + std::abs(locations))) / std::abs(order - 1)};
}

// The integral is Legendre's function P_(order-1)(1 + chi), Laplace's integral of which is the mean of exp(nu L) over
// the half turn, L = log(1 + chi + s cos a), s^2 = chi (chi + 2); the mean of L itself is log(1 + chi/2).
Bounded cauchy_renyi(double order, const double* p, const double* q) {
  if (order == 1) throw UnsupportedError("the order 1 is kl");
  const double root = std::sqrt(p[1]) * std::sqrt(q[1]);
  const double h = std::hypot((p[0] - q[0]) / root, (p[1] - q[1]) / root), chi = h * h / 2;
  if (!(chi < 1e12)) throw UnsupportedError("they are too far apart");
  const double s = h * std::sqrt(1 + chi / 2), nu = order > 0.5 ? order - 1 : -order, least = 1 / (1 + chi + s);
  const auto excess = [&](double a) {  // a from where the argument is least
    const double half = std::sin(0.5 * a);
    return expm1mx(nu * (chi < 0.1 ? std::log1p(chi - s * std::cos(a)) : std::log(least + 2 * s * half * half)));
  };
  double mean = 0, from = 0;
  for (double to = std::min(0.5 * kPi, 0.5 * least); from < kPi; from = to, to = std::min(kPi, 2 * to))
    mean += gauss_legendre(excess, from, to) / kPi;
  const double integral = mean + nu * std::log1p(chi / 2);  // less 1
  const double value = std::log1p(integral) / (order - 1);
  return {signed_like(order, value),
          kEpsilon * 32 * (mean + std::abs(nu) * std::log1p(chi / 2)) / (1 + integral) / std::abs(order - 1)};
}

}  // namespace kullback::location_scale
