#include <gradus/models/preparation.h>

#include <fmt/format.h>

#include <map>

#include <gradus/core/node.h>
#include <gradus/models/csv_records.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace {

using detail::listed;
using Names = std::vector<std::string>;

constexpr std::size_t nowhere = std::string::npos;

/// Writes rows of a table as numbers, one column per number and per word.
class RowWriter {
 public:
  RowWriter(const Table& table, const std::vector<TableColumn>& features) {
    check<ShapeError>(table.features.size() == features.size(),
                      "Preparation: the table must have {} features (got {})", features.size(),
                      table.features.size());
    for (std::size_t i = 0; i < features.size(); ++i) {
      check<ShapeError>(table.features[i].name == features[i].name,
                        "Preparation: feature {} must be '{:.60}' (got '{:.60}')", i,
                        features[i].name, table.features[i].name);
      firsts_.push_back(width_);
      places_.push_back(places(table.features[i].words, features[i].words));
      of_words_.push_back(!features[i].words.empty());
      width_ += std::max<std::size_t>(1, features[i].words.size());
    }
  }

  std::size_t width() const { return width_; }

  /// Writes a row. It may overlap the cells, which are read before.
  void operator()(std::span<const double> cells, double* to) {
    row_.assign(cells.begin(), cells.end());
    std::fill_n(to, width_, 0.0);
    for (std::size_t i = 0; i < firsts_.size(); ++i) {
      if (!of_words_[i])
        to[firsts_[i]] = row_[i];
      else if (const std::size_t place = places_[i][static_cast<std::size_t>(row_[i])];
               place != nowhere)
        to[firsts_[i] + place] = 1;
    }
  }

  /// A sentence per feature with words that are not listed.
  Names unseen(const Table& table) const {
    Names notes;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      if (std::ranges::find(places_[i], nowhere) == places_[i].end()) continue;
      std::int64_t rows = 0;
      std::vector<bool> seen(places_[i].size());
      for (std::size_t row = 0; row < table.rows(); ++row) {
        const auto word = static_cast<std::size_t>(table.row(row)[i]);
        if (places_[i][word] != nowhere) continue;
        seen[word] = true;
        ++rows;
      }
      Names words;
      for (std::size_t word = 0; word < seen.size(); ++word)
        if (seen[word]) words.push_back(table.features[i].words[word]);
      if (rows > 0)
        notes.push_back(
            fmt::format("column '{:.40}': {} of {} rows have a word that the training "
                        "rows lack ({}); it becomes zeros",
                        table.features[i].name, rows, table.rows(), listed(words, "", 80)));
    }
    return notes;
  }

 private:
  /// For each word of a table its place among the known ones, if it has one.
  static std::vector<std::size_t> places(const Names& words, const Names& known) {
    std::map<std::string_view, std::size_t> order;
    for (const std::string& word : known) order.emplace(word, order.size());
    std::vector<std::size_t> out;
    for (const std::string& word : words) {
      auto found = order.find(word);
      const auto [number, problem] = detail::read_number(word);
      const std::string shortest = problem.empty() ? detail::class_name(number) : "";
      if (found == order.end()) found = order.find(shortest);  // 1.0 is the word 1
      out.push_back(found == order.end() ? nowhere : found->second);
    }
    return out;
  }

  std::size_t width_ = 0;
  std::vector<std::size_t> firsts_;               ///< the first column of each feature
  std::vector<std::vector<std::size_t>> places_;  ///< of its words
  std::vector<bool> of_words_;
  std::vector<double> row_;
};

/// Standardises the numbers of rows, or keeps them.
ExactTensor scaled(const std::optional<Standardization>& scale, const Shape& shape,
                   std::vector<double> numbers) {
  ExactTensor x = ExactTensor::from_doubles(shape, std::move(numbers));
  return scale ? ExactTensor((*scale)(x)) : x;
}

/// As rows of x; `cells` become them in place if there is room, else they are copied.
std::vector<double> inputs_of(const Table& table, RowWriter& write, std::vector<double>* cells) {
  const std::size_t rows = table.rows();
  std::vector<double> out;
  double* to = cells ? cells->data() : nullptr;
  if (!cells || write.width() > table.width()) {
    out.resize(rows * write.width());
    to = out.data();
  }
  for (std::size_t i = 0; i < rows; ++i) write(table.row(i), to + i * write.width());
  if (out.empty() && cells) {
    const std::size_t size = rows * write.width();
    out = std::move(*cells);
    out.resize(size);
  }
  return out;
}

Dataset convert(const Preparation& p, const Table& table, std::vector<double>* cells) {
  RowWriter write(table, p.features);
  const std::int64_t rows = std::ssize(table.cells) / std::max<std::int64_t>(1, table.width());
  Dataset data{.columns = p.columns(),
               .classes = p.target.classes,
               .label = table.target.name,
               .dropped = table.dropped,
               .notes = table.notes};
  for (std::string& note : write.unseen(table)) data.notes.push_back(std::move(note));
  if (table.has_target()) {
    std::vector<double> y;
    for (std::size_t i = 0; i < table.rows(); ++i) y.push_back(table.row(i).back());
    const Shape shape = p.target.classes.empty() ? Shape{rows, 1} : Shape{rows};
    data.y = scaled(p.targets, shape, std::move(y));
  }
  const auto width = static_cast<std::int64_t>(write.width());
  data.x = scaled(p.inputs, {rows, width}, inputs_of(table, write, cells));
  return data;
}

}  // namespace

std::vector<std::string> Preparation::columns() const {
  Names names;
  for (const TableColumn& feature : features) {
    if (feature.words.empty()) names.push_back(feature.name);
    for (const std::string& word : feature.words)
      names.push_back(fmt::format("{}={}", feature.name, word));
  }
  return names;
}

Dataset Preparation::operator()(const Table& rows) const { return convert(*this, rows, nullptr); }

Dataset Preparation::operator()(Table&& rows) const { return convert(*this, rows, &rows.cells); }

ExactTensor Preparation::undo(const Tensor& predictions) const {
  return targets ? targets->undo(predictions) : ExactTensor(predictions);
}

double Preparation::target_deviation() const {
  return targets ? value(targets->deviation.item()) : 1;
}

Preparation prepare(const Table& training, const PrepareOptions& options) {
  Preparation p{training.dialect, training.gaps, training.features, training.target};
  for (std::size_t i = 0; i < p.features.size(); ++i) {
    Names& words = p.features[i].words;
    std::vector<bool> seen(words.size());
    for (std::size_t row = 0; row < training.rows() && !words.empty(); ++row)
      seen[static_cast<std::size_t>(training.row(row)[i])] = true;
    Names kept;
    for (std::size_t word = 0; word < words.size(); ++word)
      if (seen[word]) kept.push_back(words[word]);
    words = kept;
  }
  if (options.scale) {
    RowWriter write(training, p.features);
    p.inputs = detail::standardization_of(
        training.rows(), write.width(),
        [&](std::size_t row, std::span<double> to) { write(training.row(row), to.data()); });
  }
  if (options.scale_target && training.has_target() && p.target.classes.empty())
    p.targets = detail::standardization_of(
        training.rows(), 1,
        [&](std::size_t row, std::span<double> to) { to[0] = training.row(row).back(); });
  return p;
}

Table read_table(const std::string& path, const Preparation& p, bool labelled) {
  Names one_hot;
  for (const TableColumn& feature : p.features)
    if (!feature.words.empty()) one_hot.push_back(feature.name);
  const bool classes = !p.target.classes.empty();
  return read_table(path, {.label = labelled ? p.target.name : "",
                           .task = classes ? Task::classification : Task::regression,
                           .header = p.dialect.header,
                           .separator = p.dialect.separator,
                           .decimal = p.dialect.decimal,
                           .comment = p.dialect.comment,
                           .drop_missing = !labelled || p.gaps.drop,
                           .missing = p.gaps.missing,
                           .one_hot = one_hot,
                           .columns = p.columns(),
                           .classes = labelled ? p.target.classes : Names()});
}

}}  // namespace gradus
