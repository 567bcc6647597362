// Where selectors begin: the levels of rows, of blocks and of passes.
#include "messages/kmeans.hpp"
#include "messages/model_joint.hpp"
#include "messages/start.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::messages {

using model::Initialization;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

void ModelJoint::start_at_groups(int b, std::uint64_t seed, Index restart) {
  const auto index = static_cast<std::size_t>(block_source_[static_cast<std::size_t>(b)]);
  Eigen::MatrixXd& eta = block(b).eta;
  const std::vector<Index> groups =
      groups_of(rows_read_through(static_cast<int>(index)), eta.rows(), start_stream(seed, index), restart);
  eta.setConstant(-kInfinity);
  for (Index k = 0; k < eta.cols(); ++k)
    eta(groups[static_cast<std::size_t>(sources_[index].cell_of[static_cast<std::size_t>(k)])], k) = 0;
}

// Levels whose probability is 0 by what is known get no mass, unless no level would be left (the levels of others may
// change that).
void ModelJoint::start_off_impossible() {
  for (std::size_t b = 0; b < blocks_.size(); ++b) {
    const int s = block_source_[b];
    if (source_of(static_cast<int>(b)).row("cell") < 0 || grid_of(s)) continue;
    Eigen::MatrixXd heard = blocks_[b].eta;
    receive(static_cast<int>(b), message(s, false), 0, blocks_[b].members(), heard);
    const auto impossible = heard.array() < 0.1 * kLogOfZero;
    bool any = false;
    for (Index k = 0; k < heard.cols(); ++k) {
      Eigen::VectorXd eta = impossible.col(k).select(-kInfinity, blocks_[b].eta.col(k));
      if ((eta.array() == blocks_[b].eta.col(k).array()).all() || (eta.array() == -kInfinity).all()) continue;
      blocks_[b].eta.col(k) = eta;
      any = true;
    }
    if (any) recompute(static_cast<int>(b));
  }
}

// What is observed of the rows that a selector belongs to, each number scaled to variance 1: one column a row.
Eigen::MatrixXd ModelJoint::rows_read_through(int selector) const {
  const Source& z = sources_[static_cast<std::size_t>(selector)];
  std::vector<const Source*> children;
  Index numbers = 0;
  for (std::size_t k = 0; k < compiled_.statements.size(); ++k) {
    const CompiledStatement& statement = compiled_.statements[k];
    const Source& child = sources_[static_cast<std::size_t>(statement.variable)];
    const model::Dimensions dimensions = child.variable->dimensions();
    const bool gated = std::any_of(compiled_.gates[k].begin(), compiled_.gates[k].end(),
                                   [&](const Gate& g) { return g.source == selector; });
    if (!gated || (child.kind != Source::Kind::known && !child.partial) || child.variable->levels >= 0 ||
        dimensions.size() < z.plates.size() || !std::equal(z.plates.begin(), z.plates.end(), dimensions.begin()))
      continue;
    children.push_back(&child);
    numbers += child.known->values.size() / z.cells;
  }
  if (children.empty()) refuse_start(z, "it picks no rows of numbers that k-means could group; use random");
  Eigen::MatrixXd rows(numbers, z.cells);
  Index at = 0;
  for (const Source* child : children) {
    const Index width = child->known->values.size() / z.cells;
    rows.middleRows(at, width) = child->known->values.reshaped(width, z.cells);
    at += width;
  }
  for (Index r = 0; r < numbers; ++r) {
    double sum = 0, squares = 0, count = 0;
    for (const double x : rows.row(r))
      if (!std::isnan(x)) sum += x, squares += x * x, count += 1;
    const double mean = count > 0 ? sum / count : 0, variance = count > 0 ? squares / count - mean * mean : 0;
    for (double& x : rows.row(r)) x = std::isnan(x) ? 0 : (x - mean) / (variance > 0 ? std::sqrt(variance) : 1);
  }
  return rows;
}

// Whether the terms of a pass read a variable that starts at numbers.
bool ModelJoint::reads_given_starts(int selector) const {
  for (const CompiledStatement& statement : compiled_.statements)
    for (const Term& term : statement.terms) {
      if (std::find(term.passes.begin(), term.passes.end(), selector) == term.passes.end()) continue;
      for (const LatentFactor& f : term.latent) {
        const auto kind = model_.initializations[static_cast<std::size_t>(f.source)].kind;
        if (kind == Initialization::Kind::value || kind == Initialization::Kind::moments) return true;
      }
    }
  return false;
}

void ModelJoint::start_pass(Pass& pass, std::uint64_t seed, Index restart) {
  const auto s = static_cast<std::size_t>(pass.source());
  const Initialization start = s < model_.initializations.size() ? model_.initializations[s] : Initialization{};
  const Index levels = pass.levels();
  switch (start.kind) {
    case Initialization::Kind::automatic:
      // Where what it picks has been told apart, that says more than its own distribution.
      if (reads_given_starts(pass.source())) {
        pass.run(moments_of());
        break;
      }
      [[fallthrough]];
    case Initialization::Kind::prior:
      pass.start_from_prior(moments_of());
      break;
    case Initialization::Kind::random: {
      const Stream stream = start_stream(seed, s);
      pass.start(moments_of(), [stream, restart](Index begin, Index end, Out logits) {
        stream.uniforms(static_cast<std::uint64_t>(restart), static_cast<std::uint64_t>(begin),
                        logits.leftCols(end - begin));
        logits = (-logits.array().log()).log().matrix().eval();  // log of exponential draws: a flat Dirichlet
      });
      break;
    }
    case Initialization::Kind::kmeans: {
      const auto groups = std::make_shared<std::vector<Index>>(
          groups_of(rows_read_through(pass.source()), levels, start_stream(seed, s), restart));
      pass.start(moments_of(), [groups](Index begin, Index end, Out logits) {
        logits.setConstant(-kInfinity);
        for (Index n = begin; n < end; ++n) logits((*groups)[static_cast<std::size_t>(n)], n - begin) = 0;
      });
      break;
    }
    case Initialization::Kind::moments: {
      const Eigen::VectorXd& values = start.numbers.front().second.values;
      if (start.numbers.size() != 1 || values.size() != pass.rows() * levels)
        refuse_start(sources_[s],
                     fmt::format("it takes the probabilities of {} levels for each of {} rows", levels, pass.rows()));
      auto logs = std::make_shared<Eigen::MatrixXd>(values.array().log().matrix().reshaped(levels, pass.rows()));
      pass.start(moments_of(),
                 [logs](Index begin, Index end, Out logits) { logits = logs->middleCols(begin, end - begin); });
      break;
    }
    default:
      refuse_start(sources_[s], "it cannot start this way yet; use prior, random, kmeans or moments");
  }
  ++version_[s];
}

}  // namespace kullback::messages
