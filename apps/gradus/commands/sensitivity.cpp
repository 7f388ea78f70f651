#include "commands/sensitivity.h"

#include <gradus/schedules/algebra.h>

#include "terminal/command.h"
#include "terminal/json.h"
#include "terminal/option_words.h"
#include "training/comparison.h"

using namespace gradus;

namespace {

constexpr Step most_windows = 28;
constexpr std::size_t longest_name = 21;  ///< in the column of a table
constexpr int half_bar = 3;
constexpr double worth_turning = 0.01;  ///< the least share of the strongest effect

/// A number and what the runs found about it.
struct Number {
  std::string path, why_not;
  double value;
  std::vector<double> derivatives = {};  ///< one for each seed

  double mean() const { return mean_of(derivatives); }
  double deviation() const { return deviation_of(derivatives); }
  /// What +1% adds to the loss.
  double effect() const { return 0.01 * std::abs(value) * mean(); }
  /// The number of seeds in which a higher number lowers the loss.
  std::ptrdiff_t rises() const {
    return std::ranges::count_if(derivatives, [](double d) { return d < 0; });
  }
  /// Seeds disagree about the sign, as a fair coin might.
  bool chance() const {
    const auto n = static_cast<double>(derivatives.size()), up = static_cast<double>(rises());
    return up > 0 && up < n && std::max(up, n - up) <= n / 2 + std::sqrt(n);
  }
};

/// All runs together. The single numbers are means over seeds.
struct Found {
  ExactTraining training;
  std::size_t seeds;
  double greatest_rate;
  std::size_t described = 0;  ///< runs that the derivatives describe
  std::vector<double> losses = {}, promised = {}, measured = {};
  std::vector<Number> numbers = {};
  std::vector<double> windows = {};  ///< what +1% of the rate adds to the loss, in equal parts

  double strongest() const {
    double most = 0;
    for (const Number& number : numbers)
      if (number.why_not.empty()) most = std::max(most, std::abs(number.effect()));
    return most;
  }
};

Found run_seeds(const Session& session, std::int64_t seeds) {
  const ExactTraining training = to_exact(session);
  const auto updates = static_cast<double>(training.updates);
  Found out{.training = training,
            .seeds = static_cast<std::size_t>(seeds),
            .greatest_rate = detail::range(session.optimizer().schedule(), updates).greatest};
  const auto windows = static_cast<int>(std::min(most_windows, out.training.updates));
  out.windows.resize(static_cast<std::size_t>(windows));
  for (std::size_t i = 0; i < out.seeds; ++i) {
    const ExactSensitivity run =
        exact_sensitivity(out.training, session.problem().network.seed + i, windows);
    if (run.diverged) session.fail_diverged("the loss at the end is not finite");
    out.described += run.described;
    out.losses.push_back(run.loss);
    out.promised.push_back(run.promised);
    out.measured.push_back(run.measured);
    for (std::size_t k = 0; k < run.pulls.size(); ++k) {
      const auto& [path, number, derivative, why_not] = run.pulls[k];
      if (i == 0) out.numbers.push_back({path, why_not, number});
      out.numbers[k].derivatives.push_back(derivative);
    }
    for (std::size_t k = 0; k < out.windows.size(); ++k)
      out.windows[k] += 0.01 * run.windows[k] / static_cast<double>(seeds);
  }
  return out;
}

/// Words for a number by the last part of its path; the rate is the number itself or its peak.
std::string words_for(const Number& number, double greatest_rate) {
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
std::string direction(const Number& number, const Found& found) {
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
std::string bar(const Number& number, const Found& found) {
  const double share = found.strongest() > 0 ? number.effect() / found.strongest() : 0;
  const auto length = static_cast<std::size_t>(std::lround(half_bar * std::abs(share)));
  const std::string dashes(length, '#');
  return fmt::format("{:>{}}|{:<{}}", share > 0 ? dashes : "", half_bar, share < 0 ? dashes : "",
                     half_bar);
}

std::string table(const Found& found) {
  const bool spread = found.seeds > 1;
  std::size_t width = 6;
  for (const Number& number : found.numbers)
    if (number.path.size() <= longest_name) width = std::max(width, number.path.size());
  std::string out =
      fmt::format("{:<{}} {:>7} {:>10}{} {:>9}  {}  {}\n", "number", width, "value", "derivative",
                  spread ? "      +-" : "", "+1% adds", "lo | up", "to lower the loss");
  for (const Number& number : found.numbers) {
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
std::string promise(const Found& found) {
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

std::string about_loss(const Found& found) {
  return fmt::format("loss {:.4g}{} on {} after {} updates{}\n", mean_of(found.losses),
                     found.seeds > 1 ? fmt::format(" +- {:.1g}", deviation_of(found.losses)) : "",
                     rows_of_loss(found.training), found.training.updates,
                     found.seeds > 1
                         ? fmt::format("\n(mean and standard deviation of {} seeds)", found.seeds)
                         : "");
}

std::vector<Panel> make_panels(const Session& session, const Found& found) {
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

std::string to_csv(const Found& found) {
  std::string out = "number,value,derivative,deviation,effect,why_not\n";
  for (const Number& n : found.numbers)
    out += n.why_not.empty()
               ? fmt::format("{},{},{},{},{},\n", csv_cell(n.path), n.value, n.mean(),
                             n.deviation(), n.effect())
               : fmt::format("{},{},,,,{}\n", csv_cell(n.path), n.value, csv_cell(n.why_not));
  return out;
}

std::string to_json(const Found& found) {
  std::vector<Json> numbers;
  for (const Number& n : found.numbers)
    numbers.push_back(Json::object({{"number", n.path},
                                    {"value", n.value},
                                    {"derivative", n.mean()},
                                    {"deviation", n.deviation()},
                                    {"derivatives", n.derivatives},
                                    {"effect", n.effect()},
                                    {"chance", n.chance()},
                                    {"why_not", n.why_not.empty() ? Json() : Json(n.why_not)}}));
  return to_line(Json::object({{"schedule", found.training.schedule},
                               {"updates", found.training.updates},
                               {"rows", rows_of_loss(found.training)},
                               {"losses", found.losses},
                               {"numbers", numbers},
                               {"windows", found.windows},
                               {"promised", mean_of(found.promised)},
                               {"measured", mean_of(found.measured)},
                               {"described", found.described}}));
}

}  // namespace

std::string SensitivityCommand::run() const {
  const bool data = look.check_and_want_data();
  const std::int64_t runs = read_whole("--seeds", seeds, 1, 1000);
  const Session session = chosen.session(expression, look.plots);
  const Found found = run_seeds(session, runs);
  ExactOptions next = chosen;
  next.problem = session.options().problem;
  const std::vector<Panel> panels = make_panels(session, found);
  const std::string written = look.files(panels);
  if (data) return look.csv ? to_csv(found) : to_json(found);
  const std::string below =
      about_loss(found) + table(found) + promise(found) +
      fmt::format("next, follow the derivatives downhill:\n  {}\n{}",
                  shell_line({"tune", session.options().schedule}, words_of(next)), written);
  return session.problem().about() + look.pictures(panels, below) + below;
}
