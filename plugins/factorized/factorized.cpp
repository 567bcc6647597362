// The product of independent parts. theta: the parts' columns one after another.
#include "parts.hpp"

#include <cmath>

namespace kullback::factorized {
namespace {

// Parts of more members than this are evaluated point by point, all members in one call; smaller ones member by
// member, all points in one call. Never by the number of points: a point gives the same bits in any batch.
constexpr Index kManyMembers = 16;

template <class C>
const C& ability(const Part& part) {
  return *capability<C>(*part.family, part.layout);
}

Index statistic_rows(const Part& part) {
  Index rows = 0;
  for (const Statistic& s : ability<ExponentialFamily>(part).statistics(part.layout)) rows += s.rows;
  return rows;
}

class Factorized final : public Distribution,
                         public Product,
                         public ExponentialFamily,
                         public Entropy,
                         public Moments,
                         public Sampler,
                         public Quantiles,
                         public Marginals,
                         public Nodes,
                         public Landmarks {
 public:
  Text name() const override { return "factorized"; }
  Text formula() const override { return "p_1(x_1) p_2(x_2) ..."; }
  std::vector<std::vector<Parameter>> parameterizations() const override { return {{}}; }  // parts, not numbers

  Members make(const Arguments& arguments) const override {
    Builder builder(*this, 1);
    bool any = false;
    for (const Argument& a : arguments) {
      const auto* given = std::get_if<std::vector<Members>>(&a.value);
      if (!a.name.empty() || !given)
        throw DomainError(a.name, "factorized takes distributions by position: factorized(normal(0, stddev = 1), ...)");
      for (const Members& members : *given) {
        if (members.theta.cols() == 1) {
          builder.add(members);
        } else {
          for (Index n = 0; n < members.theta.cols(); ++n)
            builder.add({members.family, members.layout, members.theta.col(n)});
        }
        any = true;
      }
    }
    if (!any)
      throw DomainError("", "factorized needs at least one distribution: factorized(normal(0, stddev = 1), ...)");
    return std::move(builder).finish();
  }

  // One family alone is repeated over the coordinates there are.
  Layout open(const Arguments& arguments, const Opening& opening) const override {
    Layout out{0, 0, {}, {}, nullptr};
    for (const Argument& a : arguments) {
      const auto* given = std::get_if<std::vector<Part>>(&a.value);
      if (!a.name.empty() || !given)
        throw DomainError(a.name, "an approximating factorized takes families by position: factorized(normal, normal)");
      for (const Part& part : *given) open_part(part, out);
    }
    if (out.parts.empty()) throw DomainError("", "factorized needs at least one family: factorized(normal)");
    if (out.parts.size() == 1 && out.parts.front().count == 1 && opening.dimension > 0 &&
        opening.dimension % out.dimension == 0) {
      out.parts.front().count = opening.dimension / out.dimension;
      out.dimension = opening.dimension;
    }
    if (opening.dimension > 0 && out.dimension != opening.dimension)
      throw DomainError("", "the factors have " + std::to_string(out.dimension) +
                                " coordinates together, but there are " + std::to_string(opening.dimension));
    return out;
  }

  Index parameter_count(const Layout& layout) const override {
    Index rows = 0;
    for (const Part& part : layout.parts) rows += part.count * part.family->parameter_count(part.layout);
    return rows;
  }

  bool provides(const Layout& layout, int number) const override {
    if (number == Product::kCapability) return true;
    if (number == Nodes::kCapability && layout.dimension > 3) return false;
    if ((number == Quantiles::kCapability || number == Landmarks::kCapability) && layout.dimension > 1) return false;
    for (const Part& part : layout.parts) {
      if (number == Marginals::kCapability && part.layout.dimension == 1) continue;
      if (!has_capability(*part.family, part.layout, number)) return false;
    }
    return true;
  }

  Support support(const Layout& layout, In theta, Index member, Index coordinate) const override {
    const auto all = places(layout);
    const Located at = locate(all, coordinate);
    const Place& p = *at.place;
    return p.part->family->support(p.part->layout, block(theta, member, p.row, p.rows, p.part->count), at.member,
                                   at.coordinate);
  }

  void log_density(const Layout& layout, In theta, const Points& points, Row out) const override {
    const Index count = points.x.cols();
    if (layout.dimension == 1) {  // the distances to the bounds go with the point
      const Part& part = layout.parts.front();
      part.family->log_density(part.layout, theta, points, out);
      return;
    }
    out.setZero();
    Eigen::RowVectorXd buffer;
    for (const Place& p : places(layout)) {
      const Part& part = *p.part;
      if (part.count > kManyMembers) {
        buffer.resize(part.count);
        for (Index n = 0; n < count; ++n) {
          part.family->log_density(part.layout, block(theta, theta.cols() > 1 ? n : 0, p.row, p.rows, part.count),
                                   Points(block(points.x, n, p.coordinate, p.dimension, part.count)), row(buffer));
          out[n] += buffer.sum();
        }
      } else {
        buffer.resize(count);
        for (Index m = 0; m < part.count; ++m) {
          part.family->log_density(part.layout, theta.middleRows(p.row + m * p.rows, p.rows),
                                   Points(points.x.middleRows(p.coordinate + m * p.dimension, p.dimension)),
                                   row(buffer));
          out += buffer;
        }
      }
    }
  }

  std::vector<Members> parts(const Layout& layout, In theta) const override {
    std::vector<Members> out;
    for (const Place& p : places(layout))
      out.push_back({p.part->family, p.part->layout, block(theta, 0, p.row, p.rows, p.part->count)});
    return out;
  }

  // Statistics, eta and m: the parts' rows one after another, member by member.
  std::vector<Statistic> statistics(const Layout& layout) const override {
    std::vector<Statistic> out;
    Index factor = 0;
    for (const Part& part : layout.parts) {
      const auto own = ability<ExponentialFamily>(part).statistics(part.layout);
      for (Index m = 0; m < part.count; ++m) {
        const std::string prefix = std::to_string(++factor) + ".";
        for (const Statistic& s : own) out.push_back({prefix + s.label, s.rows});
      }
    }
    return out;
  }

  void mean(const Layout& layout, In eta, Out m, Row log_partition) const override {
    log_partition.setZero();
    Eigen::RowVectorXd buffer;
    for_statistics(layout, [&](const Part& part, Index first, Index rows) {
      buffer.resize(part.count);
      for (Index n = 0; n < eta.cols(); ++n) {
        auto to = block(m, n, first, rows, part.count);
        ability<ExponentialFamily>(part).mean(part.layout, block(eta, n, first, rows, part.count), to, row(buffer));
        log_partition[n] += buffer.sum();
      }
    });
  }

  void natural(const Layout& layout, In m, Out eta) const override {
    for_statistics(layout, [&](const Part& part, Index first, Index rows) {
      for (Index n = 0; n < m.cols(); ++n) {
        auto to = block(eta, n, first, rows, part.count);
        ability<ExponentialFamily>(part).natural(part.layout, block(m, n, first, rows, part.count), to);
      }
    });
  }

  bool in_domain(const Layout& layout, In eta, Index member) const override {
    bool inside = true;
    for_statistics(layout, [&](const Part& part, Index first, Index rows) {
      const auto columns = block(eta, member, first, rows, part.count);
      for (Index m = 0; inside && m < part.count; ++m)
        inside = ability<ExponentialFamily>(part).in_domain(part.layout, columns, m);
    });
    return inside;
  }

  void convert(const Layout& layout, In from, Out to, bool theta_to_eta) const override {
    auto place = places(layout);
    std::size_t k = 0;
    for_statistics(layout, [&](const Part& part, Index first, Index rows) {
      const Place& p = place[k++];
      for (Index n = 0; n < from.cols(); ++n) {
        auto target = theta_to_eta ? block(to, n, first, rows, part.count) : block(to, n, p.row, p.rows, part.count);
        const auto source =
            theta_to_eta ? block(from, n, p.row, p.rows, part.count) : block(from, n, first, rows, part.count);
        ability<ExponentialFamily>(part).convert(part.layout, source, target, theta_to_eta);
      }
    });
  }

  void entropy(const Layout& layout, In theta, Row out) const override {
    out.setZero();
    Eigen::RowVectorXd buffer;
    for (const Place& p : places(layout)) {
      buffer.resize(p.part->count);
      for (Index n = 0; n < theta.cols(); ++n) {
        ability<Entropy>(*p.part).entropy(p.part->layout, block(theta, n, p.row, p.rows, p.part->count), row(buffer));
        out[n] += buffer.sum();
      }
    }
  }

  bool expect(const Layout& layout, In theta, Text label, Out value) const override {
    if (label == "x*x'") return expect_products(layout, theta, value);
    if (value.rows() != layout.dimension) return false;
    for (const Place& p : places(layout))
      for (Index n = 0; n < theta.cols(); ++n) {
        auto to = block(value, n, p.coordinate, p.dimension, p.part->count);
        if (!ability<Moments>(*p.part).expect(p.part->layout, block(theta, n, p.row, p.rows, p.part->count), label, to))
          return false;
      }
    return true;
  }

  Index uniforms(const Layout& layout) const override {
    Index rows = 0;
    for (const Part& part : layout.parts) rows += part.count * ability<Sampler>(part).uniforms(part.layout);
    return rows;
  }
  void sample(const Layout& layout, In theta, In uniforms, Out x) const override {
    Index first = 0;
    for (const Place& p : places(layout)) {
      const Part& part = *p.part;
      const auto& sampler = ability<Sampler>(part);
      const Index rows = sampler.uniforms(part.layout);
      for (Index n = 0; n < x.cols(); ++n) {
        auto to = block(x, n, p.coordinate, p.dimension, part.count);
        sampler.sample(part.layout, block(theta, theta.cols() > 1 ? n : 0, p.row, p.rows, part.count),
                       block(uniforms, n, first, rows, part.count), to);
      }
      first += rows * part.count;
    }
  }

  // One coordinate only: the one part's own.
  void cdf(const Layout& layout, In theta, In x, bool upper, Row p) const override {
    const Part& part = layout.parts.front();
    ability<Quantiles>(part).cdf(part.layout, theta, x, upper, p);
  }
  void quantile(const Layout& layout, In theta, In p, bool upper, Row x) const override {
    const Part& part = layout.parts.front();
    ability<Quantiles>(part).quantile(part.layout, theta, p, upper, x);
  }
  void landmarks(const Layout& layout, In theta, Index member, std::vector<Landmark>& out) const override {
    const Part& part = layout.parts.front();
    ability<Landmarks>(part).landmarks(part.layout, theta, member, out);
  }

  Members marginal(const Layout& layout, In theta, std::span<const Index> coordinates) const override {
    const auto all = places(layout);
    Builder builder(*this, theta.cols());
    std::vector<std::pair<Index, Index>> done;  // joint members that were used, (part, member)
    for (std::size_t c = 0; c < coordinates.size();) {
      const Located at = locate(all, coordinates[c]);
      const Place& p = *at.place;
      std::vector<Index> inside;
      for (; c < coordinates.size(); ++c) {
        const Located next = locate(all, coordinates[c]);
        if (next.place != at.place || next.member != at.member) break;
        inside.push_back(next.coordinate);
      }
      Members member{p.part->family, p.part->layout, theta.middleRows(p.row + at.member * p.rows, p.rows)};
      if (p.dimension > 1) {
        const std::pair<Index, Index> key{p.coordinate, at.member};
        if (std::find(done.begin(), done.end(), key) != done.end())
          throw UnsupportedError("the coordinates of one joint factor must follow one another in a marginal");
        done.push_back(key);
        bool whole = static_cast<Index>(inside.size()) == p.dimension;
        for (std::size_t i = 0; i < inside.size(); ++i) whole = whole && inside[i] == static_cast<Index>(i);
        if (!whole) member = ability<Marginals>(*p.part).marginal(member.layout, member.theta, inside);
      }
      builder.add(member);
    }
    return std::move(builder).finish_or_single();
  }

  Index count(const Layout& layout, int level) const override {
    Index total = 1;
    for (const Part& part : layout.parts)
      for (Index m = 0; m < part.count; ++m) total *= ability<Nodes>(part).count(part.layout, level);
    return total;
  }
  void nodes(const Layout& layout, In theta, int level, Out x, Row weights) const override {
    weights.setOnes();
    Index repeat = 1;  // the first factor runs fastest
    for (const Place& p : places(layout)) {
      const auto& rule = ability<Nodes>(*p.part);
      const Index own = rule.count(p.part->layout, level);
      Eigen::MatrixXd points(p.dimension, own);
      Eigen::RowVectorXd own_weights(own);
      for (Index m = 0; m < p.part->count; ++m) {
        rule.nodes(p.part->layout, theta.middleRows(p.row + m * p.rows, p.rows), level, points, row(own_weights));
        for (Index k = 0; k < x.cols(); ++k) {
          const Index i = k / repeat % own;
          x.col(k).segment(p.coordinate + m * p.dimension, p.dimension) = points.col(i);
          weights[k] *= own_weights[i];
        }
        repeat *= own;
      }
    }
  }

 private:
  void open_part(const Part& part, Layout& out) const {
    if (part.family == this) {
      for (Index m = 0; m < part.count; ++m)
        for (const Part& inner : part.layout.parts) open_part(inner, out);
      return;
    }
    out.dimension += part.count * part.layout.dimension;
    if (!out.parts.empty() && out.parts.back().family == part.family &&
        identical(out.parts.back().layout, part.layout)) {
      out.parts.back().count += part.count;
    } else {
      out.parts.push_back(part);
    }
  }

  template <class Visit>
  static void for_statistics(const Layout& layout, const Visit& visit) {
    Index first = 0;
    for (const Part& part : layout.parts) {
      const Index rows = statistic_rows(part);
      visit(part, first, rows);
      first += rows * part.count;
    }
  }

  // E[x_i x_j] = E[x_i] E[x_j] across members.
  bool expect_products(const Layout& layout, In theta, Out value) const {
    const Index d = layout.dimension;
    Eigen::MatrixXd first(d, theta.cols());
    if (!expect(layout, theta, "x", first)) return false;
    for (Index n = 0; n < theta.cols(); ++n) {
      Matrix product(value.col(n).data(), d, d);
      product.noalias() = first.col(n) * first.col(n).transpose();
      for (const Place& p : places(layout)) {
        const Text label = p.dimension == 1 ? "x2" : "x*x'";
        Eigen::MatrixXd own(p.dimension * p.dimension, p.part->count);
        if (!ability<Moments>(*p.part).expect(p.part->layout, block(theta, n, p.row, p.rows, p.part->count), label,
                                              own))
          return false;
        for (Index m = 0; m < p.part->count; ++m) {
          const Index at = p.coordinate + m * p.dimension;
          product.block(at, at, p.dimension, p.dimension) = ConstMatrix(own.col(m).data(), p.dimension, p.dimension);
        }
      }
    }
    return true;
  }
};

}  // namespace
}  // namespace kullback::factorized

KULLBACK_PLUGIN("factorized", "1.0.0")(kullback::Registrar& registrar) {
  registrar.family(std::make_unique<kullback::factorized::Factorized>());
  registrar.alias("product", "factorized");
}
