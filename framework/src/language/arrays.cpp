#include "language/arrays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kullback::language {

bool contains(const Dimensions& dimensions, int plate) {
  return std::find(dimensions.begin(), dimensions.end(), plate) != dimensions.end();
}

Dimensions united(const Dimensions& a, const Dimensions& b) {
  Dimensions all = a;
  for (int plate : b)
    if (!contains(all, plate)) all.push_back(plate);
  return all;
}

Dimensions without(const Dimensions& a, const Dimensions& b) {
  Dimensions rest;
  for (int plate : a)
    if (!contains(b, plate)) rest.push_back(plate);
  return rest;
}

Index cells(const std::vector<Plate>& plates, const Dimensions& dimensions) {
  Index count = 1;
  for (int plate : dimensions) count *= plates[static_cast<std::size_t>(plate)].size;
  return count;
}

std::string label_text(const Plate& plate, Index level) {
  return plate.labels.empty() ? fmt::format("{}", level + 1) : plate.labels[static_cast<std::size_t>(level)];
}

std::string cell_text(const std::vector<Plate>& plates, const Dimensions& dimensions, Index cell) {
  std::vector<std::string> parts(dimensions.size());
  for (std::size_t i = dimensions.size(); i-- > 0;) {
    const Plate& plate = plates[static_cast<std::size_t>(dimensions[i])];
    parts[i] = fmt::format("{} = {}", plate.name, label_text(plate, cell % plate.size));
    cell /= plate.size;
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

Walk::Walk(const std::vector<Plate>& plates, Dimensions dimensions)
    : dimensions_(std::move(dimensions)), position_(dimensions_.size(), 0) {
  for (int plate : dimensions_) {
    sizes_.push_back(plates[static_cast<std::size_t>(plate)].size);
    size_ *= sizes_.back();
  }
}

std::size_t Walk::follow(const Dimensions& dimensions) {
  Followed followed{std::vector<Index>(dimensions_.size(), 0), 0};
  Index stride = 1;
  for (std::size_t i = dimensions.size(); i-- > 0;) {
    const auto d = static_cast<std::size_t>(std::find(dimensions_.begin(), dimensions_.end(), dimensions[i]) -
                                            dimensions_.begin());
    followed.stride[d] += stride;
    stride *= sizes_[d];
  }
  followed_.push_back(std::move(followed));
  return followed_.size() - 1;
}

bool Walk::next() {
  for (std::size_t d = dimensions_.size(); d-- > 0;) {
    const bool wraps = ++position_[d] == sizes_[d];
    if (wraps) position_[d] = 0;
    for (Followed& f : followed_) f.at += wraps ? -(sizes_[d] - 1) * f.stride[d] : f.stride[d];
    if (!wraps) return true;
  }
  return false;
}

Array spread(const std::vector<Plate>& plates, const Array& array, const Dimensions& to) {
  if (array.dimensions == to) return array;
  Array result{to, Eigen::VectorXd(cells(plates, to))};
  if (array.values.size() == 1 || result.values.size() == 0) {
    result.values.setConstant(array.values.size() ? array.values[0] : 0);
    return result;
  }
  Walk walk(plates, to);
  walk.follow(array.dimensions);
  Index i = 0;
  do result.values[i++] = array.values[walk.at(0)];
  while (walk.next());
  return result;
}

Array apply(const std::vector<Plate>& plates, const Array& a, const Array& b,
            const std::function<double(double, double)>& f) {
  const Dimensions all = united(a.dimensions, b.dimensions);
  Array left = spread(plates, a, all);
  const Array right = spread(plates, b, all);
  for (Index i = 0; i < left.values.size(); ++i) left.values[i] = f(left.values[i], right.values[i]);
  return left;
}

Array apply(const Array& a, const std::function<double(double)>& f) {
  Array result = a;
  for (double& value : result.values) value = f(value);
  return result;
}

Sums sum_over(const std::vector<Plate>& plates, const Array& array, int plate) {
  const Dimensions rest = without(array.dimensions, {plate});
  const Index n = cells(plates, rest);
  Sums sums{{rest, Eigen::VectorXd::Zero(n)}, {rest, Eigen::VectorXd::Zero(n)}};
  Walk walk(plates, array.dimensions);
  const std::size_t to = walk.follow(rest);
  for (Index i = 0; i < array.values.size(); ++i, walk.next()) {
    if (std::isnan(array.values[i])) continue;
    sums.sum.values[walk.at(to)] += array.values[i];
    sums.count.values[walk.at(to)] += 1;
  }
  return sums;
}

Array mean_over(const std::vector<Plate>& plates, const Array& array, int plate) {
  const Sums sums = sum_over(plates, array, plate);
  return apply(plates, sums.sum, sums.count, [](double s, double n) { return s / n; });
}

Array stacked(const std::vector<Plate>& plates, const std::vector<Array>& parts, int along) {
  Dimensions dimensions = {along};
  for (const Array& part : parts) dimensions = united(dimensions, part.dimensions);
  Walk walk(plates, dimensions);
  std::vector<std::size_t> at;
  for (const Array& part : parts) at.push_back(walk.follow(part.dimensions));
  Array all{dimensions, Eigen::VectorXd(walk.size())};
  for (Index cell = 0; cell < walk.size(); ++cell, walk.next()) {
    const auto i = static_cast<std::size_t>(walk.position(0));
    all.values[cell] = parts[i].values[walk.at(at[i])];
  }
  return all;
}

Array stick_breaking(const std::vector<Plate>& plates, const Array& sticks, int plate) {
  Array weights = spread(plates, sticks, united(without(sticks.dimensions, {plate}), {plate}));
  const Index size = plates[static_cast<std::size_t>(plate)].size;
  for (Index first = 0; first < weights.values.size(); first += size) {
    double left = 1;
    for (Index i = 0; i < size; ++i) {
      double& v = weights.values[first + i];
      const double stick = i + 1 == size ? 1 : v;
      v = left * stick;
      left *= 1 - stick;
    }
  }
  return weights;
}

Empty empty_cells(const Eigen::VectorXd& values) {
  Empty empty;
  for (Index i = 0; i < values.size(); ++i)
    if (std::isnan(values[i]) && empty.count++ == 0) empty.first = i;
  return empty;
}

}  // namespace kullback::language
