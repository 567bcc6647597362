// Results as JSON, CSV and text.
#pragma once

#include "experiment/outcome.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <vector>

namespace kullback::experiment {

using Json = nlohmann::ordered_json;

/// A number as JSON: infinities are the strings "inf" and "-inf", not-a-number (no value) is null.
Json number(double value);

/// `number` read back: the numbers of a list, or of lists within lists, in order.
std::vector<double> numbers_of(const Json& list);

/// {"name", "value", "error", "method", "source"}, or {"name", "unavailable"}.
Json to_json(const Value& value);

/// Where an array too long for JSON goes; returns the name to refer to it by ("x.mean.npy").
using StoreArray = std::function<std::string(const std::string& name, const Eigen::MatrixXd& array)>;

/// result.json. One outcome stands at the top level; several are a list under "results", with the overall status above.
/// Arrays of more than 10,000 numbers are handed to `store` and referred to as {"npy": name}.
Json to_json(const Results& results, const StoreArray& store);

/// trace.csv: sweep, seconds, bound, change, segment, case, divergence, start.
std::string trace_csv(const Results& results);

/// The bytes of a .npy file (float64, Fortran order).
std::string npy(const Eigen::MatrixXd& array);

/// Rows of cells as text: columns aligned (numbers right, words left), two spaces between.
std::string table(const std::vector<std::vector<std::string>>& rows);

/// What a person sees after a run: one line an outcome, side by side, and the variables of each q where there are few.
std::string summary(const Results& results);

/// The table of kullback divergence.
std::string divergence_table(const std::vector<Value>& values);

}  // namespace kullback::experiment
