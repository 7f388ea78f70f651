#pragma once
/// What a Tensor points to, and how ops record themselves. Only the library includes this header.
/// What runs for every op is defined here, to be inlined into the ops.

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include <gradus/core/kernels.h>
#include <gradus/core/tensor.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

class Backward;
class DeepCopy;

/// All the state the library keeps beside its memory, one per thread.
struct ThreadState {
  bool recording = true;
  std::int64_t next_id = 0;
  Census census{0, 0};
  DeepCopy* deep_copy = nullptr;
};
extern constinit thread_local ThreadState thread_state;

/// Room for what a backward step captured.
inline constexpr std::size_t closure_bytes = 80;

/// One tensor. `id` rises with every node a thread makes, so an op's inputs have smaller ids than
/// its result: visiting by falling id is a reverse topological order.
struct Node {
  Node(const Shape& s, std::int64_t n, Buffer v)
      : id(thread_state.next_id++), size(n), shape(s), value(std::move(v)) {}
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  std::uint32_t owners = 1;
  bool wants_grad = false;
  bool is_parameter = false;
  bool spent = false;      ///< was run backward: the way back is gone
  bool queued = false;     ///< waits in a backward pass
  bool keep_flow = false;  ///< a pass was asked for this gradient itself
  bool finite = false;     ///< known to hold neither nan nor infinities; never of a parameter
  std::uint32_t input_count = 0;
  std::int64_t id;
  std::int64_t size;
  Shape shape;
  Buffer value;
  Buffer grad;  ///< what backward() adds up, on parameters
  Buffer flow;  ///< the gradient during a pass

  // The way back: inputs (owned), and a closure that hands `flow` on to them.
  Node** inputs = nullptr;
  std::array<Node*, 3> few_inputs{};
  void (*run)(void* closure, Backward& pass) = nullptr;
  void (*drop)(void* closure) = nullptr;
  alignas(std::max_align_t) std::array<std::byte, closure_bytes> closure;

  Node* next = nullptr;  ///< in the list of nodes being freed

  bool recorded() const { return run != nullptr; }
  const Scalar* data() const { return value.data(); }
  /// Storage that may be written: copied first if anybody else still reads it.
  Scalar* writable();
  /// Forgets the way back; inputs nobody else owns are freed, iteratively.
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

/// The node behind a tensor; an empty one for a Tensor that was moved from or never set.
Node& empty_node();
inline Node& node_of(const Tensor& tensor) {
  Node* node = tensor.node();
  return node ? *node : empty_node();
}

/// A tensor of this shape with uninitialised values, and the place to write them.
struct Fresh {
  explicit Fresh(const Shape& shape) : Fresh(shape, shape.count()) {}
  Fresh(const Shape& shape, std::int64_t size) {
    Buffer values(size);
    data = values.data();
    tensor = Tensor(make_node(shape, size, std::move(values)));
  }
  Tensor tensor;
  Scalar* data;
};

/// Where a backward step writes the gradient of an input: assign if `add` is false, else add.
struct Target {
  Scalar* data;
  bool add;
};

/// A node's turn in a backward pass: its own gradient, and the way to its inputs'.
class Backward {
 public:
  explicit Backward(Node& node) : node_(node) {}
  /// d(loss)/d(output), of the output's shape.
  const Scalar* dy() const { return dy_ ? dy_ : node_.flow.data(); }
  const Node& output() const { return node_; }
  const Node& input(int i) const { return *node_.inputs[i]; }
  bool wants(int i) const { return input(i).wants_grad; }
  /// The gradient of input i, to be written now. With `in_place`, an op that reads dy[k] only
  /// before it writes element k may be given dy's own memory; dy() is void afterwards.
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
  /// Input i's gradient is dy, element for element.
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

/// Room for more inputs than a node holds itself.
Node** room_for_inputs(std::size_t count);

inline void attach(Node& node, std::span<const Tensor* const> inputs) {
  node.inputs = inputs.size() <= node.few_inputs.size() ? node.few_inputs.data()
                                                        : room_for_inputs(inputs.size());
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

/// Records `y` as computed from `inputs` if any of them wants a gradient: `step` is called with a
/// Backward when y's own gradient is complete. A step captures Buffers and plain values, never
/// tensors: that keeps graphs free of cycles.
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
/// Tensor::backward() from d(loss)/d(y) = seed.
void run_backward(const Tensor& y, Buffer seed);
/// backward(), except that what would be added to each .grad() goes into `out`, in the order of
/// `parameters`; one that y does not depend on gets an empty Tensor. Reuses out's memory.
void gradients_into(const Tensor& y, std::span<const Tensor> parameters, std::vector<Tensor>& out);

/// While one lives, copying a parameter's handle on this thread makes a new parameter with the same
/// values instead (the same one for every handle to it): how layers are copied deeply. One inside
/// another adds nothing.
class DeepCopy {
 public:
  DeepCopy();
  DeepCopy(const DeepCopy&) = delete;
  DeepCopy& operator=(const DeepCopy&) = delete;
  ~DeepCopy();
  Node* copy_of(Node* original);

 private:
  bool outermost_;
  std::vector<std::pair<Tensor, Tensor>> copies_;
};

}}}  // namespace gradus::detail
