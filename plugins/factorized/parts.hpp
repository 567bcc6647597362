// How the parts of a product lie in its columns, and how products are put together.
#pragma once

#include <kullback/kullback.hpp>

namespace kullback::factorized {

using Matrix = Eigen::Map<Eigen::MatrixXd>;
using ConstMatrix = Eigen::Map<const Eigen::MatrixXd>;

/// Where one part begins: its first coordinate, and its first row of theta.
struct Place {
  const Part* part;
  Index coordinate, row;
  Index dimension, rows;  ///< of one member
};
std::vector<Place> places(const Layout& layout);

/// The member a coordinate belongs to.
struct Located {
  const Place* place;
  Index member;
  Index coordinate;  ///< inside the member
};
Located locate(const std::vector<Place>& places, Index coordinate);

/// All members of a part in one column of numbers that has `rows` a member, from row `first` on.
inline ConstMatrix block(In columns, Index column, Index first, Index rows, Index count) {
  return {columns.col(column).data() + first, rows, count};
}
inline Matrix block(Out columns, Index column, Index first, Index rows, Index count) {
  return {columns.col(column).data() + first, rows, count};
}

/// Collects factors in the order of their coordinates: neighbours of one family and layout become one part, products
/// are taken apart. Every factor has `columns` columns of theta.
class Builder {
 public:
  Builder(const Distribution& product, Index columns) : product_(product), columns_(columns) {}
  void add(const Members& factor);
  /// The only factor itself if there is just one, else the product.
  Members finish_or_single() &&;
  Members finish() &&;

 private:
  void add_part(const Part& part, In theta, Index first);
  const Distribution& product_;
  Index columns_;
  Layout layout_{0, 0, {}, {}, nullptr};
  std::vector<std::vector<double>> theta_;  // by column of theta
};

}  // namespace kullback::factorized
