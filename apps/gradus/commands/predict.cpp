/// gradus evaluate and gradus predict.

#include <fmt/format.h>
#include <gradus/core/ops.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "commands/predict.h"
#include "problem/saved.h"

using namespace gradus;

namespace {

constexpr std::int64_t rows_at_a_time = 1024;

/// A saved model with rows for it.
struct Learnt {
  SavedProblem saved;
  Sequential model;
  Dataset rows;
};

Learnt load(const std::string& model, const std::string& data, const std::string& seed,
            bool labelled) {
  if (model.empty() || data.empty())
    throw UsageError("a model and data are needed, such as iris.safetensors new.csv; see --help");
  const SavedProblem saved = read_saved(model);
  const std::string& own = saved.training.problem.seed;
  const auto number =
      static_cast<std::uint64_t>(read_whole("--seed", seed.empty() ? own : seed, 0));
  if (is_file(data) && !seed.empty())
    throw UsageError("--seed: must come with made-up data, not with a file");
  const bool from_file = is_file(saved.training.problem.data);
  if (is_file(data) != from_file)
    throw UsageError(fmt::format("the data must be {}, as '{}' has learnt from {} (got '{}')",
                                 from_file ? "a file" : "made-up data", clean(model),
                                 clean(saved.training.problem.data), clean(data)));
  Dataset rows = read_rows(data, saved.learnt, labelled, number);
  if (rows.x.shape()[1] != saved.inputs)
    throw UsageError(
        fmt::format("the data must have {} columns, as '{}' has learnt from {} "
                    "(got {}, of '{}')",
                    saved.inputs, clean(model), clean(saved.training.problem.data),
                    rows.x.shape()[1], clean(data)));
  if (saved.scale) rows.x = (*saved.scale)(rows.x);
  return {saved, load_model(saved, model), std::move(rows)};
}

bool has_classes(const SavedProblem& saved) { return saved.loss.ends_with("crossentropy"); }

/// The names of the classes; their numbers where they have none.
std::vector<std::string> classes_of(const SavedProblem& saved) {
  if (!has_classes(saved) || !saved.learnt.classes.empty()) return saved.learnt.classes;
  std::vector<std::string> names;
  for (std::int64_t k = 0; k < std::max<std::int64_t>(saved.outputs, 2); ++k)
    names.push_back(fmt::format("{}", k));
  return names;
}

/// (rows, classes)
Tensor probabilities(const Tensor& outputs) {
  if (outputs.shape()[1] > 1) return softmax(outputs);
  const Tensor one = sigmoid(outputs);
  return concat({1 - one, one}, 1);
}

/// The targets as the loss wants them, each checked to be one that the model can give.
Tensor targets_of(const Learnt& learnt, const std::string& data) {
  const Tensor& y = learnt.rows.y;
  if (!has_classes(learnt.saved)) {
    if (y.rank() != 2)
      throw UsageError(fmt::format("'{}': the target must be a number (got words)", clean(data)));
    return y;
  }
  const auto classes = std::ssize(classes_of(learnt.saved));
  for (const Scalar v : y.values())
    if (!(value(v) >= 0 && value(v) < static_cast<double>(classes) &&
          value(v) == static_cast<double>(static_cast<std::int64_t>(value(v)))))
      throw UsageError(fmt::format("'{}': the target must be one of {} classes (got {})",
                                   clean(data), classes, value(v)));
  return learnt.saved.outputs == 1 ? reshape(y, {-1, 1}) : y;
}

/// The most probable class and the probability of each; without classes, the number.
std::string answer(std::span<const Scalar> row, const std::vector<std::string>& classes) {
  std::string out;
  if (!classes.empty()) {
    const auto best = std::max_element(row.begin(), row.end(),
                                       [](Scalar a, Scalar b) { return value(a) < value(b); });
    out = csv_cell(classes[static_cast<std::size_t>(best - row.begin())]);
  }
  for (const Scalar v : row) out += fmt::format("{}{:.6g}", out.empty() ? "" : ",", value(v));
  return out;
}

}  // namespace

std::string EvaluateCommand::run() const {
  if (csv && json) throw UsageError("--csv and --json: must not both be given");
  Learnt learnt = load(model, data, seed, true);
  const Tensor y = targets_of(learnt, data);
  const std::int64_t rows = y.shape()[0];
  const Evaluation found =
      learnt.model.evaluate(learnt.rows.x, y, {.batch_size = std::min(rows, rows_at_a_time)});
  std::vector<std::pair<std::string, double>> numbers = {{"loss", found.loss}};
  numbers.insert(numbers.end(), found.metrics.begin(), found.metrics.end());
  if (json) {
    nlohmann::ordered_json out{{"rows", rows}};
    for (const auto& [key, number] : numbers) out[key] = number;
    return out.dump() + "\n";
  }
  std::string head = "rows", line = fmt::format("{}", rows), shown;
  for (const auto& [key, number] : numbers) {
    head += fmt::format(",{}", key);
    line += fmt::format(",{}", number);
    shown += fmt::format("{:<20} {:.4g}\n", key, number);
  }
  if (csv) return fmt::format("{}\n{}\n", head, line);
  return fmt::format("{} on {} rows of {}\n{}", clean(model), rows, clean(data), shown);
}

std::string PredictCommand::run() const {
  Learnt learnt = load(model, data, seed, false);
  const std::vector<std::string> classes = classes_of(learnt.saved);
  const Tensor outputs = learnt.model.predict(learnt.rows.x, {.batch_size = rows_at_a_time});
  const Tensor shown = classes.empty() ? outputs : probabilities(outputs);
  const auto width = static_cast<std::size_t>(shown.shape()[1]);
  const std::string& label = learnt.saved.learnt.label;
  std::string out = csv_cell(!label.empty() ? label : classes.empty() ? "y" : "class");
  std::string no_answer = "NA";
  for (const std::string& each : classes) {
    out += fmt::format(",{}", csv_cell(each));
    no_answer += ",NA";
  }
  out += '\n';
  // A line for each row of the file, in its order.
  const std::vector<std::int64_t>& dropped = learnt.rows.dropped;
  std::span<const Scalar> values = shown.values();
  auto gap = dropped.begin();
  for (std::int64_t row = 0; !values.empty() || gap != dropped.end(); ++row) {
    if (gap != dropped.end() && *gap == row) {
      out += no_answer + '\n';
      ++gap;
    } else {
      out += answer(values.first(width), classes) + '\n';
      values = values.subspan(width);
    }
  }
  return out;
}
