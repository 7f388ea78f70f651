#include "problem/trained_model.h"

#include <fmt/format.h>

#include <algorithm>

#include "terminal/command.h"
#include "terminal/text.h"

using namespace gradus;

std::vector<std::string> TrainedModel::class_names() const {
  if (!has_classes() || !saved.columns.classes.empty()) return saved.columns.classes;
  std::vector<std::string> names;
  for (std::int64_t k = 0; k < std::max<std::int64_t>(saved.outputs, 2); ++k)
    names.push_back(fmt::format("{}", k));
  return names;
}

TrainedModel read_trained_model(const std::string& model, const std::string& data,
                                const std::string& seed, bool labelled) {
  if (model.empty() || data.empty())
    throw UsageError("give a model and data, such as iris.safetensors new.csv; see --help");
  const SavedProblem saved = read_saved(model);
  const std::string& trained_on = saved.training.problem.data.name;
  const std::int64_t data_seed =
      read_whole("--seed", seed.empty() ? saved.training.problem.network.seed : seed, 0);
  if (is_file(data) && !seed.empty())
    throw UsageError("--seed: must be given only with synthetic data (got a file)");
  if (is_file(data) != is_file(trained_on))
    throw UsageError(fmt::format("the data must be {}, because '{}' was trained on {} (got '{}')",
                                 is_file(trained_on) ? "a file" : "synthetic data", clean(model),
                                 clean(trained_on), clean(data)));
  Dataset rows = read_rows(data, saved.columns, labelled, static_cast<std::uint64_t>(data_seed));
  if (rows.x.shape()[1] != saved.inputs)
    throw UsageError(fmt::format(
        "the data must have as many inputs as {}, which '{}' was trained on: {} (got {} in '{}')",
        clean(trained_on), clean(model), saved.inputs, rows.x.shape()[1], clean(data)));
  if (saved.scale) rows.x = (*saved.scale)(rows.x);
  return {saved, load_model(saved, model), std::move(rows)};
}
