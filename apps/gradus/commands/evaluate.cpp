#include "commands/evaluate.h"

#include <gradus/schedules/canvas.h>

#include "problem/baseline.h"
#include "terminal/command.h"
#include "terminal/option_words.h"
#include "training/session.h"

using namespace gradus;

namespace {

constexpr std::size_t most_classes = 12;  ///< in a confusion table

/// The targets in the shape that the loss needs. UsageError for data of other classes.
Tensor checked_targets(const TrainedModel& trained, const std::string& data) {
  const Dataset& rows = trained.rows;
  const auto classes = std::ssize(trained.class_names());
  check<UsageError>(trained.has_classes()
                        ? rows.y.rank() == 1 && std::ssize(rows.classes) <= classes
                        : rows.y.rank() == 2,
                    "'{}': the target must be as in training (got {} classes, not {})", clean(data),
                    rows.classes.size(), classes);
  const Tensor& y = rows.y;
  return classes == 2 && trained.saved.outputs == 1 ? reshape(y, {-1, 1}) : y;
}

/// The number of rows of each class, by predicted class.
using Counts = std::vector<std::vector<std::int64_t>>;

Counts count(const Tensor& y, const Tensor& probabilities) {
  const auto classes = static_cast<std::size_t>(probabilities.shape()[1]);
  Counts counts(classes, std::vector<std::int64_t>(classes));
  for (std::size_t i = 0; i < y.values().size(); ++i)
    ++counts[static_cast<std::size_t>(value(y.values()[i]))]
            [likeliest(probabilities.values().subspan(i * classes, classes))];
  return counts;
}

std::string to_text(const Counts& counts, const std::vector<std::string>& classes) {
  std::size_t width = 5;
  for (const std::string& name : classes)
    width = std::max(width, std::min<std::size_t>(12, name.size()));
  std::string out =
      "\nrows by class (lines) and predicted class (columns):\n" + std::string(width, ' ');
  for (const std::string& name : classes)
    out += fmt::format("  {:>{}}", detail::shortened(name, width), width);
  for (std::size_t k = 0; k < classes.size(); ++k) {
    out += fmt::format("\n{:<{}}", detail::shortened(classes[k], width), width);
    for (const std::int64_t rows : counts[k]) out += fmt::format("  {:>{}}", rows, width);
  }
  return out + '\n';
}

std::string to_csv(const Json& numbers) {
  std::string head, line;
  for (const auto& [key, number] : numbers.items()) {
    head += (head.empty() ? "" : ",") + key;
    line += (line.empty() ? "" : ",") + number.dump();
  }
  return head + '\n' + line + '\n';
}

}  // namespace

std::string EvaluateCommand::run() const {
  check<UsageError>(!csv || !json, "--csv and --json: must not both be given");
  TrainedModel read = read_trained_model(trained, true);
  const Tensor y = checked_targets(read, trained.data);
  const std::int64_t rows = y.shape()[0];
  const NamedLoss& loss = find_loss(read.saved.loss);
  std::vector<double> constant = read.saved.constant;
  if (constant.empty()) constant = best_constant(loss, y, read.saved.outputs);  // an older file
  const Scores scores{read.model.evaluate(read.rows.x, y, {.batch_size = 1024}),
                      evaluate_constant(constant, read.saved.network(), loss, y)};
  check<UsageError>(std::isfinite(scores.model.loss),
                    "'{}': the loss is not finite; a number is far outside those of training",
                    clean(trained.data));
  Json out = {{"rows", rows}};
  std::string text =
      fmt::format("{} on {} rows of {}\n", clean(trained.model), rows, clean(trained.data));
  const Json numbers = to_json(scores);
  for (const auto& [key, number] : numbers.items()) {
    out[key] = number;
    if (numbers.contains("constant_" + key))
      text += fmt::format("{:<20} {:<9.4g}  {} {:.4g}\n", key, number.get<double>(),
                          about_constant(loss), numbers["constant_" + key].get<double>());
  }
  std::string notes;
  for (const std::string& note : read.rows.notes) notes += clean(as_options(note)) + '\n';
  if (csv || json) write_stderr(std::exchange(notes, ""));
  if (csv) return to_csv(out);
  text += notes;
  if (scores.no_better()) text += advice_to_train(read.saved.training.problem);
  const std::vector<std::string> classes = read.class_names();
  if (!classes.empty() && classes.size() <= most_classes) {
    const Counts counts = count(y, read.predict());
    out["classes"] = classes;
    out["confusion"] = counts;
    text += to_text(counts, classes);
  }
  return json ? to_line(out) : text;
}
