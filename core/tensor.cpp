#include <gradus/core/tensor.h>

#include <cstdlib>

#include <gradus/core/node.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

/// The shape of a braced list by its first elements; `fill` checks the other elements.
void measure(const detail::Nested& nested, Shape& shape) {
  if (!nested.is_list) return;
  shape.push_back(static_cast<std::int64_t>(nested.items.size()));
  if (!nested.items.empty()) measure(nested.items.front(), shape);
}

Scalar* fill(const detail::Nested& nested, const Shape& shape, int axis, Scalar* out) {
  check<ShapeError>(nested.is_list == (axis < shape.rank()),
                    "Tensor: braces must be nested equally deep everywhere (got a {} at depth {})",
                    nested.is_list ? "list" : "number", axis);
  if (!nested.is_list) {
    *out = nested.number;
    return out + 1;
  }
  for (std::size_t i = 0; i < nested.items.size(); ++i) {
    const detail::Nested& item = nested.items[i];
    if (item.is_list && axis + 1 < shape.rank())
      check<ShapeError>(static_cast<std::int64_t>(item.items.size()) == shape[axis + 1],
                        "Tensor: braces must not be ragged (row {} has {} values, row 0 has {})", i,
                        item.items.size(), shape[axis + 1]);
    out = fill(item, shape, axis + 1, out);
  }
  return out;
}

void check_differentiable(const Tensor& y) {
  check<StateError>(detail::node_of(y).wants_grad,
                    "backward: nothing to differentiate; compute from a parameter(), and outside "
                    "of NoGrad");
}

}  // namespace

Tensor::Tensor(std::initializer_list<detail::Nested> nested) {
  const detail::Nested list(nested);
  Shape shape;
  measure(list, shape);
  detail::NewTensor made(shape);
  fill(list, shape, 0, made.data);
  *this = std::move(made.tensor);
}

Tensor::Tensor(const Shape& shape, std::span<const Scalar> values) {
  const std::int64_t count = shape.count();
  check<ShapeError>(count == static_cast<std::int64_t>(values.size()),
                    "Tensor: shape {} needs {} values (got {})", shape, count, values.size());
  detail::NewTensor made(shape);
  std::copy(values.begin(), values.end(), made.data);
  *this = std::move(made.tensor);
}

Tensor::Tensor(const Tensor& other) : node_(other.node_) {
  if (!node_) return;
  if (detail::DeepCopies::active()) [[unlikely]]
    node_ = detail::thread_state.copies->copy_of(node_);
  else
    detail::retain(node_);
}

Tensor Tensor::filled(const Shape& shape, Scalar number) {
  detail::NewTensor made(shape);
  std::fill_n(made.data, made.tensor.size(), number);
  return std::move(made.tensor);
}

Tensor Tensor::uniform(const Shape& shape, double low, double high, Random& random) {
  return detail::generated(shape, [&] { return random.uniform(low, high); });
}

Tensor Tensor::normal(const Shape& shape, double mean, double deviation, Random& random) {
  return detail::generated(shape, [&] { return mean + deviation * random.normal(); });
}

const Shape& Tensor::shape() const { return detail::node_of(*this).shape; }
std::int64_t Tensor::size() const { return node_ ? node_->size : 0; }

std::span<const Scalar> Tensor::values() const {
  const detail::Node& node = detail::node_of(*this);
  return {node.data(), static_cast<std::size_t>(node.size)};
}

Scalar Tensor::at(std::initializer_list<std::int64_t> index) const {
  check(static_cast<int>(index.size()) == rank(),
        "Tensor: a tensor of shape {} needs {} indices (got {})", shape(), rank(), index.size());
  std::int64_t offset = 0;
  int axis = 0;
  for (const std::int64_t i : index) {
    check(i >= 0 && i < shape()[axis], "Tensor: index {} of axis {} must be in [0,{})", i, axis,
          shape()[axis]);
    offset = offset * shape()[axis++] + i;
  }
  return values()[static_cast<std::size_t>(offset)];
}

Scalar Tensor::item() const {
  check<ShapeError>(size() == 1, "Tensor::item: the tensor must have one element (got shape {})",
                    shape());
  return values()[0];
}

Shape Tensor::matrix_shape() const {
  check<ShapeError>(rank() <= 2, "Tensor::matrix: rank must be at most 2 (got shape {})", shape());
  return rank() == 2 ? shape() : Shape{size(), 1};
}

bool Tensor::has_grad() const { return static_cast<bool>(detail::node_of(*this).grad); }

Tensor Tensor::grad() const {
  const detail::Node& node = detail::node_of(*this);
  check<StateError>(static_cast<bool>(node.grad),
                    "Tensor::grad: there is no gradient; make the tensor with parameter() and call "
                    "backward() on what was computed from it");
  return Tensor(detail::make_node(node.shape, node.grad));
}

void Tensor::zero_grad() const { detail::node_of(*this).grad.reset(); }
bool Tensor::wants_grad() const { return detail::node_of(*this).wants_grad; }

Tensor parameter(const Tensor& initial) {
  const detail::Node& from = detail::node_of(initial);
  Tensor leaf(detail::make_node(from.shape, from.value));
  leaf.node()->wants_grad = leaf.node()->is_parameter = true;
  return leaf;
}

detail::Buffer detail::seed_of(const Tensor& y) {
  check<ShapeError>(y.size() == 1,
                    "backward: the tensor must have one element (got shape {}); reduce it with "
                    "mean() or sum(), or give the upstream gradient",
                    y.shape());
  check_differentiable(y);
  Buffer seed(1);
  *seed.data() = 1;
  return seed;
}

void Tensor::backward() const { detail::run_backward(*this, detail::seed_of(*this)); }

void Tensor::backward(const Tensor& upstream) const {
  check<ShapeError>(upstream.shape() == shape(),
                    "backward: the upstream gradient must have the tensor's shape {} (got {})",
                    shape(), upstream.shape());
  check_differentiable(*this);
  detail::run_backward(*this, detail::node_of(upstream).value);
}

std::vector<Tensor> gradients(const Tensor& y, std::span<const Tensor> inputs) {
  std::vector<Tensor> result;
  const auto keep_flow = [&](bool on) {  // of these tensors, parameters or not
    for (const Tensor& x : inputs) detail::node_of(x).keep_flow = on;
  };
  const detail::AtEnd end([&] { keep_flow(false); });
  keep_flow(true);
  detail::gradients_into(y, inputs, result);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!result[i].node()) result[i] = Tensor::zeros(inputs[i].shape());
  return result;
}

NoGrad::NoGrad() noexcept : before_(std::exchange(detail::thread_state.recording, false)) {}
NoGrad::~NoGrad() { detail::thread_state.recording = before_; }

// ---- memory, and the nodes that own it ----------------------------------------------------------

namespace detail {

constinit thread_local Pool pool{};

namespace {

constexpr std::size_t aligned_from = 1024, cache_line = 64;

std::size_t size_of_class(std::uint32_t size_class) {
  if (size_class < 5) return size_class * std::size_t{16};
  const std::uint32_t power = 6 + (size_class - 5) / 4, quarter = (size_class - 5) % 4;
  return (std::size_t{1} << power) + (std::size_t{quarter} + 1) * (std::size_t{1} << (power - 2));
}

}  // namespace

[[gnu::cold]] void* take_from_system(std::size_t bytes) {
  const std::uint32_t size_class = bytes > largest_pooled ? unpooled : size_class_of(bytes);
  if (size_class != unpooled) bytes = size_of_class(size_class);
  const std::size_t front = bytes >= aligned_from ? cache_line : sizeof(BlockHeader);
  void* block = bytes >= aligned_from
                    ? std::aligned_alloc(cache_line,
                                         (front + bytes + cache_line - 1) / cache_line * cache_line)
                    : std::malloc(front + bytes);
  if (!block) throw std::bad_alloc();
  void* memory = static_cast<std::byte*>(block) + front;
  header_of(memory) = {block, size_class, 1};
  return memory;
}

/// Frees a block that no pool takes. The first block that a thread releases opens its pool, whose
/// lists are emptied when the thread ends.
[[gnu::cold]] void release_outside_pool(void* memory) noexcept {
  if (header_of(memory).size_class == unpooled || pool.closed)
    return std::free(header_of(memory).block);
  thread_local const AtEnd of_thread([] {
    pool.open = false;
    pool.closed = true;
    for (FreeBlock*& list : pool.free)
      while (list) std::free(header_of(std::exchange(list, list->next)).block);
  });
  pool.open = true;
  release_memory(memory);
}

Buffer Buffer::copy(std::int64_t count) const {
  Buffer made(count);
  std::copy_n(data_, count, made.data());
  return made;
}

constinit thread_local ThreadState thread_state{};

Scalar* Node::writable() {
  if (!value.unique()) value = value.copy(size);
  return value.data();
}

void release(Node* node) noexcept {
  if (--node->owners > 0) return;
  Node* doomed = node;  // a list through Node::next: no recursion, no memory
  while (doomed) {
    Node* dead = std::exchange(doomed, doomed->next);
    if (dead->recorded()) {
      dead->drop(dead->closure.data());
      --thread_state.census.recorded;
      for (std::uint32_t i = 0; i < dead->input_count; ++i)
        if (Node* input = dead->inputs[i]; --input->owners == 0)
          input->next = std::exchange(doomed, input);
      if (dead->inputs != dead->few_inputs.data()) release_memory(dead->inputs);
    }
    dead->~Node();
    release_memory(dead);
    --thread_state.census.tensors;
  }
}

std::string not_finite(const Scalar* x, std::int64_t n) {
  const std::int64_t bad = kernels().first_not_finite(x, n);
  return bad < 0 ? "" : fmt::format("{} at element {}", value(x[bad]), bad);
}

Node* DeepCopies::copy_of(Node* node) {
  const auto is_it = [&](const auto& made) {
    return made.first == node || made.second.node() == node;
  };
  auto found = std::find_if(made_.begin(), made_.end(), is_it);
  if (found == made_.end() && !all_ && std::ranges::find(only_, node) == only_.end()) {
    retain(node);
    return node;
  }
  if (found == made_.end()) {
    Tensor made(make_node(node->shape, node->size, node->value.copy(node->size)));
    made.node()->wants_grad = made.node()->is_parameter = node->is_parameter;
    made.node()->finite = node->finite;
    found = made_.insert(made_.end(), {node, std::move(made)});
  }
  retain(found->second.node());
  return found->second.node();
}

void Node::forget() noexcept {
  if (!recorded()) return;
  drop(closure.data());
  run = nullptr;
  --thread_state.census.recorded;
  for (std::uint32_t i = 0; i < input_count; ++i) release(inputs[i]);
  if (inputs != few_inputs.data()) release_memory(inputs);
  input_count = 0;
}

Node& empty_node() {
  thread_local const Tensor empty = Tensor::zeros({0});
  return *empty.node();
}

Target Backward::sum_into(Node& x) {
  if (!x.flow.unique()) x.flow = x.flow.copy(x.size);  // pass() shares: others still read it
  return {x.flow.data(), true};
}

Census census() { return thread_state.census; }

}  // namespace detail
}}  // namespace gradus
