// A model seen by an optimizer: its latent variables are blocks, its statements the terms of E_q[log p~].
#pragma once

#include "inference/local.hpp"
#include "messages/grid.hpp"
#include "messages/pass.hpp"
#include "messages/shared_rows.hpp"

#include <kullback/joint.hpp>

#include <atomic>
#include <limits>
#include <memory>
#include <mutex>

namespace kullback::messages {

struct NodesOfReading;
struct Pins;

/// E_q[log p~] = sum over statements of sums of products of moments (terms.hpp). The message to a variable is the
/// derivative with respect to its moments: the same products without the factor itself. All updates are exact.
class ModelJoint : public Joint,
                   public Coloring,
                   public inference::LocalPasses,
                   public inference::Prepared,
                   public inference::WholeBlocks {
 public:
  /// `keep_selectors`: every latent categorical is a block, its responsibilities are stored.
  ModelJoint(const Registry& registry, std::shared_ptr<const model::Model> model, bool keep_selectors = false);
  /// With a copy of the model.
  ModelJoint(const Registry& registry, const model::Model& model, bool keep_selectors = false)
      : ModelJoint(registry, std::make_shared<const model::Model>(model), keep_selectors) {}

  std::span<Block> blocks() override;
  std::span<const Block> blocks() const override;
  Update update_kind(int) const override { return Update::exact; }
  void prepare(Range range) override;
  void natural_gradient(Range range, Out eta_hat) const override;
  void refresh(Range changed) override;
  std::vector<std::string> terms() const override;
  void expected_log_density(std::span<double> by_term) const override;
  double quadrature_error() const override;
  bool refine() override;
  Members approximation() const override { return {}; }
  void start_from(const Members& q) override;
  std::string member_name(int block, Index member) const override;
  std::vector<Range> colors(int block) const override;
  std::vector<Index> sequence(int block) const override;
  Index passes() const override { return static_cast<Index>(passes_.size()); }
  int before_block(Index pass) const override { return pass_before_[static_cast<std::size_t>(pass)]; }
  void make_pass(Index pass) override;
  int iterated_block(Index pass) const override;
  Eigen::MatrixXd iterated(Index pass) override;
  std::string pass_name(Index pass) const override;
  std::span<Block> unwritten_blocks() override { return blocks_; }
  bool any_whole_blocks() const override;
  bool move_whole(int block, inference::BlockMove& move) override;
  void write_out(int block) const override;

  /// From now on local factors are iterated in every pass that has some. Throws UnsupportedError if none has.
  void iterate_locally(const InnerSettings& settings);

  const model::Model& model() const { return model_; }
  const Sources& sources() const { return sources_; }
  const Compiled& compiled() const { return compiled_; }
  /// The pass that makes a selector's responsibilities; null if it is a block, or no selector.
  const Pass* pass_of(int variable) const;
  /// The factors of q of a latent variable, one column a member, in the order of their cells.
  Members posterior(int variable) const;
  /// How a compiled statement is computed, in a few words.
  std::string rule(std::size_t statement) const;
  /// Variables that are on grids though the model does not say so: a statement without a closed rule reads them.
  const std::vector<int>& put_on_grids() const { return put_on_grids_; }
  /// Mean and standard deviation of a variable on a grid, by the weights of its nodes: two rows, one column a member.
  Eigen::MatrixXd grid_moments(int variable) const;
  /// About how many multiplications a sweep takes.
  double cost() const;
  /// Bytes held through a run, and by a pass: data, blocks, messages, sums.
  double memory() const;
  /// Sets all blocks as `initialize:` says, parents first; `seed` and `restart` make random starts.
  void initialize(std::uint64_t seed, Index restart);

 private:
  Block& block(int b) {
    write_out(b);
    return blocks_[static_cast<std::size_t>(b)];
  }
  const Block& block(int b) const {
    write_out(b);
    return blocks_[static_cast<std::size_t>(b)];
  }
  const Source& source_of(int b) const {
    return sources_[static_cast<std::size_t>(block_source_[static_cast<std::size_t>(b)])];
  }
  const double* moments(int source) const;
  void share_rows();
  /// The block of a source whose numbers are held by rows of one precision; null: they are its own.
  const SharedRows* rows_of(int source) const;
  /// A term's factors, but for one of the latent ones.
  Product product(const Term& term, std::size_t without) const;
  /// The sum of messages to a source, over its cells. `own`: from the statements that say its distribution, as their
  /// child, only.
  Eigen::MatrixXd message(int source, bool own) const;
  double value(const CompiledStatement& statement, const Term& term) const;
  /// How often the members of a source count; empty: once.
  Eigen::VectorXd weights_of(const Source& source) const;
  /// A message, by cell, as natural parameters of the block's members [begin, end).
  void receive(int block, const Eigen::MatrixXd& by_cell, Index begin, Index end, Eigen::MatrixXd& to) const;
  void fill_moments(int source, Index begin, Index end);
  /// The parameters of a block's members, in their order.
  Members members_of(int block) const;
  void color();
  static constexpr Index kAll = std::numeric_limits<Index>::max();
  static constexpr Index kSomeRows = 250, kManyRows = 2000;
  static constexpr Index kFirstCells = 128;  // a place of mass
  static constexpr Index kSomeNodes = 32;    // of the other grid, in a search
  /// How closely a statement at the nodes of grids is looked at: rows of it, evenly picked, `for_all` of them or for
  /// themselves, and nodes of the other grid that it reads.
  struct Glance {
    Index rows = kAll;
    bool for_all = false;
    Index nodes = kAll;
  };
  Grid* grid_of(int source);
  const Grid* grid_of(int source) const;
  void compile_with_grids(const Registry& registry, std::size_t first_discarded, bool keep_selectors);
  /// The log density that a grid's members are told, at the nodes of its cells.
  Eigen::MatrixXd told(const Grid& grid, const Eigen::MatrixXd& by_cell) const;
  /// The same at nodes of each member's own, one column a member, for a search of their range. `own`: see `message`.
  Eigen::MatrixXd told_at(const Grid& grid, const Eigen::MatrixXd& by_cell, bool own, const Eigen::MatrixXd& nodes,
                          const Glance& glance) const;
  /// What is observed of statements at a grid's nodes, member by member: near it a member may have a mode.
  Spacing::Hints hints(const Grid& grid) const;
  /// Whether there are so many rows that some of them say first where all of them have their mass.
  bool hears_many(const Grid& grid) const;
  /// Cells for the message as it is, doubled until they no longer matter, and the best factor on them.
  void settle(Grid& grid, bool own);
  void place(Grid& grid, Cells cells, bool fill = true);
  /// Cells for the start and for what comes after it, and the factor that its own distribution makes on them.
  void prepare_start(Grid& grid);
  /// Where a grid is told that it cannot be it does not start, unless it is told so everywhere.
  void leave_impossible(Grid& grid);
  void fill_tables(const Grid& grid);
  void fill_table(NumericStatement& n, std::size_t reading);
  /// The table of a reading at these nodes, as its selectors stand.
  Eigen::MatrixXd table_of(const NumericStatement& n, std::size_t reading, const Eigen::VectorXd& first,
                           const Eigen::VectorXd& second, bool search, const Glance& glance) const;
  Eigen::MatrixXd long_table(const NumericStatement& n, std::size_t reading) const;
  Range zone_of(const NumericStatement::Read& read, std::size_t member) const;
  void weigh_table(const NumericStatement& n, std::size_t reading) const;
  /// Tables whose selectors have moved.
  void weigh_tables() const;
  double probability(const Choice& choice) const;
  /// How often each cell of a reading that is looked at counts.
  Eigen::VectorXd counts(const NumericStatement::Read& read, Index most) const;
  std::uint64_t version_of(const NumericStatement& n, const NumericStatement::Read& read) const;
  /// The nodes of a reading as its grids have them, or others.
  NodesOfReading nodes_of_reading(const NumericStatement& n, std::size_t reading, const Eigen::VectorXd& first,
                                  const Eigen::VectorXd& second, bool search, Index most,
                                  const Eigen::MatrixXd& statistics) const;
  /// Where values enter by their statistics: what is expected of these, one column a cell of the reading.
  Eigen::MatrixXd statistics_of(const NumericStatement& n, const NumericStatement::Read& read) const;
  /// What such statements tell the values that they say the distribution of.
  void add_natural(int source, Eigen::MatrixXd& by_cell) const;
  /// What statements at the nodes of grids tell the levels of a selector.
  void add_choices(int selector, Eigen::MatrixXd& by_cell) const;
  void hear(const Source& source, const Eigen::MatrixXd& nodes, Eigen::MatrixXd& told) const;
  /// Statements that are closed at the nodes of grids (node_statements.hpp).
  bool is_pinned(int source) const;
  Pins pins_of(const NodeStatement& n) const;
  void fill_nodes(const Grid& grid);
  void fill_masses(int source, Index begin, Index end);
  double rows_of_statement(const NodeStatement& n) const;
  /// What terms tell the nodes of a source, by cell.
  Eigen::MatrixXd along_nodes(int source, Index nodes, const Sizes& sizes, const std::vector<Term>& terms) const;
  /// What they tell a grid's members, at its nodes or at these, one column a member. `own`: see `message`.
  void hear_nodes(const Grid& grid, bool own, const Eigen::MatrixXd* nodes, Eigen::MatrixXd& told) const;
  /// How many densities the tables of a grid with that many cells take before the first sweep.
  double start_densities(const Grid& grid, Index cells) const;
  /// Whether the grid can have that many cells.
  bool affordable(const Grid& grid, Index cells) const;
  /// Whether what is read there lies on a grid of whole numbers, which has nothing between its nodes.
  bool is_whole(const NumericStatement::Read& read, std::size_t member) const;
  const Eigen::VectorXd& nodes_of(const NumericStatement::Read& read, std::size_t member) const;
  Eigen::VectorXd mass_of(const NumericStatement::Read& read, std::size_t member) const;
  /// A factor on the part of its range where it is told to start.
  void start_grid(Grid& grid, const model::Initialization& start, std::uint64_t seed, Index restart);
  void recompute(int block);
  void start_by_numbers(int block, const Source& named, const model::Initialization& start);
  void start_side_by_side(int block, std::uint64_t seed, Index restart);
  bool start_from_numbers(int block, const model::Initialization& start);
  void move_means(int block, const Eigen::MatrixXd& means);
  void start_block(int block, const model::Initialization& start, std::uint64_t seed, Index restart);
  void start_at_random(int block, std::uint64_t seed, Index restart);
  std::vector<int> parents_first() const;
  Eigen::MatrixXd rows_read_through(int selector) const;
  bool reads_given_starts(int selector) const;
  void start_at_groups(int block, std::uint64_t seed, Index restart);
  void start_off_impossible();
  void start_pass(Pass& pass, std::uint64_t seed, Index restart);
  /// Flat priors (flat.cpp): whether a block has one, its start, and what keeps its members from being proper.
  bool is_flat(int block) const;
  void start_flat(int block);
  void hear_first();
  void check_proper(Range range) const;
  std::string improper(int block, const Eigen::MatrixXd& eta, Index member) const;
  std::string unseen(int block) const;
  std::string dependent(const Source& source, Index coordinate, bool on_others) const;
  Pass::MomentsOf moments_of() const;

  std::shared_ptr<const model::Model> owned_;  // with all data: many joints may share it
  const model::Model& model_;
  Sources sources_;
  Compiled compiled_;
  mutable std::vector<Block> blocks_;              // of shared rows: written when they are asked for
  std::vector<std::unique_ptr<SharedRows>> rows_;  // by block; null: it has members of their own
  mutable std::mutex writing_;
  std::vector<int> block_source_;         // by block
  std::vector<Eigen::VectorXd> weights_;  // by block: how often each member counts; empty: once
  std::vector<Grid> grids_;
  std::vector<int> put_on_grids_;
  bool at_start_ = false;  // no sweep has been made
  std::vector<std::unique_ptr<Pass>> passes_;
  std::vector<int> pass_before_;    // by pass: the block it comes before
  std::vector<int> local_sources_;  // by pass: whose members it iterates, -1: none; empty: no pass does
  InnerSettings inner_;
  std::vector<std::vector<Index>> color_begin_;  // by block
  std::vector<Eigen::MatrixXd> masses_;          // by source: of the nodes of all cells, where a statement reads them
  std::vector<Eigen::MatrixXd> tables_;          // by source: moments of all cells, where they are not the block's m
  std::vector<Eigen::MatrixXd> messages_;        // by block
  std::unique_ptr<std::atomic<std::uint64_t>[]> version_;  // by source
  struct Cached {
    double value = 0;
    std::uint64_t version = 0;
  };
  mutable std::vector<std::vector<Cached>> values_;  // by statement and term
};

}  // namespace kullback::messages

namespace kullback {

/// The joint of a model, at the start that the model asks for. Throws UnsupportedError that names variable, statement
/// and remedy.
std::unique_ptr<messages::ModelJoint> make_model_joint(const Registry& registry,
                                                       std::shared_ptr<const model::Model> model, std::uint64_t seed,
                                                       Index restart);

}  // namespace kullback
