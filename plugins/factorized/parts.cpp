#include "parts.hpp"

#include <algorithm>

namespace kullback::factorized {

std::vector<Place> places(const Layout& layout) {
  std::vector<Place> out;
  Index coordinate = 0, row = 0;
  for (const Part& part : layout.parts) {
    const Index rows = part.family->parameter_count(part.layout);
    out.push_back({&part, coordinate, row, part.layout.dimension, rows});
    coordinate += part.count * part.layout.dimension;
    row += part.count * rows;
  }
  return out;
}

Located locate(const std::vector<Place>& places, Index coordinate) {
  const auto after = std::upper_bound(places.begin(), places.end(), coordinate,
                                      [](Index c, const Place& place) { return c < place.coordinate; });
  const Place& place = *(after - 1);
  const Index inside = coordinate - place.coordinate;
  return {&place, inside / place.dimension, inside % place.dimension};
}

void Builder::add_part(const Part& part, In theta, Index first) {
  layout_.dimension += part.count * part.layout.dimension;
  Part* last = layout_.parts.empty() ? nullptr : &layout_.parts.back();
  if (last && last->family == part.family && identical(last->layout, part.layout)) {
    last->count += part.count;
  } else {
    layout_.parts.push_back(part);
  }
  const Index rows = part.count * part.family->parameter_count(part.layout);
  theta_.resize(static_cast<std::size_t>(columns_));
  for (Index n = 0; n < columns_; ++n) {
    const double* from = theta.col(n).data() + first;
    auto& to = theta_[static_cast<std::size_t>(n)];
    to.insert(to.end(), from, from + rows);
  }
}

void Builder::add(const Members& factor) {
  if (factor.family != &product_) {
    add_part({factor.family, factor.layout, 1}, factor.theta, 0);
    return;
  }
  for (const Place& place : places(factor.layout)) add_part(*place.part, factor.theta, place.row);
}

Members Builder::finish() && {
  Members out{&product_, std::move(layout_), {}};
  out.theta.resize(theta_.empty() ? 0 : static_cast<Index>(theta_.front().size()), columns_);
  for (Index n = 0; n < columns_; ++n)
    out.theta.col(n) = Eigen::Map<const Eigen::VectorXd>(theta_[static_cast<std::size_t>(n)].data(), out.theta.rows());
  return out;
}

Members Builder::finish_or_single() && {
  Members out = std::move(*this).finish();
  if (out.layout.parts.size() == 1 && out.layout.parts.front().count == 1) {
    out.family = out.layout.parts.front().family;
    out.layout = Layout(out.layout.parts.front().layout);
  }
  return out;
}

}  // namespace kullback::factorized
