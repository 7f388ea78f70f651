#include "commands/expect.h"

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "command/in_process.h"

namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

in_process::Outcome call_expect(Words words, const Words& more = {}) {
  words.insert(words.begin(), "expect");
  words.insert(words.end(), more.begin(), more.end());
  return in_process::call(words);
}

/// The entries of `schedules` that --json prints.
json expected(const Words& words, const Words& more = {}) {
  Words all = more;
  all.push_back("--json");
  const in_process::Outcome got = call_expect(words, all);
  REQUIRE(got.err == "");
  return json::parse(got.out)["schedules"];
}

/// The largest distance between the mean of the runs and the exact loss, in standard errors.
double furthest(const json& curve) {
  double most = 0;
  for (const json& run : curve["runs"]) {
    const double exact = curve["losses"][run["step"].get<std::size_t>()], error = run["error"],
                 off = std::abs(run["mean"].get<double>() - exact);
    if (error > 1e-9 * exact)
      most = std::max(most, off / error);
    else
      CHECK(off < 1e-5 * exact);
  }
  return most;
}

const Words shapes = {"0.3", "CosineDecay(0.3, all)", "warmup(linear(0.4, 0, all), 10)"};
const Words noisy = {"--batch-size", "4", "--steps", "60"};

}  // namespace

TEST_CASE("the mean of real runs is the expected loss at every tenth of the run") {
  for (const Words& how : {Words{"--sampling", "fresh"}, Words{"--sampling", "replacement"}}) {
    Words options = noisy;
    options.insert(options.end(), how.begin(), how.end());
    options.insert(options.end(), {"--runs", "2000"});
    for (const json& curve : expected(shapes, options)) {
      CAPTURE(curve["label"]);
      CHECK(curve["runs"].size() == 11);
      CHECK(furthest(curve) < 4);
    }
  }
}

TEST_CASE("the mean is right with momentum, averages, all rows, and for a standardised target") {
  const std::string file =
      std::filesystem::temp_directory_path() / fmt::format("gradus-expect-{}.csv", getpid());
  REQUIRE(in_process::call({"data", "line", "-o", file}).code == 0);
  for (const Words& words :
       {Words{"sgd(0.05, momentum=0.8)", "--sampling", "fresh"},
        Words{"sgd(0.1, momentum=0.5, nesterov=True)", "--sampling", "replacement"},
        Words{"sgd(0.2, use_ema=True, ema_momentum=0.9)", "--sampling", "fresh"},
        Words{"0.3", "--sampling", "full"}, Words{"0.2", "--data", file}})
    for (const json& curve :
         expected(words, {"--batch-size", "4", "--steps", "60", "--runs", "500"})) {
      CAPTURE(words);
      CHECK(furthest(curve) < 4);
      CHECK(curve["least"].get<double>() == doctest::Approx(0.009542).epsilon(1e-3));
    }
  std::filesystem::remove(file);
}

TEST_CASE("a loss is the least plus bias plus noise") {
  for (const json& curve : expected(shapes, noisy))
    for (std::size_t t = 0; t <= 60; ++t) {
      const double sum = curve["least"].get<double>() + curve["bias"][t].get<double>() +
                         curve["noise"][t].get<double>();
      CHECK(curve["losses"][t].get<double>() == doctest::Approx(sum).epsilon(1e-12));
    }
}

TEST_CASE("no schedule is below the best one, and the text to paste gives its loss") {
  const json found = expected(shapes, {"--batch-size", "4", "--steps", "60", "--best"});
  REQUIRE(found.size() == 4);
  for (const json& curve : found) CHECK(curve["above_best"].get<double>() > -1e-12);
  const json& best = found[3];
  CHECK(best["label"] == "best");
  const double excess = best["bias"].back().get<double>() + best["noise"].back().get<double>();
  CHECK(best["above_best"].get<double>() < 0.01 * excess);
  const json again = expected({best["text"].get<std::string>()}, noisy);
  CHECK(again[0]["loss"].get<double>() == best["loss"].get<double>());
}

TEST_CASE("runs in shuffled epochs end lower, and the command says by how much") {
  const Words shuffled = {"0.3",          "CosineDecay(0.3, all)",
                          "--batch-size", "20",
                          "--steps",      "100",
                          "--sampling",   "shuffled",
                          "--runs",       "100"};
  const json cosine = expected(shuffled)[1];
  const double least = cosine["least"], exact = cosine["loss"],
               mean = cosine["runs"].back()["mean"];
  CHECK(mean - least < 0.2 * (exact - least));
  const std::string out = call_expect(shuffled).out;
  CHECK(out.find("times the excess of fresh batches") != out.npos);
}

TEST_CASE("a schedule that diverges is named, and no line has numbers that are not known") {
  const std::string out =
      call_expect({"0.1", "5", "sgd(0.1, use_ema=True)", "--steps", "1000", "--batch-size", "4"})
          .out;
  CHECK(out.find("5 diverges: its loss is over 4 times the first after update 1\n") != out.npos);
  for (const char* wrong : {"inf", "nan", "rate of -"}) CHECK(out.find(wrong) == out.npos);
  const std::string full = call_expect({"0.1", "--sampling", "full"}).out;
  CHECK(full.find("\nstable up to a rate of 0.996 with all rows\n") != full.npos);
  CHECK(full.find("--runs") == full.npos);  // which would all be equal
  CHECK(call_expect({"0.1", "--steps", "1000000"}).out.find("--runs 200\n") != out.npos);
}

TEST_CASE("a batch of more rows than there are is all rows, as in training") {
  const json curve = expected({"0.3"}, {"--batch-size", "300", "--steps", "20", "--runs", "2"})[0];
  CHECK(curve["noise"].back() == 0);
  CHECK(curve["runs"].back()["mean"].get<double>() ==
        doctest::Approx(curve["loss"].get<double>()).epsilon(1e-5));
}

TEST_CASE("where the first weights are the best, the best rates are 0") {
  const std::string file =
      std::filesystem::temp_directory_path() / fmt::format("gradus-same-{}.csv", getpid());
  std::ofstream(file) << "x,y\n1,2\n1,3\n1,4\n";
  const json found = expected({"0.1"}, {"--data", file, "--task", "regression", "--batch-size", "1",
                                        "--steps", "20", "--best"});
  CHECK(found[1]["text"] == "PiecewiseInterpolation(boundaries=[19], values=[0, 0])");
  std::filesystem::remove(file);
}

TEST_CASE("expect refuses problems without an exact curve and says why") {
  const auto refused = [](const Words& words, const std::string& why) {
    const in_process::Outcome got = call_expect(words);
    CAPTURE(got.err);
    CHECK(got.code == 2);
    CHECK(got.out == "");
    CHECK(got.err.find(why) != got.err.npos);
  };
  refused({"0.1", "--layers", "4"}, "--layers: must be none");
  refused({"0.1", "--loss", "huber"}, "--loss: must be mean_squared_error");
  refused({"0.1", "--data", "moons"}, "--loss: must be mean_squared_error on a numeric target");
  refused({"adam(0.1)"}, "the rule must be linear in the gradient");
  refused({"sgd(0.1, clipnorm=1)"}, "clipnorm");
  refused({"0.1", "--sampling", "shuffled"}, "--sampling: must be");
  refused({"0.1", "--best", "--vary", "batch-size=1,8"}, "--best: all schedules must have");
  refused({"0.1", "--steps", "1000001"}, "must have at most 1000000 updates");
  refused({}, "give a schedule");
}
