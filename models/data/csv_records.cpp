#include <gradus/models/csv_records.h>

#include <gradus/core/from_text.h>
#include <gradus/models/utf8.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {
namespace {
constexpr std::string_view blanks = " \t\r";
}  // namespace

Records::Records(std::string path, const Dialect& dialect)
    : path_(std::move(path)), dialect_(dialect), file_(path_) {
  next_line();
  if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);  // a byte order mark
}

bool Records::next(Fields& fields) {
  do {
    if (rest_.empty()) return false;
    fields_.clear();
    first_line_ = line_;
    do fields_.push_back(field());
    while (take(dialect_.separator));
    check<FormatError>(rest_.empty() || take('\n'), "{}:{}: text after a closing quote", path_,
                       line_);
    next_line();
  } while (fields_.size() == 1 && fields_[0].empty());
  fields.assign(fields_.begin(), fields_.end());
  return true;
}

/// Sets rest_ to the next line, with its line end; to nothing at the end of the file.
void Records::next_line() {
  constexpr std::size_t piece = 1 << 16, longest_line = 1 << 20, longest_text = 1 << 30;
  ++line_;
  std::size_t end = text_.find('\n', next_);
  for (bool more = true; more && end == text_.npos; end = text_.find('\n')) {
    text_.erase(0, std::exchange(next_, 0));
    const std::size_t before = text_.size();
    text_.resize(before + piece);
    const std::size_t got = file_.read(text_.data() + before, piece);
    text_.resize(before + got);
    total_ += got;
    check<FormatError>(total_ <= longest_text, "{}: longer than 1 GiB", path_);
    more = got > 0 && before <= longest_line;
  }
  rest_ = std::string_view(text_).substr(next_, end == text_.npos ? end : end + 1 - next_);
  next_ += rest_.size();
  std::size_t valid = 0;  // bytes of the line; it may be cut after longest_line
  for (std::size_t length = 1; length > 0 && valid < rest_.size(); valid += length)
    length = utf8_length(rest_.substr(valid));
  check<FormatError>(valid == rest_.size() || valid > longest_line, "{}:{}: not UTF-8 text", path_,
                     line_);
  check<FormatError>(rest_.size() <= longest_line, "{}:{}: longer than 1 MiB", path_, line_);
}

/// Reads a field, to the separator or the line end. Returns it without blanks at both ends.
std::string Records::field() {
  skip_blanks();
  const std::int64_t opened = line_;
  std::string text;
  if (take('"')) {
    do {
      std::size_t quote = rest_.find('"');
      for (; quote == rest_.npos; quote = rest_.find('"')) {
        text += rest_;
        next_line();
        check<FormatError>(!rest_.empty(), "{}:{}: the quote opened here is never closed", path_,
                           opened);
      }
      text += rest_.substr(0, quote + 1);  // with the quote, which stays if it is doubled
      rest_.remove_prefix(quote + 1);
    } while (take('"'));
    text.pop_back();
    skip_blanks();
  } else {
    const char ends[] = {dialect_.separator, '\n'};
    text = rest_.substr(0, rest_.find_first_of({ends, 2}));
    rest_.remove_prefix(text.size());
  }
  text.erase(text.find_last_not_of(blanks) + 1);
  return text.substr(std::min(text.find_first_not_of(blanks), text.size()));
}

void Records::skip_blanks() {
  while (!rest_.empty() && rest_[0] != dialect_.separator && blanks.find(rest_[0]) != blanks.npos)
    rest_.remove_prefix(1);
}

bool Records::take(char c) {
  const bool there = rest_.starts_with(c);
  if (there) rest_.remove_prefix(1);
  return there;
}

std::pair<double, std::string_view> read_number(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  double number = 0;
  const auto [stop, error] = from_text(text.data(), end, number);
  if (stop != end || error == std::errc::invalid_argument) return {0, not_a_number};
  if (error == std::errc::result_out_of_range) {  // too small, if strtod makes a 0 of it
    std::string copy(text);
    std::ranges::replace(copy, '.', *std::localeconv()->decimal_point);
    return {0, std::abs(std::strtod(copy.c_str(), nullptr)) < 1 ? "" : number_out_of_range};
  }
  if (!std::isfinite(number)) return {0, "is not finite"};
  return {number, std::abs(number) > std::numeric_limits<Scalar>::max() ? number_out_of_range : ""};
}

}}}  // namespace gradus::detail
