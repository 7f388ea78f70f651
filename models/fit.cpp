/// fit(): epochs, batches and the training step.

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gradus/core/denormals.h>
#include <gradus/core/node.h>
#include <gradus/core/ops.h>
#include <gradus/models/rows.h>
#include <gradus/models/sequential.h>

namespace gradus::inline GRADUS_VARIANT {

/// Where training is, for errors and averages.
struct Sequential::Epoch {
  explicit Epoch(std::size_t numbers) : means(numbers) {}
  std::int64_t number = 0, batch = 0;
  double last_loss = std::nan("");
  detail::RowMeans means;  ///< of the loss, then of each metric
};

namespace {

void check_options(const FitOptions& options) {
  check(options.batch_size >= 1, "fit: batch_size must be >= 1 (got {})", options.batch_size.count);
  check(options.epochs >= 0, "fit: epochs must be >= 0 (got {})", options.epochs.count);
  check(options.validation_split >= 0 && options.validation_split < 1,
        "fit: validation_split must be in [0, 1) (got {})", options.validation_split);
}

/// Takes the last share of the rows off `training`.
Dataset hold_back(Dataset& training, double share) {
  const std::int64_t rows = training.x.shape()[0];
  const auto kept = static_cast<std::int64_t>(std::floor(static_cast<double>(rows) * (1 - share)));
  check(kept > 0 && kept < rows,
        "fit: validation_split must leave rows on both sides (got {} of {} rows)", share, rows);
  Dataset held{detail::row_range(training.x, kept, rows),
               detail::row_range(training.y, kept, rows)};
  training = {detail::row_range(training.x, 0, kept), detail::row_range(training.y, 0, kept)};
  return held;
}

/// What an epoch reports, in Keras's order.
detail::Logs names_of(const std::vector<Metric>& metrics, bool validated) {
  detail::Logs logs;
  for (const char* prefix : {"", "val_"}) {
    if (*prefix && !validated) continue;
    logs.emplace_back(std::string(prefix) + "loss", 0.0);
    for (const Metric& metric : metrics) logs.emplace_back(prefix + metric.name(), 0.0);
  }
  logs.emplace_back("learning_rate", 0.0);
  return logs;
}

/// File order, or a shuffle that depends on nothing but the seed, the updates made and the rows.
void put_in_order(std::vector<std::int64_t>& order, bool shuffle, const CompileOptions& with) {
  std::iota(order.begin(), order.end(), 0);
  if (!shuffle) return;
  Random(with.seed, "shuffle", static_cast<std::uint64_t>(with.optimizer.iterations()))
      .shuffle(order);
}

std::span<const std::int64_t> batch_of(std::span<const std::int64_t> order, std::int64_t batch,
                                       std::int64_t batch_size) {
  const auto size = static_cast<std::size_t>(batch_size);
  const std::size_t start = static_cast<std::size_t>(batch) * size;
  return order.subspan(start, std::min(size, order.size() - start));
}

}  // namespace

/// One training step: forward, loss, backward, update.
void Sequential::train_batch(const Dataset& batch, Epoch& epoch) {
  const detail::FlushDenormals flush;
  Optimizer& optimizer = compiled_->optimizer;
  Random random(compiled_->seed, "training", static_cast<std::uint64_t>(optimizer.iterations()));
  const auto where = [&] {
    return fmt::format(" at epoch {} batch {} step {} (lr {}, last finite loss {})",
                       epoch.number + 1, epoch.batch + 1, optimizer.iterations(),
                       value(optimizer.schedule().at(static_cast<double>(optimizer.iterations()))),
                       epoch.last_loss);
  };

  const Tensor y_pred = (*this)(batch.x, {.training = true, .random = random});
  const std::int64_t rows = batch.x.shape()[0];
  const Tensor loss = detail::row_mean(compiled_->loss(batch.y, y_pred), rows);
  const double number = value(loss.item());
  if (!std::isfinite(number)) [[unlikely]]
    throw NumericError("fit: non-finite loss" + where());
  detail::gradients_into(loss, parameters_, gradients_);
  optimizer.apply(gradients_, parameters_, where);

  epoch.last_loss = number;
  epoch.means.add_rows(rows);
  epoch.means.add(0, number, rows);
  const NoGrad off;
  for (std::size_t i = 0; i < compiled_->metrics.size(); ++i) {
    std::vector<double> sums;
    compiled_->metrics[i].update(sums, batch.y, y_pred);
    epoch.means.add(1 + i, compiled_->metrics[i].result(sums), rows);
  }
}

/// The epoch's numbers, in the order of `logs`: loss, metrics, the same of the validation data,
/// rate.
void Sequential::end_epoch(const Epoch& epoch, const std::optional<Dataset>& validation,
                           std::int64_t batch_size, detail::Logs& logs) {
  for (const Tensor& parameter : parameters_)
    if (detail::kernels().first_not_finite(parameter.values().data(), parameter.size()) >= 0)
      throw NumericError(
          fmt::format("fit: non-finite weights after epoch {} step {} (lr {}, last "
                      "finite loss {})",
                      epoch.number + 1, compiled_->optimizer.iterations(),
                      value(compiled_->optimizer.last_learning_rate()), epoch.last_loss));
  const std::size_t count = 1 + compiled_->metrics.size();
  for (std::size_t i = 0; i < count; ++i) logs[i].second = epoch.means[i];
  if (validation) {
    const Evaluation e = evaluate_rows(*validation, batch_size);
    logs[count].second = e.loss;
    for (std::size_t i = 1; i < count; ++i)
      logs[count + i].second = e[compiled_->metrics[i - 1].name()];
  }
  logs.back().second = value(compiled_->optimizer.last_learning_rate());
}

History Sequential::fit(const Tensor& x, const Tensor& y, const FitOptions& options) {
  const CompileOptions& with = compiled("fit");
  check_options(options);
  Dataset training = checked_examples("fit", x, y);
  std::optional<Dataset> validation;
  if (options.validation_data)
    validation = checked_examples("fit: validation_data", options.validation_data->x,
                                  options.validation_data->y);
  else if (options.validation_split > 0)
    validation = hold_back(training, options.validation_split);

  const std::int64_t rows = training.x.shape()[0];
  const std::int64_t batches = (rows + options.batch_size - 1) / options.batch_size;
  std::vector<std::int64_t> order(static_cast<std::size_t>(rows));
  detail::Logs logs = names_of(with.metrics, validation.has_value());
  History history(options.epochs);
  detail::Progress progress(options.verbose, options.progress, options.epochs, batches,
                            !with.optimizer.schedule().constant());
  Epoch epoch(1 + with.metrics.size());
  for (; epoch.number < options.epochs; ++epoch.number) {
    progress.begin_epoch(epoch.number);
    epoch.means.clear();
    put_in_order(order, options.shuffle, with);
    for (epoch.batch = 0; epoch.batch < batches; ++epoch.batch) {
      const auto chosen = batch_of(order, epoch.batch, options.batch_size);
      train_batch({detail::take_rows(training.x, chosen), detail::take_rows(training.y, chosen)},
                  epoch);
      progress.batch(epoch.batch + 1, epoch.means[0]);
    }
    end_epoch(epoch, validation, options.batch_size, logs);
    history.add(epoch.number, logs);
    progress.end_epoch(logs);
  }
  return history;
}

}  // namespace gradus
