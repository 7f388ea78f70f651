#include "commands/predict.h"

#include <gradus/core/from_text.h>
#include <gradus/models/csv_records.h>

#include "terminal/command.h"
#include "terminal/json.h"
#include "terminal/option_words.h"
#include "terminal/terminal.h"

using namespace gradus;

namespace {

using Texts = std::vector<std::string>;

/// A line of CSV, with NA for the cells that are not there.
std::string csv_line(Texts cells, std::size_t width) {
  cells.resize(width, "NA");
  for (std::string& cell : cells) cell = csv_cell(cell);
  return fmt::format("{}\n", fmt::join(cells, ","));
}

/// An object, with null for the cells that are not there. The first cells are texts, the others
/// numbers.
std::string json_object(const Texts& names, const Texts& cells, std::size_t texts) {
  Json row;
  for (std::size_t i = 0; i < names.size(); ++i)
    row[names[i]] = i >= cells.size() ? Json()
                    : i < texts       ? Json(cells[i])
                                      : Json(std::strtod(cells[i].c_str(), nullptr));
  return row.dump();
}

/// The cells of these columns of a file, row by row, as it has them.
std::vector<Texts> read_texts(const std::string& file, const Dialect& dialect,
                              const Texts& columns) {
  std::vector<Texts> rows;
  detail::Records records(file, {.header = dialect.header}, dialect);
  detail::Records::Fields fields;
  records.next(fields);
  Texts names;
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
Texts predicted(const TrainedModel& trained, std::span<const Scalar> row, const Texts& classes) {
  if (classes.empty()) return {trained.number(value(row[0]))};
  Texts cells{classes[likeliest(row)]};
  for (const Scalar v : row) cells.push_back(fmt::format("{:.6g}", value(v)));
  return cells;
}

}  // namespace

std::string PredictCommand::run() const {
  const bool twice = is_file(trained.data) && trained.data != "-";
  check<UsageError>(keep.empty() || twice, "--keep: must be given only with a file (got '{}')",
                    clean(trained.data));
  TrainedModel read = read_trained_model(trained, false);
  const Texts classes = read.class_names();
  const Tensor outputs = read.predict();
  std::vector<Texts> kept;
  if (!keep.empty()) kept = read_texts(trained.data, read.saved.prepared->dialect, keep);
  for (const std::string& note : read.rows.notes) write_stderr(clean(as_options(note)) + '\n');
  std::string label = classes.empty() ? "y" : "class";
  if (read.saved.prepared) label = read.saved.prepared->target.name;
  Texts names = keep;
  const auto add = [&](std::string column, const char* prefix) {
    while (std::ranges::count(names, column) > 0) column = prefix + column;
    names.push_back(column);
  };
  add(label, "predicted_");
  for (const std::string& of_class : classes) add(of_class, "probability_");
  std::string out = json ? "{\"predictions\":[" : csv_line(names, names.size());
  // One line for each row of the file, in its order.
  const std::vector<std::int64_t>& dropped = read.rows.dropped;
  const std::int64_t rows = outputs.shape()[0] + std::ssize(dropped);
  const auto width = static_cast<std::size_t>(outputs.shape()[1]);
  std::span<const Scalar> values = outputs.values();
  for (std::int64_t row = 0; row < rows; ++row) {
    Texts cells;
    if (!keep.empty()) cells = kept[static_cast<std::size_t>(row)];
    if (!std::ranges::binary_search(dropped, row)) {
      std::ranges::copy(predicted(read, values.first(width), classes), std::back_inserter(cells));
      values = values.subspan(width);
    }
    out += json ? (row > 0 ? "," : "") + json_object(names, cells, keep.size() + !classes.empty())
                : csv_line(cells, names.size());
  }
  return out + (json ? "]}\n" : "");
}
