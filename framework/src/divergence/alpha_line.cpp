// log of integral p^a q^(1-a) in one dimension, however small or large: around the peaks of the mixed density, which
// may be far from those of p and q, and scaled by its largest value.
#include "divergence/integral.hpp"
#include "divergence/piece.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::divergence {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

class Mixed {
 public:
  Mixed(Piece& piece, double order) : piece_(piece), order_(order) {}

  Eigen::RowVectorXd operator()(In t) {
    const Index n = t.cols();
    piece_.logarithms(t);
    Eigen::RowVectorXd out(n);
    const ConstRow p = piece_.log_p(n), q = piece_.log_q(n);
    for (Index i = 0; i < n; ++i) {
      // Supports were looked at before: a logarithm that is lost is beyond what a double can hold.
      if ((order_ > 1 && q[i] == -kInf && p[i] > -kInf) || (order_ < 0 && p[i] == -kInf && q[i] > -kInf))
        out[i] = kInf;
      else if (p[i] == -kInf || q[i] == -kInf)
        out[i] = -kInf;
      else
        out[i] = q[i] + order_ * (p[i] - q[i]);
    }
    return out;
  }
  double operator()(double t) { return (*this)(Eigen::MatrixXd::Constant(1, 1, t))[0]; }

  // What the rounding of both logarithms is worth in the mixed one.
  double noise(Index n, Index i) const {
    return kEpsilon * (2 + std::abs(order_ * piece_.log_p(n)[i]) + std::abs((1 - order_) * piece_.log_q(n)[i]) +
                       2 * std::abs(piece_.mapped().log_jacobian[i]));
  }

 private:
  Piece& piece_;
  double order_;
};

// Points from the break points outward to the limits.
std::vector<double> scan_points(const quadrature::Line& line) {
  std::vector<double> t;
  constexpr int kBetween = 16;
  for (std::size_t i = 0; i + 1 < line.breaks.size(); ++i)
    for (int k = 0; k < kBetween; ++k)
      t.push_back(line.breaks[i] + (line.breaks[i + 1] - line.breaks[i]) * k / kBetween);
  t.push_back(line.breaks.back());
  const auto outward = [&](double start, double limit) {
    const double sign = limit > start ? 1 : -1;
    for (double width = 0.1, at = start + sign * width; sign * (limit - at) > 0; at += sign * width, width *= 1.1)
      t.push_back(at);
  };
  outward(line.breaks.back(), line.high_limit);
  outward(line.breaks.front(), line.low_limit);
  std::sort(t.begin(), t.end());
  return t;
}

struct Peak {
  double t, height;
};

std::vector<Peak> peaks(Mixed& mixed, const std::vector<double>& t, const Eigen::RowVectorXd& g) {
  std::vector<Peak> out;
  for (std::size_t i = 0; i < t.size(); ++i) {
    const auto k = static_cast<Index>(i);
    const double before = i > 0 ? g[k - 1] : -kInf, after = i + 1 < t.size() ? g[k + 1] : -kInf;
    if (!std::isfinite(g[k]) || g[k] < before || g[k] < after) continue;
    double a = i > 0 ? t[i - 1] : t[i], b = i + 1 < t.size() ? t[i + 1] : t[i];
    for (int step = 0; step < 60 && b - a > 1e-9 * (1 + std::abs(a)); ++step) {
      const double left = a + 0.382 * (b - a), right = b - 0.382 * (b - a);
      if (mixed(left) < mixed(right))
        a = left;
      else
        b = right;
    }
    const double at = 0.5 * (a + b);
    out.push_back({at, std::max(g[k], mixed(at))});
  }
  std::sort(out.begin(), out.end(), [](const Peak& x, const Peak& y) { return x.height > y.height; });
  return out;
}

// Over the outer half of the way from the break points to a limit: a tail that does not fall there never will. Two
// places that far apart tell a slope of 0 from the rounding of t, which neighbours do not.
bool never_falls(Mixed& mixed, double start, double limit, double flat) {
  const double middle = 0.5 * start + 0.5 * limit, last = mixed(limit), before = mixed(middle);
  return start != limit && std::isfinite(last) && std::isfinite(before) &&
         (last - before) / std::abs(limit - middle) > -flat;
}

// Where the mixed density has fallen by one from its peak.
double reach(Mixed& mixed, const Peak& peak, double sign, double limit) {
  double step = 1e-12 * (1 + std::abs(peak.t));
  while (mixed(peak.t + sign * step) > peak.height - 1 && step < limit) step *= 2;
  return step;
}

}  // namespace

Estimate integrate_logarithm(const Question& question) {
  const double order = question.divergence.order();
  const PiecesOfLine line(question);
  double log_c = -kInf, relative_error = 0;
  Index evaluations = 0;
  for (PiecesOfLine::One part : line.pieces()) {
    Piece piece(question, line.p(), line.q(), part.coordinate);
    if (!piece.has_p() || !piece.has_q()) continue;
    Mixed mixed(piece, order);
    if (order < 0 || order > 1) {
      if (never_falls(mixed, part.line.breaks.front(), part.line.low_limit, part.line.low_flat))
        return infinite(fmt::format("the integral diverges {}", where(part.coordinate, part.line.low_limit)));
      if (never_falls(mixed, part.line.breaks.back(), part.line.high_limit, part.line.high_flat))
        return infinite(fmt::format("the integral diverges {}", where(part.coordinate, part.line.high_limit)));
    }
    const std::vector<double> scan = scan_points(part.line);
    const Eigen::RowVectorXd heights =
        mixed(Eigen::Map<const Eigen::RowVectorXd>(scan.data(), static_cast<Index>(scan.size())));
    for (std::size_t i = 0; i < scan.size(); ++i)
      if (heights[static_cast<Index>(i)] == kInf)
        return infinite(fmt::format("the integral diverges {}", where(part.coordinate, scan[i])));
    const std::vector<Peak> found = peaks(mixed, scan, heights);
    if (found.empty()) continue;
    const double top = found.front().height;
    if (top == kInf) return infinite(fmt::format("the integral diverges {}", where(part.coordinate, found.front().t)));
    // Still rising where the scan ends: for orders outside [0, 1] one tail outweighs the other.
    const double end = found.front().t, reach_of_scan = 1e-3 * (part.line.high_limit - part.line.low_limit);
    if ((order < 0 || order > 1) && std::min(end - part.line.low_limit, part.line.high_limit - end) < reach_of_scan)
      return infinite(
          fmt::format("the integral diverges {}",
                      where(part.coordinate,
                            end - part.line.low_limit < reach_of_scan ? part.line.low_limit : part.line.high_limit)));
    const double span = part.line.high_limit - part.line.low_limit;
    for (const Peak& peak : found) {
      if (peak.height < top - 60) break;
      for (const double sign : {1.0, -1.0}) {
        const double width = reach(mixed, peak, sign, span);
        for (const double step : {0.0, 1.0, 3.0, 6.0})
          if (const double t = peak.t + sign * step * width; t > part.line.low_limit && t < part.line.high_limit)
            part.line.breaks.push_back(t);
      }
    }
    std::sort(part.line.breaks.begin(), part.line.breaks.end());
    part.line.breaks.erase(std::unique(part.line.breaks.begin(), part.line.breaks.end()), part.line.breaks.end());
    quadrature::Options options;
    options.relative_tolerance = 5e-3 * question.options.relative_tolerance;
    options.driving = 1;
    options.noise_component = 1;
    const quadrature::Integral integral = quadrature::integrate_1d(
        [&](In t, Out out) {
          const Eigen::RowVectorXd g = mixed(t);
          for (Index i = 0; i < t.cols(); ++i) {
            out(0, i) = std::exp(g[i] - top);
            out(1, i) = out(0, i) == 0 ? 0 : out(0, i) * mixed.noise(t.cols(), i);
          }
        },
        2, part.line, options);
    if (integral.infinite)
      return infinite(fmt::format("the integral diverges {}", where(part.coordinate, integral.infinite_at)));
    evaluations += integral.evaluations;
    if (!(integral.value(0) > 0)) continue;
    const double here = top + std::log(integral.value(0));
    const double error = (2 * (integral.error(0) + integral.value(1))) / integral.value(0) + 1e-14;
    const double larger = std::max(log_c, here);
    const double old_share = std::exp(log_c - larger), share = std::exp(here - larger);
    relative_error = (old_share * relative_error + share * error) / (old_share + share);
    log_c = larger + std::log(old_share + share);
  }
  if (log_c == -kInf)
    return infinite(order < 0 || order > 1 ? "the integral of p^a q^(1-a) diverges" : "p and q do not overlap");
  const bool below = order >= 0 && order <= 1;
  // c is known to lie on one side of 1.
  const double value = below ? -log_c : log_c;
  return {std::max(value, 0.0), -std::log1p(-std::min(relative_error, 0.999)), Method::quadrature,
          fmt::format("adaptive Gauss-Kronrod of p^a q^(1-a), {} evaluations", evaluations)};
}

}  // namespace kullback::divergence
