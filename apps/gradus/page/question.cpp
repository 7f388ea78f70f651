#include "page/question.h"

#include <gradus/core/from_text.h>

#include <charconv>

using namespace gradus;

namespace {

constexpr std::size_t longest_question = 1'000'000, longest_text = 5000;  ///< bytes
constexpr std::size_t most_texts = 1000;
constexpr std::int64_t most_steps = 100'000;

[[noreturn]] void refuse(const std::string& key, const char* rule, const Json& got) {
  throw UsageError(fmt::format("{}: must be {} (got {})", key, rule, got.type_name()));
}

/// A text, or a number as text.
std::string to_text(const std::string& key, const Json& json) {
  if (json.is_number()) return json.dump();
  if (!json.is_string()) refuse(key, "a text or a number", json);
  const std::string text = json.get<std::string>();
  check<UsageError>(text.size() <= longest_text, "{}: must have at most {} bytes (got {})", key,
                    longest_text, text.size());
  return text;
}

void take(const std::string& key, const Json& json, std::string& member) {
  member = to_text(key, json);
}
void take(const std::string& key, const Json& json, bool& member) {
  if (!json.is_boolean()) refuse(key, "true or false", json);
  member = json.get<bool>();
}
void take(const std::string& key, const Json& json, std::vector<std::string>& member) {
  if (!json.is_array()) return void(member = split_list(to_text(key, json)));
  check<UsageError>(json.size() <= most_texts, "{}: must be at most {} texts (got {})", key,
                    most_texts, json.size());
  member.clear();
  for (const Json& text : json) member.push_back(to_text(key, text));
}

}  // namespace

Question::Question(std::string_view text) {
  check<UsageError>(text.size() <= longest_question,
                    "the question: must have at most {} bytes (got {})", longest_question,
                    text.size());
  json_ = Json::parse(text, nullptr, false);
  check<UsageError>(json_.is_object(), "the question: must be a JSON object");
}

const Json* Question::find(const std::string& key) const {
  const auto at = json_.find(key);
  return at == json_.end() ? nullptr : &*at;
}

std::string Question::text(const std::string& key) const {
  const Json* const json = find(key);
  check<UsageError>(json != nullptr, "{}: must be given", key);
  return to_text(key, *json);
}

std::vector<std::string> Question::texts(const std::string& key) const {
  const Json* const json = find(key);
  check<UsageError>(json && json->is_array() && !json->empty(), "{}: must be a list of texts", key);
  std::vector<std::string> out;
  take(key, *json, out);
  return out;
}

std::int64_t Question::whole(const std::string& key, std::int64_t fallback, std::int64_t least,
                             std::int64_t most) const {
  const Json* const json = find(key);
  return json ? read_whole(key, to_text(key, *json), least, most) : fallback;
}

bool Question::flag(const std::string& key, bool fallback) const {
  if (const Json* const json = find(key)) take(key, *json, fallback);
  return fallback;
}

ContenderOptions Question::options(ContenderOptions chosen) const {
  const Json none = Json::object(), *json = find("options");
  if (!json) json = &none;
  if (!json->is_object()) refuse("options", "an object", *json);
  std::vector<std::string> keys;
  ContenderOptions::options(chosen, [&](auto& member, const std::string& name, const auto&...) {
    keys.push_back(key_of(name));
    if (const auto at = json->find(keys.back()); at != json->end()) take(name, *at, member);
  });
  for (const auto& entry : json->items())
    check<UsageError>(std::ranges::count(keys, entry.key()) > 0,
                      "options: unknown key '{:.60}'; did you mean {}?", clean(entry.key()),
                      detail::nearest(entry.key().substr(0, 60), keys));
  if (const Json* const steps = find("steps")) take("--steps", *steps, chosen.steps);
  if (!chosen.steps.empty()) read_whole("--steps", chosen.steps, 1, most_steps);
  const std::vector<std::string> names = data_names();
  if (std::ranges::count(names, chosen.problem.data.name) == 0)
    refuse_name("--data", chosen.problem.data.name, names);
  return chosen;
}

// ---- contenders ---------------------------------------------------------------------------------

Json to_error(const std::string& text, const std::exception& error) {
  const std::string what = error.what();
  Json out{{"label", text}, {"error", what}};
  constexpr std::string_view before = "\": column ";
  std::size_t column = 0;
  if (const std::size_t at = what.find(before); at != what.npos)
    std::from_chars(what.data() + at + before.size(), what.data() + what.size(), column);
  if (column == 0) return out;
  column += text.size() - split_name(text).second.size();
  const auto continues = [](char c) { return (c & 0xC0) == 0x80; };  // a character of UTF-8
  out["column"] = std::ptrdiff_t(column) - std::ranges::count_if(text.substr(0, column), continues);
  return out;
}

Contender read_contender(const std::string& text, const ContenderOptions& chosen) {
  Contender out = make_contenders({text}, {}, chosen)[0];
  check<UsageError>(out.steps <= most_steps, "--epochs: must make at most {} updates (got {})",
                    most_steps, out.steps);
  return out;
}

ReadContenders read_contenders(const std::vector<std::string>& texts,
                               const ContenderOptions& chosen) {
  ReadContenders out;
  for (const std::string& text : texts) try {
      read_contender(text, chosen);
      out.texts.push_back(text);
      out.errors.emplace_back();
    } catch (const std::exception& error) {
      out.errors.push_back(to_error(text, error));
    }
  if (out.texts.empty()) read_contender("1", chosen);  // throws what is wrong with the options
  if (!out.texts.empty()) out.contenders = make_contenders(out.texts, {}, chosen);
  return out;
}

std::vector<Json> ReadContenders::merged(const std::vector<Json>& found) const {
  std::vector<Json> out = errors;
  auto next = found.begin();
  for (Json& json : out)
    if (json.is_null()) json = *next++;
  return out;
}
