#include <gradus/models/read_csv.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>

#include <gradus/models/read_idx.h>
#include <gradus/models/utf8.h>

namespace gradus::inline GRADUS_VARIANT {
namespace {

using Names = std::vector<std::string>;

constexpr std::size_t most_columns = 65536;
constexpr std::size_t most_words = 1024;
constexpr std::size_t longest_line = std::size_t{1} << 20;
constexpr std::size_t longest_text = std::size_t{1} << 30;
constexpr std::size_t nowhere = std::string::npos;

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// ---- text ---------------------------------------------------------------------------------------

void check_text(const std::string& path, std::string_view text) {
  std::size_t line = 1, line_start = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = detail::utf8_length(text.substr(at));
    check<FormatError>(length > 0, "{}:{}: not UTF-8 text", path, line);
    check<FormatError>(at - line_start < longest_line, "{}:{}: longer than 1 MiB", path, line);
    if (text[at] == '\n') {
      ++line;
      line_start = at + 1;
    }
    at += length;
  }
}

std::string read_text(const std::string& path) {
  detail::InputFile file(path);
  std::string text;
  constexpr std::size_t piece = 1 << 16;
  // A line far too long ends the reading, so that it fills no memory; check_text refuses it.
  const auto unfinished = [&] { return text.size() - (text.rfind('\n') + 1); };
  for (std::size_t got = 1; got > 0 && unfinished() < 2 * longest_line;) {
    const std::size_t before = text.size();
    text.resize(before + piece);
    got = file.read(text.data() + before, piece);
    text.resize(before + got);
    check<FormatError>(text.size() <= longest_text, "{}: longer than 1 GiB", path);
  }
  check_text(path, text);
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);  // a byte order mark
  return text;
}

// ---- records ------------------------------------------------------------------------------------

/// The lines of a text as lists of fields. A field in quotes may hold line ends.
class Records {
 public:
  Records(const std::string& path, std::string_view text, char separator)
      : path_(path), text_(text), separator_(separator) {}

  /// Reads the next line that is not blank; false at the end.
  bool next(Names& fields) {
    do {
      if (at_ == text_.size()) return false;
      read(fields);
    } while (fields.size() == 1 && trim(fields[0]).empty());
    return true;
  }
  /// Where the last record began.
  std::int64_t line() const { return line_; }

 private:
  void read(Names& fields) {
    fields.clear();
    line_ = next_line_;
    do fields.push_back(take('"') ? quoted_field() : plain_field());
    while (take(separator_));
    take('\r');
    const bool ended = at_ == text_.size() || take('\n');
    check<FormatError>(ended, "{}:{}: text after a closing quote", path_, next_line_);
    ++next_line_;
  }

  std::string plain_field() {
    std::size_t end = at_;
    while (end < text_.size() && text_[end] != separator_ && text_[end] != '\n') ++end;
    const std::string_view field = text_.substr(at_, end - at_);
    at_ = end;
    return std::string(trim(field));
  }

  std::string quoted_field() {
    std::string field;
    for (bool doubled = true; doubled;) {
      const std::size_t quote = text_.find('"', at_);
      check<FormatError>(quote != std::string_view::npos,
                         "{}:{}: the quote opened here is never closed", path_, next_line_);
      field += text_.substr(at_, quote - at_);
      at_ = quote + 1;
      doubled = take('"');
      if (doubled) field += '"';
    }
    next_line_ += std::count(field.begin(), field.end(), '\n');
    return std::string(trim(field));
  }

  bool take(char c) {
    const bool there = at_ < text_.size() && text_[at_] == c;
    if (there) ++at_;
    return there;
  }

  const std::string& path_;
  std::string_view text_;
  char separator_;
  std::size_t at_ = 0;
  std::int64_t line_ = 0, next_line_ = 1;
};

// ---- columns ------------------------------------------------------------------------------------

struct Columns {
  Names names;
  std::size_t label;
  std::vector<std::size_t> features;
  std::vector<bool> one_hot;  ///< of each feature
};

std::string listed(const Names& names) { return fmt::format("{}", fmt::join(names, ", ")); }

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Checks a list of columns that are no label.
void check_list(const Names& list, const char* option, const Names& names,
                const std::string& label) {
  for (const std::string& name : list) {
    check(contains(names, name), "read_csv: {} must hold names of columns of {} (got '{}')", option,
          listed(names), name);
    check(name != label, "read_csv: {} must not hold the label (got '{}')", option, name);
  }
}

Columns choose_columns(const Names& names, const CsvOptions& options) {
  const std::string& label = options.label.empty() ? names.back() : options.label;
  check(options.label.empty() || std::count(names.begin(), names.end(), label) == 1,
        "read_csv: label must be the name of one column of {} (got '{}')", listed(names), label);
  check_list(options.ignore, "ignore", names, label);
  check_list(options.one_hot, "one_hot", names, label);
  for (const std::string& name : options.one_hot)
    check(!contains(options.ignore, name),
          "read_csv: one_hot must not hold a column to ignore (got '{}')", name);
  Columns columns{names, names.size() - 1, {}, {}};
  if (!options.label.empty())
    columns.label =
        static_cast<std::size_t>(std::find(names.begin(), names.end(), label) - names.begin());
  for (std::size_t i = 0; i < names.size(); ++i)
    if (i != columns.label && !contains(options.ignore, names[i])) {
      columns.features.push_back(i);
      columns.one_hot.push_back(contains(options.one_hot, names[i]));
    }
  check(!columns.features.empty(), "read_csv: a column besides the label '{}' must be left to read",
        label);
  return columns;
}

// ---- numbers ------------------------------------------------------------------------------------

struct Number {
  double value = 0;
  std::string_view problem = {};  ///< empty when there is none
};

constexpr std::string_view not_a_number = "is not a number", out_of_range = "is out of range";

/// Whether a number that a double cannot hold is too small for it, not too large: whether its first
/// digit other than 0 stands after the decimal point once the exponent has moved that.
bool is_tiny(std::string_view text) {
  const std::size_t e = std::min(text.find_first_of("eE"), text.size());
  const std::string_view mantissa = text.substr(0, e);
  const auto first = static_cast<std::int64_t>(mantissa.find_first_of("123456789"));
  const auto point = static_cast<std::int64_t>(std::min(mantissa.find('.'), mantissa.size()));
  std::int64_t exponent = 0;
  if (e < text.size()) {
    const char* digits = text.data() + e + (text[e + 1] == '+' ? 2 : 1);
    const auto end = text.data() + text.size();
    if (std::from_chars(digits, end, exponent).ec != std::errc()) return false;
  }
  return exponent <= first - point;
}

Number read_number(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  Number number;
  const auto [stop, error] = std::from_chars(text.data(), end, number.value);
  if (stop != end || error == std::errc::invalid_argument) return {0, not_a_number};
  if (error == std::errc::result_out_of_range && is_tiny(text)) return {0};
  if (error == std::errc::result_out_of_range) return {0, out_of_range};
  if (!std::isfinite(number.value)) return {0, "is not finite"};
  if (std::abs(number.value) > std::numeric_limits<Scalar>::max()) return {0, out_of_range};
  return number;
}

/// A number's place in the file, for the error that reading it may throw.
struct Place {
  const std::string& path;
  std::int64_t line;
  const std::string& column;
  bool headless_start = false;  ///< the first line of a file said to have no header
};

Scalar read_scalar(const std::string& field, const Place& place) {
  const Number number = read_number(field);
  check<FormatError>(number.problem.empty() || !place.headless_start,
                     "{}:{}: '{:.60}' {} (set .header = true if line 1 holds the column names)",
                     place.path, place.line, field, number.problem);
  check<FormatError>(number.problem.empty(), "{}:{}: '{:.60}' {} (column '{}')", place.path,
                     place.line, field, number.problem, place.column);
  return static_cast<Scalar>(number.value);
}

// ---- the table ----------------------------------------------------------------------------------

/// The rows as read: numbers, and labels and words still as text, for only the last one says what
/// they are.
struct Rows {
  std::vector<Scalar> x;     ///< of the features that are numbers
  std::vector<Names> words;  ///< of each feature; empty for numbers
  Names labels;
  std::vector<std::int64_t> lines;
};

/// The first column in use whose field is missing, or nowhere.
std::size_t missing_column(const Names& fields, const Columns& columns) {
  const auto missing = [&](std::size_t i) {
    return fields[i].empty() || fields[i] == "?" || fields[i] == "NA";
  };
  const auto found = std::find_if(columns.features.begin(), columns.features.end(), missing);
  if (found != columns.features.end()) return *found;
  return missing(columns.label) ? columns.label : nowhere;
}

Rows read_rows(const std::string& path, Records& records, Names fields, const Columns& columns,
               const CsvOptions& options) {
  Rows rows{{}, std::vector<Names>(columns.features.size()), {}, {}};
  for (bool more = !options.header || records.next(fields); more; more = records.next(fields)) {
    const std::int64_t line = records.line();
    check<FormatError>(fields.size() == columns.names.size(), "{}:{}: {} fields, expected {}", path,
                       line, fields.size(), columns.names.size());
    const std::size_t missing = missing_column(fields, columns);
    if (missing != nowhere) {
      check<FormatError>(options.drop_missing,
                         "{}:{}: no value in column '{}' (set .drop_missing = true to leave such "
                         "rows out)",
                         path, line, columns.names[missing]);
      continue;
    }
    const bool headless_start = !options.header && rows.lines.empty();
    for (std::size_t f = 0; f < columns.features.size(); ++f) {
      const std::size_t i = columns.features[f];
      if (columns.one_hot[f])
        rows.words[f].push_back(fields[i]);
      else
        rows.x.push_back(read_scalar(fields[i], {path, line, columns.names[i], headless_start}));
    }
    rows.labels.push_back(fields[columns.label]);
    rows.lines.push_back(line);
  }
  check<FormatError>(!rows.lines.empty(), "{}: no data rows", path);
  return rows;
}

/// Each word once, sorted.
Names sorted(Names words) {
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

/// x and the names of its columns: a feature of words spreads over one column for each.
void set_features(Dataset& data, const Rows& rows, const std::string& path,
                  const Columns& columns) {
  std::vector<Names> words;
  for (std::size_t f = 0; f < columns.features.size(); ++f) {
    const std::string& name = columns.names[columns.features[f]];
    words.push_back(sorted(rows.words[f]));
    check<FormatError>(words[f].size() <= most_words,
                       "{}: {} different words in column '{}', at most {} are read (ignore it?)",
                       path, words[f].size(), name, most_words);
    if (!columns.one_hot[f]) data.columns.push_back(name);
    for (const std::string& word : words[f])
      data.columns.push_back(fmt::format("{}={}", name, word));
  }
  std::vector<Scalar> x;
  auto number = rows.x.begin();
  for (std::size_t row = 0; row < rows.lines.size(); ++row)
    for (std::size_t f = 0; f < words.size(); ++f) {
      if (!columns.one_hot[f]) x.push_back(*number++);
      for (const std::string& word : words[f]) x.push_back(word == rows.words[f][row] ? 1 : 0);
    }
  data.x = Tensor({rows.lines.size(), data.columns.size()}, x);
}

/// Whether labels like this one are text: no number, nor the beginning of one, as in 1,5.
bool is_text(std::string_view label) {
  const std::size_t start = label.find_first_not_of("+-.");
  const bool digit = start != std::string_view::npos && label[start] >= '0' && label[start] <= '9';
  return !digit && read_number(label).problem == not_a_number;
}

/// y and, for labels of text, the class names.
void set_target(Dataset& data, const Rows& rows, const std::string& path,
                const std::string& column) {
  const Names& labels = rows.labels;
  const bool text = is_text(labels[0]);
  std::vector<Scalar> y;
  if (text) data.classes = sorted(labels);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    check<FormatError>(!text || read_number(labels[i]).problem == not_a_number,
                       "{}:{}: the label '{:.60}' is a number, that of line {} is text", path,
                       rows.lines[i], labels[i], rows.lines[0]);
    const auto place = std::lower_bound(data.classes.begin(), data.classes.end(), labels[i]);
    y.push_back(text ? static_cast<Scalar>(place - data.classes.begin())
                     : read_scalar(labels[i], {path, rows.lines[i], column}));
  }
  data.y = text ? Tensor({y.size()}, y) : Tensor({y.size(), 1}, y);
}

}  // namespace

Dataset read_csv(const std::string& path, const CsvOptions& options) {
  const char separator = options.separator;
  check(separator == '\t' || (separator >= ' ' && separator <= '~' && separator != '"'),
        "read_csv: separator must be a tab or a printable ASCII character other than '\"' (got "
        "{:#x})",
        static_cast<unsigned char>(separator));
  const std::string text = read_text(path);
  Records records(path, text, separator);
  Names fields;
  check<FormatError>(records.next(fields), "{}: no data rows", path);
  check<FormatError>(fields.size() <= most_columns, "{}:{}: {} columns, at most {} are read", path,
                     records.line(), fields.size(), most_columns);

  Names names = fields;
  if (!options.header)
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = fmt::format("{}", i);
  const Columns columns = choose_columns(names, options);
  // A label found by its name proves the header; without one, a line of numbers would be lost.
  const bool doubtful = options.header && options.label.empty();
  const auto is_number = [&](std::size_t i) { return read_number(names[i]).problem.empty(); };
  check<FormatError>(
      !doubtful || !std::all_of(columns.features.begin(), columns.features.end(), is_number),
      "{}:{}: the features' names are numbers (set .header = false if line {} is data, "
      "else name the label)",
      path, records.line(), records.line());

  const Rows rows = read_rows(path, records, fields, columns, options);
  Dataset data;
  set_features(data, rows, path, columns);
  set_target(data, rows, path, names[columns.label]);
  return data;
}

}  // namespace gradus
