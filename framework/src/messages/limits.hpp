// truncated(d, low, high) and censored(d, low, high): what they make of a model's variables.
#pragma once

#include "messages/sources.hpp"

namespace kullback::messages {

/// Labels of the child that the table of a statement's family has, each once.
std::vector<std::string> child_labels(const model::Statement& statement);

/// Whether all arguments of a statement are numbers: what lies between its limits is then known.
bool has_known_arguments(const model::Statement& statement);

/// Whether the limits of a statement are numbers.
bool has_known_limits(const model::Statement& statement);

/// The model with one more variable for every truncated statement whose limits, but not all of its arguments, are known
/// and whose family has a table: what was drawn and discarded before its values were (restricted.hpp). They follow the
/// model's own variables.
std::shared_ptr<const model::Model> with_discarded(std::shared_ptr<const model::Model> model);

/// Makes a latent variable whose statements have limits a restricted one, cell by cell. Sets family, statistics,
/// limits.
void restrict(const model::Model& model, const model::Statement& statement, Source& source);

/// The limits of a latent variable on a grid, cell by cell: those that are known.
void limit_grid(const model::Model& model, Source& source);

/// The source of a variable that `with_discarded` added: what was discarded for each value that counts of the variable
/// before it that has the same statement.
void make_discarded(const model::Model& model, const Sources& sources, Source& source);

/// Throws where an observed value of a truncated statement lies outside its limits.
void check_within_limits(const model::Model& model, const Source& source);

/// log of the probability between the limits, one a cell of all the variable's dimensions; 0 where it does not serve.
/// `has_known_arguments` must hold.
model::Array log_masses(const model::Model& model, const model::Statement& statement, const model::Variable& variable);

}  // namespace kullback::messages
