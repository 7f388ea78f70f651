#include "problem/baseline.h"

#include <numeric>

using namespace gradus;

std::vector<double> best_constant(const NamedLoss& loss, const Tensor& y, std::int64_t outputs) {
  std::vector<double> numbers(y.values().begin(), y.values().end());
  const auto rows = static_cast<double>(numbers.size());
  if (loss.name == std::string_view("mean_squared_error"))
    return {std::reduce(numbers.begin(), numbers.end()) / rows};
  if (loss.targets == Targets::numbers) {
    const auto middle = numbers.begin() + std::ssize(numbers) / 2;
    std::nth_element(numbers.begin(), middle, numbers.end());
    return {*middle};
  }
  std::vector<double> logits(static_cast<std::size_t>(std::max<std::int64_t>(2, outputs)));
  for (const double v : numbers) ++logits[static_cast<std::size_t>(v)];
  for (double& v : logits) v = std::log(std::max(v / rows, 1e-7));
  return loss.targets == Targets::classes ? logits : std::vector{logits[1] - logits[0]};
}

Evaluation evaluate_constant(const std::vector<double>& constant, Network network,
                             const NamedLoss& loss, const Tensor& y) {
  const std::int64_t rows = y.shape()[0];
  network.hidden.clear();
  Sequential model = network.build(loss, std::ssize(constant));
  const Tensor x = Tensor::zeros({rows, 1});
  model.build(x.shape());
  model.set_weights(
      {Tensor::zeros({1, constant.size()}),
       Tensor({constant.size()}, std::vector<Scalar>(constant.begin(), constant.end()))});
  Evaluation found = model.evaluate(x, y, {.batch_size = 1024});
  if (const auto r2 = found.metrics.find("r2_score"); r2 != found.metrics.end())
    r2->second = std::round(1e9 * r2->second) / 1e9 + 0.0;  // 0, not -1e-15, for the mean
  return found;
}

Evaluation evaluate_constant(const Problem& problem, const Tensor& y) {
  return evaluate_constant(best_constant(problem.loss, problem.data.y, problem.outputs),
                           problem.network, problem.loss, y);
}

bool Scores::no_better() const {
  for (const auto& [name, accuracy] : model.metrics)
    if (name.ends_with("accuracy")) return accuracy < 1 && accuracy <= constant[name];
  return model.loss >= constant.loss;
}

std::string about_constant(const NamedLoss& loss) {
  return loss.targets == Targets::numbers ? "a constant would have"
                                          : "the largest class would have";
}

Json to_json(const Scores& scores) {
  Json json;
  const auto add = [&](const std::string& name, double model, double constant) {
    json[name] = model;
    json["constant_" + name] = constant;
  };
  add("loss", scores.model.loss, scores.constant.loss);
  for (const auto& [name, number] : scores.model.metrics) add(name, number, scores.constant[name]);
  return json;
}
