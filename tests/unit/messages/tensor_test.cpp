#include "messages/tensor.hpp"

#include <gtest/gtest.h>

#include <random>

namespace kullback::messages {
namespace {

struct Random {
  std::mt19937 engine{7};
  std::vector<double> numbers(Index count) {
    std::normal_distribution<double> normal;
    std::vector<double> out(static_cast<std::size_t>(count));
    for (double& x : out) x = normal(engine);
    return out;
  }
};

template <class Array>
Index offset_of(const Array& array, const std::vector<Index>& position) {
  Index offset = 0;
  for (std::size_t k = 0; k < array.axes.size(); ++k)
    offset += array.strides[k] * position[static_cast<std::size_t>(array.axes[k])];
  return offset;
}

// The definition: one loop over all cells of all axes.
void by_definition(const Sizes& sizes, double c, const Product& product, const std::vector<int>& axes,
                   const Target& target) {
  std::vector<Index> position(sizes.size(), 0);
  const std::vector<Index> none(axes.size(), 0);
  Index count = count_of(sizes, axes);
  for (Index cell = 0; cell < count; ++cell) {
    Index rest = cell;
    for (std::size_t k = axes.size(); k-- > 0;) {
      position[static_cast<std::size_t>(axes[k])] = rest % sizes[static_cast<std::size_t>(axes[k])];
      rest /= sizes[static_cast<std::size_t>(axes[k])];
    }
    double value = c;
    for (const View& v : product.views) value *= v.data[offset_of(v, position)];
    for (const Selection& s : product.selections)
      value *= s.levels[offset_of(s, position)] == position[static_cast<std::size_t>(s.axis)] ? 1 : 0;
    target.data[offset_of(target, position)] += value;
  }
}

struct Case {
  const char* name;
  std::vector<std::vector<int>> views;
  std::vector<std::pair<std::vector<int>, int>> selections;  // axes, axis
  std::vector<int> target;
};

class Products : public testing::TestWithParam<Case> {};

TEST_P(Products, AreSumsOverAllOtherAxes) {
  const Case& c = GetParam();
  const Sizes sizes = {4101, 5, 6, 7, 3};
  Random random;
  std::vector<std::vector<double>> numbers;
  std::vector<std::vector<int>> levels;
  Product product;
  std::vector<int> axes;
  const auto strides = [&](const std::vector<int>& over) {
    std::vector<Index> shape;
    for (const int a : over) {
      shape.push_back(sizes[static_cast<std::size_t>(a)]);
      if (std::find(axes.begin(), axes.end(), a) == axes.end()) axes.push_back(a);
    }
    return dense_strides(shape);
  };
  for (const auto& v : c.views) {
    numbers.push_back(random.numbers(count_of(sizes, v)));
    product.views.push_back({nullptr, v, strides(v)});
  }
  for (std::size_t k = 0; k < c.views.size(); ++k) product.views[k].data = numbers[k].data();
  for (const auto& [over, axis] : c.selections) {
    std::vector<int> level(static_cast<std::size_t>(count_of(sizes, over)));
    const auto count = static_cast<int>(sizes[static_cast<std::size_t>(axis)]);
    for (int& l : level) l = static_cast<int>(random.engine() % static_cast<unsigned>(count + 1)) - 1;
    levels.push_back(level);
    product.selections.push_back({nullptr, over, strides(over), axis});
    strides({axis});
  }
  for (std::size_t k = 0; k < levels.size(); ++k) product.selections[k].levels = levels[k].data();
  const std::vector<Index> to = strides(c.target);
  std::vector<double> expected(static_cast<std::size_t>(count_of(sizes, c.target)), 0.5), plain = expected,
                                                                                          chunked = expected;
  by_definition(sizes, 0.3, product, axes, {expected.data(), c.target, to});
  add_product(sizes, 0.3, product, {plain.data(), c.target, to});
  add_product_in_chunks(sizes, 0.3, product, {chunked.data(), c.target, to});
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(plain[i], expected[i], 1e-9 * (1 + std::abs(expected[i]))) << i;
    ASSERT_NEAR(chunked[i], expected[i], 1e-9 * (1 + std::abs(expected[i]))) << i;
  }
}

// The sum of a million equal numbers: added one by one it would be 1e-7 off.
TEST(Sums, OfManyEqualNumbersDoNotDrift) {
  const std::vector<double> numbers(1'000'000, 0.1);
  const Sizes sizes = {1'000'000};
  for (const Index step : {1, 0}) {
    double sum = 0;
    add_product(sizes, 1, {{{numbers.data(), {0}, {1}}, {numbers.data(), {0}, {step}}}, {}}, {&sum, {}, {}});
    EXPECT_NEAR(sum, 1e4, 1e-9) << step;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Tensor, Products,
    testing::Values(Case{"gram", {{0, 1}, {0, 2}}, {}, {1, 2}}, Case{"matrix_times_vector", {{0, 1}, {1}}, {}, {0}},
                    Case{"three", {{0, 1}, {1, 2}, {2, 0}}, {}, {}}, Case{"broadcast", {{1}}, {}, {0, 1}},
                    Case{"batch", {{3, 1, 2}, {3, 2, 4}}, {}, {3, 1, 4}}, Case{"scatter", {{0}}, {{{0}, 1}}, {1}},
                    Case{"gather", {{1, 2}}, {{{0}, 1}}, {0, 2}}, Case{"both", {{0}, {1, 2}}, {{{0}, 1}}, {2}},
                    Case{"nested", {{2}}, {{{0}, 1}, {{1}, 2}}, {0}},
                    Case{"nested_scatter", {{0}}, {{{0}, 1}, {{1}, 2}}, {2}},
                    Case{"counts", {}, {{{0}, 1}, {{0}, 2}}, {1, 2}}, Case{"only_a_selection", {}, {{{0}, 1}}, {}},
                    Case{"kept_axis", {{1, 0}}, {{{0}, 1}}, {0, 1}}, Case{"constant", {}, {}, {1}},
                    Case{"agreeing", {{1}}, {{{0}, 1}, {{0}, 1}}, {}},
                    Case{"agreeing_kept", {{0}}, {{{0}, 1}, {{2}, 1}}, {1, 2}}),
    [](const auto& info) { return std::string(info.param.name); });

// Matrices that are read where they stand, in either order of their axes and with rows that others lie between; a
// matrix times itself, which is a triangle computed once.
// One contiguous along the first axis, the other along the second; sizes within tiles, at their borders, beyond them.
TEST(Tensor, CrossedMatricesGoByTiles) {
  Random random;
  for (const Index rows : {1, 16, 17, 70})
    for (const Index columns : {2, 64, 65, 131}) {
      const Sizes sizes = {rows, columns};
      const std::vector<double> a = random.numbers(rows * columns), b = random.numbers(rows * columns);
      const View along = {a.data(), {0, 1}, {columns, 1}}, across = {b.data(), {0, 1}, {1, rows}};
      const Product moved = {{across}, {}}, both = {{along, across}, {}};
      std::vector<double> got = a, expected = a;
      add_product(sizes, 0.3, moved, {got.data(), {0, 1}, {columns, 1}});
      by_definition(sizes, 0.3, moved, {0, 1}, {expected.data(), {0, 1}, {columns, 1}});
      for (std::size_t k = 0; k < got.size(); ++k) EXPECT_NEAR(got[k], expected[k], 1e-14) << rows << " " << k;
      double sum = 2, sum_expected = 2;
      add_product(sizes, 0.3, both, {&sum, {}, {}});
      by_definition(sizes, 0.3, both, {0, 1}, {&sum_expected, {}, {}});
      EXPECT_NEAR(sum, sum_expected, 1e-12 * static_cast<double>(rows * columns)) << rows << " by " << columns;
    }
}

TEST(Tensor, MatricesTimesVectorsAreReadWhereTheyStand) {
  const Sizes sizes = {1001, 6};
  Random random;
  const std::vector<double> x = random.numbers(1001 * 10), y = random.numbers(1001);
  for (const bool rows_last : {false, true})
    for (const bool first : {false, true}) {
      const View matrix{x.data() + 1, {0, 1}, rows_last ? std::vector<Index>{1, 1003} : std::vector<Index>{10, 1}};
      const View vector{y.data(), {0}, {1}};
      const Product product{first ? std::vector<View>{matrix, vector} : std::vector<View>{vector, matrix}, {}};
      std::vector<double> expected(12, 0.5), plain = expected;
      by_definition(sizes, 0.3, product, {0, 1}, {expected.data(), {1}, {2}});
      add_product(sizes, 0.3, product, {plain.data(), {1}, {2}});
      for (std::size_t i = 0; i < 12; ++i) EXPECT_NEAR(plain[i], expected[i], 1e-11) << i << rows_last << first;
    }
}

TEST(Tensor, MatricesAreReadWhereTheyStand) {
  const Sizes sizes = {1001, 6, 6};
  Random random;
  const std::vector<double> x = random.numbers(1001 * 10), y = random.numbers(1001 * 10);
  const auto view = [&](const std::vector<double>& numbers, int axis, bool rows_last) {
    return View{numbers.data() + 1, {0, axis}, rows_last ? std::vector<Index>{1, 1003} : std::vector<Index>{10, 1}};
  };
  for (const bool first_last : {false, true})
    for (const bool second_last : {false, true})
      for (const bool same : {false, true}) {
        const Product product{{view(x, 1, first_last), view(same ? x : y, 2, second_last)}, {}};
        std::vector<double> expected(36, 0.5), plain = expected, chunked = expected;
        by_definition(sizes, 0.3, product, {0, 1, 2}, {expected.data(), {1, 2}, {6, 1}});
        add_product(sizes, 0.3, product, {plain.data(), {1, 2}, {6, 1}});
        add_product_in_chunks(sizes, 0.3, product, {chunked.data(), {1, 2}, {6, 1}});
        for (std::size_t i = 0; i < 36; ++i) {
          EXPECT_NEAR(plain[i], expected[i], 1e-11) << i << first_last << second_last << same;
          EXPECT_NEAR(chunked[i], expected[i], 1e-11) << i << first_last << second_last << same;
        }
      }
}

}  // namespace
}  // namespace kullback::messages
