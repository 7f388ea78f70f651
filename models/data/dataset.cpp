#include <gradus/models/dataset.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>
#include <span>
#include <string_view>

#include <gradus/core/node.h>
#include <gradus/core/ops.h>

namespace gradus { inline namespace GRADUS_VARIANT {

// A double is the sum of three floats.
ExactTensor ExactTensor::from_doubles(const Shape& shape, std::span<const double> numbers) {
  std::vector<double> left(numbers.begin(), numbers.end());
  std::vector<Scalar> part(left.size());
  const auto next = [&] {
    for (std::size_t i = 0; i < left.size(); ++i) {
      part[i] = static_cast<Scalar>(left[i]);
      left[i] -= value(part[i]);
    }
    return Tensor(shape, part);
  };
  ExactTensor x = next();
  for (int n = 0; n < 2 && std::ranges::any_of(left, std::identity()); ++n)
    x.rest_.push_back(next());
  return x;
}

// Multiplies digit by digit from the last one, as on paper: 0.9 is below 9/10, so that in doubles
// 100 (1 - 0.9) is 9.999...
std::int64_t rows_kept(std::int64_t rows, double share) {
  const auto narrow = static_cast<float>(share);  // 0.1f was written as 0.1
  const std::string text =                        // 0.29, 1e-05 or 2.5e-07
      narrow == share ? fmt::format("{}", narrow) : fmt::format("{}", share);
  const std::size_t end = std::min(text.find('e'), text.size());
  std::int64_t held = 0, left_over = 0;
  const auto shift = [&] {
    left_over |= held % 10;
    held /= 10;
  };
  const std::size_t point = std::min(text.find('.'), end);
  for (std::size_t i = end; i-- > 0;) {
    if (i == point) continue;
    held += rows * (text[i] - '0');
    if (i > point) shift();
  }
  for (int n = end < text.size() ? std::stoi(text.substr(end + 2)) : 0; n > 0; --n) shift();
  return rows - held - (left_over != 0);
}

Split split(const Dataset& data, double test_fraction, std::uint64_t seed) {
  check<ShapeError>(data.x.rank() > 0 && data.y.rank() > 0, "split: x and y must have rows");
  const std::int64_t rows = data.x.shape()[0];
  check<ShapeError>(data.y.shape()[0] == rows, "split: x has {} rows, y has {}", rows,
                    data.y.shape()[0]);
  check(test_fraction > 0 && test_fraction < 1, "split: test_fraction must be in (0,1) (got {})",
        test_fraction);
  const std::int64_t tests = rows - rows_kept(rows, test_fraction);
  check(tests >= 1 && tests < rows,
        "split: test_fraction must leave a row on both sides (got {} of {} rows)", test_fraction,
        rows);

  std::vector<std::int64_t> order(static_cast<std::size_t>(rows));
  std::iota(order.begin(), order.end(), 0);
  Random(seed, "split").shuffle(order);
  const auto part = [&](std::int64_t from, std::int64_t to) {
    const Indices chosen(std::vector(order.data() + from, order.data() + to));
    return Dataset{gather_rows(data.x, chosen), gather_rows(data.y, chosen), data.columns,
                   data.classes, data.label};
  };
  return {.train = part(tests, rows), .test = part(0, tests)};
}

Tensor Standardization::operator()(const ExactTensor& x) const {
  check<ShapeError>(x.rank() == 2 && x.shape()[1] == mean.size(),
                    "Standardization: x must be of shape (rows,{}) (got {})", mean.size(),
                    x.shape());
  if (!std::same_as<Scalar, float> || x.wants_grad()) return (x - mean) / deviation;
  detail::NewTensor scaled(x.shape());
  const auto size = static_cast<std::size_t>(x.size());
  const auto width = static_cast<std::size_t>(mean.size());
  for (std::size_t i = 0; i < size; ++i)
    scaled.data[i] = static_cast<Scalar>((x.exact(i) - mean.exact(i % width)) /
                                         value(deviation.values()[i % width]));
  return std::move(scaled.tensor);
}

Standardization standardization(const ExactTensor& x) {
  check<ShapeError>(x.rank() == 2, "standardization: x must be of rank 2 (got shape {})",
                    x.shape());
  check(x.shape()[0] > 0, "standardization: x must have rows (got shape {})", x.shape());
  const auto size = static_cast<std::size_t>(x.size());
  const auto width = static_cast<std::size_t>(x.shape()[1]);
  const auto rows = static_cast<double>(x.shape()[0]);
  std::vector<double> means;
  std::vector<Scalar> deviations;
  for (std::size_t column = 0; column < width; ++column) {
    // Summed relative to the first row, so that a constant column has a deviation of exactly 0.
    const double first = x.exact(column);
    double sum = 0, squares = 0;
    for (std::size_t i = column; i < size; i += width) sum += x.exact(i) - first;
    const double mean = first + sum / rows;
    for (std::size_t i = column; i < size; i += width) squares += std::pow(x.exact(i) - mean, 2);
    const auto deviation = static_cast<Scalar>(std::sqrt(squares / rows));
    means.push_back(mean);
    deviations.push_back(deviation == 0 ? 1 : deviation);
  }
  return {ExactTensor::from_doubles({width}, means), Tensor({width}, deviations)};
}

namespace {

/// Checks the options that all kinds have; returns the source of random numbers.
template <class Options>
Random checked_random(std::string_view kind, const Options& options) {
  check(options.rows >= 1, "make_{}: rows must be >= 1 (got {})", kind, options.rows.count);
  check(std::isfinite(options.noise) && options.noise >= 0,
        "make_{}: noise must be finite and >= 0 (got {})", kind, options.noise);
  return Random(options.seed, kind);
}

void check_finite(std::string_view where, std::string_view name, double number) {
  check(std::isfinite(number), "{}: {} must be finite (got {})", where, name, number);
}

/// Draws data for classification: `place(i, point)` sets the point of row i and returns its class.
template <class Options, class Place>
Dataset draw(const Options& options, Extent features, Extent classes, Random& random, Place place) {
  Dataset data;
  for (std::int64_t i = 0; i < features; ++i) data.columns.push_back(fmt::format("x{}", i));
  for (std::int64_t k = 0; k < classes; ++k) data.classes.push_back(fmt::format("{}", k));

  const Shape shape{options.rows, features};
  std::vector<Scalar> x, y;
  x.reserve(static_cast<std::size_t>(shape.count()));
  std::vector<double> point(static_cast<std::size_t>(features.count));
  for (std::int64_t i = 0; i < options.rows; ++i) {
    y.push_back(static_cast<Scalar>(place(i, std::span<double>(point))));
    for (const double at : point)
      x.push_back(static_cast<Scalar>(at + options.noise * random.normal()));
  }
  data.x = Tensor(shape, x);
  data.y = Tensor({options.rows}, y);
  return data;
}

constexpr std::string_view figures[] = {
    ".###. ..#.. .###. .###. ...#. ##### .###. ##### .###. .###.",
    "#...# .##.. #...# #...# ..##. #.... #.... ....# #...# #...#",
    "#...# ..#.. ....# ....# .#.#. ####. #.... ...#. #...# #...#",
    "#...# ..#.. ...#. ..##. #..#. ....# ####. ..#.. .###. .####",
    "#...# ..#.. ..#.. ....# ##### ....# #...# .#... #...# ....#",
    "#...# ..#.. .#... #...# ...#. #...# #...# .#... #...# ....#",
    ".###. .###. ##### .###. ...#. .###. .###. .#... .###. .###.",
};

}  // namespace

Dataset make_line(const LineOptions& options) {
  Random random = checked_random("line", options);
  check_finite("make_line", "slope", options.slope);
  check_finite("make_line", "intercept", options.intercept);
  check_finite("make_line", "low", options.low);
  check(std::isfinite(options.high) && options.low < options.high,
        "make_line: high must be finite and > low = {} (got {})", options.low, options.high);
  const Shape shape{options.rows, 1};
  std::vector<Scalar> x, y;
  x.reserve(static_cast<std::size_t>(shape.count()));
  for (std::int64_t i = 0; i < options.rows; ++i) {
    const double at = random.uniform(options.low, options.high);
    x.push_back(static_cast<Scalar>(at));
    y.push_back(static_cast<Scalar>(options.slope * at + options.intercept +
                                    options.noise * random.normal()));
  }
  return {.x = Tensor(shape, x), .y = Tensor(shape, y), .columns = {"x"}};
}

Dataset make_xor(const XorOptions& options) {
  Random random = checked_random("xor", options);
  const auto place = [](std::int64_t i, std::span<double> point) {
    const bool a = i / 2 % 2 == 1, b = i % 2 == 1;
    point[0] = a;
    point[1] = b;
    return a != b;
  };
  return draw(options, 2, 2, random, place);
}

Dataset make_moons(const MoonsOptions& options) {
  Random random = checked_random("moons", options);
  const auto place = [&](std::int64_t i, std::span<double> point) {
    const bool inner = i % 2 == 1;
    const double t = random.uniform(0, std::numbers::pi);
    point[0] = inner ? 1 - std::cos(t) : std::cos(t);
    point[1] = inner ? 0.5 - std::sin(t) : std::sin(t);
    return inner;
  };
  return draw(options, 2, 2, random, place);
}

Dataset make_spirals(const SpiralsOptions& options) {
  Random random = checked_random("spirals", options);
  check(options.classes >= 1, "make_spirals: classes must be >= 1 (got {})", options.classes.count);
  check_finite("make_spirals", "turns", options.turns);
  const auto place = [&](std::int64_t i, std::span<double> point) {
    const std::int64_t k = i % options.classes;
    const double start = static_cast<double>(k) / static_cast<double>(options.classes.count);
    const double t = random.uniform();
    const double angle = 2 * std::numbers::pi * (start + options.turns * t);
    point[0] = t * std::cos(angle);
    point[1] = t * std::sin(angle);
    return k;
  };
  return draw(options, 2, options.classes, random, place);
}

Dataset make_blobs(const BlobsOptions& options) {
  Random random = checked_random("blobs", options);
  check(options.features >= 1, "make_blobs: features must be >= 1 (got {})",
        options.features.count);
  check(options.centers >= 1, "make_blobs: centers must be >= 1 (got {})", options.centers.count);
  check(std::isfinite(options.center_box) && options.center_box > 0,
        "make_blobs: center_box must be finite and > 0 (got {})", options.center_box);
  const Tensor centers = Tensor::uniform({options.centers, options.features}, -options.center_box,
                                         options.center_box, random);
  const auto place = [&](std::int64_t i, std::span<double> point) {
    const std::int64_t k = i % options.centers;
    for (std::size_t j = 0; j < point.size(); ++j) point[j] = value(centers(k, j));
    return k;
  };
  return draw(options, options.features, options.centers, random, place);
}

Dataset make_digits(const DigitsOptions& options) {
  Random random = checked_random("digits", options);
  const auto place = [&](std::int64_t i, std::span<double> picture) {
    const auto digit = static_cast<std::size_t>(i % 10);
    const auto down = static_cast<std::size_t>(random.below(2));
    const auto right = static_cast<std::size_t>(random.below(3));
    std::fill(picture.begin(), picture.end(), 0.0);
    for (std::size_t line = 0; line < 7; ++line)
      for (std::size_t column = 0; column < 5; ++column)
        if (figures[line][6 * digit + column] == '#')
          picture[8 * (line + down) + column + right] = 1;
    return digit;
  };
  return draw(options, 64, 10, random, place);
}

}}  // namespace gradus
