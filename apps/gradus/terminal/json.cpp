#include "terminal/json.h"

#include <gradus/models/utf8.h>

#include <nlohmann/json.hpp>

using Library = nlohmann::ordered_json;  // used here alone, because its header compiles slowly

Json::Json(const std::string& text)
    : text_(Library(text).dump(-1, ' ', false, Library::error_handler_t::replace)),
      repaired_(!gradus::detail::is_utf8(text)) {}

std::string Json::number_text(double number) { return Library(number).dump(); }

Json Json::object(Members members) {
  Json json = raw("{}");
  for (const auto& [name, value] : members) json.add(name, value);
  return json;
}

Json Json::compact(const std::string& text) { return raw(Library::parse(text).dump()); }

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
