// Flat priors: their own message is 0, which is no distribution. Where such factors start, and what is wrong where the
// data leave them improper.
#include "core/parameters.hpp"
#include "messages/model_joint.hpp"
#include "model/model_error.hpp"

#include <kullback/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kullback::messages {
namespace {

constexpr double kSingular = 1e-13;  // of a pivot where all variances are 1: sums over the rows round by nearly that
constexpr double kSmallest = 1e-100, kLargest = 1e100;

// The first coordinate that those before it determine, of a matrix that should be positive definite; -1: none.
Index first_dependent(const Eigen::MatrixXd& matrix) {
  const Eigen::VectorXd scale = matrix.diagonal().cwiseMax(0).cwiseSqrt();
  const Index d = matrix.rows();
  for (Index j = 0; j < d; ++j)
    if (!(scale[j] > 0)) return j;
  Eigen::MatrixXd rest = scale.cwiseInverse().asDiagonal() * matrix * scale.cwiseInverse().asDiagonal();
  for (Index j = 0; j < d; ++j) {
    if (!(rest(j, j) > kSingular)) return j;
    const Index below = d - j - 1;
    const Eigen::VectorXd column = rest.col(j).tail(below);
    rest.bottomRightCorner(below, below) -= column * column.transpose() / rest(j, j);
  }
  return -1;
}

bool is_square(Text label) { return label == "x2" || label == "x*x'"; }

}  // namespace

bool ModelJoint::is_flat(int b) const {
  for (std::size_t s = 0; s < sources_.size(); ++s)
    if (sources_[s].block == b && s < model_.variables.size() && model_.is_flat(static_cast<int>(s))) return true;
  return false;
}

// A member of the family, around 0 where it can be.
void ModelJoint::start_flat(int b) {
  const Source& source = source_of(b);
  Block& to = block(b);
  const auto& family = *capability<ExponentialFamily>(*to.family, to.layout);
  const auto any = any_member(*to.family, 0, source.vector_size());
  if (!any || any->layout.dimension != to.layout.dimension)
    model::refuse(model::of_variable(source.variable->name,
                                     fmt::format("{} has no start where its prior is flat", to.family->name())));
  Eigen::MatrixXd eta(to.eta.rows(), 1);
  capability<ExponentialFamily>(*any->family, any->layout)->convert(any->layout, any->theta, eta, true);
  if (source.has("x2") || source.has("x*x'")) eta.middleRows(source.row("x"), source.vector_size()).setZero();
  for (Index k = 0; k < to.members(); ++k)
    if (!family.in_domain(to.layout, to.eta, k)) to.eta.col(k) = eta;
}

// What the data say to those that start by themselves, now that all others stand.
void ModelJoint::hear_first() {
  for (int b = 0; b < static_cast<int>(blocks_.size()); ++b) {
    const auto s = static_cast<std::size_t>(block_source_[static_cast<std::size_t>(b)]);
    if (!is_flat(b) || grid_of(static_cast<int>(s)) ||
        model_.initializations[s].kind != model::Initialization::Kind::automatic)
      continue;
    Block& to = block(b);
    const auto& family = *capability<ExponentialFamily>(*to.family, to.layout);
    Eigen::MatrixXd heard = to.eta;
    receive(b, message(static_cast<int>(s), false), 0, to.members(), heard);
    for (Index k = 0; k < to.members(); ++k)
      if (family.in_domain(to.layout, heard, k) && improper(b, heard, k).empty()) to.eta.col(k) = heard.col(k);
    recompute(b);
  }
}

void ModelJoint::check_proper(Range range) const {
  if (!is_flat(range.block)) return;
  const Eigen::MatrixXd& eta = messages_[static_cast<std::size_t>(range.block)];
  for (Index k = range.begin; k < range.end; ++k)
    if (const std::string why = improper(range.block, eta, k); !why.empty())
      throw model::ModelError<NumericalError>(model::of_cell(
          source_of(range.block).variable->name, member_name(range.block, k),
          fmt::format("its prior is flat, and its posterior is improper: {}; give it a proper prior, or more data",
                      why)));
}

// What keeps a member with these natural parameters from having a finite integral; empty: nothing does.
std::string ModelJoint::improper(int b, const Eigen::MatrixXd& eta, Index member) const {
  const Source& source = source_of(b);
  const Block& of = block(b);
  const auto& family = *capability<ExponentialFamily>(*of.family, of.layout);
  const Eigen::VectorXd natural = eta.col(member);
  for (const char* label : {"x*x'", "x", "inverse"})
    if (source.has(label) && (source.matrix || Text(label) == "x*x'")) {
      const Index d = source.vector_size(), at = source.row(label);
      const Index j = first_dependent(-natural.segment(at, d * d).reshaped(d, d));
      if (j >= 0) return dependent(source, j, natural[at + j * d + j] != 0);
    }
  if ((natural.array() == 0).all()) return unseen(b);
  const Index last = natural.size() - 1;
  if (family.in_domain(of.layout, eta, member)) {
    // Nothing bounds it: each sweep would drive it farther.
    const double size = std::abs(natural[last]);
    if (natural.size() != 2 || (size > kSmallest && size < kLargest)) return {};
    if (is_square(source.statistics.back().label)) return unseen(b);
    return fmt::format("the data do not bound it, and it runs off (its natural parameters are [{:.3g}, {:.3g}])",
                       natural[0], natural[1]);
  }
  // Which statistic is to blame: with a proper number in its place, and all else as it is, the integral would be
  // finite.
  const auto any = any_member(*of.family, 0, source.vector_size());
  Eigen::MatrixXd proper(natural.size(), 1);
  capability<ExponentialFamily>(*any->family, any->layout)->convert(any->layout, any->theta, proper, true);
  Index row = 0;
  for (const Statistic& statistic : source.statistics) {
    Eigen::MatrixXd tried = proper;
    tried.middleRows(row, statistic.rows) = natural.segment(row, statistic.rows);
    if (!family.in_domain(of.layout, tried, 0)) {
      if (is_square(statistic.label)) return unseen(b);
      if (statistic.label.find("log_") != std::string::npos)
        return fmt::format(
            "too few observations speak of it (the natural parameter of {} is {:.6g}, at or beyond the "
            "end of the domain of {})",
            statistic.label, natural[row], of.family->name());
      return "what is observed of it does not vary";
    }
    row += statistic.rows;
  }
  return "its natural parameters are outside the domain of " + std::string(of.family->name());
}

// No observation reads the member, or only with a level that none has.
std::string ModelJoint::unseen(int b) const {
  const int source = block_source_[static_cast<std::size_t>(b)];
  const std::string why = "no observation speaks of it";
  for (const CompiledStatement& statement : compiled_.statements)
    for (const Term& term : statement.terms) {
      const auto& latent = term.latent;
      const bool reads = std::any_of(latent.begin(), latent.end(), [&](const auto& f) { return f.source == source; });
      const auto picked = std::find_if(latent.begin(), latent.end(), [](const auto& f) { return f.label == "cell"; });
      if (!reads || (term.passes.empty() && picked == latent.end())) continue;
      const int z = picked == latent.end() ? term.passes.front() : picked->source;
      return fmt::format("{} (a level of {} that is empty: give it fewer levels, or another start)", why,
                         sources_[static_cast<std::size_t>(z)].variable->name);
    }
  return why;
}

// "nothing that is observed depends on its coordinate c = slope"
std::string ModelJoint::dependent(const Source& source, Index coordinate, bool on_others) const {
  if (source.side_by_side) {
    const auto part = std::find_if(sources_.begin(), sources_.end(), [&](const Source& s) {
      return s.block == source.block && coordinate >= s.first && coordinate < s.first + s.elements;
    });
    if (!on_others) return "nothing that is observed depends on " + part->variable->name;
    return fmt::format("the data do not tell {} from what stands before it in its joint block", part->variable->name);
  }
  std::string name;
  for (std::size_t k = source.over.size(); k-- > 0;) {
    const model::Plate& plate = model_.plates[static_cast<std::size_t>(source.over[k])];
    const Index at = coordinate % plate.size;
    coordinate /= plate.size;
    const std::string label =
        plate.labels.empty() ? fmt::format("{}", at + 1) : plate.labels[static_cast<std::size_t>(at)];
    name = fmt::format("{} = {}{}{}", plate.name, label, name.empty() ? "" : ", ", name);
  }
  if (!on_others) return fmt::format("nothing that is observed depends on its coordinate {}", name);
  return fmt::format(
      "the data do not tell its coordinate {} from those before it (collinear columns, or fewer observations than "
      "coordinates)",
      name);
}

}  // namespace kullback::messages
