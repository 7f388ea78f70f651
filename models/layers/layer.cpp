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

Layer::Layer(const Layer& other)
    : Layer(other.held().clone(other.input_ ? &*other.input_ : nullptr), other.input_) {
  renew({&other, 1}, {this, 1});
}

Layer Layer::copy_or_self() const {
  try {
    return *this;
  } catch (const StateError&) {
    return {held_, input_};
  }
}

/// A member Layer of a struct has its own weights by now, since it was copied with the struct; but
/// weights that two members share were copied twice.
detail::Renewed Layer::renew(std::span<const Layer> from, std::span<const Layer> to) {
  detail::Renewed renewed;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const detail::WeightList old = from[i].held().list(), now = to[i].held().list();
    for (std::size_t j = 0; j < old.weights.size(); ++j) {
      const Tensor& before = old.weights[j].tensor;
      if (!before.node()) continue;
      const auto known = std::find_if(renewed.begin(), renewed.end(), [&](const auto& pair) {
        return pair.first.node() == before.node();
      });
      Tensor* const member = now.members[j];
      if (known != renewed.end()) {
        if (member) *member = known->second;
        continue;
      }
      if (member && member->node() == before.node())
        *member = before.node()->is_parameter ? parameter(before) : detach(before);
      renewed.emplace_back(before, member ? *member : now.weights[j].tensor);
    }
  }
  return renewed;
}

void Layer::copy_values(std::string_view type, const std::vector<Tensor>& from,
                        const std::vector<Tensor>& to) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (!from[i].node()) continue;
    check<StateError>(i < to.size() && to[i].node() && to[i].node() != from[i].node() &&
                          to[i].shape() == from[i].shape(),
                      "Layer: {} must list its weights in weights(self, weight) to be copied",
                      type);
    to[i].node()->replace(from[i].node()->value);
  }
}

detail::WeightList Layer::list_of(const std::vector<const Layer*>& parts) {
  detail::WeightList all;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const detail::WeightList part = parts[i]->held().list();
    for (std::size_t j = 0; j < part.weights.size(); ++j) {
      Weight weight = part.weights[j];
      weight.name = fmt::format("{}/{}", detail::layer_name(parts, i), weight.name);
      all.weights.push_back(std::move(weight));
      all.members.push_back(part.members[j]);
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
