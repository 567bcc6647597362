// Terms of a statement evaluated at numbers: known cells, and the nodes of grids.
#pragma once

#include "messages/sources.hpp"

#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace kullback::messages {

/// Which cell of each plate.
using Position = std::vector<std::pair<int, Index>>;
/// Of a cell over these plates, the last one running fastest. `at`: of their number.
void set_position(const model::Model& model, const model::Dimensions& dimensions, Index cell, Position& at);

/// A member of a variable that is on a grid: source and member.
using Reading = std::pair<int, Index>;

/// A level of a latent selector at one of its cells.
struct Choice {
  int source;
  Index cell, level;
};
using Choices = std::vector<Choice>;

/// Calls visit(cell, position, weight) for the cells that a statement serves: of the plates where its values are
/// vectors, else of all dimensions.
void for_served_cells(const model::Model& model, const Sources& sources, const model::Statement& statement,
                      const std::function<void(Index, const Position&, double)>& visit);

/// Calls visit(term) for the arguments of a statement, then for its limits.
template <class Visit>
void for_terms(const model::Statement& statement, const Visit& visit) {
  for (const model::Term& argument : statement.arguments) visit(argument);
  if (statement.low) visit(*statement.low);
  if (statement.high) visit(*statement.high);
}

/// 1 where a comparison ("<", "==", ...) holds, else 0.
Eigen::ArrayXd compare(const std::string& op, const Eigen::ArrayXd& a, const Eigen::ArrayXd& b);

class TermValue {
 public:
  /// `size` numbers at once.
  TermValue(const model::Model& model, const Sources& sources, Index size)
      : model_(model), sources_(sources), size_(size) {}

  /// A member that stands at these numbers from now on.
  void set(const Reading& reading, const Eigen::ArrayXd& numbers);
  /// All members of a source at these numbers from now on, or each at a column of its own.
  void stand(int source, const Eigen::MatrixXd& numbers) { standing_ = {source, &numbers}; }
  /// The levels that latent selectors have from now on.
  void choose(const Choices& choices) { choices_ = choices; }
  Eigen::ArrayXd value(const model::Term& term, const Position& at);
  /// A parameter of the statement at one of its cells: one column an element of it.
  Eigen::ArrayXXd values(const model::Statement& statement, std::size_t parameter, const Position& at);

  /// Members that were read and are not set stand at 1 and are noted here, each once.
  std::vector<Reading> noted;
  /// A selector that was read and has no level yet: it stood at its first.
  std::optional<Choice> open;

 private:
  Eigen::ArrayXd constant(double x) const { return Eigen::ArrayXd::Constant(size_, x); }
  Index size_of(int plate) const { return model_.plates[static_cast<std::size_t>(plate)].size; }
  Index find(int plate, const Position& at) const;
  Index level(const model::Selector& selector, const Position& at);
  Index chosen(int source, Index cell);
  Eigen::ArrayXd read(const model::Term& term, const Position& at);

  const model::Model& model_;
  const Sources& sources_;
  Index size_;
  std::vector<std::pair<Reading, Eigen::ArrayXd>> set_;
  std::pair<int, const Eigen::MatrixXd*> standing_ = {-1, nullptr};
  Choices choices_;
};

}  // namespace kullback::messages
