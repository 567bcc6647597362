#include "language/arrays.hpp"

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
    const auto d = static_cast<std::size_t>(std::find(dimensions_.begin(), dimensions_.end(), dimensions[i]) - dimensions_.begin());
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

Array apply(const std::vector<Plate>& plates, const Array& a, const Array& b, const std::function<double(double, double)>& f) {
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

Empty empty_cells(const Eigen::VectorXd& values) {
  Empty empty;
  for (Index i = 0; i < values.size(); ++i)
    if (std::isnan(values[i]) && empty.count++ == 0) empty.first = i;
  return empty;
}

}  // namespace kullback::language
