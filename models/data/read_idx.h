#pragma once
/// IDX files, the form in which MNIST and its kin are published.

#include <string>

#include <gradus/core/tensor.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Reads an IDX file of bytes, plain or compressed with gzip: images (rows, height, width), labels
/// (rows). The values are 0 to 255 as they stand in the file; for a model, divide images by 255.
///
///     const Tensor images = read_idx("train-images-idx3-ubyte.gz") / 255;
///     const Tensor labels = read_idx("train-labels-idx1-ubyte.gz");
///
/// The form: bytes 0, 0, 8 (the elements are bytes), the rank; each extent in 4 bytes, highest
/// first; the elements, row-major.
/// IoError when there is no such file; FormatError, with the place, when it is not of this form,
/// damaged, or does not hold exactly as many elements as it promises.
Tensor read_idx(const std::string& path);

}}  // namespace gradus
