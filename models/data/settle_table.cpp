#include <fmt/format.h>

#include <set>
#include <unordered_map>

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

using detail::boxed, detail::class_name, detail::has, detail::is_gap, detail::listed,
    detail::RawTable, detail::Reading, detail::unboxed;
using Names = std::vector<std::string>;

constexpr std::size_t most_words = 1024, most_auto_words = 50, most_number_classes = 20;
constexpr std::int64_t least_rows_of_class = 10;

class Settler {
 public:
  explicit Settler(RawTable raw) : t(std::move(raw)) {}

  Table settle() {
    for (Reading& reading : t.readings) settle_meanings(reading);
    settle_features();
    settle_gaps();
    if (t.table.has_target()) t.options.classes.empty() ? settle_target() : check_classes();
    return std::move(t.table);
  }

 private:
  /// Makes gaps of their spellings, and 1 and 0 of truth values in a feature without other words or
  /// known as numbers.
  void settle_meanings(Reading& reading) {
    if (reading.words.empty()) return;
    std::vector<double> meanings{boxed(0)};  // by unboxed()
    for (const auto& word : reading.places) meanings.push_back(word->second.cell);
    const std::size_t column = t.column_of(reading);
    const bool minus =
        reading.words.contains("+") || (column < t.known.size() && has(t.known[column].words, "-"));
    std::erase_if(reading.words, [&](const auto& entry) {
      const auto& [text, word] = entry;
      const bool usual = has(detail::gaps, text) && !(minus && text == "-");
      if (!usual && !has(t.options.missing, text)) return false;
      if (reading.gap_rows == 0 || word.line < reading.first_gap) reading.first_gap = word.line;
      reading.gap_rows += word.rows;
      meanings[unboxed(word.cell)] = boxed(0);
      return true;
    });
    constexpr std::string_view truths[] = {"FALSE", "False", "false", "TRUE", "True", "true"};
    const auto is_truth = [&](const auto& word) { return has(truths, word.first); };
    if (!reading.has_words && !reading.is_target &&
        (!t.known.empty() || std::ranges::all_of(reading.words, is_truth)))
      std::erase_if(reading.words, [&](const auto& entry) {
        const auto& [text, word] = entry;
        if (is_truth(entry)) meanings[unboxed(word.cell)] = text[0] == 't' || text[0] == 'T';
        return is_truth(entry);
      });
    t.for_each_cell(reading, [&](double& cell) {
      if (std::isnan(cell)) cell = meanings[unboxed(cell)];
    });
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
    std::map<std::string, double, decltype(before)> places(before);
    std::unordered_map<std::uint64_t, double*> place_of;  // by the bits of the cell
    t.for_each_cell(reading, [&](double cell) {
      if (is_gap(cell)) return;
      const auto [at, is_new] = place_of.try_emplace(std::bit_cast<std::uint64_t>(cell));
      if (is_new)
        at->second = &places[std::isnan(cell) ? reading.word_of(cell)->first : class_name(cell)];
    });
    Names words;
    for (auto& [word, place] : places) {
      place = static_cast<double>(words.size());
      words.push_back(word);
    }
    t.for_each_cell(reading, [&](double& cell) {
      if (!is_gap(cell)) cell = *place_of.at(std::bit_cast<std::uint64_t>(cell));
    });
    return words;
  }

  /// Decides which features are words; a column of words that must be numbers is an error.
  void settle_features() {
    const Reading* wrong = nullptr;
    Names one_hot = t.options.one_hot, ignore = t.options.ignore, found;
    for (Reading& reading : t.readings) {
      if (reading.is_target || reading.words.empty()) continue;
      const std::string& name = t.names[reading.field];
      const std::size_t values =
          reading.words.size() + count_numbers(reading, most_auto_words).size();
      const bool names_rows = values > 10 && std::cmp_equal(values, t.rows);  // as row names do
      const bool few = values <= most_auto_words && (t.options.one_hot_auto || !names_rows);
      check<FormatError>(!t.known.empty() || values <= most_words || !reading.has_words,
                         "{}: {} different words in column '{:.60}', at most {} are read (ignore "
                         "it?)",
                         t.path, values, name, most_words);
      if (reading.has_words) continue;
      if (!few && 10 * reading.word_rows() < t.rows) refuse(reading, advice_on_missing(reading));
      reading.has_words = few && t.options.one_hot_auto && t.known.empty();
      (reading.has_words ? found : few ? one_hot : ignore).push_back(name);
      if (!reading.has_words && !wrong) wrong = &reading;
    }
    if (wrong) refuse(*wrong, advice_on_words(one_hot, ignore));
    name_words();
    if (!found.empty())
      t.table.notes.push_back(fmt::format("columns of words: {}", listed(found, "", 120)));
  }

  /// Lists the words of each feature, and checks that no name looks like one of another.
  void name_words() {
    std::set<std::string> word_columns;
    for (const Reading& reading : t.readings)
      if (reading.has_words) word_columns.insert(t.names[reading.field]);
    for (std::size_t i = 0; i < t.table.features.size(); ++i) {
      auto& [name, words] = t.table.features[i];
      // A feature such as `o=size` looks like the word `size` of the column `o`.
      for (std::size_t end = name.find('='); end != name.npos; end = name.find('=', end + 1))
        check(!word_columns.contains(name.substr(0, end)),
              "read_csv: one_hot must not hold a column whose name and '=' begin another's (got "
              "'{:.60}' beside '{:.60}')",
              name.substr(0, end), name);
      if (t.readings[i].has_words) words = settle_words(t.readings[i], std::less<>());
    }
  }

  /// Refuses the first word of a column of numbers.
  [[noreturn]] void refuse(const Reading& reading, std::string advice) const {
    const auto& [text, word] = *reading.first_word();
    const std::string_view better = detail::number_advice(text, t.table.dialect.decimal);
    if (!better.empty() || !t.known.empty()) advice = better;
    std::string where = fmt::format("column '{:.30}'", t.names[reading.field]);
    if (!t.options.header && word.line == t.first_line && reading.word_rows() == 1)
      where = "set .header = true if line 1 holds the column names";
    else if (!advice.empty())
      where += "; " + advice;
    throw FormatError(
        fmt::format("{}:{}: '{:.30}' is not a number ({})", t.path, word.line, text, where));
  }

  std::string advice_on_missing(const Reading& reading) const {
    Names words = t.options.missing, ignore = t.options.ignore;
    for (const auto& [text, word] : reading.words) words.push_back(text);
    ignore.push_back(t.names[reading.field]);
    const std::string spellings = code(words, 60);
    const std::string other = reading.is_target ? "" : ".ignore = " + code(ignore, 60);
    if (spellings.size() > 80) return other.empty() ? "" : "set " + other;  // rather a text
    return fmt::format("set .missing = {} if that is a missing value{}{}", spellings,
                       other.empty() ? "" : ", or ", other);
  }

  /// Advice on columns of few words and of many.
  std::string advice_on_words(Names one_hot, Names ignore) const {
    const auto given = static_cast<std::ptrdiff_t>(t.options.one_hot.size());
    if (ignore.size() == t.options.ignore.size() + t.table.features.size()) {  // keep a feature
      one_hot.push_back(ignore.back());
      ignore.pop_back();
    }
    const bool few = std::ssize(one_hot) > given;
    const bool many = ignore.size() > t.options.ignore.size();
    if (!many) ignore.insert(ignore.end(), one_hot.begin() + given, one_hot.end());
    const char* join = !few ? "" : many ? " and " : " or ";
    const std::string text =
        fmt::format("set {}{}.ignore = {}", few ? ".one_hot = " + code(one_hot, 1000) : "", join,
                    code(ignore, 1000));
    if (text.size() <= 160) return text;
    return fmt::format("set {}{}.ignore = {}", few ? ".one_hot_auto = true" : "", join,
                       code(ignore, 100));
  }

  static std::string code(const Names& names, std::size_t most) {
    return fmt::format("{{{}}}", listed(names, "\"", most));
  }

  // ---- gaps -------------------------------------------------------------------------------------

  /// Leaves out the rows with gaps, or refuses them.
  void settle_gaps() {
    std::vector<Reading*> worst;
    for (Reading& reading : t.readings)
      if (reading.gap_rows > 0) worst.push_back(&reading);
    if (worst.empty()) return;
    // By gaps, the target last: it cannot be ignored.
    std::ranges::stable_sort(worst, [](const Reading* a, const Reading* b) {
      return a->is_target != b->is_target ? b->is_target : a->gap_rows > b->gap_rows;
    });
    std::vector<std::int64_t> saved(worst.size() + 1);  // rows, if so many columns were ignored
    detail::keep_rows(t.table, [&](std::size_t row) {
      std::size_t needed = worst.size();
      while (needed > 0 && !is_gap(t.table.row(row)[t.column_of(*worst[needed - 1])])) --needed;
      ++saved[needed];
      if (needed > 0) t.table.dropped.push_back(static_cast<std::int64_t>(row));
      return needed == 0;
    });
    const std::string counts = count_gaps(worst), advice = advice_on_gaps(worst, saved);
    const Reading& first = **std::ranges::min_element(worst, {}, &Reading::first_gap);
    check<FormatError>(t.options.drop_missing,
                       "{}:{}: no value in column '{:.30}'; {} of {} rows have gaps: {}{}", t.path,
                       first.first_gap, t.names[first.field], t.table.dropped.size(), t.rows,
                       counts, advice);
    check<FormatError>(saved[0] > 0, "{}: no data rows without a missing value: {} of {} rows{}",
                       t.path, counts, t.rows, advice);
    t.table.notes.push_back(
        fmt::format("{} of {} rows are left; gaps: {}{}", saved[0], t.rows, counts, advice));
  }

  /// `horsepower 6, origin 2`.
  std::string count_gaps(std::vector<Reading*> worst) const {
    std::ranges::stable_sort(worst, std::greater<>(), &Reading::gap_rows);
    Names counts;
    for (const Reading* reading : worst)
      counts.push_back(fmt::format("{:.30} {}", t.names[reading->field], reading->gap_rows));
    return listed(counts, "", 60);
  }

  /// Advises to drop rows, and to ignore the columns, at most three, that keep most rows.
  std::string advice_on_gaps(const std::vector<Reading*>& worst,
                             const std::vector<std::int64_t>& saved) const {
    std::vector<std::int64_t> kept{saved[0]};
    const std::size_t most = std::min({worst.size(), std::size_t{3}, t.table.features.size() - 1});
    for (std::size_t n = 0; n < most && !worst[n]->is_target && t.known.empty(); ++n)
      kept.push_back(kept.back() + saved[n + 1]);
    std::size_t n = 0;  // the fewest columns with nearly all of the effect
    while (10 * (kept[n] - kept[0]) < 9 * (kept.back() - kept[0])) ++n;
    Names ignore = t.options.ignore, advice;
    for (std::size_t i = 0; i < n; ++i) ignore.push_back(t.names[worst[i]->field]);
    for (; n > 0 && code(ignore, 1000).size() > 80; --n)
      ignore.pop_back();  // a list with `and N more` cannot be typed
    if (!t.options.drop_missing && saved[0] > 0)
      advice.push_back(".drop_missing = true to leave such rows out");
    if (n > 0)
      advice.push_back(fmt::format(".ignore = {} to keep {}", code(ignore, 1000), kept[n]));
    return advice.empty() ? "" : fmt::format(" (set {})", fmt::join(advice, ", or "));
  }

  // ---- the target -------------------------------------------------------------------------------

  /// Refuses the first unknown class in the rows that are left.
  void check_classes() {
    const Reading& target = t.readings.back();
    t.for_each_cell(target, [&](double cell) {
      if (!std::isnan(cell)) return;
      const auto& [text, word] = *target.word_of(cell);
      throw FormatError(fmt::format("{}:{}: unknown class '{:.60}' (known are {})", t.path,
                                    word.line, text, listed(t.options.classes, "", 90)));
    });
  }

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
    const bool plausible =
        (!mostly_numbers || (whole && few)) &&
        detail::number_advice(words > 0 ? target.first_word()->first : "", t.table.dialect.decimal)
            .empty();
    if (words > 0 && (task == Task::regression || (task != Task::classification && !plausible)))
      refuse(target, mostly_numbers ? advice_on_missing(target)
                                    : "set .task = Task::classification for classes");
    bool classes = words > 0 || task == Task::classification;
    if (task == Task::automatic && words == 0) {
      classes = whole && few && often && counts.size() > 1;
      t.table.notes.push_back(fmt::format(
          "target '{:.60}': {} (set .task = Task::{})", t.table.target.name,
          classes ? fmt::format("{} whole numbers, taken as classes", counts.size()) : "numbers",
          classes ? "regression for numbers" : "classification for classes"));
    }
    if (classes) t.table.target.classes = settle_words(target, detail::class_before);
  }

  RawTable t;
};

}  // namespace

Table detail::settle(RawTable raw) { return Settler(std::move(raw)).settle(); }

}}  // namespace gradus
