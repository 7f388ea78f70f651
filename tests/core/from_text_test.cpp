#include <gradus/core/from_text.h>

#include <doctest/doctest.h>

#include <bit>
#include <clocale>
#include <cmath>
#include <cstdint>
#include <string>

#include <gradus/core/random.h>

namespace {

using namespace gradus;

/// Number, end and error of a reader, as one text that shows every bit of the number.
std::string outcome(std::from_chars_result (*read)(const char*, const char*, double&),
                    const std::string& text) {
  double number = 7;
  const auto [stop, error] = read(text.data(), text.data() + text.size(), number);
  const auto bits = std::isnan(number) ? 0 : std::bit_cast<std::uint64_t>(number);
  return fmt::format("'{}': bits {:x}, end {}, error {}", text, bits, stop - text.data(),
                     static_cast<int>(error));
}

void check_same(const std::string& text) {
  const std::string want = outcome(detail::from_text, text);
  const std::string got = outcome(detail::from_text_by_strtod, text);
  if (got != want) CHECK(got == want);  // CHECK alone would format a million texts
}

TEST_CASE("from_text reads a number and leaves the rest") {
  CHECK(outcome(detail::from_text, "1.5)") == "'1.5)': bits 3ff8000000000000, end 3, error 0");
  CHECK(outcome(detail::from_text, "x") == outcome(detail::from_text_by_strtod, "x"));
}

TEST_CASE("strtod in from_text equals from_chars on texts that the two read differently") {
  for (const char* text : {"",
                           "-",
                           "+1",
                           "-+1",
                           "--1",
                           " 1",
                           "\t1",
                           "- 1",
                           ".",
                           "-.",
                           ".5",
                           "5.",
                           "1..2",
                           "1.5.2",
                           "0x10",
                           "-0x10",
                           "0X1p3",
                           "0x",
                           "0b1",
                           "1e",
                           "1e+",
                           "1e-",
                           "1e+5",
                           "1E-5",
                           "1e 5",
                           "1e5+2",
                           "1e5e5",
                           "1_0",
                           "1,5",
                           "007",
                           "1e400",
                           "-1e400",
                           "1e-400",
                           "4e-324",
                           "2e-324",
                           "1e-310",
                           "2.2250738585072011e-308",
                           "0e9999999999999",
                           "inf",
                           "-inf",
                           "INFINITY",
                           "infinit",
                           "infinityx",
                           "+inf",
                           "nan",
                           "-NaN",
                           "nan(",
                           "nan()",
                           "nan(a_1)",
                           "nan(a-b)",
                           "nan(1)2",
                           "NAN(x",
                           "i",
                           "n",
                           "1e99999999999999999999",
                           "1e-99999999999999999999",
                           "1.7976931348623159e308",
                           "1f",
                           "1d"})
    check_same(text);
}

TEST_CASE("strtod in from_text equals from_chars on random texts and numbers") {
  const std::string characters = "0123456789012345678901234567890123456789..--++eeEExXpinfaty_() ,";
  Random random(0, "from_text");
  for (int i = 0; i < 200'000; ++i) {
    std::string text;
    for (auto left = random.below(24); left > 0; --left)
      text += characters[static_cast<std::size_t>(random.below(std::ssize(characters)))];
    check_same(text);
    const auto number = std::bit_cast<double>(random.bits());
    check_same(fmt::format("{:.{}g}", number, 1 + random.below(20)) + "*2");
  }
}

TEST_CASE("strtod in from_text reads a decimal point in every locale") {
  const std::string before = std::setlocale(LC_NUMERIC, nullptr);
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8"})
    if (std::setlocale(LC_NUMERIC, name)) check_same("1.5");
  std::setlocale(LC_NUMERIC, before.c_str());
  CHECK(outcome(detail::from_text_by_strtod, "1.5") == outcome(detail::from_text, "1.5"));
}

}  // namespace
