#pragma once
/// Layer: anything that turns a tensor into a tensor, with or without weights.

#include <concepts>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <gradus/core/fields.h>
#include <gradus/core/node.h>
#include <gradus/core/tensor.h>

namespace gradus::inline GRADUS_VARIANT {

class Sequential;

/// What a layer may want to know of the moment.
struct Mode {
  bool training;   ///< false in evaluate() and predict()
  Random& random;  ///< keyed by the model's seed and the step
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
}  // namespace detail

/// A struct becomes a layer by `Tensor operator()(const Tensor& x)`, or `(const Tensor& x, const
/// Mode& mode)`. It may also have
/// - `void build(const Shape& input, Random& random)`, called once, when the shape of its input is
///   known: axis 0 is the batch's, of no meaning; `input.back()` is the number of features;
/// - `std::vector<Tensor> parameters() const`, its trainable tensors, made in build();
/// - `std::int64_t input_width() const`, the features it was built for, 0 before that: with it, a
///   layer in the wrong place is named in the error;
/// - `void validate() const`, called when the struct becomes a Layer, to refuse bad options.
///
/// A copy of a Layer has parameters of its own.
class Layer {
 public:
  template <class L>
  requires((detail::PlainLayer<L> || detail::ModalLayer<L>)&&!std::same_as<L, Layer> &&
           !std::same_as<L, Sequential>) Layer(L layer)
      : held_(std::make_unique<Held<L>>(std::move(layer))) {}
  Layer(const Layer& other) : held_(other.held().clone()) {}
  Layer(Layer&&) noexcept = default;
  Layer& operator=(Layer other) noexcept {
    std::swap(held_, other.held_);
    return *this;
  }
  ~Layer() = default;

  Tensor operator()(const Tensor& x, const Mode& mode) { return held().call(x, mode); }
  void build(const Shape& input, Random& random) { held().build(input, random); }
  std::vector<Tensor> parameters() const { return held().parameters(); }
  std::int64_t input_width() const { return held().input_width(); }
  /// The struct's name, such as `Dense`.
  std::string_view type() const { return held().type(); }

 private:
  struct Any {
    virtual ~Any() = default;
    virtual std::unique_ptr<Any> clone() const = 0;
    virtual Tensor call(const Tensor& x, const Mode& mode) = 0;
    virtual void build(const Shape& input, Random& random) = 0;
    virtual std::vector<Tensor> parameters() const = 0;
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
    std::vector<Tensor> parameters() const override {
      if constexpr (requires { layer.parameters(); }) return layer.parameters();
      return {};
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
  std::unique_ptr<Any> held_;
};

}  // namespace gradus
