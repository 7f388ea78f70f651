#include <gradus/models/find_learning_rate.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

/// Records each update, and ends training when the loss diverges.
struct Watch {
  RateTest& test;
  double stop_factor, smoothing;
  Step updates;  ///< noted so far
  double sum = 0, weight = 0, least = 0;

  void on_train_batch_end(std::int64_t, const Logs&, Sequential& model) {
    if (model.optimizer().iterations() == updates) return;  // gradients were only collected
    ++updates;
    const double loss = model.last_loss();
    sum = smoothing * sum + loss;
    weight = smoothing * weight + 1;
    const double smooth = sum / weight;
    test.rates.push_back(value(model.optimizer().last_learning_rate()));
    test.losses.push_back(loss);
    test.smoothed.push_back(smooth);
    if (test.losses.size() == 1 || smooth < least) least = smooth;
    model.stop_training = smooth - least > (stop_factor - 1) * std::abs(least);
  }
};

/// The index half way along the longest falling subsequence.
std::size_t half_way_down(std::span<const double> losses) {
  std::vector<std::size_t> length(losses.size(), 1);  // of the longest one that ends here
  std::size_t last = 0;
  for (std::size_t i = 1; i < losses.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j)
      if (losses[i] < losses[j]) length[i] = std::max(length[i], length[j] + 1);
    if (length[i] > length[last]) last = i;
  }
  // fastai takes a third of the way, and half of a third more.
  const std::size_t start = last - (length[last] - 1), span = last - start;
  return start + span / 3 + span / 6;
}

std::size_t steepest(std::span<const double> losses, std::span<const double> rates) {
  const auto slope = [&](std::size_t i) {
    return (losses[i + 1] - losses[i]) / std::log(rates[i + 1] / rates[i]);
  };
  std::size_t best = 0;
  for (std::size_t i = 1; i + 1 < losses.size(); ++i)
    if (slope(i) < slope(best)) best = i;
  return best;
}

void mark(RateTest& test) {
  const std::size_t n = test.losses.size(), first = n / 10;
  if (n < first + 5 + 3) return;
  const auto part = [&](const std::vector<double>& all) {
    return std::span(all).subspan(first, n - first - 5);
  };
  const auto losses = part(test.smoothed), rates = part(test.rates);
  test.valley = rates[half_way_down(losses)];
  test.steep = rates[steepest(losses, rates)];
  const auto least = std::min_element(losses.begin(), losses.end()) - losses.begin();
  test.minimum = rates[static_cast<std::size_t>(least)] / 10;
}

}  // namespace

RateTest find_learning_rate(const Sequential& model, const Tensor& x, const Tensor& y,
                            const FindOptions& options) {
  detail::validate(options, "find_learning_rate");
  Sequential trial = model;
  Optimizer& optimizer = trial.optimizer();
  const double begin = static_cast<double>(optimizer.iterations());
  const double last = static_cast<double>(options.steps - 1);
  optimizer.set_learning_rate([=, start = options.start, end = options.end](double step) {
    using std::pow;
    return start * pow(end / start, std::min(step - begin, last) / last);
  });
  const auto calls = static_cast<std::int64_t>(
      value(optimizer.options().gradient_accumulation_steps.value_or(1).count));
  RateTest test;
  const History history =
      trial.fit(x, y,
                {.batch_size = options.batch_size,
                 .verbose = 0,
                 .callbacks = {Watch{test, value(options.stop_factor), value(options.smoothing),
                                     optimizer.iterations()}},
                 .steps_per_epoch = calls * options.steps,
                 .terminate_on_nan = true});
  test.diverged = std::ssize(test.losses) < options.steps;
  mark(test);
  return test;
}

}}  // namespace gradus
