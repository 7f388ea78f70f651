#include <gradus/schedules/algebra.h>

#include <array>
#include <cmath>
#include <vector>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace {

/// Room for a few without asking for memory, and for any number with it.
template <class T>
class Stack {
 public:
  bool empty() const { return size_ == 0; }
  T& top() { return size_ <= few_.size() ? few_[size_ - 1] : more_.back(); }
  /// A new top, to be filled where it is: copying it there would cost more than the rest.
  T& push() {
    if (++size_ > few_.size()) more_.emplace_back();
    return top();
  }
  void pop() {
    if (size_-- > few_.size()) more_.pop_back();
  }

 private:
  std::array<T, 16> few_;
  std::vector<T> more_;
  std::size_t size_ = 0;
};

}  // namespace

/// Down to the part that has a formula, then up again with its value, and down into the second part
/// where there is one. An expression that passes on the answer as it is, need not be waited for.
Real Schedule::evaluate(const Function* function, double step) {
  struct Waiting {
    const Function* function;
    double step;
    Real factor, first;
    int asked;
  };
  Stack<Waiting> stack;
  const auto go = [&](const detail::Question& q) {
    function = q.part->function_.get();
    step = q.step;
  };
  for (;;) {
    while (function->parts > 0) {
      const detail::Question q = function->ask(step, 0);
      if (!function->passes_on || value(q.factor) != 1) {
        Waiting& waiting = stack.push();
        waiting.function = function;
        waiting.step = step;
        waiting.factor = q.factor;
        waiting.asked = 1;
      }
      go(q);
    }
    Real answer = function->at(step);
    for (;; stack.pop()) {
      if (stack.empty()) return answer;
      Waiting& up = stack.top();
      answer = answer * up.factor;
      if (up.asked < up.function->parts) {
        const detail::Question q = up.function->ask(up.step, up.asked++);
        up.first = answer;
        up.factor = q.factor;
        go(q);
        break;
      }
      answer = up.function->parts == 1 ? up.function->answer(answer, 0)
                                       : up.function->answer(up.first, answer);
    }
  }
}

void Schedule::Release::operator()(const Function* function) const noexcept {
  // Whoever dies frees its parts: their deaths come here, and wait in line for the first one's.
  thread_local const Function* dying = nullptr;
  thread_local bool at_work = false;
  function->next_dying = dying;
  dying = function;
  if (at_work) return;
  at_work = true;
  while (dying) {
    const Function* next = dying;
    dying = next->next_dying;
    delete next;
  }
  at_work = false;
}

Real Schedule::checked(double step) const {
  check(step >= 0, "Schedule: step must be >= 0 (got {})", step);
  const Real rate = at(step);
  if (!std::isfinite(value(rate))) [[unlikely]]
    throw NumericError(
        fmt::format("Schedule: {} returned {} at step {}", to_string(*this), value(rate), step));
  return rate;
}

Real Schedule::area(Step steps) const {
  check(steps >= 0, "Schedule::area: steps must be >= 0 (got {})", steps);
  const double end = constant() ? 0 : std::ceil(duration());
  const Step moving = end < static_cast<double>(steps) ? static_cast<Step>(end) : steps;
  Real sum = 0, lost = 0;  // Kahan 1965: what a long sum would lose to rounding
  for (Step t = 0; t < moving; ++t) {
    const Real next = (*this)(t)-lost;
    const Real total = sum + next;
    lost = (total - sum) - next;
    sum = total;
  }
  if (moving < steps) sum += static_cast<double>(steps - moving) * (*this)(moving);
  return sum;
}

Schedule Schedule::take(Steps steps) const { return Take{*this, steps}; }

detail::Config Schedule::config() const { return function_->config(); }

detail::Config Schedule::Fixed::config() const { return {.type = "constant", .spelt = "constant"}; }

}}  // namespace gradus
