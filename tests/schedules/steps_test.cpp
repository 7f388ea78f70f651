#include <gradus/schedules/steps.h>

#include <doctest/doctest.h>

using namespace gradus;

TEST_CASE("a cycle that grows by 1.1 begins at its whole step, and no step before") {
  const double first = 1e7;  // the double next to 1.1 is larger, and so are the starts it gives
  for (Step i = 1, begin = 10'000'000, length = 10'000'000; i <= 7; ++i) {
    const auto at = static_cast<double>(begin);
    CHECK(detail::find_cycle(at, first, 1.1).index == static_cast<double>(i));
    CHECK(detail::find_cycle(at * (1 - 0x1p-47), first, 1.1).index == static_cast<double>(i - 1));
    length = length / 10 * 11;
    begin += length;
  }
}
