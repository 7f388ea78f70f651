#include <gradus/models/read_csv.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>

#include <gradus/core/from_text.h>
#include <gradus/models/csv_records.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

using detail::Names, detail::Records;

constexpr std::size_t most_columns = 65536;
constexpr std::size_t most_words = 1024;
constexpr std::size_t nowhere = std::string::npos;

// ---- columns ------------------------------------------------------------------------------------

struct Columns {
  Names names;
  std::size_t label;  ///< or nowhere
  std::vector<std::size_t> features;
  std::vector<bool> one_hot;  ///< of each feature
  std::vector<Names> words;   ///< of each feature, if options.columns lists them
};

std::string listed(const Names& names) { return fmt::format("{}", fmt::join(names, ", ")); }

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Checks a list of columns, none of which may be the label.
void check_list(const Names& list, const char* option, const Names& names,
                const std::string& label) {
  for (const std::string& name : list) {
    check(contains(names, name), "read_csv: {} must hold names of columns of {} (got '{}')", option,
          listed(names), name);
    check(name != label, "read_csv: {} must not hold the label (got '{}')", option, name);
  }
}

/// The column of `one_hot` that a feature such as `origin=europe` comes from, or "".
std::string word_column(const std::string& feature, const Names& one_hot) {
  for (const std::string& name : one_hot)
    if (feature.starts_with(name + '=')) return name;
  return "";
}

/// Refuses a feature such as `o=size`, which looks like the word `size` of the column `o`.
void check_one_hot_names(const Columns& columns, const Names& one_hot) {
  for (const std::size_t i : columns.features) {
    const std::string of_words = word_column(columns.names[i], one_hot);
    check(of_words.empty(),
          "read_csv: one_hot must not hold a column whose name and '=' begin another's (got '{}' "
          "beside '{}')",
          of_words, columns.names[i]);
  }
}

/// Selects the features that options.columns lists.
void select_columns(Columns& columns, const CsvOptions& options, const std::string& where) {
  const Names& names = columns.names;
  Names missing;
  for (const std::string& feature : options.columns) {
    const std::string of_words = word_column(feature, options.one_hot);
    const std::string& name = of_words.empty() ? feature : of_words;
    if (std::count(names.begin(), names.end(), name) != 1) {
      if (!contains(missing, name)) missing.push_back(name);
      continue;
    }
    const auto i =
        static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
    const bool same_column =
        !of_words.empty() && !columns.features.empty() && columns.features.back() == i;
    if (!same_column) {
      columns.features.push_back(i);
      columns.one_hot.push_back(!of_words.empty());
      columns.words.emplace_back();
    }
    if (!of_words.empty()) columns.words.back().push_back(feature.substr(name.size() + 1));
  }
  check<FormatError>(missing.empty(),
                     "{}: columns of these names are needed, once each: {} (got {})", where,
                     listed(missing), listed(names));
}

Columns choose_columns(const Names& names, const CsvOptions& options, const std::string& where) {
  const bool listed_columns = !options.columns.empty();
  const bool labelled = !listed_columns || !options.label.empty();
  const std::string& label = options.label.empty() ? names.back() : options.label;
  check(options.label.empty() || std::count(names.begin(), names.end(), label) == 1,
        "read_csv: label must be the name of one column of {} (got '{}')", listed(names), label);
  Columns columns{names, labelled ? names.size() - 1 : nowhere, {}, {}, {}};
  if (!options.label.empty())
    columns.label =
        static_cast<std::size_t>(std::find(names.begin(), names.end(), label) - names.begin());
  if (listed_columns) {
    select_columns(columns, options, where);
    return columns;
  }
  check_list(options.ignore, "ignore", names, label);
  check_list(options.one_hot, "one_hot", names, label);
  for (const std::string& name : options.one_hot)
    check(!contains(options.ignore, name),
          "read_csv: one_hot must not hold a column to ignore (got '{}')", name);
  for (std::size_t i = 0; i < names.size(); ++i)
    if (i != columns.label && !contains(options.ignore, names[i])) {
      columns.features.push_back(i);
      columns.one_hot.push_back(contains(options.one_hot, names[i]));
      columns.words.emplace_back();
    }
  check(!columns.features.empty(), "read_csv: a column besides the label '{}' must be left to read",
        label);
  check_one_hot_names(columns, options.one_hot);
  return columns;
}

// ---- numbers ------------------------------------------------------------------------------------

struct Number {
  double value = 0;
  std::string_view problem = {};  ///< empty when there is none
};

constexpr std::string_view not_a_number = "is not a number", out_of_range = "is out of range";

/// Whether a number outside the range of a double is too small rather than too large: the exponent
/// moves its first nonzero digit behind the decimal point.
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
  const auto [stop, error] = detail::from_text(text.data(), end, number.value);
  if (stop != end || error == std::errc::invalid_argument) return {0, not_a_number};
  if (error == std::errc::result_out_of_range && is_tiny(text)) return {0};
  if (error == std::errc::result_out_of_range) return {0, out_of_range};
  if (!std::isfinite(number.value)) return {0, "is not finite"};
  if (std::abs(number.value) > std::numeric_limits<Scalar>::max()) return {0, out_of_range};
  return number;
}

/// The place of a number in the file, for errors.
struct Place {
  const std::string& path;
  std::int64_t line;
  const std::string& column;
  bool headless_start = false;  ///< line 1 of a file that should have no header
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

/// The rows as read. Labels and words stay text: only after the last row is it known which there
/// are.
struct Rows {
  std::vector<Scalar> x;     ///< of the features that are numbers
  std::vector<Names> words;  ///< of each feature; empty for numbers
  Names labels;
  std::vector<std::int64_t> lines, dropped;
};

/// The first column in use whose field is missing, or nowhere.
std::size_t missing_column(const Names& fields, const Columns& columns) {
  const auto missing = [&](std::size_t i) {
    return fields[i].empty() || fields[i] == "?" || fields[i] == "NA";
  };
  const auto found = std::find_if(columns.features.begin(), columns.features.end(), missing);
  if (found != columns.features.end()) return *found;
  return columns.label != nowhere && missing(columns.label) ? columns.label : nowhere;
}

Rows read_rows(const std::string& path, Records& records, Names fields, const Columns& columns,
               const CsvOptions& options) {
  Rows rows{{}, std::vector<Names>(columns.features.size()), {}, {}, {}};
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
      rows.dropped.push_back(std::ssize(rows.lines) + std::ssize(rows.dropped));
      continue;
    }
    const bool headless_start = !options.header && rows.lines.empty();
    for (std::size_t f = 0; f < columns.features.size(); ++f) {
      const std::size_t i = columns.features[f];
      const Names& known = columns.words[f];
      check<FormatError>(known.empty() || contains(known, fields[i]),
                         "{}:{}: unknown word '{:.60}' (column '{}')", path, line, fields[i],
                         columns.names[i]);
      if (columns.one_hot[f])
        rows.words[f].push_back(fields[i]);
      else
        rows.x.push_back(read_scalar(fields[i], {path, line, columns.names[i], headless_start}));
    }
    if (columns.label != nowhere) rows.labels.push_back(fields[columns.label]);
    rows.lines.push_back(line);
  }
  check<FormatError>(!rows.lines.empty(), "{}: no data rows{}", path,
                     rows.dropped.empty() ? "" : " without a missing value");
  return rows;
}

/// Each word once, sorted.
Names sorted(Names words) {
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

/// Sets x and the names of its columns; a feature of words becomes one column per word.
void set_features(Dataset& data, const Rows& rows, const std::string& path,
                  const Columns& columns) {
  std::vector<Names> words;
  for (std::size_t f = 0; f < columns.features.size(); ++f) {
    const std::string& name = columns.names[columns.features[f]];
    words.push_back(columns.words[f].empty() ? sorted(rows.words[f]) : columns.words[f]);
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

/// Whether a label is text: neither a number nor, as 1,5, the beginning of one.
bool is_text(std::string_view label) {
  const std::size_t start = label.find_first_not_of("+-.");
  const bool digit = start != std::string_view::npos && label[start] >= '0' && label[start] <= '9';
  return !digit && read_number(label).problem == not_a_number;
}

/// Sets y and, for labels of text, the class names. If `known` is not empty, only these are
/// allowed.
void set_target(Dataset& data, const Rows& rows, const std::string& path, const std::string& column,
                const Names& known) {
  const Names& labels = rows.labels;
  const bool text = !known.empty() || is_text(labels[0]);
  std::vector<Scalar> y;
  if (text) data.classes = known.empty() ? sorted(labels) : known;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    check<FormatError>(known.empty() || std::binary_search(known.begin(), known.end(), labels[i]),
                       "{}:{}: unknown class '{:.60}' (known are {})", path, rows.lines[i],
                       labels[i], listed(known));
    check<FormatError>(!text || !known.empty() || read_number(labels[i]).problem == not_a_number,
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
  check(std::is_sorted(options.classes.begin(), options.classes.end()),
        "read_csv: classes must be sorted (got {})", listed(options.classes));
  check(separator == '\t' || (separator >= ' ' && separator <= '~' && separator != '"'),
        "read_csv: separator must be a tab or a printable ASCII character other than '\"' (got "
        "{:#x})",
        static_cast<unsigned char>(separator));
  const std::string text = detail::read_text(path);
  Records records(path, text, separator);
  Names fields;
  check<FormatError>(records.next(fields), "{}: no data rows", path);
  check<FormatError>(fields.size() <= most_columns, "{}:{}: {} columns, at most {} are read", path,
                     records.line(), fields.size(), most_columns);

  Names names = fields;
  if (!options.header)
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = fmt::format("{}", i);
  const Columns columns =
      choose_columns(names, options, fmt::format("{}:{}", path, records.line()));
  // A label found by name proves that there is a header; else a row of numbers could be lost.
  const bool doubtful = options.header && options.label.empty() && options.columns.empty();
  const auto is_number = [&](std::size_t i) { return read_number(names[i]).problem.empty(); };
  check<FormatError>(
      !doubtful || !std::all_of(columns.features.begin(), columns.features.end(), is_number),
      "{}:{}: the features' names are numbers (set .header = false if line {} is data, "
      "else name the label)",
      path, records.line(), records.line());

  const Rows rows = read_rows(path, records, fields, columns, options);
  Dataset data;
  set_features(data, rows, path, columns);
  data.dropped = rows.dropped;
  if (columns.label == nowhere) return data;
  data.label = names[columns.label];
  set_target(data, rows, path, data.label, options.classes);
  return data;
}

}}  // namespace gradus
