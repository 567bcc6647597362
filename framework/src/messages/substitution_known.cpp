// Labels of known numbers, as factors of polynomials.
#include "messages/substitution.hpp"

#include "config/source.hpp"
#include "parallel/parallel.hpp"

#include <kullback/labels.hpp>

#include <fmt/format.h>

#include <cmath>

namespace kullback::messages {
namespace {

constexpr Index kScanned = 1 << 16;  // numbers that a thread looks through at once

}  // namespace

void no_rule(Text label, const std::string& what) { throw NoRule{-1, fmt::format("{} of {}", label, what)}; }

bool label_of_numbers(Text label, In x, Out value) {
  if (evaluate_label(label, x, value)) return true;
  for (const Text parametric : parametric_labels()) {
    const std::size_t at = parametric.rfind('c'), rest = parametric.size() - at - 1;
    if (label.size() <= at + rest || label.substr(0, at) != parametric.substr(0, at) ||
        label.substr(label.size() - rest) != parametric.substr(at + 1))
      continue;
    double c = 0;
    if (!config::parse_number(label.substr(at, label.size() - at - rest), c)) continue;
    const Eigen::RowVectorXd one = Eigen::RowVectorXd::Constant(1, c);
    return evaluate_label(parametric, row(one), x, Row(value.data(), value.cols()));
  }
  return false;
}

Polynomial known_factor(std::shared_ptr<const Known> known, std::vector<Reference> cells) {
  bool varies = false;
  for (const Reference& r : cells) varies = varies || r.axis >= 0;
  if (!varies) {
    Index at = 0;
    for (std::size_t k = 0; k < cells.size(); ++k) at = at * known->shape[k] + cells[k].level;
    return constant(known->numbers()[at]);
  }
  Atom atom;
  atom.known = std::move(known);
  atom.cells = std::move(cells);
  return {{1, {std::move(atom)}, {}}};
}

Polynomial Substitution::known(const std::shared_ptr<const model::Array>& array, Text label,
                               const std::vector<Reference>& references) const {
  const auto found = cache_.find({array->values.data(), std::string(label)});
  if (found != cache_.end()) return known_factor(found->second, references);
  // A sum that is vectorized; infinite numbers are looked at one by one.
  const double sum = parallel::sum_chunks(array->values.size(), kScanned, [&](Index begin, Index end) {
    return (0 * array->values.segment(begin, end - begin).array()).sum();
  });
  const bool any = std::isnan(sum) && array->values.hasNaN();
  if (label != "x" || any) return known(*array, label, references);
  std::shared_ptr<const Known>& cached = cache_[{array->values.data(), std::string(label)}];
  if (!cached) {
    auto numbers = std::make_shared<Known>();
    numbers->shape = shape_of(*array);
    numbers->shared = array;
    cached = std::move(numbers);
  }
  return known_factor(cached, references);
}

std::vector<Index> Substitution::shape_of(const model::Array& array) const {
  std::vector<Index> shape;
  for (const int plate : array.dimensions) shape.push_back(model_.plates[static_cast<std::size_t>(plate)].size);
  return shape;
}

Eigen::VectorXd Substitution::label_of(const Eigen::VectorXd& numbers, Text label) {
  Eigen::VectorXd values = numbers;
  if (label == "x") return values;
  const Eigen::Map<const Eigen::MatrixXd> x(numbers.data(), 1, numbers.size());
  Eigen::Map<Eigen::MatrixXd> value(values.data(), 1, values.size());
  if (!label_of_numbers(label, x, value)) no_rule(label, "a known number");
  make_logs_finite(label, values);
  // Gamma(0) stands in no density: a concentration of 0 takes its element out (structural_zeros.hpp).
  for (Index i = 0; label == "lgamma_x" && i < values.size(); ++i)
    if (numbers[i] == 0) values[i] = 0;
  return values;
}

Polynomial Substitution::known(const model::Array& array, Text label, const std::vector<Reference>& references) const {
  std::shared_ptr<const Known>& shared = cache_[{array.values.data(), std::string(label)}];
  if (shared) return known_factor(shared, references);
  auto numbers = std::make_shared<Known>();
  numbers->shape = shape_of(array);
  numbers->values = label_of(array.values, label);
  for (Index i = 0; i < numbers->values.size(); ++i)
    if (std::isnan(array.values[i])) numbers->values[i] = 0;  // an empty cell: a mask stands beside it
  shared = std::move(numbers);
  return known_factor(shared, references);
}

}  // namespace kullback::messages
