#include "commands/forecast.h"

#include <gradus/models/forecast.h>

#include "terminal/command.h"
#include "terminal/json.h"
#include "terminal/option_words.h"
#include "terminal/terminal.h"
#include "training/comparison.h"
#include "training/run_log.h"
#include "training/session.h"

using namespace gradus;

namespace {

using Numbers = std::vector<double>;

/// A schedule with its forecast and, after --then-train, the outcome.
struct Entry {
  LabelledSchedule schedule;
  Numbers losses;  ///< after Forecasts::at updates
  const Outcome* trained = nullptr;
};
struct Forecasts {
  std::vector<RunLog> logs;
  Forecast fit;
  Step steps;
  std::vector<Step> at;
  std::vector<Entry> entries;
  std::optional<Comparison> trained;
};

LoggedRun to_run(const RunLog& log) {
  const Series *rates = log.find(true, "learning_rate"), *losses = log.find(true, "batch_loss");
  check<UsageError>(rates && losses && rates->at == losses->at &&
                        rates->at.back() == static_cast<double>(rates->at.size()),
                    "{}: must have learning_rate and batch_loss of each update from the first on, "
                    "as gradus train --log RUN.jsonl writes them",
                    clean(log.path));
  return {rates->values, losses->values};
}

/// The mean losses of 50 parts of the run.
Line logged_line(const RunLog& log) {
  const Numbers& losses = log.find(true, "batch_loss")->values;
  const auto n = std::ssize(losses), parts = std::min<std::ptrdiff_t>(50, n);
  Numbers means;
  for (std::ptrdiff_t part = 0; part < parts; ++part)
    means.push_back(
        mean_of({losses.begin() + part * n / parts, losses.begin() + (part + 1) * n / parts}));
  return level_parts(log.label, means, n);
}

std::vector<Panel> make_panels(const Forecasts& r) {
  std::vector<LabelledSchedule> curves;
  LinesPlot loss{.x_name = "step", .y_name = "loss", .title = "logged, and forecast", .height = 14};
  Numbers all;
  for (const RunLog& log : r.logs) {
    loss.lines.push_back(logged_line(log));
    const Numbers& seen = loss.lines.back().y;
    all.insert(all.end(), seen.begin(), seen.end());
    const Numbers& rates = log.find(true, "learning_rate")->values;
    curves.push_back({log.label, [rates](double t) {
                        return rates[std::min(static_cast<std::size_t>(t), rates.size() - 1)];
                      }});
  }
  loss.log_y = spread_far(all);
  loss.top = std::ranges::max(all);  // the first forecasts may be far above
  for (const Entry& entry : r.entries) {
    curves.push_back(entry.schedule);
    Line line{entry.schedule.label, {r.at.begin(), r.at.end()}, entry.losses};
    for (std::size_t i = 0; entry.trained && i < r.at.size(); i += r.at.size() / 15 + 1)
      line.dots.push_back({line.x[i], entry.trained->losses[i], NAN});
    loss.lines.push_back(line);
  }
  if (r.trained) loss.title += "; marks: trained";
  loss.legend = false;
  return {{"rate", rates_plot(curves, r.steps)}, {"loss", loss}};
}

std::string to_csv(const Forecasts& r) {
  std::string out = "schedule,step,learning_rate,loss,trained\n";
  for (const auto& [schedule, losses, trained] : r.entries)
    for (std::size_t i = 0; i < r.at.size(); ++i)
      out += fmt::format("{},{},{},{},{}\n", csv_cell(schedule.label), r.at[i],
                         value(schedule.schedule(r.at[i])), losses[i],
                         trained ? fmt::format("{}", trained->losses[i]) : "");
  return out;
}

std::string to_json(const Forecasts& r) {
  std::vector<Json> runs, schedules;
  for (std::size_t i = 0; i < r.logs.size(); ++i)
    runs.push_back(Json::object({{"label", r.logs[i].label}, {"error", r.fit.errors[i]}}));
  for (const auto& [schedule, losses, trained] : r.entries) {
    schedules.push_back(Json::object({{"label", schedule.label},
                                      {"text", to_string(schedule.schedule)},
                                      {"steps", r.steps},
                                      {"measured", r.at},
                                      {"losses", losses}}));
    if (trained) schedules.back()["trained"] = trained->losses;
  }
  return to_line(Json::object({{"least", r.fit.least},
                               {"distance", r.fit.distance},
                               {"noise", r.fit.noise},
                               {"runs", runs},
                               {"schedules", schedules}}));
}

/// Cells: the loss of training, the mean error of the forecast curve after its first fifth, and the
/// error of the final excess over the least loss.
std::vector<std::string> truth(const Forecasts& r, const Entry& entry) {
  const Numbers &losses = entry.losses, &trained = entry.trained->losses;
  const bool diverged = std::isnan(entry.trained->mean);
  Numbers off;
  for (std::size_t i = r.at.size() / 5; i < r.at.size(); ++i)
    if (!std::isnan(losses[i])) off.push_back(std::abs(losses[i] / trained[i] - 1));
  std::vector<std::string> out{diverged ? "diverged" : three_digits(trained.back()),
                               diverged ? "-" : fmt::format("{:.1f}%", 100 * mean_of(off))};
  if (const auto least = r.trained->least_possible) {
    const double excess = 100 * ((losses.back() - *least) / (trained.back() - *least) - 1);
    out.push_back(diverged                  ? "-"
                  : std::abs(excess) < 1000 ? fmt::format("{:.0f}%", excess)
                                            : "over 1000%");
  }
  return out;
}

/// Whether the runs do not determine the least loss and the cost of a rate.
bool unclear(const Forecasts& r) {
  const double first = r.logs[0].find(true, "learning_rate")->values[0];
  const auto same = [&](const RunLog& log) {
    return std::ranges::all_of(log.find(true, "learning_rate")->values,
                               [&](double rate) { return rate == first; });
  };
  return r.fit.noise == 0 || r.fit.least <= 0 || std::ranges::all_of(r.logs, same);
}

std::string report(const Forecasts& r) {
  std::string out = fmt::format("loss = {:.4g} + {:.4g} a + {:.4g} b\n", r.fit.least,
                                r.fit.distance, r.fit.noise);
  for (std::size_t i = 0; i < r.logs.size(); ++i)
    out += fmt::format("{}: the fit is off by {:.1f}%, averaged over 20 parts of the run\n",
                       r.logs[i].label, 100 * r.fit.errors[i]);
  if (unclear(r))
    out += "note: these runs do not show what a high rate costs; add one at another rate\n";
  std::vector<std::vector<std::string>> rows{{"schedule", "loss"}};
  if (r.trained) rows[0].insert(rows[0].end(), {"trained", "curve off"});
  if (r.trained && r.trained->least_possible) rows[0].push_back("excess off");
  for (const Entry& entry : r.entries) {
    rows.push_back({entry.schedule.label, three_digits(entry.losses.back())});
    if (entry.trained) std::ranges::move(truth(r, entry), std::back_inserter(rows.back()));
  }
  return out + '\n' + to_table(rows) +
         "loss: forecast after the last update. From logs at two rates, without hidden\n"
         "layers, curves come out within a few percent. Others may be off by half or more,\n"
         "and so may the excess over the least loss at the end of any run, most at rates\n"
         "above those of the logged runs\n";
}

/// Trains, for each schedule, as many runs as there are seeds.
Comparison train(const Forecasts& r, std::int64_t seeds) {
  const RunLog& log = r.logs[0];
  check<UsageError>(!log.command.empty() && log.command[0] == "train",
                    "--then-train: {} must say how it was trained, as gradus train --log writes it",
                    clean(log.path));
  TrainingOptions training;
  set_words(training, {log.command.begin() + 1, log.command.end()});
  const auto problem = std::make_shared<const Problem>(
      make_problem(training.problem, {.steps = r.steps, .held_out = read_held_out(training)}));
  std::vector<Contender> contenders;
  for (const Entry& entry : r.entries)
    contenders.push_back({.label = entry.schedule.label,
                          .text = to_string(entry.schedule.schedule),
                          .rate = entry.schedule.schedule,
                          .problem = problem,
                          .steps = r.steps});
  const CompareOptions options{.seeds = seeds};
  const SignalWatch signals;
  const auto requests = requests_for(contenders, options);
  const auto runs = run_all(requests, read_jobs("all"));
  if (runs.size() < requests.size())
    throw StoppedError(SignalWatch::caught(), "in the runs of --then-train");
  return summarize(contenders, runs, options);
}

}  // namespace

std::string ForecastCommand::run() const {
  const bool data = look.check_and_want_data();
  const std::int64_t count = read_whole("--seeds", seeds, 1, 1000);
  Forecasts r;
  std::vector<LoggedRun> runs;
  std::vector<std::string> texts;
  for (const std::string& word : words)
    if (word.ends_with(".jsonl"))
      runs.push_back(to_run(r.logs.emplace_back(read_run_log(word))));
    else
      texts.push_back(word);
  check<UsageError>(!runs.empty() && !texts.empty(),
                    "give a log of gradus train, which ends in .jsonl, and a schedule, such as "
                    "run.jsonl \"CosineDecay(0.1, all)\"");
  const double updates = static_cast<double>(runs[0].rates.size());
  const Series* epochs = r.logs[0].find(false, "loss");
  r.steps = steps.empty() ? std::ssize(runs[0].rates) : read_whole("--steps", steps, 1, 1'000'000);
  r.fit = forecast(runs);
  for (Step t = 0; t < r.steps; t += std::max<Step>(1, r.steps / 100)) r.at.push_back(t);
  r.at.push_back(r.steps);
  for (const std::string& text : texts) {
    const LabelledSchedule read = read_expression(
        text, {.all = r.steps, .epoch = updates / (epochs ? epochs->at.back() : 1)});
    r.entries.push_back({read, r.fit.losses(read.schedule, r.at)});
    check<UsageError>(!std::isnan(r.entries.back().losses.back()),
                      "{}: must have a rate above 0 in {} updates", clean(text), r.steps);
  }
  if (then_train) r.trained = train(r, count);
  for (std::size_t i = 0; then_train && i < r.entries.size(); ++i)
    r.entries[i].trained = &r.trained->outcomes[i];
  const std::vector<Panel> panels = make_panels(r);
  const std::string written = look.files(panels);
  if (data) return look.csv ? to_csv(r) : to_json(r);
  const std::string below = report(r);
  return look.pictures(panels, below) + below + written;
}
