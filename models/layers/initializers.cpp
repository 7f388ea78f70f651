#include <gradus/models/initializers.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include <gradus/core/node.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

/// The deviation of a standard normal cut at 2.
constexpr double cut_deviation = 0.87962566103423978;

double cut_normal(Random& random) {
  double draw = random.normal();
  while (std::abs(draw) > 2) draw = random.normal();
  return draw;
}

/// A tensor of draws: from the seed's own stream, if one is given.
template <class Draw>
Tensor drawn(const Shape& shape, const Seed& seed, Random& random, Draw draw) {
  Random own(seed.value_or(0));
  Random& source = seed ? own : random;
  detail::NewTensor values(shape);
  for (std::int64_t i = 0; i < values.tensor.size(); ++i)
    values.data[i] = static_cast<Scalar>(draw(source));
  return std::move(values.tensor);
}

double fan_of(const Shape& shape, FanMode mode) {
  double field = 1;  // of the axes before the last two
  for (int axis = 0; axis + 2 < shape.rank(); ++axis) field *= static_cast<double>(shape[axis]);
  const double out = shape.rank() > 0 ? static_cast<double>(shape.back()) : 1;
  const double in = shape.rank() > 1 ? static_cast<double>(shape[-2]) : out;
  const double fan = mode == FanMode::fan_in ? in : mode == FanMode::fan_out ? out : (in + out) / 2;
  return std::max(1.0, field * fan);
}

/// Makes the rows of a (count, width) array, count <= width, orthonormal, one after the other
/// (Gram and Schmidt; two passes leave rounding errors only). A row in the span of those before it
/// is drawn anew.
void make_orthonormal(std::vector<double>& rows, std::size_t count, std::size_t width,
                      Random& random) {
  const auto dot = [&](const double* a, const double* b) {
    double sum = 0;
    for (std::size_t i = 0; i < width; ++i) sum += a[i] * b[i];
    return sum;
  };
  for (std::size_t r = 0; r < count;) {
    double* row = rows.data() + r * width;
    const double before = std::sqrt(dot(row, row));
    for (int pass = 0; pass < 2; ++pass)
      for (std::size_t other = 0; other < r; ++other) {
        const double* unit = rows.data() + other * width;
        const double along = dot(row, unit);
        for (std::size_t i = 0; i < width; ++i) row[i] -= along * unit[i];
      }
    const double length = std::sqrt(dot(row, row));
    const bool independent = length > 1e-8 * before;
    for (std::size_t i = 0; i < width; ++i)
      row[i] = independent ? row[i] / length : random.normal();
    if (independent) ++r;
  }
}

}  // namespace

Tensor detail::initial(std::string_view layer, std::string_view option, const Initializer& make,
                       const Shape& shape, Random& random) {
  const Tensor made = make(shape, random);
  check<ShapeError>(made.shape() == shape, "{}: {} must give shape {} (got {})", layer, option,
                    shape, made.shape());
  return parameter(made);
}

Tensor Identity::operator()(const Shape& shape, Random&) const {
  check(shape.rank() == 2, "Identity: the shape must have two axes (got {})", shape);
  detail::NewTensor matrix(shape);
  for (std::int64_t i = 0; i < matrix.tensor.size(); ++i)
    matrix.data[i] = i / shape[1] == i % shape[1] ? static_cast<Scalar>(gain) : Scalar(0);
  return std::move(matrix.tensor);
}

Tensor RandomNormal::operator()(const Shape& shape, Random& random) const {
  return drawn(shape, seed, random, [&](Random& r) { return mean + stddev * r.normal(); });
}

void RandomUniform::validate() const {
  check(std::isfinite(minval) && std::isfinite(maxval) && minval <= maxval,
        "RandomUniform: minval must be <= maxval, both finite (got {} and {})", minval, maxval);
}
Tensor RandomUniform::operator()(const Shape& shape, Random& random) const {
  return drawn(shape, seed, random, [&](Random& r) { return r.uniform(minval, maxval); });
}

Tensor TruncatedNormal::operator()(const Shape& shape, Random& random) const {
  return drawn(shape, seed, random, [&](Random& r) { return mean + stddev * cut_normal(r); });
}

Tensor VarianceScaling::operator()(const Shape& shape, Random& random) const {
  const double fan = fan_of(shape, mode);
  const double deviation = std::sqrt(scale / fan), limit = std::sqrt(3 * scale / fan);
  switch (distribution) {
    case Distribution::uniform:
      return RandomUniform{-limit, limit, seed}(shape, random);
    case Distribution::untruncated_normal:
      return RandomNormal{0, deviation, seed}(shape, random);
    case Distribution::truncated_normal:
      break;
  }
  return TruncatedNormal{0, deviation / cut_deviation, seed}(shape, random);
}

Tensor GlorotUniform::operator()(const Shape& shape, Random& random) const {
  return VarianceScaling{1, FanMode::fan_avg, Distribution::uniform, seed}(shape, random);
}
Tensor GlorotNormal::operator()(const Shape& shape, Random& random) const {
  return VarianceScaling{1, FanMode::fan_avg, Distribution::truncated_normal, seed}(shape, random);
}
Tensor HeUniform::operator()(const Shape& shape, Random& random) const {
  return VarianceScaling{2, FanMode::fan_in, Distribution::uniform, seed}(shape, random);
}
Tensor HeNormal::operator()(const Shape& shape, Random& random) const {
  return VarianceScaling{2, FanMode::fan_in, Distribution::truncated_normal, seed}(shape, random);
}
Tensor LecunUniform::operator()(const Shape& shape, Random& random) const {
  return VarianceScaling{1, FanMode::fan_in, Distribution::uniform, seed}(shape, random);
}
Tensor LecunNormal::operator()(const Shape& shape, Random& random) const {
  return VarianceScaling{1, FanMode::fan_in, Distribution::truncated_normal, seed}(shape, random);
}

Tensor Orthogonal::operator()(const Shape& shape, Random& random) const {
  check(shape.rank() >= 2, "Orthogonal: the shape must have at least two axes (got {})", shape);
  Random own(seed.value_or(0));
  Random& source = seed ? own : random;
  detail::NewTensor matrix(shape);
  const auto columns = static_cast<std::size_t>(shape.back());
  const std::size_t rows =
      columns > 0 ? static_cast<std::size_t>(matrix.tensor.size()) / columns : 0;
  const std::size_t count = std::min(rows, columns), width = std::max(rows, columns);
  std::vector<double> units(count * width);
  for (double& v : units) v = source.normal();
  make_orthonormal(units, count, width, source);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j)
      matrix.data[i * columns + j] =
          static_cast<Scalar>(gain * units[rows <= columns ? i * width + j : j * width + i]);
  return std::move(matrix.tensor);
}

}}  // namespace gradus
