#include "training/run_log.h"

#include <gradus/models/file.h>
#include <gradus/schedules/canvas.h>

#include <filesystem>
#include <numeric>
#include <sstream>

#include "terminal/json.h"
#include "terminal/text.h"

using namespace gradus;

namespace {

constexpr std::int64_t most_bytes = std::int64_t{1} << 28;
constexpr std::size_t most_series = 64;

bool is_texts(const Json& json) {
  return json.is_array() && std::ranges::all_of(json, &Json::is_string);
}

class Reader {
 public:
  explicit Reader(RunLog& log) : log_(log) {}

  void read(const std::string& all) {
    std::istringstream lines(all);
    for (std::string text; std::getline(lines, text);) {
      ++line_;
      if (text.find_first_not_of(" \t\r") == text.npos) continue;
      const Json json = Json::parse(text, nullptr, false);  // a byte-order mark is fine
      if (json.is_discarded() && lines.eof())
        log_.cut = true;
      else
        take(json);
    }
    check<FormatError>(!log_.by_step.empty() || !log_.by_epoch.empty(),
                       "{}: must have lines of updates or epochs (got {})", clean(log_.path),
                       log_.cut ? "an incomplete one" : "none");
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw FormatError(fmt::format("{}:{}: {}", clean(log_.path), line_, what));
  }
  /// The value, to quote in an error.
  static std::string start_of(const Json& json) {
    if (json.is_structured()) return json.is_array() ? "a list" : "an object";  // of any depth
    return gradus::detail::shortened(json.dump(-1, ' ', false, Json::error_handler_t::replace), 40);
  }

  void take(const Json& json) {
    if (json.is_discarded()) fail("must be JSON");
    if (!json.is_object()) fail(fmt::format("must be a JSON object (got {})", start_of(json)));
    if (json.contains("gradus"))
      take_facts(json);
    else if (json.contains("step"))
      take_numbers(json, "step", log_.by_step);
    else if (json.contains("epoch"))
      take_numbers(json, "epoch", log_.by_epoch);
    else
      fail("must have a \"step\" or an \"epoch\"");
  }

  void take_facts(const Json& json) {
    const bool begun = !log_.facts.empty() || !log_.by_step.empty() || !log_.by_epoch.empty();
    if (begun && !json.contains("resumed_at"))
      fail("a second run starts here; a report needs one run per file");
    log_.facts.clear();
    log_.command.clear();
    for (const auto& [key, fact] : json.items()) {
      if (key == "command") {
        if (!is_texts(fact))
          fail(fmt::format("\"command\": must be a list of texts (got {})", start_of(fact)));
        log_.command = fact.get<std::vector<std::string>>();
      } else if (fact.is_string()) {
        log_.facts.emplace_back(key, fact.get<std::string>());
      } else if (fact.is_number() || fact.is_boolean()) {
        log_.facts.emplace_back(key, fact.dump());
      } else {
        fail(
            fmt::format("\"{}\": must be a text or a number (got {})", clean(key), start_of(fact)));
      }
    }
  }

  void take_numbers(const Json& json, const std::string& place, std::vector<Series>& series) {
    const Json& where = json[place];
    if (!where.is_number_integer() || where.get<double>() < 0)
      fail(fmt::format("\"{}\": must be a whole number (got {})", place, start_of(where)));
    double& last = place == "step" ? last_step_ : last_epoch_;
    const double at = where.get<double>();
    if (!(at > last)) fail(fmt::format("\"{}\": must be above {} (got {})", place, last, at));
    last = at;
    for (const auto& [key, number] : json.items()) {
      if (key == "step" || key == "epoch" || key == "batch") continue;
      const double v = number_of(key, number);
      if (key == "seconds") {
        if (v > log_.seconds) log_.seconds = v;
        continue;
      }
      Series& one = series_of(series, key);
      one.at.push_back(place == "step" ? at : at + 1);  // epochs are counted from 0
      one.values.push_back(v);
    }
  }

  double number_of(const std::string& key, const Json& json) const {
    if (json.is_null()) return NAN;
    if (!json.is_number())
      fail(fmt::format("\"{}\": must be a number or null (got {})", clean(key), start_of(json)));
    return json.get<double>();
  }

  Series& series_of(std::vector<Series>& series, const std::string& key) const {
    const auto found = std::ranges::find(series, key, &Series::name);
    if (found != series.end()) return *found;
    if (series.size() == most_series)
      fail(fmt::format("\"{}\": must be one of at most {} names", clean(key), most_series));
    return series.emplace_back(Series{key, {}, {}});
  }

  RunLog& log_;
  std::int64_t line_ = 0;
  double last_step_ = -1, last_epoch_ = -1;
};

std::vector<double> numbers_of(const Json& list) {
  std::vector<double> out;
  for (const Json& v : list) out.push_back(v.is_number() ? v.get<double>() : NAN);
  return out;
}

/// The members of an object: facts, and lists of numbers. A list as long as `measured` is at those
/// steps, another at 0, 1, 2, ...
RunLog members_of(const Json& json) {
  RunLog log;
  const std::vector<double> measured = numbers_of(json.value("measured", Json::array()));
  for (const auto& [key, v] : json.items()) {
    if (key == "command" && is_texts(v)) {
      log.command = v.get<std::vector<std::string>>();
    } else if (v.is_array()) {
      Series& series = log.by_step.emplace_back(Series{key, measured, numbers_of(v)});
      series.at.resize(v.size());
      if (v.size() != measured.size()) std::iota(series.at.begin(), series.at.end(), 0.0);
    } else if (key == "label" && v.is_string()) {
      log.path = log.label = clean(v.get<std::string>());
    } else if (!v.is_object() && !v.is_null()) {
      const std::string number =
          v.is_number_float() ? fmt::format("{:.4g}", v.get<double>()) : v.dump();
      log.facts.emplace_back(key, v.is_string() ? v.get<std::string>() : number);
    }
  }
  return log;
}

}  // namespace

const Series* RunLog::find(bool by_steps, const std::string& name) const {
  const std::vector<Series>& all = by_steps ? by_step : by_epoch;
  const auto found = std::ranges::find(all, name, &Series::name);
  return found == all.end() ? nullptr : &*found;
}

RunLog read_run_log(const std::string& path) {
  RunLog log;
  log.path = path;
  log.label = clean(std::filesystem::path(path).stem());
  const std::string all = gradus::detail::read_file(path, most_bytes);
  check<FormatError>(!all.empty(), "{}: is empty", clean(path));
  Reader(log).read(all);
  return log;
}

std::optional<Result> read_result(const std::string& path) {
  const Json json = Json::parse(gradus::detail::read_file(path, most_bytes), nullptr, false);
  if (!json.is_object() || !(json.contains("schedules") || json.contains("valley"))) return {};
  const Json entries = json.value("schedules", Json::array());
  check<FormatError>(entries.is_array() && std::ranges::all_of(entries, &Json::is_object),
                     "{}: \"schedules\": must be a list of objects", clean(path));
  Result out{members_of(json), {}};
  out.about.path = path;
  out.about.label = clean(std::filesystem::path(path).stem());
  for (const Json& entry : entries) out.entries.push_back(members_of(entry));
  return out;
}
