#include <gradus/schedules/serialize.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include <gradus/schedules/known.h>
#include <gradus/schedules/write.h>

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
// These are not inlined: the buffers of a format would lie on the stack once for each level.
[[gnu::noinline]] void append_number(std::string& out, const Value& v) {
  const double number = value(std::get<Real>(v.content));
  out += v.whole ? fmt::format("{:.0f}", number) : Json(number).dump();
}
[[gnu::noinline]] void check_writable(const Schedule& s, const Config& config) {
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
  if (const Schedule* s = std::get_if<Schedule>(&v.content)) {
    append(out, *s);
  } else if (const auto* list = std::get_if<std::vector<Value>>(&v.content)) {
    detail::append_list(out, *list, "[]", [&](const Value& item) { append(out, item); });
  } else if (std::holds_alternative<Real>(v.content)) {
    append_number(out, v);
  } else if (const auto* text = std::get_if<std::string>(&v.content)) {
    out += in_quotes(*text);
  } else {
    const bool* truth = std::get_if<bool>(&v.content);
    out += !truth ? "null" : *truth ? "true" : "false";
  }
}

void append(std::string& out, const Schedule& s) {
  const Config config = s.config();
  check_writable(s, config);
  if (const auto number = s.constant()) return append_number(out, {*number});
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

[[noreturn, gnu::noinline]] void fail(const std::string& what) {
  detail::fail_to_read("deserialize", 0, what);
}

/// The parser's error with its place. Both kinds of error end in the text that was read last, in
/// quotes; only one of them says where that text ends.
[[noreturn]] void fail_at(std::string_view text, const Json::exception& error) {
  std::string_view what = error.what();
  what.remove_suffix(what.ends_with('\'') ? 1 : 0);
  const std::string_view token = what.substr(what.rfind('\'') + 1);
  const auto* parse_error = dynamic_cast<const Json::parse_error*>(&error);
  const std::size_t end = parse_error ? parse_error->byte : text.find(token) + token.size();
  const std::string_view before = text.substr(0, end > 0 ? end - 1 : 0);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t start = before.rfind('\n') + 1;  // npos + 1 is 0
  fail(fmt::format("line {}, column {}: not JSON at '{}'", line, before.size() - start + 1,
                   token.substr(0, 20)));
}

Json parse(std::string_view text) {
  std::vector<std::set<std::string>> keys;  // of the objects that are open
  const auto watch = [&](int, Json::parse_event_t event, const Json& now) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(now).second)
      fail(fmt::format("'{}' is given twice", now.get<std::string>()));
    return true;
  };
  try {
    return Json::parse(text, watch);
  } catch (const Json::exception& error) {
    fail_at(text, error);
  }
}

Schedule schedule_of(const Json& object, int depth);

/// The value as an option; `depth` counts the schedules and lists around it.
Value value_of(const Json& json, int depth) {
  if (json.is_structured() && depth >= detail::max_depth)
    fail(fmt::format("schedules and lists must be nested at most {} deep", detail::max_depth));
  if (json.is_object()) return {schedule_of(json, depth + 1)};
  if (json.is_number()) return {Real(json.get<double>())};
  if (json.is_boolean()) return {json.get<bool>()};
  if (json.is_string()) return {json.get<std::string>()};
  if (json.is_null()) return {detail::None()};
  std::vector<Value> list;
  for (const Json& item : json) list.push_back(value_of(item, depth + 1));
  return {std::move(list)};
}

/// The class's name, after what can be wrong beside its options.
const std::string& class_of(const Json& object) {
  const auto type = object.find("class_name"), module = object.find("module");
  if (type == object.end() || !type->is_string())
    fail("expected a schedule: an object with \"class_name\" and \"config\"");
  const auto& name = type->get_ref<const std::string&>();
  if (module != object.end() && module->is_null())
    fail(fmt::format("{} is of no module: a custom class, which only its program knows", name));
  detail::check_known("deserialize", name, 0);
  const auto config = object.find("config");
  if (config == object.end() || !config->is_object())
    fail(fmt::format("{} needs \"config\", an object", name));
  return name;
}

Schedule schedule_of(const Json& object, int depth) {
  detail::Call call{"deserialize", class_of(object), {}};
  for (const auto& [key, option] : object.at("config").items())
    call.arguments.push_back({key, value_of(option, depth)});
  try {
    return detail::make_schedule(call);
  } catch (const detail::TooDeep&) {
    fail(fmt::format("an expression must be at most {} deep", detail::max_depth));
  }
}

}  // namespace

std::string serialize(const Schedule& s) {
  std::string out;
  append(out, s);
  return out;
}

Schedule deserialize(std::string_view json) {
  Schedule s = 0;
  if (!detail::assign(s, value_of(parse(json), 0)).empty()) fail("expected a schedule or a number");
  return s;
}

}}  // namespace gradus
