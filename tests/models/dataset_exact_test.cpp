/// Numbers that floats do not hold: from the file to the standardised column.

#include <gradus/models/dataset.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include <gradus/models/read_csv.h>

#include "data_files.h"

using namespace gradus;
using data_files::Folder, data_files::numbers;

namespace {

/// Standardises in double.
std::vector<double> standardised(const std::vector<double>& column) {
  double sum = 0, squares = 0;
  for (const double v : column) sum += v - column[0];
  const double mean = column[0] + sum / static_cast<double>(column.size());
  for (const double v : column) squares += (v - mean) * (v - mean);
  const double deviation = std::sqrt(squares / static_cast<double>(column.size()));
  std::vector<double> out;
  for (const double v : column) out.push_back((v - mean) / (deviation == 0 ? 1 : deviation));
  return out;
}

/// Counts the values of a column of x that differ from the numbers by more than float's rounding.
int count_wrong(const Tensor& x, std::int64_t column, const std::vector<double>& expected) {
  int wrong = 0;
  for (std::size_t i = 0; i < expected.size(); ++i)
    wrong += std::abs(value(x(i, column)) - expected[i]) > 2e-7 * std::abs(expected[i]);
  return wrong;
}

struct Column {
  double offset, step;
  std::vector<double> values(int rows) const {
    std::vector<double> out;
    for (int i = 0; i < rows; ++i) out.push_back(offset + step * (i * 37 % rows));
    return out;
  }
};

/// Calls check(column, data): `data` has these numbers as its columns t, small, and as its label.
void for_each_column(int rows, auto check) {
  for (const double offset :
       {0.0, 1.0, 273.15, 2023.0, -40'000.0, 16'777'217.0, 1.7e9, -1.7e9, 4.1e9, 1.7e12, 1e14 + 1})
    for (const double step : {1e-3, 0.1, 1.0, 3.0, 60.0, 86400.0}) {
      const Column column{offset, step};
      std::string text = "t,small,y\n";
      for (const double v : column.values(rows))
        text += fmt::format("{},{},{}\n", v, v - offset, v);
      CAPTURE(offset);
      CAPTURE(step);
      check(column.values(rows), read_csv(Folder().write("t.csv", text)));
    }
}

}  // namespace

TEST_CASE("a column of a file standardises as in double, far from 0 and near it") {
  for_each_column(100, [](const std::vector<double>& column, const Dataset& data) {
    const std::vector<double> expected = standardised(column);
    const Standardization scale = standardization(data.x);
    CHECK(count_wrong(scale(data.x), 0, expected) == 0);
    CHECK(value(scale.mean(0)) == static_cast<Scalar>(scale.mean.exact(0)));
    CHECK(count_wrong(standardization(data.y)(data.y), 0, expected) == 0);
    CHECK(value(data.x(3, 0)) == static_cast<Scalar>(column[3]));
    CHECK(data.x.exact(6) == column[3]);
    // The scale of one table for another, and for a single row.
    const std::string row = fmt::format("t,small\n{},0\n", column[5]);
    const Dataset one = read_csv(Folder().write("one.csv", row), {.columns = data.columns});
    CHECK(value(scale(one.x)(0, 0)) == value(scale(data.x)(5, 0)));
  });
}

TEST_CASE("the parts of a table keep its numbers") {
  for_each_column(50, [](const std::vector<double>& column, const Dataset& data) {
    const std::vector<double> first(column.begin(), column.begin() + 20);
    std::vector<double> expected = standardised(column);
    expected.resize(20);
    for (const auto& [start, stop] : {std::pair(0, 20), {-50, 20}, {0, -30}})
      CHECK(count_wrong(standardization(data.x)(slice(data.x, 0, start, stop)), 0, expected) == 0);
    CHECK(count_wrong(standardization(slice(data.x, 0, 0, 20))(slice(data.x, 0, 0, 20)), 0,
                      standardised(first)) == 0);
    const ExactTensor last = slice(data.x, -1, 1, 2), even = slice(data.x, 0, 0, 50, 2);
    for (std::size_t i = 0; i < column.size(); ++i) CHECK(last.exact(i) == data.x.exact(2 * i + 1));
    for (std::size_t i = 0; i < 25; ++i) CHECK(even.exact(2 * i) == column[2 * i]);
    const ExactTensor chosen = gather_rows(data.x, {7, 7, 0});
    CHECK(chosen.exact(0) == column[7]);
    CHECK(chosen.exact(2) == column[7]);
    CHECK(chosen.exact(4) == column[0]);
    CHECK(slice(data.x, 0, 4, 4).shape() == Shape{0, 2});
    const auto [train, test] = split(data, 0.3, 2);
    std::vector<double> trained;
    for (std::size_t i = 0; i < 35; ++i) trained.push_back(train.x.exact(2 * i));
    for (std::size_t i = 0; i < 35; ++i) CHECK(train.y.exact(i) == trained[i]);
    CHECK(count_wrong(standardization(train.x)(train.x), 0, standardised(trained)) == 0);
  });
}

TEST_CASE("a tensor of exact numbers is a tensor") {
  const ExactTensor x = ExactTensor::from_doubles({2, 1}, std::vector{1.7e9 + 1, 1.7e9 + 2});
  const Tensor handle = x;
  CHECK(handle.node() == x.node());
  const ExactTensor plain = x + 0;  // an op gives the rounded values
  CHECK(plain.exact(0) == value(plain(0, 0)));
  ExactTensor assigned = x;
  assigned = Tensor{{1}, {2}};
  CHECK(assigned.exact(1) == 2);
  CHECK(ExactTensor{{1, 2}, {3, 4}}.exact(3) == 4);
  const ExactTensor extremes = ExactTensor::from_doubles({3, 1}, {-1e300, 1e-300, 5.1});
  const ExactTensor moved = gather_rows(slice(extremes, 0, 0, 2), {1, 0});
  CHECK(moved.exact(0) == 1e-300);
  CHECK(moved.exact(1) == -1e300);
  CHECK_THROWS_AS(ExactTensor::from_doubles({3}, std::vector{1.0, 2.0}), ShapeError);
  // Gradients go through a standardisation.
  const Tensor p = parameter({{4.0}, {8.0}});
  const Standardization scale{Tensor{2.0}, Tensor{4.0}};
  sum(scale(p)).backward();
  CHECK(value(p.grad()(1, 0)) == 0.25);
}
