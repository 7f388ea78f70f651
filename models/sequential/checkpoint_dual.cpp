/// checkpoint.cpp for the dual build.
#include <gradus/models/sequential.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {
[[noreturn]] void refuse(const char* where) {
  throw StateError(fmt::format(
      "{}: files hold numbers without derivatives; train a model to keep with gradus_f64", where));
}
}  // namespace

void Sequential::save(const std::string&, const SaveOptions&) const { refuse("save"); }
void Sequential::load(const std::string&, const LoadOptions&) { refuse("load"); }
void Sequential::load_weights(const std::string&) { refuse("load_weights"); }
std::map<std::string, std::string> read_metadata(const std::string&) { refuse("read_metadata"); }

}}  // namespace gradus
