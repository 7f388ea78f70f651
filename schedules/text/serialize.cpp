#include <gradus/schedules/serialize.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include <gradus/schedules/known.h>
#include <gradus/schedules/pieces.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

using detail::Pieces, detail::Value;
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
  if (const bool* truth = std::get_if<bool>(&v.content)) return *truth ? "true" : "false";
  if (const auto* whole = std::get_if<std::int64_t>(&v.content)) return fmt::format("{}", *whole);
  if (const double* number = std::get_if<double>(&v.content)) return Json(*number).dump();
  if (const auto* text = std::get_if<std::string>(&v.content)) return in_quotes(*text);
  return "null";
}

/// null for a class that is not ours.
const KnownSchedule* find_known(std::string_view type) {
  const auto all = known_schedules();
  const auto found = std::find_if(all.begin(), all.end(), [&](auto& k) { return k.type == type; });
  return found == all.end() ? nullptr : &*found;
}

Pieces pieces_of(const Schedule& s, int) {
  if (const auto number = s.constant()) {
    check(std::isfinite(value(*number)), "serialize: a constant must be finite (got {})",
          value(*number));
    return {{scalar({value(*number)})}};
  }
  const detail::Config config = s.config();
  check(config.has_fields,
        "serialize: a schedule must be a struct with fields (got '{}', a function in a program, "
        "which a text cannot hold)",
        config.spelt);
  const KnownSchedule* known = find_known(config.type);
  const std::string type = in_quotes(config.type);
  Pieces out{{fmt::format("{{\"module\": {}, \"class_name\": {}, \"config\": ",
                          known ? in_quotes(known->module) : "null", type)}};
  std::string before = "{";
  for (const detail::Config::Field& field : config.fields) {
    out.push_back({fmt::format("{}{}: ", before, in_quotes(field.name))});
    detail::append(out, field.value, scalar);
    before = ", ";
  }
  out.push_back({fmt::format("{}}}, \"registered_name\": {}}}", before == "{" ? "{" : "",
                             known ? "null" : type)});
  return out;
}

// ---- reading ------------------------------------------------------------------------------------

[[noreturn]] void fail(const std::string& what) { detail::fail_to_read("deserialize", 0, what); }

/// Told by the parser what comes next; makes each schedule as soon as its object ends, so that
/// nesting costs no stack.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(std::string_view text) : text_(text) {}

  Schedule result() const {
    Schedule s = 0;
    if (!detail::assign(s, result_).empty()) fail("expected a schedule or a number");
    return s;
  }

  bool null() override { return add({detail::None()}); }
  bool boolean(bool v) override { return add({v}); }
  bool number_integer(number_integer_t v) override { return add({v}); }
  bool number_unsigned(number_unsigned_t v) override { return add({static_cast<double>(v)}); }
  bool number_float(number_float_t v, const string_t&) override { return add({v}); }
  bool string(string_t& text) override { return add({text}); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(true); }
  bool start_array(std::size_t) override { return open(false); }
  bool key(string_t& name) override {
    if (open_.back().entries.size() > 1000) fail("an object has more than 1000 entries");
    for (const detail::Argument& entry : open_.back().entries)
      if (entry.keyword == name) fail(fmt::format("'{}' is given twice", name));
    open_.back().key = name;
    return true;
  }
  bool end_array() override {
    const Open o = close();
    if (o.ignored) return add({detail::None()});
    if ((depth_ = o.depth + 1) > 32) fail("lists must be nested at most 32 deep");
    std::vector<Value> list;
    for (const detail::Argument& entry : o.entries) list.push_back(entry.value);
    return add({std::move(list)});
  }
  bool end_object() override {
    Open o = close();
    if (o.ignored) return add({detail::None()});
    if (o.is_config) {
      open_.back().config = std::move(o.entries);
      open_.back().entries.push_back({"config", {}});
      return true;
    }
    return add({schedule_of(o)});
  }
  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::detail::exception&) override {
    const std::string_view before = text_.substr(0, position > 0 ? position - 1 : 0);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::size_t start = before.rfind('\n') + 1;  // npos + 1 is 0
    fail(fmt::format("line {}, column {}: not JSON at '{}'", line, before.size() - start + 1,
                     std::string_view(token).substr(0, 20)));
  }

 private:
  struct Open {
    bool object, is_config, ignored;  ///< ignored: beside class_name and config, or inside of that
    std::string key = {};
    std::vector<detail::Argument> entries = {};
    std::optional<std::vector<detail::Argument>> config = {};
    int depth = 0;  ///< of the lists in it
  };

  bool open(bool object) {
    const bool in_schedule = !open_.empty() && open_.back().object && !open_.back().is_config;
    const bool is_config = object && in_schedule && open_.back().key == "config";
    const bool ignored = !open_.empty() && (open_.back().ignored || (in_schedule && !is_config));
    open_.push_back({object, is_config, ignored});
    return true;
  }
  bool add(Value v) {
    if (open_.empty()) return result_ = std::move(v), true;
    open_.back().depth = std::max(open_.back().depth, depth_);
    open_.back().entries.push_back({open_.back().key, std::move(v)});
    return depth_ = 0, true;
  }
  Open close() {
    Open o = std::move(open_.back());
    open_.pop_back();
    return o;
  }
  static Schedule schedule_of(Open& o) {
    const auto entry = [&](std::string_view key) -> const Value* {
      for (const detail::Argument& e : o.entries)
        if (e.keyword == key) return &e.value;
      return nullptr;
    };
    const Value* type = entry("class_name");
    const auto* name = type ? std::get_if<std::string>(&type->content) : nullptr;
    if (!name) fail("expected a schedule: an object with \"class_name\" and \"config\"");
    const Value* module = entry("module");
    if (module && std::holds_alternative<detail::None>(module->content))
      fail(fmt::format("{} is of no module: a custom class, which only its program knows", *name));
    detail::check_known("deserialize", *name, 0);
    if (!o.config) fail(fmt::format("{} needs \"config\", an object", *name));
    return detail::make_schedule({"deserialize", *name, std::move(*o.config)});
  }

  std::string_view text_;
  std::vector<Open> open_;
  Value result_;
  int depth_ = 0;  ///< of the value just read
};

}  // namespace

std::string serialize(const Schedule& s) { return detail::write(s, pieces_of); }

Schedule deserialize(std::string_view json) {
  Builder builder(json);
  Json::sax_parse(json, &builder);
  return builder.result();
}

}}  // namespace gradus
