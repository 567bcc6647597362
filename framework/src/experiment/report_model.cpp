#include "experiment/report_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace kullback::experiment {

namespace {

constexpr Index kMostInJson = 10'000;

Json nested(const double* values, std::span<const Index> shape) {
  if (shape.empty()) return number(*values);
  Json list = Json::array();
  Index stride = 1;
  for (Index size : shape.subspan(1)) stride *= size;
  for (Index i = 0; i < shape[0]; ++i) list.push_back(nested(values + i * stride, shape.subspan(1)));
  return list;
}

// One column a member; the numbers of a member innermost.
Json array_json(const std::string& name, const Eigen::MatrixXd& array, std::vector<Index> shape,
                const StoreArray& store) {
  if (array.size() > kMostInJson)
    return {{"npy", store(name, array.rows() == 1 ? array : Eigen::MatrixXd(array.transpose()))}, {"shape", shape}};
  return nested(array.data(), shape);
}

// The sizes of the plates that the members run over.
std::vector<Index> member_shape(const Variable& variable) {
  if (!variable.cells.empty()) return {variable.members};
  std::vector<Index> shape;
  Index count = 1;
  for (Index size : variable.shape) {
    if (count == variable.members) break;
    shape.push_back(size);
    count *= size;
  }
  return shape;
}

Json variable_json(const Variable& variable, const StoreArray& store) {
  Json json = {{"family", variable.family}, {"plates", variable.plates}, {"shape", variable.shape}};
  const std::vector<Index> members = member_shape(variable);
  if (!variable.cells.empty()) json["cells"] = variable.cells;
  if (!variable.levels.empty()) json["levels"] = variable.levels;
  if (!variable.joint.empty()) json["joint"] = variable.joint;
  const auto with = [&](Index rows, bool square) {
    std::vector<Index> shape = members;
    const auto d = static_cast<Index>(std::llround(std::sqrt(static_cast<double>(rows))));
    if (square && d * d == rows && rows > 1)
      shape.insert(shape.end(), {d, d});
    else if (rows > 1)
      shape.push_back(rows);
    return shape;
  };
  // A parameter of d x d numbers beside events of d, or of events that are matrices themselves.
  const Index event = variable.shape.empty() ? 1 : variable.shape.back();
  // The mean of a joint block, or the numbers of one value, squared.
  const auto is_square = [&](Index rows) {
    const Index d = variable.joint.empty() || variable.parameters.front().first != "mean"
                        ? event
                        : variable.parameters.front().second.rows();
    return d > 1 && rows == d * d;
  };
  const bool matrix = variable.shape.size() > 1 && variable.plates.back().back() == '\'';
  for (const auto& [name, array] : variable.parameters)
    if (array.cols() == 1 && variable.members > 1)  // the edges that all members share
      json["parameters"][name] = array_json(variable.name + "." + name, array, {array.rows()}, store);
    else
      json["parameters"][name] =
          array_json(variable.name + "." + name, array, with(array.rows(), matrix || is_square(array.rows())), store);
  if (variable.mean.size())
    json["mean"] = array_json(variable.name + ".mean", variable.mean, with(variable.mean.rows(), matrix), store);
  if (variable.stddev.size())
    json["stddev"] =
        array_json(variable.name + ".stddev", variable.stddev, with(variable.stddev.rows(), matrix), store);
  for (const auto& [p, x] : variable.quantiles)
    json["quantiles"][fmt::format("{}", p)] =
        array_json(fmt::format("{}.quantile_{}", variable.name, p), x, with(1, false), store);
  return json;
}

// The order of all arrays: labels of the levels, or the first of them where they count.
Json plates_json(const std::vector<PlateLabels>& plates) {
  Json json = Json::object();
  for (const PlateLabels& plate : plates) {
    json[plate.name] = {{"size", plate.size}};
    if (plate.labels.empty())
      json[plate.name]["first"] = 1;
    else if (plate.size <= kMostInJson)
      json[plate.name]["labels"] = plate.labels;
  }
  return json;
}

std::string plus_minus(double mean, double stddev) {
  return std::isnan(stddev) ? fmt::format("{:.4g}", mean) : fmt::format("{:.4g} ± {:.4g}", mean, stddev);
}

// "bog: ", "'1, a': "
std::string prefix(const std::string& label) {
  return label.find(',') == std::string::npos ? label + ": " : fmt::format("'{}': ", label);
}

// Numbers of a variable as they are printed.
struct Numbers {
  const double* mean;
  const double* stddev;  // null: there are none
  Index count;
};

Numbers numbers_of(const Eigen::MatrixXd& mean, const Eigen::MatrixXd& stddev) {
  return {mean.data(), stddev.size() == mean.size() ? stddev.data() : nullptr, mean.size()};
}

constexpr Index kFew = 8;  // numbers in a line

// "0.5 ± 0.1, 2 ± 0.3", each behind its label if it has one, or how many there are.
std::string few(const Numbers& numbers, const std::vector<std::string>& labels) {
  if (numbers.count == 0) return "";
  std::vector<std::string> parts;
  for (Index i = 0; i < std::min(numbers.count, kFew); ++i)
    parts.push_back((labels.empty() ? "" : prefix(labels[static_cast<std::size_t>(i)])) +
                    plus_minus(numbers.mean[i], numbers.stddev ? numbers.stddev[i] : std::nan("")));
  return fmt::format("{}{}", fmt::join(parts, ", "),
                     numbers.count > kFew ? fmt::format(", ... {} numbers", numbers.count) : "");
}

std::vector<std::string> labels_of(const Outcome& outcome, const std::string& name) {
  for (const PlateLabels& plate : outcome.plates)
    if (plate.name == name) return plate.labels;
  return {};
}

// A line of numbers, or one a level of the first plate where there are several plates and few levels.
std::vector<std::string> lines_of(const Outcome& outcome, const std::vector<std::string>& plates,
                                  const std::vector<Index>& shape, const Numbers& numbers) {
  constexpr Index kFewLines = 10;
  if (plates.size() == 1) {
    const std::vector<std::string> labels = labels_of(outcome, plates[0]);
    return {few(numbers, static_cast<Index>(labels.size()) == numbers.count ? labels : std::vector<std::string>{})};
  }
  const Index total = std::accumulate(shape.begin(), shape.end(), Index{1}, std::multiplies<>());
  if (plates.empty() || shape[0] > kFewLines || total != numbers.count) return {few(numbers, {})};
  const std::vector<std::string> labels = labels_of(outcome, plates[0]);
  const Index each = total / shape[0];
  std::vector<std::string> lines;
  for (Index i = 0; i < shape[0]; ++i)
    lines.push_back(prefix(labels.empty() ? fmt::format("{}", i + 1) : labels[static_cast<std::size_t>(i)]) +
                    few({numbers.mean + i * each, numbers.stddev ? numbers.stddev + i * each : nullptr, each}, {}));
  return lines;
}

// "n = 2" of "z[n = 2]": the variable stands at the line's head.
std::vector<std::string> indices_of(const std::vector<std::string>& cells) {
  std::vector<std::string> indices;
  for (const std::string& cell : cells) {
    const std::size_t open = cell.find('[');
    indices.push_back(open == std::string::npos ? cell : cell.substr(open + 1, cell.size() - open - 2));
  }
  return indices;
}

std::string label_of(const std::vector<std::string>& labels, Index i) {
  return labels.empty() ? fmt::format("{}", i + 1) : labels[static_cast<std::size_t>(i)];
}

// The probabilities of one categorical; the largest of them where they are many.
std::string probabilities_of(const Eigen::MatrixXd& p, const std::vector<std::string>& labels) {
  std::vector<Index> order(static_cast<std::size_t>(p.rows()));
  std::iota(order.begin(), order.end(), Index{0});
  if (p.rows() > kFew) std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return p(a) > p(b); });
  order.resize(static_cast<std::size_t>(std::min(p.rows(), kFew)));
  std::vector<std::string> parts;
  for (const Index i : order) parts.push_back(fmt::format("{}{:.4g}", prefix(label_of(labels, i)), p(i)));
  return fmt::format("P {}{}", fmt::join(parts, ", "), p.rows() > kFew ? fmt::format(", ... {} levels", p.rows()) : "");
}

// Of one categorical its probabilities, of several the most probable level each.
std::string levels_of(const Outcome& outcome, const Variable& v) {
  if (v.parameters.empty() || v.parameters[0].second.rows() == 0) return "";
  const Eigen::MatrixXd& p = v.parameters[0].second;
  const std::vector<std::string> labels = labels_of(outcome, v.levels);
  if (v.members == 1) return (v.cells.empty() ? "" : indices_of(v.cells)[0] + ": ") + probabilities_of(p, labels);
  const bool one_plate = v.plates.size() == 1;
  const std::vector<std::string> cells = !v.cells.empty() ? indices_of(v.cells)
                                         : one_plate      ? labels_of(outcome, v.plates[0])
                                                          : std::vector<std::string>{};
  std::vector<std::string> parts;
  for (Index k = 0; k < std::min(p.cols(), kFew); ++k) {
    Index best = 0;
    const double largest = p.col(k).maxCoeff(&best);
    parts.push_back(fmt::format("{}{} ({:.3g})", one_plate || !cells.empty() ? prefix(label_of(cells, k)) : "",
                                label_of(labels, best), largest));
  }
  return fmt::format("most probable {}{}", fmt::join(parts, ", "),
                     p.cols() > kFew ? fmt::format(", ... {} of them", p.cols()) : "");
}

std::string name_of(const std::string& name, const std::vector<std::string>& plates) {
  return plates.empty() ? name : fmt::format("{}[{}]", name, fmt::join(plates, ","));
}

}  // namespace

std::string no_evidence(const std::vector<std::string>& flat_priors) {
  return fmt::format("not evidence: flat prior of {}; the bound compares runs of this model only",
                     fmt::join(flat_priors, ", "));
}

Json model_json(const Outcome& outcome, const StoreArray& store) {
  Json json = {{"status", outcome.status}};
  if (!outcome.reason.empty()) json["reason"] = outcome.reason;
  json["divergence"] = outcome.divergence;
  json["optimizer"] = outcome.optimizer;
  json["sweeps"] = outcome.solution.sweeps;
  json["bound"] = number(outcome.solution.bound);
  json["bound_error"] = number(outcome.solution.bound_error);
  if (!outcome.flat_priors.empty()) {
    json["bound_is_evidence"] = false;
    json["flat_priors"] = outcome.flat_priors;
  }
  for (const auto& [term, value] : outcome.solution.bound_by_term) json["bound_by_term"][term] = number(value);
  if (!outcome.optima.empty()) {
    json["restarts"] = {{"count", outcome.traces.size()}, {"optima", Json::array()}};
    for (const Optimum& o : outcome.optima)
      json["restarts"]["optima"].push_back(
          {{"bound", number(o.bound)}, {"times", o.times}, {"first", o.first}, {"status", o.status}});
  }
  for (const auto& [restart, why] : outcome.failed)
    json["restarts"]["failed"].push_back({{"restart", restart}, {"reason", why}});
  json["plates"] = plates_json(outcome.plates);
  json["variables"] = Json::object();
  for (const Variable& variable : outcome.variables) json["variables"][variable.name] = variable_json(variable, store);
  for (const Report& report : outcome.missing) {
    Json& variable = json["variables"][report.name];
    variable = {{"plates", report.plates}, {"cells", report.cells}, {"draws", report.draws}};
    for (const auto& [key, numbers] : {std::pair{"mean", &report.mean}, std::pair{"stddev", &report.stddev},
                                       std::pair{"standard_error", &report.standard_error}})
      variable[key] = array_json(report.name + "." + key, numbers->transpose(), report.shape, store);
  }
  for (const Report& report : outcome.reports)
    json["reports"][report.name] = {
        {"plates", report.plates},
        {"draws", report.draws},
        {"mean", array_json(report.name + ".mean", report.mean.transpose(), report.shape, store)},
        {"stddev", array_json(report.name + ".stddev", report.stddev.transpose(), report.shape, store)},
        {"standard_error",
         array_json(report.name + ".standard_error", report.standard_error.transpose(), report.shape, store)}};
  return json;
}

std::string model_summary(const Outcome& outcome) {
  std::vector<std::vector<std::string>> rows = {{"status", "sweeps", "bound"}};
  rows.push_back(
      {outcome.status, fmt::format("{}", outcome.solution.sweeps), fmt::format("{:.8g}", outcome.solution.bound)});
  std::string text = table(rows);
  if (!outcome.reason.empty()) text += outcome.reason + "\n";
  if (!outcome.flat_priors.empty()) text += no_evidence(outcome.flat_priors) + "\n";
  if (!outcome.optima.empty()) {
    rows = {{"optimum", "bound", "restarts"}};
    constexpr std::size_t kMostShown = 10;
    for (std::size_t i = 0; i < std::min(outcome.optima.size(), kMostShown); ++i)
      rows.push_back({fmt::format("{}", i + 1), fmt::format("{:.8g}", outcome.optima[i].bound),
                      fmt::format("{}", outcome.optima[i].times)});
    text += "\n" + table(rows) + "optima up to relabeling: bounds that agree to 1e-6 are one\n";
    if (outcome.optima.size() > kMostShown) text += fmt::format("... {} more\n", outcome.optima.size() - kMostShown);
  }
  if (!outcome.failed.empty())
    text += fmt::format("{} of {} restarts failed (restart {}: {})\n", outcome.failed.size(), outcome.traces.size(),
                        outcome.failed.front().first, outcome.failed.front().second);
  rows = {{"variable", "q", "mean ± stddev"}};
  const auto add = [&](const std::string& name, const std::string& q, const std::vector<std::string>& lines) {
    for (std::size_t i = 0; i < lines.size(); ++i) rows.push_back({i ? "" : name, i ? "" : q, lines[i]});
  };
  for (const Variable& v : outcome.variables) {
    const std::string count = v.members == 1 ? "" : fmt::format("{} x ", v.members);
    const Numbers numbers = numbers_of(v.mean, v.stddev);
    std::vector<std::string> lines = !v.levels.empty() ? std::vector{levels_of(outcome, v)}
                                     : static_cast<Index>(v.cells.size()) == numbers.count
                                         ? std::vector{few(numbers, indices_of(v.cells))}
                                         : lines_of(outcome, v.plates, v.shape, numbers);
    if (v.quantiles.size() && v.members == 1)
      lines.back() +=
          fmt::format(", 95 % from {:.4g} to {:.4g}", v.quantiles.front().second[0], v.quantiles.back().second[0]);
    add(name_of(v.name, v.plates), count + v.family, lines);
  }
  for (const Report& r : outcome.reports)
    add(name_of(r.name, r.plates), fmt::format("report, {} draws", r.draws),
        lines_of(outcome, r.plates, r.shape, numbers_of(r.mean, r.stddev)));
  return text + "\n" + table(rows);
}

}  // namespace kullback::experiment
