// A model seen by an optimizer: its latent variables are blocks, its statements the terms of E_q[log p~].
#pragma once

#include "messages/terms.hpp"

#include <kullback/joint.hpp>

#include <atomic>
#include <memory>

namespace kullback::messages {

/// E_q[log p~] = sum over statements of sums of products of moments (terms.hpp). The message to a variable is the derivative with respect to its
/// moments: the same products without the factor itself. All updates are exact.
class ModelJoint : public Joint, public Coloring {
 public:
  ModelJoint(const Registry& registry, const model::Model& model);

  std::span<Block> blocks() override { return blocks_; }
  std::span<const Block> blocks() const override { return blocks_; }
  Update update_kind(int) const override { return Update::exact; }
  void prepare(Range range) override;
  void natural_gradient(Range range, Out eta_hat) const override;
  void refresh(Range changed) override;
  std::vector<std::string> terms() const override;
  void expected_log_density(std::span<double> by_term) const override;
  Members approximation() const override { return {}; }
  void start_from(const Members& q) override;
  std::string member_name(int block, Index member) const override;
  std::vector<Range> colors(int block) const override;
  std::vector<Index> sequence(int block) const override;

  const model::Model& model() const { return model_; }
  const Sources& sources() const { return sources_; }
  const Compiled& compiled() const { return compiled_; }
  /// The factors of q of a latent variable, one column a member.
  Members posterior(int variable) const;
  /// Sets all blocks as `initialize:` says, parents first; `seed` and `restart` make random starts.
  void initialize(std::uint64_t seed, Index restart);

 private:
  Block& block(int b) { return blocks_[static_cast<std::size_t>(b)]; }
  const Block& block(int b) const { return blocks_[static_cast<std::size_t>(b)]; }
  const Source& source_of(int b) const { return sources_[static_cast<std::size_t>(block_source_[static_cast<std::size_t>(b)])]; }
  const double* moments(int source) const;
  /// A term's factors, but for one of the latent ones.
  Product product(const Term& term, std::size_t without) const;
  /// The sum of messages to a source, over its cells. `own`: from the statements that say its distribution, as their child, only.
  Eigen::MatrixXd message(int source, bool own) const;
  double value(const CompiledStatement& statement, const Term& term) const;
  void fill_moments(int source, Index begin, Index end);
  void color();
  void recompute(int block);
  /// A member's numbers by cell to those of the block.
  void set_eta(int block, const Eigen::MatrixXd& by_cell);
  bool start_from_numbers(int block, const model::Initialization& start);
  void start_at_random(int block, std::uint64_t seed, Index restart);
  std::vector<int> parents_first() const;

  model::Model model_;
  Sources sources_;
  Compiled compiled_;
  std::vector<Block> blocks_;
  std::vector<int> block_source_;                  // by block
  std::vector<std::vector<Index>> color_begin_;    // by block
  std::vector<Eigen::MatrixXd> tables_;            // by source: moments of all cells, where they are not the block's m
  std::vector<Eigen::MatrixXd> messages_;          // by block
  std::unique_ptr<std::atomic<std::uint64_t>[]> version_;  // by source
  struct Cached {
    double value = 0;
    std::uint64_t version = 0;
  };
  mutable std::vector<std::vector<Cached>> values_;  // by statement and term
};

}  // namespace kullback::messages

namespace kullback {

/// The joint of a model, at the start that the model asks for. Throws UnsupportedError that names variable, statement and remedy.
std::unique_ptr<messages::ModelJoint> make_model_joint(const Registry& registry, const model::Model& model);

}  // namespace kullback
