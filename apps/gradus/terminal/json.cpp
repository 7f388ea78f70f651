#include "terminal/json.h"

#include <fmt/format.h>
#include <gradus/models/utf8.h>

#include <cmath>

#include "terminal/text.h"

// By hand, because nlohmann's header takes longer to compile than all of this file.
Json::Json(const std::string& text) : text_("\""), repaired_(!gradus::detail::is_utf8(text)) {
  for (const char c : text) {
    if (c == '"' || c == '\\')
      text_ += {'\\', c};
    else if (is_control(c))
      text_ += fmt::format("\\u{:04x}", static_cast<int>(c));
    else
      text_ += repaired_ && static_cast<unsigned char>(c) >= 0x80 ? "\\ufffd" : std::string(1, c);
  }
  text_ += '"';
}

std::string Json::number_text(double number) {
  if (!std::isfinite(number)) return "null";
  const std::string text = fmt::format("{}", number);
  return text.find_first_of(".e") == text.npos ? text + ".0" : text;
}

Json Json::object(Members members) {
  Json json = raw("{}");
  for (const auto& [name, value] : members) json.add(name, value);
  return json;
}

Json Json::compact(const std::string& text) {
  std::string out;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (quoted && text[i] == '\\') out += text[i++];  // what it escapes follows
    if (quoted || text[i] != ' ') out += text[i];
  }
  return raw(out);
}

Json Json::raw(std::string text) {
  Json json;
  json.text_ = std::move(text);
  return json;
}

void Json::append(const Json& item) {
  if (text_.size() > 1) text_ += ',';
  text_ += item.text_;
  repaired_ |= item.repaired_;
}

void Json::add(const std::string& name, const Json& value) {
  text_.pop_back();
  Json member = raw(Json(name).text_ + ':' + value.text_);
  member.repaired_ = value.repaired_;
  append(member);
  text_ += '}';
}
