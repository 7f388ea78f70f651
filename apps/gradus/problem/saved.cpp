#include "problem/saved.h"

#include <fmt/format.h>
#include <gradus/core/error.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "terminal/command.h"
#include "terminal/files.h"
#include "terminal/json.h"
#include "terminal/option_words.h"
#include "terminal/text.h"

using namespace gradus;
using ParsedJson = nlohmann::json;

namespace {

constexpr const char* key = "problem";
constexpr std::size_t longest_text = 900'000;  ///< bytes; a file holds at most 1 MiB of texts
constexpr std::int64_t most_columns = std::int64_t{1} << 26;  ///< as read_csv() has it

std::vector<double> to_numbers(const ExactTensor& x) {
  std::vector<double> numbers;
  for (std::size_t i = 0; i < static_cast<std::size_t>(x.size()); ++i)
    numbers.push_back(x.exact(i));
  return numbers;
}

/// Mean and deviation, or two empty lists.
std::pair<std::vector<double>, std::vector<double>> numbers(
    const std::optional<Standardization>& scale) {
  if (!scale) return {};
  return {to_numbers(scale->mean), to_numbers(scale->deviation)};
}

/// Whether two scales are of the same rows. In a file of an earlier version both were computed from
/// floats, and the mean is one.
bool same_scale(const std::optional<Standardization>& a, const std::optional<Standardization>& b) {
  const auto [mean_a, deviation_a] = numbers(a);
  const auto [mean_b, deviation_b] = numbers(b);
  bool same = mean_a.size() == mean_b.size();
  for (std::size_t i = 0; same && i < mean_a.size(); ++i) {
    const double rounding = 0x1p-20 * deviation_b[i];
    const bool is_float = mean_a[i] == static_cast<double>(static_cast<float>(mean_a[i]));
    same = std::abs(deviation_a[i] - deviation_b[i]) <= rounding &&
           std::abs(mean_a[i] - mean_b[i]) <=
               (is_float ? rounding + 0x1p-22 * std::abs(mean_b[i]) : 0);
  }
  return same;
}

ExactTensor to_tensor(const std::vector<double>& numbers) {
  return ExactTensor::from_doubles({numbers.size()}, numbers);
}

/// The options by their keys.
Json to_json(const TrainingOptions& options) {
  Json json = Json::object({});
  TrainingOptions::options(options, [&](const auto& member, const std::string& name,
                                        const auto&...) { json.add(key_of(name), member); });
  return json;
}

template <class... Args>
void expect(bool ok, const std::string& path, fmt::format_string<const Args&...> rule,
            const Args&... args) {
  check<FormatError>(ok, "'{}': the description of its problem {}", path,
                     fmt::format(rule, args...));
}

std::int64_t read_size(const ParsedJson& json, const std::string& path, const char* name) {
  const ParsedJson& v = json.at(name);
  expect(v.is_number_unsigned() && v >= 1 && v <= most_columns, path,
         "must have a whole number from 1 to {} for '{}'", most_columns, name);
  return v;
}

std::optional<Standardization> read_scale(const ParsedJson& json, const char* kind,
                                          std::int64_t columns, const std::string& path) {
  const std::vector<double> mean = json.at(fmt::format("{}mean", kind)),
                            deviation = json.at(fmt::format("{}deviation", kind));
  if (mean.empty() && deviation.empty()) return std::nullopt;
  const bool positive = std::ranges::all_of(deviation, [](double d) { return d > 0; });
  expect(std::ssize(mean) == columns && std::ssize(deviation) == columns && positive, path,
         "must have a {}mean and a {}deviation above 0 for each of {} columns", kind, kind,
         columns);
  return Standardization{to_tensor(mean), to_tensor(deviation)};
}

/// Reads what to_text() writes. Json's exceptions tell what lacks or has another type.
SavedProblem read_description(const ParsedJson& json, const std::string& path) {
  SavedProblem saved;
  TrainingOptions::options(saved.training,
                           [&](auto& member, const std::string& name, const auto&...) {
                             json.at("options").at(key_of(name)).get_to(member);
                           });
  saved.loss = json.at("loss");
  saved.inputs = read_size(json, path, "inputs");
  saved.outputs = read_size(json, path, "outputs");
  saved.columns = {json.at("columns"), json.at("classes"), json.at("label")};
  saved.scale = read_scale(json, "", saved.inputs, path);
  saved.target_scale = read_scale(json, "target_", 1, path);
  return saved;
}

/// The file must be large enough for the weights of the described network, so that a small file
/// does not fill the memory.
void check_size(const SavedProblem& saved, const std::string& path) {
  const double weights =
      read_network(saved.training.problem.network).weights(saved.inputs, saved.outputs);
  const auto bytes = static_cast<double>(file_bytes(path));
  expect(weights * sizeof(Scalar) <= bytes, path, "must fit the file (got {} weights in {} bytes)",
         weights, bytes);
}

/// The parts of the description must fit together.
void check_consistent(const SavedProblem& saved, const std::string& path) {
  const TrainedColumns& columns = saved.columns;
  const auto classes = std::ssize(columns.classes);
  expect(!is_file(saved.training.problem.data.name) ||
             (std::ssize(columns.columns) == saved.inputs && saved.scale),
         path, "must have a column and a scale for each of {} inputs", saved.inputs);
  expect(classes == 0 || classes == saved.outputs || (classes == 2 && saved.outputs == 1), path,
         "must have as many classes as outputs, {} (got {})", saved.outputs, classes);
  expect(std::ranges::is_sorted(columns.classes), path, "must have its classes sorted");
  try {
    find_loss(saved.loss);
    check_size(saved, path);
  } catch (const UsageError& error) {
    expect(false, path, "is wrong: {}", error.what());
  }
}

/// Reads the model with its weights, to predict with.
Sequential load_model(const SavedProblem& saved, const std::string& path) {
  Network network = read_network(saved.training.problem.network);
  if (saved.target_scale) network.target_deviation = value(saved.target_scale->deviation(0));
  Sequential model = network.build(find_loss(saved.loss), saved.outputs);
  model.build({1, saved.inputs});
  model.load(path, {.weights_only = true});
  return model;
}

}  // namespace

SavedProblem describe(const TrainingOptions& training, const Problem& problem) {
  const Dataset& data = problem.data;
  const bool from_file = is_file(training.problem.data.name);
  return {.training = training,
          .loss = problem.loss.name,
          .inputs = data.x.shape()[1],
          .outputs = problem.outputs,
          .columns = {data.columns, data.classes, from_file ? data.label : ""},
          .scale = problem.scale,
          .target_scale = problem.target_scale};
}

std::string difference(const SavedProblem& a, const SavedProblem& b) {
  if (a.columns.columns != b.columns.columns || a.columns.label != b.columns.label)
    return "columns";
  if (a.columns.classes != b.columns.classes || a.outputs != b.outputs) return "classes";
  return a.loss != b.loss || !same_scale(a.scale, b.scale) ||
                 !same_scale(a.target_scale, b.target_scale)
             ? "rows"
             : "";
}

std::string to_text(const SavedProblem& saved) {
  const auto& [columns, classes, label] = saved.columns;
  const auto [mean, deviation] = numbers(saved.scale);
  const auto [target_mean, target_deviation] = numbers(saved.target_scale);
  const Json json = Json::object({{"options", to_json(saved.training)},
                                  {"loss", saved.loss},
                                  {"inputs", saved.inputs},
                                  {"outputs", saved.outputs},
                                  {"columns", columns},
                                  {"label", label},
                                  {"classes", classes},
                                  {"mean", mean},
                                  {"deviation", deviation},
                                  {"target_mean", target_mean},
                                  {"target_deviation", target_deviation}});
  check<UsageError>(json.text().size() <= longest_text,
                    "--save: names of columns must be at most {} bytes (got {})", longest_text,
                    json.text().size());
  check<UsageError>(!json.repaired(), "--save: the names of files and columns must be UTF-8");
  return json.text();
}

void save(const Sequential& model, const std::string& text, const std::string& path) {
  model.save(path, {.metadata = {{key, text}}});
}

SavedProblem read_saved(const std::string& path) {
  const auto texts = read_metadata(path);
  const auto text = texts.find(key);
  check<FormatError>(text != texts.end(), "'{}': must be a file of gradus train --save", path);
  ParsedJson json = ParsedJson::parse(text->second, nullptr, false);
  SavedProblem saved;
  try {
    // Options that a file of an earlier version lacks.
    json.at("options").emplace("initializer", NetworkOptions().initializer);
    json.at("options").emplace("noise", DataOptions().noise);
    if (json.emplace("target_mean", ParsedJson::array()).second) {
      json["target_deviation"] = ParsedJson::array();
      json.at("options").emplace("no-target-scale", true);
    }
    saved = read_description(json, path);
  } catch (const ParsedJson::exception& error) {
    expect(false, path, "must be as gradus train writes it (got {})", error.what());
  }
  check_consistent(saved, path);
  // What nobody read, or a number that was rounded, is not in the text.
  expect(json == ParsedJson::parse(to_text(saved)), path, "must be as gradus train writes it");
  return saved;
}

std::string TrainedModel::number(double output) const {
  if (!saved.target_scale) return fmt::format("{:.6g}", output);
  const double deviation = value(saved.target_scale->deviation(0));
  const double own = saved.target_scale->mean.exact(0) + deviation * output;
  const double more = std::clamp(std::log10(std::abs(own) / deviation), 0.0, 10.0);
  return fmt::format("{:.{}g}", own, 6 + static_cast<int>(more));
}

std::vector<std::string> TrainedModel::class_names() const {
  if (!has_classes() || !saved.columns.classes.empty()) return saved.columns.classes;
  std::vector<std::string> names;
  for (std::int64_t k = 0; k < std::max<std::int64_t>(saved.outputs, 2); ++k)
    names.push_back(fmt::format("{}", k));
  return names;
}

TrainedModel read_trained_model(const TrainedModelOptions& options, bool labelled) {
  const auto& [model, data, seed] = options;
  check<UsageError>(!model.empty() && !data.empty(),
                    "give a model and data, such as iris.safetensors new.csv; see --help");
  const SavedProblem saved = read_saved(model);
  const std::string& trained_on = saved.training.problem.data.name;
  const std::int64_t data_seed =
      read_whole("--seed", seed.empty() ? saved.training.problem.network.seed : seed, 0);
  check<UsageError>(!is_file(data) || seed.empty(),
                    "--seed: must be given only with synthetic data (got a file)");
  check<UsageError>(is_file(data) == is_file(trained_on),
                    "the data must be {}, because '{}' was trained on {} (got '{}')",
                    is_file(trained_on) ? "a file" : "synthetic data", clean(model),
                    clean(trained_on), clean(data));
  Dataset rows = read_rows(data, saved.training.problem.data, saved.columns, labelled,
                           static_cast<std::uint64_t>(data_seed));
  check<UsageError>(
      rows.x.shape()[1] == saved.inputs,
      "the data must have as many inputs as {}, which '{}' was trained on: {} (got {} in '{}')",
      clean(trained_on), clean(model), saved.inputs, rows.x.shape()[1], clean(data));
  if (saved.scale) rows.x = (*saved.scale)(rows.x);
  if (saved.target_scale && labelled && rows.y.rank() == 2) rows.y = (*saved.target_scale)(rows.y);
  return {saved, load_model(saved, model), std::move(rows)};
}
