#include <gradus/models/history.h>

#include <fmt/format.h>

#include <gradus/core/error.h>
#include <gradus/core/from_text.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

template <class Entries, class Found>
const auto& entry(const char* owner, const Entries& entries, Found found, std::string_view key) {
  std::vector<std::string> names;
  if (found == entries.end())
    for (const auto& [name, _] : entries) names.push_back(name);
  check(found != entries.end(), "{}: there is no '{}'{} (there are: {})", owner, key,
        names.empty() ? "" : fmt::format("; did you mean '{}'?", detail::nearest(key, names)),
        names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
  return found->second;
}

}  // namespace

double Logs::operator[](std::string_view key) const {
  return entry("Logs", numbers_, find(key), key);
}

void Logs::set(std::string_view key, double number) {
  const auto place = find(key) - numbers_.begin();
  if (place == std::ssize(numbers_)) numbers_.emplace_back(key, 0);
  numbers_[static_cast<std::size_t>(place)].second = number;
}

const std::vector<double>& History::operator[](std::string_view key) const {
  return entry("History", series_, series_.find(key), key);
}

void History::add(std::int64_t epoch, const Logs& logs) {
  const auto room = static_cast<std::size_t>(expected_);
  if (epochs_.size() == epochs_.capacity()) epochs_.reserve(epochs_.size() + room);
  epochs_.push_back(epoch);
  for (const auto& [name, number] : logs) {
    std::vector<double>& series = series_[name];
    if (series.size() == series.capacity()) series.reserve(series.size() + room);
    series.push_back(number);
  }
}

void History::remove_last(const Logs& logs) {
  epochs_.pop_back();
  for (const auto& [name, _] : logs) series_.find(name)->second.pop_back();
}

double Evaluation::operator[](std::string_view key) const {
  return key == "loss" ? loss : entry("Evaluation", metrics, metrics.find(key), key);
}

}}  // namespace gradus
