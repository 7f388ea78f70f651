/// What the first records of a file show of its dialect.

#include <gradus/models/dialect.h>

#include <algorithm>
#include <span>

#include <gradus/models/csv_records.h>

namespace gradus { inline namespace GRADUS_VARIANT {

std::string describe(const Dialect& dialect) {
  const char c = dialect.separator;
  const std::string name = c == ','    ? "commas"
                           : c == ';'  ? "semicolons"
                           : c == '\t' ? "tabs"
                           : c == ' '  ? "blanks"
                                       : fmt::format("'{}'", c);
  return fmt::format("fields are separated by {}{}", name,
                     dialect.decimal == ',' ? ", decimal comma" : "");
}

namespace detail {
namespace {

/// Whether a field is a number such as 1,5, with digits on both sides: `1,` may end a word.
bool has_decimal_comma(std::string_view field) {
  const auto digit = [&](std::size_t i) {
    return i < field.size() && field[i] >= '0' && field[i] <= '9';
  };
  const std::size_t comma = field.find(',');
  return comma != field.npos && digit(comma - 1) && digit(comma + 1) &&
         read_number(field, ',').second.empty();
}

/// Whether it may be 1500, written as 1,500.
bool has_thousands(std::string_view field) { return field.size() == field.find(',') + 4; }

bool is_number(std::string_view field) {
  return read_number(field).second.empty() || has_decimal_comma(field);
}

}  // namespace

double FirstRecords::rate() const {
  std::vector<std::size_t> widths;
  for (const auto& fields : *this) widths.push_back(fields.size());
  std::ranges::sort(widths);
  const std::size_t width = empty() ? 0 : widths[size() / 2];
  const auto even = static_cast<double>(std::ranges::count(widths, width));
  if (width < 2 || 2 * even <= static_cast<double>(size())) return 0;
  double numbers = 0;
  for (const auto& fields : *this)
    numbers += static_cast<double>(std::ranges::count_if(fields, is_number));
  // Names in another number than the fields weigh more than a damaged row.
  return 1 + (even + numbers / static_cast<double>(width)) / static_cast<double>(size()) +
         (front().size() == width ? 0.5 : 0);
}

char FirstRecords::decimal(char undecided) const {
  bool points = false, commas = false;
  for (const auto& fields : *this)
    for (const std::string& field : fields) {
      points = points || (field.find('.') != field.npos && read_number(field).second.empty());
      commas = commas || (has_decimal_comma(field) &&
                          (!has_thousands(field) || std::abs(read_number(field, ',').first) < 1));
    }
  return points == commas ? undecided : points ? '.' : ',';
}

bool FirstRecords::ends_with_separators(bool header) const {
  const std::size_t first = header ? 1 : 0;
  const auto ends = [&](const auto& fields) {
    return fields.size() > 1 && fields.back().empty() &&
           (!header || fields.size() == front().size() + !front().back().empty());
  };
  return size() > first && std::all_of(begin() + static_cast<std::ptrdiff_t>(first), end(), ends);
}

bool FirstRecords::starts_with_data() const {
  bool fractions = false, new_words = false;
  for (std::size_t column = 0; !empty() && column < front().size(); ++column) {
    const std::string& first = front()[column];
    std::size_t rows = 0, of_numbers = 0, again = 0;
    for (const auto& fields : std::span(*this).subspan(1)) {
      if (column >= fields.size()) continue;
      ++rows;
      of_numbers += is_number(fields[column]);
      again += fields[column] == first;
    }
    const bool number = is_number(first), column_of_numbers = 2 * of_numbers > rows;
    if (column_of_numbers && !number && again == 0) return false;  // a name
    fractions = fractions || (column_of_numbers && first.find_first_of(".,") != first.npos);
    new_words = new_words || (!column_of_numbers && again == 0);
  }
  return !empty() && (fractions || !new_words);
}

std::string_view number_advice(std::string_view field, char decimal) {
  if (decimal == ',' && read_number(field).second.empty()) return "the decimal mark is a comma";
  if (decimal == '.' && has_decimal_comma(field))
    return has_thousands(field) ? "set .decimal = ',' if that is the decimal mark; marks of "
                                  "thousands are not read"
                                : "set .decimal = ',' if the comma is the decimal mark";
  const std::size_t mark = field.find_first_of(",.");
  const bool marks = mark != field.npos && field.find(',', mark + 1) != field.npos;
  const bool digits = field.find_first_not_of("+-0123456789.,") == field.npos;
  return marks && digits ? "marks of thousands are not read" : "";
}

}  // namespace detail

}}  // namespace gradus
