#include <gradus/models/read_csv.h>

#include <fmt/format.h>

#include <map>

#include <gradus/models/csv_records.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

using detail::not_a_number;
using detail::read_number;
using detail::Records;
using Names = std::vector<std::string>;

constexpr std::size_t most_columns = 65536, most_words = 1024;
constexpr std::size_t nowhere = std::string::npos;

/// Whether a label is text: neither a number nor, as 1,5, the beginning of one.
bool is_text(std::string_view label) {
  const std::size_t start = label.find_first_not_of("+-.");
  const bool digit = start != std::string_view::npos && label[start] >= '0' && label[start] <= '9';
  return !digit && read_number(label).second == not_a_number;
}

std::string listed(const Names& names) { return fmt::format("{}", fmt::join(names, ", ")); }

bool contains(const Names& names, std::string_view name) {
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
    Records records(path_, {.separator = options_.separator});
    Records::Fields fields;
    check<FormatError>(records.next(fields), "{}: no data rows", path_);
    check<FormatError>(fields.size() <= most_columns, "{}:{}: {} columns, at most {} are read",
                       path_, records.line(), fields.size(), most_columns);
    if (options_.header) check_names(fields, records.line());
    choose({fields.begin(), fields.end()}, records.line());
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
  void check_names(const Records::Fields& names, std::int64_t line) const {
    std::map<std::string_view, std::size_t> columns;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto [first, is_new] = columns.emplace(names[i], i);
      const bool is_number = read_number(names[i]).second.empty();
      check<FormatError>(is_new, "{}:{}: the name '{:.60}' stands in columns {} and {}{}", path_,
                         line, names[i], first->second + 1, i + 1,
                         is_number ? " (set .header = false if this line is data)" : "");
    }
  }

  void choose(Names first_record, std::int64_t line) {
    names_ = std::move(first_record);
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

  void read_row(const Records::Fields& fields, std::int64_t line) {
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
      const std::string_view field = fields[feature.column];
      check<FormatError>(feature.known.empty() || contains(feature.known, field),
                         "{}:{}: unknown word '{:.60}' (column '{}')", path_, line, field,
                         names_[feature.column]);
      if (feature.one_hot)
        feature.words.emplace_back(field);
      else
        feature.numbers.push_back(read_value(field, line, feature.column));
    }
    if (label_ != nowhere) labels_.emplace_back(fields[label_]);
    lines_.push_back(line);
  }

  double read_value(std::string_view field, std::int64_t line, std::size_t column) const {
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
