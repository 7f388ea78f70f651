#include "commands/evaluate.h"

#include <fmt/format.h>
#include <gradus/core/ops.h>

#include <algorithm>

#include "terminal/command.h"
#include "terminal/json.h"
#include "terminal/text.h"

using namespace gradus;

namespace {

constexpr std::int64_t most_rows = 1024;  ///< in a batch

/// The targets in the shape that the loss needs. UsageError for one that the model cannot predict.
Tensor checked_targets(const TrainedModel& trained, const std::string& data) {
  const Tensor& y = trained.rows.y;
  if (!trained.has_classes()) {
    check<UsageError>(y.rank() == 2, "'{}': the target must be a number (got words)", clean(data));
    return y;
  }
  const auto classes = std::ssize(trained.class_names());
  for (const Scalar v : y.values())
    check<UsageError>(value(v) >= 0 && value(v) < static_cast<double>(classes) &&
                          value(v) == static_cast<double>(static_cast<std::int64_t>(value(v))),
                      "'{}': the target must be one of {} classes (got {})", clean(data), classes,
                      value(v));
  return trained.saved.outputs == 1 ? reshape(y, {-1, 1}) : y;
}

}  // namespace

std::string EvaluateCommand::run() const {
  check<UsageError>(!csv || !json, "--csv and --json: must not both be given");
  TrainedModel read = read_trained_model(trained, true);
  const Tensor y = checked_targets(read, trained.data);
  const std::int64_t rows = y.shape()[0];
  const Evaluation found =
      read.model.evaluate(read.rows.x, y, {.batch_size = std::min(rows, most_rows)});
  Json out = Json::object({{"rows", rows}});
  std::string head = "rows", line = fmt::format("{}", rows), table;
  const auto add = [&](const std::string& key, double number) {
    out[key] = number;
    head += fmt::format(",{}", key);
    line += fmt::format(",{}", number);
    table += fmt::format("{:<20} {:.4g}\n", key, number);
  };
  add("loss", found.loss);
  for (const auto& [key, number] : found.metrics) add(key, number);
  if (json) return to_line(out);
  if (csv) return fmt::format("{}\n{}\n", head, line);
  return fmt::format("{} on {} rows of {}\n{}", clean(trained.model), rows, clean(trained.data),
                     table);
}
