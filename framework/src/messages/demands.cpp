#include "messages/demands.hpp"

#include "messages/wider_families.hpp"

#include <kullback/labels.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace kullback::messages {
namespace {

std::string article(Text name) {
  return fmt::format("{} {}", Text("aeiou").find(name[0]) == Text::npos ? "a" : "an", name);
}

}  // namespace

std::string readable(std::string label) {
  if (label == "log_x") return "log x";
  if (label == "log2_x") return "log^2 x";
  if (label == "x2") return "x^2";
  if (label == "lgamma_x") return "log Gamma(x)";
  if (label == "log_1mx") return "log(1 - x)";
  return label;
}

void Demands::add(const Polynomial& polynomial, const model::Statement& statement) {
  for (const Monomial& monomial : polynomial)
    for (const Atom& atom : monomial.atoms) {
      if (atom.source < 0 || (atom.label == "cell" && sources_[static_cast<std::size_t>(atom.source)].grid)) continue;
      auto& sent = sent_[{atom.source, &statement}];
      if (std::find(sent.begin(), sent.end(), atom.label) == sent.end()) sent.push_back(atom.label);
    }
}

void Demands::add_own(const model::Statement& statement) {
  auto& sent = sent_[{statement.variable, &statement}];
  for (const Statistic& s :
       capability<ExponentialFamily>(*statement.family, statement.layout)->statistics(statement.layout))
    sent.push_back(s.label);
  by_statistics_.insert(statement.variable);
}

void Demands::check(model::Kept& kept) {
  for (std::size_t s = 0; s < sources_.size(); ++s) widen(static_cast<int>(s));
  int refused = -1;  // once for each source
  for (const auto& [key, labels] : sent_)
    if (key.first != refused && !kept.run([&, &key = key, &labels = labels] { check(key.first, *key.second, labels); }))
      refused = key.first;
}

std::vector<Moments> Demands::finish() {
  for (std::size_t s = 0; s < sources_.size(); ++s) {
    Source& source = sources_[s];
    if (source.kind != Source::Kind::latent || holder(sources_, static_cast<int>(s)) != static_cast<int>(s)) continue;
    if (source.grid)  // whatever messages need
      for (const auto& [key, labels] : sent_)
        for (const std::string& label : labels)
          if (key.first == static_cast<int>(s) && !source.has(label)) source.statistics.push_back({label, 1});
    Moments& m = moments_[s];
    m.direct = source.all_latent() && !source.grid && !source.partial && source.limits.size() == 0;
    for (const Statistic& statistic : source.statistics) {
      m.labels.push_back({statistic.label, statistic.rows, m.rows});
      m.rows += statistic.rows;
    }
  }
  return std::move(moments_);
}

void Demands::check(int index, const model::Statement& statement, const std::vector<std::string>& labels) {
  const Source& source = sources_[static_cast<std::size_t>(index)];
  if (source.grid) {
    for (const std::string& l : labels)
      if (label_rows(l, 1) != 1)
        model::refuse(
            model::of_variable(source.variable->name,
                               fmt::format("the statistic {} that is sent to its grid is not known at its nodes", l)));
    return;
  }
  const bool all = std::all_of(labels.begin(), labels.end(), [&](const std::string& l) { return source.has(l); });
  if (all) return;
  if (by_statistics_.contains(index) && source.elements == 1 && source.variable->levels < 0) {
    if (std::find(wanted_on_grids_.begin(), wanted_on_grids_.end(), index) == wanted_on_grids_.end())
      wanted_on_grids_.push_back(index);
    return;
  }
  const std::string name = source.variable->name;
  std::vector<std::string> own;
  for (const Statistic& s : source.statistics) own.push_back(readable(s.label));
  std::vector<std::string> sends, better;
  for (const std::string& l : labels) sends.push_back(readable(l));
  for (const FamilyWith& family : families_with(registry_, source, labels)) better.emplace_back(family.family->name());
  if (source.side_by_side)
    model::refuse(model::of_variable(
        name, fmt::format("the joint block of normals has statistics (x, x*x'), but {} sends ({}): leave it out of the "
                          "block",
                          statement.text, fmt::join(sends, ", "))));
  if (source.leader >= 0)
    model::refuse(model::of_variable(
        name, fmt::format(
                  "the joint block {} has statistics ({}), but {} sends ({}); say the mean's precision in terms of the "
                  "other variable (mu: normal(0, precision = 0.1 * tau)), or leave them factorized",
                  source.family->name(), fmt::join(own, ", "), statement.text, fmt::join(sends, ", "))));
  if (source.two_valued)
    model::refuse(model::of_variable(
        name, fmt::format("{} sends ({}), which {} has no mean of where 0 has mass: use categorical over a plate of 2 "
                          "levels, and compare its level ({} == on), or posterior: {{{}: discrete_grid}}",
                          statement.text, fmt::join(sends, ", "), article(source.family->name()), name, name)));
  model::refuse(model::of_variable(
      name,
      fmt::format(
          "its factor is {} with statistics ({}), but {} sends ({}): use {}posterior: {{{}: discrete_grid}}",
          article(source.family->name()), fmt::join(own, ", "),
          statement.text.empty() ? model_.variables[static_cast<std::size_t>(statement.variable)].name : statement.text,
          fmt::join(sends, ", "), better.empty() ? "" : fmt::format("{}, or ", fmt::join(better, " or ")), name)));
}

// The factor of an exponential that is a rate is a gamma.
void Demands::widen(int index) {
  std::vector<std::string> labels;
  for (const auto& [key, sent] : sent_)
    if (key.first == index) labels.insert(labels.end(), sent.begin(), sent.end());
  widen_factor(registry_, sources_[static_cast<std::size_t>(index)], labels);
}

}  // namespace kullback::messages
