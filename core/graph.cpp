/// The life of a graph: recorded nodes are run backward and freed.

#include <algorithm>
#include <bit>
#include <vector>

#include <gradus/core/node.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace detail {

constinit thread_local ThreadState thread_state{};

namespace {

/// Nodes with a gradient waiting, the youngest on top.
bool older(const Node* a, const Node* b) { return a->id < b->id; }

/// Memory of the backward pass, kept between passes.
struct Scratch {
  std::vector<Node*> queue, leaves;
};
thread_local Scratch scratch;

/// One run backward. Whatever happens, it leaves no node queued and no flow behind.
class Pass {
 public:
  Pass(const Tensor& y, Buffer seed) {
    Node& node = *y.node();
    node.flow = std::move(seed);
    enqueue(&node);
  }
  Pass(const Pass&) = delete;
  Pass& operator=(const Pass&) = delete;
  ~Pass() {
    if (current_) abandon(current_);
    for (std::vector<Node*>* list : {&queue_, &leaves_}) {
      for (Node* node : *list) abandon(node);
      list->clear();
    }
  }

  /// A parameter is at its goal; anything else waits until all that was made from it had its turn.
  void enqueue(Node* node) {
    if (node->queued) return;
    if (node->is_parameter) {
      leaves_.push_back(node);
    } else {
      queue_.push_back(node);
      std::push_heap(queue_.begin(), queue_.end(), older);
    }
    node->queued = true;
    retain(node);
  }

  /// Hands every gradient down to the parameters, which then wait in `leaves()`.
  void run() {
    while (!queue_.empty()) {
      std::pop_heap(queue_.begin(), queue_.end(), older);
      Node* node = current_ = queue_.back();
      queue_.pop_back();
      check<StateError>(!node->spent,
                        "backward: this part of the computation was run backward before; compute "
                        "it again, add the losses up first, or detach() what is carried over");
      Backward turn(*node);
      node->run(node->closure.data(), turn);
      for (std::uint32_t i = 0; i < node->input_count; ++i)
        if (node->inputs[i]->flow) enqueue(node->inputs[i]);
      node->spent = true;
      node->forget();
      const bool kept = node->keep_flow;
      if (kept) leaves_.push_back(node);
      current_ = nullptr;
      if (!kept) abandon(node);
    }
  }

  const std::vector<Node*>& leaves() const { return leaves_; }

 private:
  /// Ends a node's part in this pass.
  static void abandon(Node* node) noexcept {
    for (std::uint32_t i = 0; i < node->input_count; ++i) node->inputs[i]->flow.reset();
    node->queued = false;
    node->flow.reset();
    release(node);
  }

  Node* current_ = nullptr;  ///< whose turn it is
  std::vector<Node*>& queue_ = scratch.queue;
  std::vector<Node*>& leaves_ = scratch.leaves;
};

void check_differentiable(const Tensor& y) {
  check<StateError>(node_of(y).wants_grad,
                    "backward: nothing to differentiate; compute from a parameter(), and outside "
                    "of NoGrad");
}

Buffer seed_of(const Tensor& y) {
  check<ShapeError>(y.size() == 1,
                    "backward: the tensor must have one element (got shape {}); reduce it with "
                    "mean() or sum(), or give the upstream gradient",
                    y.shape());
  check_differentiable(y);
  Buffer seed(1);
  *seed.data() = 1;
  return seed;
}

/// What gradients_into() does to the nodes it is asked about, undone at the end.
class KeepFlow {
 public:
  explicit KeepFlow(std::span<const Tensor> inputs) : inputs_(inputs) {
    for (const Tensor& x : inputs_) node_of(x).keep_flow = true;
  }
  KeepFlow(const KeepFlow&) = delete;
  KeepFlow& operator=(const KeepFlow&) = delete;
  ~KeepFlow() {
    for (const Tensor& x : inputs_) node_of(x).keep_flow = false;
  }

 private:
  std::span<const Tensor> inputs_;
};

void run_backward(const Tensor& y, Buffer seed) {
  Pass pass(y, std::move(seed));
  pass.run();
  for (Node* leaf : pass.leaves()) {
    if (!leaf->grad) {
      leaf->grad = std::move(leaf->flow);
      continue;
    }
    if (!leaf->grad.unique())  // a tensor from grad() still shows the old sum
      leaf->grad = leaf->grad.copy(leaf->size);
    kernels().accumulate(leaf->flow.data(), leaf->grad.data(), leaf->size);
  }
}

}  // namespace

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

Node** room_for_inputs(std::size_t count) {
  return static_cast<Node**>(take_memory(count * sizeof(Node*)));
}

void gradients_into(const Tensor& y, std::span<const Tensor> inputs, std::vector<Tensor>& out) {
  Buffer seed = seed_of(y);
  const KeepFlow keep(inputs);
  Pass pass(y, std::move(seed));
  pass.run();
  out.clear();
  for (const Tensor& x : inputs) {
    const Node& node = node_of(x);
    out.push_back(node.flow ? Tensor(make_node(node.shape, node.flow)) : Tensor());
  }
}

Census census() { return thread_state.census; }

DeepCopy::DeepCopy() : outermost_(!thread_state.deep_copy) {
  if (outermost_) thread_state.deep_copy = this;
}
DeepCopy::~DeepCopy() {
  if (outermost_) thread_state.deep_copy = nullptr;
}

Node* DeepCopy::copy_of(Node* original) {
  for (const auto& [from, to] : copies_)
    if (from.node() == original) {
      retain(to.node());
      return to.node();
    }
  thread_state.deep_copy = nullptr;  // what follows copies handles as usual
  retain(original);
  const Tensor from(original);
  copies_.emplace_back(from, parameter(from));
  thread_state.deep_copy = this;
  Node* copy = copies_.back().second.node();
  retain(copy);
  return copy;
}

}  // namespace detail

Tensor::Tensor(const Tensor& other) : node_(other.node_) {
  if (!node_) return;
  if (node_->is_parameter && detail::thread_state.deep_copy) [[unlikely]]
    node_ = detail::thread_state.deep_copy->copy_of(node_);
  else
    detail::retain(node_);
}

void Tensor::backward() const { detail::run_backward(*this, detail::seed_of(*this)); }

void Tensor::backward(const Tensor& upstream) const {
  check<ShapeError>(upstream.shape() == shape(),
                    "backward: the upstream gradient must have the tensor's shape {} (got {})",
                    shape(), upstream.shape());
  detail::check_differentiable(*this);
  detail::run_backward(*this, detail::node_of(upstream).value);
}

std::vector<Tensor> gradients(const Tensor& y, std::span<const Tensor> inputs) {
  std::vector<Tensor> result;
  detail::gradients_into(y, inputs, result);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!result[i].node()) result[i] = Tensor::zeros(inputs[i].shape());
  return result;
}

NoGrad::NoGrad() noexcept : before_(std::exchange(detail::thread_state.recording, false)) {}
NoGrad::~NoGrad() { detail::thread_state.recording = before_; }

}}  // namespace gradus
