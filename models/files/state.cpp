#include <gradus/models/state.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

std::string below(std::string_view folder, std::string_view name) {
  return std::string(folder).append("/").append(name);
}

// ---- writing ------------------------------------------------------------------------------------

void StateWriter::operator()(std::string_view name, const Tensor& member) {
  to_[path(name)] = {member.shape(),
                     std::vector<Scalar>(member.values().begin(), member.values().end())};
}

void StateWriter::operator()(std::string_view name, const NamedNumbers& members) {
  for (const auto& [key, numbers] : members) (*this)(below(name, key), numbers);
}

void StateWriter::save(std::string_view name, std::vector<std::int64_t> numbers) {
  to_[path(name)] = {{numbers.size()}, std::move(numbers)};
}
void StateWriter::save(std::string_view name, std::vector<double> numbers) {
  to_[path(name)] = {{numbers.size()}, std::move(numbers)};
}

// ---- reading ------------------------------------------------------------------------------------

template <class T>
std::vector<T> StateReader::take(const std::string& path, Shape* shape) const {
  const auto found = from_.find(path);
  check<FormatError>(found != from_.end(), "load: '{}' is missing", path);
  std::vector<T>* numbers = std::get_if<std::vector<T>>(&found->second.numbers);
  check<FormatError>(numbers != nullptr, "load: '{}' is of another type than it must be", path);
  if (shape) *shape = found->second.shape;
  std::vector<T> taken = std::move(*numbers);
  from_.erase(found);
  return taken;
}

template <class T>
T StateReader::take_one(const std::string& path) const {
  const std::vector<T> numbers = take<T>(path);
  check<FormatError>(numbers.size() == 1, "load: '{}' must be one number (got {})", path,
                     numbers.size());
  return numbers[0];
}

template std::vector<std::int64_t> StateReader::take(const std::string&, Shape*) const;
template std::vector<double> StateReader::take(const std::string&, Shape*) const;
template std::int64_t StateReader::take_one(const std::string&) const;
template double StateReader::take_one(const std::string&) const;

void StateReader::operator()(std::string_view name, Tensor& member) const {
  Shape shape;
  const auto values = take<Scalar>(path(name), &shape);
  member = Tensor(shape, values);
}

std::size_t StateReader::count_of(std::string_view name) const {
  std::size_t count = 0;
  (*this)(below(name, "count"), count);
  check<FormatError>(count <= from_.size(), "load: '{}/count' is more than the file holds ({})",
                     path(name), count);
  return count;
}

void StateReader::operator()(std::string_view name, NamedNumbers& members) const {
  members.clear();
  const std::string prefix = path(name) + "/";
  for (auto at = from_.lower_bound(prefix); at != from_.end() && at->first.starts_with(prefix);) {
    const std::string key = at++->first.substr(prefix.size());
    (*this)(below(name, key), members[key]);
  }
}

}}}  // namespace gradus::detail
