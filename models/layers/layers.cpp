/// Layer, the layers, activations and the functions of weights.

#include <gradus/models/layers.h>

#include <Eigen/QR>

#include <gradus/models/loss.h>
#include <gradus/models/normalization.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

/// 1 where the condition holds, else 0. Records no gradient.
Tensor mask(const Tensor& x, auto condition) {
  detail::NewTensor marks(x.shape());
  std::ranges::transform(x.values(), marks.data, [&](Scalar v) { return condition(value(v)); });
  return std::move(marks.tensor);
}

/// x cut to [low, high], with slope 0 at both; clip() has slope 1 there.
Tensor cut(const Tensor& x, double low, double high) {
  return where(mask(x, [=](double v) { return low < v && v < high; }), x,
               clip(detach(x), low, high));
}

std::int64_t features_of(const char* layer, const Shape& input, int axis) {
  check<ShapeError>(input.rank() >= 2 && axis < input.rank() && axis > -input.rank(),
                    "{}: the input must be (rows, features...) with an axis {} (got shape {})",
                    layer, axis, input);
  return input[axis];
}

/// One number per feature, in the shape that broadcasts along the axis.
Tensor along(const Tensor& features, const Shape& input, int axis) {
  if (axis == -1 || axis == input.rank() - 1) return features;
  Shape shape;
  for (int i = 0; i < input.rank(); ++i) shape.push_back(1);
  shape.set(axis, features.size());
  return reshape(features, shape);
}

/// centered gamma / sqrt(variance + epsilon) + beta; the layer may leave out gamma or beta.
Tensor normalized(const auto& layer, const Tensor& centered, const Tensor& variance) {
  const Shape& shape = centered.shape();
  const Tensor deviation = sqrt(variance + layer.epsilon);
  const Tensor y = layer.scale ? centered * (along(layer.gamma, shape, layer.axis) / deviation)
                               : centered / deviation;
  return layer.center ? y + along(layer.beta, shape, layer.axis) : y;
}

/// Makes the weights of a layer, a kernel and others of one shape, each by its
/// `<name>_initializer`.
template <class L>
void make_weights(L& layer, const Shape& kernel, const Shape& others, Random& random) {
  L::weights(layer, [&](std::string_view name, Tensor& weight, const Weight& = {}) {
    const Shape& shape = name == "kernel" ? kernel : others;
    L::fields(layer, [&](std::string_view option, const auto& initializer, const auto&...) {
      if constexpr (std::same_as<decltype(initializer), const Initializer&>) {
        if (option != fmt::format("{}_initializer", name)) return;
        const Tensor made = initializer(shape, random);
        check<ShapeError>(made.shape() == shape, "{}: {} must give shape {} (got {})",
                          detail::type_name<L>(), option, shape, made.shape());
        weight = parameter(made);
      }
    });
  });
}

using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;
using RowMajor = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// The deviation of a standard normal cut at 2.
constexpr double cut_deviation = 0.87962566103423978;

/// A tensor of draws: from the stream of the seed, if there is one.
Tensor drawn(const Shape& shape, const Seed& seed, Random& random, auto draw) {
  Random own(seed.value_or(0));
  return detail::generated(shape, [&] { return draw(seed ? own : random); });
}

double fan_of(const Shape& shape, FanMode mode) {
  double field = 1;  // of the axes before the last two
  for (int axis = 0; axis + 2 < shape.rank(); ++axis) field *= static_cast<double>(shape[axis]);
  const double out = shape.rank() > 0 ? static_cast<double>(shape.back()) : 1;
  const double in = shape.rank() > 1 ? static_cast<double>(shape[-2]) : out;
  const double fan = mode == FanMode::fan_in ? in : mode == FanMode::fan_out ? out : (in + out) / 2;
  return std::max(1.0, field * fan);
}

}  // namespace

void Mode::assign(const Tensor& state, const Tensor& value) const {
  check<ShapeError>(state.shape() == value.shape(),
                    "Mode: a state of shape {} must be assigned a value of that shape (got {})",
                    state.shape(), value.shape());
  if (assignments)
    assignments->push_back({state, detach(value)});
  else
    detail::node_of(state).replace(detail::node_of(value).value);
}

std::string detail::layer_name(std::span<const Layer* const> layers, std::size_t i) {
  const std::string_view type = layers[i]->type();
  const auto before = std::count_if(layers.begin(), layers.begin() + static_cast<std::ptrdiff_t>(i),
                                    [&](const Layer* l) { return l->type() == type; });
  return snake_case(type) + (before > 0 ? fmt::format("_{}", before) : "");
}

// ---- activations --------------------------------------------------------------------------------

Tensor relu(const Tensor& x, const ReluOptions& options) {
  const double slope = options.negative_slope, start = options.threshold;
  detail::validate(options, "relu");
  if (!options.max_value && start == 0) return slope == 0 ? relu(x) : leaky_relu(x, slope);
  Tensor y = start == 0 ? relu(x) : x * mask(x, [=](double v) { return v > start; });
  if (options.max_value) y = clip(y, 0, *options.max_value);
  return slope == 0 ? y : y - slope * relu(start - x);
}

Tensor relu6(const Tensor& x) { return cut(x, 0, 6); }
Tensor hard_tanh(const Tensor& x) { return cut(x, -1, 1); }
Tensor hard_sigmoid(const Tensor& x) { return cut(x, -3, 3) / 6 + 0.5; }
Tensor hard_silu(const Tensor& x) {
  return where(mask(x, [](double v) { return -3 <= v && v < 3; }), x * (x + 3) / 6,
               x * mask(x, [](double v) { return !(v < 3); }));
}

Tensor hard_shrink(const Tensor& x, double threshold) {
  check(threshold >= 0, "hard_shrink: threshold must be >= 0 (got {})", threshold);
  return x * mask(x, [=](double v) { return v > threshold || v < -threshold; });
}
Tensor soft_shrink(const Tensor& x, double threshold) {
  check(threshold >= 0, "soft_shrink: threshold must be >= 0 (got {})", threshold);
  return x - clip(x, -threshold, threshold);
}
Tensor threshold(const Tensor& x, double threshold, double default_value) {
  return where(mask(x, [=](double v) { return v > threshold; }), x, default_value);
}

Tensor sparse_sigmoid(const Tensor& x) { return cut(x, -1, 1) / 2 + 0.5; }

Tensor celu(const Tensor& x, double alpha) {
  check(std::isfinite(alpha) && alpha > 0, "celu: alpha must be finite and > 0 (got {})", alpha);
  return alpha * elu(x / alpha);
}
Tensor squareplus(const Tensor& x, double b) {
  check(std::isfinite(b) && b > 0, "squareplus: b must be finite and > 0 (got {})", b);
  const Tensor root = sqrt(square(x) + b);  // below 0, x + root would cancel
  return where(mask(x, [](double v) { return v >= 0; }), (x + root) / 2, 0.5 * b / (abs(x) + root));
}

Tensor sparsemax(const Tensor& x) {
  const std::int64_t width = x.rank() > 0 ? x.shape().back() : 0;
  detail::NewTensor support(x.shape());  // 1 for the elements that stay above 0
  const detail::Buffer row(width);
  for (std::int64_t start = 0; start < x.size(); start += width) {
    const Scalar* values = detail::node_of(x).data() + start;
    std::transform(values, values + width, row.data(), [](Scalar v) {  // nan cannot be sorted
      return std::isnan(value(v)) ? -std::numeric_limits<Scalar>::infinity() : v;
    });
    std::sort(row.data(), row.data() + width, std::greater<>());
    double sum = 0, least = 0;
    for (std::int64_t i = 0; i < width; ++i) {
      const double v = value(row.data()[i]);
      if (1 + static_cast<double>(i) * v <= sum) break;
      sum += v;
      least = v;
    }
    for (std::int64_t i = 0; i < width; ++i)
      support.data[start + i] = value(values[i]) >= least ? 1 : 0;
  }
  const Reduction over{.axis = -1, .keepdims = true};
  const Tensor excess = sum(x * support.tensor, over) - 1;
  return (x - excess / sum(support.tensor, over)) * support.tensor;
}

Tensor glu(const Tensor& x, int axis) {
  const std::int64_t extent = x.shape()[axis];
  check<ShapeError>(extent % 2 == 0, "glu: axis {} must have an even extent (got {})", axis,
                    extent);
  return slice(x, axis, 0, extent / 2) * sigmoid(slice(x, axis, extent / 2, extent));
}

// ---- layers -------------------------------------------------------------------------------------

void Dense::build(const Shape& input, Random& random) {
  check<ShapeError>(input.rank() >= 2, "Dense: the input must be (rows, features) (got shape {})",
                    input);
  if (input_width() > 0) return;
  make_weights(*this, {input.back(), units}, {units}, random);
}

void LayerNormalization::build(const Shape& input, Random& random) {
  const Shape shape{features_of("LayerNormalization", input, axis)};
  if (input_width() == 0) make_weights(*this, {}, shape, random);
}

Tensor LayerNormalization::operator()(const Tensor& x) const {
  const Reduction over{.axis = axis, .keepdims = true};
  const Tensor centered = x - mean(x, over);
  return normalized(*this, centered, mean(square(centered), over));
}

void BatchNormalization::build(const Shape& input, Random& random) {
  const Shape shape{features_of("BatchNormalization", input, axis)};
  if (moving_mean.size() == 0) make_weights(*this, {}, shape, random);
}

Tensor BatchNormalization::operator()(const Tensor& x, const Mode& mode) const {
  if (!mode.training)
    return normalized(*this, x - along(detach(moving_mean), x.shape(), axis),
                      along(detach(moving_variance), x.shape(), axis));
  std::array<int, Shape::max_rank> others{};
  std::size_t count = 0;
  for (int i = 0; i < x.rank(); ++i)
    if (i != axis && i != axis + x.rank()) others[count++] = i;
  const Reduction over{.axis = Axes(std::span<const int>(others.data(), count)), .keepdims = true};
  const Tensor batch_mean = mean(x, over), centered = x - batch_mean;
  const Tensor batch_variance = mean(square(centered), over);
  const auto follow = [&](const Tensor& moving, const Tensor& batch) {
    const NoGrad off;
    mode.assign(moving, momentum * moving + (1 - momentum) * reshape(batch, moving.shape()));
  };
  follow(moving_mean, batch_mean);
  follow(moving_variance, batch_variance);
  return normalized(*this, centered, batch_variance);
}

// ---- functions of weights -----------------------------------------------------------------------

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

Tensor RandomUniform::operator()(const Shape& shape, Random& random) const {
  return drawn(shape, seed, random, [&](Random& r) { return r.uniform(minval, maxval); });
}

Tensor TruncatedNormal::operator()(const Shape& shape, Random& random) const {
  return drawn(shape, seed, random, [&](Random& r) {
    double draw = r.normal();
    while (std::abs(draw) > 2) draw = r.normal();
    return mean + stddev * draw;
  });
}

Tensor VarianceScaling::operator()(const Shape& shape, Random& random) const {
  const double fan = fan_of(shape, mode);
  const double deviation = std::sqrt(scale / fan), limit = std::sqrt(3 * scale / fan);
  if (distribution == Distribution::uniform)
    return RandomUniform{-limit, limit, seed}(shape, random);
  if (distribution == Distribution::untruncated_normal)
    return RandomNormal{0, deviation, seed}(shape, random);
  return TruncatedNormal{0, deviation / cut_deviation, seed}(shape, random);
}

Tensor Orthogonal::operator()(const Shape& shape, Random& random) const {
  check(shape.rank() >= 2, "Orthogonal: the shape must have at least two axes (got {})", shape);
  const std::int64_t size = shape.count();
  if (size == 0) return Tensor::zeros(shape);
  const auto columns = static_cast<Eigen::Index>(shape.back());
  const auto rows = static_cast<Eigen::Index>(size / shape.back());
  const Tensor draws = drawn({size}, seed, random, [](Random& r) { return r.normal(); });
  const Eigen::Map<const Matrix> tall(draws.values().data(), std::max(rows, columns),
                                      std::min(rows, columns));
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(tall.cast<double>());
  Eigen::MatrixXd q = qr.householderQ() * Eigen::MatrixXd::Identity(tall.rows(), tall.cols());
  // Columns of any sign are orthonormal; only a positive diagonal of R is uniform.
  for (Eigen::Index i = 0; i < q.cols(); ++i) q.col(i) *= qr.matrixQR()(i, i) < 0 ? -gain : gain;
  detail::NewTensor matrix(shape);
  if (rows < columns) q.transposeInPlace();
  Eigen::Map<RowMajor>(matrix.data, rows, columns) = q.cast<Scalar>();
  return std::move(matrix.tensor);
}

Tensor OrthogonalRegularizer::operator()(const Tensor& weight) const {
  check<ShapeError>(weight.rank() == 2,
                    "OrthogonalRegularizer: the weight must be a matrix (got shape {})",
                    weight.shape());
  const Tensor w = mode == Vectors::rows ? weight : transpose(weight);
  const Tensor units = detail::unit_vectors(w, 1);
  const std::int64_t count = w.shape()[0];
  if (count < 2) return 0 * sum(units);
  Random unused(0);
  const Tensor others = 1 - Identity{}({count, count}, unused);
  const auto pairs = static_cast<double>(count * (count - 1));  // the sum holds each twice
  return factor / pairs * sum(abs(matmul(units, transpose(units)) * others));
}

Tensor MinMaxNorm::operator()(const Tensor& weight) const {
  const Tensor norms = sqrt(sum(square(weight), {.axis = axis, .keepdims = true}));
  const Tensor wanted = rate * clip(norms, min_value, max_value) + (1 - rate) * norms;
  return weight * (wanted / (norms + detail::keras_epsilon));
}

}}  // namespace gradus
