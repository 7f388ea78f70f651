#include <algorithm>

#include <gradus/core/broadcast.h>
#include <gradus/core/node.h>
#include <gradus/core/ops.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

using namespace detail;

/// There is no mean and no largest of no elements.
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

}}  // namespace gradus
