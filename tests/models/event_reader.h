#pragma once
/// Shared by tests: an independent reader of event files, bit by bit.

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <gradus/models/file.h>

namespace events {

inline std::uint32_t masked(const std::string& bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char c : bytes)
    for (int bit = 0; bit < 8; ++bit) {
      const bool differs = ((crc ^ (static_cast<unsigned char>(c) >> bit)) & 1) != 0;
      crc = differs ? (crc >> 1) ^ 0x82f63b78 : crc >> 1;
    }
  crc ^= 0xffffffff;
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8;
}

struct Bytes {
  std::string rest;

  std::string take(std::size_t n) {
    REQUIRE(n <= rest.size());
    const std::string taken = rest.substr(0, n);
    rest.erase(0, n);
    return taken;
  }
  template <class T>
  T fixed() {
    T value = 0;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= static_cast<std::uint64_t>(byte & 127) << shift;
      if (byte < 128) return value;
    }
  }
  Bytes inner() { return {take(varint())}; }
};

struct Event {
  double time = 0;
  bool start = false;  ///< of a session
  std::string version, tag;
  std::int64_t step = -1;
  float value = 0;
};

inline Event read_event(Bytes bytes) {
  Event event;
  while (!bytes.rest.empty()) {
    const std::uint64_t key = bytes.varint();
    if (key == 9) {
      event.time = bytes.fixed<double>();
    } else if (key == 16) {
      event.step = static_cast<std::int64_t>(bytes.varint());
    } else if (key == 26) {
      event.version = bytes.inner().rest;
    } else if (key == 58) {
      event.start = bytes.inner().rest == "\x08\x01";
    } else {
      REQUIRE(key == 42);
      Bytes summary = bytes.inner();
      REQUIRE(summary.varint() == 10);
      Bytes point = summary.inner();
      REQUIRE(summary.rest.empty());
      REQUIRE(point.varint() == 10);
      event.tag = point.inner().rest;
      REQUIRE(point.varint() == 21);
      event.value = point.fixed<float>();
      REQUIRE(point.rest.empty());
    }
  }
  return event;
}

inline std::vector<Event> read_events(const std::string& path) {
  Bytes file{gradus::detail::read_file(path, 1 << 20)};
  std::vector<Event> events;
  while (!file.rest.empty()) {
    const std::string length = file.rest.substr(0, 8);
    const auto size = file.fixed<std::uint64_t>();
    CHECK(file.fixed<std::uint32_t>() == masked(length));
    const std::string event = file.take(size);
    CHECK(file.fixed<std::uint32_t>() == masked(event));
    events.push_back(read_event({event}));
  }
  return events;
}

}  // namespace events
