// What a file's names stand for while it is read: plates and variables, with the mistakes found so far.
#pragma once

#include "config/expression.hpp"
#include "config/node.hpp"
#include "language/arrays.hpp"

#include <kullback/registry.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace kullback::language {

/// Thrown instead of a message where something rests on a name whose own mistake has been reported already.
struct FollowsFromMistake {};

/// "a, b or c"
std::string any_of(const std::vector<std::string>& words);

/// "1 empty cell", "3 empty cells"
std::string counted(Index count, const std::string& what);

/// The name that a left side begins with, whatever else is wrong with it.
std::string leading_name(const std::string& target);

/// Sums, means and standard deviations over the rows of data, by where they are written: kept with a run and used again
/// when the file is read with new rows, so that these are shifted and scaled as the old ones were.
struct RowStatistics {
  std::map<std::string, Array> values;
  bool replay = false;
};

class Workspace {
 public:
  Workspace(const Registry& registry, model::Model& model, config::Diagnostics& diagnostics)
      : registry(registry), model(model), diagnostics(diagnostics) {}

  RowStatistics row_statistics;
  std::vector<int> row_plates;  ///< that rows of data files run along
  /// The array that `compute` gives, or the one that it gave when the data were read first. `path`: of the entry it is
  /// written in.
  Array over_rows(int plate, const std::string& path, const std::function<Array()>& compute);

  const Registry& registry;
  model::Model& model;
  config::Diagnostics& diagnostics;

  const std::vector<Plate>& plates() const { return model.plates; }
  const Plate& plate(int p) const { return model.plates[static_cast<std::size_t>(p)]; }
  model::Variable& variable(int v) { return model.variables[static_cast<std::size_t>(v)]; }
  const model::Variable& variable(int v) const { return model.variables[static_cast<std::size_t>(v)]; }

  /// -1 if there is none.
  int find_plate(const std::string& name) const;
  int find_variable(const std::string& name) const;
  /// The plate of that name. Throws at the place with a suggestion, and FollowsFromMistake where it is broken.
  int need_plate(const config::Expression& at, const std::string& name) const;
  /// The plate whose levels it shares: itself where it is no second name.
  int root(int plate) const;
  bool same_levels(int a, int b) const { return root(a) == root(b); }
  /// The second dimension of d x d matrices over plate d: a second name of it, made when it is first wanted.
  int matrix_plate(int d);

  /// 0-based level of a label written as an index. Throws at the place.
  Index level(int plate, const config::Expression& label) const;
  /// The same of a label that stands as a value: a number or a text.
  Index level(int plate, const config::Node& label) const;
  std::string label_text(int plate, Index level) const;
  /// "n, m"
  std::string names(const Dimensions& dimensions) const;
  /// "n = 3, m = b": the cell of that number.
  std::string cell_text(const Dimensions& dimensions, Index cell) const;

  /// Runs `work`; a mistake is kept, and false returned.
  template <class F>
  bool keep_mistakes(F work) const {
    try {
      work();
      return true;
    } catch (const ConfigError& error) {
      diagnostics.error(error);
    } catch (const FollowsFromMistake&) {
    }
    return false;
  }

  /// Runs everything that does not rest on one another, whatever mistakes the others have, and keeps them. Throws
  /// FollowsFromMistake in the end if there are any.
  template <class... F>
  void independently(F... work) const {
    bool good = true;
    ((good = keep_mistakes(work) && good), ...);
    if (!good) throw FollowsFromMistake();
  }
  /// The same of `work` for every one of `things`.
  template <class Things, class F>
  void for_each(const Things& things, F work) const {
    bool good = true;
    for (const auto& thing : things) good = keep_mistakes([&] { work(thing); }) && good;
    if (!good) throw FollowsFromMistake();
  }

  /// Names whose own mistakes have been reported; what rests on them is left out.
  std::vector<std::string> broken;
  bool is_broken(const std::string& name) const;
  /// Those among them whose dimensions are not known, so that nothing can be said of their indices.
  std::vector<std::string> shapeless;
  bool is_shapeless(const std::string& name) const;

 private:
  std::map<std::string, int> row_statistics_of_;  // by path: how many so far
};

}  // namespace kullback::language
