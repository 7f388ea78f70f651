#include "commands/predict.h"

#include <fmt/format.h>
#include <gradus/core/from_text.h>
#include <gradus/models/csv_records.h>

#include <algorithm>

#include "terminal/command.h"
#include "terminal/json.h"
#include "terminal/option_words.h"
#include "terminal/terminal.h"
#include "terminal/text.h"

using namespace gradus;

namespace {

std::string quoted_json(const std::string& text) {
  std::string line = to_line(text);
  line.pop_back();
  return line;
}

/// The columns of the output. The first of them are texts, the others numbers.
struct Columns {
  std::vector<std::string> names;
  std::size_t texts;
  bool json = false;

  /// A row of CSV or a JSON object; NA or null for the cells that are not there.
  std::string line(const std::vector<std::string>& cells) const {
    std::string out;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string cell = i >= cells.size() ? json ? "null" : "NA"
                               : i >= texts      ? cells[i]
                               : json            ? quoted_json(cells[i])
                                                 : csv_cell(cells[i]);
      out += i > 0 ? "," : json ? "{" : "";
      out += json ? quoted_json(names[i]) + ':' + cell : cell;
    }
    return out + (json ? "}" : "\n");
  }
};

/// The cells of these columns of a file, row by row, as it has them.
std::vector<std::vector<std::string>> read_texts(const std::string& file, const Dialect& dialect,
                                                 const std::vector<std::string>& columns) {
  std::vector<std::vector<std::string>> rows;
  detail::Records records(file, {.header = dialect.header}, dialect);
  detail::Records::Fields fields;
  records.next(fields);
  std::vector<std::string> names;
  for (const std::string_view field : fields)
    names.push_back(dialect.header && !field.empty() ? std::string(field)
                                                     : std::to_string(names.size()));
  std::vector<std::size_t> places;
  for (const std::string& column : columns) {
    places.push_back(static_cast<std::size_t>(std::ranges::find(names, column) - names.begin()));
    check<UsageError>(places.back() < names.size(),
                      "--keep: '{}' must have the column (got '{}'); did you mean {}?", clean(file),
                      clean(column), clean(gradus::detail::nearest(column, names)));
  }
  for (bool more = !dialect.header || records.next(fields); more; more = records.next(fields)) {
    rows.emplace_back();
    for (const std::size_t place : places) rows.back().emplace_back(fields[place]);
  }
  return rows;
}

/// The class and the probabilities, or the number.
std::vector<std::string> predicted(const TrainedModel& trained, std::span<const Scalar> row,
                                   const std::vector<std::string>& classes) {
  if (classes.empty()) return {trained.number(value(row[0]))};
  std::vector<std::string> cells{classes[likeliest(row)]};
  for (const Scalar v : row) cells.push_back(fmt::format("{:.6g}", value(v)));
  return cells;
}

}  // namespace

std::string PredictCommand::run() const {
  const bool twice = is_file(trained.data) && trained.data != "-";
  check<UsageError>(keep.empty() || twice, "--keep: must be given only with a file (got '{}')",
                    clean(trained.data));
  TrainedModel read = read_trained_model(trained, false);
  const std::vector<std::string> classes = read.class_names();
  const Tensor outputs = read.predict();
  std::vector<std::vector<std::string>> kept;
  if (!keep.empty()) kept = read_texts(trained.data, read.saved.prepared->dialect, keep);
  for (const std::string& note : read.rows.notes) write_stderr(clean(as_options(note)) + '\n');
  std::string label = classes.empty() ? "y" : "class";
  if (read.saved.prepared) label = read.saved.prepared->target.name;
  if (std::ranges::count(keep, label) > 0) label = "predicted_" + label;
  Columns columns{keep, keep.size() + !classes.empty(), json};
  columns.names.push_back(label);
  columns.names.insert(columns.names.end(), classes.begin(), classes.end());
  std::string out = json ? "{\"predictions\":["
                         : Columns{columns.names, columns.names.size()}.line(columns.names);
  // One line for each row of the file, in its order.
  const std::vector<std::int64_t>& dropped = read.rows.dropped;
  std::span<const Scalar> values = outputs.values();
  const auto width = static_cast<std::size_t>(outputs.shape()[1]);
  auto gap = dropped.begin();
  for (std::size_t row = 0; !values.empty() || gap != dropped.end(); ++row) {
    std::vector<std::string> cells;
    if (row < kept.size()) cells = kept[row];
    if (gap != dropped.end() && *gap == static_cast<std::int64_t>(row)) {
      ++gap;
    } else {
      std::ranges::copy(predicted(read, values.first(width), classes), std::back_inserter(cells));
      values = values.subspan(width);
    }
    out += (json && row > 0 ? "," : "") + columns.line(cells);
  }
  return out + (json ? "]}\n" : "");
}
