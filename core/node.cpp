/// Storage and ownership of nodes; frees nodes that have no owner.

#include <gradus/core/node.h>

#include <algorithm>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

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

Node** room_for_inputs(std::size_t count) {
  return static_cast<Node**>(take_memory(count * sizeof(Node*)));
}

Census census() { return thread_state.census; }

}}}  // namespace gradus::detail
