#include <gradus/schedules/inspect.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gradus/schedules/known.h>

using namespace gradus;
using doctest::Contains;

namespace {

/// "100 corner" for every landmark that is a jump or a corner.
std::vector<std::string> changes(const Schedule& s, Step steps) {
  std::vector<std::string> out;
  for (const Landmark& mark : landmarks(s, steps))
    if (mark.what == "jump" || mark.what == "corner")
      out.push_back(fmt::format("{} {}", mark.step, mark.what));
  return out;
}
using Changes = std::vector<std::string>;

std::string notes(const Schedule& s, Step steps) {
  std::string out;
  for (const std::string& note : inspect(s, steps)) out += note + '\n';
  return out;
}

const Schedule warm_cosine = linear(0, 0.1, 100) >> CosineDecay{0.1, 900};

}  // namespace

TEST_CASE("landmarks are where a schedule jumps or turns") {
  CHECK(changes(warm_cosine, 1000) == Changes{"100 corner"});
  CHECK(changes(StepDecay{0.1, 30}, 100) == Changes{"30 jump", "60 jump", "90 jump"});
  CHECK(changes(PiecewiseConstantDecay{{30, 60}, {3, 2, 1}}, 100) == Changes{"31 jump", "61 jump"});
  CHECK(changes(CosineDecayRestarts{0.1, 20}, 100) == Changes{"20 jump", "60 jump"});
  CHECK(changes(PolynomialDecay{0.1, 50}, 100) == Changes{"50 corner"});
  CHECK(changes(WarmupStableDecay{0.1, 10, 60, 30, Curve::linear, Curve::linear}, 120) ==
        Changes{"10 corner", "70 corner", "100 corner"});
  CHECK(changes(linear(0, 1, 20.5) >> linear(1, 0, 40), 80) == Changes{"21 corner", "61 corner"});
  CHECK(changes(CosineDecay{0.1, 100}, 100).empty());
  CHECK(changes(Schedule(0.1), 100).empty());
  CHECK(changes(PiecewiseConstantDecay{{10, 11}, {1, 0.5, 0.1}}, 100) ==
        Changes{"11 jump", "12 jump"});
  CHECK(changes([](double t) { return t < 40 ? 0.1 : 0.2; }, 100) == Changes{"40 jump"});
}

TEST_CASE("a change that is usual among its neighbours is no jump") {
  const auto zigzag = [](double t) {
    return std::vector<double>{0, 1, 0, 1, 1.01}.at(static_cast<std::size_t>(t) % 5);
  };
  for (const Landmark& mark : landmarks(zigzag, 100)) CHECK(mark.what != "jump");
}

TEST_CASE("landmarks of a run of a thousand million steps are on their exact steps") {
  CHECK(changes(linear(0, 0.1, 12345678) >> CosineDecay{0.1, 900000000}, 1000000000) ==
        Changes{"12345678 corner"});
  CHECK(changes(StepDecay{0.1, 333333333}, 1000000000) ==
        Changes{"333333333 jump", "666666666 jump", "999999999 jump"});
}

TEST_CASE("a curve that only seems to turn between samples has no landmark there") {
  int jumps = 0;
  for (const Landmark& mark : landmarks(CosineDecayRestarts{0.1, 100}, 1000000)) {
    CHECK(mark.what != "corner");
    if (mark.what != "jump") continue;
    CHECK(mark.rate == 0.1);
    ++jumps;
  }
  CHECK(jumps >= 10);  // of 13: the first are closer together than the samples can tell
  const Schedule endless = ExponentialDecay{0.1, 1e15, 0.5};
  CHECK(landmarks(endless, std::numeric_limits<Step>::max()).size() >= 6);
  CHECK_NOTHROW(inspect(endless, std::numeric_limits<Step>::max()));
}

TEST_CASE("the highest and the lowest rate are landmarks") {
  std::string found;
  for (const Landmark& mark : landmarks(OneCycle{0.1, 1000} >> linear(4e-7, 0.05, 500), 1500))
    if (mark.what == "highest" || mark.what == "lowest")
      found += fmt::format("{} {:.3g} {}, ", mark.step, mark.rate, mark.what);
  CHECK(found == "300 0.1 highest, ");  // the lowest is a corner
}

TEST_CASE("a table has the start, the quarters, the end and the landmarks") {
  CHECK(table(warm_cosine, 1000) ==
        "        step          rate\n"
        "           0             0  start\n"
        "         100           0.1  corner\n"
        "         250     0.0933013  1/4\n"
        "         500     0.0586824  1/2\n"
        "         750     0.0178606  3/4\n"
        "         999   3.04617e-07  last update\n"
        "        1000             0  end\n");
  CHECK(table(0.1, 1) ==
        "        step          rate\n"
        "           0           0.1  start\n"
        "           1           0.1  end\n");
  const std::string many = table(StepDecay{1, 2, 0.99}, 1000);
  CHECK(many.find("and 210 smaller jumps and corners\n") != std::string::npos);
  CHECK(many.find("           2          0.99  jump\n") != std::string::npos);
}

TEST_CASE("a schedule that fits its run gets no note") {
  CHECK(notes(CosineDecay{0.1, 1000}, 1000).empty());
  CHECK(notes(warmup(CosineDecay{0.1, 1000}, 100), 1000).empty());
  CHECK(notes(ExponentialDecay{0.1, 100, 0.5}, 1000).empty());
  CHECK(notes(hold(0.1, 50), 1000).empty());
  CHECK(notes(0.1, 1000).empty());
  CHECK(notes(OneCycle{0.1, 1000}, 1000).empty());
}

TEST_CASE("what may be a mistake is noted") {
  CHECK(notes(linear(0.01, 0.1, 90) >> CosineDecay{0.05, 910}, 1000) ==
        "it jumps at step 90, where CosineDecay(initial_learning_rate=0.0... begins: from 0.099 to "
        "0.05\n");
  CHECK(notes(0.5 * delay(linear(0.01, 0.1, 10) >> hold(0.3, 80), 10), 100)
            .find("at step 20, where hold(rate=0.3, steps=80) begins: from 0.0455 to 0.15") !=
        std::string::npos);
  CHECK(notes(per_epoch(hold(1, 2) >> hold(0.5, 8), 10), 100).find("at step 20, where") !=
        std::string::npos);
  CHECK(notes(repeat(linear(0.1, 0.2, 10) >> hold(0.1, 10)), 100).find("at step 10, where") !=
        std::string::npos);
  CHECK(notes(skip(hold(0.1, 30) >> hold(0.3, 80), 10), 100)
            .find("at step 20, where hold(rate=0.3, steps=80) begins: from 0.1 to 0.3") !=
        std::string::npos);
  CHECK(notes(0.1 - linear(0, 0.2, 100), 100) ==
        "the rate falls below 0, to -0.1: an optimizer refuses that\n");
  CHECK(notes(CosineDecay{0.1, 900, 0.1}, 1500) ==
        "it ends at step 900, and the run only at 1500: from there on the rate stays at 0.01\n");
  CHECK(notes(CosineDecay{0.1, 2000}, 1000) ==
        "it would end at step 2000, but the run ends at 1000: the rate is still 0.05 then\n");
  CHECK(notes(linear(0, 0.1, 1000), 1000) ==
        "the rate at step 0 is 0: the first update changes nothing; warmup(s, n), in place of a "
        "ramp from 0, starts at s(0) / n\n");
  CHECK(notes(ExponentialDecay{0.1, 1000, 0.9}, 32)
            .find("it hardly moves over this run, from 0.1 "
                  "to 0.09966: if it was written in epochs, "
                  "per_epoch") == 0);
  CHECK(notes(PiecewiseConstantDecay{{499}, {0.1, 0}}, 1000) ==
        "the rate is 0 for 50% of the run: nothing is learned there\n");
  CHECK(notes(Schedule(0.0) * CosineDecay{1, 10}, 10) ==
        "the rate is 0 throughout: nothing would be learned\n");
  CHECK(notes(CosineDecay{0.1, 15} + -0.05, 15) ==
        "the rate falls below 0, to -0.05: an optimizer refuses that\n");
}

TEST_CASE("a jump of a part that the whole does not make is not noted") {
  const Schedule part = linear(0.02, 0.1, 100) >> 0.02;
  CHECK(notes(part.take(50), 50).find("jumps") == std::string::npos);
  CHECK(notes(part.take(50), 1000).find("jumps") == std::string::npos);
  CHECK(notes(clamp(part, 0.01, 0.02), 1000).find("jumps") == std::string::npos);
  CHECK(notes(part * linear(0.1, 0, 100), 1000).find("jumps") == std::string::npos);
}

TEST_CASE("a run has at least one step") {
  for (const Step steps : {Step{0}, Step{-5}}) {
    CHECK_THROWS_WITH_AS(table(0.1, steps), Contains("table: steps must be >= 1"), ValueError);
    CHECK_THROWS_WITH_AS(inspect(0.1, steps), Contains("inspect: steps must be >= 1"), ValueError);
    CHECK_THROWS_WITH_AS(landmarks(0.1, steps), Contains("landmarks: steps must be"), ValueError);
  }
}

TEST_CASE("every known schedule can be looked at") {
  for (const KnownSchedule& known : known_schedules()) {
    CHECK(landmarks(known.example, 100).size() >= 6);
    CHECK_NOTHROW(inspect(known.example, 100));
  }
}
