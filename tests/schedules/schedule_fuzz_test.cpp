/// Random expressions of every known schedule, and texts changed at random.

#include <gradus/schedules/parse.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gradus/core/random.h>
#include <gradus/schedules/known.h>

using namespace gradus;

namespace {

constexpr int count = 100'000;

/// Makes random schedules, whose options the structs accept.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random(seed, "schedules") {}

  Schedule expression(int depth) {
    for (;;) try {
        return depth == 0 || chance(0.4) ? leaf() : operation(depth - 1);
      } catch (const NumericError&) {  // of a mirror, or a number too great
      }
  }
  bool chance(double p) { return random.uniform() < p; }
  std::size_t below(std::size_t n) {
    return static_cast<std::size_t>(random.below(static_cast<std::int64_t>(n)));
  }
  double step() {
    if (chance(0.3)) return static_cast<double>(below(100));
    if (chance(0.3)) return random.uniform(0, 100);
    return std::floor(std::exp2(random.uniform(0, 63)));
  }

 private:
  double positive() {
    if (chance(0.3)) return 0.001 * static_cast<double>(1 + below(1000));
    return std::exp(random.normal() * (chance(0.1) ? 100 : 3));
  }
  double number() { return chance(0.1) ? 0 : chance(0.1) ? -positive() : positive(); }
  double rate() { return chance(0.1) ? 0 : positive(); }
  Steps steps() {
    if (chance(0.5)) return 1 + below(1000);
    return chance(0.5) ? std::ceil(positive()) : positive();
  }
  double growth() {
    if (chance(0.3)) return 1;
    return 1 + (chance(0.3) ? std::exp2(-random.uniform(0, 52)) : positive());
  }
  double unit() { return chance(0.2) ? static_cast<double>(below(2)) : random.uniform(); }
  Curve curve() { return static_cast<Curve>(below(5)); }
  std::optional<std::string> name(const char* usual) {
    if (chance(0.7)) return usual;
    if (chance(0.3)) return std::nullopt;
    std::string text(below(6), ' ');
    for (char& c : text) c = chance(0.3) ? "\"\\'\n,)"[below(6)] : static_cast<char>(below(256));
    return text;
  }
  /// Rising boundaries, from 0 on.
  std::vector<Steps> boundaries() {
    std::vector<Steps> out;
    double at = chance(0.1) ? 0 : positive();
    for (std::size_t n = below(4); out.size() < n && std::isfinite(at); at = 2 * at + rate())
      if (out.empty() || at > out.back().count) out.push_back(at);
    return out;
  }
  std::vector<Real> rates(std::size_t n) {
    std::vector<Real> out(n);
    std::generate(out.begin(), out.end(), [&] { return rate(); });
    return out;
  }

  Schedule leaf() {
    switch (below(3)) {
      case 0:
        return keras();
      case 1:
        return own();
      default:
        return chance(0.3) ? Schedule(number()) : curved();
    }
  }
  Schedule keras() {
    switch (below(6)) {
      case 0:
        return ExponentialDecay{rate(), steps(), positive(), chance(0.5), name("ExponentialDecay")};
      case 1:
        return InverseTimeDecay{rate(), steps(), rate(), chance(0.5), name("InverseTimeDecay")};
      case 2:
        return PolynomialDecay{rate(),     steps(),     rate(),
                               positive(), chance(0.5), name("PolynomialDecay")};
      case 3: {
        const std::vector<Steps> at = boundaries();
        return PiecewiseConstantDecay{at, rates(at.size() + 1), name("PiecewiseConstant")};
      }
      case 4:
        if (chance(0.5)) return CosineDecay{rate(), steps(), unit(), name("CosineDecay")};
        return CosineDecay{rate(), steps(), unit(), name("CosineDecay"), rate(), steps()};
      default:
        return CosineDecayRestarts{rate(), steps(), growth(), rate(), unit(), name("SGDRDecay")};
    }
  }
  Schedule own() {
    switch (below(10)) {
      case 8: {
        const double smallest = positive();
        const auto order = static_cast<ChebyshevOrder>(below(3));
        const Step n = Step{1} << below(40);
        return Chebyshev{smallest, smallest + rate(), order == ChebyshevOrder::fractal ? n : n + 4,
                         order};
      }
      case 9:
        return Silver{positive()};
      case 0:
        return StepDecay{rate(), steps(), positive()};
      case 1:
        return MultiStepDecay{rate(), boundaries(), positive()};
      case 2:
        return InverseSqrt{rate(), steps(), chance(0.5) ? 0.5 : positive()};
      case 3:
        return Noam{positive(), 1 + positive(), rate()};
      case 4:
        return OneCycle{rate(), steps(), unit() / 2, curve(), positive(), positive(), chance(0.5)};
      case 5:
        return cyclic();
      case 6:
        return WarmupStableDecay{rate(), steps(), steps(), steps(), curve(), curve(), unit()};
      default:
        const std::vector<Steps> at = boundaries();
        return PiecewiseInterpolation{at, rates(at.size() + 1), curve()};
    }
  }
  Schedule cyclic() {
    const double low = rate();
    Cyclic s{low, low + rate(), steps()};
    if (chance(0.5)) s.step_size_down = steps();
    s.mode = static_cast<CyclicMode>(below(3));
    s.gamma = positive();
    return s;
  }
  Schedule curved() {
    if (chance(0.2)) return hold(number(), steps());
    switch (below(6)) {
      case 0:
        return power_curve(number(), number(), steps(), positive());
      case 1:
        return polynomial_curve(number(), number(), steps(), positive());
      case 2:
        return exponential_curve(number(), number(), steps(), random.uniform(1e-9, 1));
      case 3: {
        const double lower = random.uniform(-9, 9);
        return tanh_curve(number(), number(), steps(), lower, lower + 1 + positive());
      }
      default:
        break;
    }
    return along(curve(), number(), number(), steps());
  }

  /// With an end after it begins, and before that if it is to have one soon.
  Schedule with_end(const Schedule& s, bool soon = false) {
    const double most = soon ? 20 : 1e300;
    return s.duration() > 0 && s.duration() <= most ? s : s.take(1 + below(20));
  }
  Schedule operation(int depth) {
    const Schedule s = expression(depth);
    switch (below(12)) {
      case 0:
      case 1:
        return with_end(s) >> expression(depth);
      case 2: {
        const Schedule product = s * expression(depth);
        return product.constant() ? Schedule(product(0)) : product;
      }
      case 3: {
        const Schedule sum = chance(0.5) ? s + expression(depth) : s - expression(depth);
        return sum.constant() ? Schedule(sum(0)) : sum;
      }
      case 4:
        return chance(0.5) ? min(s, expression(depth)) : max(s, expression(depth));
      default:
        return function(s);
    }
  }
  Schedule function(const Schedule& s) {
    switch (below(12)) {
      case 11:
        return skip(s, steps());
      case 0: {
        const double low = number();
        return clamp(s, low, low + rate());
      }
      case 1:
        return power(s.constant() ? Schedule(rate()) : s, positive());
      case 2:
        return s.take(steps());
      case 3:
        return delay(s, steps());
      case 4:
        return stretch(s, positive());
      case 5:
        return per_epoch(s, steps());
      case 6:
        return warmup(s, steps());
      case 7:
        return Reduced{s, 2 * unit(), rate(), rate()};
      case 8:
      case 9:
        return repeat(with_end(s), {growth(), rate()});
      default:
        return mirror(with_end(s, true), number(), number());
    }
  }

 public:
  Random random;
};

/// The value at a step, or the error's text.
std::string outcome(const Schedule& s, double step) {
  try {
    return fmt::format("{:a}", value(s(step)));
  } catch (const NumericError& error) {
    return error.what();
  }
}

bool mentions(const std::string& text, const KnownSchedule& known) {
  const auto spelt = std::string(known.text_name);
  return text.find(spelt + '(') != text.npos || text.find(' ' + spelt + ' ') != text.npos;
}

/// Somewhere in the text, or at its end.
std::size_t place(Generator& make, const std::string& text) { return make.below(text.size() + 1); }

constexpr std::string_view pieces[] = {"(",       ")",     "[",
                                       "]",       ",",     "=",
                                       ">>",      "*",     "+",
                                       ".",       "-",     "\"",
                                       "'",       "\\",    "0",
                                       "1e308",   "-1",    "nan",
                                       "None",    "True",  "1e-320",
                                       "custom",  "0.1 ",  ".take(3)",
                                       "name=",   " \n\t", "clamp(",
                                       "mirror(", "()",    "steps=",
                                       "repeat(", "\xff",  "9 * 1e308 * ",
                                       "linear",  "e",     ", alpha=0.1"};

std::string changed(Generator& make, std::string text, const std::string& other) {
  for (std::size_t edits = 1 + make.below(3); edits > 0; --edits) {
    const std::size_t at = place(make, text), length = make.below(make.chance(0.3) ? 40 : 4);
    switch (make.below(6)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, pieces[make.below(std::size(pieces))]);
        break;
      case 2:
        text.insert(place(make, text), text.substr(at, length));
        break;
      case 3:
        text = text.substr(0, at) + other.substr(place(make, other));
        break;
      case 4:
        if (make.chance(0.3)) text.resize(at);
        break;
      default:
        if (at < text.size())
          text[at] = static_cast<char>(make.below(make.chance(0.1) ? 256 : 128));
    }
  }
  return text;
}

}  // namespace

TEST_CASE("random expressions are read back exactly") {
  Generator make(1);
  std::vector<int> seen(known_schedules().size());
  for (int i = 0; i < count; ++i) {
    const Schedule s = make.expression(5);
    const std::string text = to_string(s);
    CAPTURE(text);
    const Schedule back = parse_schedule(text);
    REQUIRE(to_string(back) == text);
    REQUIRE(back.duration() == s.duration());
    for (int j = 0; j < 5; ++j) {
      const double step = make.step();
      REQUIRE(outcome(back, step) == outcome(s, step));
    }
    if (i < 10'000)
      for (std::size_t k = 0; k < seen.size(); ++k) seen[k] += mentions(text, known_schedules()[k]);
  }
  for (std::size_t k = 0; k < seen.size(); ++k) {
    CAPTURE(known_schedules()[k].type);
    CHECK(seen[k] >= 100);
  }
}

TEST_CASE("changed texts give a schedule or an error") {
  Generator make(2);
  std::string other = "0.1";
  int read = 0;
  for (int i = 0; i < count; ++i) {
    const std::string good = to_string(make.expression(3)), text = changed(make, good, other);
    CAPTURE(text);
    try {
      const Schedule s = parse_schedule(text);
      ++read;
      const std::string again = to_string(s);
      REQUIRE(to_string(parse_schedule(again)) == again);
    } catch (const FormatError&) {
    } catch (const ValueError&) {
    } catch (const NumericError&) {  // of a mirror
    }
    other = good;
  }
  CHECK(read > count / 50);
}
