#include "training/contenders.h"

#include <gradus/optim/optimizers.h>
#include <gradus/schedules/known.h>

#include "terminal/command.h"
#include "terminal/option_words.h"

using namespace gradus;

namespace {

constexpr std::int64_t most_updates = 10'000'000;

/// The texts of a contender.
struct Entry {
  std::string name, text;    ///< name: that was given, or ""
  ContenderOptions options;  ///< with the optimizer of the text, if it has one
  std::string varied = "";   ///< `batch-size 8, layers none`
};

/// The parts of the text between separators outside brackets.
std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (const char c : text) {
    depth += (c == '(') - (c == ')');
    if (c == separator && depth == 0)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  std::ranges::transform(parts, parts.begin(), clean);
  return parts;
}

/// Sets the option, or else the argument of the optimizer, of this key. UsageError.
void set(ContenderOptions& options, const std::string& key, const std::string& value) {
  std::vector<std::string> keys;
  ContenderOptions::options(options, [&](auto& member, const std::string& name, const auto&...) {
    if constexpr (std::is_same_v<decltype(member), std::string&>) {
      keys.push_back(key_of(name));
      if (keys.back() == key) member = value;
    }
  });
  if (std::ranges::count(keys, key) > 0) return;
  std::string& text = options.problem.network.optimizer;
  text = clean(text);
  // Any lengths do to find the names.
  const Optimizer optimizer = read_optimizer(text, {.all = 1'000'000, .epoch = 1'000}).optimizer;
  for (const detail::Config::Field& field : fields_of(optimizer)) keys.emplace_back(field.name);
  if (std::ranges::count(keys, key) == 0) refuse_name("--vary", key, keys);
  const bool call = text.ends_with(')');
  if (call) text.pop_back();
  text += (!call ? "(" : text.ends_with('(') ? "" : ", ") + key + '=' + value + ')';
}

/// Each entry with each of the values, such as `batch-size=1,8`.
std::vector<Entry> crossed(const std::vector<Entry>& entries, const std::string& vary) {
  const auto [key, rest] = split_name(vary);
  const auto values = split(rest, rest.find('|') == rest.npos ? ',' : '|');
  check<UsageError>(!key.empty() && std::ranges::count(values, "") == 0,
                    "--vary: must be KEY=VALUE,VALUE,... (got '{}')", clean(vary));
  std::vector<Entry> out;
  for (const Entry& entry : entries)
    for (const std::string& value : values) {
      check<UsageError>(key != "optimizer" || !names_optimizer(entry.text),
                        "--vary: optimizer must vary only under schedules (got \"{}\")",
                        entry.text);
      out.push_back(entry);
      set(out.back().options, key, value);
      out.back().varied += (entry.varied.empty() ? "" : ", ") + key + ' ' + value;
    }
  return out;
}

std::optional<Schedule> momentum_of(const Optimizer& optimizer) {
  for (const detail::Config::Field& field : fields_of(optimizer))
    if (const auto* s = std::get_if<Schedule>(&field.value.content);
        s && (field.name == "momentum" || field.name == "beta_1") && !detail::always_zero(*s))
      return *s;
  return std::nullopt;
}

/// Without a label. Contenders with the same options share the problem.
Contender make_contender(const Entry& entry, std::shared_ptr<const Problem>& problem) {
  const auto& [problem_options, epochs, steps] = entry.options;
  check<UsageError>(epochs.empty() || steps.empty(),
                    "--steps and --epochs: must not both be given");
  const RunPlan plan{.epochs = epochs.empty() ? 0 : read_whole("--epochs", epochs, 1, most_updates),
                     .steps = steps.empty() ? 0 : read_whole("--steps", steps, 1, most_updates)};
  if (!problem) problem = std::make_shared<const Problem>(make_problem(problem_options, plan));
  if (!names_optimizer(entry.text)) refuse_rate(*problem, "the schedules give");
  const Optimizer& optimizer = problem->model.optimizer();
  const std::string text = names_optimizer(entry.text)
                               ? detail::text_of({optimizer.schedule()}, true)
                               : with_numbers(entry.text, problem->lengths);
  return {.label = entry.name,
          .text = clean(text),
          .rate = read_schedule(text),
          .problem = problem,
          .steps = static_cast<Step>(value(problem->lengths.all.count)),
          .momentum = momentum_of(optimizer)};
}

/// The rate, which has the name "", and the options that are not at their defaults.
std::map<std::string, std::string> arguments_of(const Contender& c) {
  std::map<std::string, std::string> out{{"", c.text}};
  for (const detail::Config::Field& field : fields_of(c.problem->model.optimizer()))
    if (!field.at_default && field.name != "learning_rate")
      out.emplace(field.name, detail::text_of(field.value, true));
  return out;
}

/// The differences between these contenders, which have the same values of --vary: the optimizer,
/// then rate and arguments if they differ between contenders with this optimizer.
std::string label_of(const Contender& one, const std::vector<Contender>& all) {
  const auto name = [](const Contender& c) { return c.problem->model.optimizer().name(); };
  const auto alike = [&](const Contender& other) { return name(other) == name(one); };
  std::string out, optimizer = detail::lower(name(one));
  if (!std::ranges::all_of(all, alike)) out = optimizer;
  for (const auto& argument : arguments_of(one))
    if (std::ranges::any_of(all, [&](const Contender& other) {
          return alike(other) && std::ranges::count(arguments_of(other), argument) == 0;
        }))
      out += (out.empty() ? "" : ", ") + clean(argument.first + ' ' + argument.second);
  return out.empty() ? optimizer : out;
}

}  // namespace

std::vector<Contender> make_contenders(const std::vector<std::string>& texts,
                                       const std::vector<std::string>& vary,
                                       const ContenderOptions& chosen) {
  std::vector<Entry> entries;
  for (const std::string& given : texts) {
    const auto [name, text] = split_name(given);
    entries.push_back({name, text, chosen});
    if (names_optimizer(text)) entries.back().options.problem.network.optimizer = clean(text);
  }
  for (const std::string& text : vary) entries = crossed(entries, text);
  std::vector<Contender> out;
  std::map<std::vector<std::string>, std::shared_ptr<const Problem>> problems;
  for (const Entry& entry : entries)
    out.push_back(make_contender(entry, problems[words_of(entry.options)]));
  const std::size_t choices = out.size() / std::max<std::size_t>(1, texts.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::vector<Contender> peers;
    for (std::size_t k = i % choices; k < out.size(); k += choices) peers.push_back(out[k]);
    std::string& label = out[i].label;
    if (label.empty() && (texts.size() > 1 || vary.empty()))
      label = names_optimizer(entries[i].text) ? label_of(out[i], peers) : out[i].text;
    label += (label.empty() || vary.empty() ? "" : ", ") + entries[i].varied;
    check<UsageError>(
        std::ranges::count(out, label, &Contender::label) == 1,
        "{} must be the label of one entry (got 2): name it, NAME=EXPR, or put | between values "
        "that hold commas",
        label);
  }
  return out;
}

std::string about(const std::vector<Contender>& contenders) {
  std::string out = contenders[0].problem->about();
  for (const Contender& c : contenders) {
    const std::string other = c.problem->about();
    const auto same = static_cast<std::size_t>(std::ranges::mismatch(out, other).in1 - out.begin());
    if (same == out.size() || (same + 1 == out.size() && other[same] == ',')) continue;
    std::size_t end = 0;  // of the parts that are the same; an optimizer is one part
    int depth = 0;
    for (std::size_t i = 0; i < same; ++i) {
      depth += (out[i] == '(') - (out[i] == ')');
      if (depth == 0 && (out[i] == ',' || out[i] == '\n')) end = i;
    }
    out = end > 0 ? out.substr(0, end) + "\n" : "";
  }
  return out;
}
