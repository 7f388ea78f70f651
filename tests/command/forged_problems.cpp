/// Files with a description of their problem that gradus train did not write. Each must be refused
/// with one line.

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <utility>

#include <gradus/gradus.h>

#include "in_process.h"

namespace {

namespace fs = std::filesystem;
using in_process::call, in_process::Outcome, in_process::as_it_should;
using namespace gradus;

/// A correct description of an earlier version, without the initializer, and the pieces of it to
/// replace one at a time.
constexpr const char* whole =
    R"({"options":{"data":"t.csv","label":"","ignore":[],"one-hot":["kind"],"drop-missing":false,)"
    R"("no-header":false,"layers":"4","activation":"relu","optimizer":"sgd","loss":"auto",)"
    R"("batch-size":"32","seed":"0","schedule":"","epochs":"3","validation-split":"0","log":"",)"
    R"("tensorboard":""},"loss":"binary_crossentropy","inputs":3,"outputs":1,)"
    R"("columns":["size","kind=new","kind=old"],"label":"class","classes":["no","yes"],)"
    R"("mean":[1,0.5,0.5],"deviation":[1,0.5,0.5]})";
const std::pair<const char*, const char*> pieces[] = {
    {"{\"options\"", "[\"options\""},
    {"\"inputs\":3", "\"inputs\":0"},
    {"\"inputs\":3", "\"inputs\":-3"},
    {"\"inputs\":3", "\"inputs\":3.5"},
    {"\"inputs\":3", "\"inputs\":1e999"},
    {"\"inputs\":3", "\"inputs\":4"},
    {"\"inputs\":3", "\"inputs\":99999999999999999999"},
    {"\"inputs\":3,", ""},
    {"\"inputs\":3", "\"inputs\":3,\"more\":1"},
    {"\"outputs\":1", "\"outputs\":67108864"},
    {"\"outputs\":1", "\"outputs\":null"},
    {"\"outputs\":1", "\"outputs\":5"},
    {"\"layers\":\"4\"", "\"layers\":\"4096,4096,4096,4096\""},
    {"\"layers\":\"4\"", "\"layers\":\"4097\""},
    {"\"layers\":\"4\"", "\"layers\":\"5\""},
    {"\"layers\":\"4\"", "\"layers\":4"},
    {"\"layers\":\"4\"", "\"layers\":\"\""},
    {"\"layers\":\"4\",", ""},
    {"\"layers\":\"4\"", "\"layers\":\"4\",\"layer\":\"4\""},
    {"\"activation\":\"relu\"", "\"activation\":\"rely\""},
    {"\"optimizer\"", "\"initializer\":\"he_norm\",\"optimizer\""},
    {"\"optimizer\"", "\"initializer\":8,\"optimizer\""},
    {"\"optimizer\":\"sgd\"", "\"optimizer\":\"sgd(-1)\""},
    {"\"optimizer\":\"sgd\"", "\"optimizer\":\"\\u0000\""},
    {"\"loss\":\"binary_crossentropy\"", "\"loss\":\"auto\""},
    {"\"loss\":\"binary_crossentropy\"", "\"loss\":\"hinge\""},
    {"\"seed\":\"0\"", "\"seed\":\"-1\""},
    {"\"drop-missing\":false", "\"drop-missing\":0"},
    {"\"one-hot\":[\"kind\"]", "\"one-hot\":[[\"kind\"]]"},
    {"\"one-hot\":[\"kind\"]", "\"one-hot\":\"kind\""},
    {"\"columns\":[\"size\",", "\"columns\":["},
    {"\"columns\":[\"size\",", "\"columns\":[7,"},
    {"\"classes\":[\"no\",\"yes\"]", "\"classes\":[\"yes\",\"no\"]"},
    {"\"classes\":[\"no\",\"yes\"]", "\"classes\":[\"a\",\"b\",\"c\"]"},
    {"\"mean\":[1,", "\"mean\":[null,"},
    {"\"mean\":[1,", "\"mean\":["},
    {"\"deviation\":[1,", "\"deviation\":[0,"},
    {"\"deviation\":[1,", "\"deviation\":[-1,"},
    {"\"deviation\":[1,0.5,0.5]", "\"deviation\":[]"},
};

Sequential model() {
  Sequential m{Dense{.units = 4, .activation = relu}, Dense{.units = 1}};
  m.compile({.optimizer = SGD{}, .loss = BinaryCrossentropy{.from_logits = true}});
  m.build({1, 3});
  return m;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

int wrong = 0;

/// Calls predict, evaluate and train --resume for a file with this description.
void expect(bool refused, const std::string& text) {
  model().save("m.st", {.metadata = {{"problem", text}}});
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"predict", "m.st", "t.csv"},
        {"evaluate", "m.st", "t.csv"},
        {"train", "--resume", "m.st", "--epochs", "4", "--quiet"}}) {
    const Outcome outcome = call(words);
    // The file has no state of training to resume.
    const bool wanted = refused || words[0] == "train" ? outcome.code == 2 : outcome.code == 0;
    if (as_it_should(outcome) && wanted) continue;
    ++wrong;
    fmt::print("WRONG: {}: exit code {}, stderr '{}' for {:.300}\n", words[0], outcome.code,
               outcome.err, text);
  }
}

}  // namespace

int main() {
  std::string name = (fs::temp_directory_path() / "gradus-forged-XXXXXX").string();
  if (!mkdtemp(name.data())) return 1;
  fs::current_path(name);
  std::ofstream("t.csv") << "size,kind,class\n1,new,yes\n2,old,no\n3,new,no\n";
  expect(false, whole);
  for (const auto& [from, to] : pieces) expect(true, replaced(whole, from, to));
  for (const std::string& text :
       {std::string(), std::string("null"), std::string("{"), std::string("{}"),
        std::string(500'000, '['), "{\"options\":" + std::string(500'000, '[') + "}",
        std::string(whole).substr(0, 300)})
    expect(true, text);
  for (std::size_t n = 0; n < std::string(whole).size(); n += 7)
    expect(true, std::string(whole).substr(0, n));
  model().save("m.st");
  if (call({"predict", "m.st", "t.csv"}).err !=
      "gradus: error: 'm.st': must be a file of gradus train --save\n")
    ++wrong;
  fs::current_path("/");
  fs::remove_all(name);
  fmt::print("{} wrong\n", wrong);
  return wrong == 0 ? 0 : 1;
}
