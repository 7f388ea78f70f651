#include "commands/sensitivity.h"

#include "terminal/command.h"
#include "terminal/option_words.h"
#include "training/sensitivities.h"

using namespace gradus;

namespace {

constexpr std::size_t longest_name = 21;  ///< in the column of a table
constexpr int half_bar = 3;
constexpr double worth_turning = 0.01;  ///< the least share of the strongest effect

/// Words for a number by the last part of its path; the rate is the number itself or its peak.
std::string words_for(const PulledNumber& number, double greatest_rate) {
  constexpr const char* known[][2] = {
      {"initial_learning_rate", "the start"}, {"alpha", "the end"},
      {"end_learning_rate", "the end"},       {"decay_steps", "the decay"},
      {"warmup_steps", "the warm-up"},        {"steps", "this part"}};
  std::string last = number.path.substr(number.path.rfind('.') + 1);
  if (last == "value") return "the rate";
  if (number.value == greatest_rate) return "the peak";
  for (const auto& [name, words] : known)
    if (last == name) return words;
  std::ranges::replace(last, '_', ' ');
  return last;
}

/// What lowers the loss.
std::string direction(const PulledNumber& number, const Sensitivities& found) {
  if (number.chance()) return "chance";
  const bool rises = number.mean() < 0;
  if (number.value == 0 && !rises) return "leave it at 0";
  if (number.value != 0 && std::abs(number.effect()) < worth_turning * found.strongest())
    return "hardly matters";
  const bool length = number.path.ends_with("steps");
  return fmt::format("{} {}",
                     length  ? (rises ? "lengthen" : "shorten")
                     : rises ? "raise"
                             : "lower",
                     words_for(number, found.greatest_rate));
}

/// `   |## `: how far the number should move, to the left if down.
std::string bar(const PulledNumber& number, const Sensitivities& found) {
  const double share = found.strongest() > 0 ? number.effect() / found.strongest() : 0;
  const auto length = static_cast<std::size_t>(std::lround(half_bar * std::abs(share)));
  const std::string dashes(length, '#');
  return fmt::format("{:>{}}|{:<{}}", share > 0 ? dashes : "", half_bar, share < 0 ? dashes : "",
                     half_bar);
}

std::string table(const Sensitivities& found) {
  const bool spread = found.seeds > 1;
  std::size_t width = 6;
  for (const PulledNumber& number : found.numbers)
    if (number.path.size() <= longest_name) width = std::max(width, number.path.size());
  std::string out =
      fmt::format("{:<{}} {:>7} {:>10}{} {:>9}  {}  {}\n", "number", width, "value", "derivative",
                  spread ? "      +-" : "", "+1% adds", "lo | up", "to lower the loss");
  for (const PulledNumber& number : found.numbers) {
    const bool wide = number.path.size() > width;
    out += wide ? fmt::format("{}\n{:{}}", number.path, "", width)
                : fmt::format("{:<{}}", number.path, width);
    out += fmt::format(" {:>7.4g}", number.value);
    if (!number.why_not.empty())
      out += fmt::format("   no derivative: {}\n", number.why_not);
    else
      out += fmt::format(" {:>10.3g}{} {:>9}  {}  {}\n", number.mean(),
                         spread ? fmt::format(" {:>7.1g}", number.deviation()) : "",
                         number.value == 0 ? "" : fmt::format("{:+.2g}", number.effect()),
                         bar(number, found), direction(number, found));
  }
  return out;
}

/// What the derivatives promise, and whether it is so.
std::string promise(const Sensitivities& found) {
  std::string out =
      fmt::format("promise: 2% down the slope changes the loss by {:+.2g}; measured: {:+.2g}\n",
                  mean_of(found.promised), mean_of(found.measured));
  if (found.described < found.seeds)
    out += fmt::format(
        "note: in {} of {} runs these differ by more than a third: derivatives leave out what\n"
        "kinks of the loss (relu, mean_absolute_error, clipping) or chaos add\n",
        found.seeds - found.described, found.seeds);
  return out;
}

std::string about_loss(const Sensitivities& found) {
  return fmt::format("loss {:.4g}{} on {} after {} updates{}\n", mean_of(found.losses),
                     found.seeds > 1 ? fmt::format(" +- {:.1g}", deviation_of(found.losses)) : "",
                     rows_of_loss(found.training), found.training.updates,
                     found.seeds > 1
                         ? fmt::format("\n(mean and standard deviation of {} seeds)", found.seeds)
                         : "");
}

std::vector<Panel> make_panels(const Session& session, const Sensitivities& found) {
  const Step updates = found.training.updates;
  const LabelledSchedule curve{found.training.schedule, session.optimizer().schedule()};
  LinesPlot rate = rates_plot(std::span(&curve, 1), updates);
  rate.title = fmt::format("learning rate over {} updates: {}", updates, found.training.schedule);
  LinesPlot effect{
      .x_name = "step",
      .y_name = "change of the loss",
      .lines = {level_parts("", found.windows, updates)},
      .legend = false,
      .title = fmt::format("what +1% of the rate adds to the loss, in {} parts of the run",
                           found.windows.size())};
  rate.height = effect.height = 8;
  return {{"rate", rate}, {"effect", effect}};
}

std::string to_csv(const Sensitivities& found) {
  std::string out = "number,value,derivative,deviation,effect,why_not\n";
  for (const PulledNumber& n : found.numbers)
    out += n.why_not.empty()
               ? fmt::format("{},{},{},{},{},\n", csv_cell(n.path), n.value, n.mean(),
                             n.deviation(), n.effect())
               : fmt::format("{},{},,,,{}\n", csv_cell(n.path), n.value, csv_cell(n.why_not));
  return out;
}

}  // namespace

std::string SensitivityCommand::run() const {
  const bool data = look.check_and_want_data();
  const std::int64_t runs = read_whole("--seeds", seeds, 1, 1000);
  const Session session = chosen.session(expression, look.plots);
  const Sensitivities found = run_seeds(to_exact(session), session.problem().network.seed, runs);
  if (found.diverged) session.fail_diverged("the loss at the end is not finite");
  ExactOptions next = chosen;
  next.problem = session.options().problem;
  const std::vector<Panel> panels = make_panels(session, found);
  const std::string written = look.files(panels);
  if (data) return look.csv ? to_csv(found) : to_line(to_json(found));
  const std::string below =
      about_loss(found) + table(found) + promise(found) +
      fmt::format("next, follow the derivatives downhill:\n  {}\n{}",
                  shell_line({"tune", session.options().schedule}, words_of(next)), written);
  return session.problem().about() + look.pictures(panels, below) + below;
}
