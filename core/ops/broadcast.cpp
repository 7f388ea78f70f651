#include <gradus/core/broadcast.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {
namespace {

/// The extent of `shape` at axis `axis` of a common shape of rank `rank`, aligned at the last axis.
std::int64_t aligned(const Shape& shape, int axis, int rank) {
  const int own = axis - (rank - shape.rank());
  return own < 0 ? 1 : shape[own];
}

/// Adjacent axes that are all summed over, or all kept.
struct Group {
  std::int64_t extent;
  bool summed;
  std::int64_t src_stride;  ///< elements of src per step of this group
  std::int64_t dst_size;    ///< elements of dst that this group and the inner groups span
};

void add_up(const Scalar* src, Scalar* dst, const Group* group, const Group* end);

/// `n` steps of a summed group. Long sums are split into halves, which keeps them accurate.
void add_up_steps(const Scalar* src, Scalar* dst, const Group* group, const Group* end,
                  std::int64_t n) {
  if (n <= 64 && group + 2 == end) return kernels().accumulate_rows(src, dst, n, group[1].extent);
  if (n <= 64) {
    for (std::int64_t i = 0; i < n; ++i) add_up(src + i * group->src_stride, dst, group + 1, end);
    return;
  }
  const std::int64_t half = n / 2;
  add_up_steps(src, dst, group, end, half);
  const Buffer rest(group->dst_size);
  kernels().fill(0, rest.data(), group->dst_size, false);
  add_up_steps(src + half * group->src_stride, rest.data(), group, end, n - half);
  kernels().accumulate(rest.data(), dst, group->dst_size);
}

void add_up(const Scalar* src, Scalar* dst, const Group* group, const Group* end) {
  if (group == end) {
    *dst += *src;
  } else if (group + 1 == end) {
    if (group->summed)
      *dst += kernels().sum(src, group->extent);
    else
      kernels().accumulate(src, dst, group->extent);
  } else if (group->summed) {
    add_up_steps(src, dst, group, end, group->extent);
  } else {
    const std::int64_t dst_stride = group->dst_size / group->extent;
    for (std::int64_t i = 0; i < group->extent; ++i)
      add_up(src + i * group->src_stride, dst + i * dst_stride, group + 1, end);
  }
}

}  // namespace

Shape broadcast_different(const char* op, const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  Shape common;
  for (int i = 0; i < rank; ++i) {
    const std::int64_t ea = aligned(a, i, rank), eb = aligned(b, i, rank);
    check<ShapeError>(ea == eb || ea == 1 || eb == 1,
                      "{}: cannot broadcast {} with {}: dimension {} is {} and {}", op, a, b, i, ea,
                      eb);
    common.push_back(ea == 1 ? eb : ea);
  }
  return common;
}

Runs::Runs(const Shape& a, const Shape& b, const Shape& common) {
  if (a == b) {
    length_ = common.count();
    count_ = length_ > 0;
    return;
  }
  std::int64_t a_stride = 1, b_stride = 1;
  bool in_run = true, first = true;
  const int rank = common.rank();
  for (int axis = rank - 1; axis >= 0; --axis) {
    const std::int64_t extent = common[axis];
    if (extent == 1) continue;
    const bool a_still = aligned(a, axis, rank) == 1, b_still = aligned(b, axis, rank) == 1;
    if (first) {
      a_repeats_ = a_still;
      b_repeats_ = b_still;
      first = false;
    }
    in_run = in_run && a_still == a_repeats_ && b_still == b_repeats_;
    if (in_run) {
      length_ *= extent;
    } else {
      const auto k = static_cast<std::size_t>(outer_++);
      extent_[k] = extent;
      outer_a_[k] = a_still ? 0 : a_stride;
      outer_b_[k] = b_still ? 0 : b_stride;
      count_ *= extent;
    }
    if (!a_still) a_stride *= extent;
    if (!b_still) b_stride *= extent;
  }
  if (length_ == 0) count_ = 0;
  for (auto* list : {&extent_, &outer_a_, &outer_b_})  // collected from the inside out
    std::reverse(list->begin(), list->begin() + outer_);
}

void sum_into(const Scalar* src, const Shape& from, Scalar* dst, const Shape& to) {
  if (to.count() == 1) {
    *dst += kernels().sum(src, from.count());
    return;
  }
  std::array<Group, Shape::max_rank> groups;
  std::size_t count = 0;
  for (int axis = 0; axis < from.rank(); ++axis) {
    const std::int64_t extent = from[axis];
    if (extent == 0) return;
    if (extent == 1) continue;
    const bool summed = aligned(to, axis, from.rank()) == 1;
    if (count > 0 && groups[count - 1].summed == summed)
      groups[count - 1].extent *= extent;
    else
      groups[count++] = {extent, summed, 0, 0};
  }
  std::int64_t src_size = 1, dst_size = 1;
  for (std::size_t i = count; i-- > 0;) {
    groups[i].src_stride = src_size;
    src_size *= groups[i].extent;
    if (!groups[i].summed) dst_size *= groups[i].extent;
    groups[i].dst_size = dst_size;
  }
  add_up(src, dst, groups.data(), groups.data() + count);
}

void broadcast_into(const Scalar* src, const Shape& from, Scalar* dst, const Shape& to, bool add) {
  if (from.count() == 1) return kernels().fill(*src, dst, to.count(), add);
  const Runs runs(from, to, to);
  runs.each([&](std::int64_t s, std::int64_t, std::int64_t d) {
    if (runs.a_repeats())
      kernels().fill(src[s], dst + d, runs.length(), add);
    else
      put(src + s, dst + d, runs.length(), add);
  });
}

}}}  // namespace gradus::detail
