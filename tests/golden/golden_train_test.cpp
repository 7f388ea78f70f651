/// Trains a small network by hand and compares every loss and weight with a reference's.

#include <gradus/gradus.h>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "golden_train.h"

namespace {

using golden::coarse;
using golden::GoldenFile;
using golden::Json;
using golden::numbers;
using namespace gradus;

std::string compare_weights(const std::vector<Tensor>& w, const Json& want, std::size_t step) {
  const char* names[] = {"w1", "b1", "w2", "b2"};
  for (std::size_t i = 0; i < 4; ++i) {
    const std::vector<double> values = numbers(want.at(names[i]));
    const Tensor& got = w[i];
    for (std::size_t j = 0; j < values.size(); ++j)  // float: fifty updates' rounding
      if (!golden::close(got.values()[j], values[j], coarse ? 2e-5 : 1e-10, coarse ? 2e-5 : 1e-8))
        return fmt::format("{}[{}] after {}: got {}, want {}", names[i], j, step, got.values()[j],
                           values[j]);
  }
  return {};
}

std::string compare_run(const Json& problem, const Json& run) {
  Optimizer opt = golden::optimizer_of(run);
  const std::vector<Tensor> w = golden::weights_of(problem);
  const Json& result = run.at("result");
  const double tolerance = coarse ? 2e-5 : 1e-9;
  const auto steps = run.at("steps").get<std::size_t>();
  for (std::size_t t = 0; t < steps; ++t) {
    const Tensor loss = golden::loss_of(w, golden::rows_of(problem, run, std::int64_t(t)), run);
    const double want = result.at("loss_before_step")[t].get<double>();
    if (!golden::close(loss.item(), want, coarse ? 2e-5 : 0, tolerance))
      return fmt::format("loss before step {}: got {}, want {}", t, loss.item(), want);
    loss.backward();
    opt.step(w);
    const std::string after = std::to_string(t + 1);
    if (!result.at("weights_after").contains(after)) continue;
    if (auto wrong = compare_weights(w, result.at("weights_after").at(after), t + 1);
        !wrong.empty())
      return wrong;
  }
  const double last = golden::loss_of(w, golden::rows_of(problem, run, -1), run).item();
  const double want = result.at("final_full_batch_loss").get<double>();
  return golden::close(last, want, coarse ? 2e-5 : 0, tolerance)
             ? ""
             : fmt::format("final loss: got {}, want {}", last, want);
}

}  // namespace

TEST_CASE("golden: fifty updates of a small network") {
  GoldenFile file("ops/train.json");
  const auto compare = [&](const Json& run) { return compare_run(file.root().at("problem"), run); };
  golden::run_cases(file, compare, {.list = "runs", .name = "name"});
}
