#include <gradus/models/layers.h>

#include <algorithm>
#include <array>

#include <gradus/core/node.h>
#include <gradus/core/ops.h>
#include <gradus/models/normalization.h>

namespace gradus { inline namespace GRADUS_VARIANT {

// ---- Layer --------------------------------------------------------------------------------------

void Mode::assign(const Tensor& state, const Tensor& value) const {
  check<ShapeError>(state.shape() == value.shape(),
                    "Mode: a state of shape {} must be assigned a value of that shape (got {})",
                    state.shape(), value.shape());
  if (assignments)
    assignments->push_back({state, detach(value)});
  else
    detail::node_of(state).replace(detail::node_of(value).value);
}

std::vector<Tensor> Layer::parameters() const {
  std::vector<Tensor> trainable;
  for (const Weight& weight : weights())
    if (weight.trainable) trainable.push_back(weight.tensor);
  return trainable;
}

Layer::Layer(const Layer& other) : input_(other.input_) {
  const detail::DeepCopies own(nodes({&other, 1}));
  held_ = other.held().clone();
}

std::vector<const detail::Node*> Layer::nodes(std::span<const Layer> layers) {
  std::vector<const detail::Node*> all;
  if (detail::DeepCopies::active()) return all;
  for (const Layer& layer : layers)
    for (const Weight& weight : layer.weights()) all.push_back(weight.tensor.node());
  return all;
}

std::vector<Weight> Layer::weights_of(const std::vector<const Layer*>& parts) {
  std::vector<Weight> all;
  for (std::size_t i = 0; i < parts.size(); ++i)
    for (Weight& weight : parts[i]->weights()) {
      weight.name = fmt::format("{}/{}", detail::layer_name(parts, i), weight.name);
      all.push_back(std::move(weight));
    }
  return all;
}

std::string detail::layer_name(std::span<const Layer* const> layers, std::size_t i) {
  const std::string_view type = layers[i]->type();
  const auto before = std::count_if(layers.begin(), layers.begin() + static_cast<std::ptrdiff_t>(i),
                                    [&](const Layer* l) { return l->type() == type; });
  return snake_case(type) + (before > 0 ? fmt::format("_{}", before) : "");
}

// ---- layers -------------------------------------------------------------------------------------

namespace {

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
template <class L>
Tensor normalized(const L& layer, const Tensor& centered, const Tensor& variance) {
  const Shape& shape = centered.shape();
  const Tensor deviation = sqrt(variance + layer.epsilon);
  const Tensor y = layer.scale ? centered * (along(layer.gamma, shape, layer.axis) / deviation)
                               : centered / deviation;
  return layer.center ? y + along(layer.beta, shape, layer.axis) : y;
}

/// Makes the weights of a layer: a kernel, and others of one shape. The option `<name>_initializer`
/// makes the weight `<name>`.
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

}  // namespace

void Dense::build(const Shape& input, Random& random) {
  check<ShapeError>(input.rank() >= 2, "Dense: the input must be (rows, features) (got shape {})",
                    input);
  if (input_width() > 0) return;
  make_weights(*this, {input.back(), units}, {units}, random);
}

Tensor Flatten::operator()(const Tensor& x) const {
  std::int64_t features = 1;
  for (int axis = 1; axis < x.rank(); ++axis) features *= x.shape()[axis];
  return reshape(x, {x.shape()[0], features});
}

Tensor Dropout::operator()(const Tensor& x, const Mode& mode) const {
  if (!mode.training || rate == 0) return x;
  detail::NewTensor mask(x.shape());
  const auto kept = static_cast<Scalar>(1 / (1 - rate));
  for (std::int64_t i = 0; i < x.size(); ++i)
    mask.data[i] = mode.random.uniform() < rate ? Scalar(0) : kept;
  return x * mask.tensor;
}

Tensor GaussianNoise::operator()(const Tensor& x, const Mode& mode) const {
  if (!mode.training || stddev == 0) return x;
  return x + Tensor::normal(x.shape(), 0, stddev, mode.random);
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

}}  // namespace gradus
