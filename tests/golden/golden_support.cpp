#include "golden_support.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>

namespace golden {

double number(const Json& json) {
  if (!json.is_string()) return json.get<double>();
  const auto text = json.get<std::string>();
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  throw std::runtime_error("not a number: " + text);
}

std::vector<double> numbers(const Json& json) {
  std::vector<double> list;
  for (const Json& item : json) list.push_back(number(item));
  return list;
}

gradus::Shape shape(const Json& extents) {
  gradus::Shape result;
  for (const Json& extent : extents) result.push_back(extent.get<std::int64_t>());
  return result;
}

gradus::Tensor tensor(const Json& json) {
  std::vector<Scalar> values;
  for (const double x : numbers(json.at("data"))) values.push_back(static_cast<Scalar>(x));
  return gradus::Tensor(shape(json.at("shape")), values);
}

bool close(double got, double want, double absolute, double relative) {
  if (std::isnan(want)) return std::isnan(got);
  if (std::isinf(want)) return got == want;
  return std::abs(got - want) <= absolute + relative * std::abs(want);
}

bool beyond_float(double x) {
  return std::isfinite(x) && std::abs(x) > static_cast<double>(std::numeric_limits<float>::max());
}

bool fits(double x, std::initializer_list<double> results) {
  if (!coarse) return true;
  bool fit = x == 0 || (std::abs(x) >= 0x1p-126 && !beyond_float(x));
  for (const double result : results) fit = fit && !beyond_float(result);
  return fit;
}

GoldenFile::GoldenFile(std::string name) : name_(std::move(name)) {
  const char* folder = std::getenv("GRADUS_GOLDEN");
  const std::string root = folder ? folder : GRADUS_SOURCE_DIR "/tests/golden";
  std::ifstream file(root + "/" + name_);
  present_ = static_cast<bool>(file);
  if (present_) root_ = Json::parse(file);
}

GoldenFile::~GoldenFile() {
  if (!present_) {
    fmt::print("golden {}: absent, skipped\n", name_);
    return;
  }
  fmt::print("golden {}: {} cases, {} passed, {} refused, {} skipped", name_,
             passed_ + refused_ + skipped_ + failed_, passed_, refused_, skipped_);
  if (failed_ > 0) fmt::print(", {} failed", failed_);
  fmt::print("\n{}", notes_);
}

const Json& GoldenFile::cases(const char* key) const {
  static const Json none = Json::array();
  const auto found = root_.find(key);
  return found == root_.end() ? none : *found;
}

void GoldenFile::refuse(const std::string& name, const std::string& why) {
  ++refused_;
  notes_ += fmt::format("  refused {}: {}\n", name, why);
}

void GoldenFile::skip(const std::string& name, const std::string& why) {
  ++skipped_;
  notes_ += fmt::format("  skipped {}: {}\n", name, why);
}

void GoldenFile::fail(const std::string& name, const std::string& why) {
  ++failed_;
  notes_ += fmt::format("  failed {}: {}\n", name, why);
  FAIL_CHECK(name_, ": ", name, ": ", why);
}

void GoldenFile::finish(const std::string& name, const std::string& why) {
  if (why.empty())
    pass();
  else
    fail(name, why);
}

void run_case(GoldenFile& file, const std::string& name, bool is_bad,
              const std::function<std::string()>& compare) {
  try {
    const std::string why = compare();
    file.finish(name, is_bad && why.empty() ? "must be refused" : why);
  } catch (const Skipped& why) {
    file.skip(name, why.what());
  } catch (const gradus::ValueError& why) {
    is_bad ? file.refuse(name, why.what()) : file.fail(name, why.what());
  } catch (const gradus::Error& why) {
    file.fail(name, why.what());
  }
}

void run_cases(GoldenFile& file, const std::function<std::string(const Json&)>& compare,
               const CaseOptions& options) {
  for (const Json& c : file.cases(options.list)) {
    const bool is_bad = options.is_bad && options.is_bad(c);
    run_case(file, c.at(options.name).get<std::string>(), is_bad, [&] { return compare(c); });
  }
}

}  // namespace golden
