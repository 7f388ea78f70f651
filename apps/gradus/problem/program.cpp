#include "problem/program.h"

#include <fmt/format.h>

#include <cmath>

#include "problem/code.h"

namespace {

/// The declaration of the model, with as many layers on each line as fit.
std::string model_code(const Problem& problem) {
  const std::string start = "  Sequential model{";
  std::string out, line = start;
  for (std::size_t i = 0; i < problem.layers_code.size(); ++i) {
    const std::string& layer = problem.layers_code[i];
    if (line.size() + layer.size() > 90 && line.size() > start.size()) {
      out += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
      line = std::string(start.size(), ' ');
    }
    line += layer + (i + 1 < problem.layers_code.size() ? ", " : "};\n");
  }
  return out + line;
}

}  // namespace

std::string to_program(const Problem& problem, const ProgramOptions& options) {
  const gradus::Optimizer& optimizer = problem.model.optimizer();
  const std::string rate =
      options.rate.empty() ? to_code(optimizer.initial_schedule()) : options.rate;
  std::string inputs = "data.x";
  std::string out = fmt::format("  const Dataset data = {};\n", problem.data_code);
  if (problem.scale) {
    const std::int64_t rows = problem.data.x.shape()[0];
    const auto kept = static_cast<std::int64_t>(
        std::floor(static_cast<double>(rows) * (1 - options.validation_split)));
    out += fmt::format("  const Standardization scale = standardization({});\n",
                       kept == rows ? "data.x" : fmt::format("slice(data.x, 0, 0, {})", kept));
    inputs = "scale(data.x)";
  }
  out += model_code(problem);
  out += fmt::format(
      "  model.compile({{.optimizer = {},\n                 .loss = {},\n"
      "                 .seed = {}}});\n",
      to_code(optimizer, rate), problem.loss_code, problem.seed);
  const std::string call = fmt::format("  model.fit({}, {}, {{", inputs, targets_code(problem));
  out += fmt::format("{}.batch_size = {}, .epochs = {}", call, problem.batch_size, options.epochs);
  if (options.validation_split > 0)
    out += fmt::format(", .validation_split = {}", options.validation_split);
  if (!options.fit_options.empty())
    out += fmt::format(",\n{:{}}{}", "", call.size(), options.fit_options);
  return out + "});\n";
}

std::string targets_code(const Problem& problem) {
  const bool columns = problem.data.y.rank() == 2 && !problem.data.classes.empty();
  return columns ? "reshape(data.y, {-1, 1})" : "data.y";
}
