// Which local factors of a model are iterated inside a sweep, and by what they hear.
#include "messages/model_joint.hpp"

#include <kullback/error.hpp>

#include <algorithm>

namespace kullback::messages {

// A slot reads a source so that a row of its table is the moments of one member, level by level.
int Pass::local_source(const std::function<bool(int source)>& suits) const {
  if (!gathered_ || slots_.size() < 2) return -1;
  for (const Slot& slot : slots_) {
    if (slot.terms.size() != 1) continue;
    const Term& term = compiled_.statements[slot.statement].terms[slot.terms.front()];
    if (term.coefficient != 1 || term.latent.size() != 1) continue;
    const LatentFactor& f = term.latent.front();
    const std::vector<int> cell_and_level = {slot.selections.front().axis, slot.level_axis};
    if (f.offset == 0 && f.axes == cell_and_level && f.strides == std::vector<Index>{levels_, 1} && suits(f.source))
      return f.source;
  }
  return -1;
}

std::size_t Pass::slot_of(int local_source) const {
  for (std::size_t i = 0; i < slots_.size(); ++i)
    for (const std::size_t t : slots_[i].terms)
      for (const LatentFactor& f : compiled_.statements[slots_[i].statement].terms[t].latent)
        if (f.source == local_source) return i;
  throw UnsupportedError(name_ + ": no table of its pass is made of that variable's moments");
}

Eigen::MatrixXd Pass::heard_by(int local_source) const {
  const Eigen::VectorXd& sums = slots_[slot_of(local_source)].sums->values;
  return sums.reshaped(levels_, sums.size() / levels_);
}

Eigen::MatrixXd Pass::iterate(const MomentsOf& moments, int local_source, const Block& block,
                              const Eigen::MatrixXd& prior, const InnerSettings& settings) {
  multiply_moments(moments, false);
  const std::size_t local = slot_of(local_source);
  for (std::size_t i = 0; i < slots_.size(); ++i) slots_[i].products_current = i != local;
  return gathered_->iterate(gathered_tables(), weighted_ ? weights_[0].data() : nullptr, local, block, prior, settings);
}

void ModelJoint::iterate_locally(const InnerSettings& settings) {
  inner_ = settings;
  const auto suits = [&](int s) {
    const Source& source = sources_[static_cast<std::size_t>(s)];
    return source.block >= 0 && source.leader < 0 && !source.grid && !source.partial && source.all_latent() &&
           source.limits.size() == 0 && weights_[static_cast<std::size_t>(source.block)].size() == 0 &&
           compiled_.moments[static_cast<std::size_t>(s)].direct && source.statistics.size() == 1 &&
           source.statistics.front().label == "log_x";
  };
  local_sources_.clear();
  for (const auto& pass : passes_) local_sources_.push_back(pass->local_source(suits));
  if (std::all_of(local_sources_.begin(), local_sources_.end(), [](int s) { return s < 0; })) {
    local_sources_.clear();
    throw UnsupportedError(
        "no factors can be iterated inside a sweep: that takes a categorical of each row whose probabilities are a "
        "dirichlet picked by a known level (z[n]: categorical(theta[document])), and everything it picks picked by "
        "known levels too");
  }
}

int ModelJoint::iterated_block(Index pass) const {
  if (local_sources_.empty()) return -1;
  const int s = local_sources_[static_cast<std::size_t>(pass)];
  return s < 0 ? -1 : sources_[static_cast<std::size_t>(s)].block;
}

Eigen::MatrixXd ModelJoint::iterated(Index p) {
  const int s = local_sources_[static_cast<std::size_t>(p)];
  Pass& pass = *passes_[static_cast<std::size_t>(p)];
  const Eigen::MatrixXd prior = message(s, false) - pass.heard_by(s);
  return pass.iterate(moments_of(), s, block(sources_[static_cast<std::size_t>(s)].block), prior, inner_);
}

}  // namespace kullback::messages
