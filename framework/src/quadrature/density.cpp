// log Z and expectations of an unnormalized density in 1 to 3 dimensions.
#include "quadrature/chart.hpp"

#include <kullback/error.hpp>

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::quadrature {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

double at(const LogDensity& log_density, const Box& box, const Eigen::VectorXd& x) {
  if ((x.array() < box.low.array()).any() || (x.array() > box.high.array()).any()) return -kInf;
  Eigen::RowVectorXd out(1);
  log_density(x, row(out));
  return out(0) < kInf ? out(0) : -kInf;  // NaN neither
}

// Values of one coordinate at all scales.
std::vector<double> scan_values(double low, double high) {
  std::vector<double> out;
  if (std::isfinite(low) && std::isfinite(high)) {
    for (int k = 0; k < 15; ++k) out.push_back(low + (high - low) * (k + 0.5) / 15);
    return out;
  }
  const double origin = std::isfinite(low) ? low : std::isfinite(high) ? high : 0;
  for (int k = -4; k <= 4; ++k) {
    if (!std::isfinite(high)) out.push_back(origin + std::pow(10.0, k));
    if (!std::isfinite(low)) out.push_back(origin - std::pow(10.0, k));
  }
  if (!std::isfinite(low) && !std::isfinite(high)) out.push_back(0);
  std::sort(out.begin(), out.end());
  return out;
}

// Uphill along coordinates and along the last successful move, with steps that grow and shrink. [Hooke & Jeeves 1961]
Eigen::VectorXd climb(const LogDensity& log_density, const Box& box, Eigen::VectorXd x, double& value) {
  Eigen::VectorXd step = (0.25 * x.cwiseAbs()).cwiseMax(0.1);
  for (int round = 0; round < 120; ++round) {
    const Eigen::VectorXd before = x;
    const double old = value;
    for (Index i = 0; i < x.size(); ++i) {
      bool moved = false;
      for (const double sign : {1.0, -1.0}) {
        Eigen::VectorXd next = x;
        next(i) += sign * step(i);
        const double there = at(log_density, box, next);
        if (there > value) {
          x = next, value = there, moved = true;
          break;
        }
      }
      step(i) *= moved ? 1.6 : 0.4;
    }
    const Eigen::VectorXd further = x + (x - before);
    const double there = at(log_density, box, further);
    if (there > value) x = further, value = there;
    // The scale of what follows is found elsewhere: a maximum to a thousandth of a nat will do.
    if (round > 8 && value - old < 1e-3 && (step.array() < 1e-2 * (1e-3 + x.array().abs())).all()) break;
  }
  return x;
}

// How far along a coordinate the density falls by about one nat.
double reach(const LogDensity& log_density, const Box& box, const Eigen::VectorXd& mode, double top, Index i) {
  double step = 1e-8 * (1 + std::abs(mode(i)));
  for (int k = 0; k < 200; ++k, step *= 1.5) {
    Eigen::VectorXd up = mode, down = mode;
    up(i) += step, down(i) -= step;
    if (std::min(at(log_density, box, up), at(log_density, box, down)) < top - 1) break;
  }
  return step;
}

Eigen::MatrixXd curvature(const LogDensity& log_density, const Box& box, const Eigen::VectorXd& mode, double top) {
  const Index d = mode.size();
  Eigen::VectorXd h(d);
  for (Index i = 0; i < d; ++i) h(i) = reach(log_density, box, mode, top, i);
  Eigen::MatrixXd hessian(d, d);
  bool finite = true;
  for (Index i = 0; i < d; ++i)
    for (Index j = 0; j <= i; ++j) {
      double sum = 0;
      for (const double a : {1.0, -1.0})
        for (const double b : {1.0, -1.0}) {
          Eigen::VectorXd x = mode;
          x(i) += a * h(i) / 2, x(j) += b * h(j) / 2;
          sum += a * b * at(log_density, box, x);
        }
      hessian(i, j) = hessian(j, i) = -sum / (h(i) * h(j));
      finite = finite && std::isfinite(sum);
    }
  if (finite) {
    const Eigen::LLT<Eigen::MatrixXd> factor(hessian);
    if (factor.info() == Eigen::Success) {
      const Eigen::MatrixXd covariance = factor.solve(Eigen::MatrixXd::Identity(d, d));
      const Eigen::LLT<Eigen::MatrixXd> out(covariance);
      if (out.info() == Eigen::Success && covariance.allFinite()) return out.matrixL();
    }
  }
  return h.asDiagonal();
}

struct Search {
  Location location;
  std::vector<Location> modes;
  double top = -kInf;
};

DensityIntegral integrate(const LogDensity& log_density, const Box& box, Index statistics, const Statistics& evaluate,
                          const Options& options, const Search& search) {
  const Chart chart(box, search.location, false);
  const Index rows = statistics + 2, d = box.low.size();
  const double top = search.top;
  const Integrand integrand = [&](In u, Out out) {
    const Index n = u.cols();
    Eigen::MatrixXd x(d, n), s(statistics, n);
    Eigen::RowVectorXd log_p(n), log_jacobian(n), far(n);
    chart.map(u, x, row(log_jacobian), row(far));
    log_density(x, row(log_p));
    if (statistics > 0) evaluate(x, s);
    for (Index i = 0; i < n; ++i) {
      if (std::isnan(log_p(i)))
        throw NumericalError("a log density is not a number at x = " + std::to_string(x(0, i)) +
                             (d > 1 ? ", ..." : ""));
      const double w = log_jacobian(i) == -kInf ? 0 : std::exp(log_p(i) - top + log_jacobian(i));
      out(0, i) = w;
      out(rows - 1, i) = log_p(i) - top + log_jacobian(i);
      for (Index k = 0; k < statistics; ++k) out(k + 1, i) = w == 0 ? 0 : w * s(k, i);
    }
  };
  Options rule = options;
  rule.driving = statistics + 1;
  rule.log_component = rows - 1;
  const Integral integral = cubature(integrand, rows, chart.breaks(search.modes), rule);
  DensityIntegral out;
  out.evaluations = integral.evaluations;
  out.converged = integral.converged && !integral.infinite;
  out.mean = Eigen::VectorXd::Zero(statistics);
  out.error = out.mean;
  if (integral.infinite) {
    out.log_normalizer = kInf;
    return out;
  }
  const double z = integral.value(0), z_error = 2 * integral.error(0) + 1e-14 * z;
  out.log_normalizer = top + std::log(z);
  out.log_normalizer_error = z_error < 0.5 * z ? -std::log1p(-z_error / z) : kInf;
  for (Index k = 0; k < statistics; ++k) {
    out.mean(k) = integral.value(k + 1) / z;
    out.error(k) = (2 * integral.error(k + 1) + std::abs(out.mean(k)) * z_error) / z;
  }
  return out;
}

// The density of the logarithm of the distance to an end, where a coordinate has one end: what grows without bound
// beside it has no mode in x.
LogDensity by_scales(const LogDensity& log_density, const Box& box) {
  return [&log_density, &box](In x, Row out) {
    log_density(x, out);
    for (Index i = 0; i < box.low.size(); ++i) {
      const bool low = std::isfinite(box.low(i)), high = std::isfinite(box.high(i));
      if (low == high) continue;
      for (Index n = 0; n < x.cols(); ++n) out(n) += std::log(low ? x(i, n) - box.low(i) : box.high(i) - x(i, n));
    }
  };
}

Search search(const LogDensity& given, const Box& box) {
  const LogDensity log_density = by_scales(given, box);
  const Index d = box.low.size();
  std::vector<std::vector<double>> axes;
  Index count = 1;
  for (Index i = 0; i < d; ++i) {
    axes.push_back(scan_values(box.low(i), box.high(i)));
    count *= static_cast<Index>(axes.back().size());
  }
  Eigen::MatrixXd points(d, count);
  for (Index n = 0; n < count; ++n) {
    Index rest = n;
    for (Index i = 0; i < d; ++i) {
      const auto& axis = axes[static_cast<std::size_t>(i)];
      points(i, n) = axis[static_cast<std::size_t>(rest) % axis.size()];
      rest /= static_cast<Index>(axis.size());
    }
  }
  Eigen::RowVectorXd value(count);
  log_density(points, row(value));
  std::vector<std::pair<double, Index>> order;
  for (Index n = 0; n < count; ++n)
    if (value(n) > -kInf) order.push_back({value(n), n});
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  Search out;
  if (order.empty()) return out;
  // The best points, and not all of them from one corner.
  std::vector<std::pair<double, Eigen::VectorXd>> modes;
  for (std::size_t k = 0; k < order.size() && k < 12; ++k) {
    double top = order[k].first;
    const Eigen::VectorXd mode = climb(log_density, box, points.col(order[k].second), top);
    modes.push_back({top, mode});
  }
  std::sort(modes.begin(), modes.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  out.top = modes.front().first;
  for (const auto& [top, mode] : modes) {
    if (top < out.top - 30 || out.modes.size() >= 3) break;
    bool known = false;
    for (const Location& other : out.modes)
      known = known || (other.factor.triangularView<Eigen::Lower>().solve(mode - other.center)).norm() < 2;
    if (!known) out.modes.push_back({mode, curvature(log_density, box, mode, top)});
  }
  out.location = out.modes.front();
  // A coarse integration finds the bulk that the curvature at a mode may miss.
  Options coarse;
  coarse.relative_tolerance = 1e-2;
  coarse.max_evaluations = 400000;
  const Index rows = d + d * d;
  const DensityIntegral moments = integrate(
      given, box, rows,
      [&](In x, Out s) {
        for (Index n = 0; n < x.cols(); ++n) {
          s.col(n).head(d) = x.col(n);
          for (Index i = 0; i < d; ++i) s.col(n).segment(d + i * d, d) = x.col(n) * x(i, n);
        }
      },
      coarse, out);
  if (!moments.converged || !moments.mean.allFinite()) return out;
  const Eigen::VectorXd mean = moments.mean.head(d);
  const Eigen::MatrixXd covariance =
      Eigen::Map<const Eigen::MatrixXd>(moments.mean.data() + d, d, d) - mean * mean.transpose();
  const Eigen::LLT<Eigen::MatrixXd> factor(covariance);
  if (factor.info() != Eigen::Success || !(covariance.diagonal().array() > 0).all()) return out;
  Search moved = out;
  moved.location = {mean, factor.matrixL()};
  // Moments that do not exist come out as large as the chart reaches: around them the mass is lost.
  constexpr double kFarWider = 100;
  const Eigen::VectorXd wider =
      moved.location.factor.rowwise().norm().array() / out.location.factor.rowwise().norm().array();
  if (wider.maxCoeff() > kFarWider) {
    const double there = integrate(given, box, 0, {}, coarse, moved).log_normalizer;
    if (!(std::abs(there - moments.log_normalizer) < 0.1)) return out;
  }
  return moved;
}

}  // namespace

Location locate(const LogDensity& log_density, const Box& box) {
  Search found = search(log_density, box);
  if (found.modes.empty())
    throw NumericalError("the mass of a density was not found: it is 0 at every point that was tried");
  return found.location;
}

DensityIntegral integrate_density(const LogDensity& log_density, const Box& box, Index statistics,
                                  const Statistics& evaluate, const Options& options, const Location* location) {
  Search found;
  if (location) {
    found.location = *location;
    found.modes = {*location};
    found.top = at(log_density, box, location->center);
  }
  if (!std::isfinite(found.top)) found = search(log_density, box);
  if (found.modes.empty()) {
    DensityIntegral out;
    out.log_normalizer = -kInf;
    out.mean = out.error = Eigen::VectorXd::Zero(statistics);
    out.converged = false;
    return out;
  }
  return integrate(log_density, box, statistics, evaluate, options, found);
}

}  // namespace kullback::quadrature
