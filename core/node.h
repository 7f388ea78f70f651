#pragma once
/// The graph: the node behind a Tensor, and how an op records its backward step. Only the library
/// includes this header. Code that runs for every op is inline here.

#include <gradus/core/kernels.h>
#include <gradus/core/tensor.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

class Backward;
class DeepCopies;

/// All state of the library besides its memory, one per thread.
struct ThreadState {
  bool recording = true;
  std::int64_t next_id = 0;
  Census census{0, 0};
  DeepCopies* copies = nullptr;
};
extern constinit thread_local ThreadState thread_state;

/// Room for the values that a backward step captures.
inline constexpr std::size_t closure_bytes = 64 + 2 * std::max(sizeof(double), sizeof(Scalar));

/// One tensor. Each new node of a thread gets a higher `id`, so that an op's result has a higher id
/// than its inputs: descending ids are a reverse topological order.
struct Node {
  Node(const Shape& s, std::int64_t n, Buffer v)
      : id(thread_state.next_id++), size(n), shape(s), value(std::move(v)) {}
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  std::uint32_t owners = 1;
  bool wants_grad = false, is_parameter = false;
  bool spent = false;        ///< was run backward: its backward step is gone
  bool queued = false;       ///< waits in a backward pass
  bool keep_flow = false;    ///< gradients() asked for the gradient of this node itself
  bool finite = false;       ///< known to hold only finite values; never set on a parameter
  std::int16_t trusted = 0;  ///< of a parameter: see Optimizer::trusted()
  std::uint32_t input_count = 0;
  std::int64_t id, size;
  Shape shape;
  Buffer value;
  Buffer grad;  ///< on a parameter: the sum of gradients from backward()
  Buffer flow;  ///< the gradient during a pass

  // The backward step: inputs (owned), and a closure that passes `flow` on to them.
  Node** inputs = nullptr;
  std::array<Node*, 3> few_inputs{};
  void (*run)(void* closure, Backward& pass) = nullptr;
  void (*drop)(void* closure) = nullptr;
  alignas(std::max_align_t) std::array<std::byte, closure_bytes> closure;

  Node* next = nullptr;  ///< in the list of nodes being freed

  bool recorded() const { return run != nullptr; }
  const Scalar* data() const { return value.data(); }
  /// Storage to write to: copied first if another buffer shares it.
  Scalar* writable();
  /// New values in place of the old.
  void replace(Buffer values) noexcept {
    value = std::move(values);
    trusted = 0;
  }
  /// Drops the backward step, and frees, iteratively, inputs that have no other owner.
  void forget() noexcept;
};

inline Node* make_node(const Shape& shape, std::int64_t size, Buffer value) {
  void* memory = take_memory(sizeof(Node));
  Node* node = new (memory) Node(shape, size, std::move(value));
  ++thread_state.census.tensors;
  return node;
}
inline Node* make_node(const Shape& shape, Buffer value) {
  return make_node(shape, shape.count(), std::move(value));
}
inline void retain(Node* node) noexcept { ++node->owners; }

/// The node behind a tensor; an empty node for a Tensor that was moved from or never set.
Node& empty_node();
inline Node& node_of(const Tensor& tensor) {
  Node* node = tensor.node();
  return node ? *node : empty_node();
}

/// The first of n numbers that is nan or infinite, as `nan at element 3`; "" if there is none.
std::string not_finite(const Scalar* x, std::int64_t n);

/// While one exists, a copy of a Tensor on this thread is a new tensor with its own storage, not a
/// handle: what owns tensors, such as a model, is copied with all that its members hold or capture;
/// given a list, only with those in it. All copies of one tensor are one. The outermost counts.
class DeepCopies {
 public:
  DeepCopies() : DeepCopies(std::vector<const Node*>()) {
    before_all_ = std::exchange(thread_state.copies->all_, true);
  }
  explicit DeepCopies(std::vector<const Node*> only)
      : before_(thread_state.copies), only_(std::move(only)) {
    if (!before_) thread_state.copies = this;
    before_all_ = thread_state.copies->all_;
  }
  DeepCopies(const DeepCopies&) = delete;
  DeepCopies& operator=(const DeepCopies&) = delete;
  ~DeepCopies() {
    thread_state.copies->all_ = before_all_;
    thread_state.copies = before_;
  }

  static bool active() { return thread_state.copies != nullptr; }
  /// The tensor in place of this one; the caller owns it.
  Node* copy_of(Node* node);

 private:
  DeepCopies* before_;
  std::vector<const Node*> only_;
  bool all_ = false, before_all_ = false;
  std::vector<std::pair<const Node*, Tensor>> made_;
};

/// A tensor with uninitialised values, and the address to write them to.
struct NewTensor {
  explicit NewTensor(const Shape& shape) : NewTensor(shape, shape.count()) {}
  NewTensor(const Shape& shape, std::int64_t size) {
    Buffer values(size);
    data = values.data();
    tensor = Tensor(make_node(shape, size, std::move(values)));
  }
  Tensor tensor;
  Scalar* data;
};

/// A tensor of what draw() gives, element by element.
Tensor generated(const Shape& shape, auto draw) {
  NewTensor made(shape);
  std::generate_n(made.data, made.tensor.size(), [&] { return static_cast<Scalar>(draw()); });
  return std::move(made.tensor);
}

/// Where a backward step writes the gradient of an input: adds if `add` is true, else assigns.
struct Target {
  Scalar* data;
  bool add;
};

/// A node's turn in a backward pass: its gradient, and access to the gradients of its inputs.
class Backward {
 public:
  explicit Backward(Node& node) : node_(node) {}
  /// d(loss)/d(output), of the output's shape.
  const Scalar* dy() const { return dy_ ? dy_ : node_.flow.data(); }
  const Node& output() const { return node_; }
  const Node& input(int i) const { return *node_.inputs[i]; }
  bool wants(int i) const { return input(i).wants_grad; }
  /// The memory for the gradient of input i. An op that reads dy[k] only before it writes element k
  /// sets `in_place`: it may then get the memory of dy itself, and dy() is invalid afterwards.
  Target into(int i, bool in_place = false) {
    Node& x = *node_.inputs[i];
    if (x.flow) return sum_into(x);
    if (in_place && node_.flow.unique() && !node_.keep_flow) {
      dy_ = node_.flow.data();
      x.flow = std::move(node_.flow);
    } else {
      x.flow = Buffer(x.size);
    }
    return {x.flow.data(), false};
  }
  /// The gradient of input i to add to: zeros at first.
  Scalar* sum(int i) {
    const Target x = into(i);
    if (!x.add) kernels().fill(0, x.data, input(i).size, false);
    return x.data;
  }
  /// Gives input i the gradient dy unchanged.
  void pass(int i) {
    Node& x = *node_.inputs[i];
    if (!x.flow)
      x.flow = node_.flow;
    else
      kernels().accumulate(dy(), into(i).data, x.size);
  }

 private:
  static Target sum_into(Node& x);
  Node& node_;
  const Scalar* dy_ = nullptr;
};

inline void attach(Node& node, std::span<const Tensor* const> inputs) {
  node.inputs = inputs.size() <= node.few_inputs.size()
                    ? node.few_inputs.data()
                    : static_cast<Node**>(take_memory(inputs.size() * sizeof(Node*)));
  for (const Tensor* x : inputs) {
    Node* input = &node_of(*x);
    retain(input);
    node.inputs[node.input_count++] = input;
    node.id = std::max(node.id, input->id + 1);  // an input may come from another thread
  }
  thread_state.next_id = std::max(thread_state.next_id, node.id + 1);
  node.wants_grad = true;
  ++thread_state.census.recorded;
}

/// Records `y` as computed from `inputs` if one of them wants a gradient. The backward pass calls
/// `step` with a Backward as soon as the gradient of y is complete. A step captures Buffers and
/// plain values, never tensors, so that graphs have no cycles.
template <class Step>
Tensor record(Tensor y, std::span<const Tensor* const> inputs, Step step) {
  static_assert(sizeof(Step) <= closure_bytes && std::is_nothrow_move_constructible_v<Step>);
  bool wanted = false;
  for (const Tensor* x : inputs) wanted = wanted || node_of(*x).wants_grad;
  if (!wanted || !thread_state.recording) return y;
  Node& node = *y.node();
  attach(node, inputs);
  new (node.closure.data()) Step(std::move(step));
  node.run = [](void* closure, Backward& pass) { (*static_cast<Step*>(closure))(pass); };
  node.drop = [](void* closure) { static_cast<Step*>(closure)->~Step(); };
  return y;
}
template <class Step>
Tensor record(Tensor y, std::initializer_list<const Tensor*> inputs, Step step) {
  return record(std::move(y), std::span<const Tensor* const>(inputs.begin(), inputs.size()),
                std::move(step));
}

/// The gradient that backward() starts from: 1. Errors are those of Tensor::backward().
Buffer seed_of(const Tensor& y);
/// Runs Tensor::backward() from d(loss)/d(y) = seed.
void run_backward(const Tensor& y, Buffer seed);
/// Runs backward(), but writes the gradients to `out`, in the order of `parameters`, and leaves
/// .grad() alone. A parameter that y does not depend on gets an empty Tensor. Reuses out's memory.
void gradients_into(const Tensor& y, std::span<const Tensor> parameters, std::vector<Tensor>& out);

}}}  // namespace gradus::detail
