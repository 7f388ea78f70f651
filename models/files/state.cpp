#include <gradus/models/state.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

std::string below(std::string_view folder, std::string_view name) {
  return std::string(folder).append("/").append(name);
}

void StateWriter::operator()(std::string_view name, const Tensor& member) {
  to_[below(prefix_, name)] = {member.shape(),
                               std::vector<Scalar>(member.values().begin(), member.values().end())};
}

void StateWriter::operator()(std::string_view name, const NamedNumbers& members) {
  for (const auto& [key, numbers] : members) (*this)(below(name, key), numbers);
}

template <class T>
std::vector<T> StateReader::take(std::string_view name, Shape* shape) const {
  const std::string path = below(prefix_, name);
  const auto found = from_.find(path);
  check<FormatError>(found != from_.end(), "load: '{}' is missing", path);
  std::vector<T>* numbers = std::get_if<std::vector<T>>(&found->second.numbers);
  check<FormatError>(numbers != nullptr, "load: '{}' is of another type than it must be", path);
  if (shape) *shape = found->second.shape;
  std::vector<T> taken = std::move(*numbers);
  from_.erase(found);
  return taken;
}

template std::vector<std::int64_t> StateReader::take(std::string_view, Shape*) const;
template std::vector<double> StateReader::take(std::string_view, Shape*) const;

void StateReader::operator()(std::string_view name, Tensor& member) const {
  Shape shape;
  const auto values = take<Scalar>(name, &shape);
  member = Tensor(shape, values);
}

void StateReader::operator()(std::string_view name, NamedNumbers& members) const {
  members.clear();
  const std::string prefix = below(prefix_, name) + "/";
  for (auto at = from_.lower_bound(prefix); at != from_.end() && at->first.starts_with(prefix);) {
    const std::string key = at++->first.substr(prefix.size());
    (*this)(below(name, key), members[key]);
  }
}

}}}  // namespace gradus::detail
