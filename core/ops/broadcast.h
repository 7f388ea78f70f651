#pragma once
/// Shared by ops: loops over arrays of different shapes, and the matrix product on threads().

#include <gradus/core/node.h>
#include <gradus/core/ops.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

Shape broadcast_different(const char* op, const Shape& a, const Shape& b);
/// The common shape by NumPy's rule. ShapeError names both shapes and the axis that does not fit.
inline Shape broadcast_shape(const char* op, const Shape& a, const Shape& b) {
  return a == b ? a : broadcast_different(op, a, b);
}

/// `axis` counted from the front. ValueError if the rank has no such axis.
inline int axis_of(const char* op, int axis, int rank) {
  check(axis >= -rank && axis < rank, "{}: axis {} out of range for rank {}", op, axis, rank);
  return axis < 0 ? axis + rank : axis;
}

/// The checked axes of one tensor, each marked if the reduction runs over it.
struct Marked {
  Marked(const char* op, const Axes& axes, int rank) {
    if (axes.all()) over.fill(true);
    for (const int axis : axes) {
      bool& mark = over[static_cast<std::size_t>(axis_of(op, axis, rank))];
      check(!mark, "{}: axis {} must be named once", op, axis);
      mark = true;
    }
  }
  bool operator[](int axis) const { return over[static_cast<std::size_t>(axis)]; }
  /// The shape with the marked axes at extent 1, or without them.
  Shape reduced(const Shape& shape, bool keepdims) const {
    Shape result;
    for (int i = 0; i < shape.rank(); ++i)
      if (!(*this)[i])
        result.push_back(shape[i]);
      else if (keepdims)
        result.push_back(1);
    return result;
  }
  std::array<bool, Shape::max_rank> over{};
};

/// Whether the axes of `part` are the last axes of `whole`, or all, as of a bias and a batch.
inline bool last_axes_of(const Shape& whole, const Shape& part) {
  const int before = whole.rank() - part.rank();
  bool same = before >= 0;
  for (int i = 0; i < part.rank() && same; ++i) same = whole.begin()[before + i] == part.begin()[i];
  return same;
}

/// Two broadcast operands cut into runs. Along a run, each is contiguous or one repeated element.
class Runs {
 public:
  Runs(const Shape& a, const Shape& b, const Shape& common);

  std::int64_t length() const { return length_; }
  bool a_repeats() const { return a_repeats_; }
  bool b_repeats() const { return b_repeats_; }

  /// Calls f(offset in a, offset in b, offset in the common shape) for each run.
  template <class F>
  void each(F f) const {
    walk(outer_, count_, length_, f);
  }
  /// The same for blocks of rows() adjacent runs, a_stride() and b_stride() apart in a and b.
  template <class F>
  void each_block(F f) const {
    walk(outer_ > 0 ? outer_ - 1 : 0, rows() > 0 ? count_ / rows() : 0, rows() * length_, f);
  }
  std::int64_t rows() const { return outer_ > 0 ? extent_[innermost()] : 1; }
  std::int64_t a_stride() const { return outer_ > 0 ? outer_a_[innermost()] : 0; }
  std::int64_t b_stride() const { return outer_ > 0 ? outer_b_[innermost()] : 0; }

 private:
  std::size_t innermost() const { return static_cast<std::size_t>(outer_ - 1); }

  template <class F>
  void walk(int outer, std::int64_t count, std::int64_t length, F f) const {
    std::array<std::int64_t, Shape::max_rank> index{};
    std::int64_t a = 0, b = 0;
    for (std::int64_t i_run = 0; i_run < count; ++i_run) {
      f(a, b, i_run * length);
      for (int i = outer - 1; i >= 0; --i) {
        const auto k = static_cast<std::size_t>(i);
        a += outer_a_[k];
        b += outer_b_[k];
        if (++index[k] < extent_[k]) break;
        a -= outer_a_[k] * extent_[k];
        b -= outer_b_[k] * extent_[k];
        index[k] = 0;
      }
    }
  }

  std::int64_t length_ = 1, count_ = 1;
  bool a_repeats_ = false, b_repeats_ = false;
  int outer_ = 0;
  std::array<std::int64_t, Shape::max_rank> extent_{}, outer_a_{}, outer_b_{};
};

/// Copies `n` elements, or adds them.
inline void put(const Scalar* from, Scalar* to, std::int64_t n, bool add) {
  if (add)
    kernels().accumulate(from, to, n);
  else
    std::copy_n(from, n, to);
}

/// dst (of shape `to`) += src (of shape `from`), summed, pairwise, over axes where `to` repeats.
void sum_into(const Scalar* src, const Shape& from, Scalar* dst, const Shape& to);

/// dst (of shape `to`) = or += src (of shape `from`), repeated.
void broadcast_into(const Scalar* src, const Shape& from, Scalar* dst, const Shape& to, bool add);

/// The extents of one product of matrices: (m x k) times (k x n).
struct Product {
  std::int64_t m, n, k;
};

inline MatrixView row_major(const Scalar* data, std::int64_t columns) { return {data, columns, 1}; }
inline MatrixView transposed(const Scalar* data, std::int64_t columns) {
  return {data, 1, columns};
}

/// c (m x n, contiguous, = or +=) a (m x k) times b (k x n): the same bits on any threads().
void multiply(const MatrixView& a, const MatrixView& b, Scalar* c, std::int64_t m, std::int64_t n,
              std::int64_t k, bool add);

/// Gradients of inputs 0 and 1 of y = a b + ...: dy b^T and a^T dy, summed over shared batches.
void product_backward(Backward& pass, const Buffer& a, const Buffer& b, Product p);

}}}  // namespace gradus::detail
