#pragma once
/// Shape: the extents of a tensor, outermost first.

#include <array>
#include <initializer_list>
#include <iterator>

#include <gradus/core/fields.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// A whole number such as `epochs` or `units`, from any integer type: `2`, `v.size()`, an `int`.
struct Count {
  constexpr Count(std::integral auto n) : count(static_cast<std::int64_t>(n)) {}
  constexpr operator std::int64_t() const { return count; }
  friend void check_field(std::string_view owner, std::string_view name, Count n,
                          const Rule& rule) {
    detail::check_field(owner, name, n.count, rule);
  }
  std::int64_t count;
};

/// The length of one axis of a tensor.
using Extent = Count;

/// `Shape{2, 3}` is two rows of three; `Shape{}` is the shape of a scalar. At most `max_rank` axes
/// (ShapeError beyond). A Shape never allocates. It may hold -1 for `reshape`; a tensor may not.
class Shape {
 public:
  static constexpr int max_rank = 8;

  Shape() = default;
  Shape(std::initializer_list<Extent> extents) {
    for (const Extent e : extents) push_back(e);
  }

  int rank() const { return rank_; }
  /// The rank as std::size_t, for range algorithms.
  std::size_t size() const { return static_cast<std::size_t>(rank_); }
  /// The number of elements. ValueError for an extent < 0 or a product over 2^60 (2^28 on 32 bits).
  std::int64_t count() const;

  /// The extent of an axis; negative axes count from the end. ValueError if there is none.
  std::int64_t operator[](std::integral auto axis) const {
    const auto i = static_cast<std::int64_t>(axis);
    check(i >= -rank_ && i < rank_, "Shape: axis {} out of range for rank {}", i, rank_);
    return extent(static_cast<int>(i < 0 ? i + rank_ : i));
  }
  std::int64_t front() const { return (*this)[0]; }
  std::int64_t back() const { return (*this)[-1]; }
  const std::int64_t* begin() const { return extents_.data(); }
  const std::int64_t* end() const { return extents_.data() + rank_; }

  /// Replaces one extent; `axis` as in operator[].
  void set(int axis, std::int64_t extent) {
    (void)(*this)[axis];
    extents_[static_cast<std::size_t>(axis < 0 ? axis + rank_ : axis)] = extent;
  }
  void push_back(std::int64_t extent) {
    check<ShapeError>(rank_ < max_rank, "Shape: rank must be <= {}", max_rank);
    extents_[static_cast<std::size_t>(rank_++)] = extent;
  }

  friend bool operator==(const Shape& a, const Shape& b) {
    bool same = a.rank_ == b.rank_;  // a loop, not memcmp: this runs for every op
    for (int i = 0; i < a.rank_ && same; ++i) same = a.extent(i) == b.extent(i);
    return same;
  }

 private:
  std::int64_t extent(int i) const { return extents_[static_cast<std::size_t>(i)]; }

  std::array<std::int64_t, max_rank> extents_{};
  int rank_ = 0;
};

}}  // namespace gradus

/// `(2,3)`; `()` for a scalar. Written by hand, because fmt's formatters need <fmt/format.h>.
template <>
struct fmt::formatter<gradus::Shape> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(const gradus::Shape& shape, Context& ctx) const {
    std::string text = "(";
    for (int i = 0; i < shape.rank(); ++i) {
      if (i > 0) text += ',';
      text += std::to_string(shape[i]);
    }
    text += ')';
    return std::copy(text.begin(), text.end(), ctx.out());
  }
};

namespace gradus { inline namespace GRADUS_VARIANT {

inline std::int64_t Shape::count() const {
  constexpr int bits = sizeof(void*) == 8 ? 60 : 28;  // the bytes of 2^bits doubles fit into a word
  constexpr std::int64_t most = std::int64_t{1} << bits;
  std::int64_t n = 1;
  bool plain = true;  // no division here: this runs for every new tensor
  for (const std::int64_t e : *this) plain = !__builtin_mul_overflow(n, e, &n) && e > 0 && plain;
  if (plain && n <= most) [[likely]]
    return n;
  n = 1;  // the product of all extents but 0, so that loops over those axes are bounded, too
  for (int i = 0; i < rank_; ++i) {
    check(extent(i) >= 0, "Tensor: shape[{}] must be >= 0 (got {})", i, extent(i));
    if (extent(i) == 0) continue;
    check(n <= most / extent(i),
          "Tensor: the element count of shape {} must not overflow (limit 2^{})", *this, bits);
    n *= extent(i);
  }
  return 0;
}

}}  // namespace gradus
