// Where the factors of q begin.
#include "messages/model_joint.hpp"

#include "core/random.hpp"
#include "messages/completion.hpp"
#include "messages/kmeans.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::messages {

using model::Initialization;

namespace {

// The level whose center is nearest, row by row.
std::vector<Index> groups_of(const Eigen::MatrixXd& rows, Index levels, const Stream& stream, Index restart) {
  const Eigen::MatrixXd centers = find_centers(rows, levels, stream, static_cast<std::uint64_t>(restart));
  std::vector<Index> groups;
  for (Index n = 0; n < rows.cols(); ++n) groups.push_back(nearest_center(centers, rows.col(n)));
  return groups;
}

Stream stream_of(std::uint64_t seed, std::size_t source) {
  return Stream(seed + 0x9e3779b97f4a7c15ULL * source, Purpose::initialization);
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
    throw NumericalError(fmt::format("{}: the start is outside the domain of {} (natural parameters [{:.6g}])",
                                     member_name(b, outside), to.family->name(), fmt::join(shown, ", ")));
  }
  try {
    family.mean(to.layout, to.eta, to.m, row(to.log_partition));
  } catch (const NumericalError& error) {
    throw NumericalError(
        fmt::format("{}: at the start {}; start what it reads nearer to the data (initialize)", to.name, error.what()));
  }
  refresh({b, 0, to.members()});
}

namespace {

std::vector<std::string> names_of_start(const Source& source, const std::vector<Parameter>& parameters) {
  std::vector<std::string> names;
  for (const Statistic& s : source.statistics) names.push_back(s.label);
  for (const Parameter& p : parameters) names.push_back(p.name);
  return names;
}

}  // namespace

// Mean parameters by label, or the family's own parameters by name. Numbers left out keep what the prior says.
bool ModelJoint::start_from_numbers(int b, const Initialization& start) {
  if (start.numbers.empty()) return false;
  const Source& source = source_of(b);
  Block& to = block(b);
  const auto& family = *capability<ExponentialFamily>(*to.family, to.layout);
  const auto fill = [&](Eigen::MatrixXd& matrix, Index row, Index rows, const model::Array& array,
                        const std::string& label) {
    const Index cells = source.cells, numbers = array.values.size();
    if (numbers != 1 && numbers != rows && numbers != rows * cells)
      throw DomainError(label,
                        fmt::format("{} takes {} numbers, or one for all, got {}", label, rows * cells, numbers));
    for (Index k = 0; k < to.members(); ++k)
      for (Index r = 0; r < rows; ++r)
        matrix(row + r, k) = array.values[numbers == 1      ? 0
                                          : numbers == rows ? r
                                                            : source.cell_of[static_cast<std::size_t>(k)] * rows + r];
  };
  Eigen::MatrixXd theta;
  for (const auto& [label, array] : start.numbers) {
    if (const Index first = source.row(label); first >= 0) {
      Index rows = 0;
      for (const Statistic& s : source.statistics)
        if (s.label == label) rows = s.rows;
      fill(to.m, first, rows, array, label);
      continue;
    }
    const auto parameters = to.family->parameterizations()[static_cast<std::size_t>(to.layout.form)];
    Index first = 0;
    bool found = false;
    for (const Parameter& p : parameters) {
      const Index rows = p.shape == Shape::scalar   ? 1
                         : p.shape == Shape::vector ? source.elements
                                                    : source.elements * source.elements;
      if (p.name == label) {
        if (theta.size() == 0) {
          theta.resize(to.family->parameter_count(to.layout), to.members());
          family.convert(to.layout, to.eta, theta, false);
        }
        fill(theta, first, rows, array, label);
        found = true;
      }
      first += rows;
    }
    if (!found)
      throw DomainError(label, fmt::format("a start of {} has no '{}'; {}", to.family->name(), label,
                                           suggestion(label, names_of_start(source, parameters))));
  }
  if (theta.size() > 0)
    family.convert(to.layout, theta, to.eta, true);
  else
    family.natural(to.layout, to.m, to.eta);
  return true;
}

// Levels get random responsibilities, normals a random mean from the prior, probabilities of many levels half a count
// to one and a half of each; others stay at the prior.
void ModelJoint::start_at_random(int b, std::uint64_t seed, Index restart) {
  const Source& source = source_of(b);
  Block& to = block(b);
  const Stream stream(seed + 0x9e3779b97f4a7c15ULL * static_cast<std::uint64_t>(b), Purpose::initialization);
  const auto step = static_cast<std::uint64_t>(restart);
  if (const Index cell = source.row("cell"); cell >= 0) {
    Eigen::MatrixXd u(to.eta.rows(), to.members());
    stream.uniforms(step, 0, u);
    to.eta = (-u.array().log()).log().matrix();  // log of exponential draws: a flat Dirichlet
    return;
  }
  if (source.row("log_x") == 0 && source.statistics.size() == 1 && to.layout.dimension > 1) {
    Eigen::MatrixXd counts(to.layout.dimension, to.members());
    stream.uniforms(step, 0, counts);
    counts.array() += 0.5;
    capability<ExponentialFamily>(*to.family, to.layout)->convert(to.layout, counts, to.eta, true);
    return;
  }
  const Index x = source.row("x"), square = std::max(source.row("x2"), source.row("x*x'"));
  const auto* sampler = capability<Sampler>(*to.family, to.layout);
  if (x < 0 || square < 0 || !sampler) return;
  const Members prior = members_of(b);
  Eigen::MatrixXd u(sampler->uniforms(to.layout), to.members()), draws(to.layout.dimension, to.members());
  stream.uniforms(step, 0, u);
  sampler->sample(to.layout, prior.theta, u, draws);
  move_means(b, draws);
}

// Normals with these means, one column a member, and the spread that they have.
void ModelJoint::move_means(int b, const Eigen::MatrixXd& means) {
  const Source& source = source_of(b);
  Block& to = block(b);
  const Index d = means.rows(), x = source.row("x"), products = source.row("x*x'"), square = source.row("x2");
  for (Index k = 0; k < to.members(); ++k) {
    if (products >= 0)
      to.eta.col(k).segment(x, d) = -2 * to.eta.col(k).segment(products, d * d).reshaped(d, d) * means.col(k);
    else
      to.eta.col(k).segment(x, d) = -2 * to.eta.col(k).segment(square, d).cwiseProduct(means.col(k));
  }
}

void ModelJoint::initialize(std::uint64_t seed, Index restart) {
  // A grid without any mass is a mistake of the model, and is told by the variable's name.
  const auto named = [&](const Grid& grid, auto work) {
    try {
      work();
    } catch (const NumericalError& error) {
      throw NumericalError(
          fmt::format("{}: {}", sources_[static_cast<std::size_t>(grid.source)].variable->name, error.what()));
    }
  };
  at_start_ = true;
  for (const int b : parents_first()) {
    const int s = block_source_[static_cast<std::size_t>(b)];
    const auto index = static_cast<std::size_t>(s);
    const Initialization start =
        index < model_.initializations.size() ? model_.initializations[index] : Initialization{};
    if (Grid* grid = grid_of(s)) {
      named(*grid, [&] {
        settle(*grid, true);
        start_grid(*grid, start, seed, restart);
      });
      continue;
    }
    receive(b, message(s, true), 0, block(b).members(), block(b).eta);
    if (is_flat(b)) start_flat(b);
    switch (start.kind) {
      case Initialization::Kind::automatic:
      case Initialization::Kind::prior:
        break;
      case Initialization::Kind::random:
        start_at_random(b, seed, restart);
        break;
      case Initialization::Kind::kmeans: {
        const std::vector<Index> groups =
            groups_of(rows_read_through(s), block(b).eta.rows(), stream_of(seed, index), restart);
        block(b).eta.setConstant(-std::numeric_limits<double>::infinity());
        for (Index k = 0; k < block(b).members(); ++k)
          block(b).eta(groups[static_cast<std::size_t>(sources_[index].cell_of[static_cast<std::size_t>(k)])], k) = 0;
        break;
      }
      case Initialization::Kind::moments: {
        const auto& family = *capability<ExponentialFamily>(*block(b).family, block(b).layout);
        if (family.first_outside(block(b).layout, block(b).eta) < 0) recompute(b);  // what is not given stays
        try {
          start_from_numbers(b, start);
        } catch (const Error& error) {
          throw UnsupportedError(fmt::format("initialize: {}: {}", sources_[index].variable->name, error.what()));
        }
        break;
      }
      default:
        throw UnsupportedError(
            fmt::format("initialize: {}: it cannot start this way yet; use prior, random, numbers or moments",
                        sources_[index].variable->name));
    }
    const Source& source = sources_[index];
    for (Index k = 0; source.partial && k < source.members(); ++k)
      condition(source.known_at(source.cell_of[static_cast<std::size_t>(k)]), block(b).eta.col(k));
    recompute(b);
  }
  for (const auto& pass : passes_) start_pass(*pass, seed, restart);
  hear_first();
  const auto begin = [&](Grid& grid) {
    const auto index = static_cast<std::size_t>(grid.source);
    start_grid(grid, index < model_.initializations.size() ? model_.initializations[index] : Initialization{}, seed,
               restart);
  };
  for (Grid& grid : grids_) {  // now that there are messages
    named(grid, [&] { prepare_start(grid); });
    begin(grid);
  }
  // Tables read two grids: when all of them have their cells.
  for (NumericStatement& n : compiled_.numeric)
    for (std::size_t r = 0; r < n.readings.size(); ++r) fill_table(n, r);
  for (Grid& grid : grids_) {
    named(grid, [&] { leave_impossible(grid); });
    begin(grid);
  }
  at_start_ = false;
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
  if (children.empty())
    throw UnsupportedError(fmt::format(
        "initialize: {}: it picks no rows of numbers that k-means could group; use random", z.variable->name));
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
      const Stream stream = stream_of(seed, s);
      pass.start([stream, restart](Index begin, Index end, Out logits) {
        stream.uniforms(static_cast<std::uint64_t>(restart), static_cast<std::uint64_t>(begin),
                        logits.leftCols(end - begin));
        logits = (-logits.array().log()).log().matrix().eval();  // log of exponential draws: a flat Dirichlet
      });
      break;
    }
    case Initialization::Kind::kmeans: {
      const auto groups = std::make_shared<std::vector<Index>>(
          groups_of(rows_read_through(pass.source()), levels, stream_of(seed, s), restart));
      pass.start([groups](Index begin, Index end, Out logits) {
        logits.setConstant(-std::numeric_limits<double>::infinity());
        for (Index n = begin; n < end; ++n) logits((*groups)[static_cast<std::size_t>(n)], n - begin) = 0;
      });
      break;
    }
    case Initialization::Kind::moments: {
      const Eigen::VectorXd& values = start.numbers.front().second.values;
      if (start.numbers.size() != 1 || values.size() != pass.rows() * levels)
        throw DomainError("initialize",
                          fmt::format("initialize: {}: it takes the probabilities of {} levels for each of {} rows",
                                      sources_[s].variable->name, levels, pass.rows()));
      auto logs = std::make_shared<Eigen::MatrixXd>(values.array().log().matrix().reshaped(levels, pass.rows()));
      pass.start([logs](Index begin, Index end, Out logits) { logits = logs->middleCols(begin, end - begin); });
      break;
    }
    default:
      throw UnsupportedError(
          fmt::format("initialize: {}: it cannot start this way yet; use prior, random, kmeans or moments",
                      sources_[s].variable->name));
  }
  ++version_[s];
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
