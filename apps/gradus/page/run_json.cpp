#include "page/run_json.h"

#include <gradus/optim/optimizers.h>
#include <gradus/schedules/inspect.h>
#include <gradus/schedules/known.h>

#include "page/plane.h"
#include "page/question.h"
#include "page/text_numbers.h"
#include "problem/program.h"
#include "training/comparison_json.h"
#include "training/expectation.h"
#include "training/sensitivities.h"

using namespace gradus;

namespace {

constexpr double most_work = 4e10;  ///< some tens of seconds

/// About the number of multiplications in a run.
double work_of(const Contender& c, Step every) {
  constexpr double overhead = 2000;  // of an update or a measurement
  constexpr double each_row = 100;   // of a batch
  const Problem& problem = *c.problem;
  const auto rows = static_cast<double>(problem.data.x.shape()[0]);
  const double weights = problem.network.weights(problem.data.x.shape()[1], problem.outputs);
  const auto batch = static_cast<double>(rows_per_batch(problem));
  const auto batches = static_cast<double>(c.steps * batches_per_update(problem));
  return batches * (overhead + batch * (each_row + 6 * weights)) +
         (static_cast<double>(c.steps / every) + 2) * (overhead + 2 * rows * weights);
}

void check_work(double work) {
  check<UsageError>(work <= most_work,
                    "this takes too long here: choose fewer updates, smaller layers or smaller "
                    "batches, or use gradus compare");
}

Json compare(const Question& question) {
  ComparedRuns from;
  from.seeds = "1";
  from.chosen = question.options();
  const ReadContenders read = read_contenders(question.texts("expressions"), from.chosen);
  if (read.contenders.empty()) return Json{{"schedules", read.errors}};
  from.expressions = read.texts;
  CompareOptions options{.every = question.whole("every", 0, 1, 1'000'000),
                         .curvature = question.flag("curvature", false),
                         .surface = false};
  const std::vector<RunRequest> requests = requests_for(read.contenders, options);
  double work = 0;
  for (std::size_t i = 0; i < requests.size(); ++i)
    work += work_of(read.contenders[i], requests[i].options.every);
  check_work(work);
  Json out = to_json(summarize(read.contenders, run_all(requests, 1), options), options,
                     words_of(from, {"compare"}));
  out["schedules"] = read.merged(out["schedules"]);
  return out;
}

Json expect(const Question& question) {
  ExpectOptions from;
  from.chosen = question.options(from.chosen);
  const ReadContenders read = read_contenders(question.texts("expressions"), from.chosen);
  if (read.contenders.empty()) return Json{{"schedules", read.errors}};
  from.expressions = read.texts;
  Expected expected;
  for (const Contender& c : expected_contenders(from, false))
    expected.curves.push_back(make_curve(c));
  Json out = to_json(expected, words_of(from, {"expect"}));
  out["schedules"] = read.merged(out["schedules"]);
  return out;
}

Json sensitivity(const Question& question) {
  const Contender c = read_contender(question.text("expression"), question.options());
  const std::int64_t seeds = question.whole("seeds", 1, 1, 1000);
  check_work(70.0 * static_cast<double>(seeds) * work_of(c, c.steps));  // runs with derivatives
  const Sensitivities found =
      run_seeds(to_exact(*c.problem, {.schedule = to_string(c.rate),
                                      .epochs = epochs_for(*c.problem, c.steps),
                                      .updates = c.steps}),
                c.problem->network.seed, seeds, question.whole("windows", 28, 0, 1000));
  if (found.diverged) throw DivergedError("training diverged: the loss at the end is not finite");
  return to_json(found);
}

Json read(const Question& question) {
  const std::string text = question.text("expression");
  const ReadContenders read = read_contenders({text}, question.options());
  if (read.contenders.empty()) return read.errors[0];
  const Contender& c = read.contenders[0];
  Json numbers = Json::array();
  for (const TextNumber& number : numbers_in(text, c.problem->lengths))
    numbers.push_back({{"number", number.path},
                       {"value", number.value},
                       {"written", number.written},
                       {"slope", number.slope},
                       {"counts_steps", number.counts_steps},
                       {"from", number.from},
                       {"length", number.length}});
  return {{"label", c.label},
          {"text", c.text},
          {"rates", values_of(c.rate, c.steps)},
          {"notes", inspect(c.rate, c.steps)},
          {"numbers", numbers}};
}

/// The mean loss at the end; null where a run diverged or its schedule fails.
Json final_loss(const Contender& c, std::int64_t seeds) try {
  double sum = 0;
  for (const RunRequest& request :
       requests_for({&c, 1}, {.seeds = seeds, .every = c.steps, .curvature = false})) {
    const TrainingRun run = run_training(*request.problem, request.options);
    if (run.diverged) return {};
    sum += run.losses.back();
  }
  return sum / static_cast<double>(seeds);
} catch (const Error&) {
  return {};
}

Json finals(const Question& question) {
  const std::vector<std::string> texts = question.texts("expressions");
  const std::int64_t seeds = question.whole("seeds", 1, 1, 1000);
  const ContenderOptions chosen = question.options();
  std::vector<Json> losses;
  for (const std::string& text : texts) {
    const ReadContenders read = read_contenders({text}, chosen);
    losses.emplace_back();
    if (read.contenders.empty()) continue;
    const Contender& c = read.contenders[0];
    check_work(static_cast<double>(std::ssize(texts) * seeds) * work_of(c, c.steps));
    losses.back() = final_loss(c, seeds);
  }
  return {{"losses", losses}};
}

Json surface(const Question& question) {
  return surface_around_start(*read_contender("1", question.options()).problem);
}

Json map(const Question& question) {
  Contender c = read_contender(question.text("expression"), question.options());
  c.steps = question.whole("updates", c.steps, 0, c.steps);
  check_work(work_of(c, std::max<Step>(1, c.steps)));
  return map_after(c);
}

Json program(const Question& question) {
  const Contender c = read_contender(question.text("expression"), question.options());
  const std::int64_t epochs = epochs_for(*c.problem, c.steps);
  std::string stop;  // in the middle of an epoch
  if (epochs * c.problem->batches != c.steps * batches_per_update(*c.problem))
    stop = fmt::format(
        ".callbacks = {{LambdaCallback{{.on_train_batch_end = [&](std::int64_t, const Logs&) {{\n"
        "    model.stop_training = model.optimizer().iterations() == {};\n  }}}}}}",
        c.steps);
  const std::string code = fmt::format(
      "#include <gradus/gradus.h>\nusing namespace gradus;\n\nint main() {{\n{}"
      "  fmt::print(\"loss on all rows: {{:.3g}}\\n\",\n"
      "             model.evaluate(data.x, data.y).loss);\n}}\n",
      to_program(*c.problem, {.rate = to_code(c.rate), .epochs = epochs, .fit_options = stop}));
  return {{"code", code}};
}

Json list(const Question&) {
  std::vector<std::string> schedules;
  for (const KnownSchedule& known : known_schedules())
    schedules.push_back(to_string(known.example));
  return {{"data", data_names()}, {"optimizers", optimizer_names()}, {"schedules", schedules}};
}

struct Kind {
  const char* name;
  Json (*answer)(const Question& question);
};
constexpr Kind kinds[] = {{"compare", compare}, {"expect", expect},   {"sensitivity", sensitivity},
                          {"read", read},       {"finals", finals},   {"surface", surface},
                          {"map", map},         {"program", program}, {"list", list}};

}  // namespace

std::string run_json(std::string_view text) {
  std::string line;
  try {
    const Question question(text);
    line = to_line(choose(kinds, "ask", question.text("ask")).answer(question));
  } catch (const std::bad_alloc&) {
    line = to_line(Json{{"error", "there is not enough memory for this"}});
  } catch (const std::exception& error) {
    line = to_line(Json{{"error", error.what()}});
  }
  line.pop_back();
  return line;
}
