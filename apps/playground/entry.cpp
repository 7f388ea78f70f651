/// The functions of the module that the page calls.
#include <cstdlib>
#include <string>

#include "page/run_json.h"

namespace {
std::string text;
}

extern "C" {

/// Memory for the bytes of a question; 0 if there is none left.
[[clang::export_name("allocate")]] void* allocate(std::size_t bytes) { return std::malloc(bytes); }
[[clang::export_name("release")]] void release(void* memory) { std::free(memory); }

/// Answers a question of run_json(), in UTF-8. The answer stays in place until the next call.
[[clang::export_name("answer")]] const char* answer(const char* question, std::size_t bytes) {
  text = run_json({question, bytes});
  return text.data();
}
/// The bytes of the answer.
[[clang::export_name("answer_size")]] std::size_t answer_size() { return text.size(); }

}  // extern "C"
