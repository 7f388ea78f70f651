#include "training/comparison_json.h"

#include "problem/baseline.h"
#include "problem/bound.h"
#include "terminal/option_words.h"
#include "training/contenders.h"

using namespace gradus;

namespace {

Json to_json(const Outcome& o, bool with_path) {
  const Contender& c = o.contender;
  Json out = Json::object({{"label", c.label},
                           {"text", c.text},
                           {"optimizer", c.problem->options.network.optimizer},
                           {"steps", c.steps},
                           {"measured", o.measured},
                           {"factor", c.factor},
                           {"budget", o.budget},
                           {"worst_case", ::to_json(bound_of(c))},
                           {"loss", o.mean},
                           {"deviation", o.deviation},
                           {"diverged", o.diverged},
                           {"diverged_at", o.diverged_at ? Json(*o.diverged_at) : Json()},
                           {"steps_to_target", o.to_target ? Json(*o.to_target) : Json()},
                           {"final_losses", o.finals},
                           {"stable_rates", o.first.stable},
                           {"rates", values_of(c.rate, c.steps)},
                           {"losses", o.losses}});
  if (c.momentum) out["momentum"] = values_of(*c.momentum, c.steps);
  if (!o.accuracies.empty()) out["accuracies"] = o.accuracies;
  if (with_path) out["path"] = o.first.path;
  return out;
}

Json to_json(const RateSearch& s) {
  return Json::object({{"label", s.label},
                       {"best", s.best},
                       {"good", std::vector{s.low, s.high}},
                       {"rates", s.curve.x},
                       {"losses", s.curve.y}});
}

}  // namespace

std::vector<double> values_of(const Schedule& schedule, Step steps) {
  std::vector<double> out;
  for (Step t = 0; t < steps; ++t) out.push_back(value(schedule(t)));
  return out;
}

std::optional<WorstCase> bound_of(const Contender& c) {
  const Optimizer& optimizer = c.problem->model.optimizer();
  const auto plain = [](const detail::Config::Field& field) {
    return field.at_default || field.name == "learning_rate";
  };
  if (optimizer.name() != "SGD" || !std::ranges::all_of(fields_of(optimizer), plain))
    return std::nullopt;
  return find_bound(c.rate, c.steps);
}

std::optional<Evaluation> constant_of(const Comparison& c) {
  const Problem& first = *c.outcomes[0].contender.problem;
  const auto same = [&](const Outcome& o) {
    const Problem& problem = *o.contender.problem;
    return &problem.loss == &first.loss &&
           words_of(problem.options.data) == words_of(first.options.data);
  };
  if (!std::ranges::all_of(c.outcomes, same)) return std::nullopt;
  return evaluate_constant(first, first.data.y);
}

Json to_json(const Comparison& c, const CompareOptions& options,
             const std::vector<std::string>& command) {
  std::vector<Contender> contenders;
  std::vector<Json> list;
  for (const Outcome& o : c.outcomes) {
    contenders.push_back(o.contender);
    list.push_back(to_json(o, c.one_surface && !o.first.path.empty()));
  }
  Json out =
      Json::object({{"about", about(contenders)},
                    {"command", command},
                    {"steps", c.steps},
                    {"first_seed", contenders[0].problem->network.seed + options.skipped_seeds},
                    {"target", c.target},
                    {"best", c.best().contender.label},
                    {"least_loss", c.least_possible ? Json(*c.least_possible) : Json()},
                    {"schedules", list}});
  if (const auto constant = constant_of(c)) out["constant_loss"] = constant->loss;
  if (c.contours) out["least"] = *c.contours->goal;
  list.clear();
  for (const RateSearch& s : c.searches) list.push_back(to_json(s));
  if (!list.empty()) out["searches"] = list;
  return out;
}
