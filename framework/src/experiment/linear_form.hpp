// Values that are linear in latent numbers: what can be predicted without draws.
#pragma once

#include "experiment/draws.hpp"

#include <map>
#include <optional>
#include <vector>

namespace kullback::experiment {

/// constant + sum of coefficient * number `number` of latent variable `variable`.
struct LinearForm {
  struct Part {
    int variable;
    Index number;
    double coefficient;
  };
  double constant = 0;
  std::vector<Part> parts;
};

/// One form a cell of the dimensions.
struct LinearForms {
  language::Dimensions dimensions;
  std::vector<LinearForm> cells;
};

/// Terms of a model as linear forms in what `values` leaves open (NaN), and their moments under q.
class LinearReader {
 public:
  /// `values` as `Draws::known` gives them, with levels for latent categoricals that are read as indices.
  LinearReader(const model::Model& model, const std::vector<Factors>& factors, const language::Values& values);

  /// The term over its dimensions, or over those of `to`. Nothing where it is not linear, reads what has no factor of
  /// its own, or becomes too large.
  std::optional<LinearForms> read(const model::Term& term);
  std::optional<LinearForms> read(const model::Term& term, const language::Dimensions& to);

  /// Under q. Nothing where the family does not tell.
  std::optional<double> mean(const LinearForm& form);
  std::optional<double> variance(const LinearForm& form);
  /// True where a sum of parts is normal: all of them are.
  bool is_normal(const LinearForm& form) const;
  /// The factor that holds a number: a member of one dimension.
  struct Place {
    const Factors* factors = nullptr;
    Index member = 0, row = 0;
  };
  std::optional<Place> place(int variable, Index number) const;

 private:
  struct Moments {
    Eigen::MatrixXd mean, product;  // product: E[x x'], a column a member
  };
  /// What factors share: of a joint block there is one.
  static int factor_of(const Place& place);
  std::optional<LinearForms> read_variable(const model::Term& term);
  std::optional<LinearForms> combine(const model::Term& term);
  std::optional<LinearForms> sum(LinearForms forms, int plate) const;
  std::optional<LinearForms> whole(int variable);
  /// For every cell of `to`, the cell of `from` that it reads.
  std::vector<Index> positions(const language::Dimensions& from, const language::Dimensions& to) const;
  const Moments* moments(int variable);

  const model::Model& model_;
  const language::Values& values_;
  std::vector<const Factors*> factors_;              // by variable
  std::vector<std::vector<Index>> member_;           // by variable: the member of each cell, -1: none
  std::map<int, std::optional<LinearForms>> whole_;  // deterministic variables
  std::map<int, std::optional<Moments>> moments_;
};

}  // namespace kullback::experiment
