#include <gradus/models/preparation.h>

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include <gradus/models/csv_records.h>
#include <gradus/models/read_csv.h>

namespace gradus { inline namespace GRADUS_VARIANT {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Dialect, separator, decimal, comment, header)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Gaps, missing, drop)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TableColumn, name, words)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TableTarget, name, classes)

namespace {

using Names = std::vector<std::string>;

constexpr std::size_t nowhere = std::string::npos;

/// Writes rows of a table as numbers, one column per number and per word.
class RowWriter {
 public:
  RowWriter(const Table& table, const std::vector<TableColumn>& features) : table_(table) {
    bool same = table.features.size() == features.size();
    for (std::size_t i = 0; same && i < features.size(); ++i) {
      const auto& [name, words] = features[i];
      same = table.features[i].name == name && table.features[i].words.empty() == words.empty();
      columns_.push_back({width, !words.empty(), find(table, i, words)});
      width += std::max<std::size_t>(1, words.size());
    }
    check<ShapeError>(same, "Preparation: the table must have the same features");
  }

  /// Writes row i. It may overlap the cells, which are read before.
  void operator()(std::size_t i, double* to) {
    const auto cells = table_.row(i);
    row_.assign(cells.begin(), cells.end());
    std::fill_n(to, width, 0.0);
    for (std::size_t k = 0; k < columns_.size(); ++k) {
      Column& column = columns_[k];
      const auto word = static_cast<std::size_t>(column.has_words ? row_[k] : 0);
      if (!column.has_words) {
        to[column.first] = row_[k];
      } else if (column.places[word] != nowhere) {
        to[column.first + column.places[word]] = 1;
      } else {
        ++column.unseen_rows;
        column.unseen.insert(table_.features[k].words[word]);
      }
    }
  }

  /// A sentence for each feature with words that are not listed, in the rows so far.
  void add_notes(std::size_t rows, Names& notes) const {
    for (std::size_t k = 0; k < columns_.size(); ++k)
      if (const Column& column = columns_[k]; column.unseen_rows > 0)
        notes.push_back(fmt::format(
            "column '{:.40}': {} of {} rows have a word that the training rows lack ({}); it "
            "becomes zeros",
            table_.features[k].name, column.unseen_rows, rows,
            detail::listed(Names(column.unseen.begin(), column.unseen.end()), "", 80)));
  }

  std::size_t width = 0;  ///< columns written

 private:
  struct Column {
    std::size_t first;  ///< the first of the columns written
    bool has_words;
    std::vector<std::size_t> places;  ///< of each word among the known ones, or nowhere
    std::int64_t unseen_rows = 0;
    std::set<std::string> unseen = {};
  };

  static std::vector<std::size_t> find(const Table& table, std::size_t k, const Names& known) {
    std::map<std::string_view, std::size_t> order;
    for (const std::string& word : known) order.emplace(word, order.size());
    std::vector<std::size_t> out;
    for (const std::string& word : table.features[k].words) {
      auto found = order.find(word);
      const auto [number, problem] = detail::read_number(word, table.dialect.decimal);
      const std::string shortest = problem.empty() ? detail::class_name(number) : "";
      if (found == order.end()) found = order.find(shortest);  // 1.0 is the word 1
      out.push_back(found == order.end() ? nowhere : found->second);
    }
    return out;
  }

  const Table& table_;
  std::vector<Column> columns_;
  std::vector<double> row_;
};

/// The rows in double, in the memory of the cells if there is room.
std::vector<double> numbers(Table& table, const std::optional<Standardization>& scale,
                            RowWriter& write) {
  const std::size_t rows = table.rows(), width = write.width;
  std::vector<double> wider(width > table.width() ? rows * width : 0);
  std::vector<double>& to = wider.empty() ? table.cells : wider;
  for (std::size_t i = 0; i < rows; ++i) {
    double* const row = to.data() + i * width;
    write(i, row);
    for (std::size_t k = 0; scale && k < width; ++k) row[k] = scale->scaled(row[k], k);
  }
  to.resize(rows * width);
  return std::move(to);
}

}  // namespace

std::vector<std::string> Preparation::columns() const {
  Names names;
  for (const auto& [name, words] : features) {
    if (words.empty()) names.push_back(name);
    for (const std::string& word : words) names.push_back(fmt::format("{}={}", name, word));
  }
  return names;
}

Dataset Preparation::operator()(Table table) const {
  RowWriter write(table, features);
  check<ShapeError>(!table.has_target() || (table.target.name == target.name &&
                                            table.target.classes == target.classes),
                    "Preparation: the table must have the same target and classes, as from "
                    "read_table(path, prepared)");
  const std::size_t rows = table.rows();
  Dataset data{.columns = columns(), .classes = target.classes, .label = table.target.name};
  if (table.has_target()) {
    std::vector<double> y;
    for (std::size_t i = 0; i < rows; ++i) y.push_back(table.row(i).back());
    const Shape shape = target.classes.empty() ? Shape{rows, 1} : Shape{rows};
    data.y = ExactTensor::from_doubles(shape, std::move(y));
    if (targets) data.y = (*targets)(data.y);
  }
  data.x = ExactTensor::from_doubles({rows, write.width}, numbers(table, inputs, write));
  if (inputs) data.x = Tensor(data.x);  // scaled numbers are floats
  data.dropped = std::move(table.dropped);
  data.notes = std::move(table.notes);
  write.add_notes(rows, data.notes);
  return data;
}

ExactTensor Preparation::undo(const Tensor& predictions) const {
  return targets ? targets->undo(predictions) : ExactTensor(predictions);
}

double Preparation::target_deviation() const {
  return targets ? value(targets->deviation.item()) : 1;
}

Preparation prepare(const Table& training, const PrepareOptions& options) {
  Preparation p{training.dialect, training.gaps, training.features, training.target};
  const std::size_t rows = training.rows();
  check(rows > 0, "prepare: the table must have rows");
  for (std::size_t k = 0; k < p.features.size(); ++k) {
    Names& words = p.features[k].words;
    if (words.empty()) continue;
    std::vector<bool> seen(words.size());
    for (std::size_t i = 0; i < rows; ++i)
      seen[static_cast<std::size_t>(training.row(i)[k])] = true;
    Names kept;
    for (std::size_t word = 0; word < words.size(); ++word)
      if (seen[word]) kept.push_back(words[word]);
    words = std::move(kept);
  }
  RowWriter write(training, p.features);
  if (options.scale)
    p.inputs = detail::standardization_of(rows, write.width,
                                          [&](std::size_t i, double* to) { write(i, to); });
  if (options.scale_target && training.has_target() && p.target.classes.empty())
    p.targets = detail::standardization_of(
        rows, 1, [&](std::size_t i, double* to) { *to = training.row(i).back(); });
  return p;
}

Table read_table(const std::string& path, const Preparation& p, bool labelled) {
  const bool classes = !p.target.classes.empty();
  return detail::read_table(path,
                            {.label = labelled ? p.target.name : "",
                             .task = classes ? Task::classification : Task::regression,
                             .header = p.dialect.header,
                             .drop_missing = !labelled || p.gaps.drop,
                             .missing = p.gaps.missing,
                             .classes = labelled ? p.target.classes : Names()},
                            p.features, p.dialect);
}

Dataset read_csv(const std::string& path, const CsvOptions& options) {
  Table table = read_table(path, options);
  Preparation prepared = prepare(table, {.scale = false, .scale_target = false});
  if (!options.columns.empty()) prepared.features = detail::columns_of(options);
  return prepared(std::move(table));
}

// ---- as text ------------------------------------------------------------------------------------

namespace {

using Json = nlohmann::json;

Json to_json(const std::optional<Standardization>& scale) {
  Json mean = Json::array(), deviation = Json::array();
  for (std::size_t i = 0; scale && i < static_cast<std::size_t>(scale->mean.size()); ++i) {
    mean.push_back(scale->mean.exact(i));
    deviation.push_back(value(scale->deviation.values()[i]));
  }
  return {{"mean", mean}, {"deviation", deviation}};
}

std::optional<Standardization> to_scale(const Json& json, std::size_t columns) {
  const std::vector<double> mean = json.at("mean"), deviation = json.at("deviation");
  if (mean.empty() && deviation.empty()) return std::nullopt;
  const bool positive = std::ranges::all_of(deviation, [](double d) { return d > 0; });
  check<FormatError>(
      mean.size() == columns && deviation.size() == columns && positive,
      "parse_preparation: the text must have a mean and a deviation above 0 for each "
      "of {} columns",
      columns);
  return Standardization{
      ExactTensor::from_doubles({columns}, mean),
      Tensor({columns}, std::vector<Scalar>(deviation.begin(), deviation.end()))};
}

Json to_json(const Preparation& p) {
  return {{"dialect", p.dialect},        {"gaps", p.gaps},
          {"features", p.features},      {"target", p.target},
          {"inputs", to_json(p.inputs)}, {"targets", to_json(p.targets)}};
}

}  // namespace

std::string serialize(const Preparation& p) {
  return to_json(p).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Preparation parse_preparation(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  try {
    for (const char* mark : {"separator", "decimal", "comment"})  // 461.5 as a char is undefined
      static_cast<void>(json.at("dialect").at(mark).get_ref<const std::int64_t&>());
    Preparation p{json.at("dialect"), json.at("gaps"), json.at("features"), json.at("target")};
    detail::validate(p.dialect);
    p.inputs = to_scale(json.at("inputs"), p.columns().size());
    p.targets = to_scale(json.at("targets"), 1);
    if (to_json(p) == json) return p;
  } catch (const Json::exception&) {
  } catch (const ValueError&) {
  }
  throw FormatError("parse_preparation: the text must be as serialize() writes it");
}

std::string to_string(const Preparation& p) {
  std::string out;
  const auto add = [&](const std::string& name, const std::vector<std::string>& words,
                       const std::optional<Standardization>& scale, std::size_t i) {
    out += name;
    if (!words.empty())
      out += fmt::format(": {} ({})", words.size(), detail::listed(words, "", 60));
    else if (scale)
      out += fmt::format(": mean {:.6g}, deviation {:.6g}", scale->mean.exact(i),
                         value(scale->deviation.values()[i]));
    out += '\n';
  };
  std::size_t column = 0;
  for (const auto& [name, words] : p.features) {
    add(name, words, p.inputs, column);
    column += std::max<std::size_t>(1, words.size());
  }
  if (!p.target.name.empty()) add("target " + p.target.name, p.target.classes, p.targets, 0);
  return out;
}

}}  // namespace gradus
