#include "commands/demo.h"

#include "problem/program.h"
#include "terminal/json.h"
#include "terminal/option_words.h"
#include "terminal/text.h"
#include "training/stability.h"
#include "training/training_run.h"

using namespace gradus;

namespace {

constexpr std::int64_t epochs = 30, epochs_per_line = 3;

/// Each starts with a low rate, so that gradus find-lr can find a better one.
struct Demo {
  const char* name;  ///< of the data
  const char* layers;
  const char* activation;
  const char* optimizer;
  const char* schedule;
};
constexpr Demo demos[] = {
    {"line", "none", "relu", "sgd", "ExponentialDecay(0.05, 6 * epoch, 0.5, staircase=True)"},
    {"ravine", "none", "relu", "momentum",
     "ExponentialDecay(0.02, 10 * epoch, 0.5, staircase=True)"},
    {"xor", "16", "tanh", "momentum", "ExponentialDecay(0.05, 10 * epoch, 0.5, staircase=True)"},
    {"moons", "16,16", "relu", "sgd", "ExponentialDecay(0.1, 10 * epoch, 0.5, staircase=True)"},
    {"spirals", "32,32", "relu", "adam",
     "ExponentialDecay(0.002, 10 * epoch, 0.5, staircase=True)"},
    {"blobs", "none", "relu", "sgd", "ExponentialDecay(0.02, 10 * epoch, 0.5, staircase=True)"},
    {"digits", "32", "relu", "sgd", "ExponentialDecay(0.05, 10 * epoch, 0.5, staircase=True)"},
};

/// A demo after training. A model of two weights, w and b, shows them too.
struct TrainedDemo {
  Problem problem;
  Schedule rate;
  TrainingRun run;

  bool shows_weights() const { return !run.path.empty(); }
  double at_epoch(const char* what, std::int64_t epoch) const {
    return run.history[what][static_cast<std::size_t>(epoch - 1)];
  }
  std::array<double, 2> weights_at(std::int64_t epoch) const {
    return run.path[static_cast<std::size_t>(updates_in(problem, epoch))];
  }
};

TrainedDemo train_demo(const Demo& demo) {
  ProblemOptions options;
  options.data.name = demo.name;
  options.network.layers = demo.layers;
  options.network.activation = demo.activation;
  options.network.optimizer = demo.optimizer;
  Problem problem = make_problem(options, {.epochs = epochs});
  const Schedule rate = read_schedule(demo.schedule, problem.lengths);
  TrainingRun run = run_training(problem, {.rate = rate, .steps = updates_in(problem, epochs)});
  return {std::move(problem), rate, std::move(run)};
}

std::vector<Panel> make_panels(const TrainedDemo& t) {
  const LabelledSchedule curve{to_string(t.rate), t.rate};
  LinesPlot rate = rates_plot(std::span(&curve, 1), std::ssize(t.run.rates));
  rate.height = 7;
  const std::vector<double> steps(t.run.measured.begin(), t.run.measured.end());
  const LinesPlot losses{.x_name = "step",
                         .y_name = "loss",
                         .lines = {{"", steps, t.run.losses}},
                         .log_y = spread_far(t.run.losses),
                         .legend = false,
                         .from_zero = true,
                         .title = "loss on all rows"};
  return {{"rate", rate}, {"loss", losses}};
}

std::string table(const TrainedDemo& t) {
  std::string out =
      fmt::format("epoch      rate      loss{}\n", t.shows_weights() ? "      w      b" : "");
  for (std::int64_t epoch = epochs_per_line; epoch <= epochs; epoch += epochs_per_line) {
    out += fmt::format("{:5} {:9.3g} {:9.3g}", epoch, t.at_epoch("learning_rate", epoch),
                       t.at_epoch("loss", epoch));
    if (t.shows_weights())
      out += fmt::format(" {:6.2f} {:6.2f}", t.weights_at(epoch)[0], t.weights_at(epoch)[1]);
    out += '\n';
  }
  return out + fmt::format("loss on all rows: {:.3g}\n", t.run.losses.back()) +
         about_stable(t.problem, t.run.stable);
}

/// The code with each field on a separate line.
std::string one_a_line(const std::string& code) {
  std::string out;
  for (std::size_t i = 0; i < code.size(); ++i) {
    const bool new_field = code[i] == '.' && (code[i - 1] == '{' || code[i - 1] == ' ');
    if (new_field && code[i - 1] == ' ') out.pop_back();
    out += new_field ? "\n      ." : std::string(1, code[i]);
  }
  return out;
}

/// A program that prints the same table.
std::string program(const TrainedDemo& t) {
  std::string out = fmt::format(
      "#include <gradus/gradus.h>\nusing namespace gradus;\n\n"
      "struct Line {{  // prints a line every {0} epochs\n"
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
      one_a_line(to_code(t.rate)));
  out += to_program(
      t.problem,
      {.rate = "rate", .epochs = epochs, .fit_options = ".verbose = 0, .callbacks = {Line{}}"});
  return out +
         "  fmt::print(\"loss on all rows: {:.3g}\\n\",\n"
         "             model.evaluate(data.x, data.y).loss);\n}\n";
}

std::string to_csv(const TrainedDemo& t) {
  std::string out = "epoch,learning_rate,loss\n";
  for (std::int64_t epoch = 1; epoch <= epochs; ++epoch)
    out += fmt::format("{},{},{}\n", epoch, t.at_epoch("learning_rate", epoch),
                       t.at_epoch("loss", epoch));
  return out;
}

std::string to_json(const TrainedDemo& t) {
  Json json = Json::object({{"data", t.problem.options.data.name},
                            {"schedule", to_string(t.rate)},
                            {"rates", t.run.rates},
                            {"losses", t.run.losses},
                            {"epoch_losses", t.run.history["loss"]},
                            {"stable_rates", t.run.stable},
                            {"program", program(t)}});
  if (t.shows_weights()) json["path"] = t.run.path;
  return to_line(json);
}

}  // namespace

std::string DemoCommand::run() const {
  const bool data = look.check_and_want_data();
  const TrainedDemo t = train_demo(choose(demos, "the demo", problem));
  const std::vector<Panel> panels = make_panels(t);
  const std::string written = look.files(panels);
  if (data) return look.csv ? to_csv(t) : to_json(t);
  const std::string below = fmt::format(
      "{}\nthe same in C++:\n\n{}\nnext, find out whether a higher rate does better:\n  {}\n{}",
      table(t), program(t), shell_line({"find-lr"}, words_of(t.problem.options)), written);
  return t.problem.about() + to_string(t.rate) + "\n" + look.pictures(panels, table(t)) + below;
}
