/// Tables for a model that was trained on another one: columns and classes given.

#include <gradus/models/read_csv.h>

#include "data_files.h"

using namespace gradus;
using data_files::Folder, data_files::numbers;
using Names = std::vector<std::string>;

namespace {

std::string refusal(const std::string& path, const CsvOptions& options) {
  try {
    read_csv(path, options);
    return "read";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("told columns are found by their names, in the order told") {
  const Folder folder;
  const std::string path = folder.write("a.csv", "b,kind,a,more\n1,x,2,?\n3,z,4,\n");
  const Dataset data =
      read_csv(path, {.one_hot = {"kind"}, .columns = {"a", "kind=x", "kind=y", "kind=z", "b"}});
  CHECK(data.columns == Names{"a", "kind=x", "kind=y", "kind=z", "b"});
  CHECK(numbers(data.x) == std::vector<double>{2, 1, 0, 0, 1, 4, 0, 0, 1, 3});
  CHECK(data.y.size() == 0);
  CHECK(data.label.empty());
}

TEST_CASE("the columns of a table read it again") {
  const Folder folder;
  const std::string path = folder.write("a.csv", "kind,n,species\nx,1,cat\ny,2,dog\nx,3,dog\n");
  const Dataset whole = read_csv(path, {.one_hot = {"kind"}});
  CHECK(whole.label == "species");
  const std::string one = folder.write("b.csv", "species,n,kind\ndog,5,y\n");
  const Dataset data = read_csv(one, {.label = whole.label,
                                      .one_hot = {"kind"},
                                      .columns = whole.columns,
                                      .classes = whole.classes});
  CHECK(data.columns == whole.columns);
  CHECK(data.classes == whole.classes);
  CHECK(numbers(data.x) == std::vector<double>{0, 1, 5});
  CHECK(numbers(data.y) == std::vector<double>{1});
}

TEST_CASE("columns told by number for a file without a header") {
  const Folder folder;
  const std::string path = folder.write("a.csv", "1,2,3\n4,5,6\n");
  const Dataset data = read_csv(path, {.header = false, .columns = {"2", "0"}});
  CHECK(numbers(data.x) == std::vector<double>{3, 1, 6, 4});
}

TEST_CASE("a feature that would be taken for a word of another column is refused") {
  const Folder folder;
  const std::string path = folder.write("a.csv", "o,o=size,y\nsize,1,2\nx,3,4\n");
  CHECK(refusal(path, {.one_hot = {"o"}}) ==
        "read_csv: one_hot must not hold a column whose name and '=' begin another's (got 'o' "
        "beside 'o=size')");
  CHECK(refusal(path, {.one_hot = {"o", "o=size"}}).starts_with("read_csv: one_hot must not hold"));
  CHECK(refusal(path, {.ignore = {"o=size"}, .one_hot = {"o"}}) == "read");
  CHECK(refusal(path, {.ignore = {"o"}, .one_hot = {"o=size"}}) == "read");
  CHECK(refusal(path, {.label = "o=size", .one_hot = {"o"}}) == "read");
}

TEST_CASE("what a told table lacks or has too much is refused") {
  const Folder folder;
  const std::string path = folder.write("a.csv", "a,kind,y,more\n1,x,cat,0\n");
  CHECK(refusal(path, {.columns = {"b", "a", "c"}}) ==
        path + ":1: columns of these names are needed: b, c (got a, kind, y, more)");
  const Dataset zeros = read_csv(path, {.one_hot = {"kind"}, .columns = {"kind=y", "kind=z"}});
  CHECK(numbers(zeros.x) == std::vector<double>{0, 0});
  CHECK(zeros.notes ==
        Names{"column 'kind': 1 of 1 rows have a word that the training rows lack (x); "
              "it becomes zeros"});
  CHECK(refusal(path, {.label = "y", .columns = {"a"}, .classes = {"dog", "owl"}}) ==
        path + ":2: unknown class 'cat' (known are dog, owl)");
  CHECK(refusal(path, {.label = "z", .columns = {"a"}}) ==
        path + ":1: columns of these names are needed: z (got a, kind, y, more)");
  CHECK(refusal(path, {.label = "y", .columns = {"a"}, .classes = {"owl", "cat"}}) ==
        "read_csv: classes must be in order, each once (got owl, cat)");
  CHECK(refusal(path, {.label = "y", .columns = {"a"}, .classes = {"dog", "dog", "owl"}}) ==
        "read_csv: classes must be in order, each once (got dog, dog, owl)");
}
