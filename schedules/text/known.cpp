#include <gradus/schedules/known.h>

#include <gradus/core/from_text.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

template <class T>
Schedule make(const detail::Call& call) {
  T self{};
  std::vector<detail::Slot> slots;
  detail::add_slots(slots, self);
  detail::fill(call, slots);
  return self;
}

/// Examples of the algebra, made of schedules whose headers include algebra.h.
const auto& algebra_examples() {
  static const std::tuple all(
      Join{linear(0, 0.1, 30), CosineDecay{0.1, 70}},
      Sum{0.02, repeat(linear(0, 0.08, 10) >> linear(0.08, 0, 10))},
      Difference{0.1, ExponentialDecay{0.09, 20, 0.5}},
      Product{linear(1, 0, 100), StepDecay{0.1, 25, 0.5}},
      Min{linear(0, 0.2, 60), CosineDecay{0.1, 100}}, Max{CosineDecay{0.1, 80}, 0.03},
      Clamp{CosineDecay{0.1, 100}, 0.02, 0.08}, Power{CosineDecay{0.1, 100}, 2},
      Take{ExponentialDecay{0.1, 20, 0.5}, 40}, Delay{CosineDecay{0.1, 60}, 40},
      Skip{CosineDecay{0.1, 100}, 50}, Stretch{CosineDecay{0.1, 30}, 3},
      PerEpoch{ExponentialDecay{0.1, 1, 0.7}, 20}, Warmup{CosineDecay{0.1, 100}, 30},
      Repeat{CosineDecay{0.1, 15}, 2, 0.7}, Mirror{OneCycle{0.1, 100}, 0.95, 0.85},
      Reduced{CosineDecay{0.1, 100}, 0.5, 0.01});
  return all;
}

template <class T>
Schedule example() {
  if constexpr (requires { T::example(); })
    return T::example();
  else
    return std::get<T>(algebra_examples());
}

template <class T>
KnownSchedule describe(std::string_view module) {
  const detail::Config config = detail::config_of(T{});
  const std::string_view op = config.op.symbol;
  std::vector<KnownSchedule::Argument> arguments;
  for (const auto& [name, value, at_default] : config.fields)
    arguments.push_back({std::string(name), at_default ? detail::text_of(value) : ""});
  const std::string_view text_name = op.empty() ? config.text_name : op.substr(1, op.size() - 2);
  return {config.type, text_name, module, T::formula, arguments, example<T>(), make<T>};
}

/// Names that users of Keras and PyTorch type, and the ends of ours.
constexpr std::pair<std::string_view, std::string_view> aliases[] = {
    {"lr", "learning_rate"},
    {"eps", "epsilon"},
    {"wd", "weight_decay"},
    {"beta1", "beta_1"},
    {"beta2", "beta_2"},
    {"T_max", "decay_steps"},
    {"max_lr", "max_learning_rate"},
    {"base_lr", "base_learning_rate"},
    {"curve", "decay_curve"}};

/// An argument's slot: by position until the first keyword, then by name.
std::size_t place_of(const detail::Call& call, std::size_t i, bool by_keyword,
                     std::span<const detail::Slot> slots) {
  const std::string& keyword = call.arguments[i].keyword;
  const auto fail = [&](std::string_view what) {
    detail::fail_to_read(call.reader, call.arguments[i].value.column, what);
  };
  if (keyword.empty()) {
    if (by_keyword) fail("a positional argument must not follow a keyword argument");
    if (i >= slots.size())
      fail(fmt::format("{} takes at most {} arguments", call.name, slots.size()));
    return i;
  }
  auto found = std::ranges::find(slots, keyword, &detail::Slot::name);
  const auto alias = std::ranges::find(aliases, keyword, [](auto& pair) { return pair.first; });
  if (found == slots.end() && alias != std::end(aliases)) {
    found = std::ranges::find(slots, alias->second, &detail::Slot::name);
    if (found == slots.end())
      found = std::ranges::find_if(
          slots, [&](const detail::Slot& slot) { return slot.name.ends_with(alias->second); });
  }
  if (found == slots.end()) {
    std::vector<std::string> names;
    for (const detail::Slot& slot : slots) names.emplace_back(slot.name);
    fail(fmt::format("{} has no argument '{}'; did you mean '{}'?", call.name, keyword,
                     detail::nearest(keyword, names)));
  }
  return static_cast<std::size_t>(found - slots.begin());
}

}  // namespace

std::span<const KnownSchedule> known_schedules() {
  static const std::vector<KnownSchedule> all = [] {
    std::vector<KnownSchedule> list;
    const auto add = [&]<class... T>(std::string_view module,
                                     std::type_identity<std::tuple<T...>>) {
      (list.push_back(describe<T>(module)), ...);
    };
    add("keras.optimizers.schedules", std::type_identity<KerasSchedules>());
    add("gradus.schedules", std::type_identity<OwnSchedules>());
    return list;
  }();
  return all;
}

void detail::fail_to_read(const char* reader, std::size_t column, std::string_view what) {
  throw FormatError(column > 0 ? fmt::format("{}: column {}: {}", reader, column, what)
                               : fmt::format("{}: {}", reader, what));
}

void detail::fill(const Call& call, std::span<const Slot> slots) {
  std::vector<const Value*> given(slots.size());
  bool by_keyword = false;
  for (std::size_t i = 0; i < call.arguments.size(); ++i) {
    const std::size_t place = place_of(call, i, by_keyword, slots);
    const Argument& argument = call.arguments[i];
    by_keyword = by_keyword || !argument.keyword.empty();
    if (given[place])
      fail_to_read(call.reader, argument.value.column,
                   fmt::format("'{}' is given twice", slots[place].name));
    given[place] = &argument.value;
  }
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto& [name, required, assign] = slots[i];
    const Value* v = given[i];
    if (!v && required)
      fail_to_read(call.reader, call.end, fmt::format("{} needs '{}'", call.name, name));
    if (!v) continue;
    if (const std::string expected = assign(*v); !expected.empty())
      fail_to_read(call.reader, v->column,
                   fmt::format("{} must be {} (got {})", name, expected, text_of(*v)));
  }
}

const KnownSchedule& detail::find_known(const char* reader, const std::string& name,
                                        std::size_t column) {
  std::vector<std::string> names;
  for (const KnownSchedule& known : known_schedules()) {
    if (name == known.type || (column > 0 && name == known.text_name)) return known;
    for (const std::string_view each : {known.type, column > 0 ? known.text_name : known.type})
      if (each.front() >= 'A') names.emplace_back(each);  // not an operator
  }
  if (name == "custom")
    fail_to_read(reader, column,
                 "'custom' stands for a function in a program, which a text cannot hold");
  const std::string last = name.substr(name.rfind('.') + 1);
  const auto longer = std::ranges::find_if(  // `tanh_curve` for `tanh`
      names, [&](const std::string& known) { return known.starts_with(last + '_'); });
  fail_to_read(reader, column,
               fmt::format("unknown schedule '{}'; did you mean '{}'?", name,
                           longer == names.end() ? nearest(last, names) : *longer));
}

// ---- texts of schedules and values --------------------------------------------------------------

namespace {

using detail::Config, detail::Value;

std::string in_quotes(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}
std::string scalar(const Value& v) {
  if (const Real* number = std::get_if<Real>(&v.content)) return fmt::format("{}", value(*number));
  if (const auto* text = std::get_if<std::string>(&v.content)) return in_quotes(*text);
  const bool* truth = std::get_if<bool>(&v.content);
  return !truth ? "None" : *truth ? "True" : "False";
}

void append(std::string& out, const Schedule& s, int around, bool brief);
void append(std::string& out, const Value& v, bool brief) {
  detail::append_value(
      out, v, "[]", [&](const Schedule& s) { append(out, s, 0, brief); }, scalar);
}

void append(std::string& out, const Schedule& s, int around, bool brief) {
  if (const auto number = s.constant()) return append(out, Value{*number}, brief);
  const Config config = s.config();
  if (config.op.binding > 0)
    return detail::append_operator(out, config, around, [&](const Schedule& side, int binding) {
      append(out, side, binding, brief);
    });
  out += config.text_name;
  if (!config.has_fields) return;
  std::string_view before = "(";
  bool named = !brief;
  for (const Config::Field& field : config.fields) {
    named = named || field.at_default || std::holds_alternative<bool>(field.value.content);
    if (field.at_default) continue;
    out += before;
    if (named) (out += field.name) += '=';
    append(out, field.value, brief);
    before = ", ";
  }
  out += before == "(" ? "()" : ")";
}

}  // namespace

std::string to_string(const Schedule& s) { return detail::text_of({s}); }

std::string detail::text_of(const Value& v) { return text_of(v, false); }

std::string detail::text_of(const Value& v, bool brief) {
  std::string out;
  append(out, v, brief);
  return out;
}

}}  // namespace gradus
