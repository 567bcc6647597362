// Factors that begin at numbers, or at random.
#include "messages/model_joint.hpp"

#include "core/random.hpp"
#include "messages/restricted.hpp"
#include "messages/start.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace kullback::messages {

using model::Initialization;

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
  if (const auto* restricted = dynamic_cast<const Restricted*>(to.family);
      restricted && start.numbers.size() == 1 && source.has("x") && start.numbers[0].first == "mean") {
    Eigen::MatrixXd means(1, to.members());
    fill(means, 0, 1, start.numbers[0].second, "mean");
    for (Index k = 0; k < to.members(); ++k)
      tilt_to_mean(*restricted, to.layout, source.row("x"), means(0, k), to.eta.col(k));
    return true;
  }
  Eigen::MatrixXd theta;
  const Index size = source.vector_size();
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
      const Index rows = p.shape == Shape::scalar ? 1 : p.shape == Shape::vector ? size : size * size;
      if (p.name == label) {
        if (theta.size() == 0) {
          theta.resize(to.family->parameter_count(to.layout), to.members());
          family.convert(to.layout, to.eta, theta, false);
        }
        if (p.domain == Domain::non_negative && p.shape == Shape::vector && !source.zeros &&
            (array.values.array() == 0).any())
          throw DomainError(label, fmt::format("{} must be positive: a 0 is a structural zero, which its distribution "
                                               "must say",
                                               label));
        fill(theta, first, rows, array, label);
        found = true;
      }
      first += rows;
    }
    if (!found)
      throw DomainError(label, fmt::format("a start of {} has no '{}'; {}", to.family->name(), label,
                                           suggestion(label, names_of_start(source, parameters))));
  }
  for_zeros(source, [&](Index row, Index k) { to.m(row, k) = 0; });
  if (theta.size() > 0)
    family.convert(to.layout, theta, to.eta, true);
  else
    family.natural(to.layout, to.m, to.eta);
  return true;
}

void ModelJoint::start_by_numbers(int b, const Source& named, const Initialization& start) {
  const auto& family = *capability<ExponentialFamily>(*block(b).family, block(b).layout);
  if (family.first_outside(block(b).layout, block(b).eta) < 0) recompute(b);  // what is not given stays
  try {
    start_from_numbers(b, start);
  } catch (const Error& error) {
    refuse_start(named, error.what());
  }
}

// Levels get random responsibilities, normals a random mean from the prior, probabilities of many levels half a count
// to one and a half of each; others stay at the prior.
void ModelJoint::start_at_random(int b, std::uint64_t seed, Index restart) {
  const Source& source = source_of(b);
  Block& to = block(b);
  const Stream stream = start_stream(seed, static_cast<std::size_t>(b));
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

// Normals in one block: means of each variable by itself; other numbers are of the whole block.
void ModelJoint::start_side_by_side(int b, std::uint64_t seed, Index restart) {
  Block& to = block(b);
  const Index d = to.layout.dimension;
  const auto each = [&](const auto& use) {
    for (std::size_t v = 0; v < std::min(sources_.size(), model_.initializations.size()); ++v)
      if (sources_[v].block == b) use(sources_[v], model_.initializations[v]);
  };
  const auto gives_mean = [](const Initialization& start) {
    return start.kind == Initialization::Kind::moments && start.numbers.size() == 1 &&
           (start.numbers[0].first == "mean" || start.numbers[0].first == "x");
  };
  recompute(b);
  each([&](const Source& source, const Initialization& start) {
    if (start.kind == Initialization::Kind::moments && !gives_mean(start)) start_by_numbers(b, source, start);
  });
  recompute(b);
  const Eigen::MatrixXd eta = to.eta;
  Eigen::MatrixXd means = to.m.topRows(d);
  bool moved = false;
  each([&](const Source& source, const Initialization& start) {
    auto mine = means.middleRows(source.first, source.elements);
    if (start.kind == Initialization::Kind::random) {
      start_at_random(b, seed, restart);
      recompute(b);
      mine = to.m.middleRows(source.first, source.elements);
      to.eta = eta;
    } else if (gives_mean(start)) {
      const Eigen::VectorXd& x = start.numbers[0].second.values;
      for (Index k = 0; k < to.members(); ++k)
        for (Index i = 0; i < source.elements; ++i)
          mine(i, k) = x[x.size() == 1 ? 0 : source.cell_of[static_cast<std::size_t>(k)] * source.elements + i];
    } else if (start.kind == Initialization::Kind::kmeans || start.kind == Initialization::Kind::value) {
      refuse_start(source, "a joint block starts with prior, random, numbers or moments");
    } else {
      return;
    }
    moved = true;
  });
  if (moved) move_means(b, means);
}

}  // namespace kullback::messages
