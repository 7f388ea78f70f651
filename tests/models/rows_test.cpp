#include <gradus/models/rows.h>

#include <doctest/doctest.h>

using namespace gradus;

TEST_CASE("a pass over rows has as many batches as it says, and each row once") {
  for (int rows = 1; rows <= 12; ++rows)
    for (int size = 1; size <= 13; ++size) {
      CAPTURE(rows);
      CAPTURE(size);
      const Tensor x = Tensor::zeros({rows, 1});
      detail::Feed feed({x, x}, {.batch_size = size});
      detail::Run run;
      feed.begin_pass(run, 0);
      std::int64_t seen = 0;
      for (; const std::optional<Batch> batch = feed.next(run); ++run.position) {
        REQUIRE(run.position < rows);
        seen += batch->rows();
      }
      CHECK(feed.batches() == run.position);
      CHECK(seen == rows);
    }
}
