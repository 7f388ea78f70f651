// Compiled with gradus_dual, whose numbers carry derivatives: see CMakeLists.txt.

#include "training/exact.h"

#include <gradus/models/curvature.h>
#include <gradus/models/sensitivity.h>
#include <gradus/models/tune.h>
#include <gradus/schedules/algebra.h>

#include "problem/network.h"
#include "terminal/command.h"

using namespace gradus;

namespace {

constexpr std::int64_t validation_runs = 32, judge_runs = 100;

Tensor to_tensor(const std::vector<double>& numbers, const std::vector<std::int64_t>& shape) {
  Shape sizes;
  for (const std::int64_t size : shape) sizes.push_back(size);
  return Tensor(sizes, std::vector<Scalar>(numbers.begin(), numbers.end()));
}

NetworkOptions network_options(const std::vector<std::string>& values) {
  NetworkOptions out;
  auto next = values.begin();
  NetworkOptions::options(out, [&](std::string& member, const auto&...) { member = *next++; });
  return out;
}

/// A training that may be run again and again.
struct Training {
  const ExactTraining& plain;
  Network network = read_network(network_options(plain.network));
  Schedule schedule = parse_schedule(plain.schedule);
  Tensor x = to_tensor(plain.x, plain.x_shape), y = to_tensor(plain.y, plain.y_shape);

  /// The optimizer with this rate.
  Optimizer optimizer(const Schedule& rate) const {
    Optimizer out = network.optimizer.optimizer;
    out.set_learning_rate(rate);
    return out;
  }
  /// The loss at the end.
  Real operator()(const Optimizer& optimizer, std::uint64_t seed) const {
    const std::int64_t rows = x.shape()[0], kept = plain.training_rows, first = kept % rows;
    const NamedLoss& loss = find_loss(plain.loss);
    Sequential model = network.build(loss, plain.outputs);
    model.compile({.optimizer = optimizer,
                   .loss = loss.make(),
                   .seed = seed,
                   .target_deviation = plain.target_deviation});
    const auto stop = [&](std::int64_t, const Logs&) {
      model.stop_training = model.optimizer().iterations() >= plain.updates;
    };
    model.fit(slice(x, 0, 0, kept), slice(y, 0, 0, kept),
              {.batch_size = network.batch_size,
               .epochs = plain.epochs,
               .verbose = 0,
               .callbacks = {LambdaCallback{.on_train_batch_end = stop}},
               .sampling = network.sampling});
    return model.loss(slice(x, 0, first, rows), slice(y, 0, first, rows));
  }
};

/// d(loss) / d(log rate) in equal parts of the run.
std::vector<double> window_derivatives(const Training& train, std::uint64_t seed, int count,
                                       Step updates) {
  const Schedule rate = train.schedule * windows(count, updates);
  SensitivityOptions options{.only = {}, .steps = updates};
  const std::vector<OptionNumber> numbers = numbers_of(rate);  // the ones come last
  for (auto one = numbers.end() - count; one != numbers.end(); ++one)
    options.only.push_back(one->path);
  const Sensitivity found = sensitivity(
      rate, [&](const Schedule& each) { return train(train.optimizer(each), seed); }, options);
  std::vector<double> out;
  for (const Pull& pull : found.pulls) out.push_back(pull.derivative);
  return out;
}

ExactCheck to_plain(const TuneCheck& check) {
  return {check.iteration, check.loss, to_string(check.schedule), {}};
}

/// The checks, with those numbers that moved.
void add_path(ExactTuned& tuned, const std::vector<TuneCheck>& path) {
  std::vector<std::vector<OptionNumber>> numbers;
  for (const TuneCheck& check : path) {
    tuned.path.push_back(to_plain(check));
    numbers.push_back(numbers_of(check.schedule));
  }
  for (std::size_t k = 0; k < numbers[0].size(); ++k) {
    if (std::ranges::all_of(numbers,
                            [&](const auto& at) { return at[k].value == numbers[0][k].value; }))
      continue;
    tuned.numbers.push_back(numbers[0][k].path);
    for (std::size_t i = 0; i < path.size(); ++i)
      tuned.path[i].numbers.push_back(value(numbers[i][k].value));
  }
}

/// The result of a function, with the library's errors as the command line has them.
auto translated(auto function) {
  try {
    return function();
  } catch (const NumericError& error) {
    throw DivergedError(error.what());
  } catch (const Error& error) {
    std::string what = error.what();
    for (const std::string option : {"knots", "fix", "only"})
      if (const std::string start = "tune: " + option; what.starts_with(start))
        what.replace(0, start.size(), "--" + option + ":");
    throw UsageError(what);
  }
}

}  // namespace

ExactSensitivity exact_sensitivity(const ExactTraining& training, std::uint64_t seed, int windows) {
  return translated([&] {
    const Training train{training};
    const Sensitivity found =
        sensitivity(train.optimizer(train.schedule),
                    [&](const Optimizer& optimizer) { return train(optimizer, seed); },
                    {.only = {}, .steps = training.updates});
    ExactSensitivity out{.loss = found.loss,
                         .diverged = found.diverged,
                         .pulls = {},
                         .promised = found.promised,
                         .measured = found.measured,
                         .described = found.warning().empty(),
                         .windows = {}};
    if (found.diverged) return out;
    for (const Pull& pull : found.pulls)
      out.pulls.push_back(
          {path_in_schedule(pull.parameter), pull.value, pull.derivative, pull.why_not});
    if (windows > 0) out.windows = window_derivatives(train, seed, windows, training.updates);
    return out;
  });
}

std::vector<double> exact_curvatures(const ExactTraining& training) try {
  const Training train{training};
  const NamedLoss& loss = find_loss(training.loss);
  Sequential model = train.network.build(loss, training.outputs);
  model.build(train.x.shape());
  const auto mean_loss = [&] { return mean(loss.make()(train.y, model(train.x))); };
  Curvature memory{.tolerance = 1e-5};
  std::vector<double> curvatures;
  for (const auto& at : training.weights) {
    std::vector<Tensor> values = model.get_weights();
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = Tensor(values[i].shape(), std::vector<Scalar>(at[i].begin(), at[i].end()));
    model.set_weights(values);
    curvatures.push_back(sharpness(mean_loss, model.parameters(), memory).front());
  }
  return curvatures;
} catch (const NumericError&) {
  return {};
}

ExactTuned exact_tune(const ExactTraining& training, const ExactTuneOptions& options,
                      const std::function<void(const ExactCheck&)>& progress) {
  return translated([&] {
    const Training train{training};
    const Tuned tuned =
        tune(train.schedule,
             [&](const Schedule& rate, std::uint64_t seed) {
               return train(train.optimizer(rate), train.network.seed + seed);
             },
             {.knots = options.knots,
              .fix = options.fix,
              .only = options.only,
              .seeds = options.seeds,
              .iterations = options.iterations,
              .validation = validation_runs,
              .judge = judge_runs,
              .progress = [&](const TuneCheck& check) { progress(to_plain(check)); }});
    ExactTuned out{.schedule = to_string(tuned.schedule),
                   .numbers = {},
                   .before = tuned.before,
                   .before_error = tuned.before_error,
                   .after = tuned.after,
                   .after_error = tuned.after_error,
                   .gained = tuned.gained,
                   .path = {},
                   .runs = tuned.runs};
    add_path(out, tuned.path);
    return out;
  });
}
