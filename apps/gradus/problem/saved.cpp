#include "problem/saved.h"

#include <gradus/models/file.h>

#include "problem/baseline.h"
#include "terminal/command.h"
#include "terminal/option_words.h"

using namespace gradus;
using ParsedJson = nlohmann::json;

namespace {

constexpr const char* key = "problem";
constexpr std::size_t longest_text = 15'000'000;  ///< bytes; a file holds at most 16 MiB of texts
constexpr std::int64_t most_columns = std::int64_t{1} << 26;  ///< as read_table() has it

/// Whether two scales are of the same rows, up to rounding: in files of earlier versions they were
/// computed from floats.
bool same_scale(const std::optional<Standardization>& a, const std::optional<Standardization>& b) {
  if (!a || !b || a->mean.size() != b->mean.size()) return !a && !b;
  for (std::size_t i = 0; i < static_cast<std::size_t>(a->mean.size()); ++i) {
    const double deviation = value(b->deviation.values()[i]), mean = b->mean.exact(i);
    const double rounding = 0x1p-20 * deviation;
    if (std::abs(value(a->deviation.values()[i]) - deviation) > rounding ||
        std::abs(a->mean.exact(i) - mean) > rounding + 0x1p-22 * std::abs(mean))
      return false;
  }
  return true;
}

/// The options by their keys.
Json to_json(const TrainingOptions& options) {
  Json json = Json::object();
  TrainingOptions::options(options, [&](const auto& member, const std::string& name,
                                        const auto&...) { json[key_of(name)] = member; });
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

/// Makes the description of an earlier version one of this version: there, held-out rows were the
/// last, numeric targets not scaled, and the target's numbers could stand for classes.
void upgrade(ParsedJson& json, const std::string& path) {
  ParsedJson& options = json.at("options");
  const ParsedJson defaults = ParsedJson::parse(to_json(TrainingOptions()).dump());
  for (const char* added :
       {"initializer", "bias-initializer", "noise", "task", "separator", "decimal", "comment",
        "missing", "no-target-scale", "sampling", "validation-split-last", "validation"})
    options.emplace(added, defaults.at(added));
  json.emplace("constant", std::vector<double>());
  if (json.contains("preparation")) return;
  std::swap(options.at("validation-split"), options.at("validation-split-last"));
  json["preparation"] = "";
  const std::vector<std::string> columns = json.at("columns");
  Preparation p{
      .dialect = {.separator = ',', .header = !options.at("no-header").get<bool>()},
      .gaps = {.drop = options.at("drop-missing")},
      .features = detail::columns_of({.one_hot = options.at("one-hot"), .columns = columns}),
      .target = {json.at("label"), json.at("classes")}};
  expect(std::ranges::is_sorted(p.target.classes), path, "must have its classes sorted");
  if (is_file(options.at("data"))) {
    const bool classes = json.at("loss").get<std::string>().ends_with("crossentropy");
    const std::int64_t outputs = std::clamp<std::int64_t>(json.at("outputs"), 2, 1000);
    for (std::int64_t k = 0; classes && json.at("classes").empty() && k < outputs; ++k)
      p.target.classes.push_back(fmt::format("{}", k));
    options["task"] = classes ? "classification" : "regression";
    options["no-target-scale"] = true;
    ParsedJson prepared = ParsedJson::parse(serialize(p));
    prepared["inputs"] = {{"mean", json.at("mean")}, {"deviation", json.at("deviation")}};
    json["preparation"] = serialize(parse_preparation(prepared.dump()));
  }
  for (const char* gone : {"columns", "label", "classes", "mean", "deviation"}) json.erase(gone);
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
  saved.constant = json.at("constant").get<std::vector<double>>();
  const std::string preparation = json.at("preparation");
  if (!preparation.empty()) saved.prepared = parse_preparation(preparation);
  return saved;
}

/// The file must be large enough for the weights of the described network, so that a small file
/// does not fill the memory.
void check_size(const SavedProblem& saved, const std::string& path) {
  const double weights =
      read_network(saved.training.problem.network).weights(saved.inputs, saved.outputs);
  const auto bytes = static_cast<double>(detail::file_size(path));
  expect(weights * sizeof(Scalar) <= bytes, path, "must fit the file (got {} weights in {} bytes)",
         weights, bytes);
}

/// The parts of the description must fit together.
void check_consistent(const SavedProblem& saved, const std::string& path) {
  const auto& prepared = saved.prepared;
  expect(is_file(saved.training.problem.data.name) == prepared.has_value() &&
             (!prepared || (std::ssize(prepared->columns()) == saved.inputs && prepared->inputs)),
         path, "must have a column and a scale for each of {} inputs", saved.inputs);
  const auto classes = prepared ? std::ssize(prepared->target.classes) : 0;
  expect(classes == 0 || classes == saved.outputs || (classes == 2 && saved.outputs == 1), path,
         "must have as many classes as outputs, {} (got {})", saved.outputs, classes);
  expect(saved.constant.empty() || std::ssize(saved.constant) == saved.outputs, path,
         "must have a constant for each of {} outputs (got {})", saved.outputs,
         saved.constant.size());
  try {
    find_loss(saved.loss);
    check_size(saved, path);
  } catch (const UsageError& error) {
    expect(false, path, "is wrong: {}", error.what());
  }
}

/// Reads the model with its weights, to predict with.
Sequential load_model(const SavedProblem& saved, const std::string& path) {
  Sequential model = saved.network().build(find_loss(saved.loss), saved.outputs);
  model.build({1, saved.inputs});
  model.load(path, {.weights_only = true});
  return model;
}

}  // namespace

Network SavedProblem::network() const {
  Network network = read_network(training.problem.network);
  if (prepared) network.target_deviation = prepared->target_deviation();
  return network;
}

SavedProblem describe(const TrainingOptions& training, const Problem& problem) {
  return {.training = training,
          .loss = problem.loss.name,
          .inputs = problem.data.x.shape()[1],
          .outputs = problem.outputs,
          .prepared = problem.prepared,
          .constant = best_constant(problem.loss, problem.data.y, problem.outputs)};
}

std::string difference(const SavedProblem& a, const SavedProblem& b) {
  const Preparation none, &p = a.prepared ? *a.prepared : none,
                          &q = b.prepared ? *b.prepared : none;
  if (p.columns() != q.columns() || p.target.name != q.target.name) return "columns";
  if (p.target.classes != q.target.classes || a.outputs != b.outputs) return "classes";
  const bool same = same_scale(p.inputs, q.inputs) && same_scale(p.targets, q.targets);
  return a.loss != b.loss || !same ? "rows" : "";
}

std::string to_text(const SavedProblem& saved) {
  const Json json =
      Json::object({{"options", to_json(saved.training)},
                    {"loss", saved.loss},
                    {"inputs", saved.inputs},
                    {"outputs", saved.outputs},
                    {"constant", saved.constant},
                    {"preparation", saved.prepared ? serialize(*saved.prepared) : ""}});
  std::string text;
  try {
    text = json.dump();
  } catch (const Json::exception&) {
    throw UsageError("--save: the names of files and columns must be UTF-8");
  }
  check<UsageError>(text.size() <= longest_text,
                    "--save: names of columns must be at most {} bytes (got {})", longest_text,
                    text.size());
  return text;
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
    upgrade(json, path);
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
  if (!saved.prepared || !saved.prepared->targets)
    return fmt::format("{}", static_cast<float>(output));
  const double deviation = saved.prepared->target_deviation();
  const double own = saved.prepared->targets->mean.exact(0) + deviation * output;
  const int decimals = 5 - static_cast<int>(std::floor(std::log10(deviation)));
  return decimals > 12 ? fmt::format("{:.7g}", own)
                       : fmt::format("{:.{}f}", own, std::max(0, decimals));
}

std::vector<std::string> TrainedModel::class_names() const {
  std::vector<std::string> names;
  if (saved.prepared) return saved.prepared->target.classes;
  if (!has_classes()) return names;
  for (std::int64_t k = 0; k < std::max<std::int64_t>(saved.outputs, 2); ++k)
    names.push_back(fmt::format("{}", k));
  return names;
}

Tensor TrainedModel::predict() {
  const Tensor outputs = model.predict(rows.x, {.batch_size = 1024});
  if (!has_classes()) return outputs;
  if (saved.outputs > 1) return softmax(outputs);
  const Tensor one = sigmoid(outputs);
  return concat({1 - one, one}, 1);
}

std::size_t likeliest(std::span<const Scalar> probabilities) {
  const auto less = [](Scalar a, Scalar b) { return value(a) < value(b); };
  return static_cast<std::size_t>(std::ranges::max_element(probabilities, less) -
                                  probabilities.begin());
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
  check<UsageError>(is_file(data) == saved.prepared.has_value(),
                    "the data must be {}, because '{}' was trained on {} (got '{}')",
                    saved.prepared ? "a file" : "synthetic data", clean(model), clean(trained_on),
                    clean(data));
  DataOptions others = saved.training.problem.data;
  others.name = data;
  Dataset rows = saved.prepared ? read_rows(data, *saved.prepared, labelled)
                                : make_data("DATA", others, static_cast<std::uint64_t>(data_seed));
  check<UsageError>(
      rows.x.shape()[1] == saved.inputs,
      "the data must have as many inputs as {}, which '{}' was trained on: {} (got {} in '{}')",
      clean(trained_on), clean(model), saved.inputs, rows.x.shape()[1], clean(data));
  return {saved, load_model(saved, model), std::move(rows)};
}
