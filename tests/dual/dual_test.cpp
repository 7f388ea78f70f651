#include <gradus/core/dual.h>

#include <doctest/doctest.h>

using namespace gradus;

TEST_CASE("a number with derivatives multiplies by the product rule") {
  const Dual a = Dual::parameter(3, 0), b = Dual::parameter(4, 1), y = a * b;
  CHECK(y.v == 12);
  CHECK(y.d[0] == 4);
  CHECK(y.d[1] == 3);
}
