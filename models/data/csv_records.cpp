#include <gradus/models/csv_records.h>

#include <gradus/core/from_text.h>
#include <gradus/models/utf8.h>

namespace gradus { inline namespace GRADUS_VARIANT {

std::string describe(const Dialect& dialect) {
  const char c = dialect.separator;
  const std::string name = c == ','    ? "commas"
                           : c == ';'  ? "semicolons"
                           : c == '\t' ? "tabs"
                           : c == ' '  ? "blanks"
                                       : fmt::format("'{}'", c);
  return fmt::format("fields are separated by {}{}", name,
                     dialect.decimal == ',' ? ", decimal comma" : "");
}

namespace detail {
namespace {

/// What a byte is outside of quotes.
enum Kind : unsigned char { text, end_of_field, to_check /* part of a character, or NUL */ };

std::string_view without_blanks(std::string_view field) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!field.empty() && blank(field.back())) field.remove_suffix(1);
  while (!field.empty() && blank(field.front())) field.remove_prefix(1);
  return field;
}

/// Whether a field is a number such as 1,5, with digits on both sides: `1,` may end a word.
bool has_decimal_comma(std::string_view field) {
  const auto digit = [&](std::size_t i) {
    return i < field.size() && field[i] >= '0' && field[i] <= '9';
  };
  const std::size_t comma = field.find(',');
  return comma != field.npos && digit(comma - 1) && digit(comma + 1) &&
         read_number(field, ',').second.empty();
}

/// Whether a field with a comma may be a number with marks of thousands, such as 1,500.
bool has_thousands(std::string_view field) { return field.size() == field.find(',') + 4; }

bool is_number(std::string_view field) {
  return read_number(field).second.empty() || has_decimal_comma(field);
}

}  // namespace

Records::Records(const std::string& path, const Dialect& given, const Dialect& hint)
    : path_(path == "-" ? "standard input" : path), dialect_(given), file_(path) {
  validate(given, "read_csv");
  if (!dialect_.comment) dialect_.comment = hint.comment;
  refill();
  const auto zeros = [&](std::size_t even, std::size_t odd) {
    return text_.size() > 3 && !text_[even] && !text_[even + 2] && text_[odd] && text_[odd + 2];
  };
  if (text_.starts_with("\377\376") || zeros(1, 0)) refuse_encoding("UTF-16LE");
  if (text_.starts_with("\376\377") || zeros(0, 1)) refuse_encoding("UTF-16BE");
  if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;  // a byte order mark
  find_dialect(hint);
}

void Records::find_dialect(const Dialect& hint) {
  const std::string given(1, dialect_.separator);
  char separator = ',';
  double highest = -1;
  FirstRecords best;
  sampling_ = true;
  for (const char candidate : dialect_.separator ? given : ",;\t| ") {
    FirstRecords found = sample(candidate);
    const double rate = found.rate() + (candidate == hint.separator ? 0.25 : 0);
    if (rate <= highest) continue;
    highest = rate;
    separator = candidate;
    best = std::move(found);
  }
  sampling_ = false;
  set_separator(separator);
  if (!dialect_.decimal) dialect_.decimal = best.decimal(hint.decimal ? hint.decimal : '.');
  trailing_ = best.ends_with_separators(dialect_.header);
  starts_with_data_ = dialect_.header && best.starts_with_data();
  if (dialect_.separator != ',') advice_ = fmt::format(" ({})", describe(dialect_));
  if (best.size() > 2 && best[0].size() != best[1].size() && best[1].size() == best[2].size())
    advice_ = " (the first line is unlike the others: name each column there, or delete it)";
  if (!dialect_.comment && !best.empty() && best[0][0].starts_with('#'))
    advice_ = " (set .comment = '#' if such lines are comments)";
}

/// Reads the first records with this separator, and goes back.
FirstRecords Records::sample(char separator) {
  constexpr std::size_t most_records = 200, enough_text = 1 << 16;
  set_separator(separator);
  const auto start = std::pair(at_, line_);
  FirstRecords records;
  Fields fields;
  try {
    while (records.size() < most_records && (records.size() < 3 || at_ < enough_text) &&
           read(fields))
      records.emplace_back(fields.begin(), fields.end());
  } catch (const FormatError&) {  // next() throws it again, if this is the separator
    if (misencoded_) throw;
    records.emplace_back(1);
  }
  std::tie(at_, line_) = start;
  return records;
}

void Records::set_separator(char separator) {
  dialect_.separator = separator;
  for (std::size_t i = 0; i < kinds_.size(); ++i) kinds_[i] = i == 0 || i >= 128 ? to_check : text;
  for (const char c : {separator, separator == ' ' ? '\t' : separator, '\n', '\r',
                       dialect_.comment ? dialect_.comment : separator})
    kinds_[static_cast<unsigned char>(c)] = end_of_field;
}

bool Records::next(Fields& fields) {
  if (!read(fields)) return false;
  if (trailing_ && fields.size() != width_ && fields.back().empty()) fields.pop_back();
  if (width_ == 0) width_ = fields.size();
  if (fields.size() == width_) return true;
  fail(first_line_, fmt::format("{} fields, expected {}{}", fields.size(), width_, advice_));
}

/// Reads a record that is not blank, with as many fields as it has.
bool Records::read(Fields& fields) {
  do {
    first_line_ = line_;
    while (at_ == text_.size() ? !ended_ : !split(fields)) refill();
    if (at_ == text_.size()) return false;
    at_ = static_cast<std::size_t>(cursor_ - text_.data());
    line_ += breaks_ + 1;
  } while (fields.size() == 1 && fields[0].empty());
  return true;
}

/// Adds a piece of the file to text_.
void Records::refill() {
  constexpr std::size_t piece = 1 << 18, longest_record = 1 << 24, longest_text = 1 << 30;
  if (!sampling_) text_.erase(0, std::exchange(at_, 0));
  const std::size_t before = text_.size();
  if (before - at_ > longest_record)
    fail(line_,
         breaks_ > 0 ? "longer than 16 MiB (a quote without an end?)" : "longer than 16 MiB");
  const std::size_t wanted = std::max(piece, before);  // doubled: a record is split again each time
  text_.resize(before + wanted);
  const std::size_t got = file_.read(text_.data() + before, wanted);
  text_.resize(before + got);
  total_ += got;
  check<FormatError>(total_ <= longest_text, "{}: longer than 1 GiB", path_);
  ended_ = got < wanted;
}

/// Splits the record at at_. False if text_ ends before the record does.
bool Records::split(Fields& fields) {
  const bool runs = dialect_.separator == ' ';
  cursor_ = text_.data() + at_;
  end_ = text_.data() + text_.size();
  breaks_ = 0;
  unescaped_.clear();
  fields.clear();
  for (bool more = true; more;) {
    skip_blanks();
    fields.push_back(*cursor_ == '"' ? quoted() : plain());
    if (runs) skip_blanks();
    if (cursor_ == end_) return ended_;
    more = runs ? kind() != end_of_field : *cursor_ == dialect_.separator;
    if (more && !runs) ++cursor_;
  }
  while (cursor_ != end_ && *cursor_ != '\n' && *cursor_ != '\r') ++cursor_;  // a comment
  if (end_ - cursor_ < 2 && !ended_) return false;                            // LF may follow CR
  if (cursor_ != end_) cursor_ += *cursor_ == '\r' && cursor_[1] == '\n' ? 2 : 1;
  return true;
}

std::string_view Records::plain() {
  const char* const begin = cursor_;
  for (;; skip_character()) {
    const char* next = cursor_;
    while (kinds_[static_cast<unsigned char>(*next)] == text) ++next;
    cursor_ = next;
    if (kind() == end_of_field || cursor_ == end_) return without_blanks({begin, cursor_});
  }
}

std::string_view Records::quoted() {
  const char* begin = ++cursor_;
  const std::int64_t opened = line_ + breaks_;
  std::string* copy = nullptr;
  for (;; ++cursor_) {
    while (cursor_ != end_ && *cursor_ != '"') {
      breaks_ += *cursor_ == '\n' || (*cursor_ == '\r' && cursor_[1] != '\n');
      skip_character();
    }
    if (cursor_ == end_ && ended_) fail(opened, "the quote opened here is never closed");
    if (cursor_ == end_) return {};
    if (cursor_[1] != '"') break;
    if (!copy) copy = &unescaped_.emplace_back();
    copy->append(begin, ++cursor_);  // with one of the two quotes
    begin = cursor_ + 1;
  }
  if (copy) copy->append(begin, cursor_);
  const std::string_view field = copy ? *copy : std::string_view(begin, cursor_);
  ++cursor_;
  if (dialect_.separator != ' ') skip_blanks();
  if (cursor_ != end_ && kind() != end_of_field)
    fail(line_ + breaks_, "text after a closing quote");
  return without_blanks(field);
}

void Records::skip_blanks() {
  while (*cursor_ == ' ' || (*cursor_ == '\t' && dialect_.separator != '\t')) ++cursor_;
}

/// Skips a character of one or several bytes, or what text_ has of it.
void Records::skip_character() {
  const std::size_t length = utf8_length({cursor_, end_});
  wide_ = wide_ || length > 1;
  if (length == 0 && (ended_ || end_ - cursor_ > 3)) {
    const auto control = [](char c) { return c >= 0 && c < ' ' && (c < '\t' || c > '\r'); };
    const auto not_latin = [](char c) { return (c & 0xe0) == 0x80; };
    misencoded_ = true;
    if (wide_ || std::any_of(cursor_, end_, control)) fail(line_ + breaks_, "not UTF-8 text");
    refuse_encoding(std::any_of(cursor_, end_, not_latin) ? "WINDOWS-1252" : "LATIN1");
  }
  cursor_ = length > 0 ? cursor_ + length : end_;
}

void Records::fail(std::int64_t line, const std::string& what) const {
  throw FormatError(fmt::format("{}:{}: {}", path_, line, what));
}

void Records::refuse_encoding(std::string_view name) const {
  const std::string file = path_.size() <= 80 ? fmt::format("'{}'", path_) : "FILE";
  const char* const command = file_.packed() ? "gzip -dc {0} | iconv -f {1} -t UTF-8 > utf8.csv"
                                             : "iconv -f {1} -t UTF-8 {0} > utf8.csv";
  fail(line_ + breaks_, fmt::format("{} text, not UTF-8 (convert it: {})", name,
                                    fmt::format(fmt::runtime(command), file, name)));
}

std::pair<double, std::string_view> read_number(std::string_view text, char decimal) {
  if (decimal == ',' && text.find_first_of(",.") != text.npos) {
    if (text.find('.') != text.npos) return {0, not_a_number};
    std::string with_point(text);
    std::ranges::replace(with_point, ',', '.');
    return read_number(with_point);
  }
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  double number = 0;
  const auto [stop, error] = from_text(text.data(), end, number);
  if (stop != end || error == std::errc::invalid_argument) return {0, not_a_number};
  if (error == std::errc::result_out_of_range) {  // too small, if strtod makes a 0 of it
    std::string local(text);
    std::ranges::replace(local, '.', *std::localeconv()->decimal_point);
    return {0, std::abs(std::strtod(local.c_str(), nullptr)) < 1 ? "" : number_out_of_range};
  }
  if (!std::isfinite(number)) return {0, "is not finite"};
  return {number, std::abs(number) > std::numeric_limits<Scalar>::max() ? number_out_of_range : ""};
}

// ---- what the first records show ----------------------------------------------------------------

double FirstRecords::rate() const {
  std::vector<std::size_t> widths;
  for (const auto& fields : *this) widths.push_back(fields.size());
  std::ranges::sort(widths);
  const std::size_t width = empty() ? 0 : widths[size() / 2];
  const auto even = static_cast<double>(std::ranges::count(widths, width));
  if (width < 2 || 2 * even <= static_cast<double>(size())) return 0;
  double numbers = 0;
  for (const auto& fields : *this)
    numbers += static_cast<double>(std::ranges::count_if(fields, is_number));
  // A header with another number of fields weighs more than a damaged row.
  return 1 + (even + numbers / static_cast<double>(width)) / static_cast<double>(size()) +
         (front().size() == width ? 0.5 : 0);
}

char FirstRecords::decimal(char undecided) const {
  bool points = false, commas = false;
  for (const auto& fields : *this)
    for (const std::string& field : fields) {
      points = points || (field.find('.') != field.npos && read_number(field).second.empty());
      commas = commas || (has_decimal_comma(field) &&
                          (!has_thousands(field) || std::abs(read_number(field, ',').first) < 1));
    }
  return points == commas ? undecided : points ? '.' : ',';
}

bool FirstRecords::ends_with_separators(bool header) const {
  const std::size_t first = header ? 1 : 0;
  const auto ends = [&](const auto& fields) {
    return fields.size() > 1 && fields.back().empty() &&
           (!header || fields.size() == front().size() + !front().back().empty());
  };
  return size() > first && std::all_of(begin() + static_cast<std::ptrdiff_t>(first), end(), ends);
}

bool FirstRecords::starts_with_data() const {
  bool fractions = false, new_words = false;
  for (std::size_t column = 0; !empty() && column < front().size(); ++column) {
    const std::string& first = front()[column];
    std::size_t rows = 0, of_numbers = 0, again = 0;
    for (const auto& fields : std::span(*this).subspan(1)) {
      if (column >= fields.size()) continue;
      ++rows;
      of_numbers += is_number(fields[column]);
      again += fields[column] == first;
    }
    const bool number = is_number(first), column_of_numbers = 2 * of_numbers > rows;
    if (column_of_numbers && !number && again == 0) return false;  // a name
    fractions = fractions || (column_of_numbers && first.find_first_of(".,") != first.npos);
    new_words = new_words || (!column_of_numbers && again == 0);
  }
  return !empty() && (fractions || !new_words);
}

std::string_view number_advice(std::string_view field, char decimal) {
  if (decimal == ',' && read_number(field).second.empty()) return "the decimal mark is a comma";
  if (decimal == '.' && has_decimal_comma(field))
    return has_thousands(field) ? "set .decimal = ',' if that is the decimal mark; marks of "
                                  "thousands are not read"
                                : "set .decimal = ',' if the comma is the decimal mark";
  const std::size_t mark = field.find_first_of(",.");
  const bool marks = mark != field.npos && field.find(',', mark + 1) != field.npos;
  const bool digits = field.find_first_not_of("+-0123456789.,") == field.npos;
  return marks && digits ? "marks of thousands are not read" : "";
}

}  // namespace detail
}}  // namespace gradus
