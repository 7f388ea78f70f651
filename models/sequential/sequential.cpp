#include <gradus/models/sequential.h>

#include <algorithm>
#include <utility>

#include <gradus/core/node.h>
#include <gradus/core/ops.h>
#include <gradus/models/rows.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

/// Copies with their own weights, as far as the layers can be copied.
std::vector<Layer> copies(std::span<const Layer> layers) {
  std::vector<Layer> all;
  for (const Layer& layer : layers) all.push_back(layer.copy_or_self());
  Layer::renew(layers, all);
  return all;
}

/// Gives the optimizer the parameters with their names.
void make_known(Optimizer& optimizer, const std::vector<Tensor>& parameters,
                const std::vector<Weight>& weights) {
  std::vector<std::string> names;
  for (const Weight& weight : weights)
    if (weight.trainable) names.push_back(weight.name);
  optimizer.adopt(parameters, names);
}

}  // namespace

Sequential::Sequential(std::initializer_list<Layer> layers)
    : Sequential(copies({layers.begin(), layers.size()})) {}

Sequential::Sequential(std::vector<Layer> layers) : layers_(std::move(layers)) {
  check(!layers_.empty(), "Sequential: the model has no layers");
}

Sequential::Sequential(const Sequential& other)
    : layers_(other.layers_),
      output_shapes_(other.output_shapes_),
      input_shape_(other.input_shape_),
      weights_(other.weights_),
      parameters_(other.parameters_),
      compiled_(other.compiled_),
      batches_(other.batches_),
      run_(other.run_) {
  const detail::Renewed renewed = Layer::renew(other.layers_, layers_);
  for (Weight& weight : weights_) weight.tensor = detail::renewed(weight.tensor, renewed);
  for (Tensor& parameter : parameters_) parameter = detail::renewed(parameter, renewed);
  if (compiled_) compiled_->optimizer.renew(renewed);
}

/// Leaves the other without layers.
Sequential::Sequential(Sequential&& other) { swap(other); }

Sequential& Sequential::operator=(Sequential other) {
  swap(other);
  return *this;
}

void Sequential::swap(Sequential& other) {
  check_idle("move");
  other.check_idle("move");
  std::swap(layers_, other.layers_);
  std::swap(output_shapes_, other.output_shapes_);
  std::swap(input_shape_, other.input_shape_);
  std::swap(weights_, other.weights_);
  std::swap(parameters_, other.parameters_);
  std::swap(compiled_, other.compiled_);
  std::swap(batches_, other.batches_);
  std::swap(run_, other.run_);
}

/// Makes the names of metrics unique: a repeated name gets a suffix, or `weighted_` in front.
/// `loss` and `learning_rate` are reserved.
void Sequential::compile(CompileOptions options) {
  check_idle("compile");
  check(options.loss.reduction() != LossReduction::none,
        "compile: loss must be reduced to one number (got LossReduction::none)");
  check(options.threads >= 1, "compile: threads must be >= 1 (got {})", options.threads.count);
  std::vector<std::string> names{"loss", "learning_rate"};
  const auto taken = [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  detail::for_each_metric(options, [&](std::size_t, Metric& metric, bool weighted) {
    std::string name = metric.name();
    if (weighted && taken(name)) name = "weighted_" + name;
    const std::string base = name;
    for (int n = 1; taken(name); ++n) name = fmt::format("{}_{}", base, n);
    names.push_back(name);
    metric.rename(std::move(name));
  });
  if (input_shape_) make_known(options.optimizer, parameters_, weights_);
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
  Built built;
  built.layers = copies(layers_);
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
    h = layer(h, {.training = false, .random = random});  // which builds it
    built.output_shapes.push_back(h.shape());
    for (Weight& weight : layer.weights()) {
      const auto is_it = [&](const Weight& w) { return w.tensor.node() == weight.tensor.node(); };
      if (std::any_of(built.weights.begin(), built.weights.end(), is_it)) continue;
      check<StateError>(!weight.trainable || detail::node_of(weight.tensor).is_parameter,
                        "build: {} must make its {} with parameter(), or, where a layer in it has "
                        "that weight, call the layer",
                        name_of(i), weight.name);
      if (weight.trainable) built.parameters.push_back(weight.tensor);
      weight.name = fmt::format("{}/{}", layer_name(i), weight.name);
      built.weights.push_back(std::move(weight));
    }
  }
  return built;
}

void Sequential::adopt(Built built) {
  if (compiled_) make_known(compiled_->optimizer, built.parameters, built.weights);
  layers_ = std::move(built.layers);
  output_shapes_ = std::move(built.output_shapes);
  weights_ = std::move(built.weights);
  parameters_ = std::move(built.parameters);
  input_shape_ = built.input_shape;
}

Tensor Sequential::operator()(const Tensor& x) {
  Random unused(0);
  return (*this)(x, {.training = false, .random = unused});
}

const std::vector<Tensor>& Sequential::parameters() const {
  check_built("parameters");
  return parameters_;
}

const std::vector<Weight>& Sequential::weights() const {
  check_built("weights");
  return weights_;
}

std::vector<Tensor> Sequential::get_weights() const {
  std::vector<Tensor> values;
  for (const Weight& weight : weights()) values.push_back(detach(weight.tensor));
  return values;
}

void Sequential::set_weights(std::span<const Tensor> weights) {
  check_built("set_weights");
  check(weights.size() == weights_.size(), "set_weights: the model has {} weights (got {})",
        weights_.size(), weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const Shape& shape = weights_[i].tensor.shape();
    check<ShapeError>(weights[i].shape() == shape,
                      "set_weights: weights[{}] must have shape {} (got {})", i, shape,
                      weights[i].shape());
    detail::check_finite("set_weights", "weights", weights[i]);
  }
  std::vector<detail::Buffer> values;  // first all, since the weights may be the parameters
  for (const Tensor& weight : weights) values.push_back(detail::node_of(weight).value);
  for (std::size_t i = 0; i < weights.size(); ++i)
    detail::node_of(weights_[i].tensor).value = std::move(values[i]);
}

std::string Sequential::layer_name(std::size_t layer) const {
  std::vector<const Layer*> all;
  for (const Layer& l : layers_) all.push_back(&l);
  return detail::layer_name(all, layer);
}

std::string Sequential::name_of(std::size_t layer) const {
  return fmt::format("{} ({})", layer_name(layer), layers_[layer].type());
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
    for (const Weight& weight : layers_[i].weights()) count += weight.tensor.size();
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
  std::int64_t trainable = total;
  for (const Weight& weight : weights_)
    if (!weight.trainable) trainable -= weight.tensor.size();
  out += line + fmt::format("Total params: {}\n", total);
  if (trainable != total)
    out += fmt::format("Trainable params: {}\nNon-trainable params: {}\n", trainable,
                       total - trainable);
  return out;
}

}}  // namespace gradus
