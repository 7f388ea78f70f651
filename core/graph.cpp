/// The backward pass over a graph.

#include <gradus/core/node.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {
namespace {

/// Orders the queue of nodes that have a gradient: the youngest on top.
bool older(const Node* a, const Node* b) { return a->id < b->id; }

/// Memory of the backward pass, kept between passes.
struct Scratch {
  std::vector<Node*> queue, leaves;
};
thread_local Scratch scratch;

/// One backward pass. Its end, also by an exception, leaves no node queued and no flow behind.
class Pass {
 public:
  Pass(const Tensor& y, Buffer seed) {
    Node& node = *y.node();
    node.flow = std::move(seed);
    enqueue(&node);
  }
  Pass& operator=(Pass&&) = delete;  // nor any copy
  ~Pass() {
    if (current_) abandon(current_);
    for (std::vector<Node*>* list : {&queue_, &leaves_}) {
      for (Node* node : *list) abandon(node);
      list->clear();
    }
  }

  /// A parameter only collects its gradient; any other node waits for all nodes computed from it.
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

  /// Passes all gradients on to the parameters, which are then in `leaves()`.
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

  Node* current_ = nullptr;  ///< the node that has its turn
  std::vector<Node*>& queue_ = scratch.queue;
  std::vector<Node*>& leaves_ = scratch.leaves;
};

}  // namespace

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

void gradients_into(const Tensor& y, std::span<const Tensor> parameters, std::vector<Tensor>& out) {
  Buffer seed = seed_of(y);
  Pass pass(y, std::move(seed));
  pass.run();
  out.clear();
  for (const Tensor& x : parameters) {
    const Node& node = node_of(x);
    out.push_back(node.flow ? Tensor(make_node(node.shape, node.flow)) : Tensor());
  }
}

}}}  // namespace gradus::detail
