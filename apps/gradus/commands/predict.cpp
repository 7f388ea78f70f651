#include "commands/predict.h"

#include <fmt/format.h>
#include <gradus/core/ops.h>

#include <algorithm>

#include "terminal/text.h"

using namespace gradus;

namespace {

/// (rows, classes)
Tensor probabilities(const Tensor& outputs) {
  if (outputs.shape()[1] > 1) return softmax(outputs);
  const Tensor one = sigmoid(outputs);
  return concat({1 - one, one}, 1);
}

/// The most probable class and the probability of each; without classes, the number.
std::string prediction(std::span<const Scalar> row, const std::vector<std::string>& classes,
                       const TrainedModel& trained) {
  if (classes.empty()) return trained.number(value(row[0]));
  const auto best = std::max_element(row.begin(), row.end(),
                                     [](Scalar a, Scalar b) { return value(a) < value(b); });
  std::string out = csv_cell(classes[static_cast<std::size_t>(best - row.begin())]);
  for (const Scalar v : row) out += fmt::format(",{:.6g}", value(v));
  return out;
}

}  // namespace

std::string PredictCommand::run() const {
  TrainedModel read = read_trained_model(trained, false);
  const std::vector<std::string> classes = read.class_names();
  const Tensor outputs = read.model.predict(read.rows.x, {.batch_size = 1024});
  const Tensor predicted = classes.empty() ? outputs : probabilities(outputs);
  const auto width = static_cast<std::size_t>(predicted.shape()[1]);
  const std::string label = read.saved.prepared ? read.saved.prepared->target.name : "";
  std::string out = csv_cell(!label.empty() ? label : classes.empty() ? "y" : "class");
  std::string missing = "NA";
  for (const std::string& each : classes) {
    out += fmt::format(",{}", csv_cell(each));
    missing += ",NA";
  }
  out += '\n';
  // One line for each row of the file, in its order.
  const std::vector<std::int64_t>& dropped = read.rows.dropped;
  std::span<const Scalar> values = predicted.values();
  auto gap = dropped.begin();
  for (std::int64_t row = 0; !values.empty() || gap != dropped.end(); ++row) {
    if (gap != dropped.end() && *gap == row) {
      out += missing + '\n';
      ++gap;
    } else {
      out += prediction(values.first(width), classes, read) + '\n';
      values = values.subspan(width);
    }
  }
  return out;
}
