#include <gradus/models/dataset.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <set>

#include "data_files.h"

namespace {

using namespace gradus;
using namespace data_files;
using namespace std::string_literals;
using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("standardisation brings columns to mean 0 and deviation 1") {
  const Tensor x{{1, 7, 0.1}, {2, 7, 0.1}, {3, 7, 0.1}, {6, 7, 0.1}};
  const Standardization scale = standardization(x);
  CHECK(numbers(scale.mean) == std::vector<double>{3, 7, Scalar(0.1)});
  CHECK(scale.deviation(0) == doctest::Approx(std::sqrt(3.5)));
  CHECK(scale.deviation(1) == 1);  // constant
  CHECK(scale.deviation(2) == 1);
  const Tensor scaled = scale(x);
  CHECK(scaled.shape() == Shape{4, 3});
  CHECK(scaled(0, 0) == doctest::Approx(-2 / std::sqrt(3.5)));
  CHECK(scaled(3, 0) == doctest::Approx(3 / std::sqrt(3.5)));
  CHECK(scaled(2, 1) == 0);
  CHECK(scale(Tensor{{3, 8, 0.1}})(0, 1) == 1);  // other rows, the same scale

  const double far = 1e6;  // the deviation is small beside the mean
  CHECK(standardization(Tensor{{far + 1}, {far + 2}, {far + 3}}).deviation(0) ==
        doctest::Approx(std::sqrt(2.0 / 3)));
  // Constant, though the rounded sum of ten times 0.1 is not 1.
  CHECK(standardization(Tensor::full({10, 1}, 0.1)).deviation(0) == 1);
  CHECK_THROWS_WITH_AS(standardization(Tensor::zeros({0, 2})),
                       "standardization: x must have rows (got shape (0,2))", ValueError);
  CHECK_THROWS_WITH_AS(standardization(Tensor::zeros({3})),
                       "standardization: x must be of rank 2 (got shape (3))", ShapeError);
  CHECK_THROWS_WITH_AS(scale(Tensor::zeros({4, 2})),
                       "Standardization: x must be of shape (rows,3) (got (4,2))", ShapeError);
  CHECK_THROWS_AS(scale(Tensor::zeros({3})), ShapeError);
}

TEST_CASE("a share of rows is the decimal that was written") {
  // share = digits / 10^places: all of one to four places, over many counts of rows.
  for (const std::int64_t places : {1, 2, 3, 4}) {
    const auto scale = static_cast<std::int64_t>(std::llround(std::pow(10, places)));
    for (std::int64_t digits = 0; digits < scale; ++digits) {
      const double share = std::stod(fmt::format("0.{:0{}}", digits, places));
      for (const std::int64_t rows : {1, 2, 3, 7, 10, 25, 64, 99, 100, 150, 1000, 60000, 123457}) {
        const std::int64_t kept = rows * (scale - digits) / scale;
        if (rows_kept(rows, share) == kept) continue;
        CAPTURE(rows);
        CAPTURE(share);
        CHECK(rows_kept(rows, share) == kept);
      }
    }
  }
  CHECK(100 - rows_kept(100, 0.9) == 90);
  CHECK(100 - rows_kept(100, 0.29) == 29);
  CHECK(100 - rows_kept(100, 0.55) == 55);
  CHECK(rows_kept(100, 0.1f) == 90);
  CHECK(rows_kept(std::int64_t{1} << 53, 0.5) == std::int64_t{1} << 52);
  CHECK(rows_kept(10'000'000, 2.5e-7) == 9'999'997);  // 2.5 rows
  CHECK(rows_kept(10'000'000, 1e-5) == 9'999'900);
  CHECK(rows_kept(5, 5e-324) == 4);
  CHECK(rows_kept(5, 1 - 1e-16) == 0);
}

TEST_CASE("a split deals out each row once with its target") {
  Dataset data{.columns = {"a"}, .classes = {"k"}};
  std::vector<Scalar> count(25);
  for (std::size_t i = 0; i < count.size(); ++i) count[i] = static_cast<Scalar>(i);
  data.x = Tensor({25, 1}, count);
  data.y = Tensor({25}, count);
  const auto [train, test] = split(data, 0.3, 4);
  CHECK(test.x.shape() == Shape{8, 1});
  CHECK(train.x.shape() == Shape{17, 1});  // floor(17.5)
  CHECK(numbers(train.x) == numbers(train.y));
  CHECK(numbers(test.x) == numbers(test.y));
  std::set<double> seen;
  for (const Tensor& y : {train.y, test.y})
    for (const double row : numbers(y)) seen.insert(row);
  CHECK(seen.size() == 25);
  CHECK(train.columns == data.columns);
  CHECK(test.classes == data.classes);
  CHECK(numbers(split(data, 0.3, 4).test.y) == numbers(test.y));
  CHECK(numbers(split(data, 0.3, 5).test.y) != numbers(test.y));

  for (const double fraction : {0.0, 1.0, -0.5, std::nan("")})
    CHECK_THROWS_AS(split(data, fraction), ValueError);
  CHECK_THROWS_WITH_AS(split(data, 0.97),
                       "split: test_fraction must leave a row on both sides (got 0.97 of 25 rows)",
                       ValueError);
  data.y = Tensor::zeros({24});
  CHECK_THROWS_WITH_AS(split(data, 0.5), "split: x has 25 rows, y has 24", ShapeError);
}

TEST_CASE("synthetic classes take turns and depend on the seed alone") {
  const std::function<Dataset(std::uint64_t)> makers[] = {
      [](std::uint64_t seed) { return make_xor({.rows = 60, .noise = 0.1, .seed = seed}); },
      [](std::uint64_t seed) { return make_moons({.rows = 60, .seed = seed}); },
      [](std::uint64_t seed) { return make_spirals({.rows = 60, .seed = seed, .classes = 3}); },
      [](std::uint64_t seed) { return make_blobs({.rows = 60, .seed = seed, .features = 4}); },
      [](std::uint64_t seed) { return make_digits({.rows = 60, .seed = seed}); }};
  const std::int64_t features[] = {2, 2, 2, 4, 64}, classes[] = {2, 2, 3, 3, 10};
  for (std::size_t i = 0; i < std::size(makers); ++i) {
    CAPTURE(i);
    const Dataset data = makers[i](3);
    CHECK(data.x.shape() == Shape{60, features[i]});
    CHECK(data.y.shape() == Shape{60});
    CHECK(std::ssize(data.columns) == features[i]);
    CHECK(std::ssize(data.classes) == classes[i]);
    std::vector<std::int64_t> members(static_cast<std::size_t>(classes[i]));
    for (const double y : numbers(data.y)) ++members.at(static_cast<std::size_t>(y));
    for (const std::int64_t count : members) CHECK(count == 60 / classes[i]);
    CHECK(numbers(makers[i](3).x) == numbers(data.x));
    CHECK(numbers(makers[i](4).x) != numbers(data.x));
  }
}

TEST_CASE("synthetic problems lie where their formulas say") {
  const Dataset table = make_xor();
  CHECK(numbers(table.x) == std::vector<double>{0, 0, 0, 1, 1, 0, 1, 1});
  CHECK(numbers(table.y) == std::vector<double>{0, 1, 1, 0});

  const Dataset line = make_line({.rows = 50, .noise = 0, .slope = -3, .intercept = 4, .low = 0});
  CHECK(line.x.shape() == Shape{50, 1});
  CHECK(line.y.shape() == Shape{50, 1});
  for (int i = 0; i < 50; ++i) CHECK(line.y(i, 0) == doctest::Approx(4 - 3 * line.x(i, 0)));

  const Dataset moons = make_moons({.rows = 50, .noise = 0});
  for (int i = 0; i < 50; ++i) {
    const bool inner = moons.y(i) == 1;
    const double x = moons.x(i, 0) - (inner ? 1.0 : 0.0), y = moons.x(i, 1) - (inner ? 0.5 : 0.0);
    CHECK(std::hypot(x, y) == doctest::Approx(1));
    CHECK((inner ? y <= 1e-6 : y >= 0));
  }
  const Dataset arms = make_spirals({.rows = 60, .noise = 0, .classes = 3, .turns = 1.5});
  for (int i = 0; i < 60; ++i) {
    const double t = std::hypot(arms.x(i, 0), arms.x(i, 1));
    const double angle = 2 * std::acos(-1) * (arms.y(i) / 3 + 1.5 * t);
    CHECK(t < 1);
    CHECK(arms.x(i, 0) == doctest::Approx(t * std::cos(angle)).epsilon(1e-4));
    CHECK(arms.x(i, 1) == doctest::Approx(t * std::sin(angle)).epsilon(1e-4));
  }
  const Dataset blobs = make_blobs({.rows = 9, .noise = 0, .center_box = 2});
  for (int i = 3; i < 9; ++i) CHECK(blobs.x(i, 1) == blobs.x(i - 3, 1));
  CHECK(blobs.x(0, 0) != blobs.x(1, 0));
  for (const double at : numbers(blobs.x)) CHECK(std::abs(at) < 2);
}

TEST_CASE("digits are printed figures at one of six places") {
  const Dataset digits = make_digits({.rows = 600, .noise = 0});
  std::set<std::vector<double>> sevens;
  for (int i = 7; i < 600; i += 10) {
    CHECK(digits.y(i) == 7);
    std::vector<double> picture;
    for (int j = 0; j < 64; ++j) picture.push_back(value(digits.x(i, j)));
    CHECK(std::count(picture.begin(), picture.end(), 1.0) == 11);  // five above, six down
    CHECK(std::count(picture.begin(), picture.end(), 0.0) == 53);
    sevens.insert(picture);
  }
  CHECK(sevens.size() == 6);
  std::string picture;  // the first seven, moved to the upper left
  const auto& seven = *sevens.rbegin();
  for (std::size_t line = 0; line < 7; ++line)
    for (std::size_t column = 0; column < 5; ++column)
      picture += seven[8 * line + column] == 1 ? '#' : '.';
  CHECK(picture == "#####....#...#...#...#....#....#...");
}

TEST_CASE("noise on synthetic data has the deviation asked for") {
  const Dataset line = make_line({.rows = 4000, .noise = 0.5, .slope = 0, .intercept = 1});
  const Standardization y = standardization(line.y);
  CHECK(y.mean(0) == doctest::Approx(1).epsilon(0.03));
  CHECK(y.deviation(0) == doctest::Approx(0.5).epsilon(0.05));
  const Standardization x = standardization(make_blobs({.rows = 4000, .noise = 3, .centers = 1}).x);
  CHECK(x.deviation(0) == doctest::Approx(3).epsilon(0.05));
  CHECK(x.deviation(1) == doctest::Approx(3).epsilon(0.05));
}

TEST_CASE("options of synthetic data outside their range are ValueErrors") {
  const double inf = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH_AS(make_moons({.noise = -1}),
                       "make_moons: noise must be finite and >= 0 (got -1)", ValueError);
  CHECK_THROWS_WITH_AS(make_xor({.rows = 0}), "make_xor: rows must be >= 1 (got 0)", ValueError);
  CHECK_THROWS_AS(make_moons({.rows = -5}), ValueError);
  CHECK_THROWS_AS(make_spirals({.noise = std::nan("")}), ValueError);
  CHECK_THROWS_AS(make_spirals({.turns = inf}), ValueError);
  CHECK_THROWS_WITH_AS(make_spirals({.classes = 0}), "make_spirals: classes must be >= 1 (got 0)",
                       ValueError);
  CHECK_THROWS_AS(make_blobs({.noise = inf}), ValueError);
  CHECK_THROWS_AS(make_blobs({.features = 0}), ValueError);
  CHECK_THROWS_AS(make_blobs({.centers = 0}), ValueError);
  CHECK_THROWS_WITH_AS(make_blobs({.center_box = 0}),
                       "make_blobs: center_box must be finite and > 0 (got 0)", ValueError);
  CHECK_THROWS_AS(make_line({.rows = 0}), ValueError);
  CHECK_THROWS_WITH_AS(make_digits({.rows = 0}), "make_digits: rows must be >= 1 (got 0)",
                       ValueError);
  CHECK_THROWS_AS(make_digits({.noise = -1}), ValueError);
  CHECK_THROWS_AS(make_line({.slope = inf}), ValueError);
  CHECK_THROWS_AS(make_line({.intercept = inf}), ValueError);
  CHECK_THROWS_AS(make_line({.low = -inf}), ValueError);
  CHECK_THROWS_WITH_AS(make_line({.low = 2, .high = 2}),
                       "make_line: high must be finite and > low = 2 (got 2)", ValueError);
}
