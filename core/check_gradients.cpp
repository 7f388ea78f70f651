#include <gradus/core/check_gradients.h>

#include <gradus/core/ops.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

using Function = std::function<Tensor(std::span<const Tensor>)>;

/// The result of f as one number: the sum of its elements with random weights.
Tensor weighted(const Function& f, std::span<const Tensor> inputs) {
  const Tensor y = f(inputs);
  Random random(0, "check_gradients");
  return sum(y * Tensor::uniform(y.shape(), 0.5, 1.5, random));
}

/// The result after element k of input i is moved by `offset`.
double moved(const Function& f, std::vector<Tensor> inputs, std::size_t i, std::size_t k,
             double offset) {
  std::vector<Scalar> values(inputs[i].values().begin(), inputs[i].values().end());
  values[k] = static_cast<Scalar>(value(values[k]) + offset);
  inputs[i] = Tensor(inputs[i].shape(), values);
  return value(weighted(f, inputs).item());
}

}  // namespace

GradientCheck check_gradients(const Function& f, const std::vector<Tensor>& inputs) {
  constexpr bool coarse = std::numeric_limits<Scalar>::digits < 50;
  const double h = coarse ? 1e-2 : 1e-4;
  GradientCheck result{.tolerance = coarse ? 1e-2 : 1e-7};

  std::vector<Tensor> leaves;
  for (const Tensor& x : inputs) leaves.push_back(parameter(x));
  const std::vector<Tensor> exact = gradients(weighted(f, leaves), leaves);

  const NoGrad off;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    for (std::size_t k = 0; k < inputs[i].values().size(); ++k) {
      const auto at = [&](double offset) { return moved(f, inputs, i, k, offset); };
      const double difference = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
      const double g = value(exact[i].values()[k]);
      const double error = std::abs(g - difference) / (1 + std::abs(g));
      if (std::isnan(error))
        return {.max_error = error, .tolerance = result.tolerance, .ok = false};
      result.max_error = std::max(result.max_error, error);
    }
  result.ok = result.max_error <= result.tolerance;
  return result;
}

}}  // namespace gradus
