/// Schedules nested 10^4 and 10^6 deep on a thread with a stack of 256 KiB: built, asked, printed,
/// read back and freed. Anything recursive would overflow the stack.

#include <fmt/core.h>

#include <chrono>
#include <exception>
#include <string>

#include <gradus/schedules/known.h>
#include <gradus/schedules/parse.h>

#include "small_stack.h"

namespace {

using namespace gradus;

const Schedule ramp = linear(0, 1, 4);

/// Made of the ramp by going deeper again and again.
struct Shape {
  const char* name;
  Schedule (*deeper)(const Schedule& s);
  double (*want)(double depth);  ///< the value at step `depth`
  int deepest;
};
#ifndef __has_feature  // clang's
#define __has_feature(x) 0
#endif
#ifdef __SANITIZE_ADDRESS__  // gcc's
constexpr bool sanitized = true;
#else
constexpr bool sanitized = __has_feature(address_sanitizer);
#endif
constexpr int few = 10'000, million = sanitized ? few : 1'000'000;  // it would take minutes
const Shape shapes[] = {
    {"clamp", [](const Schedule& s) { return clamp(s, -1, 2); }, [](double) { return 1.0; },
     million},
    {"a + (b + ...", [](const Schedule& s) { return ramp + s; }, [](double n) { return n + 1; },
     million},
    {"... >> b >> c", [](const Schedule& s) { return s >> hold(7, 1); }, [](double) { return 7.0; },
     few},
    {"delay", [](const Schedule& s) { return delay(s, 1); }, [](double) { return 0.0; }, few},
    {"a >> (b >> ...", [](const Schedule& s) { return hold(7, 1) >> s; },
     [](double) { return 0.0; }, few},
    {"... * b * c", [](const Schedule& s) { return s * ramp; }, [](double) { return 1.0; }, few},
    {"warmup", [](const Schedule& s) { return warmup(s, 2); }, [](double) { return 1.0; }, few},
    {"repeat", [](const Schedule& s) { return repeat(s).take(4); }, [](double) { return 0.0; },
     few},
};

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool passes(const Shape& shape, int depth) {
  double time = seconds();
  const auto lap = [&](const char* what) {
    const double now = seconds();
    fmt::print(", {} in {:.2f} s", what, now - time);
    time = now;
  };
  fmt::print("{} {} deep", shape.name, depth);
  bool good = true;
  {
    Schedule s = ramp;
    for (int i = 0; i < depth; ++i) s = shape.deeper(s);
    lap("built");
    const Real v = s(depth);
    lap("asked");
    const std::string text = to_string(s);
    lap("printed");
    const Schedule back = parse_schedule(text);
    lap("read");
    good = value(v) == shape.want(depth) && back(depth) == v && back.duration() == s.duration() &&
           to_string(back) == text;
    lap("compared");
  }
  lap("freed");
  fmt::print("{}\n", good ? "" : ": WRONG");
  return good;
}

bool work() try {
  bool good = true;
  for (const Shape& shape : shapes)
    for (int depth = few; depth <= shape.deepest; depth *= 100) good = passes(shape, depth) && good;
  return good;
} catch (const std::exception& error) {
  fmt::print("\n{:.200}\n", error.what());
  return false;
}

}  // namespace

int main() { return on_small_stack(256, work); }
