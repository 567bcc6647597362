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
  const auto start_of = [&](const Grid& grid) {
    const auto index = static_cast<std::size_t>(grid.source);
    return index < model_.initializations.size() ? model_.initializations[index] : Initialization{};
  };
  for (Grid& grid : grids_) {  // now that there are messages
    const Initialization start = start_of(grid);
    named(grid, [&] { prepare_start(grid); });
    if (!grid.given && !grid.integer && !start.numbers.empty()) {  // wide cells would start it far from there
      const int b = sources_[static_cast<std::size_t>(grid.source)].block;
      const Eigen::MatrixXd eta = block(b).eta;
      place(grid, with_nodes_at(grid.cells, start.numbers.front().second.values), false);
      fill_nodes(grid);
      block(b).eta = eta;
      recompute(b);
    }
    start_grid(grid, start, seed, restart);
  }
  // Tables read two grids: when all of them have their cells.
  for (NumericStatement& n : compiled_.numeric)
    for (std::size_t r = 0; r < n.readings.size(); ++r) fill_table(n, r);
  for (Grid& grid : grids_) {
    named(grid, [&] { leave_impossible(grid); });
    start_grid(grid, start_of(grid), seed, restart);
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
