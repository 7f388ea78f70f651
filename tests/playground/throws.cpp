/// Prints what happens to exceptions. Compiled natively and for WASM, where exceptions.cpp is the
/// runtime: both must print the same.
#include <cstdint>
#include <cstdio>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>

namespace {

int alive = 0;  ///< objects of Counted

struct Counted {
  explicit Counted(int what) : number(what) { ++alive; }
  Counted(const Counted& other) : number(other.number) { ++alive; }
  Counted& operator=(const Counted&) = default;
  ~Counted() { --alive; }
  int number;
};
struct Left {
  virtual ~Left() = default;
  int left = 1;
};
struct Right {
  virtual ~Right() = default;
  int right = 2;
};
struct Both : Left, Right, Counted {
  Both() : Counted(3) {}
};
struct alignas(16) Wide {
  double values[4] = {1, 2, 3, 4};
};

void print(const char* what, int number) { std::printf("%s %d\n", what, number); }
/// Prints when its scope ends, and how many exceptions are on their way then.
struct Announce {
  const char* what;
  ~Announce() { print(what, std::uncaught_exceptions()); }
};

void types() {
  for (int i = 0; i < 6; ++i) try {
      const Announce inner{"leaves the try block"};
      if (i == 0) throw 42;
      if (i == 1) throw std::string("a string");
      if (i == 2) throw Both();
      if (i == 3) throw "text";
      if (i == 4) throw Wide();
      print("throws nothing", i);
    } catch (int number) {
      print("int", number);
    } catch (const std::string& text) {
      print(text.c_str(), 0);
    } catch (const Right& right) {
      print("the second base", right.right);
    } catch (const char* text) {
      print(text, 0);
    } catch (...) {
      print("something else", i);
    }
}

void bases() {
  Both both;
  try {
    throw &both;
  } catch (Right* right) {
    print("a pointer to the second base", right == &both ? right->right : 0);
  }
  try {
    throw static_cast<Both*>(nullptr);
  } catch (const Right* right) {
    print("a null pointer", right == nullptr);
  }
  try {
    throw std::out_of_range("out of range");
  } catch (const std::logic_error& error) {
    print(error.what(), 0);
  }
  try {
    throw Wide();
  } catch (Wide wide) {
    print("aligned", reinterpret_cast<std::uintptr_t>(&wide) % 16 == 0 && wide.values[3] == 4);
  }
}

/// Throws on `depth` times, through destructors.
int deep(int depth) {
  const Announce here{"unwinds"};
  try {
    if (depth == 0) throw Both();
    return deep(depth - 1);
  } catch (const Counted& counted) {
    print("throws on", depth + counted.number);
    throw;
  }
}

void rethrows() {
  try {
    deep(2);
  } catch (Left& left) {
    left.left = 5;
    try {
      throw;  // to a handler inside of the one that holds it
    } catch (const Left& again) {
      print("the same object", again.left);
    }
    print("still held", left.left);
  }
  try {
    try {
      throw 1;
    } catch (int number) {
      throw std::to_string(number + 1);  // another one, which ends the first
    }
  } catch (const std::string& text) {
    print(text.c_str(), std::uncaught_exceptions());
  }
}

void nested() {
  try {
    throw Counted(1);
  } catch (const Counted& outer) {
    for (int i = 0; i < 2; ++i) try {
        throw Counted(10 + i);
      } catch (const Counted& inner) {
        print("inside of a handler", inner.number + alive);
      }
    print("the outer one", outer.number + alive);
  }
  struct InDestructor {
    ~InDestructor() {
      try {
        throw 7;
      } catch (int number) {
        print("thrown and caught on the way", number + std::uncaught_exceptions());
      }
    }
  };
  try {
    const InDestructor object;
    throw Counted(2);
  } catch (const Counted& counted) {
    print("arrives", counted.number);
  }
}

struct Member {
  Counted counted{1};
  Member() { throw std::runtime_error("a constructor"); }
};
struct CopyThrows {
  CopyThrows() = default;
  CopyThrows(const CopyThrows&) { throw 8; }
};

void constructors() {
  try {
    const Member member;
  } catch (const std::exception& error) {
    print(error.what(), alive);
  }
  try {
    static const CopyThrows object;
    throw object;
  } catch (int number) {
    print("the copy to throw", number);
  }
  try {
    delete new Member;
  } catch (const std::runtime_error&) {
    print("new", alive);
  }
}

void memory() {
  const volatile std::size_t most = SIZE_MAX - 64;
  try {
    operator delete(operator new(most));
    print("memory", 0);
  } catch (const std::bad_alloc&) {
    print("no memory", 0);
  }
}

/// As many as would show a leak, also of what handlers hold.
void many() {
#ifdef __wasm__
  const auto pages = [] { return static_cast<int>(__builtin_wasm_memory_size(0)); };
#else
  const auto pages = [] { return 0; };
#endif
  int before = 0;
  for (int i = 0; i < 50'000; ++i) {
    if (i == 1000) before = pages();
    try {
      try {
        throw Both();
      } catch (const Left&) {
        if (i % 2) throw;
        throw Both();
      }
    } catch (const Counted&) {
    }
  }
  print("pages of memory more", pages() - before);
}

}  // namespace

int main() {
  for (const auto& part : {types, bases, rethrows, nested, constructors, memory, many}) {
    part();
    print("objects left", alive);
  }
}
