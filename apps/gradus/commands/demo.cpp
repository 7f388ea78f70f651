/// gradus demo: a bundled problem, trained in an instant.

#include <fmt/format.h>
#include <gradus/core/nearest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "commands/demo.h"
#include "pictures/plot_file.h"
#include "problem/code.h"
#include "problem/expression.h"
#include "problem/problem.h"
#include "problem/program.h"
#include "terminal/option_words.h"
#include "training/run.h"

using namespace gradus;

namespace {

constexpr std::int64_t epochs = 30, epochs_per_line = 3;

/// Each begins with a cautious rate, so that there is something to find.
struct Demo {
  const char* data;
  const char* layers;
  const char* activation;
  const char* optimizer;
  const char* schedule;
};
constexpr Demo demos[] = {
    {"line", "none", "relu", "sgd", "ExponentialDecay(0.05, 42, 0.5, staircase=True)"},
    {"xor", "16", "tanh", "momentum", "ExponentialDecay(0.05, 70, 0.5, staircase=True)"},
    {"moons", "16,16", "relu", "sgd", "ExponentialDecay(0.1, 70, 0.5, staircase=True)"},
    {"spirals", "32,32", "relu", "adam", "ExponentialDecay(0.002, 70, 0.5, staircase=True)"},
    {"blobs", "none", "relu", "sgd", "ExponentialDecay(0.02, 70, 0.5, staircase=True)"},
    {"digits", "32", "relu", "sgd", "ExponentialDecay(0.05, 160, 0.5, staircase=True)"},
};

const Demo& demo_of(const std::string& name) {
  for (const Demo& demo : demos)
    if (name == demo.data) return demo;
  std::vector<std::string> names;
  for (const Demo& demo : demos) names.push_back(demo.data);
  throw UsageError(fmt::format("the demo: must be one of {} (got '{}'); did you mean {}?",
                               fmt::join(names, ", "), clean(name), detail::nearest(name, names)));
}

/// A demo as it went. With two weights, w and b, these are shown, too.
struct Trained {
  ProblemOptions options;
  Problem problem;
  Schedule rate;
  Run run;

  bool shows_weights() const { return !run.path.empty(); }
  double at_epoch(const char* what, std::int64_t epoch) const {
    return run.history[what][static_cast<std::size_t>(epoch - 1)];
  }
  std::array<double, 2> weights_at(std::int64_t epoch) const {
    return run.path[static_cast<std::size_t>(updates_in(problem, epoch))];
  }
};

Trained trained(const Demo& demo) {
  ProblemOptions options;
  options.data = demo.data;
  options.layers = demo.layers;
  options.activation = demo.activation;
  options.optimizer = demo.optimizer;
  Problem problem = make_problem(options);
  const Schedule rate = read_schedule(demo.schedule);
  Run run = train(problem, {.rate = rate, .steps = updates_in(problem, epochs)});
  return {options, std::move(problem), rate, std::move(run)};
}

// ---- what is shown ------------------------------------------------------------------------------

std::string pictures(const Trained& t, const LookOptions& look) {
  PlotOptions options = look.terminal();
  options.height = 7;
  const Step steps = std::ssize(t.run.rates);
  std::string out = "learning rate\n" + plot(t.rate, steps, options);
  options.log_y = spread_far(t.run.losses);
  options.height = 10;
  return out + "\nloss on all rows\n" +
         plot(straight_lines(t.run.looks, t.run.losses), steps, options);
}

std::vector<Panel> panels_of(const Trained& t) {
  const LabelledSchedule rate{to_string(t.rate), t.rate};
  const std::vector<double> steps(t.run.looks.begin(), t.run.looks.end());
  const LinesPlot losses{.x_name = "step",
                         .y_name = "loss on all rows",
                         .lines = {{"", steps, t.run.losses}},
                         .log_y = spread_far(t.run.losses),
                         .legend = false,
                         .from_zero = true};
  return {panel_of(std::span(&rate, 1), std::ssize(t.run.rates)), panel_of(losses)};
}

std::string table(const Trained& t) {
  std::string out =
      fmt::format("epoch      rate      loss{}\n", t.shows_weights() ? "      w      b" : "");
  for (std::int64_t epoch = epochs_per_line; epoch <= epochs; epoch += epochs_per_line) {
    out += fmt::format("{:5} {:9.3g} {:9.3g}", epoch, t.at_epoch("learning_rate", epoch),
                       t.at_epoch("loss", epoch));
    if (t.shows_weights())
      out += fmt::format(" {:6.2f} {:6.2f}", t.weights_at(epoch)[0], t.weights_at(epoch)[1]);
    out += '\n';
  }
  return out + fmt::format("loss on all rows: {:.3g}\n", t.run.losses.back());
}

/// With each field on a line of its own.
std::string one_a_line(const std::string& code) {
  std::string out;
  for (std::size_t i = 0; i < code.size(); ++i) {
    const bool new_field = code[i] == '.' && (code[i - 1] == '{' || code[i - 1] == ' ');
    if (new_field && code[i - 1] == ' ') out.pop_back();
    out += new_field ? "\n      ." : std::string(1, code[i]);
  }
  return out;
}

/// Prints what table() shows.
std::string program(const Trained& t) {
  std::string out = fmt::format(
      "#include <gradus/gradus.h>\nusing namespace gradus;\n\n"
      "struct Line {{  // prints one, every {0} epochs\n"
      "  void on_epoch_end(std::int64_t epoch, const Logs& logs{1}) {{\n"
      "    if ((epoch + 1) % {0} != 0) return;\n"
      "    fmt::print(\"{{:5}} {{:9.3g}} {{:9.3g}}\", epoch + 1,\n"
      "               logs[\"learning_rate\"], logs[\"loss\"]);\n",
      epochs_per_line, t.shows_weights() ? ", Sequential& model" : "");
  if (t.shows_weights())
    out +=
        "    const std::vector<Tensor> weights = model.get_weights();\n"
        "    fmt::print(\" {:6.2f} {:6.2f}\", weights[0](0, 0), weights[1](0));\n";
  out += fmt::format(
      "    fmt::print(\"\\n\");\n  }}\n}};\n\nint main() {{\n  const Schedule rate = {};\n",
      one_a_line(code_of(t.rate)));
  out += program_of(
      t.problem, {.rate = "rate", .epochs = epochs, .more = ".verbose = 0, .callbacks = {Line{}}"});
  return out + fmt::format(
                   "  fmt::print(\"loss on all rows: {{:.3g}}\\n\",\n"
                   "             model.evaluate(data.x, {}).loss);\n}}\n",
                   targets_code(t.problem));
}

std::string next_command(const Trained& t) {
  std::vector<std::string> words{"gradus", "find-lr"};
  for (const std::string& word : words_of(t.options)) words.push_back(word);
  return fmt::format("next, whether a higher rate would do better:\n  {}\n", shell_line(words));
}

std::string csv_of(const Trained& t) {
  std::string out = "epoch,rate,loss\n";
  for (std::int64_t epoch = 1; epoch <= epochs; ++epoch)
    out += fmt::format("{},{},{}\n", epoch, t.at_epoch("learning_rate", epoch),
                       t.at_epoch("loss", epoch));
  return out;
}

std::string json_of(const Trained& t) {
  nlohmann::ordered_json out{
      {"data", t.options.data}, {"schedule", to_string(t.rate)},         {"rates", t.run.rates},
      {"losses", t.run.losses}, {"epoch_losses", t.run.history["loss"]}, {"program", program(t)}};
  if (t.shows_weights()) out["path"] = t.run.path;
  return out.dump() + "\n";
}

}  // namespace

std::string DemoCommand::run() const {
  const bool data = look.data();
  const Trained t = trained(demo_of(problem));
  const std::string written = plot_files(look, [&] { return panels_of(t); });
  if (data) return look.csv ? csv_of(t) : json_of(t);
  std::string out = t.problem.about_text() + to_string(t.rate) + "\n";
  if (look.plots.empty() || look.shown()) out += pictures(t, look);
  out += fmt::format("\n{}\nthe same in C++:\n\n{}\n{}", table(t), program(t), next_command(t));
  return out + written;
}
