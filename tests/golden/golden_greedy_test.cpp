/// Rates that follow a metric, of theory/greedy.json.

#include <gradus/schedules/greedy.h>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "golden_support.h"

namespace {

using golden::Json;
using namespace gradus;

Greedy greedy_of(const Json& options) {
  const auto number = [&](const char* name) { return options.at(name).get<double>(); };
  const auto count = [&](const char* name) { return options.at(name).get<std::int64_t>(); };
  return {.factor = number("factor"),
          .patience = count("patience"),
          .mode = options.at("mode") == "min" ? MonitorMode::min : MonitorMode::max,
          .min_delta = number("threshold"),
          .cooldown = count("cooldown"),
          .min_lr = number("min_lr"),
          .relative = options.at("threshold_mode") == "rel",
          .warmup = count("warmup"),
          .max_lr = number("max_lr"),
          .eps = number("eps"),
          .smooth = options.at("smooth").get<bool>(),
          .window_size = count("window_size"),
          .reset_start = count("reset_start")};
}

/// Whether the event is the next one of the list; advances `next`.
bool is_next(const Json& events, std::size_t& next, std::size_t t, GreedyEvent event, double rate) {
  constexpr const char* names[] = {"none", "raise", "lower", "reset"};
  if (event == GreedyEvent::none) return next == events.size() || events[next][0] > t;
  if (next == events.size()) return false;
  const Json& e = events[next++];
  return e[0] == t && e[1] == names[static_cast<std::size_t>(event)] &&
         golden::close(rate, golden::number(e[2]), 0, 1e-11);
}

std::string compare(const Json& c) {
  Greedy greedy = greedy_of(c.at("options"));
  const Schedule base = golden::number(c.at("initial_rate"));
  const std::vector<double> metrics = golden::numbers(c.at("metrics"));
  std::size_t next = 0;
  for (std::size_t t = 0; t < metrics.size(); ++t) {
    const GreedyEvent event = greedy.observe(metrics[t], value(greedy.apply(base)(0)));
    const double rate = value(greedy.apply(base)(0));
    if (!golden::close(rate, golden::number(c.at("rates")[t]), 0, 1e-11))
      return fmt::format("rate {}: got {}, want {}", t, rate, c.at("rates")[t].dump());
    if (!is_next(c.at("events"), next, t, event, rate))
      return fmt::format("event {} at {}: want {}", static_cast<int>(event), t,
                         c.at("events")[next].dump());
  }
  if (next != c.at("events").size()) return fmt::format("got {} events", next);
  std::string wrong;
  const auto expect = [&](const char* name, double got) {
    const Json& want = c.at("final").at(name);
    if (want.is_null() ? !std::isnan(got) : !golden::close(got, golden::number(want), 0, 1e-11))
      wrong += fmt::format("{}: got {}, want {}. ", name, got, want.dump());
  };
  expect("best", greedy.best.value_or(NAN));
  expect("good", static_cast<double>(greedy.good));
  expect("bad", static_cast<double>(greedy.bad));
  expect("cooldown_left", static_cast<double>(greedy.cooldown_left));
  expect("warmup_left", static_cast<double>(greedy.warmup_left));
  expect("resets_left", static_cast<double>(greedy.resets_left));
  return wrong;
}

}  // namespace

TEST_CASE("rates, events and counters are those of theory/greedy.json") {
  golden::GoldenFile file("theory/greedy.json");
  golden::run_cases(file, compare);
}
