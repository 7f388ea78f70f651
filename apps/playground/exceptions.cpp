/// Exceptions for wasm32-wasi: Debian's libc++abi has type information but not the functions that
/// compiled `throw` and `catch` call. They are those of the Itanium C++ ABI, for one thread, over
/// WebAssembly's own throw. The tables are as LLVM writes them: its "Exception Handling ABI".
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <typeinfo>

namespace {

using Destructor = void* (*)(void*);

/// In front of each thrown object.
struct alignas(16) Header {
  const std::type_info* type;
  Destructor destroy;
  void* adjusted;  ///< what the handler gets: a base of the object, or the pointer thrown
  int handlers;    ///< that hold it; below 0 while it is thrown on by the last of them
  Header* outer;   ///< caught before and still held
};
static_assert(sizeof(Header) % 16 == 0);

Header* caught = nullptr;  ///< the innermost that a handler holds
int uncaught = 0;          ///< thrown and not caught yet

Header* header_of(void* thrown) { return static_cast<Header*>(thrown) - 1; }

/// The part of libc++abi's type information, private there, that says what a handler takes.
struct Catcher : std::type_info {
  ~Catcher() override;
  virtual void unused1() const;
  virtual void unused2() const;
  /// Whether a handler of this type takes the object; then moves the pointer to what it gets.
  virtual bool can_catch(const Catcher* thrown, void*& object) const = 0;
};

/// A number in DWARF's variable length: 7 bits a byte, the lowest first, perhaps with a sign.
std::intptr_t read_number(const std::uint8_t*& at, bool has_sign = false) {
  std::uintptr_t out = 0;
  int bits = 0;
  do {
    out |= static_cast<std::uintptr_t>(*at & 127) << bits;
    bits += 7;
  } while (*at++ & 128);
  if (has_sign && bits < 32 && (at[-1] & 64)) out |= ~std::uintptr_t{0} << bits;
  return static_cast<std::intptr_t>(out);
}

/// The first handler, by its number in the table of types, of a chain of actions that takes the
/// exception; 0 if none does. A type that is null takes all.
std::uintptr_t handler_of(Header* header, const std::uint8_t* action, const std::uint8_t* types) {
  for (;;) {
    const std::intptr_t number = read_number(action, true);
    const std::uint8_t* const here = action;
    const std::intptr_t next = read_number(action, true);
    if (number > 0) {
      const Catcher* type;
      std::memcpy(&type, types - number * static_cast<std::intptr_t>(sizeof type), sizeof type);
      header->adjusted = header + 1;
      if (!type || type->can_catch(static_cast<const Catcher*>(header->type), header->adjusted))
        return static_cast<std::uintptr_t>(number);
    }
    if (next == 0) return 0;
    action = here + next;
  }
}

[[noreturn]] void raise(Header* header) {
  ++uncaught;
  __builtin_wasm_throw(0, header + 1);
}

}  // namespace

extern "C" {

/// Before it calls _Unwind_CallPersonality(), a landing pad says here which one it is and where
/// its function's table is. The selector is the answer.
struct LandingPad {
  std::uintptr_t index;
  const std::uint8_t* table;
  std::uintptr_t selector;
};
LandingPad __wasm_lpad_context = {};

/// Finds the handler in the landing pad that takes the exception; the selector is 0 if none does,
/// and then the pad cleans up and throws on.
int _Unwind_CallPersonality(void* thrown) {
  constexpr std::uint8_t omitted = 0xff;
  __wasm_lpad_context.selector = 0;
  const std::uint8_t* at = __wasm_lpad_context.table;
  if (!at) return 0;
  if (*at++ != omitted) read_number(at);  // the base of landing pads
  const std::uint8_t* types = nullptr;
  if (*at++ != omitted) {
    const std::intptr_t length = read_number(at);
    types = at + length;
  }
  ++at;  // the form of call sites, which is always read_number()
  const std::intptr_t length = read_number(at);
  const std::uint8_t* const actions = at + length;
  for (std::uintptr_t site = 0; at < actions; ++site) {
    read_number(at);  // the number of the pad once more
    const std::intptr_t action = read_number(at);
    if (site != __wasm_lpad_context.index) continue;
    if (action > 0)
      __wasm_lpad_context.selector = handler_of(header_of(thrown), actions + action - 1, types);
    break;
  }
  return 0;
}

/// Memory for an object to throw, behind its header. Without memory the program ends.
void* __cxa_allocate_exception(std::size_t size) noexcept {
  auto* const header = static_cast<Header*>(std::malloc(sizeof(Header) + size));
  if (!header) std::terminate();
  *header = {};
  return header + 1;
}

/// Frees it again, where the constructor of the object threw.
void __cxa_free_exception(void* object) noexcept { std::free(header_of(object)); }

/// `throw`: the object is constructed; `destroy` may be null.
[[noreturn]] void __cxa_throw(void* object, std::type_info* type, Destructor destroy) {
  Header* const header = header_of(object);
  header->type = type;
  header->destroy = destroy;
  raise(header);
}

/// The object for a handler that takes a copy, before __cxa_begin_catch().
void* __cxa_get_exception_ptr(void* thrown) noexcept { return header_of(thrown)->adjusted; }

/// A handler begins. It gets what is returned.
void* __cxa_begin_catch(void* thrown) noexcept {
  Header* const header = header_of(thrown);
  --uncaught;
  header->handlers = std::abs(header->handlers) + 1;
  if (caught != header) {  // else thrown on by the handler around this one
    header->outer = caught;
    caught = header;
  }
  return header->adjusted;
}

/// The innermost handler ends, also by an exception. Where it throws on what it holds, the
/// exception lives until another handler ends.
void __cxa_end_catch() {
  Header* const header = caught;
  if (!header) return;
  const bool thrown_on = header->handlers < 0;
  header->handlers += thrown_on ? 1 : -1;
  if (header->handlers != 0) return;
  caught = header->outer;
  if (thrown_on) return;
  if (header->destroy) header->destroy(header + 1);
  std::free(header);
}

/// `throw;`
[[noreturn]] void __cxa_rethrow() {
  if (!caught) std::terminate();
  caught->handlers = -caught->handlers;
  raise(caught);
}

/// std::uncaught_exceptions()
unsigned __cxa_uncaught_exceptions() noexcept { return static_cast<unsigned>(uncaught); }
bool __cxa_uncaught_exception() noexcept { return uncaught > 0; }

/// std::exception_ptr is left out: in a handler, std::current_exception() ends the program.
/// libc++abi has no part of this without the rest.
void* __cxa_current_primary_exception() noexcept {
  if (caught) std::terminate();
  return nullptr;
}
void __cxa_rethrow_primary_exception(void*) {}
void __cxa_increment_exception_refcount(void*) noexcept {}
void __cxa_decrement_exception_refcount(void*) noexcept {}

/// Destructors at the end of a thread: the only thread does not end.
int __cxa_thread_atexit(void (*)(void*), void*, void*) { return 0; }

}  // extern "C"

/// libc++abi's would end the program where memory runs out.
void* operator new(std::size_t size) {
  if (void* const memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
