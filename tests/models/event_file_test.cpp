#include <gradus/models/event_file.h>

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <limits>

#include "data_files.h"
#include "event_reader.h"

using namespace gradus;
using namespace gradus::detail;
using namespace std::string_literals;
using data_files::Folder;
using events::Event, events::read_events;

TEST_CASE("one record of an event file, byte by byte") {
  const std::string event =
      "\x09\x00\x00\x00\x00\x00\x00\xf8\x3f"  // 1.5 s
      "\x10\xac\x02"                          // step 300
      "\x2a\x0d\x0a\x0b"
      "\x0a\x04loss\x15\x00\x00\x80\x3e"s;  // 0.25
  CHECK(scalar_event(1.5, 300, "loss", 0.25) == event);
  CHECK(start_event(1.5, 300) ==
        "\x09\x00\x00\x00\x00\x00\x00\xf8\x3f"
        "\x10\xac\x02"
        "\x3a\x02\x08\x01"s);  // session_log { status: START }
  // The check sum of "123456789" is published with the polynomial: e3069283.
  CHECK(event_record("123456789") ==
        "\x09\x00\x00\x00\x00\x00\x00\x00\x37\xf9\x71\x39"s
        "123456789"
        "\xe5\xb0\x8a\xc7"s);
}

TEST_CASE("an event file holds the points that were added") {
  const Folder folder;
  const auto start = static_cast<double>(std::time(nullptr));
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const struct {
    std::string tag;
    double value;
    Step step;
  } points[] = {{"loss/train", 0.25, 0},
                {"learning_rate", 0.1, 1},
                {"loss/train", nan, 127},
                {"\xc3\xa9", -1e300, 1 << 20},
                {"", 0, INT64_MAX},
                {"x", 1, -1},
                {"x", 1, 128}};
  EventFile log(folder.path("run"));
  for (const auto& p : points) log.add(p.tag, p.value, p.step);

  const std::vector<Event> events = read_events(log.path());  // while it is open
  REQUIRE(events.size() == std::size(points) + 1);
  CHECK(events[0].version == "brain.Event:2");
  for (const Event& event : events) {
    CHECK(event.time >= start);
    CHECK(event.time <= start + 60);
  }
  for (std::size_t i = 0; i < std::size(points); ++i) {
    const Event& event = events[i + 1];
    CHECK(event.tag == points[i].tag);
    CHECK(event.step == points[i].step);
    const auto expected = static_cast<float>(points[i].value);
    CHECK((event.value == expected || (std::isnan(event.value) && std::isnan(expected))));
  }
}

TEST_CASE("each event file has a new name, in an existing folder") {
  const Folder folder;
  const EventFile a(folder.path("run")), b(folder.path("run"));
  CHECK(a.path() != b.path());
  CHECK(a.path().starts_with(folder.path("run/events.out.tfevents.")));
  CHECK(read_events(a.path()).size() == 1);
  CHECK(read_events(b.path()).size() == 1);
  CHECK_THROWS_AS(EventFile(folder.path("none/run")), IoError);
  CHECK_THROWS_AS(EventFile(folder.write("file", "")), IoError);
  EventFile c(folder.path("run"));
  CHECK_THROWS_WITH_AS(c.add("\xff", 0, 0), "EventFile: tag must be UTF-8 without NUL", ValueError);
  CHECK_THROWS_AS(c.add("a\0b"s, 0, 0), ValueError);
  CHECK(read_events(c.path()).size() == 1);
}
