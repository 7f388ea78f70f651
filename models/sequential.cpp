#include <gradus/models/sequential.h>

#include <algorithm>
#include <utility>

#include <gradus/core/node.h>
#include <gradus/core/ops.h>
#include <gradus/models/rows.h>

namespace gradus::inline GRADUS_VARIANT {

namespace {

/// A weight that several of these layers share stays one weight.
std::vector<Layer> copies(std::initializer_list<Layer> layers) {
  const detail::DeepCopy own_parameters;
  return layers;
}

}  // namespace

Sequential::Sequential(std::initializer_list<Layer> layers) : Sequential(copies(layers)) {}

Sequential::Sequential(std::vector<Layer> layers) : layers_(std::move(layers)) {
  check(!layers_.empty(), "Sequential: the model has no layers");
}

Sequential::Sequential(const Sequential& other) {
  const detail::DeepCopy own_parameters;  // one for all members, so that they stay consistent
  layers_ = other.layers_;
  output_shapes_ = other.output_shapes_;
  input_shape_ = other.input_shape_;
  parameters_ = other.parameters_;
  compiled_ = other.compiled_;
}

/// The other is left without layers, as if never compiled or built.
Sequential::Sequential(Sequential&& other)
    : layers_(std::move(other.layers_)),
      output_shapes_(std::move(other.output_shapes_)),
      input_shape_(std::exchange(other.input_shape_, std::nullopt)),
      parameters_(std::move(other.parameters_)),
      compiled_(std::exchange(other.compiled_, std::nullopt)) {}

Sequential& Sequential::operator=(Sequential other) {
  std::swap(layers_, other.layers_);
  std::swap(output_shapes_, other.output_shapes_);
  std::swap(input_shape_, other.input_shape_);
  std::swap(parameters_, other.parameters_);
  std::swap(compiled_, other.compiled_);
  return *this;
}

void Sequential::compile(CompileOptions options) {
  std::vector<std::string> names;  // of several metrics of one name, the second is name_1
  for (Metric& metric : options.metrics) {
    const auto before = std::count(names.begin(), names.end(), metric.name());
    names.push_back(metric.name());
    if (before > 0) metric.rename(fmt::format("{}_{}", metric.name(), before));
  }
  compiled_ = std::move(options);
}

void Sequential::check_compiled(const char* caller) const {
  check<StateError>(compiled_.has_value(), "{}: call compile() first", caller);
}
CompileOptions& Sequential::compiled(const char* caller) {
  check_compiled(caller);
  return *compiled_;
}
void Sequential::check_built(const char* caller) const {
  check<StateError>(input_shape_.has_value(),
                    "{}: the model has no weights yet; call build() or fit() first", caller);
}

Optimizer& Sequential::optimizer() { return compiled("optimizer").optimizer; }
const Optimizer& Sequential::optimizer() const {
  check_compiled("optimizer");
  return compiled_->optimizer;
}

void Sequential::build(const Shape& input) {
  check<ShapeError>(input.rank() >= 2, "build: the input must be (rows, features...) (got {})",
                    input);
  if (!input_shape_) adopt(built_for(input));
}

Sequential::Built Sequential::built_for(const Shape& input) const {
  const NoGrad off;
  const std::uint64_t seed = compiled_ ? compiled_->seed : 0;
  Random unused(seed);
  Built built;
  {
    const detail::DeepCopy own_parameters;
    built.layers = layers_;
  }
  built.input_shape = input;
  built.input_shape.set(0, 1);
  Tensor h = Tensor::zeros(built.input_shape);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    Layer& layer = built.layers[i];
    const std::int64_t width = layer.input_width();
    check<ShapeError>(width == 0 || width == h.shape().back(),
                      "build: {} gives {} features, but {} must have {}",
                      i > 0 ? name_of(i - 1) : "the input", h.shape().back(), name_of(i), width);
    Random random(seed, "weights", i);
    layer.build(h.shape(), random);
    h = layer(h, {.training = false, .random = unused});
    built.output_shapes.push_back(h.shape());
    for (const Tensor& parameter : layer.parameters()) {
      const auto is_it = [&](const Tensor& p) { return p.node() == parameter.node(); };
      if (std::none_of(built.parameters.begin(), built.parameters.end(), is_it))
        built.parameters.push_back(parameter);
    }
  }
  return built;
}

void Sequential::adopt(Built built) {
  layers_ = std::move(built.layers);
  output_shapes_ = std::move(built.output_shapes);
  parameters_ = std::move(built.parameters);
  input_shape_ = built.input_shape;
}

Tensor Sequential::operator()(const Tensor& x) {
  Random unused(0);
  return (*this)(x, {.training = false, .random = unused});
}

Tensor Sequential::operator()(const Tensor& x, const Mode& mode) {
  check_built("Sequential");
  Tensor h = x;
  for (Layer& layer : layers_) h = layer(h, mode);
  return h;
}

const std::vector<Tensor>& Sequential::parameters() const {
  check_built("parameters");
  return parameters_;
}

std::vector<Tensor> Sequential::get_weights() const {
  std::vector<Tensor> weights;
  for (const Tensor& parameter : parameters()) weights.push_back(detach(parameter));
  return weights;
}

void Sequential::set_weights(std::span<const Tensor> weights) {
  check(weights.size() == parameters().size(), "set_weights: the model has {} weights (got {})",
        parameters_.size(), weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    check<ShapeError>(weights[i].shape() == parameters_[i].shape(),
                      "set_weights: weights[{}] must have shape {} (got {})", i,
                      parameters_[i].shape(), weights[i].shape());
    detail::check_finite("set_weights", "weights", weights[i]);
  }
  std::vector<detail::Buffer> values;  // first all, since the weights may be the parameters
  for (const Tensor& weight : weights) values.push_back(detail::node_of(weight).value);
  for (std::size_t i = 0; i < weights.size(); ++i)
    detail::node_of(parameters_[i]).value = std::move(values[i]);
}

std::string Sequential::name_of(std::size_t layer) const {
  const std::string_view type = layers_[layer].type();
  const auto before =
      std::count_if(layers_.begin(), layers_.begin() + static_cast<std::ptrdiff_t>(layer),
                    [&](const Layer& l) { return l.type() == type; });
  return fmt::format("{}{} ({})", detail::snake_case(type),
                     before > 0 ? fmt::format("_{}", before) : "", type);
}

std::string Sequential::summary() const {
  const std::string rule(29, '-'), wide(27, '-'), narrow(13, '-');
  const std::string line = fmt::format("+{}+{}+{}+\n", rule, wide, narrow);
  std::string out =
      line +
      fmt::format("| {:<27} | {:<25} | {:>11} |\n", "Layer (type)", "Output Shape", "Param #") +
      line;
  std::int64_t total = 0;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    std::int64_t count = 0;
    for (const Tensor& parameter : layers_[i].parameters()) count += parameter.size();
    std::string shape = "?";
    if (input_shape_) {
      shape = "(None";
      for (int axis = 1; axis < output_shapes_[i].rank(); ++axis)
        shape += fmt::format(", {}", output_shapes_[i][axis]);
      shape += ")";
    }
    out += fmt::format("| {:<27} | {:<25} | {:>11} |\n", name_of(i), shape, count);
    total += count;
  }
  return out + line + fmt::format("Total params: {}\n", total);
}

}  // namespace gradus
