#include "config/data.hpp"

#include "support.hpp"
#include "support/temporary_folder.hpp"

#include <Eigen/Dense>

#include <filesystem>
#include <fstream>

namespace kullback::config {
namespace {

// A folder of its own for small files; messages are compared without it.
class Data : public testing::Test {
 protected:
  std::string write(const std::string& text) { return folder_.write("f", text); }
  template <typename Work>
  std::string message(Work&& work) {
    return folder_.without_folder(error_of(work));
  }
  std::string csv_problem(const std::string& text) {
    return message([&] { read_csv(write(text)); });
  }
  std::string npy_problem(const std::string& bytes) {
    return message([&] { read_npy(write(bytes)); });
  }
  std::string market_problem(const std::string& text) {
    const std::string all = message([&] { read_matrix_market(write(text)); });
    return all.substr(0, all.find('\n'));
  }
  test_support::TemporaryFolder folder_;
};

class Csv : public Data {};
class Npy : public Data {};
class MatrixMarket : public Data {};
class Sha256 : public Data {};

TEST_F(Csv, NumbersAreReadByColumn) {
  const Table table = read_csv(write("eruptions,waiting\n3.6,79\n1.8,-54e-1\n+2,.5\n"));
  EXPECT_EQ(table.rows, 3);
  ASSERT_EQ(table.columns.size(), 2u);
  EXPECT_EQ(table.columns[0].name, "eruptions");
  EXPECT_EQ(table.find("eruptions")->numbers, (std::vector<double>{3.6, 1.8, 2}));
  EXPECT_EQ(table.find("waiting")->numbers, (std::vector<double>{79, -5.4, 0.5}));
  EXPECT_EQ(table.find("none"), nullptr);
}

TEST_F(Csv, EmptyCellsNaAndNanAreMissing) {
  const Table table = read_csv(write("a,b\n1,\nNA,2\nnan,NaN\n"));
  EXPECT_TRUE(table.columns[0].numeric);
  EXPECT_TRUE(std::isnan(table.columns[0].numbers[1]));
  EXPECT_TRUE(std::isnan(table.columns[0].numbers[2]));
  EXPECT_TRUE(std::isnan(table.columns[1].numbers[0]));
  EXPECT_EQ(table.columns[1].numbers[1], 2);
}

TEST_F(Csv, ColumnsWithTextAreLabelsEvenWhenTheyBeginWithNumbers) {
  const Table table = read_csv(write("a,b,c\n1,x,1\n,y,2\n10x,,3\n"));
  EXPECT_FALSE(table.columns[0].numeric);
  EXPECT_EQ(table.columns[0].labels, (std::vector<std::string>{"1", "", "10x"}));
  EXPECT_TRUE(table.columns[0].numbers.empty());
  EXPECT_EQ(table.columns[1].labels, (std::vector<std::string>{"x", "y", ""}));
  EXPECT_EQ(table.columns[2].numbers, (std::vector<double>{1, 2, 3}));
}

TEST_F(Csv, QuotesWindowsLineEndsSpacesAndAByteOrderMarkAreTolerated) {
  const Table table = read_csv(write("\xEF\xBB\xBF\"a, b\",c\r\n\"say \"\"hi\"\"\r\nthere\", 2 \r\nx,\"3\"\r\n"));
  EXPECT_EQ(table.columns[0].name, "a, b");
  EXPECT_EQ(table.columns[0].labels, (std::vector<std::string>{"say \"hi\"\r\nthere", "x"}));
  EXPECT_EQ(table.columns[1].numbers, (std::vector<double>{2, 3}));
}

TEST_F(Csv, TheLastLineNeedsNoEnd) { EXPECT_EQ(read_csv(write("a\n1\n2")).rows, 2); }

TEST_F(Csv, RaggedRowsAreRefused) {
  EXPECT_EQ(csv_problem("a,b\n1,2\n3\n"), "f:3:2: error: this row has 1 cell, the header has 2\n  3 | 3\n       ^");
  EXPECT_EQ(csv_problem("a,b\n1,2,3\n"),
            "f:2:5: error: this row has 3 cells, the header has 2\n  2 | 1,2,3\n          ^");
}

TEST_F(Csv, EmptyFilesAreRefused) {
  EXPECT_EQ(csv_problem(""),
            "f:1:1: error: the file is empty: the first line holds the names of the columns\n  1 | \n      ^");
  EXPECT_EQ(csv_problem("a,b\n"), "f:1:1: error: no row follows the header\n  1 | a,b\n      ^");
}

TEST_F(Csv, HeaderNamesAreCompleteAndDifferent) {
  EXPECT_EQ(csv_problem("a,,c\n1,2,3\n"), "f:1:3: error: column 2 has no name in the header\n  1 | a,,c\n        ^");
  EXPECT_EQ(csv_problem("a,b,a\n1,2,3\n"), "f:1:5: error: two columns are named 'a'\n  1 | a,b,a\n          ^");
}

TEST_F(Csv, OtherSeparatorsAreNamed) {
  EXPECT_EQ(csv_problem("a;b\n1;2\n"),
            "f:1:1: error: one column named 'a;b': columns are separated by commas, not by ';'\n  1 | a;b\n      ^^^");
}

TEST_F(Csv, InfiniteNumbersAreRefused) {
  EXPECT_EQ(csv_problem("a,b\n1,2\n3,-inf\n"),
            "f:3:3: error: column 'b' has a number that is not finite\n  3 | 3,-inf\n        ^^^^");
  EXPECT_EQ(csv_problem("a\n1e999\n"),
            "f:2:1: error: column 'a' has a number that is not finite\n  2 | 1e999\n      ^^^^^");
}

TEST_F(Csv, StrayAndOpenQuotesAreRefused) {
  EXPECT_EQ(
      csv_problem("a,b\nx\"y,2\n"),
      "f:2:2: error: a quote inside a cell: put the whole cell in quotes and double the quote\n  2 | x\"y,2\n       ^");
  EXPECT_EQ(csv_problem("a,b\n1,\"2\n"), "f:2:3: error: a quote is never closed\n  2 | 1,\"2\n        ^");
}

TEST_F(Csv, AnEmptyLineInAFileOfOneColumnIsNotDroppedSilently) {
  EXPECT_EQ(csv_problem("a\n1\n\n2\n"),
            "f:3:1: error: an empty line in a file of one column: write NA for a missing value\n  3 | \n      ^");
  EXPECT_EQ(read_csv(write("a\n1\n2\n\n\n")).rows, 2);
  EXPECT_EQ(read_csv(write("a,b\n1,2\n\n3,4\n")).rows, 2);
}

TEST_F(Csv, BytesThatAreNotUtf8AreRefused) {
  EXPECT_EQ(csv_problem("a\n\xE9\n"),
            "f:2:1: error: byte 0xe9 (offset 2) is not UTF-8: save the file as UTF-8\n  2 | ?\n      ^");
}

// A .npy file as numpy writes it.
template <typename Number>
std::string npy(const std::string& header, const std::vector<Number>& numbers) {
  std::string text = header + std::string(118 - header.size() - 1, ' ') + "\n";
  std::string bytes = std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(118) + '\0' + text;
  bytes.append(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number));
  return bytes;
}

TEST_F(Npy, IsReadInBothOrders) {
  const std::vector<double> numbers = {1, 2, 3, 4, 5, 6};
  Eigen::MatrixXd c(2, 3), f(2, 3);
  c << 1, 2, 3, 4, 5, 6;
  f << 1, 3, 5, 2, 4, 6;
  EXPECT_EQ(read_npy(write(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }", numbers))), c);
  EXPECT_EQ(read_npy(write(npy("{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }", numbers))), f);
}

TEST_F(Npy, OneDimensionIsAColumnOfAnyNumberType) {
  const Eigen::Vector2d expected(1, -2);
  EXPECT_EQ(read_npy(write(npy<float>("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", {1, -2}))),
            expected);
  EXPECT_EQ(read_npy(write(npy<std::int32_t>("{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }", {1, -2}))),
            expected);
  EXPECT_EQ(read_npy(write(npy<std::int64_t>("{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }", {1, -2}))),
            expected);
}

TEST_F(Npy, EverythingElseIsRefused) {
  EXPECT_EQ(npy_problem("PK\x03\x04 and so on"), "f: error: not a .npy file");
  EXPECT_EQ(npy_problem(npy<double>("{'descr': '>f8', 'fortran_order': False, 'shape': (2,), }", {1, 2})),
            "f: error: its numbers are not float64, float32, int64 or int32 in little endian: convert with "
            ".astype('float64')");
  EXPECT_EQ(npy_problem(npy<double>("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2, 1), }", {1, 2, 3, 4})),
            "f: error: an array of 3 dimensions: expected 1 or 2");
  EXPECT_EQ(npy_problem(npy<double>("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", {1, 2})),
            "f: error: 3 x 1 numbers need 24 bytes, the file has 16");
  EXPECT_EQ(npy_problem(npy<double>("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", {1, NAN})),
            "f: error: entry [1, 0] is not finite");
  EXPECT_EQ(npy_problem(npy<double>("{'descr': '<f8', 'shape': (2,), }", {1, 2})),
            "f: error: not a .npy file: its header has no 'fortran_order'");
  EXPECT_EQ(npy_problem(npy<double>("{'descr': '<f8', 'fortran_order': False, 'shape': (1e9,), }", {1, 2})),
            "f: error: not a .npy file: its shape cannot be read");
  EXPECT_EQ(npy_problem(npy<double>("{'descr': '<f8', 'fortran_order': False, 'shape': (999999999999,), }", {1})),
            "f: error: a side of 999999999999 is too long");
  EXPECT_EQ(npy_problem(std::string("\x93NUMPY\x01\x00\xFF\xFF{}", 12)), "f: error: the file ends inside its header");
}

const std::string kGeneral = "%%MatrixMarket matrix coordinate real general\n";
const std::string kSymmetric = "%%MatrixMarket matrix coordinate real symmetric\n";

TEST_F(MatrixMarket, GeneralMatricesAreReadAsWritten) {
  Eigen::MatrixXd expected(2, 3);
  expected << 0, 1.5, 0, -2, 0, 1e-3;
  const SparseMatrix matrix =
      read_matrix_market(write(kGeneral + "% a comment\n\n2 3 3\n2 3 1e-3\n1 2 +1.5\n2 1 -2\n"));
  EXPECT_EQ(Eigen::MatrixXd(matrix), expected);
  EXPECT_TRUE(matrix.isCompressed());
}

TEST_F(MatrixMarket, SymmetricMatricesGetBothTrianglesInOrder) {
  Eigen::MatrixXd expected(3, 3);
  expected << 2, -1, 0.5, -1, 2, 0, 0.5, 0, 2;
  const SparseMatrix matrix = read_matrix_market(write(kSymmetric + "3 3 5\n3 1 0.5\n1 1 2\n2 1 -1\n3 3 2\n2 2 2\r\n"));
  EXPECT_EQ(Eigen::MatrixXd(matrix), expected);
  for (int i = 0; i < 3; ++i) {
    int last = -1;
    for (SparseMatrix::InnerIterator it(matrix, i); it; ++it) {
      EXPECT_GT(it.col(), last);
      last = static_cast<int>(it.col());
    }
  }
}

TEST_F(MatrixMarket, PatternsAreOnes) {
  const SparseMatrix matrix =
      read_matrix_market(write("%%MatrixMarket matrix coordinate pattern symmetric\n2 2 1\n2 1\n"));
  EXPECT_EQ(matrix.coeff(0, 1), 1);
  EXPECT_EQ(matrix.coeff(1, 0), 1);
}

TEST_F(MatrixMarket, RowsMayBeEmpty) {
  const SparseMatrix matrix = read_matrix_market(write(kGeneral + "4 4 1\n3 2 7\n"));
  EXPECT_EQ(matrix.nonZeros(), 1);
  EXPECT_EQ(matrix.coeff(2, 1), 7);
}

TEST_F(MatrixMarket, WrongFilesAreRefusedAtTheirLine) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "f:1:1: error: not a Matrix Market file: it begins with '%%MatrixMarket matrix coordinate real symmetric'"},
      {"1 1 1\n",
       "f:1:1: error: not a Matrix Market file: it begins with '%%MatrixMarket matrix coordinate real symmetric'"},
      {"%%MatrixMarket matrix array real general\n1 1\n1\n",
       "f:1:1: error: 'array' is not supported: expected coordinate"},
      {"%%MatrixMarket matrix coordinate complex general\n",
       "f:1:1: error: 'complex' is not supported: expected real, integer or pattern"},
      {"%%MatrixMarket matrix coordinate real hermitian\n",
       "f:1:1: error: 'hermitian' is not supported: expected general or symmetric"},
      {kGeneral, "f:2:1: error: the file ends where the number of rows should stand"},
      {kGeneral + "2 2\n", "f:2:4: error: expected the number of entries, a whole number from 0 to 2147483647"},
      {kGeneral + "2 -2 1\n", "f:2:3: error: expected the number of columns, a whole number from 1 to 2147483646"},
      {kGeneral + "2 2 2\n1 1 1\n", "f:4:1: error: the file ends after 1 of 2 entries"},
      {kGeneral + "2 2 1\n1 1 1\n2 2 1\n", "f:4:1: error: more than the 1 entries that are announced"},
      {kGeneral + "2 2 1\n3 1 1\n", "f:3:1: error: expected a row, a whole number from 1 to 2"},
      {kGeneral + "2 2 1\n1 0 1\n", "f:3:3: error: expected a column, a whole number from 1 to 2"},
      {kGeneral + "2 2 1\n1 1.5 1\n", "f:3:3: error: expected a column, a whole number from 1 to 2"},
      {kGeneral + "2 2 1\n1 1\n", "f:3:4: error: a value is missing at the end of the line"},
      {kGeneral + "2 2 1\n1 1 x\n", "f:3:5: error: expected a number"},
      {kGeneral + "2 2 1\n1 1 nan\n", "f:3:5: error: a number that is not finite"},
      {kGeneral + "2 2 1\n1 1 1e999\n", "f:3:5: error: expected a number"},
      {kGeneral + "2 2 1\n1 1 1 1\n", "f:3:7: error: unexpected text at the end of the line"},
      {kGeneral + "2 2 3\n1 1 1\n2 1 1\n1 1 2\n", "f:5:1: error: entry (1, 1) is given twice"},
      {kSymmetric + "2 2 2\n1 2 1\n2 1 1\n",
       "f:4:1: error: entry (2, 1) is given twice (of a symmetric matrix one triangle is written)"},
      {kSymmetric + "2 3 1\n1 2 1\n", "f:2:1: error: a symmetric matrix is square, not 2 x 3"},
      {kGeneral + "2 2 2000000000\n1 1 1\n",
       "f:2:1: error: 2000000000 entries are announced, but the file is too short for them"},
      {kGeneral + "2000000000 2 1\n1 1 1\n", "f:2:1: error: 2000000000 rows, but only 67 bytes of entries"}};
  for (const auto& [text, expected] : cases) EXPECT_EQ(market_problem(text), expected) << text;
}

// NIST's example vectors for SHA-256 (FIPS 180-2, appendix B) and the empty message.
TEST_F(Sha256, AgreesWithThePublishedVectors) {
  EXPECT_EQ(sha256_file(write("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_file(write("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_file(write(std::string(1000000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_F(Sha256, OfAFileThatIsMissingIsAnError) {
  EXPECT_EQ(message([&] { sha256_file((folder_.path() / "none").string()); }),
            "error: cannot read 'none': No such file or directory");
  EXPECT_EQ(message([&] { sha256_file(folder_.path().string() + "/"); }).find("Is a directory") != std::string::npos,
            true);
}

}  // namespace
}  // namespace kullback::config
