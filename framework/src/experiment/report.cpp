#include "experiment/report.hpp"

#include "experiment/report_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kullback::experiment {

Json number(double value) {
  if (std::isnan(value)) return nullptr;
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

namespace {

void append_numbers(const Json& json, std::vector<double>& out) {
  if (json.is_array())
    for (const Json& each : json) append_numbers(each, out);
  else if (json.is_string())
    out.push_back((json == "inf" ? 1 : -1) * std::numeric_limits<double>::infinity());
  else
    out.push_back(json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>());
}

}  // namespace

std::vector<double> numbers_of(const Json& list) {
  std::vector<double> out;
  append_numbers(list, out);
  return out;
}

Json to_json(const Value& value) {
  if (!value.unavailable.empty()) return {{"name", value.name}, {"unavailable", value.unavailable}};
  return {{"name", value.name},
          {"value", number(value.estimate.value)},
          {"error", number(value.estimate.error)},
          {"method", std::string(to_text(value.estimate.method))},
          {"source", value.estimate.source}};
}

namespace {

constexpr Index kMostInJson = 10'000;

// One number, a list of them, or a list of columns' lists (row by row where the array is a matrix of one member).
Json array_json(const std::string& name, const Eigen::MatrixXd& array, const StoreArray& store) {
  if (array.size() > kMostInJson) return {{"npy", store(name, array)}, {"shape", {array.rows(), array.cols()}}};
  if (array.size() == 1) return number(array(0, 0));
  Json list = Json::array();
  for (Index c = 0; c < array.cols(); ++c) {
    if (array.cols() == 1 || array.rows() == 1) {
      for (Index r = 0; r < array.rows(); ++r) list.push_back(number(array(r, c)));
      continue;
    }
    Json column = Json::array();
    for (Index r = 0; r < array.rows(); ++r) column.push_back(number(array(r, c)));
    list.push_back(column);
  }
  return list;
}

Json variable_json(const Variable& variable, const std::string& prefix, const StoreArray& store) {
  Json json = {{"family", variable.family}};
  if (variable.members > 1) json["members"] = variable.members;
  const std::string base = prefix + variable.name;
  for (const auto& [name, array] : variable.parameters) {
    Eigen::MatrixXd shown = array;
    const Index d = variable.mean.rows();
    if (variable.members == 1 && d > 1 && array.rows() == d * d) shown = array.reshaped(d, d);
    json["parameters"][name] = array_json(base + "." + name, shown, store);
  }
  if (variable.mean.size()) json["mean"] = array_json(base + ".mean", variable.mean, store);
  if (variable.stddev.size()) json["stddev"] = array_json(base + ".stddev", variable.stddev, store);
  return json;
}

Json outcome_json(const Outcome& outcome, std::size_t index, bool only, const StoreArray& store) {
  Json json;
  if (!outcome.case_name.empty()) json["case"] = outcome.case_name;
  if (!outcome.divergence.empty()) json["divergence"] = outcome.divergence;
  if (!outcome.start.empty()) json["start"] = outcome.start;
  json["status"] = outcome.status;
  if (!outcome.reason.empty()) json["reason"] = outcome.reason;
  json["p"] = outcome.p;
  if (!outcome.q.empty()) json["q"] = outcome.q;
  if (!outcome.comparison && !outcome.optimizer.empty()) {
    json["optimizer"] = outcome.optimizer;
    json["sweeps"] = outcome.solution.sweeps;
    json["bound"] = number(outcome.solution.bound);
    json["bound_error"] = number(outcome.solution.bound_error);
    if (!outcome.solution.bound_by_term.empty())
      for (const auto& [term, value] : outcome.solution.bound_by_term) json["bound_by_term"][term] = number(value);
  }
  json["divergences"] = Json::array();
  for (const Value& value : outcome.values) json["divergences"].push_back(to_json(value));
  const std::string prefix = only ? "" : fmt::format("{}.", index + 1);
  for (const Variable& variable : outcome.variables)
    json["variables"][variable.name] = variable_json(variable, prefix, store);
  return json;
}

// A cell of CSV: quoted where it must be.
std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

Json to_json(const Results& results, const StoreArray& store) {
  if (results.outcomes.size() == 1) {
    if (results.outcomes[0].is_model()) return model_json(results.outcomes[0], store);
    return outcome_json(results.outcomes[0], 0, true, store);
  }
  Json json = {{"status", results.status}};
  if (!results.reason.empty()) json["reason"] = results.reason;
  json["results"] = Json::array();
  for (std::size_t i = 0; i < results.outcomes.size(); ++i)
    json["results"].push_back(outcome_json(results.outcomes[i], i, false, store));
  return json;
}

std::string trace_csv(const Results& results) {
  std::string text = "sweep,seconds,bound,change,segment,case,divergence,start\n";
  const auto cell = [](double v) { return std::isnan(v) ? std::string() : fmt::format("{}", v); };
  const auto add = [&](const Outcome& outcome, const std::vector<TraceRow>& trace, const std::string& start) {
    for (const TraceRow& row : trace)
      text += fmt::format("{},{:.6f},{},{},{},{},{},{}\n", row.sweep, row.seconds, cell(row.bound), cell(row.change),
                          row.segment, csv_cell(outcome.case_name), csv_cell(outcome.divergence), csv_cell(start));
  };
  for (const Outcome& outcome : results.outcomes) {
    if (!outcome.is_model()) add(outcome, outcome.solution.trace, outcome.start);
    for (const auto& [start, trace] : outcome.traces) add(outcome, trace, start);
  }
  return text;
}

std::string npy(const Eigen::MatrixXd& array) {
  std::string header = fmt::format("{{'descr': '<f8', 'fortran_order': True, 'shape': {}, }}",
                                   array.rows() == 1   ? fmt::format("({},)", array.cols())
                                   : array.cols() == 1 ? fmt::format("({},)", array.rows())
                                                       : fmt::format("({}, {})", array.rows(), array.cols()));
  const std::size_t preamble = 10;  // magic, version, length of the header
  while ((preamble + header.size() + 1) % 64) header += ' ';
  header += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size() & 0xff);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header;
  bytes.append(reinterpret_cast<const char*>(array.data()), static_cast<std::size_t>(array.size()) * sizeof(double));
  return bytes;
}

namespace {

std::size_t width(const std::string& text) {  // characters, not bytes
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

bool looks_numeric(const std::string& text) {
  return text.empty() || text == "inf" || text == "-inf" ||
         (text.find_first_not_of("0123456789.eE+-") == std::string::npos);
}

std::string show(double value) { return std::isnan(value) ? "" : fmt::format("{:.6g}", value); }

std::string show_error(const Estimate& estimate) { return fmt::format("{:.1g}", estimate.error); }

}  // namespace

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  std::vector<bool> right;
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::size_t c = 0; c < rows[r].size(); ++c) {
      if (widths.size() <= c) {
        widths.push_back(0);
        right.push_back(true);
      }
      widths[c] = std::max(widths[c], width(rows[r][c]));
      if (r > 0 && !looks_numeric(rows[r][c])) right[c] = false;
    }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string pad(widths[c] - width(row[c]), ' ');
      line += (c ? "  " : "") + (right[c] ? pad + row[c] : row[c] + pad);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string divergence_table(const std::vector<Value>& values) {
  std::vector<std::vector<std::string>> rows = {{"divergence", "value", "error", "method", "source"}};
  for (const Value& value : values) {
    if (value.unavailable.empty())
      rows.push_back({value.name, fmt::format("{:.12g}", value.estimate.value), show_error(value.estimate),
                      std::string(to_text(value.estimate.method)), value.estimate.source});
    else
      rows.push_back({value.name, "", "", "unavailable", value.unavailable});
  }
  return table(rows);
}

namespace {

std::string comparisons(const Results& results) {
  std::vector<std::vector<std::string>> rows = {{"case", "p", "q", "divergence", "value", "error", "method", "source"}};
  for (const Outcome& outcome : results.outcomes) {
    if (!outcome.comparison) continue;
    bool first = true;
    for (const Value& value : outcome.values) {
      std::vector<std::string> row = first ? std::vector<std::string>{outcome.case_name, outcome.p, outcome.q}
                                           : std::vector<std::string>{"", "", ""};
      first = false;
      row.push_back(value.name);
      if (value.unavailable.empty())
        row.insert(row.end(),
                   {fmt::format("{:.12g}", value.estimate.value), show_error(value.estimate),
                    value.name == "formula" ? "" : std::string(to_text(value.estimate.method)), value.estimate.source});
      else
        row.insert(row.end(), {"", "", "unavailable", value.unavailable});
      rows.push_back(row);
    }
  }
  return rows.size() > 1 ? table(rows) : "";
}

std::string value_cell(const Outcome& outcome, const std::string& name) {
  for (const Value& value : outcome.values)
    if (value.name == name && value.unavailable.empty()) return show(value.estimate.value);
  return "-";
}

bool is_kl(const Outcome& outcome) { return outcome.divergence == "reverse_kl" || outcome.divergence == "forward_kl"; }

// "eruptions 3.49 ± 1.14, waiting 70.9 ± 13.6"
std::string variables_cell(const Outcome& outcome) {
  std::vector<std::string> parts;
  for (const Variable& v : outcome.variables) {
    if (v.mean.size() == 0) continue;
    if (v.mean.size() > 3) {
      parts.push_back(fmt::format("{}: {} coordinates", v.name, v.mean.size()));
    } else {
      std::vector<std::string> numbers;
      for (Index i = 0; i < v.mean.size(); ++i)
        numbers.push_back(v.stddev.size() ? fmt::format("{:.4g} ± {:.4g}", v.mean(i), v.stddev(i))
                                          : fmt::format("{:.4g}", v.mean(i)));
      parts.push_back(fmt::format("{} {}", v.name, fmt::join(numbers, ", ")));
    }
    if (parts.size() == 4) {
      parts.push_back("...");
      break;
    }
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string projections(const Results& results) {
  const bool starts =
      std::any_of(results.outcomes.begin(), results.outcomes.end(), [](const Outcome& o) { return !o.start.empty(); });
  const bool named = std::any_of(results.outcomes.begin(), results.outcomes.end(),
                                 [](const Outcome& o) { return !o.case_name.empty(); });
  std::vector<std::vector<std::string>> rows(1);
  std::vector<std::string> notes;
  if (named) rows[0].push_back("case");
  rows[0].insert(rows[0].end(), {"minimized"});
  if (starts) rows[0].push_back("start");
  rows[0].insert(rows[0].end(), {"status", "sweeps", "bound"});
  // KL has its columns already.
  const bool others = std::any_of(results.outcomes.begin(), results.outcomes.end(),
                                  [](const Outcome& o) { return !o.comparison && !is_kl(o); });
  if (others) rows[0].push_back("its value");
  rows[0].insert(rows[0].end(), {"KL(q‖p)", "KL(p‖q)", "q: mean ± stddev"});
  for (const Outcome& outcome : results.outcomes) {
    if (outcome.comparison) continue;
    std::vector<std::string> row;
    if (named) row.push_back(outcome.case_name);
    row.push_back(outcome.divergence);
    if (starts) row.push_back(outcome.start);
    const bool ran = !outcome.optimizer.empty();
    row.insert(row.end(), {outcome.status, ran ? fmt::format("{}", outcome.solution.sweeps) : "",
                           ran ? show(outcome.solution.bound) : ""});
    if (others) row.push_back(value_cell(outcome, outcome.divergence));
    row.insert(row.end(),
               {value_cell(outcome, "reverse_kl"), value_cell(outcome, "forward_kl"), variables_cell(outcome)});
    rows.push_back(row);
    if (!outcome.reason.empty()) {
      const std::string note = fmt::format("{}{}{}: {}", outcome.case_name, outcome.case_name.empty() ? "" : ", ",
                                           outcome.divergence, outcome.reason);
      if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(note);
    }
  }
  if (rows.size() == 1) return "";
  std::string text = table(rows);
  for (const std::string& note : notes) text += note + "\n";
  return text;
}

}  // namespace

std::string summary(const Results& results) {
  if (results.outcomes.size() == 1 && results.outcomes[0].is_model()) return model_summary(results.outcomes[0]);
  const std::string compared = comparisons(results);
  const std::string projected = projections(results);
  return compared + (compared.empty() || projected.empty() ? "" : "\n") + projected;
}

}  // namespace kullback::experiment
