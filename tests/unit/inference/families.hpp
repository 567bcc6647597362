// Families written for these tests alone: a product, a target with two modes, a lattice.
#pragma once

#include <gtest/gtest.h>

#include <kullback/kullback.hpp>

#include <cmath>
#include <cstring>
#include <functional>

#include "parallel/parallel.hpp"
#include "support/members.hpp"

namespace kullback::inference_test {

/// A product of independent parts that knows nothing but its parts.
class PlainProduct final : public Distribution, public Product {
 public:
  Text name() const override { return "plain_product"; }
  std::vector<std::vector<Parameter>> parameterizations() const override { return {{}}; }
  Support support(const Layout&, In, Index, Index) const override { return {-HUGE_VAL, HUGE_VAL}; }
  void log_density(const Layout&, In, const Points&, Row out) const override { out.setZero(); }
  Index parameter_count(const Layout& layout) const override {
    Index rows = 0;
    for (const Part& p : layout.parts) rows += p.count * p.family->parameter_count(p.layout);
    return rows;
  }
  std::vector<Members> parts(const Layout& layout, In theta) const override {
    std::vector<Members> parts;
    Index at = 0;
    for (const Part& p : layout.parts) {
      const Index rows = p.family->parameter_count(p.layout);
      parts.push_back({p.family, p.layout, theta.col(0).segment(at, rows * p.count).reshaped(rows, p.count)});
      at += rows * p.count;
    }
    return parts;
  }
};

/// Any log density, given as a function of the coordinates; moments only if given.
class Given final : public Distribution {
 public:
  explicit Given(std::function<double(const double*)> f) : f_(std::move(f)) {}
  Text name() const override { return "given"; }
  std::vector<std::vector<Parameter>> parameterizations() const override { return {{}}; }
  Support support(const Layout&, In, Index, Index) const override { return {-HUGE_VAL, HUGE_VAL}; }
  void log_density(const Layout&, In, const Points& points, Row out) const override {
    for (Index n = 0; n < out.size(); ++n) out[n] = f_(points.x.data() + n * points.x.outerStride());
  }

 private:
  std::function<double(const double*)> f_;
};

inline Layout product_layout(std::vector<Part> parts) {
  Layout layout;
  layout.dimension = 0;
  for (const Part& p : parts) layout.dimension += p.count * p.layout.dimension;
  layout.parts = std::move(parts);
  return layout;
}

inline const PlainProduct& plain_product() {
  static const PlainProduct product;
  return product;
}

/// q: d independent normals.
inline Projection onto_normals(Members target) {
  const Index d = target.layout.dimension;
  return {std::move(target), &plain_product(), product_layout({{&registry().family("normal"), {}, d}}), {}};
}

inline Members target_of(const Distribution& family, Index dimension) {
  Members target{&family, {}, Eigen::MatrixXd(0, 1)};
  target.layout.dimension = dimension;
  return target;
}

inline double log_normal(double x, double mean, double sd) {
  const double z = (x - mean) / sd;
  return -0.5 * z * z - std::log(sd) - 0.91893853320467274178;
}

/// Two modes at +-4 of unit variance.
inline double two_modes(const double* x) {
  const double a = log_normal(x[0], -4, 1), b = log_normal(x[0], 4, 1);
  return std::max(a, b) + std::log1p(std::exp(-std::abs(a - b))) - std::log(2.0);
}

/// A lattice field of rows x columns: precision 4 + mass on the diagonal, -1 between neighbors, given in canonical
/// form.
inline SparseMatrix lattice(Index rows, Index columns, double mass) {
  SparseMatrix p(rows * columns, rows * columns);
  p.reserve(Eigen::VectorXi::Constant(rows * columns, 5));
  for (Index r = 0; r < rows; ++r)
    for (Index c = 0; c < columns; ++c) {
      const Index i = r * columns + c;
      if (r > 0) p.insert(i, i - columns) = -1;
      if (c > 0) p.insert(i, i - 1) = -1;
      p.insert(i, i) = 4 + mass;
      if (c + 1 < columns) p.insert(i, i + 1) = -1;
      if (r + 1 < rows) p.insert(i, i + columns) = -1;
    }
  p.makeCompressed();
  return p;
}

inline Eigen::VectorXd wavy(Index n) {
  return Eigen::VectorXd::NullaryExpr(n, [](Index i) { return std::sin(0.7 * static_cast<double>(i)) + 0.3; });
}

inline Members canonical(const SparseMatrix& precision, const Eigen::VectorXd& information) {
  return make("multivariate_normal",
              {{"information", information}, {"precision", std::make_shared<const SparseMatrix>(precision)}});
}

inline Members correlated(double rho, double first_mean = 0, double second_mean = 0) {
  Eigen::MatrixXd covariance(2, 2);
  covariance << 1, rho, rho, 1;
  return make("multivariate_normal", {{"mean", vector({first_mean, second_mean})}, {"covariance", covariance}});
}

struct Fit {
  std::unique_ptr<Joint> joint;
  Solution solution;
};

inline Fit fit(const Projection& projection, const Settings& settings = {}, Text divergence = "reverse_kl",
               const std::function<void(Joint&)>& start = {}) {
  Fit fit;
  fit.joint = make_joint(registry(), projection, divergence);
  if (start) start(*fit.joint);
  Observer observer;
  const Text name = divergence == "reverse_kl" ? "coordinate_ascent" : "moment_matching";
  fit.solution = solve(*fit.joint, registry().optimizer(name), settings, observer);
  return fit;
}

/// Means and standard deviations of a product of normals.
inline Eigen::VectorXd means(const Solution& s) {
  return s.q.theta.reshaped(2, s.q.theta.rows() / 2).row(0).transpose();
}
inline Eigen::VectorXd stddevs(const Solution& s) {
  return s.q.theta.reshaped(2, s.q.theta.rows() / 2).row(1).transpose();
}

inline bool same_bytes(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(double)) == 0;
}

/// Whether 1, 2 and 7 threads give the same bytes: parameters, bound, every row of the trace.
inline void expect_same_bytes(const Projection& projection, Settings settings, Text divergence = "reverse_kl") {
  settings.threads = 1;
  const Solution one = fit(projection, settings, divergence).solution;
  for (const int threads : {2, 7}) {
    settings.threads = threads;
    const Solution more = fit(projection, settings, divergence).solution;
    EXPECT_TRUE(same_bytes(one.q.theta, more.q.theta)) << threads << " threads";
    EXPECT_EQ(std::memcmp(&one.bound, &more.bound, sizeof(double)), 0) << threads << " threads";
    ASSERT_EQ(one.trace.size(), more.trace.size());
    for (std::size_t i = 0; i < one.trace.size(); ++i)
      EXPECT_EQ(std::memcmp(&one.trace[i].bound, &more.trace[i].bound, sizeof(double)), 0);
  }
}

}  // namespace kullback::inference_test
