#pragma once
/// Layer: a value type for any struct that turns a tensor into a tensor, with or without weights.

#include <memory>

#include <gradus/core/node.h>
#include <gradus/models/constraints.h>
#include <gradus/models/regularizers.h>

namespace gradus { inline namespace GRADUS_VARIANT {

class Layer;
class Sequential;

/// One weight of a layer, and how training treats it.
struct Weight {
  std::string name = {};         ///< `kernel`, within the layer
  Tensor tensor = {};            ///< made by parameter()
  bool trainable = true;         ///< false: state that the layer updates, such as a moving mean
  Regularizer regularizer = {};  ///< adds to the loss, or null
  Constraint constraint = {};    ///< applied after each update, or null
};

/// How a layer is called.
struct Mode {
  bool training;   ///< false in evaluate() and predict()
  Random& random;  ///< keyed by the model's seed and the step

  /// A state tensor and its next value.
  struct Assignment {
    Tensor state, value;
  };
  /// Where assign() puts its work; null: assign() acts at once.
  std::vector<Assignment>* assignments = nullptr;

  /// Gives a layer's state, such as a moving mean, a new value. In fit() that happens after the
  /// update, so that a step that fails changes nothing. ShapeError unless the shapes are equal.
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

/// Neither kind of layer, but a function or a struct that can be called.
template <class L>
concept NoLayer = Callable<L> && !PlainLayer<L> && !ModalLayer<L> && !std::same_as<L, Layer> &&
                  !std::derived_from<L, Sequential>;

/// Keras's name of layer number i: its type in snake case, with a number from the second layer of
/// a type on: `dense`, `dense_1`.
std::string layer_name(std::span<const Layer* const> layers, std::size_t i);

}  // namespace detail

/// A struct becomes a layer by `Tensor operator()(const Tensor& x)`, or `(const Tensor& x, const
/// Mode& mode)`. It may also have
/// - `void build(const Shape& input, Random& random)`, called once, when the input's shape is
///   known: axis 0 is the batch size and is ignored; `input.back()` is the number of features;
/// - `static void weights(auto& self, auto&& weight)`, which lists the members that are weights:
///   `weight("kernel", self.kernel)`, or with more fields of Weight,
///   `weight("mean", self.mean, {.trainable = false})`;
/// - `std::vector<Tensor> parameters() const` instead, its trainable tensors, made by parameter();
///   their names are "0", "1", ...;
/// - `static void layers(auto& self, auto&& layer)`, for a struct made of layers: it calls
///   `layer(self.head)` for each member of type Layer. A member is built when it is first called,
///   which the first pass must do; build() and weights() do not mention it;
/// - `std::int64_t input_width() const`, the features it was built for, 0 before that: with it, the
///   error for a layer in the wrong place names the layer;
/// - its errors (ValueError, ShapeError, StateError): the model puts `dense_2: ` in front;
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
/// A copy of a Layer has its own weights with the same values. A tensor that a struct does not
/// list, or that a lambda captures, stays shared; a copy of a Sequential copies that one, too.
class Layer {
 public:
  template <class L>
  requires((detail::PlainLayer<L> || detail::ModalLayer<L>)&&!std::same_as<L, Layer> &&
           !std::same_as<L, Sequential>) Layer(L layer)
      : held_(std::make_shared<Held<L>>(std::move(layer))) {}
  template <detail::NoLayer L>
  Layer(L, detail::Expects<"Dense{...} or [](const Tensor& x) { return relu(x); }"> = {}) = delete;
  Layer(const Layer& other) : input_(other.input_) {
    const detail::DeepCopies own(nodes({&other, 1}));
    held_ = other.held().clone();
  }
  Layer(Layer&&) noexcept = default;
  Layer& operator=(const Layer& other) { return *this = Layer(other); }
  Layer& operator=(Layer&&) noexcept = default;

  /// Builds the layer first, from mode.random, if it was not built.
  Tensor operator()(const Tensor& x, const Mode& mode) {
    if (!input_) [[unlikely]]
      build(x.shape(), mode.random);
    return held().call(x, mode);
  }
  void build(const Shape& input, Random& random) {
    held().build(input, random);
    input_ = input;
  }
  /// All weights; those of a struct made of layers are named `dense/kernel`, `dense_1/kernel`.
  std::vector<Weight> weights() const { return held().weights(); }
  /// The trainable ones.
  std::vector<Tensor> parameters() const {
    std::vector<Tensor> trainable;
    for (const Weight& weight : weights())
      if (weight.trainable) trainable.push_back(weight.tensor);
    return trainable;
  }
  std::int64_t input_width() const { return held().input_width(); }
  /// The struct's name, such as `Dense`.
  std::string_view type() const { return held().type(); }

  /// For models: the tensors that a copy of these layers does not share.
  static std::vector<const detail::Node*> nodes(std::span<const Layer> layers) {
    std::vector<const detail::Node*> all;
    if (detail::DeepCopies::active()) return all;
    for (const Layer& layer : layers)
      for (const Weight& weight : layer.weights()) all.push_back(weight.tensor.node());
    return all;
  }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual std::shared_ptr<Interface> clone() const = 0;
    virtual Tensor call(const Tensor& x, const Mode& mode) = 0;
    virtual void build(const Shape& input, Random& random) = 0;
    virtual std::vector<Weight> weights() = 0;
    virtual std::int64_t input_width() const = 0;
    virtual std::string_view type() const = 0;
  };
  template <class L>
  struct Held final : Interface {
    explicit Held(L l) : layer(std::move(l)) { detail::validate(layer); }
    std::shared_ptr<Interface> clone() const override { return std::make_shared<Held>(*this); }
    Tensor call(const Tensor& x, const Mode& mode) override {
      if constexpr (detail::ModalLayer<L>)
        return layer(x, mode);
      else
        return layer(x);
    }
    void build([[maybe_unused]] const Shape& input, [[maybe_unused]] Random& random) override {
      if constexpr (requires { layer.build(input, random); }) layer.build(input, random);
    }
    std::vector<Weight> weights() override {
      std::vector<Weight> all;
      const auto add = [&](std::string_view name, Tensor& tensor, Weight weight = {}) {
        weight.name = name;
        weight.tensor = tensor;
        all.push_back(std::move(weight));
      };
      if constexpr (requires { L::layers(layer, [](auto&&) {}); }) {
        std::vector<const Layer*> parts;
        L::layers(layer, [&](const Layer& part) { parts.push_back(&part); });
        for (std::size_t i = 0; i < parts.size(); ++i)
          for (Weight& part : parts[i]->weights())
            add(detail::layer_name(parts, i) + '/' + part.name, part.tensor, part);
      }
      if constexpr (requires { L::weights(layer, add); })
        L::weights(layer, add);
      else if constexpr (requires { layer.parameters(); })
        for (const Tensor& tensor : layer.parameters())
          all.push_back({std::to_string(all.size()), tensor});
      return all;
    }
    std::int64_t input_width() const override {
      if constexpr (requires { layer.input_width(); }) return layer.input_width();
      return 0;
    }
    std::string_view type() const override { return detail::type_name<L>(); }
    L layer;
  };

  Interface& held() const {
    check<StateError>(held_ != nullptr, "Layer: this layer was moved from");
    return *held_;
  }

  std::shared_ptr<Interface> held_;
  std::optional<Shape> input_;  ///< once built
};

}}  // namespace gradus
