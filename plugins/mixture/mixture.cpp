// Finite mixtures of any families. theta: the weights of all components, then the components' theta part by part.
#include <kullback/kullback.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::mixture {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Index kBufferNumbers = 65'536;  // log densities held together, points times components: 512 KiB

Index component_count(const Layout& layout) {
  Index count = 0;
  for (const Part& part : layout.parts) count += part.count;
  return count;
}

// Calls visit(part, index, row, rows) for every component: its place among all, and where its theta lies.
template <class F>
void for_components(const Layout& layout, F visit) {
  Index index = 0, row = component_count(layout);
  for (const Part& part : layout.parts) {
    const Index rows = part.family->parameter_count(part.layout);
    for (Index c = 0; c < part.count; ++c, ++index, row += rows) visit(part, index, row, rows);
  }
}

Support hull(const Support& a, const Support& b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high), a.integer && b.integer};
}

class Mixture final : public Distribution,
                      public Moments,
                      public Sampler,
                      public Quantiles,
                      public Marginals,
                      public Landmarks {
 public:
  Text name() const override { return "mixture"; }
  Text formula() const override { return "sum_k weights[k] components[k](x)"; }
  std::vector<std::vector<Parameter>> parameterizations() const override {
    return {{{"weights", Domain::simplex, Shape::vector}}};  // and components, a list of distributions
  }

  Members make(const Arguments& arguments) const override {
    const std::vector<Members>* components = nullptr;
    Eigen::VectorXd weights;
    for (const Argument& a : arguments) {
      if (a.name == "components") {
        components = std::get_if<std::vector<Members>>(&a.value);
        if (!components) throw DomainError(a.name, "components must be a list of distributions");
      } else if (a.name == "weights" || (a.name.empty() && &a == &arguments.front())) {
        if (const auto* list = std::get_if<Eigen::VectorXd>(&a.value))
          weights = *list;
        else
          throw DomainError("weights", "weights must be a list of numbers");
      } else {
        throw DomainError(a.name,
                          "mixture takes weights and components: mixture(weights = [0.5, 0.5], components = [...])");
      }
    }
    if (!components || weights.size() == 0)
      throw DomainError("", "mixture takes weights and components: mixture(weights = [0.5, 0.5], components = [...])");
    if (static_cast<Index>(components->size()) != weights.size())
      throw DomainError("weights", "there are " + std::to_string(weights.size()) + " weights for " +
                                       std::to_string(components->size()) + " components");
    for (double w : weights)
      if (!(w >= 0 && w <= 1)) throw DomainError("weights", "weights must be in [0, 1], got " + number(w));
    if (!(std::abs(weights.sum() - 1) < 1e-9))
      throw DomainError("weights", "weights must sum to 1, got a sum of " + number(weights.sum()));

    Members out{this, {components->front().layout.dimension, 0, {}, {}, nullptr}, {}};
    Index rows = weights.size();
    for (const Members& c : *components) {
      if (c.layout.dimension != out.layout.dimension)
        throw DomainError("components", "the components have " + std::to_string(out.layout.dimension) + " and " +
                                            std::to_string(c.layout.dimension) + " coordinates");
      add_part(out.layout, c.family, c.layout);
      rows += c.theta.rows();
    }
    out.theta.resize(rows, 1);
    out.theta.topRows(weights.size()) = weights / weights.sum();
    Index at = weights.size();
    for (const Members& c : *components) {
      out.theta.middleRows(at, c.theta.rows()) = c.theta.col(0);
      at += c.theta.rows();
    }
    return out;
  }

  Layout open(const Arguments&, const Opening&) const override {
    throw DomainError("", "a mixture cannot be fitted: it is no exponential family. Fit a normal, a product or a grid");
  }

  Index parameter_count(const Layout& layout) const override {
    Index rows = component_count(layout);
    for (const Part& part : layout.parts) rows += part.count * part.family->parameter_count(part.layout);
    return rows;
  }

  bool provides(const Layout& layout, int number) const override {
    if ((number == Quantiles::kCapability || number == Landmarks::kCapability) && layout.dimension != 1) return false;
    for (const Part& part : layout.parts) {
      if (number == Marginals::kCapability && part.layout.dimension == 1) continue;
      if (!has_capability(*part.family, part.layout, number)) return false;
    }
    return true;
  }

  Support support(const Layout& layout, In theta, Index member, Index coordinate) const override {
    Support all{kInfinity, -kInfinity, true};
    for_components(layout, [&](const Part& part, Index k, Index row, Index rows) {
      if (theta(k, member) > 0)
        all = hull(all, part.family->support(part.layout, theta.middleRows(row, rows), member, coordinate));
    });
    return all;
  }

  void log_density(const Layout& layout, In theta, const Points& points, Row out) const override {
    const Index components = component_count(layout);
    const Index at_once = std::max<Index>(16, kBufferNumbers / components);
    const bool one = theta.cols() == 1;
    Eigen::MatrixXd logs(std::min(at_once, points.x.cols()), components);
    Eigen::VectorXd highest, sum;
    const Support whole = points.has_distances() ? support(layout, theta, 0, 0) : Support{};
    for (Index begin = 0; begin < points.x.cols(); begin += at_once) {
      const Index count = std::min(at_once, points.x.cols() - begin);
      const Points all = slice(points, begin, count);
      const Points plain(points.x.middleCols(begin, count));
      for_components(layout, [&](const Part& part, Index k, Index row, Index rows) {
        Row column(logs.col(k).data(), count);
        if (one && theta(k, 0) == 0) {
          column.setConstant(-kInfinity);
          return;
        }
        const In own = theta.block(row, one ? 0 : begin, rows, one ? 1 : count);
        // Distances to the mixture's bounds are the component's only if it has the same bounds.
        const bool same = points.has_distances() && same_bounds(whole, part.family->support(part.layout, own, 0, 0));
        part.family->log_density(part.layout, own, same ? all : plain, column);
        if (one)
          column.array() += std::log(theta(k, 0));
        else
          column.array() += theta.row(k).segment(begin, count).array().log();
      });
      // log sum exp over the components, vectorized over the points.
      highest = logs.topRows(count).rowwise().maxCoeff();
      sum.setZero(count);
      for (Index k = 0; k < components; ++k) {
        double* column = logs.col(k).data();
        for (Index n = 0; n < count; ++n) column[n] = highest[n] > -kInfinity ? column[n] - highest[n] : -kInfinity;
        vector_exp(column, column, count);
        sum += logs.col(k).head(count);
      }
      vector_log(sum.data(), sum.data(), count);
      for (Index n = 0; n < count; ++n) out(begin + n) = highest[n] > -kInfinity ? highest[n] + sum[n] : -kInfinity;
    }
  }

  bool expect(const Layout& layout, In theta, Text label, Out value) const override {
    value.setZero();
    Eigen::MatrixXd own(value.rows(), value.cols());
    bool known = true;
    for_components(layout, [&](const Part& part, Index k, Index row, Index rows) {
      known = known && ability<Moments>(part).expect(part.layout, theta.middleRows(row, rows), label, own);
      if (known) value += own * theta.row(k).asDiagonal();
    });
    return known;
  }

  // One uniform chooses the component, the others draw from it.
  Index uniforms(const Layout& layout) const override {
    Index most = 0;
    for (const Part& part : layout.parts) most = std::max(most, ability<Sampler>(part).uniforms(part.layout));
    return 1 + most;
  }
  void sample(const Layout& layout, In theta, In uniforms, Out x) const override {
    for (Index n = 0; n < x.cols(); ++n) {
      const Index member = theta.cols() > 1 ? n : 0;
      const Index chosen = choose(theta.col(member).head(component_count(layout)), uniforms(0, n));
      for_components(layout, [&](const Part& part, Index k, Index row, Index rows) {
        if (k != chosen) return;
        const auto& sampler = ability<Sampler>(part);
        sampler.sample(part.layout, theta.block(row, member, rows, 1),
                       uniforms.block(1, n, sampler.uniforms(part.layout), 1), x.col(n));
      });
    }
  }

  void cdf(const Layout& layout, In theta, In x, bool upper, Row p) const override {
    p.setZero();
    Eigen::RowVectorXd own(p.size());
    for_components(layout, [&](const Part& part, Index k, Index row, Index rows) {
      ability<Quantiles>(part).cdf(part.layout, theta.middleRows(row, rows), x, upper, kullback::row(own));
      for (Index n = 0; n < p.size(); ++n) p(n) += theta(k, theta.cols() > 1 ? n : 0) * own(n);
    });
    p = p.cwiseMin(1.0);
  }

  // Between the least and the greatest quantile of the components, by bisection to neighboring numbers.
  void quantile(const Layout& layout, In theta, In p, bool upper, Row x) const override {
    for (Index n = 0; n < x.size(); ++n) {
      const In own = theta.col(theta.cols() > 1 ? n : 0);
      double low = kInfinity, high = -kInfinity;
      Eigen::RowVectorXd q(1);
      for_components(layout, [&](const Part& part, Index k, Index row, Index rows) {
        if (own(k, 0) == 0) return;
        ability<Quantiles>(part).quantile(part.layout, own.middleRows(row, rows), p.col(n), upper, kullback::row(q));
        low = std::min(low, q[0]);
        high = std::max(high, q[0]);
      });
      const double target = p(0, n);
      while (low < high) {
        const double middle = low + (high - low) / 2;
        if (!(middle > low && middle < high)) break;
        const Eigen::MatrixXd at = Eigen::MatrixXd::Constant(1, 1, middle);
        cdf(layout, own, at, upper, kullback::row(q));
        (upper ? q[0] > target : q[0] < target) ? low = middle : high = middle;
      }
      x(n) = low + (high - low) / 2;
    }
  }

  Members marginal(const Layout& layout, In theta, std::span<const Index> coordinates) const override {
    const Index components = component_count(layout);
    Members out{this, {static_cast<Index>(coordinates.size()), 0, {}, {}, nullptr}, {}};
    std::vector<double> numbers(theta.col(0).data(), theta.col(0).data() + components);
    for_components(layout, [&](const Part& part, Index, Index row, Index rows) {
      const Eigen::MatrixXd own = theta.block(row, 0, rows, 1);
      Members m{part.family, part.layout, own};
      if (part.layout.dimension > 1) m = ability<Marginals>(part).marginal(part.layout, own, coordinates);
      add_part(out.layout, m.family, m.layout);
      numbers.insert(numbers.end(), m.theta.data(), m.theta.data() + m.theta.rows());
    });
    out.theta = Eigen::Map<const Eigen::VectorXd>(numbers.data(), static_cast<Index>(numbers.size()));
    return out;
  }

  void landmarks(const Layout& layout, In theta, Index member, std::vector<Landmark>& out) const override {
    std::vector<Landmark> all;
    for_components(layout, [&](const Part& part, Index k, Index row, Index rows) {
      if (theta(k, member) > 0)
        ability<Landmarks>(part).landmarks(part.layout, theta.middleRows(row, rows), member, all);
    });
    // A kernel estimate has hundreds of kernels side by side: those closer than half their scale are one landmark.
    std::sort(all.begin(), all.end(), [](const Landmark& a, const Landmark& b) { return a.location < b.location; });
    for (const Landmark& mark : all) {
      const bool near = !out.empty() && mark.scale > 0 && out.back().scale > 0 &&
                        mark.location - out.back().location < 0.5 * mark.scale && mark.scale < 2 * out.back().scale &&
                        out.back().scale < 2 * mark.scale;
      if (!near) out.push_back(mark);
    }
  }

 private:
  template <class C>
  static const C& ability(const Part& part) {
    return *capability<C>(*part.family, part.layout);
  }
  static std::string number(double v) {
    std::string text = std::to_string(v);
    return text.substr(0, text.find_last_not_of('0') + 1);
  }
  static void add_part(Layout& layout, const Distribution* family, const Layout& own) {
    if (!layout.parts.empty() && layout.parts.back().family == family && identical(layout.parts.back().layout, own))
      ++layout.parts.back().count;
    else
      layout.parts.push_back({family, own, 1});
  }
  static Points slice(const Points& points, Index begin, Index count) {
    if (!points.has_distances()) return Points(points.x.middleCols(begin, count));
    return Points(points.x.middleCols(begin, count), points.log_from_low.middleCols(begin, count),
                  points.log_to_high.middleCols(begin, count));
  }
  static bool same_bounds(const Support& a, const Support& b) { return a.low == b.low && a.high == b.high; }
  static Index choose(In weights, double u) {
    Index k = 0;
    for (double sum = weights(0, 0); u > sum && k + 1 < weights.rows(); sum += weights(k, 0)) ++k;
    return k;
  }
};

}  // namespace
}  // namespace kullback::mixture

KULLBACK_PLUGIN("mixture", "1.0.0")(kullback::Registrar& registrar) {
  registrar.family(std::make_unique<kullback::mixture::Mixture>());
}
