// `model:` of a file: statements, resolved in the order in which they rest on one another.
#pragma once

#include "config/node.hpp"
#include "language/calls.hpp"
#include "language/families.hpp"
#include "language/terms.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kullback::language {

/// `target: expression` of model, understood but not resolved.
struct Draft {
  const config::Node* node = nullptr;
  config::Expression target, expression;
  Dimensions plates;
  std::vector<std::optional<Index>> fixed;
  // Random statements: the call of the family, inside its modifier if there is one.
  const config::Expression* call = nullptr;
  const Distribution* family = nullptr;
  Event event = Event::scalar;
  model::Statement::Modifier modifier = model::Statement::Modifier::none;
  const config::Expression *low = nullptr, *high = nullptr;
  int over = -1;
  bool flat = false;                          ///< flat(): `family` follows from what reads the variable (flat.hpp)
  std::optional<double> flat_low, flat_high;  ///< where it is on a grid

  bool random() const { return family != nullptr || flat; }
  Index fixed_count() const;
};

/// Understands one statement, as far as it can be: its right side, where that is an expression, even if the left one
/// has mistakes. Keeps its mistakes, and throws FollowsFromMistake.
void read_draft(const config::Node& node, Draft& draft, Workspace& workspace);

/// Reads the call of a random statement where the draft's expression now lies: it is pointed into. Throws at its
/// places.
void read_call(Draft& draft, Workspace& workspace);

/// Reads all statements into the model's variables and statements. `notes` are sentences for `check`; of `posterior`
/// only the grids of flat variables are read.
void read_statements(const config::Node& model, const config::Node* posterior, Workspace& workspace,
                     std::vector<std::string>& notes);

/// Resolves the right side of a random statement for its variable. Throws at its places.
model::Statement resolve_random(const Draft& draft, int variable, Workspace& workspace,
                                std::vector<std::string>& notes);

/// "y[n,m]", "alpha[k = 1]"
std::string target_text(const Workspace& workspace, const model::Variable& variable,
                        const std::vector<std::optional<Index>>& fixed);

/// Which cells of the variable's plates each statement serves (none written: all of them); every cell must have exactly
/// one. Throws at the statement that is to blame.
std::vector<std::vector<char>> assign_cells(const std::vector<const Draft*>& drafts, int variable,
                                            const Workspace& workspace);

/// Checks data against the statement that makes them: levels, and the support where no parameter moves it.
void check_observed(const Draft& draft, const model::Statement& statement, Workspace& workspace);

}  // namespace kullback::language
