/// Checks every row of the table of other libraries' calls in schedules/README.md.

#include <gradus/schedules/parse.h>

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <numbers>
#include <set>

#include "golden/golden_schedules.h"

namespace {

using golden::Json;
using golden::numbers;

struct Row {
  std::string theirs, text;
};

/// The rows under a heading: `| theirs | `text` |`.
std::vector<Row> table_under(const std::string& heading) {
  std::ifstream file(GRADUS_SOURCE_DIR "/schedules/README.md");
  std::vector<Row> rows;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) inside = line == heading;
    if (!inside || !line.starts_with("| ") || line.starts_with("| theirs")) continue;
    const std::size_t middle = line.rfind(" | `"), end = line.rfind("` |");
    REQUIRE_MESSAGE((middle < end && end != line.npos), line);
    rows.push_back({line.substr(2, middle - 2), line.substr(middle + 4, end - middle - 4)});
  }
  return rows;
}

/// The golden case that a row's text must match.
struct Source {
  const char* file;
  const char* id;
  const char* key = "values";
};
const std::map<std::string, Source> sources{
    {"PyTorch `StepLR(10, 0.1)`, lr 0.1", {"torch", "torch-000-StepLR"}},
    {"`MultiStepLR([10, 20, 30], 0.1)`, lr 0.1", {"torch", "torch-004-MultiStepLR"}},
    {"`ConstantLR(0.5, 40)`, lr 0.05", {"torch", "torch-009-ConstantLR"}},
    {"`LinearLR(0.05, 1, 40)`, lr 0.05", {"torch", "torch-013-LinearLR"}},
    {"`ExponentialLR(0.95)`, lr 0.1", {"torch", "torch-016-ExponentialLR"}},
    {"`warmup_constant_schedule(0, 0.2, 8)`", {"optax", "optax-027-warmup_constant_schedule"}},
    {"`warmup_exponential_decay_schedule(0, 0.5, 10, 10, 0.5)`",
     {"optax", "optax-031-warmup_exponential_decay_schedule"}},
    {"`linear_onecycle_schedule(100, 0.1)`", {"optax", "optax-023-linear_onecycle_schedule"}},
    {"`constant_with_warmup`, 8 steps up, lr 0.1", {"torch", "torch-059-LambdaLR"}},
    {"`cosine_with_min_lr`, 6 of 50 steps up, to 0.1 lr, lr 0.3", {"torch", "torch-062-LambdaLR"}},
    {"`PolynomialLR(50, 0.9)`, lr 0.05", {"torch", "torch-021-PolynomialLR"}},
    {"`CosineAnnealingLR(50)`, lr 0.1, to step 50", {"torch", "torch-024-CosineAnnealingLR"}},
    {"`CosineAnnealingLR(10, 0.001)`, lr 0.05, which bounces",
     {"torch", "torch-025-CosineAnnealingLR"}},
    {"`CosineAnnealingWarmRestarts(5, 2, 0.001)`, lr 0.1",
     {"torch", "torch-029-CosineAnnealingWarmRestarts"}},
    {"`OneCycleLR(0.1, 41)`: up to step 0.3 * 41 - 1, ends at step 40",
     {"torch", "torch-032-OneCycleLR"}},
    {"its momentum", {"torch", "torch-032-OneCycleLR", "momentum_values"}},
    {"`OneCycleLR(1, 51, pct_start=0.4, anneal_strategy=\"linear\", three_phase=True, "
     "div_factor=10, final_div_factor=100)`",
     {"torch", "torch-035-OneCycleLR"}},
    {"`CyclicLR(0.01, 0.1, 10)`", {"torch", "torch-040-CyclicLR"}},
    {"`CyclicLR(0.001, 0.5, 8, mode=\"triangular2\")`", {"torch", "torch-041-CyclicLR"}},
    {"`CyclicLR(0.01, 0.2, 10, mode=\"exp_range\", gamma=0.97)`", {"torch", "torch-042-CyclicLR"}},
    {"`SequentialLR([LinearLR(0.1, 1, 10), CosineAnnealingLR(50, 0.001)], [10])`, lr 0.1",
     {"torch", "torch-047-SequentialLR"}},
    {"`SequentialLR([ExponentialLR(0.8), MultiStepLR([5, 9], 0.3)], [12])`, lr 0.1",
     {"torch", "torch-051-SequentialLR"}},
    {"`ChainedScheduler([ConstantLR(0.1, 20), ExponentialLR(0.9)])`, lr 0.05",
     {"torch", "torch-052-ChainedScheduler"}},
    {"Noam, width 512, 20 steps up", {"torch", "torch-058-LambdaLR"}},
    {"Optax `warmup_cosine_decay_schedule(0, 1, 20, 100)`",
     {"optax", "optax-028-warmup_cosine_decay_schedule"}},
    {"`exponential_decay(0.1, 8, 0.9, transition_begin=5)`",
     {"optax", "optax-011-exponential_decay"}},
    {"`exponential_decay(1, 3, 0.7, end_value=0.05)`", {"optax", "optax-013-exponential_decay"}},
    {"`piecewise_constant_schedule(1, {10: 0.1, 20: 0.01})`",
     {"optax", "optax-007-piecewise_constant_schedule"}},
    {"`piecewise_interpolate_schedule(\"cosine\", 1, {4: 0.1, 8: 0.01})`",
     {"optax", "optax-020-piecewise_interpolate_schedule"}},
    {"`cosine_onecycle_schedule(100, 0.1)`", {"optax", "optax-025-cosine_onecycle_schedule"}},
    {"`sgdr_schedule`: 0 to 1 to 0 in 5 + 15 steps, 0 to 0.5 to 0.01 in 5 + 35",
     {"optax", "optax-033-sgdr_schedule"}},
    {"`join_schedules([linear_schedule(0, 0.1, 10), constant_schedule(0.1), linear_schedule(0.1, "
     "0, 10)], [10, 25])`",
     {"optax", "optax-035-join_schedules"}},
    {"Hugging Face `linear`, 5 of 35 steps up, lr 0.1", {"torch", "torch-060-LambdaLR"}},
    {"`cosine`, 10 of 60 steps up, lr 0.1", {"torch", "torch-061-LambdaLR"}},
    {"`cosine_with_restarts`, 5 of 50 steps up, 3 cycles, lr 0.1", {"torch", "torch-063-LambdaLR"}},
    {"`inverse_sqrt`, 10 steps up, lr 1", {"torch", "torch-064-LambdaLR"}},
    {"`warmup_stable_decay`, 8 + 20 + 12 steps, `cosine` up and `1-sqrt` down to 0.1 lr, lr 0.5",
     {"torch", "torch-066-LambdaLR"}}};

/// Four digits of fastai's formulas.
using Digits = std::vector<std::pair<int, const char*>>;
const std::map<std::string, Digits> literals{{"fastai `fit_one_cycle`, lr_max 1, 100 steps",
                                              {{0, "0.04"},
                                               {10, "0.3717"},
                                               {25, "1"},
                                               {29, "0.993"},
                                               {30, "0.9891"},
                                               {50, "0.75"},
                                               {98, "0.001764"},
                                               {99, "0.0004486"},
                                               {100, "1e-05"}}},
                                             {"`fit_flat_cos`, lr 1, 100 steps",
                                              {{0, "1"},
                                               {50, "1"},
                                               {75, "1"},
                                               {76, "0.9961"},
                                               {80, "0.9045"},
                                               {90, "0.3455"},
                                               {99, "0.003953"},
                                               {100, "1e-05"}}}};

/// The last phase of a WSD schedule, by its progress; before it, 10 steps up and 60 level ones.
double stable_decay(double t, double least, double (*factor)(double)) {
  if (t <= 10) return 0.1 * t / 10;
  return t <= 70 ? 0.1 : least + (0.1 - least) * factor(std::min(1.0, (t - 70) / 30));
}

/// Formulas of step t, from the source of each library or the paper.
const std::map<std::string, double (*)(double)> formulas{
    {"`MultiplicativeLR(lambda t: 0.95)`, lr 0.1",
     [](double t) { return t == 0 ? 0.1 : 0.1 * std::exp(t * std::log(0.95)); }},
    {"`polynomial`, power 2, 10 of 60 steps up, lr 0.1",
     [](double t) {
       const double left = std::max(0.0, 1 - (t - 10) / 50);
       return t < 10 ? 0.1 * t / 10 : (0.1 - 1e-7) * left * left + 1e-7;
     }},
    {"`cosine_warmup_with_min_lr`, 10 of 60 steps up from 0.1 lr / 10, to 0.1 lr, lr 0.1",
     [](double t) {
       const double progress = std::min(1.0, (t - 10 + 1) / 50);
       return t < 10 ? 0.1 * (t + 1) / 10
                     : 0.1 * (0.9 * 0.5 * (1 + std::cos(std::numbers::pi * progress)) + 0.1);
     }},
    {"Megatron-LM `WSD`, `exponential`, 10 up, 100 in all, 30 down to 0.01, lr 0.1",
     [](double t) {
       return stable_decay(t, 0.01, [](double p) { return 2 * std::pow(0.5, p) - 1; });
     }},
    {"the same, `minus_sqrt`",
     [](double t) { return stable_decay(t, 0.01, [](double p) { return 1 - std::sqrt(p); }); }},
    {"timm `WSDLRScheduler(90, 30, lr_min=0.01, decay_fn=\"power\", decay_power=2, warmup_t=10)`, "
     "lr 0.1",
     [](double t) { return stable_decay(t, 0.01, [](double p) { return 1 - p * p; }); }},
    {"the same, `decay_fn=\"exp\"`",
     [](double t) {
       return stable_decay(t, 0.01, [](double p) { return (std::pow(0.1, p) - 0.1) / 0.9; });
     }},
    {"`WSDLRScheduler(90, 30, stable_fn=\"rsqrt\", decay_fn=\"linear\", warmup_t=10)`, lr 0.1",
     [](double t) {
       if (t < 10) return 0.1 * t / 10;
       return 0.1 / std::sqrt(1 + (t - 10) / 10) * std::clamp(1 - (t - 70) / 30, 0.0, 1.0);
     }},
    {"`TanhLRScheduler(100)`, lr 0.1, to step 99",
     [](double t) {
       const double p = std::min(1.0, t / 100);
       return 0.05 * (1 - std::tanh(-7 * (1 - p) + 3 * p));
     }},
    {"Power scheduler (Shen et al. 2024): min(0.1, 0.4 n^-0.51), n = t + 1, 10 steps up",
     [](double t) { return std::min(0.1 * std::min(1.0, t / 10), 0.4 * std::pow(t + 1, -0.51)); }},
    {"Infinite schedule (Ibrahim et al. 2024): up, cosine, level, and down by the same factor each "
     "step",
     [](double t) {
       if (t < 10) return 0.1 * t / 10;
       if (t < 50) return 0.03 + 0.07 * 0.5 * (1 + std::cos(std::numbers::pi * (t - 10) / 40));
       return t < 80 ? 0.03 : 0.03 * std::pow(0.1, (t - 80) / 20);
     }},
    {"Weight decay of AdamC (Defazio 2025): 0.05 rate / 0.1, rate up to 0.1 and down",
     [](double t) {
       const double p = std::min(1.0, (t - 10) / 90);
       return t < 10 ? 0.05 * t / 10 : 0.05 * 0.5 * (1 + std::cos(std::numbers::pi * p));
     }}};

std::vector<double> values_of(const Source& source) {
  std::ifstream file(fmt::format(GRADUS_SOURCE_DIR "/tests/golden/{}/schedules.json", source.file));
  const Json root = Json::parse(file);
  for (const Json& c : root.at("cases"))
    if (c.at("id") == source.id) return numbers(c.at(source.key));
  return {};
}

std::string compare(const Row& row) {
  if (const auto found = sources.find(row.theirs); found != sources.end()) {
    const std::vector<double> want = values_of(found->second);
    if (want.empty()) return fmt::format("no case {}", found->second.id);
    return golden::difference(row.text, want,
                              found->second.file == std::string("optax") ? 1e-14 : 1e-12);
  }
  if (const auto found = formulas.find(row.theirs); found != formulas.end()) {
    std::vector<double> want(121);
    for (std::size_t t = 0; t < want.size(); ++t) want[t] = found->second(static_cast<double>(t));
    return golden::difference(row.text, want, 1e-12);
  }
  const auto found = literals.find(row.theirs);
  if (found == literals.end()) return "nothing to check it against";
  const gradus::Schedule s = gradus::parse_schedule(row.text);
  for (const auto& [step, digits] : found->second)
    if (const std::string got = fmt::format("{:.4g}", s(step)); got != digits)
      return fmt::format("step {}: got {}, want {}", step, got, digits);
  return {};
}

}  // namespace

TEST_CASE("schedules/README.md: each recipe gives the other library's numbers") {
  const auto rows = table_under("## Coming from PyTorch, Optax, Hugging Face or fastai");
  CHECK(rows.size() == sources.size() + formulas.size() + literals.size());
  std::set<std::string> seen;
  for (const Row& row : rows) {
    INFO(row.theirs, ": ", row.text);
    CHECK(seen.insert(row.theirs).second);
    CHECK(compare(row) == "");
  }
}
