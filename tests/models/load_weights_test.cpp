// Sequential::load_weights: safetensors files of other programs.
#include <gradus/models/sequential.h>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>

#include <gradus/models/file.h>
#include <gradus/models/normalization.h>
#include <gradus/optim/adam.h>

#include "data_files.h"
#include "tensor_files.h"
#include "training_support.h"

using namespace gradus;
using data_files::Folder;
using doctest::Contains;
using training::same;

namespace {

/// A tensor of a file: its bytes are those of `numbers` in its type.
struct Given {
  std::string name, dtype;
  Shape shape;
  std::vector<double> numbers;
};

/// The bits of a number in 16: exact for the numbers of these tests.
std::uint16_t half_bits(double number) {
  if (number == 0) return 0;
  int exponent = 0;
  const double fraction = std::frexp(std::abs(number), &exponent);  // in [0.5, 1)
  const auto bits = static_cast<int>(fraction * 2048) - 1024;
  return static_cast<std::uint16_t>((number < 0 ? 1 << 15 : 0) | (exponent + 14) << 10 | bits);
}
template <class T>
void append(std::string& bytes, T number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}
std::string bytes_of(const Given& tensor) {
  std::string bytes;
  for (const double number : tensor.numbers) {
    const auto narrow = static_cast<float>(number);
    if (tensor.dtype == "F64") append(bytes, number);
    if (tensor.dtype == "F32") append(bytes, narrow);
    if (tensor.dtype == "F16") append(bytes, half_bits(number));
    if (tensor.dtype == "BF16")
      append(bytes, static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(narrow) >> 16));
    if (tensor.dtype == "I64") append(bytes, static_cast<std::int64_t>(number));
  }
  return bytes;
}

/// A file of these tensors in this order; `turned` lists them in the header the other way round.
std::string file_of(const std::vector<Given>& tensors, const std::string& metadata = "",
                    bool turned = false) {
  std::vector<std::string> entries;
  std::string payload;
  for (const Given& tensor : tensors) {
    const std::size_t begin = payload.size();
    payload += bytes_of(tensor);
    entries.push_back(fmt::format(
        R"("{}": {{"shape": [{}], "dtype": "{}", "data_offsets": [{}, {}]}})", tensor.name,
        fmt::join(tensor.shape, ", "), tensor.dtype, begin, payload.size()));
  }
  if (turned) std::reverse(entries.begin(), entries.end());
  if (!metadata.empty()) entries.insert(turned ? entries.end() : entries.begin(), metadata);
  const std::string header = fmt::format("{{{}}}", fmt::join(entries, ", "));
  return tensor_files::with_length(header.size(), header + payload);
}

Sequential model() {
  Sequential made{Dense{.units = 2}, BatchNormalization{}, Dense{.units = 1}};
  made.compile({.optimizer = Adam{}, .loss = MeanSquaredError{}});
  made.build({1, 3});
  return made;
}

/// Tensors for the weights of model(), in order.
std::vector<Given> tensors(const std::string& dtype) {
  std::vector<Given> all;
  double next = -4;
  const Sequential made = model();
  for (const Weight& weight : made.weights()) {
    Given& given = all.emplace_back(Given{weight.name, dtype, weight.tensor.shape(), {}});
    for (std::int64_t i = 0; i < weight.tensor.size(); ++i) given.numbers.push_back(next += 0.375);
  }
  return all;
}

void expect(const Sequential& made, const std::vector<Given>& tensors) {
  const std::vector<Tensor> weights = made.get_weights();
  REQUIRE(weights.size() == tensors.size());
  for (std::size_t i = 0; i < weights.size(); ++i)
    CHECK(data_files::numbers(weights[i]) == tensors[i].numbers);
}

}  // namespace

TEST_CASE("weights of other programs are read in every type, by name or in order") {
  const Folder folder;
  for (const std::string dtype : {"F32", "F64", "F16", "BF16"})
    for (const std::string metadata : {"", R"("__metadata__": {"format": "pt"})"})
      for (const bool turned : {false, true})
        for (const std::string how : {"names", "weights/", "shuffled names", "order"}) {
          CAPTURE(dtype);
          CAPTURE(how);
          CAPTURE(turned);
          const std::vector<Given> right = tensors(dtype);
          std::vector<Given> written = right;
          for (std::size_t i = 0; i < written.size(); ++i) {
            if (how == "weights/") written[i].name = how + written[i].name;
            if (how == "order") written[i].name = fmt::format("layer.{}", 90 - i);
          }
          if (how == "shuffled names")
            std::rotate(written.begin(), written.begin() + 3, written.end());
          if (how == "weights/") written.push_back({"optimizer/x", "I64", {1}, {1}});  // no weight
          Sequential made = model();
          made.load_weights(folder.write("w.safetensors", file_of(written, metadata, turned)));
          expect(made, right);
        }
}

TEST_CASE("special numbers of 16 bits are read exactly") {
  const Folder folder;
  Sequential made{Dense{.units = 1, .use_bias = false}};
  made.build({1, 6});
  const auto load = [&](const std::string& dtype, std::vector<std::uint16_t> bits) {
    std::string file = file_of({{"k", dtype, {6, 1}, std::vector<double>(6)}});
    std::memcpy(file.data() + file.size() - 12, bits.data(), 12);
    made.load_weights(folder.write("w.safetensors", file));
    return data_files::numbers(made.get_weights()[0]);
  };
  CHECK(load("F16", {0x0001, 0x8001, 0x03ff, 0x0400, 0x7bff, 0x3555}) ==
        std::vector{0x1p-24, -0x1p-24, 0x3ffp-24, 0x1p-14, 65504.0, 0x555p-12});
  CHECK(load("BF16", {0x0080, 0x8080, 0x3f80, 0xc000, 0x7f7f, 0x0000}) ==
        std::vector{0x1p-126, -0x1p-126, 1.0, -2.0, 0x1.fep127, 0.0});
  for (const auto& [dtype, bits] :
       {std::pair("F16", 0x7c00), {"F16", 0x7e00}, {"BF16", 0x7f80}, {"BF16", 0xffc0}}) {
    const auto before = made.get_weights();
    CHECK_THROWS_WITH_AS(load(dtype, {0, 0, static_cast<std::uint16_t>(bits), 0, 0, 0}),
                         Contains("must be finite (got "), FormatError);
    CHECK(same(before, made.get_weights()));
  }
}

TEST_CASE("weights that do not fit are refused with the first mismatch, and nothing changes") {
  const Folder folder;
  Sequential made = model();
  made.fit(Tensor::ones({4, 3}), Tensor::zeros({4}), {.verbose = 0});
  const std::string path = folder.path("w.safetensors"), start = "load_weights: '" + path + "': ";
  const auto refuse = [&]<class E>(E*, const std::string& bytes, const std::string& what) {
    folder.write("w.safetensors", bytes);
    made.save(folder.path("before"));
    CHECK_THROWS_WITH_AS(made.load_weights(path), what.c_str(), E);
    made.save(folder.path("after"));
    const auto read = [&](const char* name) {
      return detail::read_file(folder.path(name), 1 << 20);
    };
    CHECK(read("before") == read("after"));
  };
  FormatError* const format = nullptr;
  ShapeError* const shape = nullptr;
  const auto change = [](auto how) {
    std::vector<Given> all = tensors("F64");
    how(all);
    return file_of(all);
  };
  refuse(format, change([](auto& all) { all.pop_back(); }),
         start +
             "the file must have as many tensors as the model has weights, 8 (got 7; "
             "'dense_1/bias' is not among them)");
  refuse(format, change([](auto& all) {
           all.push_back({"more", "F32", {1}, {1}});
         }),
         start + "the file must have as many tensors as the model has weights, 8 (got 9)");
  refuse(shape, change([](auto& all) {
           all[2].shape = {2, 1};
         }),
         start +
             "'batch_normalization/gamma', read as batch_normalization/gamma, must be of shape "
             "(2) (got (2,1))");
  refuse(shape, change([](auto& all) { all[0].name = "first", std::swap(all[6], all[7]); }),
         start + "'dense_1/bias', read as dense_1/kernel, must be of shape (2,1) (got (1))");
  refuse(format, change([](auto& all) { all[7].numbers[0] = 1e300 * 1e300; }),
         start + "'dense_1/bias', read as dense_1/bias, must be finite (got inf at element 0)");
  if (sizeof(Scalar) == 4)
    refuse(format, change([](auto& all) { all[6].numbers[1] = 1e39; }),
           start +
               "'dense_1/kernel', read as dense_1/kernel, must be finite (got 1e+39 at element 1)");
  refuse(
      format, change([](auto& all) { all[7].dtype = "I64"; }),
      start +
          "'dense_1/bias', read as dense_1/bias, must be of type F32, F64, F16 or BF16 (got I64)");
  refuse(format, change([](auto& all) { all[7].dtype = "I32"; }),
         path + ": tensor 'dense_1/bias': dtype must be F16, BF16, F32, F64 or I64");
  refuse(format, "PK\3\4 a file of Keras", path + ": byte 8: not a safetensors file");
  refuse(format, "", path + ": byte 8: not a safetensors file");
  refuse(format, file_of(tensors("F32")) + "x", path + ": 1 bytes come after the last tensor");
  Sequential unbuilt{Dense{.units = 1}};
  CHECK_THROWS_WITH_AS(unbuilt.load_weights(path),
                       Contains("load_weights: the model has no weights"), StateError);
  CHECK_THROWS_AS(made.load_weights(folder.path("none")), IoError);
}

TEST_CASE("files of save() give their weights to load_weights, whole or weights only") {
  const Folder folder;
  Sequential from = model();
  from.fit(Tensor::ones({4, 3}), Tensor::zeros({4}), {.verbose = 0});
  for (const bool weights_only : {false, true}) {
    from.save(folder.path("m.safetensors"), {.weights_only = weights_only});
    Sequential to = model();
    to.load_weights(folder.path("m.safetensors"));
    CHECK(same(to.get_weights(), from.get_weights()));
    CHECK(to.optimizer().iterations() == 0);
  }
}

TEST_CASE("NumPy writes a file for load_weights as the README says") {
  if (std::system("/usr/bin/python3 -c 'import numpy' 2>/dev/null") != 0) {
    MESSAGE("no /usr/bin/python3 with numpy: skipped");
    return;
  }
  std::ifstream readme(GRADUS_SOURCE_DIR "/models/README.md");
  const std::string text(std::istreambuf_iterator<char>(readme), {});
  const std::string fence = "```python\n";
  const std::size_t begin = text.find(fence) + fence.size(), end = text.find("```", begin);
  REQUIRE(begin > fence.size());
  const Folder folder;
  const std::string script = folder.write("write.py", text.substr(begin, end - begin));
  const std::string command = "cd " + folder.path("") + " && /usr/bin/python3 " + script;
  REQUIRE(std::system(command.c_str()) == 0);
  Sequential made{Dense{.units = 1}};
  made.build({1, 1});
  made.load_weights(folder.path("line.safetensors"));
  CHECK(data_files::numbers(made.predict({{1}, {2}})) == std::vector{3.0, 5.0});
}
