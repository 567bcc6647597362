#include "quadrature/features.hpp"

#include "quadrature/coordinate.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace kullback::quadrature {

namespace {

constexpr std::array<double, 5> kSteps = {0, 1.5, 4, 8, 30};

void add_bump(double location, double scale, Features& out) {
  if (!std::isfinite(location) || !std::isfinite(scale)) return;
  if (!(scale > 0)) {
    out.points.push_back({location, 0});
    return;
  }
  for (const double step : kSteps) {
    out.points.push_back({location + step * scale, 0.7 * scale});
    if (step > 0) out.points.push_back({location - step * scale, 0.7 * scale});
  }
}

bool from_quantiles(const Distribution& family, const Layout& layout, In theta, Features& out) {
  const auto* quantiles = capability<Quantiles>(family, layout);
  if (!quantiles) return false;
  constexpr std::array<double, 8> kProbabilities = {1e-300, 1e-16, 1e-8, 1e-4, 0.01, 0.1, 0.25, 0.5};
  const Eigen::MatrixXd p =
      Eigen::Map<const Eigen::RowVectorXd>(kProbabilities.data(), static_cast<Index>(kProbabilities.size()));
  Eigen::RowVectorXd low(p.cols()), high(p.cols());
  quantiles->quantile(layout, theta, p, false, row(low));
  quantiles->quantile(layout, theta, p, true, row(high));
  const Index n = p.cols();
  const double quartiles = high(n - 2) - low(n - 2);
  if (!std::isfinite(low(n - 1)) || !(quartiles > 0) || !std::isfinite(quartiles)) return false;
  out.center = low(n - 1);
  out.scale = quartiles / 1.35;
  for (Index i = 0; i < n; ++i)
    for (const double x : {low(i), high(i)})
      if (std::isfinite(x) && i != n - 2) out.points.push_back({x, 0.2 * quartiles});
  return true;
}

bool from_moments(const Distribution& family, const Layout& layout, In theta, Features& out) {
  const auto* moments = capability<Moments>(family, layout);
  if (!moments) return false;
  Eigen::MatrixXd mean(1, 1), square(1, 1);
  if (!moments->expect(layout, theta, "x", mean) || !moments->expect(layout, theta, "x2", square)) return false;
  const double variance = square(0, 0) - mean(0, 0) * mean(0, 0);
  if (!std::isfinite(mean(0, 0)) || !std::isfinite(variance)) return false;
  out.center = mean(0, 0);
  // Far from zero the variance drowns in rounding: the scale is then as small as it can have been.
  out.scale = std::sqrt(std::max(variance, 1e-15 * square(0, 0)));
  if (!(out.scale > 0)) return false;
  add_bump(out.center, out.scale, out);
  return true;
}

// Log density of t over all the reals, with the Jacobian.
class Profile {
 public:
  Profile(const Distribution& family, const Layout& layout, In theta, const Coordinate& coordinate,
          const Support& support)
      : family_(family), layout_(layout), theta_(theta), coordinate_(coordinate), support_(support) {}

  void operator()(const Eigen::RowVectorXd& t, Eigen::RowVectorXd& out) {
    coordinate_.map(t.data(), t.size(), mapped_);
    const Eigen::MatrixXd x = mapped_.x.leftCols(t.size());
    out.resize(t.size());
    if (std::isfinite(support_.low) || std::isfinite(support_.high)) {
      Eigen::MatrixXd from(1, t.size()), to(1, t.size());
      coordinate_.distance_from(support_.low, mapped_, t.size(), from.data());
      coordinate_.distance_to(support_.high, mapped_, t.size(), to.data());
      family_.log_density(layout_, theta_, Points(x, from, to), row(out));
    } else {
      family_.log_density(layout_, theta_, Points(x), row(out));
    }
    out += mapped_.log_jacobian.leftCols(t.size());
    for (double& v : out)
      if (std::isnan(v)) v = -std::numeric_limits<double>::infinity();
  }
  double operator()(double t) {
    Eigen::RowVectorXd one(1), out(1);
    one(0) = t;
    (*this)(one, out);
    return out(0);
  }

 private:
  const Distribution& family_;
  const Layout& layout_;
  In theta_;
  const Coordinate& coordinate_;
  const Support& support_;
  Mapped mapped_;
};

// The local maximum in [a, b] by golden section.
double climb(Profile& profile, double a, double b) {
  constexpr double kGolden = 0.6180339887498949;
  double c = b - kGolden * (b - a), d = a + kGolden * (b - a);
  double at_c = profile(c), at_d = profile(d);
  for (int i = 0; i < 90 && b - a > 1e-14 * (std::abs(a) + std::abs(b)); ++i) {
    if (at_c > at_d) {
      b = d, d = c, at_d = at_c, c = b - kGolden * (b - a), at_c = profile(c);
    } else {
      a = c, c = d, at_c = at_d, d = a + kGolden * (b - a), at_d = profile(d);
    }
  }
  return 0.5 * (a + b);
}

// Where the profile has fallen by one from its maximum at `mode`.
double width(Profile& profile, double mode, double sign, double limit) {
  const double target = profile(mode) - 1;
  double step = 1e-14 * (1 + std::abs(mode));
  while (profile(mode + sign * step) > target && step < limit) step *= 2;
  double inner = step / 2, outer = step;
  for (int i = 0; i < 6; ++i) {
    const double middle = 0.5 * (inner + outer);
    (profile(mode + sign * middle) > target ? inner : outer) = middle;
  }
  return outer;
}

// Nothing is known: look at all scales at once, and climb from every local maximum that is seen.
void from_scan(const Distribution& family, const Layout& layout, In theta, Features& out) {
  const Support support = family.support(layout, theta, 0, 0);
  const Coordinate coordinate(support.low, support.high, 0, 1e-100);
  const double limit = std::isfinite(support.low) || std::isfinite(support.high) ? 700 : 460;
  constexpr Index kCount = 1841;
  Profile profile(family, layout, theta, coordinate, support);
  const Eigen::RowVectorXd t = Eigen::RowVectorXd::LinSpaced(kCount, -limit, limit);
  Eigen::RowVectorXd value;
  profile(t, value);
  std::vector<std::pair<double, Index>> tops;
  for (Index i = 1; i + 1 < kCount; ++i)
    if (value(i) >= value(i - 1) && value(i) >= value(i + 1) && std::isfinite(value(i))) tops.push_back({value(i), i});
  std::sort(tops.begin(), tops.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  if (tops.size() > 8) tops.resize(8);
  std::vector<std::pair<double, Feature>> found;
  for (const auto& [unused, i] : tops) {
    const double mode = climb(profile, t(i - 1), t(i + 1));
    const double left = coordinate.to_x(mode - width(profile, mode, -1, limit));
    const double right = coordinate.to_x(mode + width(profile, mode, 1, limit));
    found.push_back({profile(mode), {coordinate.to_x(mode), 0.7 * (right - left)}});
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto& [height, mode] = found[i];
    if (height < found.front().first - 60 || !(mode.gap > 0)) continue;
    if (i == 0) out.center = mode.x, out.scale = mode.gap;
    add_bump(mode.x, mode.gap, out);
  }
}

}  // namespace

Features find_features(const Distribution& family, const Layout& layout, In theta) {
  Features out;
  bool placed = from_quantiles(family, layout, theta, out);
  std::vector<Landmark> landmarks;
  if (const auto* source = capability<Landmarks>(family, layout)) source->landmarks(layout, theta, 0, landmarks);
  bool bumps = false;
  for (const Landmark& mark : landmarks) {
    add_bump(mark.location, mark.scale, out);
    bumps = bumps || mark.scale > 0;
  }
  if (!placed) placed = from_moments(family, layout, theta, out);
  if (const auto* tabulated = capability<Tabulated>(family, layout)) {
    const std::vector<Eigen::VectorXd> edges = tabulated->edges(layout);
    for (const double edge : edges.front()) out.points.push_back({edge, 0});
  }
  if (!placed && bumps) {
    for (const Landmark& mark : landmarks)
      if (mark.scale > 0) {
        out.center = mark.location, out.scale = mark.scale;
        break;
      }
    placed = true;
  }
  if (!placed) from_scan(family, layout, theta, out);
  return out;
}

std::vector<double> thin(std::vector<Feature> points, double low, double high) {
  std::erase_if(points, [&](const Feature& f) { return !(f.x > low && f.x < high); });
  std::sort(points.begin(), points.end(), [](const Feature& a, const Feature& b) { return a.x < b.x; });
  std::vector<Feature> kept;
  for (const Feature& f : points) {
    if (kept.empty()) {
      kept.push_back(f);
      continue;
    }
    const Feature& last = kept.back();
    const double distance = f.x - last.x;
    if (distance == 0 || (distance < std::min(f.gap, last.gap))) {
      if (distance == 0 && f.gap == 0) kept.back().gap = 0;
      continue;
    }
    // A narrow feature beside a wide one: the wide one's break point gives way.
    if (f.gap == 0 && last.gap > 0 && distance < 1e-3 * last.gap) {
      kept.back() = f;
      continue;
    }
    kept.push_back(f);
  }
  std::vector<double> out;
  for (const Feature& f : kept) out.push_back(f.x);
  return out;
}

}  // namespace kullback::quadrature
