#pragma once
/// Tensor: an array of numbers of any rank that remembers how it was computed.

#include <span>

#include <gradus/core/memory.h>
#include <gradus/core/random.h>
#include <gradus/core/shape.h>

namespace Eigen {  // declared here: only callers of from() and matrix() include Eigen
template <typename Scalar, int Rows, int Cols, int Options, int MaxRows, int MaxCols>
class Matrix;
template <typename PlainObject, int MapOptions, typename StrideType>
class Map;
template <int Outer, int Inner>
class Stride;
}  // namespace Eigen

namespace gradus { inline namespace GRADUS_VARIANT {

class Tensor;

namespace detail {
struct Node;
/// Drops one ownership. The last one frees, without recursion, all that only it kept alive.
void release(Node* node) noexcept;

template <class T>
concept Number = (std::is_arithmetic_v<T> && !std::same_as<T, bool>) || std::same_as<T, Scalar> ||
                 std::same_as<T, Real>;

/// A number or a braced list of numbers and lists, to any depth.
struct Nested {
  template <Number T>
  Nested(T n) : number(static_cast<Scalar>(n)), is_list(false) {}
  Nested(std::initializer_list<Nested> list) : items(list), is_list(true) {}
  Scalar number{};
  std::vector<Nested> items;
  bool is_list;
};

template <class M>
concept EigenMatrix = requires(const M& m) {
  m.eval();
  m.rows();
  m.cols();
};
}  // namespace detail

/// Numbers in row-major order with a Shape. Where a gradient is wanted, a tensor also holds the
/// backward step to the tensors that it was computed from.
///
/// A copy is a handle to the same tensor: after `Tensor v = w`, an optimizer's update of w also
/// changes v. A recorded computation keeps the values that it used: an update then writes to new
/// storage. A default-constructed Tensor has shape (0).
///
/// A tensor belongs to one thread at a time, together with its handles and with what detach(),
/// reshape(), parameter() and grad() made of it, since these share its storage. Several threads may
/// read shape() and values() while no thread does anything else with it; for ops or fit(), each
/// thread needs its own tensor: `Tensor(x.shape(), x.values())`.
class Tensor {
 public:
  Tensor() = default;
  /// A scalar: rank 0, shape ().
  template <detail::Number T>
  Tensor(T number) : Tensor(full(Shape(), number)) {}
  /// `Tensor{{1, 2}, {3, 4}}`, any depth; `Tensor{0.3}` has shape (1). ShapeError when ragged.
  Tensor(std::initializer_list<detail::Nested> nested);
  /// From values in row-major order. ShapeError unless their number fits the shape.
  Tensor(const Shape& shape, std::span<const Scalar> values);
  Tensor(const Shape& shape, const std::vector<Scalar>& values)
      : Tensor(shape, std::span<const Scalar>(values)) {}
  /// From an Eigen matrix or expression of any number type, as shape (rows, cols).
  template <detail::EigenMatrix M>
  static Tensor from(const M& matrix);

  static Tensor zeros(const Shape& shape) { return full(shape, 0); }
  static Tensor ones(const Shape& shape) { return full(shape, 1); }
  template <detail::Number T>
  static Tensor full(const Shape& shape, T number) {
    return filled(shape, static_cast<Scalar>(number));
  }
  /// Uniform in [low, high).
  static Tensor uniform(const Shape& shape, double low, double high, Random& random);
  /// Normal with this mean and standard deviation.
  static Tensor normal(const Shape& shape, double mean, double deviation, Random& random);

  Tensor(const Tensor& other);
  Tensor(Tensor&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  Tensor& operator=(Tensor other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~Tensor() {
    if (node_) detail::release(node_);
  }

  const Shape& shape() const;
  int rank() const { return shape().rank(); }
  /// The number of elements.
  std::int64_t size() const;
  /// All elements, row-major. Valid until the tensor is destroyed or updated: in a loop over the
  /// values of a result, give the result a name first.
  std::span<const Scalar> values() const;
  /// One element: as many indices as axes, each in [0, extent). ValueError otherwise.
  template <std::integral... Index>
  Scalar operator()(Index... index) const {
    return at({static_cast<std::int64_t>(index)...});
  }
  /// The only element. ShapeError unless there is exactly one.
  Scalar item() const;
  /// A view as an Eigen matrix; rank 1 becomes a column and a scalar 1 x 1. ShapeError for a rank
  /// above 2. Valid as long as values(). Include <Eigen/Core> before calling it.
  template <class M = Eigen::Matrix<Scalar, -1, -1, 1, -1, -1>>
  Eigen::Map<const M, 0, Eigen::Stride<0, 0>> matrix() const {
    const Shape s = matrix_shape();
    using Index = typename M::Index;
    return {values().data(), static_cast<Index>(s[0]), static_cast<Index>(s[1])};
  }

  /// Adds d(this)/d(p) to p.grad() for every parameter p that this was computed from, then drops
  /// the recorded computation. Linear in the number of ops, without recursion. ShapeError unless
  /// this has one element. StateError if nothing is recorded, or a part was run backward before.
  void backward() const;
  /// The same from d(loss)/d(this) = upstream. ShapeError unless upstream has this tensor's shape.
  void backward(const Tensor& upstream) const;
  /// The gradient from backward(). StateError if there is none; see has_grad().
  Tensor grad() const;
  bool has_grad() const;
  /// Drops the gradient.
  void zero_grad() const;
  /// Whether this is a parameter, or was computed from one while gradients were recorded.
  bool wants_grad() const;

  /// For ops and optimizers, not for programs.
  explicit Tensor(detail::Node* adopted) noexcept : node_(adopted) {}
  detail::Node* node() const { return node_; }

 private:
  static Tensor filled(const Shape& shape, Scalar number);
  Scalar at(std::initializer_list<std::int64_t> index) const;
  Shape matrix_shape() const;

  detail::Node* node_ = nullptr;
};

/// A new tensor with these values that wants a gradient: a weight to train.
Tensor parameter(const Tensor& initial);

/// d(y)/d(x) for each x of `inputs`: parameters, or tensors computed between them and y. Leaves
/// every .grad() alone; otherwise like backward(). Zeros if y does not depend on x.
std::vector<Tensor> gradients(const Tensor& y, std::span<const Tensor> inputs);
inline std::vector<Tensor> gradients(const Tensor& y, std::initializer_list<Tensor> inputs) {
  return gradients(y, std::span<const Tensor>(inputs.begin(), inputs.size()));
}

/// While one exists, ops on this thread record nothing to run backward, which is faster. Nests.
class NoGrad {
 public:
  NoGrad() noexcept;
  NoGrad& operator=(NoGrad&&) = delete;  // nor any copy
  ~NoGrad();

 private:
  bool before_;
};

namespace detail {
/// Numbers of live tensors on this thread, for tests that look for leaks.
struct Census {
  std::int64_t tensors;   ///< all
  std::int64_t recorded;  ///< those with a backward step
};
Census census();
}  // namespace detail

template <detail::EigenMatrix M>
Tensor Tensor::from(const M& matrix) {
  const auto& plain = matrix.eval();
  std::vector<Scalar> values;
  values.reserve(static_cast<std::size_t>(plain.size()));
  for (auto i = decltype(plain.rows()){0}; i < plain.rows(); ++i)
    for (auto j = decltype(plain.cols()){0}; j < plain.cols(); ++j)
      values.push_back(static_cast<Scalar>(plain(i, j)));
  return Tensor(Shape{plain.rows(), plain.cols()}, values);
}

}}  // namespace gradus
