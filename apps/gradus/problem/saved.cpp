#include "problem/saved.h"

#include <fmt/format.h>
#include <gradus/core/error.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "terminal/command.h"

using namespace gradus;
using Json = nlohmann::ordered_json;

namespace {

constexpr const char* key = "problem";
constexpr std::size_t longest_text = 900'000;  ///< bytes; the file has room for 1 MiB of texts
constexpr std::int64_t most_columns = std::int64_t{1} << 26;  ///< what read_csv() can make

std::vector<double> numbers_of(const Tensor& x) {
  std::vector<double> numbers;
  for (const Scalar v : x.values()) numbers.push_back(value(v));
  return numbers;
}

Tensor tensor_of(const std::vector<double>& numbers) {
  return Tensor({numbers.size()}, std::vector<Scalar>(numbers.begin(), numbers.end()));
}

/// The texts, lists and flags of an options struct, by their names without dashes.
Json json_of(const TrainingOptions& options) {
  Json json = Json::object();
  TrainingOptions::options(options, [&](const auto& member, const std::string& name,
                                        const auto&...) { json[key_of(name)] = member; });
  return json;
}

// ---- reading ------------------------------------------------------------------------------------

/// An object of the text, read key by key; whatever is not as expected is a FormatError.
class Reader {
 public:
  Reader(Json json, std::string path) : json_(std::move(json)), path_(std::move(path)) {
    expect(json_.is_object(), "must be an object");
  }

  template <class... Args>
  void expect(bool ok, fmt::format_string<const Args&...> rule, const Args&... args) const {
    check<FormatError>(ok, "'{}': the description of its problem {}", path_,
                       fmt::format(rule, args...));
  }
  Json take(const std::string& name) {
    expect(json_.contains(name), "lacks '{}'", name);
    Json v = json_[name];
    json_.erase(name);
    return v;
  }
  void read(const std::string& name, std::string& to) {
    const Json v = take(name);
    expect(v.is_string(), "must have a text '{}'", name);
    to = v;
  }
  void read(const std::string& name, bool& to) {
    const Json v = take(name);
    expect(v.is_boolean(), "must have true or false for '{}'", name);
    to = v;
  }
  void read(const std::string& name, std::int64_t& to) {
    const Json v = take(name);
    expect(v.is_number_unsigned() && v <= most_columns && v >= 1,
           "must have a whole number from 1 to {} for '{}'", most_columns, name);
    to = v;
  }
  void read(const std::string& name, std::vector<std::string>& to) {
    const Json v = take(name);
    expect(v.is_array(), "must have a list of texts '{}'", name);
    for (const Json& item : v) {
      expect(item.is_string(), "must have a list of texts '{}'", name);
      to.push_back(item);
    }
  }
  void read(const std::string& name, std::vector<double>& to) {
    const Json v = take(name);
    expect(v.is_array(), "must have a list of numbers '{}'", name);
    for (const Json& item : v) {
      expect(item.is_number() && std::isfinite(item.get<double>()),
             "must have a list of numbers '{}'", name);
      to.push_back(item);
    }
  }
  void end() const {
    expect(json_.empty(), "must not have '{}'", json_.empty() ? "" : json_.begin().key());
  }

 private:
  Json json_;
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
  return Standardization{tensor_of(mean), tensor_of(deviation)};
}

/// Whether the file is large enough for the weights that its description asks for, so that a small
/// file does not fill the memory.
void check_size(const Reader& reader, const SavedProblem& saved, const Network& network,
                const std::string& path) {
  double weights = 0, before = static_cast<double>(saved.inputs);
  for (const std::int64_t units : network.units) {
    weights += (before + 1) * static_cast<double>(units);
    before = static_cast<double>(units);
  }
  std::error_code error;
  const auto bytes = static_cast<double>(std::filesystem::file_size(path, error));
  reader.expect(!error && weights * sizeof(Scalar) <= bytes,
                "must fit the file (got {} weights in {} bytes)", weights, bytes);
}

Network network_of(const SavedProblem& saved) {
  return make_network(saved.training.problem, saved.loss, saved.outputs);
}

/// What does not fit together.
void check_consistent(const Reader& reader, const SavedProblem& saved, const std::string& path) {
  const LearntColumns& learnt = saved.learnt;
  const auto classes = std::ssize(learnt.classes);
  reader.expect(!is_file(saved.training.problem.data) ||
                    (std::ssize(learnt.columns) == saved.inputs && saved.scale),
                "must have a column and a scale for each of {} inputs", saved.inputs);
  reader.expect(classes == 0 || classes == saved.outputs || (classes == 2 && saved.outputs == 1),
                "must have as many classes as outputs, {} (got {})", saved.outputs, classes);
  reader.expect(std::ranges::is_sorted(learnt.classes), "must have its classes sorted");
  reader.expect(saved.loss != "auto", "must have the name of a loss");
  try {
    check_size(reader, saved, network_of(saved), path);
  } catch (const UsageError& error) {
    reader.expect(false, "is wrong: {}", error.what());
  }
}

}  // namespace

SavedProblem describe(const TrainingOptions& training, const Problem& problem) {
  const Dataset& data = problem.data;
  const bool file = is_file(training.problem.data);
  return {.training = training,
          .loss = problem.about.loss,
          .inputs = data.x.shape()[1],
          .outputs = problem.outputs,
          .learnt = {.columns = data.columns,
                     .classes = data.classes,
                     .one_hot = training.problem.one_hot,
                     .label = file ? data.label : "",
                     .header = !training.problem.no_header,
                     .drop_missing = training.problem.drop_missing},
          .scale = problem.scale};
}

std::string difference(const SavedProblem& a, const SavedProblem& b) {
  const auto numbers = [](const std::optional<Standardization>& scale) {
    return scale ? std::pair(numbers_of(scale->mean), numbers_of(scale->deviation))
                 : std::pair<std::vector<double>, std::vector<double>>();
  };
  if (a.learnt.columns != b.learnt.columns || a.learnt.label != b.learnt.label) return "columns";
  if (a.learnt.classes != b.learnt.classes || a.outputs != b.outputs) return "classes";
  return a.loss != b.loss || numbers(a.scale) != numbers(b.scale) ? "rows" : "";
}

std::string to_text(const SavedProblem& saved) {
  const auto& [columns, classes, one_hot, label, header, drop_missing] = saved.learnt;
  const Json json{
      {"options", json_of(saved.training)},
      {"loss", saved.loss},
      {"inputs", saved.inputs},
      {"outputs", saved.outputs},
      {"columns", columns},
      {"label", label},
      {"classes", classes},
      {"mean", saved.scale ? numbers_of(saved.scale->mean) : std::vector<double>()},
      {"deviation", saved.scale ? numbers_of(saved.scale->deviation) : std::vector<double>()}};
  try {
    std::string text = json.dump();
    if (text.size() > longest_text)
      throw UsageError(fmt::format("--save: names of columns must be at most {} bytes (got {})",
                                   longest_text, text.size()));
    return text;
  } catch (const Json::type_error&) {
    throw UsageError("--save: the names of files and columns must be UTF-8");
  }
}

void save(const Sequential& model, const std::string& text, const std::string& path) {
  model.save(path, {.metadata = {{key, text}}});
}

SavedProblem read_saved(const std::string& path) {
  const auto texts = read_metadata(path);
  const auto text = texts.find(key);
  check<FormatError>(text != texts.end(), "'{}': must be a file of gradus train --save", path);
  Reader reader(Json::parse(text->second, nullptr, false), path);
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
  const ProblemOptions& problem = saved.training.problem;
  saved.learnt.one_hot = problem.one_hot;
  saved.learnt.header = !problem.no_header;
  saved.learnt.drop_missing = problem.drop_missing;
  reader.read("columns", saved.learnt.columns);
  reader.read("label", saved.learnt.label);
  reader.read("classes", saved.learnt.classes);
  saved.scale = read_scale(reader, saved.inputs);
  reader.end();
  check_consistent(reader, saved, path);
  return saved;
}

Sequential load_model(const SavedProblem& saved, const std::string& path) {
  Network network = network_of(saved);
  network.model->build({1, saved.inputs});
  network.model->load(path, {.weights_only = true});
  return std::move(*network.model);
}
