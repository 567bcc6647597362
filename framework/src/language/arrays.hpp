// Arithmetic on arrays whose dimensions have names: what depends on data alone is computed here, once.
#pragma once

#include "model/model.hpp"

#include <functional>
#include <string>
#include <vector>

namespace kullback::language {

using model::Array;
using model::Dimensions;
using model::Plate;

bool contains(const Dimensions& dimensions, int plate);

/// a's dimensions, then those of b that a lacks.
Dimensions united(const Dimensions& a, const Dimensions& b);

/// a's dimensions without those of b.
Dimensions without(const Dimensions& a, const Dimensions& b);

/// Number of cells.
Index cells(const std::vector<Plate>& plates, const Dimensions& dimensions);

/// The label of a level, and "n = 3, m = b": the cell of that number.
std::string label_text(const Plate& plate, Index level);
std::string cell_text(const std::vector<Plate>& plates, const Dimensions& dimensions, Index cell);

/// Walks the cells of some dimensions in order (the last one fastest) and keeps each one's position in arrays over some
/// of them: `stride` 0 stands for a dimension an array lacks.
class Walk {
 public:
  Walk(const std::vector<Plate>& plates, Dimensions dimensions);
  /// Adds an array over a subset of the dimensions; returns its number for `at`.
  std::size_t follow(const Dimensions& dimensions);
  Index size() const { return size_; }
  bool next();  ///< false behind the last cell
  Index at(std::size_t array) const { return followed_[array].at; }
  Index position(std::size_t dimension) const { return position_[dimension]; }

 private:
  struct Followed {
    std::vector<Index> stride;
    Index at = 0;
  };
  Dimensions dimensions_;
  std::vector<Index> sizes_, position_;
  std::vector<Followed> followed_;
  Index size_ = 1;
};

/// The array over `to`, which holds all of its dimensions: repeated along the others, in the order of `to`.
Array spread(const std::vector<Plate>& plates, const Array& array, const Dimensions& to);

/// f, cell by cell, over the union of the dimensions.
Array apply(const std::vector<Plate>& plates, const Array& a, const Array& b,
            const std::function<double(double, double)>& f);
Array apply(const Array& a, const std::function<double(double)>& f);

/// Over the cells along `plate` that are not empty: their sum and how many there are.
struct Sums {
  Array sum, count;
};
Sums sum_over(const std::vector<Plate>& plates, const Array& array, int plate);

Array mean_over(const std::vector<Plate>& plates, const Array& array, int plate);

/// parts[i] at level i of plate `along`, which none of them has.
Array stacked(const std::vector<Plate>& plates, const std::vector<Array>& parts, int along);

/// Weights along `plate`: v_k times what the sticks before it left; the last one takes the rest, whatever its stick.
Array stick_breaking(const std::vector<Plate>& plates, const Array& sticks, int plate);

/// The number of empty cells, and the first of them (-1).
struct Empty {
  Index count = 0, first = -1;
};
Empty empty_cells(const Eigen::VectorXd& values);

}  // namespace kullback::language
