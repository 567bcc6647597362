// A scalar expression over named coordinates, compiled to numbers: a program for a stack machine that
// evaluates it for blocks of points at a time.
#pragma once

#include "config/expression.hpp"

#include <kullback/types.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace kullback::model {

/// Codes of the program. Each instruction is one number; `constant` and `coordinate` are followed by their operand.
enum class Op : int {
  constant,
  coordinate,
  add,
  subtract,
  multiply,
  divide,
  power,
  negate,
  square,
  exp,
  log,
  sqrt,
  abs,
  sin,
  cos,
  tanh,
  logistic,
  less,
  less_equal,
  greater,
  greater_equal,
  equal,
  not_equal,
};

/// The names of the functions that may be called in an expression of numbers.
const std::vector<std::string>& numeric_functions();

/// Compiles an expression over `coordinates`. A reference that is no coordinate is looked up with `constant`, which
/// returns nothing if the name is not a number. Throws ConfigError at the place of what cannot be compiled.
Eigen::VectorXd compile(const config::Expression& expression, const std::vector<std::string>& coordinates,
                        const std::function<std::optional<double>(const std::string&)>& constant);

/// Evaluates the program at each column of x. May give NaN where the expression is undefined.
void evaluate_program(const Eigen::VectorXd& program, In x, Row out);

}  // namespace kullback::model
