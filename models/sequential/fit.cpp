/// fit(): the loop over epochs and batches.

#include <gradus/core/thread_pool.h>
#include <gradus/models/rows.h>
#include <gradus/models/sequential.h>
#include <gradus/schedules/inspect.h>

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
                detail::CallbackList(with.callbacks)},
        watched(session.callbacks.has(Hook::train_batch_begin) ||
                session.callbacks.has(Hook::train_batch_end)) {
    session.rows = feed.rows();
    model.session_ = &session;
  }
  ~Fit() {
    model.session_ = nullptr;
    model.optimizer().set_watch(nullptr);  // of a callback that is gone
    try {
      model.optimizer().present();  // also after an error
    } catch (...) {
    }  // evaluate() throws this error
  }

  History run();
  void begin();
  void epoch();
  void batch(const Batch& rows);
  void end_batch();
  enum class End { of_steps, of_source, stopped };
  void end_epoch(End end);
  void fail(const detail::Fault& fault, std::int64_t number, Step step);
  Logs keys() const;
  void recall_logs();
  void note_rate();
  bool validates(std::int64_t epoch) const {
    return validation && (epoch + 1) % options.validation_freq == 0;
  }
  void call(Hook hook, std::int64_t index, const Logs& logs) {
    if (session.callbacks.has(hook)) model.compiled_->optimizer.present();
    session.callbacks.call(hook, index, logs, model);
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
  bool watched;                      ///< a callback has a hook for batches
  detail::Totals staged;             ///< with the batch whose update may be refused
  Logs batch_logs, epoch_logs = {};  ///< kept, so that an epoch asks for no memory
};

History Sequential::Fit::run() {
  begin();
  try {
    // The hook of the last epoch's end, for those who have not heard it.
    if (!now.in_epoch && !now.history.epochs().empty())
      call(Hook::epoch_end, now.history.epochs().back(), epoch_logs);
    while (now.epoch < options.epochs && !model.stop_training) epoch();
    if (options.epochs > 0 && (now.in_epoch || !now.history.epochs().empty()))
      model.compiled_->optimizer.finalize();
    call(Hook::train_end, 0, epoch_logs);
  } catch (...) {
    now.callbacks = session.callbacks.state();
    throw;
  }
  now.callbacks = session.callbacks.state();
  return now.history;
}

/// The names that the run will report, with nan.
Logs Sequential::Fit::keys() const {
  Logs keys;
  for (const char* prefix : {"", "val_"}) {
    if (*prefix && !validation) continue;
    keys.set(fmt::format("{}loss", prefix), std::nan(""));
    detail::for_each_metric(*model.compiled_, [&](std::size_t, const Metric& metric, bool) {
      keys.set(prefix + metric.name(), std::nan(""));
    });
  }
  keys.set("learning_rate", std::nan(""));
  session.callbacks.add_to(keys);
  return keys;
}

void Sequential::Fit::begin() {
  model.stop_training = false;
  if (!now.note.empty()) session.progress.say(std::exchange(now.note, {}));
  if (!options.resume) {
    now = {.epoch = options.initial_epoch};
    model.compiled_->optimizer.drop_collected();
  }
  const CompileOptions& with = *model.compiled_;
  call(Hook::train_begin, 0, keys());
  // A callback may have loaded a checkpoint by now; then its run continues.
  const bool same_metrics =
      now.totals.metrics.size() == with.metrics.size() + with.weighted_metrics.size();
  check<StateError>(!now.in_epoch || same_metrics,
                    "fit: to go on with the run, the metrics must be those it had");
  now.history.reserve(options.epochs);
  feed.resume(now, with.seed);
  draws = Random::Streams(with.seed, "training");
  const bool moved = now.in_epoch || !now.history.epochs().empty();
  session.callbacks.load(now.callbacks, moved ? 1 : 0);
  session.begun = true;
  now.history.set_diverged(false);
  recall_logs();
  const bool cut_short =
      now.in_epoch && epoch_logs.size() > 0 && now.history.epochs().back() == now.epoch;
  if (cut_short && now.epoch < options.epochs) {  // it goes on
    now.history.remove_last(epoch_logs);
    recall_logs();
  }
  if (moved && watched && same_metrics) now.totals.report(with, batch_logs);
  note_rate();
}

/// Says what may be a mistake in the rate, from the first update to the last one of this run.
void Sequential::Fit::note_rate() {
  const Optimizer& optimizer = model.compiled_->optimizer;
  const double each = value(optimizer.options().gradient_accumulation_steps.value_or(1).count);
  const double batches =
      static_cast<double>(options.epochs - now.epoch) * static_cast<double>(steps) -
      static_cast<double>(now.in_epoch ? now.batch : 0);
  const double last = static_cast<double>(optimizer.iterations()) + std::floor(batches / each);
  if (!options.inspect || options.verbose == 0 || steps == 0 || batches < each || last > 1e15 ||
      optimizer.schedule().constant())
    return;
  std::vector<std::string> notes;
  try {
    notes = inspect(optimizer.schedule(), static_cast<Step>(last));
  } catch (const std::exception&) {
    return;  // of the user's function; training will report it when it gets there
  }
  for (const std::string& note : notes)
    session.progress.say(fmt::format("note: learning_rate: {}\n", note));
}

/// The logs of the last epoch, as its hooks had them.
void Sequential::Fit::recall_logs() {
  epoch_logs = {};
  if (now.history.epochs().empty()) return;
  const bool validated = validates(now.history.epochs().back());
  for (const auto& [name, _] : keys())
    if (now.history.contains(name) && !now.history[name].empty() &&
        (validated || !name.starts_with("val_")))
      epoch_logs.set(name, now.history[name].back());
}

void Sequential::Fit::epoch() {
  model.compiled_->optimizer.resume();  // also for hooks before the first update
  const auto shown = model.averages_shown();
  session.progress.begin_epoch(now.epoch);
  if (now.in_epoch) {
    end_batch();  // of the last one, for those who have not heard it
  } else {
    now.batch = 0;
    if (!options.steps_per_epoch || now.position == 0) feed.begin_pass(now, model.batches_);
    call(Hook::epoch_begin, now.epoch, epoch_logs);
  }
  const auto whole = [&] { return steps > 0 && now.batch >= steps; };
  while (!whole() && !model.stop_training) {
    if (feed.batches() == 0) model.compiled_->optimizer.present();  // a source may look, too
    std::optional<Batch> next = feed.next(now);
    if (!next && options.steps_per_epoch && feed.batches() > 0) {  // start over at the first row
      feed.begin_pass(now, model.batches_);
      next = feed.next(now);
    }
    if (!next && now.in_epoch) return end_epoch(End::of_source);
    check<StateError>(next.has_value(), "fit: the source must give at least one batch (got none)");
    batch(feed.batches() > 0 ? *next : model.checked_batch("fit", *next));
  }
  if (now.in_epoch) end_epoch(whole() ? End::of_steps : End::stopped);
}

void Sequential::Fit::batch(const Batch& rows) {
  call(Hook::train_batch_begin, now.batch, batch_logs);
  const Random random(draws, static_cast<std::uint64_t>(model.batches_));
  staged = now.totals;
  if (!now.in_epoch) staged.clear();
  if (const detail::Fault fault = model.train_step(rows, random, staged)) [[unlikely]]
    return fail(fault, now.batch + 1, model.compiled_->optimizer.iterations());
  std::swap(now.totals, staged);
  ++now.batch;
  ++now.position;
  now.in_epoch = true;
  session.callbacks.moved();
  end_batch();
}

void Sequential::Fit::end_batch() {
  const bool due = session.progress.due();
  if (watched || due) now.totals.report(*model.compiled_, batch_logs);
  if (watched) session.callbacks.add_to(batch_logs);
  if (due) model.compiled_->optimizer.present(), session.progress.batch(now.batch, batch_logs);
  call(Hook::train_batch_end, now.batch - 1, batch_logs);
}

/// Ends training after a number that is not finite: with an error, or marked in the history.
void Sequential::Fit::fail(const detail::Fault& fault, std::int64_t number, Step step) {
  const Schedule& rate = model.compiled_->optimizer.schedule();
  check<NumericError>(
      options.terminate_on_nan, "fit: {} at epoch {} batch {} step {} (lr {}, last finite loss {})",
      fault.text, now.epoch + 1, number, step, value(rate.at(static_cast<double>(step))),
      staged.last_loss.value_or(std::nan("")));
  now.history.set_diverged(true);
  model.stop_training = true;
}

/// An epoch that was stopped is reported, but the run stays within it.
void Sequential::Fit::end_epoch(End end) {
  if (end == End::stopped) session.callbacks.hold();
  Logs& logs = epoch_logs;
  if (options.validation_freq > 1) logs = {};
  now.totals.report(*model.compiled_, logs);
  if (validates(now.epoch)) {
    const Extent rows = options.validation_batch_size.value_or(options.batch_size);
    model.evaluate_rows(*validation, rows, options.validation_steps.value_or(0), session.callbacks)
        .report(*model.compiled_, logs, "val_");
  }
  logs.set("learning_rate", value(model.compiled_->optimizer.last_learning_rate()));
  session.callbacks.add_to(logs);
  const std::int64_t number = now.epoch, batches = now.batch;
  now.history.add(number, logs);
  if (end != End::stopped) {
    ++now.epoch;
    now.batch = 0;
    now.in_epoch = false;
    if (end == End::of_source) feed.ended(now);
    session.callbacks.moved();
  }
  call(Hook::epoch_end, number, logs);
  model.compiled_->optimizer.present();
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
  return Fit(*this, options, {std::move(training), options}, std::move(validation)).run();
}

History Sequential::fit(BatchSource source, const FitOptions& options) {
  check_compiled("fit");
  check_idle("fit");
  detail::validate(options, "fit");
  check(options.validation_split == 0 && options.class_weight.empty() &&
            options.sample_weight.size() == 0 && options.sampling == Sampling::shuffled,
        "fit: validation_split, class_weight, sample_weight and sampling must not come with a "
        "BatchSource");
  std::optional<Batch> validation;
  if (options.validation_data)
    validation = checked_batch("fit: validation_data", *options.validation_data);
  return Fit(*this, options, detail::Feed(std::move(source)), std::move(validation)).run();
}

}}  // namespace gradus
