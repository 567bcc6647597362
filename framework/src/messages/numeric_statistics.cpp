#include "messages/numeric_statistics.hpp"

#include "core/parameters.hpp"
#include "messages/numeric_arguments.hpp"
#include "model/model_error.hpp"
#include "parallel/parallel.hpp"

#include <kullback/error.hpp>
#include <kullback/labels.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>

namespace kullback::messages {
namespace {

constexpr Index kNodes = 256;  // at once

// A value of an exponential family, any in the middle, and its statistics: log p of others is
// log p(value) + <natural parameters, their statistics - its own>. Where there is none it is the log partition, which
// loses digits (of concentrations near 0, whose natural parameter is -1).
struct Anchor {
  Eigen::MatrixXd value;  ///< empty: none
  Eigen::VectorXd statistics;
};

Anchor anchor_of(const model::Statement& statement, Index inside, Index rows) {
  const Anchor none{{}, Eigen::VectorXd::Zero(rows)};
  const std::optional<Members> member = any_member(*statement.family, statement.parameterization, inside);
  const auto* sampler = capability<Sampler>(*statement.family, statement.layout);
  if (!member || !sampler || member->layout.dimension != statement.layout.dimension) return none;
  Anchor anchor{Eigen::MatrixXd(statement.layout.dimension, 1), Eigen::VectorXd(rows)};
  sampler->sample(member->layout, member->theta, Eigen::MatrixXd::Constant(sampler->uniforms(member->layout), 1, 0.5),
                  anchor.value);
  Index row = 0;
  for (const Statistic& s :
       capability<ExponentialFamily>(*statement.family, statement.layout)->statistics(statement.layout)) {
    Eigen::MatrixXd of(s.rows, 1);
    if (label_rows(s.label, statement.layout.dimension) != s.rows || !evaluate_label(s.label, anchor.value, of))
      return none;
    anchor.statistics.segment(row, s.rows) = of;
    row += s.rows;
  }
  return anchor.statistics.allFinite() ? anchor : none;
}

// The family's natural parameters, and the density of the anchor, at nodes of a reading.
class NaturalAtNodes {
 public:
  explicit NaturalAtNodes(const NodesOfReading& at)
      : at_(at),
        statement_(at.model.statements[static_cast<std::size_t>(at.numeric.statement)]),
        read_(at.numeric.readings[at.reading]),
        arguments_(at),
        family_(*capability<ExponentialFamily>(*statement_.family, statement_.layout)) {
    for (const Statistic& s : family_.statistics(statement_.layout)) rows_ += s.rows;
    const model::Variable& variable = at.model.variables[static_cast<std::size_t>(statement_.variable)];
    anchor_ = anchor_of(statement_, at.model.cells(inside_of(variable)), rows_);
  }

  struct Values {
    Eigen::MatrixXd eta;
    Eigen::VectorXd of_anchor;  ///< its log density; infinite where a node is impossible
  };

  Index cells() const { return at_.end - at_.begin; }
  Index nodes() const { return at_.first.size() * at_.second.size(); }
  Index blocks() const { return (nodes() + kNodes - 1) / kNodes; }
  bool uniform() const { return read_.uniform; }
  /// A block of a table: the sum over values with these statistics, `count` of them.
  Eigen::VectorXd sum(const Values& at, const Eigen::VectorXd& statistics, double count) const {
    return at.eta.transpose() * (statistics - count * anchor_.statistics) + count * at.of_anchor;
  }

  /// For the nodes of block `b`, the first running fastest, and cell `c` of the range.
  Values values(Index b, Index c) const {
    const Index begin = b * kNodes, size = std::min(nodes(), begin + kNodes) - begin;
    Eigen::ArrayXd here(size), there(size);
    for (Index n = 0; n < size; ++n) {
      here[n] = at_.first[(begin + n) % at_.first.size()];
      there[n] = at_.second[(begin + n) / at_.first.size()];
    }
    TermValue terms(at_.model, at_.sources, size);
    const NumericArguments::Values at =
        arguments_.at(terms, read_.cells[static_cast<std::size_t>(at_.begin + c)], here, there);
    Values out{Eigen::MatrixXd(rows_, size), Eigen::VectorXd(size)};
    family_.convert(statement_.layout, at.theta, out.eta, true);
    Eigen::RowVectorXd of_anchor(size);
    if (anchor_.value.size() > 0) {
      statement_.family->log_density(statement_.layout, at.theta, Points(anchor_.value.replicate(1, size)),
                                     row(of_anchor));
    } else {
      Eigen::MatrixXd mean(rows_, size);
      family_.mean(statement_.layout, out.eta, mean, row(of_anchor));
      of_anchor *= -1;
    }
    out.of_anchor = of_anchor.transpose();
    for (const Index n : at.impossible) out.of_anchor[n] = -std::numeric_limits<double>::infinity();
    if (!at_.search && !(out.eta.allFinite() && !out.of_anchor.hasNaN()))
      throw model::ModelError<NumericalError>(model::of_variable(
          at_.model.variables[static_cast<std::size_t>(statement_.variable)].name,
          fmt::format("its natural parameters are no numbers at a node of the grid of {}", arguments_.grid_name())));
    return out;
  }

 private:
  const NodesOfReading& at_;
  const model::Statement& statement_;
  const NumericStatement::Read& read_;
  NumericArguments arguments_;
  const ExponentialFamily& family_;
  Index rows_ = 0;
  Anchor anchor_;
};

}  // namespace

Eigen::MatrixXd table_by_statistics(const NodesOfReading& nodes, const Eigen::VectorXd& counts) {
  const NaturalAtNodes natural(nodes);
  const Eigen::MatrixXd& statistics = *nodes.statistics;
  Eigen::VectorXd table = Eigen::VectorXd::Zero(natural.nodes());
  const Eigen::VectorXd sum = statistics * counts;
  parallel::for_chunks(natural.blocks(), 1, [&](Index b, Index, Index) {
    auto to = table.segment(b * kNodes, std::min(natural.nodes(), (b + 1) * kNodes) - b * kNodes);
    if (natural.uniform()) {
      to = natural.sum(natural.values(b, 0), sum, counts.sum());
      return;
    }
    for (Index c = 0; c < natural.cells(); ++c)
      if (counts[c] != 0) to += natural.sum(natural.values(b, c), counts[c] * statistics.col(c), counts[c]);
  });
  return table.reshaped(nodes.first.size(), nodes.second.size());
}

Eigen::MatrixXd tables_by_statistics(const NodesOfReading& nodes) {
  const NaturalAtNodes natural(nodes);
  Eigen::MatrixXd tables(natural.nodes(), natural.cells());
  parallel::for_chunks(natural.blocks(), 1, [&](Index b, Index, Index) {
    auto to = tables.middleRows(b * kNodes, std::min(natural.nodes(), (b + 1) * kNodes) - b * kNodes);
    for (Index c = 0; c < natural.cells(); ++c)
      to.col(c) = natural.sum(natural.values(b, c), nodes.statistics->col(nodes.begin + c), 1);
  });
  return tables;
}

Eigen::MatrixXd numeric_natural(const NodesOfReading& nodes, const Eigen::VectorXd& first_mass,
                                const Eigen::VectorXd& second_mass) {
  const NaturalAtNodes natural(nodes);
  const Eigen::VectorXd mass = (first_mass * second_mass.transpose()).reshaped();
  const Index columns = natural.uniform() ? 1 : natural.cells();
  Eigen::MatrixXd expected;
  std::vector<Eigen::VectorXd> each(static_cast<std::size_t>(columns));
  parallel::for_chunks(columns, 1, [&](Index c, Index, Index) {
    for (Index b = 0; b < natural.blocks(); ++b) {
      const NaturalAtNodes::Values at = natural.values(b, c);
      const Eigen::VectorXd part = expect(at.eta, mass.segment(b * kNodes, at.eta.cols()));
      Eigen::VectorXd& sum = each[static_cast<std::size_t>(c)];
      if (b == 0)
        sum = part;
      else
        sum += part;
    }
  });
  expected.resize(each.front().size(), columns);
  for (Index c = 0; c < columns; ++c) expected.col(c) = each[static_cast<std::size_t>(c)];
  return expected;
}

}  // namespace kullback::messages
