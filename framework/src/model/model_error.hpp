// Errors of a model that has been read: each says which part of the model it belongs to, and whoever has the file knows
// where that part stands.
#pragma once

#include "model/model.hpp"

#include <kullback/error.hpp>

#include <string>
#include <utility>
#include <vector>

namespace kullback::model {

/// What a mistake belongs to.
struct Subject {
  enum class Kind { variable, statement, start, joint };
  Kind kind = Kind::variable;
  std::string variable;  ///< its name; of a statement and a start, whose they are
  int index = -1;        ///< into Model::statements or Model::joint
};

/// Why something cannot be done, and what is to blame.
struct Refusal {
  Subject subject;
  std::string name;  ///< what stands before the reason where there is no place to point at ("initialize: tau")
  std::string why;
  std::string text() const { return name.empty() ? why : name + ": " + why; }
};

Refusal of_variable(const std::string& name, std::string why);
/// Of one of its cells ("y[3]"), or of the only one, which has its name.
Refusal of_cell(const std::string& variable, const std::string& cell, std::string why);
/// The same where a statement of this model is to blame.
Refusal of_cell(const Model& model, const Statement& statement, const std::string& cell, std::string why);
/// Of a statement of this model.
Refusal of_statement(const Model& model, const Statement& statement, std::string why);
/// What `initialize` says of the variable.
Refusal of_start(const std::string& variable, std::string why);
/// An entry of Model::joint.
Refusal of_joint(int index, const std::vector<std::string>& variables, std::string why);

/// The side of an error that says what it belongs to.
class Refusals {
 public:
  explicit Refusals(std::vector<Refusal> all) : all_(std::move(all)) {}
  virtual ~Refusals();
  const std::vector<Refusal>& all() const { return all_; }

 private:
  std::vector<Refusal> all_;
};

/// One sentence a line.
std::string text_of(const std::vector<Refusal>& refusals);

/// An UnsupportedError or NumericalError of parts of a model.
template <class Kind>
class ModelError : public Kind, public Refusals {
 public:
  explicit ModelError(Refusal one) : ModelError(std::vector<Refusal>{std::move(one)}) {}
  explicit ModelError(std::vector<Refusal> all) : Kind(text_of(all)), Refusals(std::move(all)) {}
};

[[noreturn]] inline void refuse(Refusal refusal) { throw ModelError<UnsupportedError>(std::move(refusal)); }

/// Runs `work`; a numerical error that belongs to nothing yet belongs to the variable.
template <class F>
void blame(const std::string& variable, F work) {
  try {
    work();
  } catch (const Refusals&) {
    throw;
  } catch (const NumericalError& error) {
    throw ModelError<NumericalError>(of_variable(variable, error.what()));
  }
}

/// Keeps refusals, so that one attempt finds all that can be found.
class Kept {
 public:
  /// False where `work` was refused.
  template <class F>
  bool run(F work) {
    try {
      work();
      return true;
    } catch (const ModelError<UnsupportedError>& error) {
      all_.insert(all_.end(), error.all().begin(), error.all().end());
      return false;
    }
  }
  bool any() const { return !all_.empty(); }
  void throw_if_any() const {
    if (any()) throw ModelError<UnsupportedError>(all_);
  }

 private:
  std::vector<Refusal> all_;
};

}  // namespace kullback::model
