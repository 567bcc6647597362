// What came out of an experiment, in the order of the file.
#pragma once

#include "experiment/draws.hpp"
#include "experiment/experiment.hpp"

#include <string>
#include <vector>

namespace kullback::experiment {

/// One divergence between p and the q that was found. `unavailable` says why there is no value.
struct Value {
  std::string name;
  Estimate estimate;
  std::string unavailable;
};

/// Marginal summaries of one part of q. A part of many members is one variable with arrays.
struct Variable {
  std::string name;
  std::string family;
  Index members = 1;
  std::vector<std::pair<std::string, Eigen::MatrixXd>> parameters;    ///< a column a member
  Eigen::MatrixXd mean, stddev;                                       ///< a column a member; no columns where unknown
  std::vector<std::pair<double, Eigen::RowVectorXd>> quantiles = {};  ///< of a factor on a grid, by probability
  // Of a model:
  std::vector<std::string> plates = {};  ///< the members' plates, then what one member is over
  std::vector<Index> shape = {};         ///< their sizes
  std::vector<std::string> joint = {};   ///< the variables of its joint block, whose parameters these are
  std::vector<std::string> cells = {};   ///< which cells the members are ("n = 3"), where only some are latent
  std::string levels = {};               ///< of a categorical: the plate of its levels
};

/// A plate of a model. No labels where they are 1, 2, 3, ...
struct PlateLabels {
  std::string name;
  Index size = 0;
  std::vector<std::string> labels;
};

/// One fixed point that restarts of a model ended in. Bounds do not change when levels are relabelled, so one optimum
/// has one bound.
struct Optimum {
  double bound = 0;
  Index times = 0, first = 0;  ///< how many restarts ended there, and the first of them, counted from 0
  std::string status;
};

/// One case under one divergence from one start.
struct Outcome {
  std::string case_name, divergence, start, optimizer;
  bool comparison = false;
  std::string status;  ///< a Status of the loop, "exact" for a comparison, "infinite" or "unsupported"
  std::string reason;
  Solution solution;  ///< projections
  std::vector<Value> values;
  std::vector<Variable> variables;
  std::string p, q;  ///< as printed
  // Of a model:
  std::vector<PlateLabels> plates;
  std::vector<Report> reports;
  std::vector<Report> missing;           ///< empty cells of observed variables that have no factor of their own
  std::vector<std::string> flat_priors;  ///< of these variables: the bound is no evidence
  std::vector<Optimum> optima;           ///< where there were several restarts, best first
  std::vector<std::pair<Index, std::string>> failed;  ///< restarts whose posterior became improper, and how
  std::vector<std::pair<std::string, std::vector<TraceRow>>> traces;  ///< of every restart, by its name
  bool is_model() const { return !traces.empty(); }
  std::vector<Factors> factors;  ///< of the best q, for predictions
};

struct Results {
  std::string status;  ///< "converged" if every outcome did; else the first that did not
  std::string reason;
  std::vector<Outcome> outcomes;
};

/// Runs every case under every divergence from every start. `observer` sees each sweep; `on_outcome` each result
/// as it arrives. Throws what the work throws.
class Watcher : public Observer {
 public:
  virtual void on_start(const std::string& what) = 0;
  virtual void on_outcome(const Outcome& outcome) = 0;
};
Results execute(const Experiment& experiment, const Registry& registry, Watcher& watcher);

/// D(p, q) for each divergence as it is written: "kl", "reverse_kl", "renyi(0.5)".
std::vector<Value> compare(const Registry& registry, const Members& p, const Members& q,
                           const std::vector<std::string>& words, const EvaluateOptions& options = {});

/// Every divergence there is, each direction that is not another's, with its standard parameter.
std::vector<std::string> all_divergences(const Registry& registry);

/// Parameters, mean and standard deviation of each part of q, named by coordinate.
std::vector<Variable> summarize(const Members& q, const std::vector<std::string>& coordinates);

/// True for the statuses after which the run counts as done (exit code 0).
bool is_success(const std::string& status);

}  // namespace kullback::experiment
