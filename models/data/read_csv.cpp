#include <gradus/models/read_csv.h>

#include <fmt/format.h>

#include <map>

#include <gradus/core/from_text.h>
#include <gradus/models/file.h>
#include <gradus/models/utf8.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

using Names = std::vector<std::string>;

constexpr std::size_t most_columns = 65536, most_words = 1024;
constexpr std::size_t nowhere = std::string::npos;

/// The records of a CSV file. Each line is checked when it is read, so that a large file of another
/// kind, or a small one that decompresses to much, is refused early.
class Records {
 public:
  Records(const std::string& path, char separator)
      : path_(path), separator_(separator), file_(path) {
    next_line();
    if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);  // a byte order mark
  }

  /// Reads the next record that is not blank; false at the end.
  bool next(Names& fields) {
    do {
      if (rest_.empty()) return false;
      fields.clear();
      first_line_ = line_;
      do fields.push_back(field());
      while (take(separator_));
      check<FormatError>(rest_.empty() || take('\n'), "{}:{}: text after a closing quote", path_,
                         line_);
      next_line();
    } while (fields.size() == 1 && fields[0].empty());
    return true;
  }
  /// The line on which the last record began.
  std::int64_t line() const { return first_line_; }

 private:
  static constexpr std::string_view blanks = " \t\r";

  /// Sets rest_ to the next line, with its line end; to nothing at the end of the file.
  void next_line() {
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
      length = detail::utf8_length(rest_.substr(valid));
    check<FormatError>(valid == rest_.size() || valid > longest_line, "{}:{}: not UTF-8 text",
                       path_, line_);
    check<FormatError>(rest_.size() <= longest_line, "{}:{}: longer than 1 MiB", path_, line_);
  }

  /// Reads a field, to the separator or the line end. Returns it without blanks at both ends.
  std::string field() {
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
      const char ends[] = {separator_, '\n'};
      text = rest_.substr(0, rest_.find_first_of({ends, 2}));
      rest_.remove_prefix(text.size());
    }
    text.erase(text.find_last_not_of(blanks) + 1);
    return text.substr(std::min(text.find_first_not_of(blanks), text.size()));
  }

  void skip_blanks() {
    while (!rest_.empty() && rest_[0] != separator_ && blanks.find(rest_[0]) != blanks.npos)
      rest_.remove_prefix(1);
  }

  bool take(char c) {
    const bool there = rest_.starts_with(c);
    if (there) rest_.remove_prefix(1);
    return there;
  }

  const std::string& path_;
  char separator_;
  detail::InputFile file_;
  std::string text_;       ///< a part of the file
  std::size_t next_ = 0;   ///< where the next line begins in it
  std::string_view rest_;  ///< of the line that is read now
  std::size_t total_ = 0;
  std::int64_t line_ = 0, first_line_ = 0;
};

constexpr std::string_view not_a_number = "is not a number", out_of_range = "is out of range";

/// Reads a number that is the whole text. Returns it, and what is wrong with it or "".
std::pair<double, std::string_view> read_number(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  double number = 0;
  const auto [stop, error] = detail::from_text(text.data(), end, number);
  if (stop != end || error == std::errc::invalid_argument) return {0, not_a_number};
  if (error == std::errc::result_out_of_range) {  // too small, if strtod makes a 0 of it
    std::string copy(text);
    std::ranges::replace(copy, '.', *std::localeconv()->decimal_point);
    return {0, std::abs(std::strtod(copy.c_str(), nullptr)) < 1 ? "" : out_of_range};
  }
  if (!std::isfinite(number)) return {0, "is not finite"};
  return {number, std::abs(number) > std::numeric_limits<Scalar>::max() ? out_of_range : ""};
}

/// Whether a label is text: neither a number nor, as 1,5, the beginning of one.
bool is_text(std::string_view label) {
  const std::size_t start = label.find_first_not_of("+-.");
  const bool digit = start != std::string_view::npos && label[start] >= '0' && label[start] <= '9';
  return !digit && read_number(label).second == not_a_number;
}

std::string listed(const Names& names) { return fmt::format("{}", fmt::join(names, ", ")); }

bool contains(const Names& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

/// The place of a name, or nowhere.
std::size_t place_of(const std::string& name, const Names& names) {
  const auto found = std::ranges::find(names, name);
  return found != names.end() ? static_cast<std::size_t>(found - names.begin()) : nowhere;
}

/// The column of `one_hot` that a feature such as `origin=europe` comes from, or "".
std::string word_column(const std::string& feature, const Names& one_hot) {
  for (const std::string& name : one_hot)
    if (feature.starts_with(name + '=')) return name;
  return "";
}

/// Each word once, sorted.
Names sorted(Names words) {
  std::ranges::sort(words);
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

/// A column to read. Words stay text: only after the last row is it known which there are.
struct Feature {
  std::size_t column;
  bool one_hot = false;
  Names known = {};                  ///< its words, if options.columns lists them
  std::vector<double> numbers = {};  ///< of each row, or the words:
  Names words = {};
};

class Table {
 public:
  Table(const std::string& path, const CsvOptions& options) : path_(path), options_(options) {}

  Dataset read() {
    Records records(path_, options_.separator);
    Names fields;
    check<FormatError>(records.next(fields), "{}: no data rows", path_);
    check<FormatError>(fields.size() <= most_columns, "{}:{}: {} columns, at most {} are read",
                       path_, records.line(), fields.size(), most_columns);
    if (options_.header) check_names(fields, records.line());
    choose(fields, records.line());
    for (bool more = !options_.header || records.next(fields); more; more = records.next(fields))
      read_row(fields, records.line());
    check<FormatError>(!lines_.empty(), "{}: no data rows{}", path_,
                       dropped_.empty() ? "" : " without a missing value");
    Dataset data;
    set_features(data);
    if (label_ != nowhere) set_target(data);
    data.dropped = std::move(dropped_);
    return data;
  }

 private:
  void check_names(const Names& names, std::int64_t line) const {
    std::map<std::string_view, std::size_t> columns;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto [first, is_new] = columns.emplace(names[i], i);
      const bool is_number = read_number(names[i]).second.empty();
      check<FormatError>(is_new, "{}:{}: the name '{:.60}' stands in columns {} and {}{}", path_,
                         line, names[i], first->second + 1, i + 1,
                         is_number ? " (set .header = false if this line is data)" : "");
    }
  }

  void choose(const Names& first_record, std::int64_t line) {
    names_ = first_record;
    for (std::size_t i = 0; i < names_.size() && !options_.header; ++i)
      names_[i] = fmt::format("{}", i);
    const std::string& label = options_.label;
    if (label.empty() && options_.columns.empty()) label_ = names_.size() - 1;
    if (!label.empty()) label_ = place_of(label, names_);
    check(label.empty() || label_ != nowhere,
          "read_csv: label must be the name of one column of {} (got '{}')", listed(names_), label);
    if (!options_.columns.empty()) return select_columns(line);
    choose_columns();
    // A label found by name proves that there is a header; else a row of numbers could be lost.
    bool lost = options_.header && label.empty();
    for (const Feature& feature : features_)
      lost = lost && read_number(names_[feature.column]).second.empty();
    check<FormatError>(!lost,
                       "{}:{}: the features' names are numbers (set .header = false if line {} is "
                       "data, else name the label)",
                       path_, line, line);
  }

  /// Selects the features that options.columns lists.
  void select_columns(std::int64_t line) {
    Names missing;
    for (const std::string& listed_name : options_.columns) {
      const std::string of_words = word_column(listed_name, options_.one_hot);
      const std::string& name = of_words.empty() ? listed_name : of_words;
      const std::size_t i = place_of(name, names_);
      if (i == nowhere && !contains(missing, name)) missing.push_back(name);
      if (of_words.empty() || features_.empty() || features_.back().column != i)
        features_.push_back({i, !of_words.empty()});
      if (!of_words.empty()) features_.back().known.push_back(listed_name.substr(name.size() + 1));
    }
    check<FormatError>(missing.empty(), "{}:{}: columns of these names are needed: {} (got {})",
                       path_, line, listed(missing), listed(names_));
  }

  /// Selects all columns but the label and those to ignore.
  void choose_columns() {
    check_list(options_.ignore, "ignore");
    check_list(options_.one_hot, "one_hot");
    for (const std::string& name : options_.one_hot)
      check(!contains(options_.ignore, name),
            "read_csv: one_hot must not hold a column to ignore (got '{}')", name);
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (i == label_ || contains(options_.ignore, names_[i])) continue;
      features_.push_back({i, contains(options_.one_hot, names_[i])});
      // A feature such as `o=size` looks like the word `size` of the column `o`.
      const std::string words = word_column(names_[i], options_.one_hot);
      check(words.empty(),
            "read_csv: one_hot must not hold a column whose name and '=' begin another's (got "
            "'{}' beside '{}')",
            words, names_[i]);
    }
    check(!features_.empty(), "read_csv: a column besides the label '{}' must be left to read",
          names_[label_]);
  }

  /// Checks a list of columns, none of which may be the label.
  void check_list(const Names& list, const char* option) const {
    for (const std::string& name : list) {
      check(contains(names_, name), "read_csv: {} must hold names of columns of {} (got '{}')",
            option, listed(names_), name);
      check(name != names_[label_], "read_csv: {} must not hold the label (got '{}')", option,
            name);
    }
  }

  void read_row(const Names& fields, std::int64_t line) {
    check<FormatError>(fields.size() == names_.size(), "{}:{}: {} fields, expected {}", path_, line,
                       fields.size(), names_.size());
    const auto is_missing = [&](std::size_t i) {
      return i != nowhere && (fields[i].empty() || fields[i] == "?" || fields[i] == "NA");
    };
    const auto found = std::ranges::find_if(features_, is_missing, &Feature::column);
    const std::size_t missing = found != features_.end() ? found->column : label_;
    if (is_missing(missing)) {
      check<FormatError>(options_.drop_missing,
                         "{}:{}: no value in column '{}' (set .drop_missing = true to leave such "
                         "rows out)",
                         path_, line, names_[missing]);
      dropped_.push_back(std::ssize(lines_) + std::ssize(dropped_));
      return;
    }
    for (Feature& feature : features_) {
      const std::string& field = fields[feature.column];
      check<FormatError>(feature.known.empty() || contains(feature.known, field),
                         "{}:{}: unknown word '{:.60}' (column '{}')", path_, line, field,
                         names_[feature.column]);
      if (feature.one_hot)
        feature.words.push_back(field);
      else
        feature.numbers.push_back(read_value(field, line, feature.column));
    }
    if (label_ != nowhere) labels_.push_back(fields[label_]);
    lines_.push_back(line);
  }

  double read_value(const std::string& field, std::int64_t line, std::size_t column) const {
    const auto [number, problem] = read_number(field);
    if (problem.empty()) return number;
    const bool first_row = !options_.header && lines_.empty();
    throw FormatError(fmt::format("{}:{}: '{:.60}' {} ({})", path_, line, field, problem,
                                  first_row ? "set .header = true if line 1 holds the column names"
                                            : fmt::format("column '{}'", names_[column])));
  }

  /// Sets x and the names of its columns; a feature of words becomes one column per word.
  void set_features(Dataset& data) {
    for (Feature& feature : features_) {
      const std::string& name = names_[feature.column];
      if (feature.known.empty()) feature.known = sorted(feature.words);
      check<FormatError>(feature.known.size() <= most_words,
                         "{}: {} different words in column '{}', at most {} are read (ignore it?)",
                         path_, feature.known.size(), name, most_words);
      if (!feature.one_hot) data.columns.push_back(name);
      for (const std::string& word : feature.known)
        data.columns.push_back(fmt::format("{}={}", name, word));
    }
    std::vector<double> x;
    for (std::size_t row = 0; row < lines_.size(); ++row)
      for (const Feature& feature : features_) {
        if (!feature.one_hot) x.push_back(feature.numbers[row]);
        for (const std::string& word : feature.known) x.push_back(word == feature.words[row]);
      }
    data.x = ExactTensor::from_doubles({lines_.size(), data.columns.size()}, x);
  }

  /// Sets y and, for labels of text, the class names: options.classes, if they are given.
  void set_target(Dataset& data) const {
    const bool known = !options_.classes.empty(), text = known || is_text(labels_[0]);
    std::vector<double> y;
    data.label = names_[label_];
    if (text) data.classes = known ? options_.classes : sorted(labels_);
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      const std::string& label = labels_[i];
      const auto place = std::ranges::lower_bound(data.classes, label);
      check<FormatError>(!text || (place != data.classes.end() && *place == label),
                         "{}:{}: unknown class '{:.60}' (known are {})", path_, lines_[i], label,
                         listed(data.classes));
      check<FormatError>(!text || known || read_number(label).second == not_a_number,
                         "{}:{}: the label '{:.60}' is a number, that of line {} is text", path_,
                         lines_[i], label, lines_[0]);
      y.push_back(text ? static_cast<double>(place - data.classes.begin())
                       : read_value(label, lines_[i], label_));
    }
    const Shape shape = text ? Shape{y.size()} : Shape{y.size(), 1};
    data.y = ExactTensor::from_doubles(shape, y);
  }

  const std::string& path_;
  const CsvOptions& options_;
  Names names_;
  std::size_t label_ = nowhere;
  std::vector<Feature> features_;
  Names labels_;
  std::vector<std::int64_t> lines_, dropped_;  ///< line numbers; row numbers
};

}  // namespace

Dataset read_csv(const std::string& path, const CsvOptions& options) {
  const char separator = options.separator;
  check(std::ranges::is_sorted(options.classes), "read_csv: classes must be sorted (got {})",
        listed(options.classes));
  check(separator == '\t' || (separator >= ' ' && separator <= '~' && separator != '"'),
        "read_csv: separator must be a tab or a printable ASCII character other than '\"' (got "
        "{:#x})",
        static_cast<unsigned char>(separator));
  return Table(path, options).read();
}

}}  // namespace gradus
