#pragma once
/// Tensor: an array of numbers of any rank that remembers how it was computed.

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <gradus/core/memory.h>
#include <gradus/core/random.h>
#include <gradus/core/shape.h>

namespace Eigen {  // so that this header needs none of Eigen's; callers of from() and matrix() do
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
/// Ends one ownership. The last one's end frees the node and whatever only it kept alive, without
/// recursion.
void release(Node* node) noexcept;

template <class T>
concept Number = (std::is_arithmetic_v<T> && !std::same_as<T, bool>) || std::same_as<T, Scalar> ||
                 std::same_as<T, Real>;

/// A number or a braced list of such, to any depth.
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

/// Numbers in row-major order with a Shape, and, where a gradient is wanted, the way back to what
/// they were computed from.
///
/// A copy is a handle to the same tensor: after `Tensor v = w`, an optimizer's update of w shows in
/// v too. Values never change under a computation that still needs them: an update writes new
/// storage then. A default-constructed Tensor has shape (0). A tensor belongs to one thread at a
/// time.
class Tensor {
 public:
  Tensor() = default;
  /// A scalar: rank 0, shape ().
  template <detail::Number T>
  Tensor(T number) : Tensor(scalar(static_cast<Scalar>(number))) {}
  /// `Tensor{{1, 2}, {3, 4}}`, any depth; `Tensor{0.3}` has shape (1). ShapeError when ragged.
  Tensor(std::initializer_list<detail::Nested> nested);
  /// The values in row-major order. ShapeError unless their count fits the shape.
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
  /// All elements, row-major; valid while this tensor lives and is not updated, so name the tensor
  /// before looping over its values.
  std::span<const Scalar> values() const;
  /// One element: as many indices as axes, each in [0, extent). ValueError otherwise.
  template <std::integral... Index>
  Scalar operator()(Index... index) const {
    return at({static_cast<std::int64_t>(index)...});
  }
  /// The only element. ShapeError when there are more, or none.
  Scalar item() const;
  /// A view as an Eigen matrix: rank 2, or rank 1 as a column, or a scalar as 1 x 1; ShapeError
  /// beyond. Valid as long as values(). Include <Eigen/Core> before calling it.
  template <class M = Eigen::Matrix<Scalar, -1, -1, 1, -1, -1>>
  Eigen::Map<const M, 0, Eigen::Stride<0, 0>> matrix() const {
    const Shape s = matrix_shape();
    return Eigen::Map<const M, 0, Eigen::Stride<0, 0>>(values().data(), s[0], s[1]);
  }

  /// Adds d(this)/d(p) to p.grad() for every parameter p this was computed from, and forgets how it
  /// was computed. Linear in the number of ops, without recursion.
  /// ShapeError unless this has one element; StateError when there is nothing to differentiate, or
  /// a part of the computation was run backward before.
  void backward() const;
  /// The same from d(loss)/d(this) = upstream, which has this tensor's shape (else ShapeError).
  void backward(const Tensor& upstream) const;
  /// The gradient that backward() left here. StateError when there is none: see has_grad().
  Tensor grad() const;
  bool has_grad() const;
  /// Forgets the gradient.
  void zero_grad() const;
  /// A parameter, or computed from one while gradients were recorded.
  bool wants_grad() const;

  /// The ops' and optimizers' entrance; not for programs.
  explicit Tensor(detail::Node* adopted) noexcept : node_(adopted) {}
  detail::Node* node() const { return node_; }

 private:
  static Tensor scalar(Scalar number);
  static Tensor filled(const Shape& shape, Scalar number);
  Scalar at(std::initializer_list<std::int64_t> index) const;
  Shape matrix_shape() const;

  detail::Node* node_ = nullptr;
};

/// A new leaf with these values that wants a gradient: a weight to be trained.
Tensor parameter(const Tensor& initial);

/// d(y)/d(x) for each x of `inputs`, which may be parameters or anything on the way to y. Leaves
/// every .grad() alone; forgets how y was computed, as backward() does. An input that y does not
/// depend on gets zeros. Throws as backward() does.
std::vector<Tensor> gradients(const Tensor& y, std::span<const Tensor> inputs);
inline std::vector<Tensor> gradients(const Tensor& y, std::initializer_list<Tensor> inputs) {
  return gradients(y, std::span<const Tensor>(inputs.begin(), inputs.size()));
}

/// While one lives, ops on this thread record nothing: faster, and nothing to run backward. Nests.
class NoGrad {
 public:
  NoGrad() noexcept;
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;
  ~NoGrad();

 private:
  bool before_;
};

namespace detail {
/// What this thread holds, for tests that look for leaks.
struct Census {
  std::int64_t tensors;   ///< tensors alive, whatever they are for
  std::int64_t recorded;  ///< of them, those that hold a way back
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
