/// fit(): the loop over epochs and batches.

#include <cmath>

#include <gradus/core/node.h>
#include <gradus/core/thread_pool.h>
#include <gradus/models/rows.h>
#include <gradus/models/sequential.h>

namespace gradus { inline namespace GRADUS_VARIANT {

using detail::Hook;

/// One run of fit(): options, data, callbacks and progress. The model does not know it; a Session
/// is all that callbacks reach.
struct Sequential::Fit {
  Fit(Sequential& trained, const FitOptions& with, detail::Feed from, std::optional<Batch> held)
      : threads(trained.compiled_->threads),
        model(trained),
        options(with),
        feed(std::move(from)),
        validation(std::move(held)),
        steps(with.steps_per_epoch ? with.steps_per_epoch->count : feed.batches()),
        session{{with.verbose, with.progress, with.epochs, steps,
                 !trained.compiled_->optimizer.schedule().constant()},
                with.callbacks} {
    for (const Callback& callback : session.callbacks)
      watched =
          watched || callback.has(Hook::train_batch_begin) || callback.has(Hook::train_batch_end);
    model.session_ = &session;
  }
  ~Fit() { model.session_ = nullptr; }

  History run();
  void begin();
  void epoch();
  void batch(const Batch& rows);
  void end_epoch();
  void fail(const detail::Fault& fault, std::int64_t number, Step step);
  bool validates() const { return validation && (now.epoch + 1) % options.validation_freq == 0; }
  void call(Hook hook, std::int64_t index, const Logs& logs) {
    model.call(session.callbacks, hook, index, logs);
  }

  const Threads threads;
  Sequential& model;
  detail::Run& now = model.run_;
  const FitOptions& options;
  detail::Feed feed;
  std::optional<Batch> validation;
  std::int64_t steps;                    ///< batches in an epoch; 0 if only the source knows
  Random::Streams draws{0, "training"};  ///< for layers that draw random numbers, such as Dropout
  detail::Session session;
  Logs batch_logs, epoch_logs;
  bool watched = false;  ///< a callback has a hook for batches
};

History Sequential::Fit::run() {
  begin();
  while (now.epoch < options.epochs && !model.stop_training) epoch();
  if (options.epochs > 0 && (!now.history.epochs().empty() || now.batch > 0))
    model.compiled_->optimizer.finalize();
  call(Hook::train_end, 0, epoch_logs);
  now.callbacks = session.callback_state();
  return now.history;
}

void Sequential::Fit::begin() {
  model.stop_training = false;
  if (!now.note.empty()) session.progress.say(std::exchange(now.note, {}));
  if (!options.resume) {
    now = {.epoch = options.initial_epoch};
    model.compiled_->optimizer.drop_collected();
  }
  Logs keys;
  const CompileOptions& with = *model.compiled_;
  for (const char* prefix : {"", "val_"}) {
    if (*prefix && !validation) continue;
    keys.set(fmt::format("{}loss", prefix), std::nan(""));
    detail::for_each_metric(with, [&](std::size_t, const Metric& metric, bool) {
      keys.set(prefix + metric.name(), std::nan(""));
    });
  }
  keys.set("learning_rate", std::nan(""));
  call(Hook::train_begin, 0, keys);
  // A callback may have loaded a checkpoint by now; then its run continues.
  session.begun = true;
  check<StateError>(!now.in_epoch || now.totals.metrics.size() ==
                                         with.metrics.size() + with.weighted_metrics.size(),
                    "fit: to go on with the run, the metrics must be those it had");
  now.history.reserve(options.epochs);
  feed.resume(now, with.seed);
  draws = Random::Streams(with.seed, "training");
  session.load_callbacks(std::exchange(now.callbacks, {}));
}

void Sequential::Fit::epoch() {
  model.compiled_->optimizer.resume();  // also for hooks before the first update
  const HideAverages at_end{model};
  session.progress.begin_epoch(now.epoch);
  if (!now.in_epoch) {
    now.batch = 0;
    now.totals.clear();
    if (!options.steps_per_epoch || now.position == 0) feed.begin_pass(now, model.batches_);
    now.in_epoch = true;
    call(Hook::epoch_begin, now.epoch, epoch_logs);
  }
  while ((steps == 0 || now.batch < steps) && !model.stop_training) {
    std::optional<Batch> next = feed.next(now);
    if (!next && options.steps_per_epoch && feed.batches() > 0) {  // start over at the first row
      feed.begin_pass(now, model.batches_);
      next = feed.next(now);
    }
    if (!next) break;
    batch(feed.batches() > 0 ? *next : model.checked_batch("fit", *next));
  }
  if (now.batch > 0) return end_epoch();
  check<StateError>(model.stop_training, "fit: the source must give at least one batch (got none)");
}

void Sequential::Fit::batch(const Batch& rows) {
  const std::int64_t number = now.batch;
  call(Hook::train_batch_begin, number, batch_logs);
  const Random random(draws, static_cast<std::uint64_t>(model.batches_));
  if (const detail::Fault fault = model.train_step(rows, random, now.totals)) [[unlikely]]
    return fail(fault, now.batch + 1, model.compiled_->optimizer.iterations());
  ++now.batch;
  const bool due = session.progress.due();
  if (watched || due) now.totals.report(*model.compiled_, batch_logs);
  if (due) session.progress.batch(now.batch, batch_logs);
  call(Hook::train_batch_end, number, batch_logs);
}

/// Ends training after a number that is not finite: with an error, or marked in the history.
void Sequential::Fit::fail(const detail::Fault& fault, std::int64_t number, Step step) {
  const Schedule& rate = model.compiled_->optimizer.schedule();
  check<NumericError>(
      options.terminate_on_nan, "fit: {} at epoch {} batch {} step {} (lr {}, last finite loss {})",
      fault.text, now.epoch + 1, number, step, value(rate.at(static_cast<double>(step))),
      now.totals.last_loss.value_or(std::nan("")));
  now.history.set_diverged();
  model.stop_training = true;
}

void Sequential::Fit::end_epoch() {
  Logs& logs = epoch_logs;  // kept, so that an epoch asks for no memory
  if (options.validation_freq > 1) logs = {};
  now.totals.report(*model.compiled_, logs);
  if (validates()) {
    const Extent rows = options.validation_batch_size.value_or(options.batch_size);
    model.evaluate_rows(*validation, rows, options.validation_steps.value_or(0), session.callbacks)
        .report(*model.compiled_, logs, "val_");
  }
  logs.set("learning_rate", value(model.compiled_->optimizer.last_learning_rate()));
  const std::int64_t number = now.epoch++, batches = now.batch;
  now.in_epoch = false;
  now.history.add(number, logs);
  call(Hook::epoch_end, number, logs);
  session.progress.end_epoch(batches, logs);
}

void Sequential::check_idle(const char* caller) const {
  check<StateError>(!session_, "{}: must not be called for a model inside fit()", caller);
}

History Sequential::fit(const Tensor& x, const Tensor& y, const FitOptions& options) {
  check_compiled("fit");
  check_idle("fit");
  detail::validate(options, "fit");
  Batch training = checked_batch("fit", {x, y, options.sample_weight});
  std::optional<Batch> validation;
  if (options.validation_data)
    validation = checked_batch("fit: validation_data", *options.validation_data);
  else if (options.validation_split > 0)
    validation = detail::hold_back(training, options.validation_split);
  training.sample_weight =  // rows held back have none, as in Keras
      detail::weights_of("fit", options.class_weight, training.sample_weight, training.y);
  return Fit(*this, options, {std::move(training), options.batch_size, options.shuffle},
             std::move(validation))
      .run();
}

History Sequential::fit(BatchSource source, const FitOptions& options) {
  check_compiled("fit");
  check_idle("fit");
  detail::validate(options, "fit");
  check(options.validation_split == 0 && options.class_weight.empty() &&
            options.sample_weight.size() == 0,
        "fit: validation_split, class_weight and sample_weight must not come with a BatchSource");
  std::optional<Batch> validation;
  if (options.validation_data)
    validation = checked_batch("fit: validation_data", *options.validation_data);
  return Fit(*this, options, detail::Feed(std::move(source)), std::move(validation)).run();
}

double Sequential::last_loss() const { return run_.totals.last_loss.value_or(std::nan("")); }

void Sequential::report(std::string_view line) const {
  if (session_) session_->progress.say(line);
}

}}  // namespace gradus
