#pragma once
/// The runs of ops/train.json: a small network trained by hand.

#include <functional>

#include <gradus/gradus.h>

#include "golden_support.h"

namespace golden {

using namespace gradus;

/// A number of the run's optimizer, by its name in the file; a test may give it derivatives.
using Seed = std::function<Real(const std::string& name, double number)>;
inline Real plain(const std::string&, double number) { return number; }

inline Schedule schedule_of(const Json& run, const Seed& seed) {
  const Json &s = run.at("schedule"), &hyper = run.at("hyper");
  const std::string kind = s.at("kind").get<std::string>();
  const auto of = [&](const Json& from, const char* key) {
    return seed(key, from.at(key).get<double>());
  };
  if (kind == "constant") return of(hyper, "lr");
  if (kind == "cosine_decay")
    return CosineDecay{of(hyper, "lr"), of(s, "decay_steps"), of(hyper, "alpha")};
  if (kind == "cosine_warmup")
    return CosineDecay{.initial_learning_rate = of(hyper, "lr"),
                       .decay_steps = of(s, "decay_steps"),
                       .alpha = of(hyper, "alpha"),
                       .warmup_target = of(hyper, "warmup_target"),
                       .warmup_steps = of(s, "warmup_steps")};
  if (kind == "exponential_decay")
    return ExponentialDecay{of(hyper, "lr"), of(s, "decay_steps"), of(hyper, "decay_rate"),
                            s.at("staircase").get<bool>()};
  if (kind != "piecewise_constant") throw Skipped("no schedule " + kind);
  PiecewiseConstantDecay pieces{};
  for (const double b : numbers(s.at("boundaries"))) pieces.boundaries.push_back(b);
  for (const double v : numbers(s.at("values"))) pieces.values.push_back(v);
  return pieces;
}

inline Optimizer optimizer_of(const Json& run, const Seed& seed = plain) {
  const Json &o = run.at("optimizer"), &hyper = run.at("hyper");
  const std::string kind = o.at("kind").get<std::string>();
  const Schedule rate = schedule_of(run, seed);
  if (kind == "sgd") return SGD{.learning_rate = rate};
  if (kind == "sgd_keras")
    return SGD{.learning_rate = rate,
               .momentum = seed("momentum", hyper.at("momentum").get<double>()),
               .nesterov = o.at("nesterov").get<bool>()};
  if (kind == "adam_keras")
    return Adam{.learning_rate = rate,
                .beta_1 = o.at("beta1").get<double>(),
                .beta_2 = o.at("beta2").get<double>(),
                .epsilon = o.at("eps").get<double>()};
  if (kind == "rmsprop_keras")
    return RMSprop{.learning_rate = rate,
                   .rho = o.at("rho").get<double>(),
                   .epsilon = o.at("eps").get<double>()};
  throw Skipped("PyTorch's form");
}

/// w1, b1, w2, b2 as the runs begin.
inline std::vector<Tensor> weights_of(const Json& problem) {
  std::vector<Tensor> w;
  for (const char* name : {"w1", "b1", "w2", "b2"})
    w.push_back(
        parameter(tensor({{"shape", problem.at("shapes").at(name)}, {"data", problem.at(name)}})));
  return w;
}

/// The problem's rows, all or those of a batch.
struct Rows {
  Tensor x, one_hot, targets;
};

inline Rows rows_of(const Json& problem, const std::vector<std::size_t>& which) {
  const std::vector<double> x = numbers(problem.at("x")), targets = numbers(problem.at("targets")),
                            labels = numbers(problem.at("labels"));
  std::vector<Scalar> some_x, some_targets, one_hot;
  for (const std::size_t row : which) {
    for (std::size_t j = 0; j < 4; ++j) some_x.push_back(static_cast<Scalar>(x[4 * row + j]));
    for (std::size_t j = 0; j < 3; ++j) {
      some_targets.push_back(static_cast<Scalar>(targets[3 * row + j]));
      one_hot.push_back(labels[row] == static_cast<double>(j) ? 1 : 0);
    }
  }
  return {Tensor({which.size(), 4}, some_x), Tensor({which.size(), 3}, one_hot),
          Tensor({which.size(), 3}, some_targets)};
}

/// The rows of update t, and all of them with t = -1.
inline Rows rows_of(const Json& problem, const Json& run, std::int64_t t) {
  std::vector<std::size_t> which(problem.at("n").get<std::size_t>());
  for (std::size_t i = 0; i < which.size(); ++i) which[i] = i;
  if (t >= 0 && run.contains("batches")) {
    const Json& batches = run.at("batches");
    which = batches[static_cast<std::size_t>(t) % batches.size()].get<std::vector<std::size_t>>();
  }
  return rows_of(problem, which);
}

inline Tensor loss_of(const std::vector<Tensor>& w, const Rows& rows, const Json& run) {
  const Tensor logits = matmul(tanh(matmul(rows.x, w[0]) + w[1]), w[2]) + w[3];
  if (run.at("loss") == "mse") return mean(square(logits - rows.targets));
  return mean(logsumexp(logits, {.axis = 1}) - sum(logits * rows.one_hot, {.axis = 1}));
}

}  // namespace golden
