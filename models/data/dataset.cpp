/// Data sets: split, standardized, synthetic, and read from IDX files.

#include <gradus/models/dataset.h>

#include <numeric>

#include <gradus/core/node.h>
#include <gradus/models/file.h>
#include <gradus/models/read_idx.h>

namespace gradus { inline namespace GRADUS_VARIANT {

ExactTensor ExactTensor::from_doubles(const Shape& shape, std::vector<double> numbers) {
  check<ShapeError>(shape.count() == std::ssize(numbers),
                    "ExactTensor: shape {} must have as many elements as numbers (got {})", shape,
                    numbers.size());
  detail::NewTensor made(shape);
  bool exact = true;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    made.data[i] = static_cast<Scalar>(numbers[i]);
    exact = exact && value(made.data[i]) == numbers[i];
  }
  ExactTensor x = std::move(made.tensor);
  if (!exact) x.doubles_ = std::make_shared<const std::vector<double>>(std::move(numbers));
  return x;
}

// Moves the places of the elements, as two digits that a float holds exactly.
ExactTensor ExactTensor::arranged(const std::function<Tensor(const Tensor&)>& arrange) const {
  Tensor part = arrange(*this);
  if (!doubles_) return part;
  constexpr std::size_t base = 1 << 20;
  std::vector<std::size_t> places(static_cast<std::size_t>(part.size()));
  for (const std::size_t unit : {base, std::size_t{1}}) {
    detail::NewTensor digits(shape());
    for (std::size_t i = 0; i < doubles_->size(); ++i)
      digits.data[i] = static_cast<Scalar>(i / unit % base);
    const Tensor moved = arrange(digits.tensor);
    for (std::size_t i = 0; i < places.size(); ++i)
      places[i] += unit * static_cast<std::size_t>(value(moved.values()[i]));
  }
  std::vector<double> numbers;
  for (const std::size_t place : places) numbers.push_back((*doubles_)[place]);
  return from_doubles(part.shape(), std::move(numbers));
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
  detail::NewTensor result(x.shape());
  const auto size = static_cast<std::size_t>(x.size());
  const auto width = static_cast<std::size_t>(mean.size());
  for (std::size_t i = 0; i < size; ++i)
    result.data[i] = static_cast<Scalar>(scaled(x.exact(i), i % width));
  return std::move(result.tensor);
}

ExactTensor Standardization::undo(const ExactTensor& z) const {
  check<ShapeError>(z.rank() == 2 && z.shape()[1] == mean.size(),
                    "Standardization: z must be of shape (rows,{}) (got {})", mean.size(),
                    z.shape());
  std::vector<double> x(static_cast<std::size_t>(z.size()));
  const auto width = static_cast<std::size_t>(mean.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = z.exact(i) * value(deviation.values()[i % width]) + mean.exact(i % width);
  return ExactTensor::from_doubles(z.shape(), std::move(x));
}

Standardization standardization(const ExactTensor& x) {
  check<ShapeError>(x.rank() == 2, "standardization: x must be of rank 2 (got shape {})",
                    x.shape());
  check(x.shape()[0] > 0, "standardization: x must have rows (got shape {})", x.shape());
  const auto width = static_cast<std::size_t>(x.shape()[1]);
  return detail::standardization_of(static_cast<std::size_t>(x.shape()[0]), width,
                                    [&](std::size_t row, double* to) {
                                      for (std::size_t i = 0; i < width; ++i)
                                        to[i] = x.exact(row * width + i);
                                    });
}

Standardization detail::standardization_of(
    std::size_t rows, std::size_t width,
    const std::function<void(std::size_t, double*)>& write_row) {
  // Summed relative to the first row, so that a constant column has a deviation of exactly 0.
  std::vector<double> first(width), x(width), means(width), squares(width);
  std::vector<Scalar> deviations(width);
  write_row(0, first.data());
  for (std::size_t row = 0; row < rows; ++row) {
    write_row(row, x.data());
    for (std::size_t i = 0; i < width; ++i) means[i] += x[i] - first[i];
  }
  for (std::size_t i = 0; i < width; ++i)
    means[i] = first[i] + means[i] / static_cast<double>(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    write_row(row, x.data());
    for (std::size_t i = 0; i < width; ++i) squares[i] += (x[i] - means[i]) * (x[i] - means[i]);
  }
  for (std::size_t i = 0; i < width; ++i) {
    const auto deviation = static_cast<Scalar>(std::sqrt(squares[i] / static_cast<double>(rows)));
    deviations[i] = deviation == 0 ? 1 : deviation;
  }
  return {ExactTensor::from_doubles({width}, means), Tensor({width}, deviations)};
}

namespace {

using detail::check_field;

/// Checks the options that all kinds have; returns the source of random numbers.
Random checked_random(std::string_view caller, const auto& options) {
  check_field(caller, "rows", options.rows, rules::one_or_more);
  check_field(caller, "noise", options.noise, rules::not_negative);
  return Random(options.seed, caller.substr(5));  // without `make_`
}

/// Draws data for classification: `place(i, point)` sets the point of row i and returns its class.
Dataset draw(const auto& options, Extent features, Extent classes, Random& random, auto place) {
  Dataset data;
  for (std::int64_t i = 0; i < features; ++i) data.columns.push_back(fmt::format("x{}", i));
  for (std::int64_t k = 0; k < classes; ++k) data.classes.push_back(fmt::format("{}", k));

  detail::NewTensor x({options.rows, features}), y(Shape{options.rows});
  std::vector<double> point(static_cast<std::size_t>(features.count));
  for (std::int64_t i = 0; i < options.rows; ++i) {
    y.data[i] = static_cast<Scalar>(place(i, std::span<double>(point)));
    for (const double at : point)
      *x.data++ = static_cast<Scalar>(at + options.noise * random.normal());
  }
  data.x = std::move(x.tensor);
  data.y = std::move(y.tensor);
  return data;
}

Shape read_shape(const std::string& path, detail::InputFile& file) {
  std::array<unsigned char, 4> b{};
  check<FormatError>(file.read(b.data(), 4) == 4 && b[0] == 0 && b[1] == 0,
                     "{}: byte 0: not an IDX file", path);
  check<FormatError>(b[2] == 8,
                     "{}: byte 2: the element type must be 0x08, unsigned byte (got 0x{:02x})",
                     path, b[2]);
  check<FormatError>(b[3] >= 1 && b[3] <= Shape::max_rank,
                     "{}: byte 3: the rank must be 1 to {} (got {})", path, Shape::max_rank, b[3]);
  Shape shape;
  std::int64_t count = 1;
  for (int axis = 0, rank = b[3]; axis < rank; ++axis) {
    check<FormatError>(file.read(b.data(), 4) == 4, "{}: byte {}: the header ends early", path,
                       4 + 4 * axis);
    const std::int64_t extent = std::int64_t{b[0]} << 24 | b[1] << 16 | b[2] << 8 | b[3];
    check<FormatError>(extent == 0 || count <= (std::int64_t{1} << 60) / extent,
                       "{}: byte {}: the extents multiply to more than 2^60", path, 4 + 4 * axis);
    count *= extent;
    shape.push_back(extent);
  }
  return shape;
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
  Random random = checked_random("make_line", options);
  check_field("make_line", "slope", options.slope, rules::finite_number);
  check_field("make_line", "intercept", options.intercept, rules::finite_number);
  check_field("make_line", "low", options.low, rules::finite_number);
  check(std::isfinite(options.high) && options.low < options.high,
        "make_line: high must be finite and > low = {} (got {})", options.low, options.high);
  detail::NewTensor x({options.rows, 1}), y({options.rows, 1});
  for (std::int64_t i = 0; i < options.rows; ++i) {
    const double at = random.uniform(options.low, options.high);
    const double noise = options.noise * random.normal();
    x.data[i] = static_cast<Scalar>(at);
    y.data[i] = static_cast<Scalar>(options.slope * at + options.intercept + noise);
  }
  return {.x = std::move(x.tensor), .y = std::move(y.tensor), .columns = {"x"}};
}

Dataset make_xor(const XorOptions& options) {
  Random random = checked_random("make_xor", options);
  return draw(options, 2, 2, random, [](std::int64_t i, std::span<double> point) {
    const bool a = i / 2 % 2 == 1, b = i % 2 == 1;
    point[0] = a;
    point[1] = b;
    return a != b;
  });
}

Dataset make_moons(const MoonsOptions& options) {
  Random random = checked_random("make_moons", options);
  return draw(options, 2, 2, random, [&](std::int64_t i, std::span<double> point) {
    const bool inner = i % 2 == 1;
    const double t = random.uniform(0, std::numbers::pi);
    point[0] = inner ? 1 - std::cos(t) : std::cos(t);
    point[1] = inner ? 0.5 - std::sin(t) : std::sin(t);
    return inner;
  });
}

Dataset make_spirals(const SpiralsOptions& options) {
  Random random = checked_random("make_spirals", options);
  check_field("make_spirals", "classes", options.classes, rules::one_or_more);
  check_field("make_spirals", "turns", options.turns, rules::finite_number);
  return draw(options, 2, options.classes, random, [&](std::int64_t i, std::span<double> point) {
    const std::int64_t k = i % options.classes;
    const double start = static_cast<double>(k) / static_cast<double>(options.classes.count);
    const double t = random.uniform(), angle = 2 * std::numbers::pi * (start + options.turns * t);
    point[0] = t * std::cos(angle);
    point[1] = t * std::sin(angle);
    return k;
  });
}

Dataset make_blobs(const BlobsOptions& options) {
  Random random = checked_random("make_blobs", options);
  check_field("make_blobs", "features", options.features, rules::one_or_more);
  check_field("make_blobs", "centers", options.centers, rules::one_or_more);
  check_field("make_blobs", "center_box", options.center_box, rules::positive);
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
  Random random = checked_random("make_digits", options);
  return draw(options, 64, 10, random, [&](std::int64_t i, std::span<double> picture) {
    const auto digit = static_cast<std::size_t>(i % 10);
    const auto down = static_cast<std::size_t>(random.below(2));
    const auto right = static_cast<std::size_t>(random.below(3));
    std::fill(picture.begin(), picture.end(), 0.0);
    for (std::size_t line = 0; line < 7; ++line)
      for (std::size_t column = 0; column < 5; ++column)
        if (figures[line][6 * digit + column] == '#')
          picture[8 * (line + down) + column + right] = 1;
    return digit;
  });
}

// ---- IDX ----------------------------------------------------------------------------------------

Tensor read_idx(const std::string& path) {
  detail::InputFile checked(path), read(path);
  const Shape shape = read_shape(path, checked);
  const std::int64_t count = shape.count(), header = 4 + 4 * shape.rank();
  std::vector<unsigned char> piece(1 << 16);
  const auto read_data = [&](detail::InputFile& file, auto&& take) {
    const auto most = static_cast<std::int64_t>(piece.size());
    for (std::int64_t done = 0; done < count;) {
      const auto wanted = static_cast<std::size_t>(std::min(most, count - done));
      const auto got = static_cast<std::int64_t>(file.read(piece.data(), wanted));
      check<FormatError>(got > 0, "{}: byte {}: the data ends early, shape {} needs {} bytes", path,
                         header + done, shape, count);
      take(done, got);
      done += got;
    }
    check<FormatError>(file.read(piece.data(), 1) == 0,
                       "{}: byte {}: the data goes on, shape {} needs only {} bytes", path,
                       header + count, shape, count);
  };
  // First without keeping it: a forged shape or damaged data must not take memory.
  read_data(checked, [](std::int64_t, std::int64_t) {});
  read.read(piece.data(), static_cast<std::size_t>(header));
  detail::NewTensor tensor(shape);
  read_data(read, [&](std::int64_t at, std::int64_t got) {
    for (std::int64_t i = 0; i < got; ++i)
      tensor.data[at + i] = static_cast<Scalar>(piece[static_cast<std::size_t>(i)]);
  });
  return std::move(tensor.tensor);
}

}}  // namespace gradus
