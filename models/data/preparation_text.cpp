/// Preparations as JSON and for people.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <gradus/models/preparation.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const std::optional<Standardization>& scale) {
  if (!scale) return nullptr;
  Json mean = Json::array(), deviation = Json::array();
  for (std::size_t i = 0; i < static_cast<std::size_t>(scale->mean.size()); ++i) {
    mean.push_back(scale->mean.exact(i));
    deviation.push_back(value(scale->deviation.values()[i]));
  }
  return {{"mean", mean}, {"deviation", deviation}};
}

void expect(bool ok, const char* rule) {
  check<FormatError>(ok, "parse_preparation: the text {}", rule);
}

std::optional<Standardization> to_scale(const Json& json, std::size_t columns) {
  if (json.is_null()) return std::nullopt;
  const std::vector<double> mean = json.at("mean"), deviation = json.at("deviation");
  const auto positive = [](double d) { return d > 0 && d <= std::numeric_limits<float>::max(); };
  expect(mean.size() == columns && deviation.size() == columns &&
             std::ranges::all_of(deviation, positive),
         "must have a mean and a deviation above 0 for each column");
  return Standardization{
      ExactTensor::from_doubles({columns}, mean),
      Tensor({columns}, std::vector<Scalar>(deviation.begin(), deviation.end()))};
}

char to_char(const Json& json) {
  const std::string text = json;
  expect(text.size() <= 1, "must have one character for each mark of the dialect");
  return text.empty() ? '\0' : text[0];
}

std::string to_text(char c) { return c ? std::string(1, c) : ""; }

Preparation read(const Json& json) {
  Preparation p;
  const Json& dialect = json.at("dialect");
  p.dialect = {to_char(dialect.at("separator")), to_char(dialect.at("decimal")),
               to_char(dialect.at("comment")), dialect.at("header")};
  p.gaps = {json.at("missing"), json.at("drop_missing")};
  for (const Json& feature : json.at("features"))
    p.features.push_back({feature.at("name"), feature.at("words")});
  p.target = {json.at("target").at("name"), json.at("target").at("classes")};
  p.inputs = to_scale(json.at("inputs"), p.columns().size());
  p.targets = to_scale(json.at("targets"), 1);
  return p;
}

}  // namespace

std::string serialize(const Preparation& p) {
  Json features = Json::array();
  for (const auto& [name, words] : p.features)
    features.push_back({{"name", name}, {"words", words}});
  return Json{{"dialect",
               {{"separator", to_text(p.dialect.separator)},
                {"decimal", to_text(p.dialect.decimal)},
                {"comment", to_text(p.dialect.comment)},
                {"header", p.dialect.header}}},
              {"missing", p.gaps.missing},
              {"drop_missing", p.gaps.drop},
              {"features", features},
              {"target", {{"name", p.target.name}, {"classes", p.target.classes}}},
              {"inputs", to_json(p.inputs)},
              {"targets", to_json(p.targets)}}
      .dump();
}

Preparation parse_preparation(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    const Preparation p = read(json);
    expect(Json::parse(serialize(p)) == json, "must be as serialize() writes it");
    return p;
  } catch (const Json::exception& error) {
    throw FormatError(
        fmt::format("parse_preparation: the text must be as serialize() writes it "
                    "(got {:.200})",
                    error.what()));
  }
}

std::string to_string(const Preparation& p) {
  std::string out;
  std::size_t column = 0;
  const auto add_scale = [&](const std::optional<Standardization>& scale, std::size_t i) {
    if (scale)
      out += fmt::format(", mean {:.6g}, deviation {:.6g}", scale->mean.exact(i),
                         value(scale->deviation.values()[i]));
    out += '\n';
  };
  for (const auto& [name, words] : p.features) {
    out += name;
    if (!words.empty())
      out += fmt::format(": {} words, {}\n", words.size(), detail::listed(words, "", 200));
    if (words.empty()) add_scale(p.inputs, column);
    column += std::max<std::size_t>(1, words.size());
  }
  const auto& [name, classes] = p.target;
  if (name.empty()) return out;
  out += fmt::format("target {}", name);
  if (!classes.empty())
    out += fmt::format(": {} classes, {}", classes.size(), detail::listed(classes, "", 200));
  add_scale(p.targets, 0);
  return out;
}

}}  // namespace gradus
