#include "messages/model_joint.hpp"

#include "inference/coloring.hpp"
#include "messages/encounters.hpp"
#include "messages/limits.hpp"
#include "messages/numeric.hpp"
#include "model/model_error.hpp"

#include <kullback/error.hpp>
#include <kullback/labels.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace kullback::messages {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// The product where 0 * inf = 0: a level without mass has eta = -inf.
double guarded_dot(const Eigen::VectorXd& a, const Eigen::VectorXd& b) {
  double sum = 0;
  for (Index r = 0; r < a.size(); ++r)
    if (a[r] != 0 && b[r] != 0) sum += a[r] * b[r];
  return sum;
}

}  // namespace

ModelJoint::ModelJoint(const Registry& registry, std::shared_ptr<const model::Model> model, bool keep_selectors)
    : owned_(with_discarded(model)), model_(*owned_) {
  compile_with_grids(registry, model->variables.size(), keep_selectors);
  std::vector<int> order = model_.order;
  for (std::size_t s = 0; s < sources_.size(); ++s)
    if (std::find(order.begin(), order.end(), static_cast<int>(s)) == order.end()) order.push_back(static_cast<int>(s));
  for (const int s : order) {
    Source& source = sources_[static_cast<std::size_t>(s)];
    if (source.kind != Source::Kind::latent) continue;
    if (const int leader = holder(sources_, s); sources_[static_cast<std::size_t>(leader)].block >= 0) {
      source.block = sources_[static_cast<std::size_t>(leader)].block;
      blocks_[static_cast<std::size_t>(source.block)].name += ", " + source.variable->name;
      continue;
    }
    if (source.eliminated) {
      passes_.push_back(std::make_unique<Pass>(model_, sources_, compiled_, s));
      pass_before_.push_back(static_cast<int>(blocks_.size()));
      continue;
    }
    const int held_by = holder(sources_, s);
    source.block = sources_[static_cast<std::size_t>(held_by)].block = static_cast<int>(blocks_.size());
    block_source_.push_back(held_by);
    Block block;
    block.name = source.variable->name;
    block.family = source.family;
    block.layout = source.layout;
    Index rows = compiled_.moments[static_cast<std::size_t>(held_by)].rows;
    if (source.grid) {
      grids_.push_back(make_grid(model_, sources_, s));
      rows = 1;  // until there is a message to choose cells by
      block.layout.constants = {Eigen::VectorXd::LinSpaced(2, 0, 1)};
    }
    rows += source.limits.rows();
    block.eta = Eigen::MatrixXd::Zero(rows, source.members());
    block.m = Eigen::MatrixXd::Zero(rows, source.members());
    block.log_partition = Eigen::RowVectorXd::Zero(source.members());
    messages_.emplace_back(rows, source.members());
    blocks_.push_back(std::move(block));
  }
  color();
  for (std::size_t b = 0; b < blocks_.size(); ++b) {  // by member, as they are numbered now
    const Source& source = source_of(static_cast<int>(b));
    weights_.push_back(weights_of(source));
    const Index limits = source.limits.rows();  // rows of eta that stay as they are
    for (Index k = 0; limits > 0 && k < source.members(); ++k)
      blocks_[b].eta.col(k).tail(limits) = source.limits.col(source.cell_of[static_cast<std::size_t>(k)]);
    messages_[b] = blocks_[b].eta;
  }
  tables_.resize(sources_.size());
  masses_.resize(sources_.size());
  version_ = std::make_unique<std::atomic<std::uint64_t>[]>(sources_.size());
  for (std::size_t s = 0; s < sources_.size(); ++s) {
    version_[s] = 1;
    const Moments& m = compiled_.moments[s];
    const Source& source = sources_[s];
    if (source.kind != Source::Kind::latent || source.eliminated || m.direct ||
        holder(sources_, static_cast<int>(s)) != static_cast<int>(s))
      continue;
    tables_[s] = Eigen::MatrixXd::Zero(m.rows, source.cells);
    for (Index cell = 0; cell < source.cells; ++cell) {
      if (source.member[static_cast<std::size_t>(cell)] >= 0 || source.left_out(cell)) continue;
      for (const Moments::Label& label : m.labels) {
        if (label.label == "cell") {
          tables_[s](label.row + static_cast<Index>(source.known->values[cell]), cell) = 1;
          continue;
        }
        const Eigen::MatrixXd x = source.known->values.segment(cell * source.elements, source.elements);
        Eigen::MatrixXd value(label.rows, 1);
        if (!evaluate_label(label.label, x, value))
          model::refuse(model::of_variable(source.variable->name,
                                           fmt::format("its statistic {} is not known for known cells", label.label)));
        make_logs_finite(label.label, value.col(0));
        tables_[s].col(cell).segment(label.row, label.rows) = value.col(0);
      }
    }
  }
  for (const CompiledStatement& statement : compiled_.statements) values_.emplace_back(statement.terms.size());
  share_rows();
}

const double* ModelJoint::moments(int source) const {
  const auto s = static_cast<std::size_t>(source);
  return compiled_.moments[s].direct ? block(sources_[s].block).m.data() : tables_[s].data();
}

Product ModelJoint::product(const Term& term, std::size_t without) const {
  Product product;
  std::vector<int> taken, all_taken;
  for (std::size_t k = 0; k < term.latent.size(); ++k) {
    const LatentFactor& f = term.latent[k];
    if (k == without) continue;
    const SharedRows* rows = rows_of(f.source);
    const double* numbers = f.mass ? masses_[static_cast<std::size_t>(f.source)].data()
                            : rows ? nullptr
                                   : moments(f.source);
    product.views.push_back(rows ? rows->factor(term, taken) : View{numbers + f.offset, f.axes, f.strides});
    if (rows && !taken.empty()) all_taken = taken;
  }
  std::vector<View> known;
  for (const KnownFactor& f : term.known) {
    const bool in_sums = std::any_of(all_taken.begin(), all_taken.end(), [&](int axis) {
      return std::find(f.axes.begin(), f.axes.end(), axis) != f.axes.end();
    });
    if (!in_sums) known.push_back(view(f));
  }
  product.views.insert(product.views.begin(), known.begin(), known.end());
  for (const SelectionFactor& f : term.selections) product.selections.push_back(selection(f));
  return product;
}

Eigen::MatrixXd ModelJoint::message(int source, bool own) const {
  const Source& to = sources_[static_cast<std::size_t>(source)];
  Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(compiled_.moments[static_cast<std::size_t>(source)].rows, to.cells);
  for (const CompiledStatement& statement : compiled_.statements) {
    if (own && holder(sources_, statement.variable) != source) continue;
    for (const Term& term : statement.terms)
      for (std::size_t k = 0; k < term.latent.size(); ++k) {
        const LatentFactor& f = term.latent[k];
        if (f.source == source && !f.mass)
          add_product_in_chunks(statement.sizes, term.coefficient, product(term, k),
                                {sum.data() + f.offset, f.axes, f.strides});
      }
  }
  add_natural(source, sum);
  if (!own && to.variable->levels >= 0) add_choices(source, sum);
  return sum;
}

void ModelJoint::prepare(Range range) {
  const int s = block_source_[static_cast<std::size_t>(range.block)];
  const Eigen::MatrixXd sum = message(s, false);
  Eigen::MatrixXd& to = messages_[static_cast<std::size_t>(range.block)];
  if (Grid* grid = grid_of(s)) {
    grid->starting = false;
    weigh_tables();
    to = told(*grid, sum);
    return;
  }
  receive(range.block, sum, range.begin, range.end, to);
  check_proper(range);
}

void ModelJoint::natural_gradient(Range range, Out eta_hat) const {
  eta_hat = messages_[static_cast<std::size_t>(range.block)].middleCols(range.begin, range.end - range.begin);
}

void ModelJoint::refresh(Range changed) {
  const int s = block_source_[static_cast<std::size_t>(changed.block)];
  if (SharedRows* rows = rows_[static_cast<std::size_t>(changed.block)].get()) rows->forget();
  fill_moments(s, changed.begin, changed.end);
  ++version_[static_cast<std::size_t>(s)];
}

std::vector<std::string> ModelJoint::terms() const {
  std::vector<std::string> names;
  for (const CompiledStatement& s : compiled_.statements) names.push_back(s.name);
  for (Index p = 0; p < passes(); ++p) names.push_back("entropy of " + pass_name(p));
  for (std::size_t b = 0; b < blocks_.size(); ++b)
    if (weights_[b].size() > 0) names.push_back("entropy of copies of " + blocks_[b].name);
  return names;
}

double ModelJoint::value(const CompiledStatement& statement, const Term& term) const {
  double sum = 0;
  add_product_in_chunks(statement.sizes, term.coefficient, product(term, kNone), {&sum, {}, {}});
  return sum;
}

void ModelJoint::expected_log_density(std::span<double> by_term) const {
  for (std::size_t s = 0; s < compiled_.statements.size(); ++s) {
    const CompiledStatement& statement = compiled_.statements[s];
    by_term[s] = 0;
    for (std::size_t t = 0; t < statement.terms.size(); ++t) {
      std::uint64_t version = 1;
      for (const LatentFactor& f : statement.terms[t].latent) version += version_[static_cast<std::size_t>(f.source)];
      for (const int s : statement.terms[t].passes) version += version_[static_cast<std::size_t>(s)];
      Cached& cached = values_[s][t];
      if (cached.version != version) cached = {value(statement, statement.terms[t]), version};
      by_term[s] += cached.value;
    }
  }
  weigh_tables();
  for (const NumericStatement& n : compiled_.numeric)
    for (const NumericStatement::Read& read : n.readings)
      by_term[n.compiled] += expect(expect(read.table, mass_of(read, 1)).transpose(), mass_of(read, 0))[0];
  // The entropy of a block counts cells by their widths: the weights of the nodes are in the term of its distribution.
  for (const Grid& grid : grids_) {
    const auto b = static_cast<std::size_t>(sources_[static_cast<std::size_t>(grid.source)].block);
    const Eigen::RowVectorXd of_members = grid.cells.log_ratio.transpose() * blocks_[b].m;
    for (std::size_t s = 0; s < compiled_.statements.size(); ++s) {
      if (compiled_.statements[s].variable != grid.source) continue;
      by_term[s] += weights_[b].size() > 0 ? of_members.dot(weights_[b]) : of_members.sum();
      break;
    }
  }
  std::size_t next = compiled_.statements.size();
  for (const auto& pass : passes_) by_term[next++] = pass->entropy();
  for (std::size_t b = 0; b < blocks_.size(); ++b) {
    if (weights_[b].size() == 0) continue;
    double sum = 0;
    for (Index k = 0; k < weights_[b].size(); ++k)
      sum += (weights_[b][k] - 1) *
             (blocks_[b].log_partition[k] - guarded_dot(blocks_[b].eta.col(k), blocks_[b].m.col(k)));
    by_term[next++] = sum;
  }
}

Pass::MomentsOf ModelJoint::moments_of() const {
  return [this](int source) { return moments(source); };
}

void ModelJoint::make_pass(Index p) {
  Pass& pass = *passes_[static_cast<std::size_t>(p)];
  pass.run(moments_of());
  ++version_[static_cast<std::size_t>(pass.source())];
}

std::string ModelJoint::pass_name(Index p) const {
  return sources_[static_cast<std::size_t>(passes_[static_cast<std::size_t>(p)]->source())].variable->name;
}

const Pass* ModelJoint::pass_of(int variable) const {
  for (const auto& pass : passes_)
    if (pass->source() == variable) return pass.get();
  return nullptr;
}

void ModelJoint::start_from(const Members&) {
  throw UnsupportedError("a model's factors are set one variable at a time: initialize");
}

std::string ModelJoint::member_name(int b, Index member) const {
  const Source& source = source_of(b);
  return cell_name(model_, source, source.cell_of[static_cast<std::size_t>(member)]);
}

Members ModelJoint::posterior(int variable) const {
  const Source& source = sources_[static_cast<std::size_t>(variable)];
  if (source.block < 0) throw UnsupportedError(fmt::format("{} has no factor of q", source.variable->name));
  Members members = members_of(source.block);
  members.theta = members.theta(Eigen::all, source.members_by_cell()).eval();
  return members;
}

Members ModelJoint::members_of(int b) const {
  const Block& from = block(b);
  Members members{from.family, from.layout, {}};
  members.theta.resize(from.family->parameter_count(from.layout), from.members());
  capability<ExponentialFamily>(*from.family, from.layout)->convert(from.layout, from.eta, members.theta, false);
  return members;
}

// Members that one statement reads together may not move together.
void ModelJoint::color() {
  color_begin_.assign(blocks_.size(), {});
  for (std::size_t b = 0; b < blocks_.size(); ++b) {
    const int s = block_source_[b];
    Source& source = sources_[static_cast<std::size_t>(s)];
    const Index members = source.members();
    std::vector<std::vector<int>> neighbors;
    for (const Encounter& e : compiled_.encounters) {
      if (holder(sources_, e.source) != holder(sources_, s)) continue;
      if (neighbors.empty()) neighbors.resize(static_cast<std::size_t>(members));
      for_encounters(compiled_, model_, source, e, [&](Index first, Index second) {
        const Index i = source.member[static_cast<std::size_t>(first)],
                    j = source.member[static_cast<std::size_t>(second)];
        if (i < 0 || j < 0 || i == j) return;
        neighbors[static_cast<std::size_t>(i)].push_back(static_cast<int>(j));
        neighbors[static_cast<std::size_t>(j)].push_back(static_cast<int>(i));
      });
    }
    for (const NumericStatement& n : compiled_.numeric)
      for (const NumericStatement::Read& r : n.readings) {
        if (r.members.size() < 2 || r.members[0].first != s || r.members[1].first != s) continue;
        if (neighbors.empty()) neighbors.resize(static_cast<std::size_t>(members));
        neighbors[static_cast<std::size_t>(r.members[0].second)].push_back(static_cast<int>(r.members[1].second));
        neighbors[static_cast<std::size_t>(r.members[1].second)].push_back(static_cast<int>(r.members[0].second));
      }
    if (neighbors.empty()) {
      color_begin_[b] = {0, members};
      continue;
    }
    std::vector<int> row_begin = {0}, columns;
    for (auto& row : neighbors) {
      std::sort(row.begin(), row.end());
      row.erase(std::unique(row.begin(), row.end()), row.end());
      columns.insert(columns.end(), row.begin(), row.end());
      row_begin.push_back(static_cast<int>(columns.size()));
    }
    const inference::Colors colors = inference::color_greedily(members, row_begin, columns);
    color_begin_[b] = colors.begin;
    std::vector<Index> cells, now_at(colors.order.size());
    for (const int old : colors.order) {
      now_at[static_cast<std::size_t>(old)] = static_cast<Index>(cells.size());
      cells.push_back(source.cell_of[static_cast<std::size_t>(old)]);
    }
    if (cells == source.cell_of) continue;
    for (NumericStatement& n : compiled_.numeric)
      for (NumericStatement::Read& r : n.readings)
        for (Reading& reading : r.members)
          if (reading.first == s) reading.second = now_at[static_cast<std::size_t>(reading.second)];
    for (std::size_t i = 0; i < sources_.size(); ++i) {  // all variables of a joint block
      if (sources_[i].block != static_cast<int>(b)) continue;
      sources_[i].cell_of = cells;
      for (Index k = 0; k < members; ++k)
        sources_[i].member[static_cast<std::size_t>(cells[static_cast<std::size_t>(k)])] = k;
      compiled_.moments[i].direct = false;
    }
  }
}

std::vector<Range> ModelJoint::colors(int b) const {
  const auto& begin = color_begin_[static_cast<std::size_t>(b)];
  std::vector<Range> ranges;
  for (std::size_t c = 0; c + 1 < begin.size(); ++c) ranges.push_back({b, begin[c], begin[c + 1]});
  return ranges;
}

std::vector<Index> ModelJoint::sequence(int b) const { return source_of(b).members_by_cell(); }

}  // namespace kullback::messages
