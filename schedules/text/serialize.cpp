#include <gradus/schedules/serialize.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include <gradus/schedules/known.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

using detail::Config, detail::Value;
using Json = nlohmann::json;

// ---- writing ------------------------------------------------------------------------------------

std::string in_quotes(std::string_view text) {
  const Json json = text;
  const auto dump = [&](auto on_error) { return json.dump(-1, ' ', true, on_error); };
  std::string out = dump(Json::error_handler_t::replace);
  check(out == dump(Json::error_handler_t::ignore), "serialize: a name must be UTF-8 text");
  return out;
}
std::string scalar(const Value& v) {
  if (const Real* number = std::get_if<Real>(&v.content))
    return v.whole ? fmt::format("{:.0f}", value(*number)) : Json(value(*number)).dump();
  if (const auto* text = std::get_if<std::string>(&v.content)) return in_quotes(*text);
  const bool* truth = std::get_if<bool>(&v.content);
  return !truth ? "null" : *truth ? "true" : "false";
}
void check_writable(const Schedule& s, const Config& config) {
  const double number = value(s.constant().value_or(0));
  check(std::isfinite(number), "serialize: a constant must be finite (got {})", number);
  check(s.constant() || config.has_fields,
        "serialize: a schedule must be a struct with fields (got '{}', a function in a program, "
        "which a text cannot hold)",
        config.text_name);
}

/// The module of a known schedule as JSON; null for a class that is not ours.
std::string module_of(std::string_view type) {
  const auto found = std::ranges::find(known_schedules(), type, &KnownSchedule::type);
  return found == known_schedules().end() ? "null" : in_quotes(found->module);
}

void append(std::string& out, const Schedule& s);
void append(std::string& out, const Value& v) {
  detail::append_value(
      out, v, "[]", [&](const Schedule& s) { append(out, s); }, scalar);
}

void append(std::string& out, const Schedule& s) {
  const Config config = s.config();
  check_writable(s, config);
  if (const auto number = s.constant()) return append(out, Value{*number});
  const std::string type = in_quotes(config.type), module = module_of(config.type);
  out.append("{\"module\": ").append(module).append(", \"class_name\": ").append(type);
  out += ", \"config\": {";
  for (const Config::Field& field : config.fields) {
    if (&field != config.fields.data()) out += ", ";
    out.append(in_quotes(field.name)).append(": ");
    append(out, field.value);
  }
  out.append("}, \"registered_name\": ").append(module == "null" ? type : "null").append("}");
}

// ---- reading ------------------------------------------------------------------------------------

[[noreturn]] void fail(const std::string& what) { detail::fail_to_read("deserialize", 0, what); }

/// Reads the text once for what Json::parse() does not say: the place of an error, with the text
/// that was read last, and names that are given twice.
class Checker : public nlohmann::detail::json_sax_acceptor<Json> {
 public:
  explicit Checker(std::string_view text) : text_(text) {}

  bool start_object(std::size_t) { return names_.emplace_back(), true; }
  bool end_object() { return names_.pop_back(), true; }
  bool key(string_t& name) {
    if (!names_.back().insert(name).second) fail(fmt::format("'{}' is given twice", name));
    return true;
  }
  bool parse_error(std::size_t end, const std::string& last_read,
                   const nlohmann::detail::exception&) {
    const std::string_view before = text_.substr(0, end > 0 ? end - 1 : 0);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::size_t start = before.rfind('\n') + 1;  // npos + 1 is 0
    fail(fmt::format("line {}, column {}: not JSON at '{}'", line, before.size() - start + 1,
                     std::string_view(last_read).substr(0, 20)));
  }

 private:
  std::string_view text_;
  std::vector<std::set<std::string>> names_;  ///< in the objects that are open
};

Schedule schedule_of(const Json& object, int depth);

[[noreturn, gnu::noinline]] void fail_too_deep() {
  fail(fmt::format("schedules and lists must be nested at most {} deep", detail::max_depth));
}

/// The value as an option; `depth` counts the schedules and lists around it.
Value value_of(const Json& json, int depth) {
  if (json.is_structured() && depth >= detail::max_depth) fail_too_deep();
  if (json.is_object()) return {schedule_of(json, depth + 1)};
  if (json.is_number()) return {Real(json.get<double>())};
  if (json.is_boolean()) return {json.get<bool>()};
  if (json.is_string()) return {json.get<std::string>()};
  if (json.is_null()) return {detail::None()};
  std::vector<Value> list;
  for (const Json& item : json) list.push_back(value_of(item, depth + 1));
  return {std::move(list)};
}

/// The known class, after what can be wrong beside its options.
[[gnu::noinline]] const KnownSchedule& class_of(const Json& object) {
  const auto type = object.find("class_name"), module = object.find("module");
  if (type == object.end() || !type->is_string())
    fail("expected a schedule: an object with \"class_name\" and \"config\"");
  const auto& name = type->get_ref<const std::string&>();
  if (module != object.end() && module->is_null())
    fail(fmt::format("{} is of no module: a custom class, which only its program knows", name));
  const auto config = object.find("config");
  const KnownSchedule& known = detail::find_known("deserialize", name, 0);
  if (config == object.end() || !config->is_object())
    fail(fmt::format("{} needs \"config\", an object", name));
  return known;
}

/// Not inlined, as class_of(): the frames of what recurses are the stack that deep JSON takes.
[[gnu::noinline]] Schedule made(const KnownSchedule& known,
                                std::vector<detail::Argument> arguments) {
  try {
    return known.make({"deserialize", std::string(known.type), std::move(arguments)});
  } catch (const detail::TooDeep&) {
    fail(fmt::format("an expression must be at most {} deep", detail::max_depth));
  }
}

Schedule schedule_of(const Json& object, int depth) {
  const KnownSchedule& known = class_of(object);
  std::vector<detail::Argument> arguments;
  for (const auto& [key, option] : object.at("config").get_ref<const Json::object_t&>())
    arguments.push_back({key, value_of(option, depth)});
  return made(known, std::move(arguments));
}

}  // namespace

std::string serialize(const Schedule& s) {
  std::string out;
  append(out, s);
  return out;
}

Schedule deserialize(std::string_view json) {
  Checker checker(json);
  Json::sax_parse(json, &checker);
  Schedule s = 0;
  if (!detail::assign(s, value_of(Json::parse(json), 0)).empty())
    fail("expected a schedule or a number");
  return s;
}

}}  // namespace gradus
