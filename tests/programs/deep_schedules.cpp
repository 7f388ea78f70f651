/// Schedules at the limit, 1,000 deep, are built, evaluated, printed, read back and freed on a
/// thread with a stack of 1 MiB (8 MiB with a sanitizer). Deeper ones are refused, however deep.

#include <fmt/core.h>

#include <exception>
#include <string>

#include <gradus/schedules/known.h>
#include <gradus/schedules/parse.h>
#include <gradus/schedules/serialize.h>

#include "small_stack.h"

namespace {

using namespace gradus;

const Schedule ramp = linear(0, 1, 4);

struct Shape {
  const char* name;
  Schedule (*deeper)(const Schedule& s);
  double want;  ///< the value at step 1000
};
const Shape shapes[] = {
    {"clamp", [](const Schedule& s) { return clamp(s, -1, 2); }, 1},
    {"a + (b + ...", [](const Schedule& s) { return ramp + s; }, 1000},
    {"... >> b >> c", [](const Schedule& s) { return s >> hold(7, 1); }, 7},
    {"delay", [](const Schedule& s) { return delay(s, 1); }, 0.25},
    {"a >> (b >> ...", [](const Schedule& s) { return hold(7, 1) >> s; }, 0.25},
    {"... * b * c", [](const Schedule& s) { return s * ramp; }, 1},
    {"warmup", [](const Schedule& s) { return warmup(s, 2); }, 1},
    {"take(repeat(...", [](const Schedule& s) { return repeat(s).take(4); }, 0},
};

template <class E, class Make>
bool refuses(const Make& make) {
  try {
    make();
  } catch (const E& error) {
    return std::string(error.what()).find("at most 1000 deep") != std::string::npos;
  }
  return false;
}

bool passes(const Shape& shape) {
  const int each = shape.deeper(ramp).depth() - ramp.depth();
  Schedule s = ramp;
  while (s.depth() + each <= 1000) s = shape.deeper(s);
  const std::string text = to_string(s);
  const Schedule read = parse_schedule(text), again = deserialize(serialize(s));
  const bool good = value(s(1000)) == shape.want && read(1000) == s(1000) &&
                    again(1000) == s(1000) && to_string(read) == text && to_string(again) == text &&
                    refuses<ValueError>([&] { return shape.deeper(s); });
  fmt::print("{}: {}\n", shape.name, good ? "as it should be" : "WRONG");
  return good;
}

std::string many(int count, const std::string& text) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

bool work() try {
  bool good = true;
  for (const Shape& shape : shapes) good = passes(shape) && good;
  for (const int count : {100'000, 1'000'000})
    for (const std::string& text :
         {"0.1" + many(count, " + hold(1, 2)"), many(count, "hold(1, 2) >> (") + "1",
          many(count, "clamp("), many(count, "["), "hold(1, 2)" + many(count, ".take(1)")})
      if (!refuses<FormatError>([&] { return parse_schedule(text); })) {
        fmt::print("{} times {:.30}...: WRONG\n", count, text);
        good = false;
      }
  return good;
} catch (const std::exception& error) {
  fmt::print("{:.200}\n", error.what());
  return false;
}

}  // namespace

#ifndef __has_feature  // clang's
#define __has_feature(x) 0
#endif
#ifdef __SANITIZE_ADDRESS__  // gcc's
constexpr std::size_t kibibytes = 8192;
#else
constexpr std::size_t kibibytes = __has_feature(address_sanitizer) ? 8192 : 1024;
#endif

int main() { return on_small_stack(kibibytes, work); }
