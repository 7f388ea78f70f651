#pragma once
/// Random numbers that depend only on a seed, a purpose and an index: the same bits in every run,
/// at any number of threads, with any standard library.

#include <numbers>
#include <string_view>
#include <vector>

#include <gradus/core/error.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// A stream of random numbers, keyed by (seed, purpose, index). Streams with different keys are
/// independent: the shuffle of epoch 3 does not need the shuffles of epochs 0 to 2.
///
///     Random random(7, "shuffle", epoch);
///     double u = random.uniform();
///
/// Draw number i is SplitMix64's output function applied to key + i * gamma (Steele, Lea and Flood,
/// "Fast splittable pseudorandom number generators", 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed, std::string_view purpose = {}, std::uint64_t index = 0)
      : Random(Streams(seed, purpose), index) {}

  /// All streams of one seed and purpose, for callers that need many: hashes the purpose only once.
  class Streams {
   public:
    explicit Streams(std::uint64_t seed, std::string_view purpose) : key_(mix(seed + gamma)) {
      for (const char c : purpose) key_ = mix(key_ ^ static_cast<unsigned char>(c));
    }

   private:
    friend Random;
    std::uint64_t key_;
  };
  Random(const Streams& streams, std::uint64_t index) : state_(mix(streams.key_ + index * gamma)) {}

  /// 64 random bits.
  std::uint64_t bits() { return mix(state_ += gamma); }
  /// Uniform in [0, 1), a multiple of 2^-53.
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  /// Uniform in [low, high).
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Standard normal, by the transform of Box and Muller; takes two draws.
  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }
  /// Uniform in {0, ..., n - 1}. ValueError unless n >= 1.
  std::int64_t below(std::int64_t n) {
    check(n >= 1, "Random::below: n must be >= 1 (got {})", n);
    const auto range = static_cast<std::uint64_t>(n);
    for (;;) {
      const std::uint64_t draw = bits(), rest = draw % range;
      if (draw - rest <= ~std::uint64_t{0} - range)  // larger draws would favour small results
        return static_cast<std::int64_t>(rest);
    }
  }
  /// Shuffles in place (Fisher and Yates, from the back).
  void shuffle(std::vector<std::int64_t>& items) {
    for (std::size_t i = items.size(); i > 1; --i)
      std::swap(items[i - 1], items[static_cast<std::size_t>(below(static_cast<std::int64_t>(i)))]);
  }

 private:
  static constexpr std::uint64_t gamma = 0x9e3779b97f4a7c15u;
  static constexpr std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

}}  // namespace gradus
