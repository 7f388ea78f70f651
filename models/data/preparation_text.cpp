/// Preparations as JSON and for people.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <gradus/models/preparation.h>

namespace gradus { inline namespace GRADUS_VARIANT {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Dialect, separator, decimal, comment, header)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Gaps, missing, drop)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TableColumn, name, words)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TableTarget, name, classes)

namespace {

using Json = nlohmann::json;

Json to_json(const std::optional<Standardization>& scale) {
  Json mean = Json::array(), deviation = Json::array();
  for (std::size_t i = 0; scale && i < static_cast<std::size_t>(scale->mean.size()); ++i) {
    mean.push_back(scale->mean.exact(i));
    deviation.push_back(value(scale->deviation.values()[i]));
  }
  return {{"mean", mean}, {"deviation", deviation}};
}

std::optional<Standardization> to_scale(const Json& json, std::size_t columns) {
  const std::vector<double> mean = json.at("mean"), deviation = json.at("deviation");
  if (mean.empty() && deviation.empty()) return std::nullopt;
  const bool positive = std::ranges::all_of(deviation, [](double d) { return d > 0; });
  check<FormatError>(
      mean.size() == columns && deviation.size() == columns && positive,
      "parse_preparation: the text must have a mean and a deviation above 0 for each "
      "of {} columns",
      columns);
  return Standardization{
      ExactTensor::from_doubles({columns}, mean),
      Tensor({columns}, std::vector<Scalar>(deviation.begin(), deviation.end()))};
}

Json to_json(const Preparation& p) {
  return {{"dialect", p.dialect},        {"gaps", p.gaps},
          {"features", p.features},      {"target", p.target},
          {"inputs", to_json(p.inputs)}, {"targets", to_json(p.targets)}};
}

}  // namespace

std::string serialize(const Preparation& p) {
  return to_json(p).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Preparation parse_preparation(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  try {
    for (const char* mark : {"separator", "decimal", "comment"})  // a char of 461.5 is undefined
      static_cast<void>(json.at("dialect").at(mark).get_ref<const std::int64_t&>());
    Preparation p{json.at("dialect"), json.at("gaps"), json.at("features"), json.at("target")};
    detail::validate(p.dialect);
    p.inputs = to_scale(json.at("inputs"), p.columns().size());
    p.targets = to_scale(json.at("targets"), 1);
    if (to_json(p) == json) return p;
  } catch (const Json::exception&) {
  } catch (const ValueError&) {
  }
  throw FormatError("parse_preparation: the text must be as serialize() writes it");
}

std::string to_string(const Preparation& p) {
  std::string out;
  const auto add = [&](const std::string& name, const std::vector<std::string>& words,
                       const std::optional<Standardization>& scale, std::size_t i) {
    out += name;
    if (!words.empty())
      out += fmt::format(": {} ({})", words.size(), detail::listed(words, "", 60));
    else if (scale)
      out += fmt::format(": mean {:.6g}, deviation {:.6g}", scale->mean.exact(i),
                         value(scale->deviation.values()[i]));
    out += '\n';
  };
  std::size_t column = 0;
  for (const auto& [name, words] : p.features) {
    add(name, words, p.inputs, column);
    column += std::max<std::size_t>(1, words.size());
  }
  if (!p.target.name.empty()) add("target " + p.target.name, p.target.classes, p.targets, 0);
  return out;
}

}}  // namespace gradus
