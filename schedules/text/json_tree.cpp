#include <gradus/schedules/json_tree.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include <gradus/core/error.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {
namespace {

using Json = nlohmann::json;
using Type = JsonTree::Type;

/// Builds a tree from the parser's events.
class Builder : public nlohmann::detail::json_sax_acceptor<Json> {
 public:
  Builder(int deepest, const std::function<void(const JsonFault&)>& on_fault)
      : deepest_(deepest), fail_(on_fault) {}

  bool null() { return put({}); }
  bool boolean(bool truth) { return put({Type::boolean, truth ? 1.0 : 0.0}); }
  bool number_integer(std::int64_t n) { return put({Type::number, static_cast<double>(n)}); }
  bool number_unsigned(std::uint64_t n) { return put({Type::whole, static_cast<double>(n), n}); }
  bool number_float(double n, const std::string&) { return put({Type::number, n}); }
  bool string(std::string& text) { return put({Type::text, 0, 0, std::move(text)}); }
  bool start_list(Type type) {
    if (std::ssize(open_) >= deepest_) {
      if (skipped_++ > 0) return true;
      fail_({JsonFault::Kind::depth});
      return add({type});
    }
    put({type});
    open_.push_back({open_.empty() ? &tree : &open_.back().tree->members.back().second});
    return true;
  }
  bool start_array(std::size_t) { return start_list(Type::list); }
  bool start_object(std::size_t) { return start_list(Type::object); }
  bool end_array() {
    if (skipped_ > 0)
      --skipped_;
    else
      open_.pop_back();
    return true;
  }
  bool end_object() { return end_array(); }
  bool key(std::string& name) {
    if (skipped_ > 0) return true;
    if (!open_.back().names.insert(name).second)
      fail_({JsonFault::Kind::repeated, 0, std::move(name)});
    name_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t at, const std::string& last, const Json::exception& error) {
    const bool range = dynamic_cast<const Json::out_of_range*>(&error) != nullptr;
    fail_({range ? JsonFault::Kind::range : JsonFault::Kind::syntax, at, last});
    return false;
  }

  JsonTree tree;

 private:
  struct Open {
    JsonTree* tree;  ///< stays where it is: only the innermost list grows
    std::set<std::string> names = {};
  };
  bool put(JsonTree value) { return skipped_ > 0 || add(std::move(value)); }
  bool add(JsonTree value) {
    if (open_.empty())
      tree = std::move(value);
    else
      open_.back().tree->members.emplace_back(std::exchange(name_, {}), std::move(value));
    return true;
  }

  int deepest_;
  const std::function<void(const JsonFault&)>& fail_;
  std::vector<Open> open_;
  std::int64_t skipped_ = 0;  ///< lists and objects that are open beyond `deepest_`
  std::string name_;
};

}  // namespace

const JsonTree* JsonTree::find(std::string_view name) const {
  const auto found = std::ranges::find(members, name, &std::pair<std::string, JsonTree>::first);
  return found == members.end() ? nullptr : &found->second;
}

JsonTree parse_json(std::string_view text, int deepest,
                    const std::function<void(const JsonFault&)>& fail) {
  Builder builder(deepest, fail);
  Json::sax_parse(text, &builder);
  return std::move(builder.tree);
}

std::string in_quotes(std::string_view text, bool ascii, std::string_view caller) {
  const Json json = text;
  const auto dump = [&](auto on_error) { return json.dump(-1, ' ', ascii, on_error); };
  std::string out = dump(Json::error_handler_t::replace);
  check(out == dump(Json::error_handler_t::ignore), "{}: a name must be UTF-8 text", caller);
  return out;
}

std::string json_number(double number) { return Json(number).dump(); }

}}}  // namespace gradus::detail
