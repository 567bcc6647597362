// Where the factors of q begin.
#include "messages/model_joint.hpp"

#include "core/random.hpp"
#include "messages/completion.hpp"
#include "messages/start.hpp"
#include "model/model_error.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::messages {

using model::Initialization;

namespace {

// The nodes of the cells that hold these numbers stand at them.
Cells with_nodes_at(Cells cells, const Eigen::VectorXd& numbers) {
  const double *first = cells.edges.data(), *last = first + cells.edges.size();
  for (const double x : numbers) {
    const Index cell = std::upper_bound(first, last, x) - first - 1;
    if (cell >= 0 && cell < cells.nodes.size()) cells.nodes[cell] = x;
  }
  return cells;
}

}  // namespace

// Latent variables, each after those that its own distribution reads.
std::vector<int> ModelJoint::parents_first() const {
  std::vector<int> order;
  std::vector<char> done(blocks_.size(), 0);
  while (order.size() < blocks_.size()) {
    const std::size_t before = order.size();
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      if (done[b]) continue;
      bool ready = true;
      for (const CompiledStatement& statement : compiled_.statements) {
        if (holder(sources_, statement.variable) != block_source_[b]) continue;
        for (const Term& term : statement.terms)
          for (const LatentFactor& f : term.latent)
            ready = ready && (f.source == block_source_[b] || sources_[static_cast<std::size_t>(f.source)].eliminated ||
                              done[static_cast<std::size_t>(sources_[static_cast<std::size_t>(f.source)].block)]);
      }
      for (const NumericStatement& n : compiled_.numeric) {
        if (model_.statements[static_cast<std::size_t>(n.statement)].variable != block_source_[b]) continue;
        const auto stands = [&](int source) {
          return source == block_source_[b] ||
                 done[static_cast<std::size_t>(sources_[static_cast<std::size_t>(source)].block)];
        };
        for (const NumericStatement::Read& read : n.readings) {
          for (const auto& [source, member] : read.members) ready = ready && stands(source);
          for (const int source : read.selectors) ready = ready && stands(source);
        }
      }
      if (!ready) continue;
      done[b] = 1;
      order.push_back(static_cast<int>(b));
    }
    if (order.size() == before) throw UnsupportedError("the model's variables depend on each other in a circle");
  }
  return order;
}

void ModelJoint::recompute(int b) {
  Block& to = block(b);
  const auto& family = *capability<ExponentialFamily>(*to.family, to.layout);
  if (const Index outside = family.first_outside(to.layout, to.eta); outside >= 0) {
    std::vector<double> shown(to.eta.col(outside).data(),
                              to.eta.col(outside).data() + std::min<Index>(4, to.eta.rows()));
    throw model::ModelError<NumericalError>(
        model::of_cell(source_of(b).variable->name, member_name(b, outside),
                       fmt::format("the start is outside the domain of {} (natural parameters [{:.6g}])",
                                   to.family->name(), fmt::join(shown, ", "))));
  }
  try {
    family.mean(to.layout, to.eta, to.m, row(to.log_partition));
  } catch (const NumericalError& error) {
    throw model::ModelError<NumericalError>(model::of_cell(
        source_of(b).variable->name, to.name,
        fmt::format("at the start {}; start what it reads nearer to the data (initialize)", error.what())));
  }
  refresh({b, 0, to.members()});
}

// By default the middle of the prior: a statistic such as 1/x^2 may have no mean under all of it.
void ModelJoint::start_grid(Grid& grid, const Initialization& start, std::uint64_t seed, Index restart) {
  const int b = sources_[static_cast<std::size_t>(grid.source)].block;
  const Source& source = source_of(b);
  Block& to = block(b);
  grid.error = std::numeric_limits<double>::infinity();
  grid.starting = true;
  constexpr double kTail = 0.1;
  Eigen::MatrixXd from = Eigen::MatrixXd::Constant(1, to.members(), kTail), until = 1 - from.array();
  switch (start.kind) {
    case Initialization::Kind::prior:
      return;
    case Initialization::Kind::automatic:
      break;
    case Initialization::Kind::random:
      Stream(seed + 0x9e3779b97f4a7c15ULL * static_cast<std::uint64_t>(b), Purpose::initialization)
          .uniforms(static_cast<std::uint64_t>(restart), 0, from);
      until = from;
      break;
    case Initialization::Kind::moments:
      if (start.numbers.size() != 1 || (start.numbers[0].first != "mean" && start.numbers[0].first != "x"))
        refuse_start(source,
                     fmt::format("a grid starts at one number (a cell), not at {}", start.numbers.front().first));
      [[fallthrough]];
    case Initialization::Kind::value: {
      const Eigen::VectorXd& x = start.numbers.front().second.values;
      for (Index k = 0; k < to.members(); ++k) {
        const double here = x[x.size() == 1 ? 0 : source.cell_of[static_cast<std::size_t>(k)]];
        const Eigen::VectorXd& edges = grid.cells.edges;
        const Index cell = std::upper_bound(edges.data(), edges.data() + edges.size(), here) - edges.data() - 1;
        if (cell < 0 || cell >= grid.cells.nodes.size() || !(to.m(cell, k) > 0))
          refuse_start(source,
                       fmt::format("{} cannot start at {}: its prior has no mass there", member_name(b, k), here));
        from(0, k) = until(0, k) = to.m.col(k).head(cell).sum() + 0.5 * to.m(cell, k);
      }
      break;
    }
    default:
      refuse_start(source, "a grid starts with prior, random or a number");
  }
  for (Index k = 0; k < to.members(); ++k) {
    double below = 0;
    for (Index i = 0; i < to.m.rows(); ++i) {
      const double above = below + to.m(i, k);
      if (above < from(0, k) || below > until(0, k)) to.eta(i, k) = -std::numeric_limits<double>::infinity();
      below = above;
    }
  }
  recompute(b);
}

// What `initialize` says of a block that stands at its prior.
void ModelJoint::start_block(int b, const Initialization& start, std::uint64_t seed, Index restart) {
  const Source& source = source_of(b);
  switch (start.kind) {
    case Initialization::Kind::automatic:
    case Initialization::Kind::prior:
      break;
    case Initialization::Kind::random:
      start_at_random(b, seed, restart);
      break;
    case Initialization::Kind::kmeans:
      start_at_groups(b, seed, restart);
      break;
    case Initialization::Kind::moments:
      start_by_numbers(b, source, start);
      break;
    default:
      refuse_start(source, "it cannot start this way yet; use prior, random, numbers or moments");
  }
}

void ModelJoint::initialize(std::uint64_t seed, Index restart) {
  // A grid without any mass is a mistake of the model, and is told by the variable's name.
  const auto named = [&](const Grid& grid, auto work) {
    model::blame(sources_[static_cast<std::size_t>(grid.source)].variable->name, work);
  };
  model::Kept kept;
  at_start_ = true;
  for (const int b : parents_first()) {
    const int s = block_source_[static_cast<std::size_t>(b)];
    const auto index = static_cast<std::size_t>(s);
    const Initialization start =
        index < model_.initializations.size() ? model_.initializations[index] : Initialization{};
    if (Grid* grid = grid_of(s)) {
      named(*grid, [&] { settle(*grid, true); });
      kept.run([&] { start_grid(*grid, start, seed, restart); });
      continue;
    }
    const auto from_prior = [&] {
      receive(b, message(s, true), 0, block(b).members(), block(b).eta);
      if (is_flat(b)) start_flat(b);
    };
    from_prior();
    if (sources_[index].side_by_side) {
      if (!kept.run([&] { start_side_by_side(b, seed, restart); })) from_prior();
      recompute(b);
      continue;
    }
    const Eigen::MatrixXd prior = sources_[index].zeros ? block(b).eta : Eigen::MatrixXd();
    if (!kept.run([&] { start_block(b, start, seed, restart); })) from_prior();
    const Source& source = sources_[index];
    for_zeros(source, [&](Index row, Index k) { block(b).eta(row, k) = prior(row, k); });
    for (Index k = 0; source.partial && k < source.members(); ++k)
      condition(source.known_at(source.cell_of[static_cast<std::size_t>(k)]), block(b).eta.col(k));
    recompute(b);
  }
  start_off_impossible();
  for (const auto& pass : passes_) kept.run([&] { start_pass(*pass, seed, restart); });
  kept.throw_if_any();
  hear_first();
  for (Grid& grid : grids_) {  // now that there are messages
    named(grid, [&] { prepare_start(grid); });
    const auto index = static_cast<std::size_t>(grid.source);
    const Initialization start =
        index < model_.initializations.size() ? model_.initializations[index] : Initialization{};
    if (!grid.given && !grid.integer && !start.numbers.empty()) {  // wide cells would start it far from there
      Block& to = block(sources_[index].block);
      const Eigen::MatrixXd eta = to.eta;
      place(grid, with_nodes_at(grid.cells, start.numbers.front().second.values));
      to.eta = eta;
      recompute(sources_[index].block);
    }
    start_grid(grid, start, seed, restart);
  }
  at_start_ = false;
}

}  // namespace kullback::messages

namespace kullback {

std::unique_ptr<messages::ModelJoint> make_model_joint(const Registry& registry,
                                                       std::shared_ptr<const model::Model> model, std::uint64_t seed,
                                                       Index restart) {
  auto joint = std::make_unique<messages::ModelJoint>(registry, std::move(model));
  joint->initialize(seed, restart);
  return joint;
}

}  // namespace kullback
