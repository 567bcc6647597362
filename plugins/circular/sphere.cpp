#include "sphere.hpp"

namespace kullback::circular {

double log_surface(Index dimension) {
  const auto half = 0.5 * static_cast<double>(dimension);
  return std::log(2.0) + half * std::log(kPi) - log_gamma(half);
}

std::vector<std::vector<Parameter>> Directional::parameterizations() const {
  return {{{"mean_direction", Domain::real, Shape::vector}, {"concentration", Domain::non_negative}}};
}

void Directional::to_stored(int, const Layout& layout, In given, Out theta) const {
  const Index d = layout.dimension;
  if (d < 2) throw DomainError("mean_direction", "mean_direction must have 2 or more coordinates");
  for (Index n = 0; n < given.cols(); ++n) {
    const double length = given.col(n).head(d).norm();
    if (!(length > 0)) throw DomainError("mean_direction", "mean_direction must not be zero");
    theta.col(n) = given.col(n);
    if (std::abs(length - 1) > 4 * kEpsilon) theta.col(n).head(d) /= length;
  }
}

void Directional::log_density(const Layout& layout, In theta, const Points& points, Row out) const {
  const Index d = layout.dimension, step = theta.cols() > 1 ? 1 : 0;
  double peak = 0;
  for (Index n = 0; n < points.x.cols(); ++n) {
    const auto t = theta.col(n * step);
    if (n == 0 || step) peak = log_peak(d, t[d]);
    const bool on_sphere = std::abs(points.x.col(n).squaredNorm() - 1) < 1e-9;
    out[n] = on_sphere ? peak + log_ratio(t[d], (points.x.col(n) - t.head(d)).squaredNorm()) : -kInfinity;
  }
}

// E xx' = across (I - uu') + (1 - (d - 1) across) uu'
bool Directional::expect(const Layout& layout, In theta, Text label, Out value) const {
  const Index d = layout.dimension;
  if (label != "x" && label != "x2" && label != "x*x'") return false;
  for (Index n = 0; n < theta.cols(); ++n) {
    const auto u = theta.col(n).head(d);
    const auto [mean, across] = cosine(d, theta(d, n));
    const double along = 1 - static_cast<double>(d) * across;  // beyond `across`
    if (label == "x") {
      value.col(n) = mean * u;
    } else if (label == "x2") {
      value.col(n) = across + along * u.array().square();
    } else {
      for (Index i = 0; i < d; ++i)
        for (Index j = 0; j < d; ++j) value(i * d + j, n) = along * u[i] * u[j] + (i == j ? across : 0);
    }
  }
  return true;
}

// The cosine by its quantile, the rest of the direction by normal variables.
void Directional::sample(const Layout& layout, In theta, In uniforms, Out x) const {
  const Index d = layout.dimension, step = theta.cols() > 1 ? 1 : 0;
  for (Index n = 0; n < x.cols(); ++n) {
    const auto t = theta.col(n * step);
    const double a = angle(d, t[d], uniforms(d, n));
    for (Index i = 0; i < d; ++i) x(i, n) = normal_quantile(uniforms(i, n));
    x.col(n) -= t.head(d).dot(x.col(n)) * t.head(d);
    x.col(n) = std::cos(a) * t.head(d) + std::sin(a) * x.col(n).normalized();
    x.col(n).normalize();
  }
}

}  // namespace kullback::circular
