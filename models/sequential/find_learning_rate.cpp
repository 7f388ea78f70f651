#include <gradus/models/find_learning_rate.h>

#include <numeric>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

/// Records each update, and ends training when the loss diverges.
struct Watch {
  RateTest& test;
  const FindOptions& options;
  Step updates;     ///< noted so far
  Batch some = {};  ///< the rows to measure
  double next = 0;  ///< loss of those rows before the next update
  double sum = 0, weight = 0, least = 0;

  void measure(Sequential& model) {
    if (test.rows > 0) next = model.evaluate(some.x, some.y, {.batch_size = test.rows}).loss;
  }
  void on_train_begin(const Logs&, Sequential& model) {
    const Batch& all = model.training_rows();
    test.rows = std::min<std::int64_t>(all.rows(), options.all_rows);
    std::vector<std::int64_t> chosen(static_cast<std::size_t>(all.rows()));
    std::iota(chosen.begin(), chosen.end(), 0);
    if (test.rows < all.rows()) Random(0, "rows of find_learning_rate").shuffle(chosen);
    chosen.resize(static_cast<std::size_t>(test.rows));
    if (test.rows > 0) some = {gather_rows(all.x, chosen), gather_rows(all.y, chosen)};
    measure(model);
  }
  void on_train_batch_end(std::int64_t, const Logs&, Sequential& model) {
    if (model.optimizer().iterations() == updates) return;  // gradients were only collected
    ++updates;
    const double loss = test.rows > 0 ? next : model.last_loss();
    const double past = test.rows > 0 ? 0 : value(options.smoothing);
    sum = past * sum + loss;
    weight = past * weight + 1;
    const double smooth = sum / weight;
    test.rates.push_back(value(model.optimizer().last_learning_rate()));
    test.losses.push_back(loss);
    test.smoothed.push_back(smooth);
    least = test.losses.size() == 1 ? smooth : std::min(least, smooth);
    // Rounding alone multiplies a loss of 1e-30.
    const double size = std::max(std::abs(test.smoothed[0]), 1e-7 * model.loss_unit());
    measure(model);
    model.stop_training =
        smooth - least > (value(options.stop_factor) - 1) * size || !std::isfinite(next);
  }
};

/// The losses from `first` on as a curve that never rises.
std::vector<double> falling_curve(const RateTest& test, std::size_t first) {
  std::vector<double> curve(test.smoothed.begin() + static_cast<std::ptrdiff_t>(first),
                            test.smoothed.end());
  if (test.rows > 0) {
    for (std::size_t i = 1; i < curve.size(); ++i) curve[i] = std::min(curve[i], curve[i - 1]);
  } else {
    const auto lowest = std::ranges::min_element(curve);
    std::fill(lowest, curve.end(), *lowest);
    for (std::size_t i = curve.size(); i-- > 1;) curve[i - 1] = std::max(curve[i], curve[i - 1]);
  }
  return curve;
}

void mark(RateTest& test) {
  const std::size_t n = test.losses.size(), first = test.rows > 0 ? 0 : n / 10;
  if (n == 0) return;
  const std::vector<double> curve = falling_curve(test, first);
  const double fall = curve[0] - curve.back();
  if (!(fall > 0)) return;
  const auto reached = [&](double loss) {
    const auto there = std::ranges::find_if(curve, [&](double l) { return l <= loss; });
    return test.rates[first + static_cast<std::size_t>(there - curve.begin())];
  };
  test.valley = reached(curve[0] - fall / 3);
  test.minimum = reached(curve.back()) / 10;
  const std::size_t window = std::max<std::size_t>(n / 10, 1);  // below curve.size()
  std::size_t best = 0;
  for (std::size_t i = 1; i + window < curve.size(); ++i)
    if (curve[i] - curve[i + window] > curve[best] - curve[best + window]) best = i;
  test.steep = std::sqrt(test.rates[first + best] * test.rates[first + best + window]);
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
  const History history = trial.fit(x, y,
                                    {.batch_size = options.batch_size,
                                     .verbose = 0,
                                     .callbacks = {Watch{test, options, optimizer.iterations()}},
                                     .steps_per_epoch = calls * options.steps,
                                     .terminate_on_nan = true,
                                     .sampling = options.sampling});
  test.diverged = std::ssize(test.losses) < options.steps;
  mark(test);
  return test;
}

}}  // namespace gradus
