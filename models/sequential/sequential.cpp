#include <gradus/models/sequential.h>

#include <set>

#include <gradus/models/rows.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

/// Copies with their own weights; layers that share a weight go on sharing it.
std::vector<Layer> copies(std::span<const Layer> layers) {
  const detail::DeepCopies own(Layer::nodes(layers));
  return {layers.begin(), layers.end()};
}

/// Throws the error in flight again, with the layer's name in front.
[[noreturn]] void rethrow_named(const std::string& layer) {
  const auto text = [&](const Error& e) { return fmt::format("{}: {}", layer, e.what()); };
  try {
    throw;
  } catch (const ShapeError& e) {
    throw ShapeError(text(e));
  } catch (const StateError& e) {
    throw StateError(text(e));
  } catch (const ValueError& e) {
    throw ValueError(text(e));
  }
}

/// Expected and given rows: `4 features (got 5)`, or shapes for images.
std::string mismatch(const Shape& expected, const Shape& got) {
  if (expected.rank() == 2 && got.rank() == 2)
    return fmt::format("{} features (got {})", expected[1], got[1]);
  return fmt::format("rows as in shape {} (got {})", expected, got);
}

/// Sample weights as one number per row.
Tensor checked_weights(const char* caller, const Tensor& weights, std::int64_t rows) {
  if (weights.size() == 0) return {};
  check<ShapeError>(weights.size() == rows && weights.rank() >= 1 && weights.shape()[0] == rows,
                    "{}: sample_weight must have one number per row (got shape {} for {} rows)",
                    caller, weights.shape(), rows);
  detail::check_finite(caller, "sample_weight", weights);
  return reshape(detach(weights), {rows});
}

}  // namespace

void Sequential::Parts::give_to(Optimizer& optimizer) const {
  std::vector<std::string> names;
  std::vector<Optimizer::Constrain> constraints;
  for (const Weight& weight : weights) {
    if (!weight.trainable) continue;
    names.push_back(weight.name);
    constraints.push_back(weight.constraint ? Optimizer::Constrain(weight.constraint) : nullptr);
  }
  optimizer.adopt(parameters, names, constraints);
}

Sequential::Sequential(std::initializer_list<Layer> layers)
    : Sequential(copies({layers.begin(), layers.size()})) {}

Sequential::Sequential(std::vector<Layer> layers) : parts_{std::move(layers)} {
  check(!parts_.layers.empty(), "Sequential: the model has no layers");
}

Sequential::Sequential(const Sequential& other) : batches_(other.batches_), run_(other.run_) {
  const detail::DeepCopies deep;
  parts_ = other.parts_;
  if (other.compiled_) compiled_ = std::make_unique<CompileOptions>(*other.compiled_);
}

void Sequential::swap(Sequential& other) {
  check_idle("move");
  other.check_idle("move");
  std::swap(parts_, other.parts_);
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
  const double deviation = options.target_deviation;
  check(deviation > 0 && std::isfinite(deviation),
        "compile: target_deviation must be above 0 and finite (got {})", deviation);
  const auto check_scales = [&](std::string_view name, std::optional<int> degree) {
    check(degree || deviation == 1,
          "compile: target_deviation must be 1 with {}, which divided targets give another meaning "
          "(got {})",
          name, deviation);
  };
  check_scales(options.loss.type(), options.loss.degree());
  std::set<std::string> taken{"loss", "learning_rate"};
  detail::for_each_metric(options, [&](std::size_t, Metric& metric, bool weighted) {
    std::string name = metric.name();
    check_scales(name, metric.degree());
    if (weighted && taken.contains(name)) name = "weighted_" + name;
    const std::string base = name;
    for (int n = 1; !taken.insert(name).second; ++n) name = fmt::format("{}_{}", base, n);
    metric.rename(std::move(name));
  });
  if (parts_.input_shape) parts_.give_to(options.optimizer);
  options.optimizer.drop_collected();
  compiled_ = std::make_unique<CompileOptions>(std::move(options));
}

void Sequential::check_compiled(const char* caller) const {
  check<StateError>(compiled_ != nullptr, "{}: call compile() first", caller);
}

void Sequential::check_built(const char* caller) const {
  check<StateError>(parts_.input_shape.has_value(),
                    "{}: the model has no weights yet; call build() or fit() first", caller);
}

void Sequential::build(const Shape& input) {
  check<ShapeError>(input.rank() >= 2, "build: the input must be (rows, features...) (got {})",
                    input);
  if (!parts_.input_shape) adopt(built_for(input));
}

Sequential::Parts Sequential::built_for(const Shape& input) const {
  const NoGrad off;
  const std::uint64_t seed = compiled_ ? compiled_->seed : 0;
  Parts built{copies(parts_.layers)};
  built.input_shape = input;
  built.input_shape->set(0, 1);
  Tensor h = Tensor::zeros(*built.input_shape);
  for (std::size_t i = 0; i < parts_.layers.size(); ++i) {
    Layer& layer = built.layers[i];
    const std::int64_t width = layer.input_width();
    check<ShapeError>(width == 0 || width == h.shape().back(),
                      "build: {} gives {} features, but {} must have {}",
                      i > 0 ? name_of(i - 1) : "the input", h.shape().back(), name_of(i), width);
    Random random(seed, "weights", i);
    h = call_layer(layer, i, h, {.training = false, .random = random}, input[0]);  // builds it
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

void Sequential::adopt(Parts built) {
  if (compiled_) built.give_to(compiled_->optimizer);
  parts_ = std::move(built);
}

Tensor Sequential::checked_input(const char* caller, const Tensor& x) const {
  Tensor rows = detach(x);
  if (rows.rank() == 1) rows = reshape(rows, {rows.size(), 1});
  check<ShapeError>(rows.rank() >= 2, "{}: x must be (rows, features...) (got shape {})", caller,
                    x.shape());
  check(rows.shape()[0] > 0, "{}: x is empty", caller);
  detail::check_finite(caller, "x", x);  // x remembers the result; rows is a new tensor each time
  if (!parts_.input_shape) return rows;
  Shape expected = *parts_.input_shape;
  expected.set(0, rows.shape()[0]);
  check<ShapeError>(rows.shape() == expected, "{}: model expects {}{}", caller,
                    mismatch(expected, rows.shape()),
                    x.rank() > 1 ? "" : fmt::format("; x of shape {} is rows of one", x.shape()));
  return rows;
}

Batch Sequential::checked_batch(const char* caller, const Batch& batch) {
  const NoGrad off;
  const Tensor &x = batch.x, &y = batch.y;
  check_compiled(caller);
  const Loss& loss = compiled_->loss;
  check<ShapeError>(x.rank() > 0 && y.rank() > 0 && x.shape()[0] == y.shape()[0],
                    "{}: x and y must have as many rows (x has {}, y has {})", caller,
                    detail::rows_of(x), detail::rows_of(y));
  Batch data{checked_input(caller, x), detach(y)};
  detail::check_finite(caller, "y", y);
  data.sample_weight = checked_weights(caller, batch.sample_weight, data.rows());
  if (parts_.input_shape) {
    loss.check_targets(y, parts_.output_shapes.back());
  } else {
    Parts built = built_for(data.x.shape());
    loss.check_targets(y, built.output_shapes.back());
    adopt(std::move(built));
  }
  return data;
}

Tensor Sequential::operator()(const Tensor& x) {
  Random unused(0);
  return (*this)(x, {.training = false, .random = unused});
}

std::vector<Tensor> Sequential::get_weights() const {
  std::vector<Tensor> values;
  for (const Weight& weight : weights())
    values.emplace_back(weight.tensor.shape(), weight.tensor.values());
  return values;
}

void Sequential::set_weights(std::span<const Tensor> weights) {
  check_built("set_weights");
  check(weights.size() == parts_.weights.size(), "set_weights: the model has {} weights (got {})",
        parts_.weights.size(), weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const Shape& shape = parts_.weights[i].tensor.shape();
    check<ShapeError>(weights[i].shape() == shape,
                      "set_weights: weights[{}] must have shape {} (got {})", i, shape,
                      weights[i].shape());
    detail::check_finite("set_weights", "weights", weights[i]);
  }
  std::vector<detail::Buffer> values;  // first all, since the weights may be the parameters
  for (const Tensor& weight : weights)
    values.push_back(detail::node_of(weight).value.copy(weight.size()));
  assign(values);
  if (compiled_) compiled_->optimizer.weights_changed();
}

void Sequential::assign(std::vector<detail::Buffer>& values) noexcept {
  for (std::size_t i = 0; i < values.size(); ++i)
    detail::node_of(parts_.weights[i].tensor).replace(std::move(values[i]));
}

Tensor Sequential::call_layer(Layer& layer, std::size_t i, const Tensor& x, const Mode& mode,
                              std::int64_t rows) const {
  try {
    return layer(x, mode);
  } catch (const Error&) {
    Shape shape = x.shape();
    if (rows > 0) shape.set(0, rows);
    if (shape != x.shape()) call_layer(layer, i, Tensor::zeros(shape), mode);  // throws, or else:
    rethrow_named(layer_name(i));
  }
}

/// Brings the layers' new state into its constraints. Returns the first number that is not finite.
detail::Fault Sequential::settle_assignments() {
  const NoGrad off;
  for (auto& [state, now] : assignments_) {
    const auto is_it = [node = state.node()](const Weight& w) { return w.tensor.node() == node; };
    const auto weight = std::ranges::find_if(parts_.weights, is_it);
    if (weight != parts_.weights.end() && weight->constraint) now = weight->constraint(now);
    if (const std::string bad = detail::not_finite(now.values().data(), now.size()); !bad.empty())
      return {fmt::format("{} must stay finite in an update (got {})",
                          weight != parts_.weights.end() ? weight->name : "a layer's state", bad)};
  }
  return {};
}

std::string Sequential::layer_name(std::size_t layer) const {
  std::vector<const Layer*> all;
  for (const Layer& l : parts_.layers) all.push_back(&l);
  return detail::layer_name(all, layer);
}

std::string Sequential::name_of(std::size_t layer) const {
  return fmt::format("{} ({})", layer_name(layer), parts_.layers[layer].type());
}

std::string Sequential::summary() const {
  const auto row = [](const auto& layer, const auto& shape, const auto& count) {
    return fmt::format("| {:<27} | {:<25} | {:>11} |\n", layer, shape, count);
  };
  const std::string line = fmt::format("+{0:-<29}+{0:-<27}+{0:-<13}+\n", "");
  std::string out = line + row("Layer (type)", "Output Shape", "Param #") + line;
  std::int64_t total = 0;
  for (std::size_t i = 0; i < parts_.layers.size(); ++i) {
    std::int64_t count = 0;
    for (const Weight& weight : parts_.layers[i].weights()) count += weight.tensor.size();
    std::string shape = "?";
    if (parts_.input_shape) {
      shape = "(None";
      for (int axis = 1; axis < parts_.output_shapes[i].rank(); ++axis)
        shape += fmt::format(", {}", parts_.output_shapes[i][axis]);
      shape += ")";
    }
    out += row(name_of(i), shape, count);
    total += count;
  }
  std::int64_t trainable = total;
  for (const Weight& weight : parts_.weights)
    if (!weight.trainable) trainable -= weight.tensor.size();
  out += line + fmt::format("Total params: {}\n", total);
  if (trainable != total)
    out += fmt::format("Trainable params: {}\nNon-trainable params: {}\n", trainable,
                       total - trainable);
  return out;
}

}}  // namespace gradus
