/// The life of a node: storage, owners, and the end of what nobody owns.

#include <gradus/core/node.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace detail {

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

}}  // namespace gradus
