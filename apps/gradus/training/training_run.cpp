#include "training/training_run.h"

#include "terminal/command.h"
#include "terminal/terminal.h"
#include "training/stability.h"

using namespace gradus;

namespace {

std::vector<std::vector<double>> weights_of(const Sequential& model) {
  std::vector<std::vector<double>> out;
  for (const Weight& weight : model.weights())
    out.emplace_back(weight.tensor.values().begin(), weight.tensor.values().end());
  return out;
}

/// Records a training and ends it after `steps` updates.
struct Recorder {
  const Problem& problem;
  const TrainingRunOptions& options;
  TrainingRun& run;

  void measure(Sequential& model, Step step) {
    model.optimizer().finalize();  // the next update goes on at the raw weights
    const Evaluation seen = model.evaluate(problem.data.x, problem.data.y, {.batch_size = 1024});
    if (!std::isfinite(seen.loss)) {
      run.diverged = model.stop_training = true;
      return;
    }
    run.measured.push_back(step);
    run.losses.push_back(seen.loss);
    for (const auto& [name, accuracy] : seen.metrics) run.accuracies.push_back(accuracy);
  }
  void record_weights(const Sequential& model) {
    if (options.seed_of_weights ||
        problem.network.weights(problem.data.x.shape()[1], problem.outputs) != 2)
      return;
    const auto weights = weights_of(model);
    run.path.push_back({weights[0][0], weights[1][0]});
  }

  void on_train_batch_end(std::int64_t, const Logs&, Sequential& model) {
    if (const int signal = SignalWatch::caught()) throw StoppedError(signal, "in a run");
    const Step step = model.optimizer().iterations();
    if (step == std::ssize(run.rates)) return;  // the batch only added to the gradients
    run.rates.push_back(value(model.optimizer().last_learning_rate()));
    record_weights(model);
    model.stop_training = step == options.steps;
    if (step % options.every == 0 || step == options.steps) measure(model, step);
  }
};

}  // namespace

std::int64_t rows_per_batch(const Problem& problem) {
  const std::int64_t rows = problem.data.x.shape()[0], size = problem.network.batch_size;
  const Sampling how = problem.network.sampling;
  return how == Sampling::replacement ? size : how == Sampling::full ? rows : std::min(size, rows);
}

std::int64_t batches_per_update(const Problem& problem) {
  const OptimizerOptions& options = problem.model.optimizer().options();
  return static_cast<std::int64_t>(value(options.gradient_accumulation_steps.value_or(1).count));
}

Step updates_in(const Problem& problem, std::int64_t epochs) {
  return std::max<Step>(1, epochs * problem.batches / batches_per_update(problem));
}

std::int64_t epochs_for(const Problem& problem, Step updates) {
  return (updates * batches_per_update(problem) + problem.batches - 1) / problem.batches;
}

TrainingRun run_training(const Problem& problem, const TrainingRunOptions& options,
                         Sequential* trained) {
  TrainingRun run;
  Sequential model = problem.model;
  Optimizer optimizer = problem.model.optimizer();
  optimizer.set_learning_rate(options.rate);
  std::vector<Metric> metrics;
  if (problem.loss.targets != Targets::numbers) metrics = metrics_for(problem.loss.targets);
  for (const std::uint64_t seed : {options.seed_of_weights.value_or(options.seed), options.seed}) {
    model.compile({.optimizer = optimizer,
                   .loss = problem.loss.make(),
                   .metrics = metrics,
                   .seed = seed,
                   .target_deviation = problem.network.target_deviation});
    model.build(problem.data.x.shape());  // the second time it keeps its weights
  }

  Recorder recorder{problem, options, run};
  recorder.measure(model, 0);
  recorder.record_weights(model);
  const auto first = weights_of(model);
  if (options.steps > 0)
    run.history = model.fit(problem.data.x, problem.data.y,
                            {.batch_size = problem.network.batch_size,
                             .epochs = epochs_for(problem, options.steps),
                             .verbose = 0,
                             .callbacks = {recorder},
                             .terminate_on_nan = true,
                             .sampling = problem.network.sampling});
  if (run.history.diverged() || run.losses.empty() ||
      run.losses.back() > TrainingRun::far_above * run.losses.front())
    run.diverged = true;
  run.updates = std::ssize(run.rates);
  if (options.seed == problem.network.seed)
    run.stable = run.diverged || !options.curvature
                     ? stable_rates(problem, {})
                     : stable_rates(problem, {first, weights_of(model)});
  if (trained) *trained = std::move(model);
  return run;
}

Step TrainingRun::diverged_at() const {
  for (std::size_t i = 0; i < losses.size(); ++i)
    if (losses[i] > far_above * losses[0]) return measured[i];
  return updates;
}
