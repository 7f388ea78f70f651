#include <gradus/models/table.h>

#include <fmt/format.h>

#include <unordered_map>

#include <gradus/core/from_text.h>
#include <gradus/models/csv_records.h>
#include <gradus/models/raw_table.h>

namespace gradus { inline namespace GRADUS_VARIANT {

std::string detail::listed(std::span<const std::string> names, std::string_view quote,
                           std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto escaped = [](char c) { return c == '"' || c == '\\'; };
    // A message of 100 escapes would be longer than 300 characters.
    const bool odd = std::ranges::count_if(names[i], escaped) > 10;
    std::string name = fmt::format("{:.{}}", names[i], odd ? 30 : quote.empty() ? 60 : 100);
    if (!quote.empty())
      for (std::size_t at = 0; (at = name.find_first_of("\"\\", at)) != name.npos; at += 2)
        name.insert(at, 1, '\\');
    const std::string next = fmt::format("{}{}{}{}", i ? ", " : "", quote, name, quote);
    if (i > 0 && out.size() + next.size() > most)
      return out + fmt::format(" and {} more", names.size() - i);
    out += next;
  }
  return out;
}

std::string detail::class_name(double number) { return fmt::format("{}", number + 0.0); }

namespace {

using detail::class_name, detail::has, detail::listed, detail::RawTable, detail::Reading,
    detail::Records;
using Names = std::vector<std::string>;

constexpr std::size_t most_columns = 65536;

class Reader {
 public:
  Reader(const std::string& path, const CsvOptions& options, std::vector<TableColumn> known,
         const Dialect& hint)
      : t{path == "-" ? "standard input" : path, options, std::move(known)},
        given_{options.separator, options.decimal, options.comment, options.header},
        records_(path, given_, hint) {
    t.table.dialect = records_.dialect();
    t.table.gaps = {options.missing, options.drop_missing};
    const Dialect& found = t.table.dialect;
    if (!given_.separator && found.separator != hint.separator &&
        (found.separator != ',' || found.decimal == ','))
      t.table.notes.push_back(describe(found));
  }

  Table read() {
    Records::Fields fields;
    check<FormatError>(records_.next(fields), "{}: no data rows", t.path);
    check<FormatError>(fields.size() <= most_columns, "{}:{}: {} columns, at most {} are read",
                       t.path, records_.line(), fields.size(), most_columns);
    t.first_line = records_.line();
    set_names(fields);
    choose();
    const bool header = t.options.header;
    double share = 0;
    for (bool more = !header || records_.next(fields); more; more = records_.next(fields)) {
      read_row(fields);
      const double before = std::exchange(share, records_.share());
      if (t.options.progress && share != before) t.options.progress(share);
    }
    check<FormatError>(t.rows > 0, "{}: no data rows", t.path);
    return detail::settle(std::move(t));
  }

 private:
  void set_names(const Records::Fields& fields) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const bool named = t.options.header && !fields[i].empty();
      t.names.push_back(named ? std::string(fields[i]) : fmt::format("{}", i));
      if (named || !t.options.header) last_named_ = i;
      const auto [first, is_new] = fields_.emplace(t.names[i], i);
      check<FormatError>(is_new, "{}:{}: the name '{:.60}' stands in columns {} and {}{}", t.path,
                         t.first_line, t.names[i], first->second + 1, i + 1,
                         is_number(t.names[i]) || records_.starts_with_data()
                             ? " (set .header = false if this line is data)"
                             : "");
    }
  }

  bool is_number(std::string_view text) const {
    return detail::read_number(text, t.table.dialect.decimal).second.empty();
  }

  /// The columns that `a, b` may stand for, or `a`, a part of the name `a,b`; or none.
  Names around_commas(const std::string& name) const {
    Names names;
    for (const std::string& column : t.names)
      if (column.starts_with(name + ',')) return {column};
    for (std::size_t from = 0, end = 0; end != name.npos; from = end + 2) {
      end = name.find(", ", from);
      names.push_back(name.substr(from, end - from));
      if (!fields_.contains(names.back())) return {};
    }
    return names;
  }

  /// The place of a column that an option names.
  std::size_t field_of(const std::string& name, std::string_view option, const char* rule) const {
    const auto found = fields_.find(name);
    if (found != fields_.end()) return found->second;
    const std::string near = detail::nearest(name, t.names);
    std::string advice;
    if (records_.starts_with_data())
      advice = fmt::format("; set .header = false if line {} is data", t.first_line);
    else if (const Names meant = around_commas(name); !meant.empty() && option != "label")
      advice = fmt::format("; did you mean .{} = {{{}}}?", option, listed(meant, "\"", 100));
    else if (detail::edit_distance(name, near) < std::min(name.size(), near.size()))
      advice = fmt::format("; did you mean '{:.40}'?", near);
    throw ValueError(fmt::format("read_csv: {} must {} of {} (got '{:.40}'){}", option, rule,
                                 listed(t.names, "", 100), name, advice));
  }

  void choose() {
    const std::string& label = t.options.label;
    const bool labelled = !label.empty() || t.known.empty();
    if (!t.known.empty()) select_columns();
    std::size_t target = last_named_;
    if (!label.empty()) target = field_of(label, "label", "be the name of one column");
    if (t.known.empty()) choose_columns(target);
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
      const auto found = fields_.find(column.name);
      if (found == fields_.end())
        missing.push_back(column.name);
      else
        t.readings.push_back({found->second, !column.words.empty()});
    }
    const std::string& label = t.options.label;
    if (!label.empty() && !fields_.contains(label)) missing.push_back(label);
    check<FormatError>(missing.empty(), "{}:{}: columns of these names are needed: {} (got {})",
                       t.path, t.first_line, listed(missing, "", 90), listed(t.names, "", 90));
  }

  /// Selects all columns but the label and those to ignore.
  void choose_columns(std::size_t target) {
    enum { feature, ignored, of_words };
    std::vector<int> kinds(t.names.size(), feature);
    const auto mark = [&](const Names& list, const char* option, int kind) {
      for (const std::string& name : list) {
        const std::size_t i = field_of(name, option, "hold names of columns");
        check(i != target, "read_csv: {} must not hold the label (got '{:.60}')", option, name);
        check(kinds[i] == feature || kinds[i] == kind,
              "read_csv: one_hot must not hold a column to ignore (got '{:.60}')", name);
        kinds[i] = kind;
      }
    };
    mark(t.options.ignore, "ignore", ignored);
    mark(t.options.one_hot, "one_hot", of_words);
    bool numbers = true;
    for (std::size_t i = 0; i < t.names.size(); ++i) {
      if (i == target || kinds[i] == ignored) continue;
      t.readings.push_back({i, kinds[i] == of_words});
      numbers = numbers && is_number(t.names[i]);
    }
    check<FormatError>(
        t.names.size() > 1, "{}:{}: one column, '{:.60}', where a label and a feature are needed{}",
        t.path, t.first_line, t.names[target],
        records_.advice().empty() ? " (set .separator = CHAR if another character separates fields)"
                                  : records_.advice());
    check(!t.readings.empty(), "read_csv: ignore must leave a column besides the label '{:.60}'",
          t.names[target]);
    // A label found by name proves that there is a header; else a row of data could be lost.
    const bool sure = !t.options.header || !t.options.label.empty();
    check<FormatError>(sure || !(numbers || records_.starts_with_data()),
                       "{}:{}: the features' names {} (set .header = false if line {} is data, "
                       "else .label = {})",
                       t.path, t.first_line, numbers ? "are numbers" : "look like data",
                       t.first_line, listed(std::span(&t.names[target], 1), "\"", 100));
  }

  void read_row(const Records::Fields& fields) {
    std::vector<double>& cells = t.table.cells;
    if (const std::size_t room = cells.capacity() - cells.size(); room < t.readings.size()) {
      const double known = records_.share(), share = std::max(known, known > 0 ? 1.0 / 16 : 0.5);
      cells.reserve(t.readings.size() +
                    static_cast<std::size_t>(1.05 * static_cast<double>(cells.size()) / share));
    }
    for (Reading& reading : t.readings) cells.push_back(read_cell(fields[reading.field], reading));
    ++t.rows;
  }

  double read_cell(std::string_view field, Reading& reading) const {
    const std::int64_t line = records_.line();
    if (has(t.options.missing, field)) return reading.add(field, line);
    std::pair<double, std::string_view> number{0, detail::not_a_number};
    if (!reading.has_words) number = detail::read_number(field, t.table.dialect.decimal);
    if (reading.is_target && !classes_.empty()) {
      auto found = classes_.find(field);
      if (found == classes_.end() && number.second.empty())
        found = classes_.find(class_name(number.first));
      return found != classes_.end() ? found->second : reading.add(field, line);
    }
    if (number.second.empty()) return number.first + 0.0;  // without the sign of a 0
    check<FormatError>(number.second == detail::not_a_number || has(detail::gaps, field),
                       "{}:{}: '{:.60}' {} (column '{:.60}')", t.path, line, field, number.second,
                       t.names[reading.field]);
    return reading.add(field, line);
  }

  RawTable t;
  Dialect given_;
  Records records_;
  std::unordered_map<std::string, std::size_t> fields_;  ///< places of names
  std::size_t last_named_ = 0;
  std::map<std::string, double, std::less<>> classes_;
};

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
  return detail::read_table(path, options, detail::columns_of(options), {});
}

Table detail::read_table(const std::string& path, const CsvOptions& options,
                         std::vector<TableColumn> known, const Dialect& hint) {
  check(std::ranges::adjacent_find(options.classes, std::not_fn(class_before)) ==
            options.classes.end(),
        "read_csv: classes must be in order, each once (got {})", listed(options.classes, "", 200));
  return Reader(path, options, std::move(known), hint).read();
}

TableSplit split(Table table, double test_share, const SplitOptions& options) {
  const auto rows = static_cast<std::int64_t>(table.rows());
  check(test_share > 0 && test_share < 1, "split: test_share must be in (0,1) (got {})",
        test_share);
  const std::int64_t tests = rows - rows_kept(rows, test_share);
  check(tests >= 1 && tests < rows,
        "split: test_share must leave a row on both sides (got {} of {} rows)", test_share, rows);
  std::vector<bool> is_test(table.rows());
  std::vector<std::int64_t> order(table.rows());
  std::iota(order.begin(), order.end(), 0);
  if (!options.last) Random(options.seed, "split").shuffle(order);
  if (!options.last && !table.target.classes.empty())
    std::ranges::stable_sort(
        order, {}, [&](std::int64_t i) { return table.row(static_cast<std::size_t>(i)).back(); });
  // Every so many rows, so that of each class, too, a share of them is taken.
  for (std::int64_t n = 0; n < rows; ++n)
    is_test[static_cast<std::size_t>(order[static_cast<std::size_t>(n)])] =
        options.last ? n >= rows - tests : (n + 1) * tests / rows > n * tests / rows;
  Table test = table;
  test.dropped.clear();
  test.notes.clear();
  detail::keep_rows(test, [&](std::size_t i) { return is_test[i]; });
  detail::keep_rows(table, [&](std::size_t i) { return !is_test[i]; });
  return {std::move(table), std::move(test)};
}

}}  // namespace gradus
