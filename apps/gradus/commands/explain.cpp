#include "commands/explain.h"

#include <gradus/models/explain.h>

#include "terminal/command.h"
#include "terminal/json.h"

using namespace gradus;

namespace {

/// Ends training after this update.
struct StopAfter {
  Step last;
  void on_train_batch_end(std::int64_t, const Logs&, Sequential& model) const {
    model.stop_training = model.optimizer().iterations() > last;
  }
};

/// The number, or the norm of several.
double size_of(const std::vector<Scalar>& x) {
  return x.size() == 1 ? value(x[0]) : value(gradus::detail::norm(x));
}

std::string to_csv(const UpdateRecord& r, const ParameterRecord& p) {
  return fmt::format("{},{},{},{},{},{},{},{}\n", r.step, p.rate, r.loss, p.name, size_of(p.before),
                     size_of(p.gradient), size_of(p.change), size_of(p.after));
}

Json to_json(const UpdateRecord& r, const ParameterRecord& p) {
  return Json::object({{"step", r.step},
                       {"learning_rate", p.rate},
                       {"loss", r.loss},
                       {"parameter", p.name},
                       {"weights", p.before},
                       {"gradient", p.gradient},
                       {"slots", p.slots_before},
                       {"new_slots", p.slots_after},
                       {"new_weights", p.after}});
}

}  // namespace

std::string ExplainCommand::run() const {
  check<UsageError>(!csv || !json, "--csv and --json: must not both be given");
  check<UsageError>(!at.empty(), "--at: give the number of an update");
  SessionOptions options;
  options.training = training;
  options.quiet = true;
  Session session(options, {}, {});
  std::string text = session.problem().about(),
              table = "step,learning_rate,loss,parameter,weight,gradient,change,new_weight\n";
  std::vector<Json> list;
  Explain explain{.at = {}, .sink = [&](const UpdateRecord& r) {
                    text += r.text;
                    for (const ParameterRecord& p : r.parameters)
                      table += to_csv(r, p), list.push_back(to_json(r, p));
                  }};
  for (const std::string& step : at)
    explain.at.push_back(read_whole("--at", step, 0, session.updates() - 1));
  const auto seen = [&] {
    if (json) return to_line(Json::object({{"updates", list}}));
    return csv ? table : text;
  };
  try {
    session.train({explain, StopAfter{*std::ranges::max_element(explain.at)}});
  } catch (const CommandError& error) {
    throw CommandError(error.code, error.what(), list.empty() ? "" : seen());
  }
  return seen();
}
