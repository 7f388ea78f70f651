/// Sequential::save and load: one file for the whole state of a model.

#include <fmt/format.h>

#include <cctype>
#include <charconv>

#include <gradus/models/sequential.h>
#include <gradus/schedules/parse.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

using detail::State;
using detail::StoredTensor;
using detail::TensorFile;

/// Reads `1,4`. FormatError for any other text.
Shape shape_of(const std::string& path, const std::string& text) {
  Shape shape;
  for (const char *at = text.data(), *const end = at + text.size(); at <= end; ++at) {
    std::int64_t extent = 0;
    const auto [next, error] = std::from_chars(at, end, extent);
    check<FormatError>(error == std::errc() && extent >= 0 && (next == end || *next == ',') &&
                           shape.rank() < Shape::max_rank,
                       "load: '{}': input_shape must be counts and commas (got '{}')", path, text);
    shape.push_back(extent);
    at = next;
  }
  return shape;
}

/// StateError in the dual build.
void check_plain(const char* caller) {
  check<StateError>(!std::same_as<Scalar, Dual>,
                    "{}: files hold numbers without derivatives; train a model to keep with "
                    "gradus_f64",
                    caller);
}

/// Before the names of a caller's texts, which are then never mistaken for ours.
constexpr std::string_view user_prefix = "metadata/";

/// A file being read. What is read leaves it, so that a leftover is an error.
class Contents {
 public:
  explicit Contents(const std::string& path) : path_(path), file_(detail::load_tensors(path)) {}

  const std::string& path() const { return path_; }
  bool has_text(const std::string& name) const { return file_.metadata.contains(name); }
  const std::string& text(const std::string& name) const {
    const auto found = file_.metadata.find(name);
    check<FormatError>(found != file_.metadata.end(), "load: '{}': the text '{}' is missing", path_,
                       name);
    return found->second;
  }
  /// Copies an array of the model's numbers, checked to have this shape.
  void copy_to(const std::string& name, std::span<Scalar> to, const Shape& shape) {
    const auto found = std::ranges::find(file_.tensors, name, &StoredTensor::name);
    check<FormatError>(found != file_.tensors.end(), "load: '{}': '{}' is missing", path_, name);
    check<ShapeError>(found->shape == shape && found->dtype == detail::dtype_of<Scalar>,
                      "load: '{}': '{}' must be {} of {}, as in the model (got {} of {})", path_,
                      name, shape, detail::name_of(detail::dtype_of<Scalar>), found->shape,
                      detail::name_of(found->dtype));
    found->copy_to(to);
    file_.tensors.erase(found);
  }
  /// The state of the run in the file. Older files lack three counters, which are then 0.
  State run() {
    State state;
    std::erase_if(file_.tensors, [&](const StoredTensor& tensor) {
      const bool of_run = tensor.name.starts_with("run/");
      if (of_run) state[tensor.name] = {tensor.dtype, tensor.shape, std::string(tensor.bytes)};
      return of_run;
    });
    constexpr std::int64_t none[] = {0};
    for (const char* name :
         {"run/counters/averages_from", "run/counters/shows_averages", "run/fit/sampling"})
      state.try_emplace(name, detail::Saved::of<std::int64_t>({1}, none));
    return state;
  }
  /// FormatError for arrays below `prefix` that were not read.
  void check_all_read(std::string_view prefix) const {
    for (const StoredTensor& tensor : file_.tensors)
      check<FormatError>(!tensor.name.starts_with(prefix), "load: '{}': '{}' is not in the model",
                         path_, tensor.name);
  }

 private:
  std::string path_;
  TensorFile file_;
};

/// Whether a rate's text can be read: it holds no function, which only its program knows.
bool readable(const std::string& rate) {
  try {
    return parse_schedule(rate), true;
  } catch (const FormatError&) {
    return false;
  }
}

/// The text with `name` in place of each `part` that is a whole operand in it.
std::string replaced(std::string text, const std::string& part, const std::string& name) {
  int depth = 0;
  bool operators = false;
  for (const char c : part) {
    depth += (c == '(' || c == '[') - (c == ')' || c == ']');
    operators = operators || (depth == 0 && c == ' ');
  }
  const auto ends = [&](char c) {  // an operand; in an expression, only brackets and commas do
    return operators ? std::string_view("(,=)").find(c) != std::string_view::npos
                     : c != '_' && c != '.' && !std::isalnum(static_cast<unsigned char>(c));
  };
  for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; ++at) {
    const std::size_t last = text.find_last_not_of(' ', at - 1);
    const char before = at == 0 ? '(' : operators ? text[last] : text[at - 1];
    const std::size_t end = at + part.size();
    if (ends(before) && ends(end == text.size() ? ')' : text[end]))
      text.replace(at, part.size(), name);
  }
  return text;
}

/// The rate to continue with; null: the rate of the optimizer. See Sequential::load.
std::optional<Schedule> rate_from(const Contents& contents, const Optimizer& optimizer,
                                  std::string& note) {
  const std::string &now = contents.text("learning_rate"),
                    &compiled = contents.text("compiled_learning_rate");
  const Schedule& own = optimizer.initial_schedule();
  const std::string text = readable(compiled) ? now : replaced(now, compiled, "compiled");
  const bool unknown = text.find("custom") != text.npos;
  if (unknown || text != now)
    note = fmt::format(
        "load: '{}': the rate in force was {}; no file holds its function, so it is the function "
        "of this program, which may be another one\n",
        contents.path(), now);
  if (unknown || now == to_string(optimizer.schedule())) return std::nullopt;
  const Schedule schedule = detail::parse_schedule(text, "compiled", own);
  const bool same = text != now || compiled == to_string(own);
  if (!same && schedule.constant() && !optimizer.schedule().constant()) return std::nullopt;
  return schedule;
}

struct Counters {
  OptimizerCounters of_optimizer = {};
  std::uint64_t seed = 0;
  Step batches = 0;
  static void state(auto& self, auto&& field) {
    field("iterations", self.of_optimizer.iterations);
    field("collected", self.of_optimizer.collected);
    field("last_learning_rate", self.of_optimizer.last_learning_rate);
    field("averages_from", self.of_optimizer.averages_from);
    field("shows_averages", self.of_optimizer.shows_averages);
    field("seed", self.seed), field("batches", self.batches);
  }
};

/// The file's values for these weights.
std::vector<detail::Buffer> values_of(Contents& contents, const std::vector<Weight>& weights,
                                      bool allow_non_finite) {
  std::vector<detail::Buffer> values;
  for (const Weight& weight : weights) {
    const Shape& shape = weight.tensor.shape();
    const detail::Buffer& buffer = values.emplace_back(shape.count());
    contents.copy_to("weights/" + weight.name,
                     {buffer.data(), static_cast<std::size_t>(shape.count())}, shape);
    const std::string bad = detail::not_finite(buffer.data(), shape.count());
    check<FormatError>(bad.empty() || allow_non_finite,
                       "load: '{}': 'weights/{}' must be finite (got {})", contents.path(),
                       weight.name, bad);
  }
  return values;
}

/// Gives an optimizer that has its parameters the state of the file.
void restore(Contents& contents, Optimizer& optimizer, bool allow_non_finite, std::string& note) {
  const std::string& saved = contents.text("optimizer");
  check<StateError>(saved.starts_with(fmt::format("{}(", optimizer.name())),
                    "load: '{}': the optimizer must be the file's, {} (got {}); or load with "
                    "weights_only",
                    contents.path(), saved, to_string(optimizer));
  optimizer.state([&](const std::string& name, std::span<Scalar> to, const Shape& shape) {
    contents.copy_to("optimizer/" + name, to, shape);
  });
  if (const detail::Fault fault = optimizer.state_fault(); !allow_non_finite)
    check<FormatError>(!fault, "load: '{}': optimizer/{}", contents.path(), fault.text);
  if (const auto rate = rate_from(contents, optimizer, note)) optimizer.set_learning_rate(*rate);
}

/// The tensors of a file that are weights, in the order of `weights`; see Sequential::load_weights.
std::vector<StoredTensor> in_order(const TensorFile& file, const std::vector<Weight>& weights,
                                   const std::string& path) {
  constexpr std::string_view folder = "weights/";
  const auto in_folder = [&](const StoredTensor& t) { return t.name.starts_with(folder); };
  const bool nested = std::any_of(file.tensors.begin(), file.tensors.end(), in_folder);
  std::vector<StoredTensor> given = file.tensors, named;
  std::erase_if(given, [&](const StoredTensor& t) { return nested && !in_folder(t); });
  std::string missing;
  for (const Weight& weight : weights) {
    const StoredTensor* found = file.find((nested ? std::string(folder) : "") + weight.name);
    if (found) named.push_back(*found);
    if (!found && missing.empty()) missing = weight.name;
  }
  check<FormatError>(given.size() == weights.size(),
                     "load_weights: '{}': the file must have as many tensors as the model has "
                     "weights, {} (got {}{})",
                     path, weights.size(), given.size(),
                     missing.empty() ? "" : fmt::format("; '{}' is not among them", missing));
  return missing.empty() ? named : given;
}

}  // namespace

void Sequential::save(const std::string& path, const SaveOptions& options) const {
  check_plain("save");
  check_built("save");
  TensorFile file;
  file.metadata["input_shape"] = fmt::format("{}", fmt::join(*parts_.input_shape, ","));
  for (const auto& [name, text] : options.metadata)
    file.metadata[std::string(user_prefix) + name] = text;
  for (const Weight& weight : parts_.weights) {
    const Tensor& tensor = weight.tensor;
    const std::string bad = detail::not_finite(tensor.values().data(), tensor.size());
    check<NumericError>(bad.empty(), "save: '{}': 'weights/{}' must be finite (got {})", path,
                        weight.name, bad);
    file.tensors.push_back(
        StoredTensor::of("weights/" + weight.name, tensor.shape(), tensor.values()));
  }
  State state;
  if (compiled_ && !options.weights_only) {
    const Optimizer& optimizer = compiled_->optimizer;
    const detail::Fault fault = optimizer.state_fault();
    check<NumericError>(!fault, "save: '{}': optimizer/{}", path, fault.text);
    file.metadata["optimizer"] = to_string(optimizer);
    file.metadata["learning_rate"] = to_string(optimizer.schedule());
    file.metadata["compiled_learning_rate"] = to_string(optimizer.initial_schedule());
    optimizer.state(
        [&](const std::string& name, std::span<const Scalar> values, const Shape& shape) {
          file.tensors.push_back(StoredTensor::of("optimizer/" + name, shape, values));
        });
    detail::StateWriter write(state, "run");
    write("counters", Counters{optimizer.counters(), compiled_->seed, batches_});
    write("fit", run_);
    write("callbacks", session_ && session_->begun ? session_->callbacks.state() : run_.callbacks);
  }
  for (const auto& [name, saved] : state)
    file.tensors.push_back({name, saved.dtype, saved.shape, saved.bytes});
  detail::save_tensors(path, std::move(file));
}

void Sequential::load_weights(const std::string& path) {
  check_plain("load_weights");
  check_built("load_weights");
  const TensorFile file = detail::load_foreign_tensors(path);
  std::vector<Tensor> values;
  for (const StoredTensor& tensor : in_order(file, parts_.weights, path)) {
    const Weight& weight = parts_.weights[values.size()];
    const Shape& shape = weight.tensor.shape();
    const std::string rule = fmt::format("load_weights: '{}': '{}', read as {}, must be", path,
                                         tensor.name, weight.name);
    check<FormatError>(tensor.dtype != detail::Dtype::i64,
                       "{} of type F32, F64, F16 or BF16 (got I64)", rule);
    check<ShapeError>(tensor.shape == shape, "{} of shape {} (got {})", rule, shape, tensor.shape);
    const std::vector<double> numbers = tensor.numbers();
    for (std::size_t i = 0; i < numbers.size(); ++i)
      check<FormatError>(std::isfinite(value(static_cast<Scalar>(numbers[i]))),
                         "{} finite (got {} at element {})", rule, numbers[i], i);
    values.emplace_back(shape, std::vector<Scalar>(numbers.begin(), numbers.end()));
  }
  set_weights(values);
}

std::map<std::string, std::string> read_metadata(const std::string& path) {
  check_plain("read_metadata");
  std::map<std::string, std::string> texts;
  for (const auto& [name, text] : detail::load_tensors(path).metadata)
    if (name.starts_with(user_prefix)) texts[name.substr(user_prefix.size())] = text;
  return texts;
}

void Sequential::load(const std::string& path, const LoadOptions& options) {
  check_plain("load");
  Contents contents(path);
  const bool all = compiled_ && !options.weights_only && contents.has_text("optimizer");
  check<StateError>(!all || !session_ || !session_->begun,
                    "load: inside fit() it must be called in on_train_begin, or with weights_only");

  // Reads and checks everything before the model changes.
  std::optional<Parts> built;
  if (!parts_.input_shape) built = built_for(shape_of(path, contents.text("input_shape")));
  const Parts& parts = built ? *built : parts_;
  std::vector<detail::Buffer> values = values_of(contents, parts.weights, options.allow_non_finite);
  std::optional<Optimizer> optimizer;
  if (compiled_ && (all || built)) parts.give_to(optimizer.emplace(compiled_->optimizer));
  Counters counters;
  detail::Run run;
  if (all) {
    State state = contents.run();
    const detail::StateReader read(state, "run");
    read("counters", counters);
    read("fit", run);
    read("callbacks", run.callbacks);
    optimizer->set_counters(counters.of_optimizer);
    restore(contents, *optimizer, options.allow_non_finite, run.note);
    check<FormatError>(state.empty(), "load: '{}': '{}' is not known", path,
                       state.empty() ? "" : state.begin()->first);
  }
  contents.check_all_read(all ? "" : "weights/");

  if (optimizer) compiled_->optimizer = *optimizer;  // may run out of memory; the rest does not
  if (all) {
    compiled_->seed = counters.seed;
    batches_ = counters.batches;
    std::swap(run_, run);
  }
  if (built) parts_ = std::move(*built);
  assign(values);
  if (!all && compiled_) compiled_->optimizer.weights_changed();
  if (session_ && !run_.note.empty()) report(std::exchange(run_.note, {}));
}

}}  // namespace gradus
