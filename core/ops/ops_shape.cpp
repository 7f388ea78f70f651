#include <gradus/core/broadcast.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

using namespace detail;

using Strides = std::array<std::int64_t, Shape::max_rank>;

/// Copies x, read with strides, to a contiguous y of this shape; with `back` set, from y to x.
void permute(const Scalar* from, Scalar* to, const Shape& shape, const Strides& strides, bool back,
             bool add) {
  std::array<std::int64_t, Shape::max_rank> index{};
  std::int64_t x = 0;
  const std::int64_t count = shape.count();
  for (std::int64_t y = 0; y < count; ++y) {
    Scalar& out = to[back ? x : y];
    const Scalar in = from[back ? y : x];
    out = add ? out + in : in;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      const auto k = static_cast<std::size_t>(axis);
      x += strides[k];
      if (++index[k] < shape[axis]) break;
      x -= strides[k] * shape[axis];
      index[k] = 0;
    }
  }
}

/// A shape seen from one axis: `outer` blocks of `extent` rows of `inner` elements.
struct Around {
  Around(const Shape& shape, int axis) : extent(shape[axis]) {
    for (int i = 0; i < axis; ++i) outer *= shape[i];
    for (int i = axis + 1; i < shape.rank(); ++i) inner *= shape[i];
  }
  std::int64_t extent, outer = 1, inner = 1;
};

/// The stride in x along each axis of the transposed result.
Strides strides_of(const Shape& x, const Axes& axes) {
  Strides result{};
  std::transform(axes.begin(), axes.end(), result.begin(),
                 [&](int axis) { return Around(x, axis_of("transpose", axis, x.rank())).inner; });
  return result;
}

/// The shape of the joined parts. ShapeError unless they fit.
Shape concat_shape(std::span<const Tensor> parts, int axis) {
  Shape shape = parts[0].shape();
  std::int64_t total = 0;
  for (const Tensor& part : parts) {
    Shape other = part.shape();
    check<ShapeError>(other.rank() == shape.rank(), "concat: ranks must agree (got {} and {})",
                      shape, other);
    total += other[axis];
    other.set(axis, shape[axis]);
    check<ShapeError>(other == shape, "concat: extents off axis {} must agree (got {} and {})",
                      axis, parts[0].shape(), part.shape());
  }
  shape.set(axis, total);
  return shape;
}

/// The elements of one axis with these numbers, in this order.
Tensor take(const Tensor& x, int axis, std::vector<std::int64_t> list) {
  const Around around(x.shape(), axis);
  Shape shape = x.shape();
  shape.set(axis, static_cast<std::int64_t>(list.size()));
  const std::int64_t blocks = shape.count() > 0 ? around.outer : 0;
  auto each = [around, blocks, list = std::move(list)](auto f) {  // f(offset in x, offset in y)
    std::int64_t y = 0;
    for (std::int64_t o = 0; o < blocks; ++o)
      for (const std::int64_t i : list) {
        f((o * around.extent + i) * around.inner, y);
        y += around.inner;
      }
  };
  NewTensor y(shape);
  each([&](std::int64_t from, std::int64_t to) {
    std::copy_n(node_of(x).data() + from, around.inner, y.data + to);
  });
  return record(std::move(y.tensor), {&x},
                [each = std::move(each), inner = around.inner](Backward& pass) {
                  Scalar* dx = pass.sum(0);
                  each([&](std::int64_t to, std::int64_t from) {
                    kernels().accumulate(pass.dy() + from, dx + to, inner);
                  });
                });
}

// ---- of reductions ------------------------------------------------------------------------------

/// An empty tensor has no mean and no largest element.
void check_elements(bool ok, const char* op, const Shape& shape) {
  check(ok, "{}: the axes must hold at least one element (got shape {})", op, shape);
}

/// The sum of all elements, or their mean, as a scalar.
Tensor sum_all(const char* op, const Tensor& x, bool mean) {
  const Node& from = node_of(x);
  check_elements(!mean || from.size > 0, op, from.shape);
  const auto divisor = static_cast<Scalar>(mean ? from.size : 1);
  NewTensor y{Shape()};
  *y.data = kernels().sum(from.data(), from.size) / divisor;
  return record(std::move(y.tensor), {&x}, [divisor](Backward& pass) {
    const auto dx = pass.into(0);
    kernels().fill(*pass.dy() / divisor, dx.data, pass.input(0).size, dx.add);
  });
}

/// The sum over axes, divided by their number of elements for a mean.
Tensor sum_over(const char* op, const Tensor& x, const Reduction& reduction, bool mean) {
  if (reduction.axis.all() && !reduction.keepdims) return sum_all(op, x, mean);
  const Marked marked(op, reduction.axis, x.rank());
  const Shape& shape = node_of(x).shape;
  const Shape kept = marked.reduced(shape, true);
  NewTensor y(reduction.keepdims ? kept : marked.reduced(shape, false));
  const std::int64_t size = y.tensor.size();
  kernels().fill(0, y.data, size, false);
  sum_into(node_of(x).data(), x.shape(), y.data, kept);
  Scalar divisor = 1;
  if (mean && size > 0) {
    check_elements(x.size() > 0, op, x.shape());
    divisor = static_cast<Scalar>(x.size() / size);
    for (std::int64_t i = 0; i < size; ++i) y.data[i] /= divisor;
  }
  return record(std::move(y.tensor), {&x}, [divisor, kept](Backward& pass) {
    const auto dx = pass.into(0);
    const std::int64_t n = pass.output().size;
    if (n == 1) return kernels().fill(*pass.dy() / divisor, dx.data, pass.input(0).size, dx.add);
    const Buffer share(n);
    for (std::int64_t i = 0; i < n; ++i) share.data()[i] = pass.dy()[i] / divisor;
    broadcast_into(share.data(), kept, dx.data, pass.input(0).shape, dx.add);
  });
}

/// x transposed so that the marked axes come last.
Tensor with_marked_last(const Tensor& x, const Marked& marked) {
  std::array<int, Shape::max_rank> order{};
  auto end = order.begin();
  for (const bool mark : {false, true})
    for (int i = 0; i < x.rank(); ++i)
      if (marked[i] == mark) *end++ = i;
  return std::is_sorted(order.begin(), end)
             ? x
             : transpose(x, std::span<const int>(order.begin(), end));
}

/// Applies f to each row of x, seen as (rows, n), and returns a tensor of this shape.
Tensor by_rows(const Tensor& x, const Shape& shape, std::int64_t rows, const Rowwise& f) {
  NewTensor y(shape);
  const Buffer& xv = node_of(x).value;
  const std::int64_t n = rows > 0 ? x.size() / rows : 0;
  if (x.size() > 0) f.forward(xv.data(), y.data, rows, n);
  const Buffer& yv = y.tensor.node()->value;
  return record(std::move(y.tensor), {&x}, [&f, rows, n, xv = xv, yv = yv](Backward& pass) {
    const auto dx = pass.into(0);
    if (n > 0) f.backward(xv.data(), yv.data(), pass.dy(), dx.data, rows, n, dx.add);
  });
}

/// One value for each index of the axes that stay.
Tensor reduce(const char* op, const Tensor& x, const Reduction& reduction, const Rowwise& f) {
  const Marked marked(op, reduction.axis, x.rank());
  const Shape result = marked.reduced(x.shape(), reduction.keepdims);
  check_elements(x.size() > 0 || result.count() == 0, op, x.shape());
  return by_rows(with_marked_last(x, marked), result, result.count(), f);
}

/// A function along one axis; the shape stays.
Tensor along(const char* op, const Tensor& x, int axis, const Rowwise& f) {
  const Marked marked(op, axis, x.rank());
  const int last = x.rank() - 1;
  axis = axis_of(op, axis, x.rank());
  if (axis != last) {
    std::vector<int> swap;
    for (int i = 0; i <= last; ++i) swap.push_back(i == axis ? last : (i == last ? axis : i));
    return transpose(along(op, transpose(x, swap), last, f), swap);
  }
  const std::int64_t n = x.shape().back();
  return by_rows(x, x.shape(), n > 0 ? x.size() / n : 0, f);
}

}  // namespace

Axes::Axes(std::span<const int> axes) {
  check(axes.size() <= axes_.size(), "Axes: at most {} axes (got {})", axes_.size(), axes.size());
  count_ = axes.size();
  std::copy(axes.begin(), axes.end(), axes_.begin());
}

Tensor sum(const Tensor& x, const Reduction& over) { return sum_over("sum", x, over, false); }
Tensor mean(const Tensor& x, const Reduction& over) { return sum_over("mean", x, over, true); }
Tensor max(const Tensor& x, const Reduction& over) { return reduce("max", x, over, kernels().max); }
Tensor min(const Tensor& x, const Reduction& over) { return reduce("min", x, over, kernels().min); }
Tensor logsumexp(const Tensor& x, const Reduction& over) {
  return reduce("logsumexp", x, over, kernels().logsumexp);
}
Tensor softmax(const Tensor& x) { return softmax(x, -1); }
Tensor softmax(const Tensor& x, int axis) { return along("softmax", x, axis, kernels().softmax); }
Tensor log_softmax(const Tensor& x) { return log_softmax(x, -1); }
Tensor log_softmax(const Tensor& x, int axis) {
  return along("log_softmax", x, axis, kernels().log_softmax);
}

Tensor detach(const Tensor& x) { return Tensor(make_node(x.shape(), node_of(x).value)); }

Tensor reshape(const Tensor& x, const Shape& shape) {
  Shape target = shape;
  int unknown = -1;
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] != -1) continue;
    check(unknown < 0, "reshape: at most one extent may be -1 (got {})", shape);
    unknown = i;
    target.set(i, 1);
  }
  const std::int64_t known = target.count();
  if (unknown >= 0 && known > 0) target.set(unknown, x.size() / known);
  check<ShapeError>((unknown < 0 || known > 0) && target.count() == x.size(),
                    "reshape: {} elements of shape {} must fit the shape {}", x.size(), x.shape(),
                    shape);
  Tensor y(make_node(target, x.size(), node_of(x).value));
  return record(std::move(y), {&x}, [](Backward& pass) { pass.pass(0); });
}

Tensor transpose(const Tensor& x) {
  std::vector<int> reversed;
  for (int i = x.rank(); i-- > 0;) reversed.push_back(i);
  return transpose(x, reversed);
}

Tensor transpose(const Tensor& x, const Axes& axes) {
  check(static_cast<int>(axes.size()) == x.rank(),
        "transpose: {} axes given for a tensor of rank {}", axes.size(), x.rank());
  static_cast<void>(Marked("transpose", axes, x.rank()));
  Shape shape;
  for (const int axis : axes) shape.push_back(x.shape()[axis]);
  NewTensor y(shape);
  permute(node_of(x).data(), y.data, shape, strides_of(x.shape(), axes), false, false);
  return record(std::move(y.tensor), {&x}, [axes](Backward& pass) {
    const auto dx = pass.into(0);
    permute(pass.dy(), dx.data, pass.output().shape, strides_of(pass.input(0).shape, axes), true,
            dx.add);
  });
}

Tensor broadcast_to(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  shape.count();  // refuses negative extents
  check<ShapeError>(broadcast_shape("broadcast_to", x.shape(), shape) == shape,
                    "broadcast_to: {} does not repeat to {}", x.shape(), shape);
  NewTensor y(shape);
  broadcast_into(node_of(x).data(), x.shape(), y.data, shape, false);
  return record(std::move(y.tensor), {&x}, [](Backward& pass) {
    sum_into(pass.dy(), pass.output().shape, pass.sum(0), pass.input(0).shape);
  });
}

Tensor concat(std::span<const Tensor> parts, int axis) {
  check(!parts.empty(), "concat: needs at least one tensor");
  axis = axis_of("concat", axis, parts[0].rank());
  const Shape shape = concat_shape(parts, axis);
  const std::int64_t total = shape[axis];
  std::vector<const Tensor*> inputs;
  for (const Tensor& part : parts) inputs.push_back(&part);
  NewTensor y(shape);
  const Around around(shape, axis);
  std::int64_t start = 0;
  for (const Tensor& part : parts) {
    const std::int64_t block = part.shape()[axis] * around.inner;
    for (std::int64_t o = 0; o < around.outer; ++o)
      put(node_of(part).data() + o * block, y.data + o * total * around.inner + start, block,
          false);
    start += block;
  }
  return record(std::move(y.tensor), inputs, [axis](Backward& pass) {
    const Around whole(pass.output().shape, axis);
    const Buffer dy = pass.output().flow;
    std::int64_t at = 0;
    for (int i = 0; i < static_cast<int>(pass.output().input_count); ++i) {
      const std::int64_t block = pass.input(i).shape[axis] * whole.inner;
      if (pass.wants(i)) {
        const auto dx = pass.into(i);
        for (std::int64_t o = 0; o < whole.outer; ++o)
          put(dy.data() + o * whole.extent * whole.inner + at, dx.data + o * block, block, dx.add);
      }
      at += block;
    }
  });
}

Tensor slice(const Tensor& x, int axis, std::int64_t start, std::int64_t stop, std::int64_t step) {
  axis = axis_of("slice", axis, x.rank());
  const std::int64_t extent = x.shape()[axis];
  const auto from_end = [&](const char* name, std::int64_t i) {
    check(i >= -extent && i <= extent, "slice: {} must be in [{},{}] (got {})", name, -extent,
          extent, i);
    return i < 0 ? i + extent : i;
  };
  start = from_end("start", start);
  stop = from_end("stop", stop);
  check(step >= 1, "slice: step must be >= 1 (got {})", step);
  std::vector<std::int64_t> list;
  for (std::int64_t i = start; i < stop; i += std::min(step, extent)) list.push_back(i);
  return take(x, axis, std::move(list));
}

Tensor gather_rows(const Tensor& x, const Indices& rows) {
  check<ShapeError>(x.rank() >= 1, "gather_rows: rank must be at least 1 (got shape {})",
                    x.shape());
  std::vector<std::int64_t> list(rows.list().begin(), rows.list().end());
  for (std::size_t i = 0; i < list.size(); ++i)
    check(list[i] >= 0 && list[i] < x.shape()[0],
          "gather_rows: rows[{}] must be in [0,{}) (got {})", i, x.shape()[0], list[i]);
  return take(x, 0, std::move(list));
}

Tensor pick(const Tensor& x, const Tensor& columns) {
  const Shape& s = columns.shape();
  check<ShapeError>(
      x.rank() == 2 && (s == Shape{x.shape()[0]} || s == Shape{x.shape()[0], 1}),
      "pick: x must be a matrix with one column number per row (got shapes {} and {})", x.shape(),
      s);
  const std::int64_t width = x.shape()[1];
  NewTensor y(Shape{columns.size()});
  const Scalar* row = node_of(x).data();
  for (std::int64_t i = 0; i < columns.size(); ++i, row += width) {
    const double column = value(node_of(columns).data()[i]);
    check(column >= 0 && column < static_cast<double>(width) && column == std::floor(column),
          "pick: columns[{}] must be a whole number in [0,{}) (got {})", i, width, column);
    y.data[i] = row[static_cast<std::int64_t>(column)];
  }
  return record(
      std::move(y.tensor), {&x}, [columns = node_of(columns).value, width](Backward& pass) {
        Scalar* dx = pass.sum(0);
        for (std::int64_t i = 0; i < pass.output().size; ++i)
          dx[i * width + static_cast<std::int64_t>(value(columns.data()[i]))] += pass.dy()[i];
      });
}

}}  // namespace gradus
