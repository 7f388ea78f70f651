/// Readers of data files: read_csv() and read_idx().

#include <gradus/models/read_csv.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <clocale>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <string_view>
#include <vector>

#include <gradus/core/from_text.h>
#include <gradus/core/node.h>
#include <gradus/models/csv_records.h>
#include <gradus/models/read_idx.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

using detail::Names, detail::Records;

constexpr std::size_t most_columns = 65536;
constexpr std::size_t most_words = 1024;
constexpr std::size_t nowhere = std::string::npos;

// ---- numbers ------------------------------------------------------------------------------------

constexpr std::string_view not_a_number = "is not a number", out_of_range = "is out of range";

/// Whether a number outside the range of a double is too small rather than too large.
bool is_tiny(std::string text) {
  std::ranges::replace(text, '.', *std::localeconv()->decimal_point);  // as strtod reads it
  return std::abs(std::strtod(text.c_str(), nullptr)) < 1;
}

/// Reads a number that is the whole text. Returns what is wrong with it, or "".
std::string_view read_number(std::string_view text, double& number) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  const auto [stop, error] = detail::from_text(text.data(), end, number);
  if (stop != end || error == std::errc::invalid_argument) return not_a_number;
  if (error == std::errc::result_out_of_range)
    return is_tiny(std::string(text)) ? "" : out_of_range;
  if (!std::isfinite(number)) return "is not finite";
  return std::abs(number) > std::numeric_limits<Scalar>::max() ? out_of_range : "";
}
std::string_view problem_of(std::string_view text) {
  double unused = 0;
  return read_number(text, unused);
}

/// Whether a label is text: neither a number nor, as 1,5, the beginning of one.
bool is_text(std::string_view label) {
  const std::size_t start = label.find_first_not_of("+-.");
  const bool digit = start != std::string_view::npos && label[start] >= '0' && label[start] <= '9';
  return !digit && problem_of(label) == not_a_number;
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
      const bool is_number = problem_of(names[i]).empty();
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
      lost = lost && problem_of(names_[feature.column]).empty();
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
    for (std::size_t i = 0; i < names_.size(); ++i)
      if (i != label_ && !contains(options_.ignore, names_[i]))
        features_.push_back({i, contains(options_.one_hot, names_[i])});
    check(!features_.empty(), "read_csv: a column besides the label '{}' must be left to read",
          names_[label_]);
    // A feature such as `o=size` looks like the word `size` of the column `o`.
    for (const Feature& feature : features_) {
      const std::string& name = names_[feature.column];
      const std::string words = word_column(name, options_.one_hot);
      check(words.empty(),
            "read_csv: one_hot must not hold a column whose name and '=' begin another's (got "
            "'{}' beside '{}')",
            words, name);
    }
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
    const std::size_t missing = missing_column(fields);
    if (missing != nowhere) {
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

  /// The first column in use whose field is missing, or nowhere.
  std::size_t missing_column(const Names& fields) const {
    const auto missing = [&](std::size_t i) {
      return fields[i].empty() || fields[i] == "?" || fields[i] == "NA";
    };
    const auto found = std::ranges::find_if(features_, missing, &Feature::column);
    if (found != features_.end()) return found->column;
    return label_ != nowhere && missing(label_) ? label_ : nowhere;
  }

  double read_value(const std::string& field, std::int64_t line, std::size_t column) const {
    double number = 0;
    const std::string_view problem = read_number(field, number);
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
      check<FormatError>(!text || known || problem_of(label) == not_a_number,
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

// ---- IDX ----------------------------------------------------------------------------------------

Shape read_shape(const std::string& path, detail::InputFile& file) {
  std::array<unsigned char, 4> b{};
  check<FormatError>(file.read(b.data(), 4) == 4 && b[0] == 0 && b[1] == 0,
                     "{}: byte 0: not an IDX file", path);
  check<FormatError>(b[2] == 8,
                     "{}: byte 2: the element type must be 0x08, unsigned byte (got 0x{:02x})",
                     path, b[2]);
  check<FormatError>(b[3] >= 1 && b[3] <= Shape::max_rank,
                     "{}: byte 3: the rank must be 1 to {} (got {})", path, Shape::max_rank, b[3]);
  Shape shape;
  std::int64_t count = 1;
  for (int axis = 0, rank = b[3]; axis < rank; ++axis) {
    check<FormatError>(file.read(b.data(), 4) == 4, "{}: byte {}: the header ends early", path,
                       4 + 4 * axis);
    const std::int64_t extent = std::int64_t{b[0]} << 24 | b[1] << 16 | b[2] << 8 | b[3];
    check<FormatError>(extent == 0 || count <= (std::int64_t{1} << 60) / extent,
                       "{}: byte {}: the extents multiply to more than 2^60", path, 4 + 4 * axis);
    count *= extent;
    shape.push_back(extent);
  }
  return shape;
}

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

Tensor read_idx(const std::string& path) {
  detail::InputFile checked(path), read(path);
  const Shape shape = read_shape(path, checked);
  const std::int64_t count = shape.count();
  const std::int64_t header = 4 + 4 * shape.rank();
  std::vector<unsigned char> piece(1 << 16);
  const auto read_data = [&](detail::InputFile& file, auto&& take) {
    const auto most = static_cast<std::int64_t>(piece.size());
    for (std::int64_t done = 0; done < count;) {
      const auto wanted = static_cast<std::size_t>(std::min(most, count - done));
      const auto got = static_cast<std::int64_t>(file.read(piece.data(), wanted));
      check<FormatError>(got > 0, "{}: byte {}: the data ends early, shape {} needs {} bytes", path,
                         header + done, shape, count);
      take(done, got);
      done += got;
    }
    check<FormatError>(file.read(piece.data(), 1) == 0,
                       "{}: byte {}: the data goes on, shape {} needs only {} bytes", path,
                       header + count, shape, count);
  };
  // First without keeping it: a forged shape or damaged data must not take memory.
  read_data(checked, [](std::int64_t, std::int64_t) {});
  read.read(piece.data(), static_cast<std::size_t>(header));
  detail::NewTensor tensor(shape);
  read_data(read, [&](std::int64_t at, std::int64_t got) {
    for (std::int64_t i = 0; i < got; ++i)
      tensor.data[at + i] = static_cast<Scalar>(piece[static_cast<std::size_t>(i)]);
  });
  return std::move(tensor.tensor);
}

}}  // namespace gradus
