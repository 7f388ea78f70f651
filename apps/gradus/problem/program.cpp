#include "problem/program.h"

#include <fmt/format.h>

using namespace gradus;

namespace {

using detail::Config, detail::Value;

constexpr std::size_t longest_code = 400;

/// Functions of C++ that take the fields by position. The other names are structs.
bool is_function(const Config& config) {
  return config.text_name != config.type && config.text_name != "take" &&
         config.text_name != "repeat" && config.text_name != "tanh_curve";
}

void append(std::string& out, const Schedule& s, int around);
void append(std::string& out, const Value& v) {
  const auto scalar = [](const Value& plain) {
    const bool* truth = std::get_if<bool>(&plain.content);
    return truth ? fmt::format("{}", *truth) : detail::text_of(plain);
  };
  detail::append_value(
      out, v, "{}", [&](const Schedule& s) { append(out, s, 0); }, scalar);
}

/// `CosineDecay{.a = 1, .b = 2}`, or `linear(1, 2)`.
void append(std::string& out, const Schedule& s, int around) {
  const Config config = s.config();
  if (config.op.binding > 0)
    return detail::append_operator(out, config, around, [&](const Schedule& side, int binding) {
      append(out, side, binding);
    });
  if (s.constant()) return append(out, Value{*s.constant()});
  const bool function = is_function(config);
  out += function ? config.text_name : config.type;
  std::string before = function ? "(" : "{";
  for (const Config::Field& field : config.fields) {
    if (field.at_default) continue;
    out += before + (function ? "" : fmt::format(".{} = ", field.name));
    append(out, field.value);
    before = ", ";
  }
  if (before != ", ") out += before;
  out += function ? ")" : "}";
}

std::string to_code(const Value& v) {
  const Schedule* s = std::get_if<Schedule>(&v.content);
  if (s) return ::to_code(*s);
  std::string out;
  append(out, v);
  return out;
}

/// The declaration of the model and, before it, of its initializers, with as many layers on each
/// line as fit.
std::string model_code(const Problem& problem) {
  const std::string start = "  Sequential model{";
  const std::vector<std::string> layers = problem.network.layers_code(problem.outputs);
  std::string out;
  for (const auto& [name, code] : {std::pair("first", problem.network.initializer.code),
                                   {"first_bias", problem.network.bias_initializer.code}})
    if (!code.empty()) out += fmt::format("  const Initializer {} = {};\n", name, code);
  std::string line = start;
  for (const std::string& layer : layers) {
    if (line.size() + layer.size() > 90 && line.size() > start.size()) {
      out += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
      line = std::string(start.size(), ' ');
    }
    line += layer + (&layer != &layers.back() ? ", " : "};\n");
  }
  return out + line;
}

}  // namespace

std::string to_code(const Schedule& s) {
  const std::string text = to_string(s);
  // In C++ a word in quotes is the name of an enum's value.
  if (text.size() > longest_code || text.find('"') != text.npos)
    return fmt::format("parse_schedule(R\"({})\")", text);
  std::string code;
  append(code, s, 0);
  return code;
}

std::string to_code(const Optimizer& optimizer, const std::string& rate) {
  std::string rule = fmt::format("{}{{.learning_rate = {}", optimizer.name(), rate), options;
  for (const Config::Field& field : optimizer.config().fields)
    if (!field.at_default && field.name != "learning_rate")
      rule += fmt::format(", .{} = {}", field.name, to_code(field.value));
  rule += '}';
  for (const Config::Field& field : detail::config_of(optimizer.options()).fields)
    if (!field.at_default)
      options +=
          fmt::format("{}.{} = {}", options.empty() ? "" : ", ", field.name, to_code(field.value));
  return options.empty() ? rule : fmt::format("Optimizer({}, {{{}}})", rule, options);
}

std::string to_program(const Problem& problem, const ProgramOptions& options) {
  const Optimizer& optimizer = problem.model.optimizer();
  const std::string rate =
      options.rate.empty() ? to_code(optimizer.initial_schedule()) : options.rate;
  const bool scaled = problem.prepared && problem.prepared->targets;
  std::string out =
      data_code(problem.options.data, problem.chosen, problem.prepared, problem.network.seed);
  out += model_code(problem);
  out += fmt::format(
      "  model.compile({{.optimizer = {},\n                 .loss = {},\n{}"
      "                 .seed = {}{}}});\n",
      to_code(optimizer, rate), problem.loss.code,
      problem.loss.targets == Targets::numbers ? "                 .metrics = {R2Score{}},\n" : "",
      problem.network.seed,
      scaled ? ",\n                 .target_deviation = prepared.target_deviation()" : "");
  const std::string call = "  model.fit(data.x, data.y, {";
  out += fmt::format("{}.batch_size = {}, .epochs = {}", call, problem.network.batch_size,
                     options.epochs);
  if (problem.chosen.last && !problem.prepared)
    out += fmt::format(", .validation_split = {}", problem.chosen.share);
  else if (problem.held_out.x.size() > 0)
    out += ", .validation_data = test";
  std::string more = options.fit_options;
  if (problem.network.sampling != Sampling::shuffled)
    more += fmt::format("{}.sampling = Sampling::{}", more.empty() ? "" : ", ",
                        name_of(problem.network.sampling));
  if (!more.empty()) out += fmt::format(",\n{:{}}{}", "", call.size(), more);
  out += "});\n";
  if (scaled) out += "  const ExactTensor predicted = prepared.undo(model.predict(data.x));\n";
  return out;
}
