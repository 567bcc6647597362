// A model as its file states it, every name resolved and every dimension aligned: what the language makes of the text
// and what is compiled to a joint.
#pragma once

#include "config/source.hpp"

#include <kullback/distribution.hpp>

#include <optional>
#include <string>
#include <vector>

namespace kullback::model {

/// Like things that statements are repeated over: rows of data, components, documents.
struct Plate {
  std::string name;
  Index size = 0;
  std::vector<std::string> labels;  ///< empty: 1, 2, 3, ...
  int second_name_of = -1;          ///< the plate whose levels it shares; -1: its own
  Eigen::VectorXd weight;           ///< how often each row counts; empty: once
  config::Place place;
};

/// Plates by number. Cells over several plates are numbered with the last one running fastest.
using Dimensions = std::vector<int>;

/// Numbers, one a cell of `dimensions` (one number where there are none). NaN: an empty cell.
struct Array {
  Dimensions dimensions;
  Eigen::VectorXd values;
};

/// Which element of one dimension of a variable is read, for a cell of the frame of whoever reads it.
struct Selector {
  enum class Kind {
    aligned,  ///< the frame's own position on plate `dimension`
    fixed,    ///< always `level`
    column,   ///< known: `levels`, one a cell of `levels_over`
    latent,   ///< the level that categorical `variable`, read through `of`, has: a gate
  };
  Kind kind = Kind::aligned;
  int dimension = -1;
  Index level = 0;
  Dimensions levels_over;
  std::vector<int> levels;
  int variable = -1;
  std::vector<Selector> of;  ///< one a plate of `variable`
};

/// A deterministic value, one number a cell of `dimensions`, all of which are in the frame (the statement's dimensions
/// and those of the sums around it). What depends on data alone has been computed: it is a `constant`.
struct Term {
  enum class Kind {
    constant,  ///< `array`
    variable,  ///< `variable` read through `selectors`, one a dimension of it (plates, then over)
    negate,
    add,
    subtract,
    multiply,
    divide,
    power,     ///< of `children`
    compare,   ///< `name` is < <= > >= == !=; 1 or 0. Levels are compared by their number, counted from 0
    function,  ///< `name` is exp log sqrt logistic, or stick_breaking along plate `reduced`; one child
    sum,       ///< of the one child over plate `reduced`
    dot,       ///< of the product of the two children over plate `reduced`
    list,      ///< one child a level of plate `reduced`, over which the term varies
  };
  Kind kind = Kind::constant;
  Dimensions dimensions;
  Array array;
  int variable = -1;
  std::vector<Selector> selectors;
  std::string name;
  int reduced = -1;
  std::vector<Term> children;
  config::Place place;
  std::string path;
};

/// `target: expression` of the file, for all cells of a variable or for some.
struct Statement {
  int variable = -1;
  std::vector<std::optional<Index>> fixed;  ///< per plate of the variable: only the cells at this level
  std::vector<char> serves;                 ///< one a cell of the variable's plates; empty: all of them
  Dimensions frame;                         ///< the variable's plates, then its over

  // Random: `variable ~ family(arguments)`. `arguments` in the order of the parameterization's parameters. Over `over`,
  // a scalar family is repeated elementwise (its terms range over the whole frame); a vector family has one event a
  // cell of the plates, its vector arguments range over the frame, its matrix arguments over the frame and a second
  // name of `over` (`matrix_dimension`), number times identity and diagonals having been written out.
  const Distribution* family = nullptr;  ///< null: deterministic
  int parameterization = 0;
  Layout layout;  ///< of one event
  std::vector<Term> arguments;
  int matrix_dimension = -1;
  enum class Modifier { none, truncated, censored };
  Modifier modifier = Modifier::none;
  std::optional<Term> low, high;
  bool flat = false;  ///< the improper density 1: no arguments, and `family` is that of q alone

  Term value;           ///< deterministic statements
  bool factor = false;  ///< factor(e): `value` is added to log p
  std::string text;     ///< as written
  std::string echo;     ///< with all indices and sums written out
  config::Place place;
};

/// A name of the file that has cells.
struct Variable {
  enum class Role {
    latent,
    observed,  ///< random with data; empty cells (NaN) are latent
    deterministic,
    report,    ///< deterministic and read by nobody
    constant,  ///< data without a statement
  };
  std::string name;
  Role role = Role::latent;
  Dimensions plates;    ///< one factor of q a cell
  Dimensions over;      ///< inside one factor
  bool matrix = false;  ///< one value is a matrix over `over`, a single plate d, and a second name of it (terms that
                        ///< read it vary over d and d')
  Array data;           ///< observed, constant: over plates and over
  int levels = -1;      ///< categorical: the plate of its levels; data hold 0-based levels
  std::vector<int> statements;  ///< into Model::statements
  config::Place place;
  Dimensions dimensions() const;  ///< plates, then over
};

/// What `posterior:` says about a latent variable; by default its factor follows from its statement.
struct Posterior {
  enum class Kind { automatic, grid, separate, fixed };
  Kind kind = Kind::automatic;
  Index cells = 0;                  ///< grid; 0: chosen and refined
  std::optional<double> low, high;  ///< grid; chosen where not given
  Array value;                      ///< fixed
};

/// `initialize:` of one variable.
struct Initialization {
  enum class Kind { automatic, prior, random, kmeans, moments, value, run };
  Kind kind = Kind::automatic;
  /// moments: starting mean parameters, by statistic's label ("x", "x2", "x*x'", "log_x"), and natural or ordinary
  /// parameters by name.
  std::vector<std::pair<std::string, Array>> numbers;
  std::string run;  ///< a former run's folder
};

struct Model {
  std::vector<Plate> plates;
  std::vector<Variable> variables;
  std::vector<Statement> statements;
  std::vector<Posterior> posteriors;            ///< one a variable
  std::vector<Initialization> initializations;  ///< one a variable
  std::vector<std::vector<int>> joint;          ///< variables in one factor of q: normal-gamma
  std::vector<int> order;                       ///< blocks in the order of a sweep, by variable; empty: the file's

  Index cells(const Dimensions& dimensions) const;
  const Variable* find(const std::string& name) const;
  /// Whether the variable, or some cells of it, have an improper flat prior.
  bool is_flat(int variable) const;
  /// The names of the variables that do: the bound is then no evidence.
  std::vector<std::string> flat_priors() const;
};

}  // namespace kullback::model
