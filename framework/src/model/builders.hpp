// Functions of the expression language that make distributions and matrices out of data.
#pragma once

#include "model/scope.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kullback::model {

/// One argument of a call, evaluated, with its place for errors.
struct CallArgument {
  std::string name;
  Named named;
  const config::Expression* expression = nullptr;
};

/// A call by its place and its arguments; looks arguments up by name or position and reports what is left over.
class Call {
 public:
  Call(const Scope& scope, const config::Expression& expression, std::vector<CallArgument> arguments)
      : scope(scope), expression(expression), arguments_(std::move(arguments)) {}

  /// The argument of that name, or the first unnamed one if `position` is 0; null if it is not given.
  const CallArgument* find(const std::string& name, int position = -1);
  const CallArgument& need(const std::string& name, int position = -1);
  double number(const std::string& name, std::optional<double> otherwise = {});
  /// A vector of `size` numbers from a list or one number for all.
  Eigen::VectorXd vector(const std::string& name, Index size, std::optional<double> otherwise = {});
  /// Data: one row an observation, one column a coordinate; every number finite.
  Eigen::MatrixXd observations(const std::string& name, int position);
  /// Throws if an argument was never asked for.
  void finish();

  const Scope& scope;
  const config::Expression& expression;

 private:
  std::vector<CallArgument> arguments_;
  std::vector<std::string> asked_;
};

/// The functions there are: kernel_estimate, histogram, lattice_precision, noise.
const std::vector<std::string>& builders();

/// Calls one of them. kernel_estimate(points, bandwidth = scott | silverman | h): the mixture of normals at the
/// observations with covariance h^2 times the sample covariance; h = n^(-1/(d+4)) [Scott 1992, eq. 6.42] or (n
/// (d+2)/4)^(-1/(d+4)) [Silverman 1986]. histogram(points, cells | low, high): the discrete_grid of counts.
/// lattice_precision(shape, diagonal, neighbor): the sparse precision matrix of a field on a lattice. noise(count,
/// seed, stddev): normal draws, the same everywhere.
Named call_builder(Call& call);

}  // namespace kullback::model
