#include <fmt/format.h>

#include <set>

#include <gradus/models/csv_records.h>
#include <gradus/models/raw_table.h>

namespace gradus { inline namespace GRADUS_VARIANT {

bool detail::class_before(const std::string& a, const std::string& b) {
  const auto [x, a_is_word] = detail::read_number(a);
  const auto [y, b_is_word] = detail::read_number(b);
  if (!a_is_word.empty() || !b_is_word.empty())
    return a_is_word.empty() != b_is_word.empty() ? a_is_word.empty() : a < b;
  return x != y ? x < y : a < b;
}

namespace {

using detail::class_name, detail::listed, detail::RawTable, detail::Reading, detail::unboxed;
using Names = std::vector<std::string>;

constexpr std::size_t most_words = 1024, most_auto_words = 50, most_number_classes = 20;
constexpr std::int64_t least_rows_of_class = 10;

class Settler {
 public:
  explicit Settler(RawTable raw) : t(std::move(raw)) {}

  Table settle() {
    for (Reading& reading : t.readings) settle_minus(reading);
    settle_features();
    settle_gaps();
    if (t.table.has_target() && t.options.classes.empty()) settle_target();
    return std::move(t.table);
  }

 private:
  /// Makes `-` a gap in a column without `+`.
  void settle_minus(Reading& reading) {
    const auto minus = reading.places.find("-");
    if (minus == reading.places.end() || reading.places.contains("+")) return;
    if (!t.known.empty() && !reading.is_target)
      if (const Names& words = t.known[t.column_of(reading)].words;
          std::ranges::find(words, "-") != words.end())
        return;
    t.for_each_cell(reading, [&](double& cell) {
      if (!std::isnan(cell) || unboxed(cell) != minus->second) return;
      cell = reading.add_gap(reading.first_word);
      --reading.word_rows;
    });
    reading.places.erase(minus);
  }

  /// The numbers of a column with the rows that have them; stops beyond `most` different ones.
  std::map<double, std::int64_t> count_numbers(const Reading& reading, std::size_t most) {
    std::map<double, std::int64_t> counts;
    t.for_each_cell(reading, [&](double cell) {
      if (!std::isnan(cell) && counts.size() <= most) ++counts[cell];
    });
    return counts;
  }

  /// The different values of a column in an order; replaces its cells by their places.
  Names settle_words(const Reading& reading, auto before) {
    std::map<double, std::size_t> numbers;
    std::vector<bool> seen(reading.words.size() + 1);
    t.for_each_cell(reading, [&](double cell) {
      if (std::isnan(cell))
        seen[unboxed(cell)] = true;
      else
        numbers.emplace(cell, 0);
    });
    Names words;
    for (std::size_t i = 0; i < reading.words.size(); ++i)
      if (seen[i + 1]) words.push_back(reading.words[i]);
    for (const auto& [number, place] : numbers) words.push_back(class_name(number));
    std::ranges::sort(words, before);
    words.erase(std::unique(words.begin(), words.end()), words.end());
    std::map<std::string_view, std::size_t> order;
    for (const std::string& word : words) order.emplace(word, order.size());
    std::vector<double> places(reading.words.size() + 1, detail::boxed(0));
    for (std::size_t i = 0; i < reading.words.size(); ++i)
      if (seen[i + 1]) places[i + 1] = static_cast<double>(order.at(reading.words[i]));
    for (auto& [number, place] : numbers) place = order.at(class_name(number));
    t.for_each_cell(reading, [&](double& cell) {
      cell = std::isnan(cell) ? places[unboxed(cell)] : static_cast<double>(numbers.at(cell));
    });
    return words;
  }

  /// Decides which features are words; a column of words that must be numbers is an error.
  void settle_features() {
    std::vector<Reading*> wrong;
    Names one_hot = t.options.one_hot, ignore = t.options.ignore, found;
    for (Reading& reading : t.readings) {
      if (reading.is_target || (!reading.has_words && reading.word_rows == 0)) continue;
      const std::string& name = t.names[reading.field];
      const std::size_t words =
          reading.words.size() + count_numbers(reading, most_auto_words).size();
      if (!reading.has_words && !t.options.one_hot_auto && words <= most_auto_words)
        one_hot.push_back(name);
      else if (!reading.has_words && words > most_auto_words)
        ignore.push_back(name);
      else if (!reading.has_words && t.known.empty())
        found.push_back(name);
      if (!reading.has_words && (!t.options.one_hot_auto || words > most_auto_words))
        wrong.push_back(&reading);
      check<FormatError>(!t.known.empty() || words <= most_words || !reading.has_words,
                         "{}: {} different words in column '{:.60}', at most {} are read (ignore "
                         "it?)",
                         t.path, words, name, most_words);
      reading.has_words = true;
    }
    if (!wrong.empty()) refuse_words(wrong, one_hot, ignore);
    name_words();
    if (!found.empty())
      t.table.notes.push_back(fmt::format("columns of words: {}", listed(found, "", 120)));
  }

  /// Lists the words of each feature, and checks that no name looks like one of another.
  void name_words() {
    std::set<std::string> word_columns;
    for (const Reading& reading : t.readings)
      if (reading.has_words) word_columns.insert(t.names[reading.field]);
    for (TableColumn& feature : t.table.features) {
      // A feature such as `o=size` looks like the word `size` of the column `o`.
      const std::string& name = feature.name;
      for (std::size_t end = name.find('='); end != name.npos; end = name.find('=', end + 1))
        check(!word_columns.contains(name.substr(0, end)),
              "read_csv: one_hot must not hold a column whose name and '=' begin another's (got "
              "'{:.60}' beside '{:.60}')",
              name.substr(0, end), name);
      const Reading& reading =
          t.readings[static_cast<std::size_t>(&feature - t.table.features.data())];
      if (reading.has_words) feature.words = settle_words(reading, std::less<>());
    }
  }

  [[noreturn]] void refuse_words(const std::vector<Reading*>& wrong, const Names& one_hot,
                                 const Names& ignore) const {
    const Reading& first = **std::ranges::min_element(wrong, {}, &Reading::first_word);
    const std::string& word = first.words[0];
    const std::string start =
        fmt::format("{}:{}: '{:.30}' is not a number (", t.path, first.first_word, word);
    const std::string column = fmt::format("column '{:.30}'", t.names[first.field]);
    std::string advice;
    if (!t.options.header && first.first_word == t.first_line && first.word_rows == 1)
      throw FormatError(start + "set .header = true if line 1 holds the column names)");
    if (t.known.empty()) advice = "; " + advice_on_words(one_hot, ignore, 240 - start.size());
    throw FormatError(start + column + advice + ")");
  }

  std::string advice_on_words(const Names& one_hot, const Names& ignore, std::size_t most) const {
    const auto code = [](const Names& names, std::size_t length) {
      return fmt::format("{{{}}}", listed(names, "\"", length));
    };
    std::string text = "set ";
    const bool words = one_hot.size() > t.options.one_hot.size();
    const bool others = ignore.size() > t.options.ignore.size();
    if (words) text += ".one_hot = " + code(one_hot, 1000);
    if (words) text += others ? " and " : " or ";
    Names left_out = ignore;
    if (!others)
      left_out.insert(left_out.end(), one_hot.begin() + std::ssize(t.options.one_hot),
                      one_hot.end());
    if (text.size() + code(left_out, 1000).size() <= most)
      return text + ".ignore = " + code(left_out, 1000);
    return fmt::format(
        "set {}.ignore = {}",
        words ? others ? ".one_hot_auto = true and " : ".one_hot_auto = true or " : "",
        code(left_out, 90));
  }

  // ---- gaps -------------------------------------------------------------------------------------

  /// Leaves out the rows with gaps, or refuses them.
  void settle_gaps() {
    const std::size_t width = t.readings.size();
    std::vector<Reading*> worst;
    for (Reading& reading : t.readings)
      if (reading.gap_rows > 0) worst.push_back(&reading);
    if (worst.empty()) return;
    // By gaps, the target last: it cannot be ignored.
    std::ranges::stable_sort(worst, [](const Reading* a, const Reading* b) {
      return a->is_target != b->is_target ? b->is_target : a->gap_rows > b->gap_rows;
    });
    std::vector<double>& cells = t.table.cells;
    std::vector<std::int64_t> saved(worst.size() + 1);  // rows, if so many columns were ignored
    std::size_t to = 0;
    for (std::size_t row = 0; row < cells.size(); row += width) {
      std::size_t needed = worst.size();
      while (needed > 0 && !std::isnan(cells[row + t.column_of(*worst[needed - 1])])) --needed;
      ++saved[needed];
      if (needed > 0)
        t.table.dropped.push_back(static_cast<std::int64_t>(row / width));
      else if (to != row)
        std::copy_n(cells.begin() + static_cast<std::ptrdiff_t>(row), width,
                    cells.begin() + static_cast<std::ptrdiff_t>(to));
      if (needed == 0) to += width;
    }
    const std::string counts = count_gaps(worst), advice = advice_on_gaps(worst, saved);
    const Reading& first = **std::ranges::min_element(worst, {}, &Reading::first_gap);
    check<FormatError>(t.options.drop_missing,
                       "{}:{}: no value in column '{:.60}'; {} of {} rows have gaps: {} (set "
                       ".drop_missing = true to leave such rows out{}{})",
                       t.path, first.first_gap, t.names[first.field], t.table.dropped.size(),
                       t.rows, counts, advice.empty() ? "" : ", or ", advice);
    check<FormatError>(saved[0] > 0, "{}: no data rows without a missing value: {} of {} rows{}",
                       t.path, counts, t.rows, advice.empty() ? "" : " (set " + advice + ")");
    cells.resize(to);
    t.table.notes.push_back(fmt::format("{} of {} rows are left; gaps: {}{}", saved[0], t.rows,
                                        counts, advice.empty() ? "" : " (set " + advice + ")"));
  }

  /// `horsepower 6, origin 2`.
  std::string count_gaps(std::vector<Reading*> worst) const {
    std::ranges::stable_sort(worst, std::greater<>(), &Reading::gap_rows);
    Names counts;
    for (const Reading* reading : worst)
      counts.push_back(fmt::format("{:.40} {}", t.names[reading->field], reading->gap_rows));
    return listed(counts, "", 60);
  }

  /// The columns to ignore, at most three, that keep most rows; "" where that does not help.
  std::string advice_on_gaps(const std::vector<Reading*>& worst,
                             const std::vector<std::int64_t>& saved) const {
    if (!t.known.empty()) return "";
    Names ignore;
    std::vector<std::int64_t> kept{saved[0]};
    for (std::size_t n = 1;
         n <= 3 && n < saved.size() && !worst[n - 1]->is_target && n < t.table.features.size(); ++n)
      kept.push_back(kept.back() + saved[n]);
    std::size_t n = 0;  // the fewest columns with nearly all of the effect
    while (10 * (kept[n] - kept[0]) < 9 * (kept.back() - kept[0])) ++n;
    if (n == 0) return "";
    for (std::size_t i = 0; i < n; ++i) ignore.push_back(t.names[worst[i]->field]);
    ignore.insert(ignore.begin(), t.options.ignore.begin(), t.options.ignore.end());
    return fmt::format(".ignore = {{{}}} to keep {}", listed(ignore, "\"", 80), kept[n]);
  }

  // ---- the target -------------------------------------------------------------------------------

  void settle_target() {
    Reading& target = t.readings.back();
    const auto counts = count_numbers(target, most_number_classes);
    std::int64_t words = 0;
    t.for_each_cell(target, [&](double cell) { words += std::isnan(cell); });
    bool whole = true, often = true;
    for (const auto& [number, rows] : counts) {
      whole = whole && number == std::floor(number);
      often = often && rows >= least_rows_of_class;
    }
    const bool few = counts.size() <= most_number_classes;
    const Task task = t.options.task;
    const bool mostly_numbers = 2 * words < std::ssize(t.table.cells) / std::ssize(t.readings);
    const bool plausible = !mostly_numbers || (whole && few);
    if (words > 0 && (task == Task::regression || (task != Task::classification && !plausible)))
      refuse_target(target);
    bool classes = words > 0 || task == Task::classification;
    if (task == Task::automatic && words == 0) {
      classes = whole && few && often && counts.size() > 1;
      t.table.notes.push_back(fmt::format(
          "target '{:.60}': {} (set .task = Task::{})", t.table.target.name,
          classes ? fmt::format("{} whole numbers, taken as classes", counts.size()) : "numbers",
          classes ? "regression" : "classification"));
    }
    if (classes) t.table.target.classes = settle_words(target, detail::class_before);
  }

  [[noreturn]] void refuse_target(const Reading& target) const {
    throw FormatError(fmt::format("{}:{}: '{:.60}' is not a number (column '{:.60}')", t.path,
                                  target.first_word, target.words[0], t.names[target.field]));
  }

  RawTable t;
};

}  // namespace

Table detail::settle(RawTable raw) { return Settler(std::move(raw)).settle(); }

}}  // namespace gradus
