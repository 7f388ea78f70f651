#include <gradus/models/table.h>

#include <fmt/format.h>

#include <numeric>
#include <unordered_map>

#include <gradus/core/from_text.h>
#include <gradus/models/csv_records.h>
#include <gradus/models/raw_table.h>

namespace gradus { inline namespace GRADUS_VARIANT {

std::string detail::listed(std::span<const std::string> names, std::string_view quote,
                           std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string next = fmt::format("{}{}{:.60}{}", i ? ", " : "", quote, names[i], quote);
    if (i > 0 && out.size() + next.size() > most)
      return out + fmt::format(" and {} more", names.size() - i);
    out += next;
  }
  return out;
}

std::string detail::class_name(double number) { return fmt::format("{}", number + 0.0); }

namespace {

using detail::class_name, detail::listed, detail::RawTable, detail::Reading, detail::Records;
using Names = std::vector<std::string>;

constexpr std::size_t most_columns = 65536;
constexpr std::size_t nowhere = std::string::npos;

class Reader {
 public:
  /// Reads the features that are `known`, or, without any, all that are not ignored.
  Reader(const std::string& path, const CsvOptions& options, std::vector<TableColumn> known)
      : t{path, options, std::move(known)} {}

  Table read() {
    const CsvOptions& o = t.options;
    t.table.dialect = {o.separator ? o.separator : ',', o.decimal, o.comment, o.header};
    t.table.gaps = {o.missing, o.drop_missing};
    Records records(t.path, t.table.dialect);
    Records::Fields fields;
    check<FormatError>(records.next(fields), "{}: no data rows", t.path);
    check<FormatError>(fields.size() <= most_columns, "{}:{}: {} columns, at most {} are read",
                       t.path, records.line(), fields.size(), most_columns);
    t.first_line = records.line();
    set_names(fields);
    choose();
    for (bool more = !o.header || records.next(fields); more; more = records.next(fields))
      read_row(fields, records.line());
    t.table.dialect = records.dialect();
    check<FormatError>(t.rows > 0, "{}: no data rows", t.path);
    return detail::settle(std::move(t));
  }

 private:
  // ---- columns ----------------------------------------------------------------------------------

  void set_names(const Records::Fields& fields) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const bool named = t.options.header && !fields[i].empty();
      t.names.push_back(named ? std::string(fields[i]) : fmt::format("{}", i));
      if (named || !t.options.header) last_named_ = i;
      const auto [first, is_new] = fields_.emplace(t.names[i], i);
      check<FormatError>(
          is_new, "{}:{}: the name '{:.60}' stands in columns {} and {}{}", t.path, t.first_line,
          t.names[i], first->second + 1, i + 1,
          is_number(t.names[i]) ? " (set .header = false if this line is data)" : "");
    }
  }

  bool is_number(std::string_view text) const { return detail::read_number(text).second.empty(); }

  std::size_t field_of(const std::string& name) const {
    const auto found = fields_.find(name);
    return found == fields_.end() ? nowhere : found->second;
  }

  void check_known(const std::string& name, const char* option, const char* rule) const {
    if (field_of(name) != nowhere) return;
    const std::string near = detail::nearest(name, t.names);
    const bool is_near = detail::edit_distance(name, near) < std::min(name.size(), near.size());
    throw ValueError(fmt::format("read_csv: {} must {} of {} (got '{:.60}'){}", option, rule,
                                 listed(t.names, "", 100), name,
                                 is_near ? fmt::format("; did you mean '{:.60}'?", near) : ""));
  }

  void choose() {
    const std::string& label = t.options.label;
    if (!label.empty()) check_known(label, "label", "be the name of one column");
    const bool labelled = !label.empty() || t.known.empty();
    const std::size_t target = !labelled ? nowhere : label.empty() ? last_named_ : field_of(label);
    if (t.known.empty())
      choose_columns(target);
    else
      select_columns();
    for (const Reading& reading : t.readings)
      t.table.features.push_back({.name = t.names[reading.field]});
    if (!labelled) return;
    t.readings.push_back({.field = target, .is_target = true});
    t.table.target = {t.names[target], t.options.classes};
    for (const std::string& name : t.options.classes)
      classes_.emplace(name, static_cast<double>(classes_.size()));
  }

  /// Selects the features that are known.
  void select_columns() {
    Names missing;
    for (const TableColumn& column : t.known) {
      t.readings.push_back({field_of(column.name), !column.words.empty()});
      if (t.readings.back().field == nowhere) missing.push_back(column.name);
    }
    check<FormatError>(missing.empty(), "{}:{}: columns of these names are needed: {} (got {})",
                       t.path, t.first_line, listed(missing, "", 90), listed(t.names, "", 90));
  }

  /// Selects all columns but the label and those to ignore.
  void choose_columns(std::size_t target) {
    enum { read, ignored, of_words };
    std::vector<int> kinds(t.names.size(), read);
    const auto mark = [&](const Names& list, const char* option, int kind) {
      for (const std::string& name : list) {
        check_known(name, option, "hold names of columns");
        const std::size_t i = field_of(name);
        check(i != target, "read_csv: {} must not hold the label (got '{:.60}')", option, name);
        check(kinds[i] == read || kinds[i] == kind,
              "read_csv: one_hot must not hold a column to ignore (got '{:.60}')", name);
        kinds[i] = kind;
      }
    };
    mark(t.options.ignore, "ignore", ignored);
    mark(t.options.one_hot, "one_hot", of_words);
    bool lost = t.options.header && t.options.label.empty();
    for (std::size_t i = 0; i < t.names.size(); ++i) {
      if (i == target || kinds[i] == ignored) continue;
      t.readings.push_back({i, kinds[i] == of_words});
      lost = lost && is_number(t.names[i]);
    }
    check(!t.readings.empty(), "read_csv: a column besides the label '{:.60}' must be left to read",
          t.names[target]);
    // A label found by name proves that there is a header; else a row of numbers could be lost.
    check<FormatError>(!lost,
                       "{}:{}: the features' names are numbers (set .header = false if line {} is "
                       "data, else name the label)",
                       t.path, t.first_line, t.first_line);
  }

  // ---- rows -------------------------------------------------------------------------------------

  void read_row(const Records::Fields& fields, std::int64_t line) {
    check<FormatError>(fields.size() == t.names.size(), "{}:{}: {} fields, expected {}", t.path,
                       line, fields.size(), t.names.size());
    for (Reading& reading : t.readings)
      t.table.cells.push_back(read_cell(fields[reading.field], reading, line));
    ++t.rows;
  }

  double read_cell(std::string_view field, Reading& reading, std::int64_t line) const {
    if (!t.options.missing.empty() &&
        std::ranges::find(t.options.missing, field) != t.options.missing.end())
      return reading.add_gap(line);
    std::pair<double, std::string_view> number{0, detail::not_a_number};
    if (!reading.has_words) number = detail::read_number(field);
    const bool is_class = reading.is_target && !t.options.classes.empty();
    if (is_class) {
      auto found = classes_.find(field);
      if (found == classes_.end() && number.second.empty())
        found = classes_.find(class_name(number.first));
      if (found != classes_.end()) return found->second;
    } else if (number.second.empty()) {
      return number.first;
    }
    if (is_gap(field) || (is_class && field == "-")) return reading.add_gap(line);
    check<FormatError>(!is_class, "{}:{}: unknown class '{:.60}' (known are {})", t.path, line,
                       field, listed(t.options.classes, "", 90));
    if (!reading.has_words && !reading.is_target) {
      if (field == "TRUE" || field == "True" || field == "true") return 1;
      if (field == "FALSE" || field == "False" || field == "false") return 0;
    }
    check<FormatError>(number.second == detail::not_a_number,
                       "{}:{}: '{:.60}' {} (column '{:.60}')", t.path, line, field, number.second,
                       t.names[reading.field]);
    return reading.add(field, line);
  }

  /// Whether a field is a gap in each column; `-` is one where there is no `+`.
  static bool is_gap(std::string_view field) {
    constexpr std::string_view spellings[] = {"NA", "N/A", "NaN", "nan", "null", "None", "?"};
    return field.empty() || std::ranges::find(spellings, field) != std::end(spellings);
  }

  RawTable t;
  std::unordered_map<std::string, std::size_t> fields_;  ///< places of names
  std::size_t last_named_ = 0;
  std::map<std::string, double, std::less<>> classes_;
};

/// Marks the rows to test with: of each class its share of them, with the largest remainders
/// rounded up.
void draw_tests(const Table& table, std::int64_t tests, double share, std::uint64_t seed,
                std::vector<bool>& is_test) {
  const std::size_t groups = std::max<std::size_t>(1, table.target.classes.size());
  std::vector<std::vector<std::int64_t>> rows(groups);
  for (std::size_t i = 0; i < table.rows(); ++i)
    rows[groups > 1 ? static_cast<std::size_t>(table.row(i).back()) : 0].push_back(
        static_cast<std::int64_t>(i));
  std::vector<std::int64_t> taken(groups);
  std::vector<std::pair<double, std::size_t>> remainders;  // negative, to sort the largest first
  for (std::size_t k = 0; k < groups; ++k) {
    const double exact = static_cast<double>(rows[k].size()) * share;
    taken[k] = static_cast<std::int64_t>(std::floor(exact));
    remainders.push_back({static_cast<double>(taken[k]) - exact, k});
  }
  std::ranges::sort(remainders);
  std::int64_t left = tests - std::reduce(taken.begin(), taken.end());
  for (std::size_t i = 0; left > 0; ++i, --left) ++taken[remainders[i % groups].second];
  Random random(seed, "split");
  for (std::size_t k = 0; k < groups; ++k) {
    random.shuffle(rows[k]);
    for (std::int64_t n = 0; n < taken[k]; ++n)
      is_test[static_cast<std::size_t>(rows[k][static_cast<std::size_t>(n)])] = true;
  }
}

}  // namespace

std::vector<TableColumn> detail::columns_of(const CsvOptions& options) {
  std::vector<TableColumn> features;
  for (const std::string& column : options.columns) {
    const auto is_word = [&](const std::string& name) { return column.starts_with(name + '='); };
    const auto name = std::ranges::find_if(options.one_hot, is_word);
    if (name == options.one_hot.end())
      features.push_back({.name = column});
    else if (features.empty() || features.back().name != *name)
      features.push_back({.name = *name});
    if (name != options.one_hot.end())
      features.back().words.push_back(column.substr(name->size() + 1));
  }
  return features;
}

Table read_table(const std::string& path, const CsvOptions& options) {
  const char separator = options.separator;
  check(std::ranges::is_sorted(options.classes, detail::class_before),
        "read_csv: classes must be in order (got {})", listed(options.classes, "", 200));
  check(separator == 0 || separator == '\t' ||
            (separator >= ' ' && separator <= '~' && separator != '"'),
        "read_csv: separator must be a tab or a printable ASCII character other than '\"' (got "
        "{:#x})",
        static_cast<unsigned char>(separator));
  return Reader(path, options, detail::columns_of(options)).read();
}

TableSplit split(Table table, double test_share, const SplitOptions& options) {
  const auto rows = static_cast<std::int64_t>(table.rows());
  check(test_share > 0 && test_share < 1, "split: test_share must be in (0,1) (got {})",
        test_share);
  const std::int64_t tests = rows - rows_kept(rows, test_share);
  check(tests >= 1 && tests < rows,
        "split: test_share must leave a row on both sides (got {} of {} rows)", test_share, rows);
  std::vector<bool> is_test(table.rows());
  if (options.last) std::fill(is_test.end() - tests, is_test.end(), true);
  if (!options.last) draw_tests(table, tests, test_share, options.seed, is_test);
  Table test = table;
  test.cells.clear();
  test.dropped.clear();
  test.notes.clear();
  const auto width = static_cast<std::ptrdiff_t>(table.width());
  auto to = table.cells.begin();
  for (std::size_t i = 0; i < is_test.size(); ++i) {
    const auto row = table.cells.begin() + static_cast<std::ptrdiff_t>(i) * width;
    if (is_test[i])
      test.cells.insert(test.cells.end(), row, row + width);
    else
      to = std::copy_n(row, width, to);
  }
  table.cells.erase(to, table.cells.end());
  return {std::move(table), std::move(test)};
}

}}  // namespace gradus
