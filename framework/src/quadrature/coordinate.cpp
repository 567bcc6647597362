#include "quadrature/coordinate.hpp"

#include <kullback/numerics.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::quadrature {

namespace {
constexpr double kInf = std::numeric_limits<double>::infinity();

double log_add(double a, double b) {
  const double top = std::max(a, b);
  return std::isfinite(top) ? top + std::log1p(std::exp(std::min(a, b) - top)) : top;
}
}  // namespace

void Mapped::resize(Index count) {
  if (x.size() >= count) return;
  for (auto* row : {&x, &log_from_low, &log_to_high, &log_jacobian, &rounding}) row->resize(count);
}

Coordinate::Coordinate(double low, double high, double center, double scale)
    : low_(low),
      high_(high),
      center_(std::isfinite(center) ? center : 0),
      scale_(std::isfinite(scale) && scale > 0 ? scale : 1),
      bounded_low_(std::isfinite(low)),
      bounded_high_(std::isfinite(high)) {}

double Coordinate::to_t(double x) const {
  if (bounded_low_ && bounded_high_) return std::log(x - low_) - std::log(high_ - x);
  if (bounded_low_) return std::log(x - low_);
  if (bounded_high_) return -std::log(high_ - x);
  return std::asinh((x - center_) / scale_);
}

double Coordinate::to_x(double t) const {
  Mapped out;
  out.resize(1);
  map(&t, 1, out);
  return out.x(0);
}

void Coordinate::map(const double* t, Index count, Mapped& out) const {
  out.resize(count);
  if (!bounded_low_ && !bounded_high_) {
    for (Index i = 0; i < count; ++i) {
      const double up = std::exp(std::abs(t[i]));
      const double rest = std::abs(t[i]) < 0.5 ? std::sinh(t[i]) : std::copysign(0.5 * (up - 1 / up), t[i]);
      const double slope = scale_ * 0.5 * (up + 1 / up);
      out.x(i) = center_ + scale_ * rest;
      out.log_jacobian(i) = std::log(slope);
      out.rounding(i) = kEpsilon * (std::abs(t[i]) + std::abs(out.x(i)) / slope);
    }
    return;
  }
  if (bounded_low_ && bounded_high_) {
    const double width = high_ - low_, log_width = std::log(width);
    for (Index i = 0; i < count; ++i) {
      const double e = std::exp(-std::abs(t[i]));
      const double soft = std::log1p(e);
      out.log_from_low(i) = log_width + std::min(t[i], 0.0) - soft;
      out.log_to_high(i) = log_width - std::max(t[i], 0.0) - soft;
      out.log_jacobian(i) = log_width - std::abs(t[i]) - 2 * soft;
      const double near = width * e / (1 + e);
      out.x(i) = t[i] < 0 ? low_ + near : high_ - near;
    }
  } else {
    for (Index i = 0; i < count; ++i) {
      const double distance = std::exp(bounded_low_ ? t[i] : -t[i]);
      out.x(i) = bounded_low_ ? low_ + distance : high_ - distance;
      out.log_from_low(i) = bounded_low_ ? t[i] : kInf;
      out.log_to_high(i) = bounded_low_ ? kInf : -t[i];
      out.log_jacobian(i) = bounded_low_ ? t[i] : -t[i];
    }
  }
  // A family that looks at x alone must not see the end itself.
  for (Index i = 0; i < count; ++i) {
    if (out.x(i) <= low_) out.x(i) = std::nextafter(low_, kInf);
    if (out.x(i) >= high_) out.x(i) = std::nextafter(high_, -kInf);
    out.rounding(i) = kEpsilon * (1 + std::abs(t[i]));
  }
}

double Coordinate::low_limit() const { return bounded_low_ ? -1e15 : (bounded_high_ ? -700.0 : -high_limit()); }

double Coordinate::high_limit() const {
  if (bounded_high_) return 1e15;
  if (bounded_low_) return 700;
  return std::max(40.0, std::asinh(1e150 / scale_));  // squares of x stay finite
}

void Coordinate::distance_from(double bound, const Mapped& points, Index count, double* out) const {
  if (bound == low_ || !std::isfinite(bound)) {
    for (Index i = 0; i < count; ++i) out[i] = std::isfinite(bound) ? points.log_from_low(i) : kInf;
    return;
  }
  const double gap = std::log(low_ - bound);  // bound < low_, so low_ is finite
  for (Index i = 0; i < count; ++i) out[i] = log_add(points.log_from_low(i), gap);
}

void Coordinate::distance_to(double bound, const Mapped& points, Index count, double* out) const {
  if (bound == high_ || !std::isfinite(bound)) {
    for (Index i = 0; i < count; ++i) out[i] = std::isfinite(bound) ? points.log_to_high(i) : kInf;
    return;
  }
  const double gap = std::log(bound - high_);
  for (Index i = 0; i < count; ++i) out[i] = log_add(points.log_to_high(i), gap);
}

}  // namespace kullback::quadrature
