// Triangles of a matrix times its transpose against Eigen's products, at the borders of tiles and of depth.
#include "messages/gram.hpp"

#include <gtest/gtest.h>

#include <Eigen/Core>

namespace kullback::messages {
namespace {

TEST(Gram, IsAddedToTheLowerTriangleWhateverTheSizes) {
  for (const Index columns : {8, 9, 15, 16, 23, 24, 25, 33, 40, 71})
    for (const Index depth : {1, 7, 255, 256, 257, 600}) {
      const Index step = columns + columns % 3;
      std::srand(static_cast<unsigned>(columns * depth));
      const Eigen::MatrixXd x = Eigen::MatrixXd::Random(step, depth), start = Eigen::MatrixXd::Random(columns, columns);
      Eigen::MatrixXd found = start;
      add_gram(x.data(), columns, depth, step, found.data());
      const Eigen::MatrixXd expected = start + x.topRows(columns) * x.topRows(columns).transpose();
      for (Index j = 0; j < columns; ++j)
        for (Index i = j; i < columns; ++i)
          ASSERT_NEAR(found(i, j), expected(i, j), 1e-13 * static_cast<double>(depth + 10))
              << columns << " x " << depth << ": " << i << ", " << j;
    }
}

}  // namespace
}  // namespace kullback::messages
