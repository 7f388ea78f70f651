#include "training/contenders.h"

#include <gradus/schedules/config.h>

#include <algorithm>
#include <map>

#include "terminal/command.h"
#include "terminal/option_words.h"
#include "terminal/text.h"

using namespace gradus;

namespace {

constexpr std::int64_t most_updates = 10'000'000;

std::optional<Schedule> momentum_of(const Optimizer& optimizer) {
  for (const detail::Config::Field& field : optimizer.config().fields)
    if (field.name == "momentum" || field.name == "beta_1")
      if (const auto* s = std::get_if<Schedule>(&field.value.content);
          s && !detail::always_zero(*s))
        return *s;
  return std::nullopt;
}

}  // namespace

std::vector<Contender> make_contenders(std::span<const Entry> entries) {
  std::vector<Contender> out;
  std::map<std::vector<std::string>, std::shared_ptr<const Problem>> problems;
  for (const auto& [label, options, rate] : entries) {
    std::shared_ptr<const Problem>& problem = problems[words_of(options)];
    RunPlan plan{.epochs = read_whole("--epochs", options.epochs, 1, most_updates)};
    if (!options.steps.empty()) plan.steps = read_whole("--steps", options.steps, 1, most_updates);
    if (!problem) problem = std::make_shared<const Problem>(make_problem(options.problem, plan));
    refuse_rate(*problem, "the schedules give");
    const std::string text = with_numbers(rate, problem->lengths);
    out.push_back({.label = label == rate ? text : label,
                   .text = text,
                   .rate = read_schedule(text),
                   .problem = problem,
                   .steps = static_cast<Step>(value(problem->lengths.all.count)),
                   .momentum = momentum_of(problem->model.optimizer())});
    check<UsageError>(std::ranges::count(out, out.back().label, &Contender::label) == 1,
                      "{} must be the label of one entry (got 2); NAME=EXPR names an entry",
                      out.back().label);
  }
  return out;
}
