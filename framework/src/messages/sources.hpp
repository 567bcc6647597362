// What the variables of a model are to the engine: known numbers, derived values, or members of a block of q.
#pragma once

#include "model/model.hpp"

#include <kullback/capability.hpp>
#include <kullback/registry.hpp>

#include <memory>
#include <string>
#include <vector>

namespace kullback::messages {

/// One variable.
struct Source {
  enum class Kind {
    known,    ///< every cell is a number; NaN: an empty cell that nobody reads
    derived,  ///< deterministic: its statements are put in its place
    latent,   ///< some cells, or all, are members of a block
  };
  Kind kind = Kind::known;
  const model::Variable* variable = nullptr;
  /// One factor of q, or one number, a cell of `plates`; `over` inside it. Where elements of a vector are factors of
  /// their own, all dimensions are plates.
  model::Dimensions plates, over;
  Index cells = 1;
  Index elements = 1;         ///< of the cells of `over`: the numbers of one value
  bool matrix = false;        ///< a value has elements^2 numbers
  int leader = -1;            ///< in a joint block: the source whose block it shares; the leader names itself
  std::string component;      ///< what the block's family calls this variable ("mu", "tau")
  bool side_by_side = false;  ///< a joint block of normals: one normal vector, in which this variable's elements begin
  Index first = 0;            ///< at this coordinate
  bool two_valued = false;    ///< 0 or 1: every function of it is linear in x
  bool partial = false;       ///< some members have known entries: `known` has them (completion.hpp)
  bool grid = false;          ///< its factor is a discrete_grid; `statistics` are the labels that messages need
  bool integrated = false;    ///< its empty cells are, within their limits: they have no factor
  bool eliminated =
      false;  ///< a selector whose responsibilities are made and used in a pass over the data, and kept nowhere
  /// The log of an element of a vector of probabilities that is 0 by structure, else 0, over plates and over; null:
  /// none is. Whoever reads its log reads this beside the statistic, which such an element does not have
  /// (structural_zeros.hpp).
  std::shared_ptr<const model::Array> zeros;
  std::shared_ptr<const model::Array> known;  ///< over plates and over; where latent: NaN. The model's own where it can

  // Latent:
  const Distribution* family = nullptr;
  std::shared_ptr<const Distribution> own_family;  ///< where the family is made for this variable (restricted.hpp)
  bool discarded = false;                          ///< what a truncated statement did not keep
  Eigen::MatrixXd limits;                          ///< low and high by cell: the last rows of eta; empty: none
  Eigen::MatrixXd within;                          ///< the same of a grid, whose eta has no such rows
  Layout layout;
  std::vector<Statistic> statistics;
  int block = -1;
  std::vector<Index> member;   ///< by cell; -1: known, or an empty cell that nobody reads
  std::vector<Index> cell_of;  ///< by member: members stand in the order of their colors

  bool has(Text label) const;
  Index row(Text label) const;  ///< the first row of a statistic; -1 if there is none
  /// The numbers of one value of its factor, or of a vector in it.
  Index vector_size() const { return side_by_side ? layout.dimension : elements; }
  Index members() const { return static_cast<Index>(cell_of.size()); }
  bool all_latent() const { return members() == cells; }
  /// The cells that are members, and the members, in the order of the cells.
  std::vector<Index> latent_cells() const;
  std::vector<Index> members_by_cell() const;
  /// The numbers of one cell: NaN where they are not known.
  Eigen::VectorXd known_at(Index cell) const { return known->values.segment(cell * elements, elements); }
  Index empty_at(Index cell) const { return known_at(cell).array().isNaN().count(); }
  /// An empty cell that nobody reads: its statement leaves it out.
  bool left_out(Index cell) const {
    return (kind == Kind::known || member[static_cast<std::size_t>(cell)] < 0) && empty_at(cell) > 0;
  }
};
using Sources = std::vector<Source>;

/// Whether a statement's family has vectors or matrices among its parameters: its value is then one event a cell of the
/// plates.
bool has_vectors(const model::Statement& statement);

/// The dimensions of the elements of such an event, and of the vectors among its arguments.
model::Dimensions inside_of(const model::Variable& variable);

/// These variables, one number each, have no factor with a closed rule: with grids for them the model runs.
struct NeedsGrids {
  std::vector<int> sources;
};

/// Whether a statement's family can be that of a factor of q: exponential, no parameter of it stays fixed.
bool can_be_updated(const model::Statement& statement);

/// The sources of a model, one a variable; from `first_discarded` on they are what truncated statements did not keep
/// (limits.hpp). `put_on_grids`: variables that get a grid though the model does not say so. Throws UnsupportedError
/// that names the variable, NeedsGrids.
Sources find_sources(const Registry& registry, const model::Model& model, std::size_t first_discarded,
                     std::span<const int> put_on_grids);

/// Where a variable lies among the coordinates of its joint block: the first, and how many.
std::pair<Index, Index> coordinates_in_block(const Source& source);

/// The source that holds the statistics of a variable: itself, or the leader of its joint block.
inline int holder(const Sources& sources, int source) {
  const int leader = sources[static_cast<std::size_t>(source)].leader;
  return leader < 0 ? source : leader;
}

/// A statistic of a joint block taken apart: components with their labels ("mu.x2*tau.x").
std::vector<std::pair<std::string, std::string>> components_of(const std::string& label);

/// The registered family whose members have exactly the statistics given (labels) over `dimension` coordinates; null if
/// there is none.
const Distribution* family_with(const Registry& registry, const std::vector<std::string>& labels, Index dimension,
                                Layout& layout);

/// "mu[3]": a variable's cell as a person writes it.
std::string cell_name(const model::Model& model, const Source& source, Index cell);

}  // namespace kullback::messages
