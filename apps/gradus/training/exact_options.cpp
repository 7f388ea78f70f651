#include "training/exact_options.h"

#include "terminal/command.h"

using namespace gradus;

Session ExactOptions::session(const std::string& schedule,
                              const std::vector<std::string>& plots) const {
  check<UsageError>(!schedule.empty(), "give a schedule, such as \"CosineDecay(0.1, 210)\"");
  SessionOptions options;
  options.training.problem = problem;
  options.training.schedule = schedule;
  options.training.epochs = epochs;
  options.training.validation_split = validation_split;
  return Session(options, {}, plots);
}

ExactTraining to_exact(const Session& session) {
  return to_exact(session.problem(), {.schedule = to_string(session.optimizer().schedule()),
                                      .epochs = session.epochs(),
                                      .updates = session.updates()});
}
