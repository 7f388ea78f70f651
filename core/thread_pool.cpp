#include <gradus/core/thread_pool.h>

#include <atomic>

#if !defined(__wasm__)  // WebAssembly has no threads: there the caller does all pieces
#include <unistd.h>

#include <chrono>
#include <thread>
#endif

namespace gradus { inline namespace GRADUS_VARIANT {
namespace detail {
namespace {

constexpr int most_threads = 64;

class ThreadPool;

/// Trivially destructible: static objects' destructors may compute later, then without helpers.
struct Team {
  int count = 1;
  ThreadPool* pool = nullptr;
  bool busy = false;  ///< runs a job, or has ended
};
constinit thread_local Team team{};

#if !defined(__wasm__)
using std::chrono::microseconds;

/// Waits for `ready()`: first in a busy loop, since the next piece usually comes at once, then
/// yielding to other threads. False if `limit` has passed.
template <class Ready>
bool wait_for(Ready ready, microseconds limit) {
  const auto start = std::chrono::steady_clock::now();
  microseconds waited{0};
  while (waited < limit) {
    for (int i = 0; i < 32; ++i) {
      if (ready()) return true;
#if defined(__SSE__)
      _mm_pause();
#endif
    }
    waited = std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - start);
    if (waited > microseconds(50)) std::this_thread::yield();
  }
  return false;
}

/// The number of a job, the number of helpers it may have, and the pieces [begin, end) not yet
/// taken. All in one word, so that a thread that takes a piece knows its job. The owner takes from
/// the front, helpers from the back: from job to job, each mostly gets what its cache holds.
struct Ticket {
  static constexpr std::uint64_t piece_bits = 11, helper_bits = 6;
  std::uint64_t word;

  static Ticket first_of(Ticket last, int helpers, int pieces) {
    const std::uint64_t number = (last.word >> (2 * piece_bits + helper_bits)) + 1;
    return {((number << helper_bits | static_cast<std::uint64_t>(helpers)) << piece_bits |
             static_cast<std::uint64_t>(pieces))
            << piece_bits};
  }
  int begin() const { return field(0, piece_bits); }
  int end() const { return field(piece_bits, piece_bits); }
  int helpers() const { return field(2 * piece_bits, helper_bits); }
  bool open_to(int thread) const { return begin() < end() && thread <= helpers(); }
  int next_for(int thread) const { return thread == 0 ? begin() : end() - 1; }
  Ticket without_next_for(int thread) const {
    return {thread == 0 ? word + 1 : word - (std::uint64_t{1} << piece_bits)};
  }
  int field(std::uint64_t at, std::uint64_t bits) const {
    return static_cast<int>(word >> at & ((std::uint64_t{1} << bits) - 1));
  }
};
static_assert(most_pieces < 1 << Ticket::piece_bits && most_threads <= 1 << Ticket::helper_bits);

/// The helpers of one thread, number 0, which works too and waits only for pieces they have taken.
class ThreadPool {
 public:
  ThreadPool& operator=(ThreadPool&&) = delete;  // nor any copy
  ~ThreadPool() {
    stop_ = true;
    open_ = Ticket::first_of({open_}, 0, 0).word;
    open_.notify_all();
    for (std::thread& helper : helpers_) helper.join();
  }

  /// False in a child made by fork(): the child inherits the pool, perhaps locked, but no helpers.
  bool here() const { return ::getpid() == process_; }

  void run(int helpers, int pieces, void (*call)(const void*, int, int), const void* f) {
    call_ = call;
    f_ = f;
    mode_ = arithmetic_mode();
    left_.store(pieces, std::memory_order_relaxed);
    open_ = Ticket::first_of({open_}, start(helpers), pieces).word;
    open_.notify_all();
    work(0);
    while (
        !wait_for([&] { return left_.load(std::memory_order_acquire) == 0; }, microseconds(1000)))
      continue;
  }

 private:
  /// Starts helpers until there are enough, or as many as the system allows; returns their number.
  int start(int helpers) try {
    while (std::ssize(helpers_) < helpers)
      helpers_.emplace_back(&ThreadPool::help, this, static_cast<int>(helpers_.size()) + 1);
    return helpers;
  } catch (const std::exception&) {
    return static_cast<int>(helpers_.size());
  }

  /// Main loop of a helper thread.
  void help(int thread) {
    const auto wanted = [&] { return stop_ || Ticket{open_}.open_to(thread); };
    while (!stop_) {
      if (!wait_for(wanted, microseconds(1000))) {
        const Ticket last{open_};  // read before stop_, which is set before a last change of open_
        if (!stop_ && !last.open_to(thread)) open_.wait(last.word);
      }
      work(thread);
    }
  }

  /// Does pieces until none is left. While one has a piece, the job (call_ and f_) cannot change.
  void work(int thread) {
    Ticket ticket{open_};
    while (ticket.open_to(thread)) {
      if (!open_.compare_exchange_weak(ticket.word, ticket.without_next_for(thread).word)) continue;
      if (thread > 0) set_arithmetic_mode(mode_);
      call_(f_, ticket.next_for(thread), thread);
      left_.fetch_sub(1, std::memory_order_release);
      ticket.word = open_;
    }
  }

  const pid_t process_ = ::getpid();
  void (*call_)(const void*, int, int) = nullptr;
  const void* f_ = nullptr;
  unsigned mode_ = 0;
  std::atomic<std::uint64_t> open_ = 0;  ///< a Ticket; helpers sleep until it changes
  std::atomic<int> left_ = 0;            ///< pieces not done
  std::atomic<bool> stop_ = false;
  std::vector<std::thread> helpers_;
};
#endif

}  // namespace

int threads() noexcept { return team.count; }

void run_pieces(int pieces, void (*call)(const void* f, int piece, int thread), const void* f) {
#if !defined(__wasm__)
  const int threads = std::min(team.count, pieces);
  if (threads > 1 && !team.busy) {
    if (!team.pool) team.pool = new ThreadPool;
    thread_local const AtEnd of_thread([] {  // a child made by fork() leaves the helpers untouched
      team.busy = true;
      if (team.pool->here()) delete team.pool;
    });
    if (team.pool->here()) {
      team.busy = true;
      team.pool->run(threads - 1, pieces, call, f);
      team.busy = false;
      return;
    }
  }
#endif
  for (int piece = 0; piece < pieces; ++piece) call(f, piece, 0);
}

}  // namespace detail

Threads::Threads(Extent count) : before_(detail::team.count) {
  check(count >= 1, "Threads: count must be >= 1 (got {})", count.count);
  detail::team.count = static_cast<int>(std::min<std::int64_t>(count, detail::most_threads));
}
Threads::~Threads() { detail::team.count = before_; }

}}  // namespace gradus
