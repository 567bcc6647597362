// Cubature of a smooth density against one that is constant on thousands of cells.
#include "divergence/integral.hpp"

#include <gtest/gtest.h>

#include <kullback/capability.hpp>
#include <kullback/numerics.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace {

using namespace kullback;
constexpr double kInf = std::numeric_limits<double>::infinity();

// A density on a box in the plane, given by a function.
class OnBox : public Distribution {
 public:
  OnBox(Eigen::Vector2d low, Eigen::Vector2d high, std::function<double(double, double)> log_density)
      : low_(low), high_(high), log_density_(std::move(log_density)) {}
  Text name() const override { return "on_box"; }
  std::vector<std::vector<Parameter>> parameterizations() const override { return {{}}; }
  Support support(const Layout&, In, Index, Index i) const override { return {low_[i], high_[i], false}; }
  void log_density(const Layout&, In, const Points& points, Row out) const override {
    for (Index n = 0; n < out.size(); ++n) {
      const double x = points.x(0, n), y = points.x(1, n);
      const bool inside = x >= low_[0] && x <= high_[0] && y >= low_[1] && y <= high_[1];
      out[n] = inside ? log_density_(x, y) : -kInf;
    }
  }

 private:
  Eigen::Vector2d low_, high_;
  std::function<double(double, double)> log_density_;
};
class Steps final : public OnBox, public Tabulated {
 public:
  Steps(std::vector<Eigen::VectorXd> edges, const std::function<double(double, double)>& log_density)
      : OnBox({edges[0][0], edges[1][0]}, {edges[0].tail(1)[0], edges[1].tail(1)[0]}, log_density),
        edges_(std::move(edges)) {}
  std::vector<Eigen::VectorXd> edges(const Layout&) const override { return edges_; }
  bool cell_average(const Layout&, Text, Out) const override { return false; }

 private:
  std::vector<Eigen::VectorXd> edges_;
};

class RelativeEntropy final : public Divergence {
 public:
  Text name() const override { return "kl"; }
  Text formula() const override { return "integral of p log(p/q)"; }
  void integrand(ConstRow log_p, ConstRow log_q, Row out) const override {
    for (Index i = 0; i < out.size(); ++i)
      out[i] = log_p[i] == -kInf   ? std::exp(log_q[i])
               : log_q[i] == -kInf ? kInf
                                   : std::exp(log_p[i]) * expm1mx(log_q[i] - log_p[i]);
  }
  Functional functional() const override { return Functional::relative_entropy; }
};

TEST(Box, SixtyThousandCellsAgainstASmoothDensity) {
  // p: x standard normal, y | x normal around x^2/2 with deviation 1/2. q: the product of p's marginals on the cells of
  // configs/banana.yaml, whose KL is golden (tests/golden/make_config_values.py). p's box cuts 6e-7 of its mass off.
  const Eigen::VectorXd x_edges = Eigen::VectorXd::LinSpaced(201, -5, 5),
                        y_edges = Eigen::VectorXd::LinSpaced(341, -3, 14);
  const auto shape = [](double x, double y) { return -0.5 * x * x - 2 * (y - 0.5 * x * x) * (y - 0.5 * x * x); };
  // Three Gauss-Legendre nodes a cell and coordinate: exact to 1e-9 of a mass.
  const double node[] = {-std::sqrt(0.6), 0, std::sqrt(0.6)}, weight[] = {5.0 / 18, 8.0 / 18, 5.0 / 18};
  const double dx = 0.05, dy = 0.05;
  Eigen::MatrixXd mass = Eigen::MatrixXd::Zero(200, 340);
  for (Index i = 0; i < 200; ++i)
    for (Index j = 0; j < 340; ++j)
      for (int a = 0; a < 3; ++a)
        for (int b = 0; b < 3; ++b)
          mass(i, j) += weight[a] * weight[b] * dx * dy *
                        std::exp(shape(-5 + dx * (static_cast<double>(i) + 0.5 + 0.5 * node[a]),
                                       -3 + dy * (static_cast<double>(j) + 0.5 + 0.5 * node[b])));
  const double log_total = std::log(mass.sum());
  mass /= mass.sum();
  const Eigen::VectorXd log_x = (mass.rowwise().sum() / dx).array().log(),
                        log_y = (mass.colwise().sum().transpose() / dy).array().log();
  const OnBox banana({-5, -3}, {5, 14}, [&](double x, double y) { return shape(x, y) - log_total; });
  const Steps steps({x_edges, y_edges}, [&](double x, double y) {
    return log_x[std::clamp<Index>(static_cast<Index>((x + 5) / dx), 0, 199)] +
           log_y[std::clamp<Index>(static_cast<Index>((y + 3) / dy), 0, 339)];
  });
  Layout layout;
  layout.dimension = 2;
  const Members p{&banana, layout, Eigen::MatrixXd(0, 1)}, q{&steps, layout, Eigen::MatrixXd(0, 1)};
  const Registry registry;
  const EvaluateOptions options;
  const RelativeEntropy kl;
  const divergence::Question question{registry, kl, p, q, options};
  const Estimate e = divergence::integrate_box(question);
  EXPECT_EQ(e.method, Method::cubature);
  EXPECT_NEAR(e.value, 0.4301956531372113, e.error + 1e-9) << e.source;
  EXPECT_LE(e.error, 1e-6) << e.source;
}

}  // namespace
