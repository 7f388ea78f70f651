#pragma once
/// The numbers of a schedule or an optimizer, by path; and the length of a run. For sensitivity()
/// and tune().

#include <atomic>

#include <gradus/core/from_text.h>
#include <gradus/schedules/schedule.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// Whether a path is one of the names or below one: `second` selects `second.alpha`.
inline bool selects_path(const std::vector<std::string>& names, std::string_view path) {
  return std::ranges::any_of(names, [&](const std::string& name) {
    return path == name || path.starts_with(name + '.') || path.starts_with(name + '[');
  });
}

/// A schedule or an optimizer as a function of some of its numbers.
template <class At>
class Numbers {
 public:
  /// Takes the numbers for which chosen(number) is true. Drops the derivatives that `at` carries.
  Numbers(const At& at, auto&& chosen)
      : at_(at.with_numbers([&](const OptionNumber& number) {
          paths_.push_back(number.path);
          is_chosen_.push_back(chosen(number));
          if (is_chosen_.back()) chosen_.push_back(number);
          if (is_chosen_.back()) values_.push_back(value(number.value));
          return value(number.value);
        })) {}
  const std::vector<OptionNumber>& chosen() const { return chosen_; }
  /// Their values, for with().
  const std::vector<Real>& values() const { return values_; }
  /// With x[i] in the place of chosen number i. ValueError if a struct refuses it.
  At with(const std::vector<Real>& x) const {
    std::size_t place = 0, i = 0;
    return at_.with_numbers(
        [&](const OptionNumber& number) { return is_chosen_[place++] ? x[i++] : number.value; });
  }
  /// ValueError unless each name selects a number, chosen or not.
  void check_names(std::string_view argument, const std::vector<std::string>& names) const {
    for (const std::string& name : names)
      check(std::ranges::any_of(paths_, [&](const auto& p) { return selects_path({name}, p); }),
            "{} must name numbers (got '{}'; did you mean '{}'?)", argument, name,
            nearest(name, paths_));
  }

 private:
  std::vector<std::string> paths_;  ///< of all numbers
  std::vector<bool> is_chosen_;     ///< of all numbers
  std::vector<OptionNumber> chosen_;
  std::vector<Real> values_;  ///< of those chosen
  At at_;
};

/// f(x) and its derivatives by each number of x, seven of them in each call of f. A value that is
/// not finite ends the calls.
template <class Number>
std::pair<double, std::vector<Number>> differentiate(const std::vector<Number>& x, auto&& f) {
  constexpr std::size_t at_once = Dual::directions;
  Number y = 0;
  std::vector<Number> slope;
  for (std::size_t first = 0; first == 0 || first < x.size(); first += at_once) {
    const std::size_t end = std::min(first + at_once, x.size());
    std::vector<Number> seeded = x;
    for (std::size_t i = first; i < end; ++i)
      seeded[i] = Number::parameter(value(x[i]), static_cast<int>(i - first));
    y = f(seeded);
    if (!std::isfinite(value(y))) break;
    for (std::size_t i = first; i < end; ++i) slope.push_back(y.d[i - first]);
  }
  return {value(y), slope};
}

/// The greatest step that a run asks for. The run may keep copies of the schedule.
using LastStep = std::shared_ptr<std::atomic<Step>>;

/// A schedule that notes the greatest step it is asked for. It prints as the schedule in it.
struct Recorder {
  Schedule schedule;
  LastStep last;

  Real operator()(Real step) const {
    *last = std::max(last->load(), static_cast<Step>(value(step)));
    return schedule.at(step);
  }
  Real duration() const { return schedule.duration(); }
  static void fields(auto& self, auto&& field) { field("schedule", self.schedule); }
};
template <>
inline Config config_of(const Recorder& recorder) {
  return recorder.schedule.config();
}

}}}  // namespace gradus::detail
