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

using namespace gradus;
using ParsedJson = nlohmann::json;

namespace {

constexpr const char* key = "problem";
constexpr std::size_t longest_text = 900'000;  ///< bytes; a file holds at most 1 MiB of texts
constexpr std::int64_t most_columns = std::int64_t{1} << 26;  ///< as read_csv() has it

std::vector<double> to_numbers(const Tensor& x) {
  std::vector<double> numbers;
  for (const Scalar v : x.values()) numbers.push_back(value(v));
  return numbers;
}

Tensor to_tensor(const std::vector<double>& numbers) {
  return Tensor({numbers.size()}, std::vector<Scalar>(numbers.begin(), numbers.end()));
}

/// The options by their keys.
Json to_json(const TrainingOptions& options) {
  Json json = Json::object({});
  TrainingOptions::options(options, [&](const auto& member, const std::string& name,
                                        const auto&...) { json.add(key_of(name), member); });
  return json;
}

// ---- reading ------------------------------------------------------------------------------------

/// Reads an object key by key; anything unexpected is a FormatError.
class Reader {
 public:
  Reader(ParsedJson json, std::string path) : json_(std::move(json)), path_(std::move(path)) {
    expect(json_.is_object(), "must be an object");
  }

  template <class... Args>
  void expect(bool ok, fmt::format_string<const Args&...> rule, const Args&... args) const {
    check<FormatError>(ok, "'{}': the description of its problem {}", path_,
                       fmt::format(rule, args...));
  }
  ParsedJson take(const std::string& name) {
    expect(json_.contains(name), "lacks '{}'", name);
    ParsedJson v = std::move(json_[name]);
    json_.erase(name);
    return v;
  }
  void read(const std::string& name, std::string& to) {
    const ParsedJson v = take(name);
    expect(v.is_string(), "must have a text '{}'", name);
    to = v;
  }
  void read(const std::string& name, bool& to) {
    const ParsedJson v = take(name);
    expect(v.is_boolean(), "must have true or false for '{}'", name);
    to = v;
  }
  void read(const std::string& name, std::int64_t& to) {
    const ParsedJson v = take(name);
    expect(v.is_number_unsigned() && v <= most_columns && v >= 1,
           "must have a whole number from 1 to {} for '{}'", most_columns, name);
    to = v;
  }
  void read(const std::string& name, std::vector<std::string>& to) {
    read_list(name, to, "texts", [](const ParsedJson& item) { return item.is_string(); });
  }
  void read(const std::string& name, std::vector<double>& to) {
    read_list(name, to, "numbers", [](const ParsedJson& item) {
      return item.is_number() && std::isfinite(item.get<double>());
    });
  }
  void end() const {
    expect(json_.empty(), "must not have '{}'", json_.empty() ? "" : json_.begin().key());
  }

 private:
  template <class T>
  void read_list(const std::string& name, std::vector<T>& to, const char* what, auto accepts) {
    const ParsedJson v = take(name);
    expect(v.is_array() && std::ranges::all_of(v, accepts), "must have a list of {} '{}'", what,
           name);
    to = v.get<std::vector<T>>();
  }

  ParsedJson json_;
  std::string path_;
};

std::optional<Standardization> read_scale(Reader& reader, std::int64_t inputs) {
  std::vector<double> mean, deviation;
  reader.read("mean", mean);
  reader.read("deviation", deviation);
  if (mean.empty() && deviation.empty()) return std::nullopt;
  const bool positive = std::ranges::all_of(deviation, [](double d) { return d > 0; });
  reader.expect(std::ssize(mean) == inputs && std::ssize(deviation) == inputs && positive,
                "must have a mean and a deviation above 0 for each of {} inputs", inputs);
  return Standardization{to_tensor(mean), to_tensor(deviation)};
}

/// The file must be large enough for the weights of the described network, so that a small file
/// does not fill the memory.
void check_size(const Reader& reader, const SavedProblem& saved, const std::string& path) {
  const double weights =
      read_network(saved.training.problem.network).weights(saved.inputs, saved.outputs);
  const auto bytes = static_cast<double>(file_bytes(path));
  reader.expect(weights * sizeof(Scalar) <= bytes, "must fit the file (got {} weights in {} bytes)",
                weights, bytes);
}

/// The parts of the description must fit together.
void check_consistent(const Reader& reader, const SavedProblem& saved, const std::string& path) {
  const TrainedColumns& columns = saved.columns;
  const auto classes = std::ssize(columns.classes);
  reader.expect(!is_file(saved.training.problem.data.name) ||
                    (std::ssize(columns.columns) == saved.inputs && saved.scale),
                "must have a column and a scale for each of {} inputs", saved.inputs);
  reader.expect(classes == 0 || classes == saved.outputs || (classes == 2 && saved.outputs == 1),
                "must have as many classes as outputs, {} (got {})", saved.outputs, classes);
  reader.expect(std::ranges::is_sorted(columns.classes), "must have its classes sorted");
  try {
    find_loss(saved.loss);
    check_size(reader, saved, path);
  } catch (const UsageError& error) {
    reader.expect(false, "is wrong: {}", error.what());
  }
}

}  // namespace

SavedProblem describe(const TrainingOptions& training, const Problem& problem) {
  const Dataset& data = problem.data;
  const DataOptions& options = training.problem.data;
  return {.training = training,
          .loss = problem.loss_name,
          .inputs = data.x.shape()[1],
          .outputs = problem.outputs,
          .columns = {.columns = data.columns,
                      .classes = data.classes,
                      .one_hot = options.one_hot,
                      .label = is_file(options.name) ? data.label : "",
                      .header = !options.no_header,
                      .drop_missing = options.drop_missing},
          .scale = problem.scale};
}

std::string difference(const SavedProblem& a, const SavedProblem& b) {
  const auto numbers = [](const std::optional<Standardization>& scale) {
    return scale ? std::pair(to_numbers(scale->mean), to_numbers(scale->deviation))
                 : std::pair<std::vector<double>, std::vector<double>>();
  };
  if (a.columns.columns != b.columns.columns || a.columns.label != b.columns.label)
    return "columns";
  if (a.columns.classes != b.columns.classes || a.outputs != b.outputs) return "classes";
  return a.loss != b.loss || numbers(a.scale) != numbers(b.scale) ? "rows" : "";
}

std::string to_text(const SavedProblem& saved) {
  const auto& [columns, classes, one_hot, label, header, drop_missing] = saved.columns;
  const auto numbers = [&](Tensor Standardization::*part) {
    return saved.scale ? to_numbers((*saved.scale).*part) : std::vector<double>();
  };
  const Json json = Json::object({{"options", to_json(saved.training)},
                                  {"loss", saved.loss},
                                  {"inputs", saved.inputs},
                                  {"outputs", saved.outputs},
                                  {"columns", columns},
                                  {"label", label},
                                  {"classes", classes},
                                  {"mean", numbers(&Standardization::mean)},
                                  {"deviation", numbers(&Standardization::deviation)}});
  if (json.text().size() > longest_text)
    throw UsageError(fmt::format("--save: names of columns must be at most {} bytes (got {})",
                                 longest_text, json.text().size()));
  if (json.repaired()) throw UsageError("--save: the names of files and columns must be UTF-8");
  return json.text();
}

void save(const Sequential& model, const std::string& text, const std::string& path) {
  model.save(path, {.metadata = {{key, text}}});
}

SavedProblem read_saved(const std::string& path) {
  const auto texts = read_metadata(path);
  const auto text = texts.find(key);
  check<FormatError>(text != texts.end(), "'{}': must be a file of gradus train --save", path);
  Reader reader(ParsedJson::parse(text->second, nullptr, false), path);
  SavedProblem saved;
  Reader options(reader.take("options"), path);
  TrainingOptions::options(saved.training,
                           [&](auto& member, const std::string& name, const auto&...) {
                             options.read(key_of(name), member);
                           });
  options.end();
  reader.read("loss", saved.loss);
  reader.read("inputs", saved.inputs);
  reader.read("outputs", saved.outputs);
  const DataOptions& data = saved.training.problem.data;
  saved.columns.one_hot = data.one_hot;
  saved.columns.header = !data.no_header;
  saved.columns.drop_missing = data.drop_missing;
  reader.read("columns", saved.columns.columns);
  reader.read("label", saved.columns.label);
  reader.read("classes", saved.columns.classes);
  saved.scale = read_scale(reader, saved.inputs);
  reader.end();
  check_consistent(reader, saved, path);
  return saved;
}

Sequential load_model(const SavedProblem& saved, const std::string& path) {
  const Network network = read_network(saved.training.problem.network);
  Sequential model = network.build(find_loss(saved.loss), saved.outputs);
  model.build({1, saved.inputs});
  model.load(path, {.weights_only = true});
  return model;
}
