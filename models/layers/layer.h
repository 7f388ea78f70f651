#pragma once
/// Layer: anything that turns a tensor into a tensor, with or without weights.

#include <fmt/core.h>

#include <concepts>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <gradus/core/fields.h>
#include <gradus/core/node.h>
#include <gradus/core/random.h>
#include <gradus/core/tensor.h>
#include <gradus/models/constraints.h>
#include <gradus/models/regularizers.h>

namespace gradus { inline namespace GRADUS_VARIANT {

class Sequential;

/// One of a layer's weights, with what is to be done about it.
struct Weight {
  std::string name;       ///< `kernel`, within the layer
  Tensor tensor;          ///< made by parameter()
  bool trainable = true;  ///< false: state that the layer keeps itself, such as a moving mean
  Regularizer regularizer = {};  ///< adds to the loss, or null
  Constraint constraint = {};    ///< what it is brought to after each update, or null
};

/// What a layer may want to know of the moment.
struct Mode {
  bool training;   ///< false in evaluate() and predict()
  Random& random;  ///< keyed by the model's seed and the step

  /// State and the value it is to get.
  struct Assignment {
    Tensor state, value;
  };
  /// Where assign() leaves its work; null: it is done at once.
  std::vector<Assignment>* assignments = nullptr;

  /// Gives a layer's state, such as a moving mean, a new value: in fit() after the update, so that
  /// a step that fails changes nothing.
  void assign(const Tensor& state, const Tensor& value) const;
};

namespace detail {
template <class L>
concept PlainLayer = requires(L& layer, const Tensor& x) {
  { layer(x) } -> std::convertible_to<Tensor>;
};
template <class L>
concept ModalLayer = requires(L& layer, const Tensor& x, const Mode& mode) {
  { layer(x, mode) } -> std::convertible_to<Tensor>;
};
template <class L>
concept MadeOfLayers = requires(L& layer) {
  L::layers(layer, [](auto&&) {});
};
}  // namespace detail

/// A struct becomes a layer by `Tensor operator()(const Tensor& x)`, or `(const Tensor& x, const
/// Mode& mode)`. It may also have
/// - `void build(const Shape& input, Random& random)`, called once, when the shape of its input is
///   known: axis 0 is the batch's, of no meaning; `input.back()` is the number of features;
/// - `std::vector<Tensor> parameters() const`, its trainable tensors, made in build(); or, to name
///   them and say more, `std::vector<Weight> weights() const`;
/// - `static void layers(auto& self, auto&& layer)`, for a struct made of layers: it calls
///   `layer(self.head)` for each member of type Layer. Such a member is built when it is first
///   called, which the first pass must do, and needs no mention in build() or parameters();
/// - `std::int64_t input_width() const`, the features it was built for, 0 before that: with it, a
///   layer in the wrong place is named in the error;
/// - `void validate() const`, called when the struct becomes a Layer, to refuse bad options.
///
///     struct WideAndDeep {
///       Layer deep = Dense{.units = 16, .activation = relu}, head = Dense{.units = 1};
///       Tensor operator()(const Tensor& x, const Mode& mode) {
///         return head(concat({x, deep(x, mode)}, 1), mode);
///       }
///       static void layers(auto& self, auto&& layer) { layer(self.deep), layer(self.head); }
///     };
///     Sequential model{WideAndDeep{}};
///
/// A copy of a Layer has parameters of its own.
class Layer {
 public:
  template <class L>
  requires((detail::PlainLayer<L> || detail::ModalLayer<L>)&&!std::same_as<L, Layer> &&
           !std::same_as<L, Sequential>) Layer(L layer)
      : held_(std::make_unique<Held<L>>(std::move(layer))) {}
  Layer(const Layer& other) : held_(other.held().clone()), built_(other.built_) {}
  Layer(Layer&&) noexcept = default;
  Layer& operator=(Layer other) noexcept {
    std::swap(held_, other.held_);
    std::swap(built_, other.built_);
    return *this;
  }
  ~Layer() = default;

  /// Builds the layer first, from mode.random, if that was not done.
  Tensor operator()(const Tensor& x, const Mode& mode) {
    if (!built_) [[unlikely]]
      build(x.shape(), mode.random);
    return held().call(x, mode);
  }
  void build(const Shape& input, Random& random) {
    held().build(input, random);
    built_ = true;
  }
  /// All weights; those of a struct made of layers are named `dense/kernel`, `dense_1/kernel`.
  std::vector<Weight> weights() const { return held().weights(); }
  /// The trainable ones.
  std::vector<Tensor> parameters() const;
  std::int64_t input_width() const { return held().input_width(); }
  /// The struct's name, such as `Dense`.
  std::string_view type() const { return held().type(); }

 private:
  struct Any {
    virtual ~Any() = default;
    virtual std::unique_ptr<Any> clone() const = 0;
    virtual Tensor call(const Tensor& x, const Mode& mode) = 0;
    virtual void build(const Shape& input, Random& random) = 0;
    virtual std::vector<Weight> weights() const = 0;
    virtual std::int64_t input_width() const = 0;
    virtual std::string_view type() const = 0;
  };
  template <class L>
  struct Held final : Any {
    explicit Held(L l) : layer(std::move(l)) { detail::validate(layer); }
    std::unique_ptr<Any> clone() const override {
      const detail::DeepCopy own_parameters;
      return std::make_unique<Held>(*this);
    }
    Tensor call(const Tensor& x, const Mode& mode) override {
      if constexpr (detail::ModalLayer<L>)
        return layer(x, mode);
      else
        return layer(x);
    }
    void build(const Shape& input, Random& random) override {
      if constexpr (requires { layer.build(input, random); }) layer.build(input, random);
    }
    std::vector<Weight> weights() const override {
      std::vector<Weight> all;
      if constexpr (detail::MadeOfLayers<L>) {
        std::vector<const Layer*> parts;
        L::layers(layer, [&](const Layer& part) { parts.push_back(&part); });
        all = weights_of(parts);
      }
      if constexpr (requires { layer.weights(); })
        for (Weight& weight : layer.weights()) all.push_back(std::move(weight));
      else if constexpr (requires { layer.parameters(); })
        for (const Tensor& tensor : layer.parameters())
          all.push_back({fmt::format("{}", all.size()), tensor});
      return all;
    }
    std::int64_t input_width() const override {
      if constexpr (requires { layer.input_width(); }) return layer.input_width();
      return 0;
    }
    std::string_view type() const override { return detail::type_name<L>(); }
    L layer;
  };

  Any& held() const {
    check<StateError>(held_ != nullptr, "Layer: this layer was moved from");
    return *held_;
  }
  static std::vector<Weight> weights_of(const std::vector<const Layer*>& parts);

  std::unique_ptr<Any> held_;
  bool built_ = false;
};

namespace detail {
/// Keras's name of layer number i: its type in snake case, numbered from the second of a type on:
/// `dense`, `dense_1`.
std::string layer_name(std::span<const Layer* const> layers, std::size_t i);
}  // namespace detail

}}  // namespace gradus
