#include <gradus/schedules/serialize.h>

#include <gradus/schedules/json_tree.h>
#include <gradus/schedules/known.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

using detail::Config, detail::Value;
using Json = detail::JsonTree;
using Type = Json::Type;

std::string in_quotes(std::string_view text) { return detail::in_quotes(text, true, "serialize"); }
std::string scalar(const Value& v) {
  if (const Real* number = std::get_if<Real>(&v.content))
    return v.whole ? fmt::format("{:.0f}", value(*number)) : detail::json_number(value(*number));
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

[[noreturn]] void fail(const std::string& what) { detail::fail_to_read("deserialize", 0, what); }

Schedule schedule_of(const Json& object, int depth);

[[noreturn, gnu::noinline]] void fail_too_deep() {
  fail(fmt::format("schedules and lists must be nested at most {} deep", detail::max_depth));
}

/// The value as an option; `depth` counts the schedules and lists around it.
Value value_of(const Json& json, int depth) {
  const bool structured = json.is(Type::object) || json.is(Type::list);
  if (structured && depth >= detail::max_depth) fail_too_deep();
  if (json.is(Type::object)) return {schedule_of(json, depth + 1)};
  if (json.is(Type::number) || json.is(Type::whole)) return {Real(json.number)};
  if (json.is(Type::boolean)) return {json.number != 0};
  if (json.is(Type::text)) return {json.text};
  if (json.is(Type::null)) return {detail::None()};
  std::vector<Value> list;
  for (const auto& [name, item] : json.members) list.push_back(value_of(item, depth + 1));
  return {std::move(list)};
}

/// The known class, after what can be wrong beside its options. Not inlined, for a small stack.
[[gnu::noinline]] const KnownSchedule& class_of(const Json& object) {
  const Json *const type = object.find("class_name"), *const module = object.find("module");
  if (!type || !type->is(Type::text))
    fail("expected a schedule: an object with \"class_name\" and \"config\"");
  const std::string& name = type->text;
  if (module && module->is(Type::null))
    fail(fmt::format("{} is of no module: a custom class, which only its program knows", name));
  const Json* const config = object.find("config");
  const KnownSchedule& known = detail::find_known("deserialize", name, 0);
  if (!config || !config->is(Type::object))
    fail(fmt::format("{} needs \"config\", an object", name));
  return known;
}

Schedule schedule_of(const Json& object, int depth) {
  const KnownSchedule& known = class_of(object);
  detail::Call call{"deserialize", std::string(known.type), {}};
  for (const auto& [key, option] : object.find("config")->members)
    call.arguments.push_back({key, value_of(option, depth)});
  return known.make(call);
}

}  // namespace

std::string serialize(const Schedule& s) {
  std::string out;
  append(out, s);
  return out;
}

Schedule deserialize(std::string_view json) {
  const auto fail_with = [&](const detail::JsonFault& fault) {
    if (fault.kind == detail::JsonFault::Kind::depth) return;  // refused where it matters
    if (fault.kind == detail::JsonFault::Kind::repeated)
      fail(fmt::format("'{}' is given twice", fault.text));
    const std::string_view before = json.substr(0, std::max<std::size_t>(fault.position, 1) - 1);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::size_t start = before.rfind('\n') + 1;  // npos + 1 is 0
    fail(fmt::format("line {}, column {}: not JSON at '{}'", line, before.size() - start + 1,
                     std::string_view(fault.text).substr(0, 20)));
  };
  // A schedule is an object with a config in it, and its list.
  const Json tree = detail::parse_json(json, 2 * detail::max_depth + 2, fail_with);
  Schedule s = 0;
  try {
    if (!detail::assign(s, value_of(tree, 0)).empty()) fail("expected a schedule or a number");
  } catch (const detail::TooDeep&) {
    fail(fmt::format("an expression must be at most {} deep", detail::max_depth));
  }
  return s;
}

}}  // namespace gradus
