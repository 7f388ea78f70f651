#include <gradus/models/layer.h>

#include <algorithm>

#include <gradus/core/ops.h>

namespace gradus { inline namespace GRADUS_VARIANT {

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

detail::WeightList Layer::list_of(const std::vector<const Layer*>& parts) {
  detail::WeightList all;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const detail::WeightList part = parts[i]->held().list();
    for (std::size_t j = 0; j < part.weights.size(); ++j) {
      Weight weight = part.weights[j];
      weight.name = fmt::format("{}/{}", detail::layer_name(parts, i), weight.name);
      all.weights.push_back(std::move(weight));
    }
  }
  return all;
}

std::string detail::layer_name(std::span<const Layer* const> layers, std::size_t i) {
  const std::string_view type = layers[i]->type();
  const auto before = std::count_if(layers.begin(), layers.begin() + static_cast<std::ptrdiff_t>(i),
                                    [&](const Layer* l) { return l->type() == type; });
  return snake_case(type) + (before > 0 ? fmt::format("_{}", before) : "");
}

}}  // namespace gradus
