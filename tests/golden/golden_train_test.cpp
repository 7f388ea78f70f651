/// Trains a small network by hand and compares every loss and weight with a reference's.

#include <gradus/gradus.h>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "golden_support.h"

namespace {

using golden::coarse;
using golden::GoldenFile;
using golden::Json;
using golden::numbers;
using golden::Skipped;
using namespace gradus;

Schedule schedule_of(const Json& run) {
  const Json &s = run.at("schedule"), &hyper = run.at("hyper");
  const std::string kind = s.at("kind").get<std::string>();
  const auto of = [](const Json& from, const char* key) { return from.at(key).get<double>(); };
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

Optimizer optimizer_of(const Json& run) {
  const Json &o = run.at("optimizer"), &hyper = run.at("hyper");
  const std::string kind = o.at("kind").get<std::string>();
  const Schedule rate = schedule_of(run);
  if (kind == "sgd") return SGD{.learning_rate = rate};
  if (kind == "sgd_keras")
    return SGD{.learning_rate = rate,
               .momentum = hyper.at("momentum").get<double>(),
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

/// The problem's rows, all or those of a batch.
struct Rows {
  Tensor x, one_hot, targets;
};

Rows rows_of(const Json& problem, const std::vector<std::size_t>& which) {
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

Tensor loss_of(const std::vector<Tensor>& w, const Rows& rows, bool squared) {
  const Tensor logits = matmul(tanh(matmul(rows.x, w[0]) + w[1]), w[2]) + w[3];
  if (squared) return mean(square(logits - rows.targets));
  return mean(logsumexp(logits, {.axis = 1}) - sum(logits * rows.one_hot, {.axis = 1}));
}

std::string compare_weights(const std::vector<Tensor>& w, const Json& want, std::size_t step) {
  const char* names[] = {"w1", "b1", "w2", "b2"};
  for (std::size_t i = 0; i < 4; ++i) {
    const std::vector<double> values = numbers(want.at(names[i]));
    const Tensor& got = w[i];
    for (std::size_t j = 0; j < values.size(); ++j)  // float: fifty updates' rounding
      if (!golden::close(got.values()[j], values[j], coarse ? 2e-5 : 1e-10, coarse ? 2e-5 : 1e-8))
        return fmt::format("{}[{}] after {}: got {}, want {}", names[i], j, step, got.values()[j],
                           values[j]);
  }
  return {};
}

std::string compare_run(const Json& problem, const Json& run) {
  Optimizer opt = optimizer_of(run);
  std::vector<Tensor> w;
  for (const char* name : {"w1", "b1", "w2", "b2"}) {
    const Json tensor{{"shape", problem.at("shapes").at(name)}, {"data", problem.at(name)}};
    w.push_back(parameter(golden::tensor(tensor)));
  }
  const bool squared = run.at("loss") == "mse";
  std::vector<std::size_t> all(problem.at("n").get<std::size_t>());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  const Json& result = run.at("result");
  const double tolerance = coarse ? 2e-5 : 1e-9;
  const auto steps = run.at("steps").get<std::size_t>();
  for (std::size_t t = 0; t < steps; ++t) {
    auto batch = all;
    if (run.contains("batches"))
      batch = run.at("batches")[t % run.at("batches").size()].get<std::vector<std::size_t>>();
    const Tensor loss = loss_of(w, rows_of(problem, batch), squared);
    const double want = result.at("loss_before_step")[t].get<double>();
    if (!golden::close(loss.item(), want, coarse ? 2e-5 : 0, tolerance))
      return fmt::format("loss before step {}: got {}, want {}", t, loss.item(), want);
    loss.backward();
    opt.step(w);
    const std::string after = std::to_string(t + 1);
    if (!result.at("weights_after").contains(after)) continue;
    if (auto wrong = compare_weights(w, result.at("weights_after").at(after), t + 1);
        !wrong.empty())
      return wrong;
  }
  const double last = loss_of(w, rows_of(problem, all), squared).item();
  const double want = result.at("final_full_batch_loss").get<double>();
  return golden::close(last, want, coarse ? 2e-5 : 0, tolerance)
             ? ""
             : fmt::format("final loss: got {}, want {}", last, want);
}

}  // namespace

TEST_CASE("golden: fifty updates of a small network") {
  GoldenFile file("ops/train.json");
  const auto compare = [&](const Json& run) { return compare_run(file.root().at("problem"), run); };
  golden::run_cases(file, compare, {.list = "runs", .name = "name"});
}
