#include <gradus/models/state.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

void StateWriter::operator()(std::string_view name, const Tensor& member) {
  to_[path(name)] = {member.shape(),
                     std::vector<Scalar>(member.values().begin(), member.values().end())};
}

void StateReader::operator()(std::string_view name, Tensor& member) const {
  Shape shape;
  const auto values = take<Scalar>(path(name), &shape);
  member = Tensor(shape, values);
}

void StateReader::operator()(
    std::string_view name, std::map<std::string, std::vector<double>, std::less<>>& members) const {
  members.clear();
  const std::string below = path(name) + "/";
  for (auto at = from_.lower_bound(below); at != from_.end() && at->first.starts_with(below);) {
    const std::string key = at++->first.substr(below.size());
    (*this)(fmt::format("{}/{}", name, key), members[key]);
  }
}

}}}  // namespace gradus::detail
