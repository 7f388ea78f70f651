#pragma once
/// IDX files, the format of MNIST and similar data sets.

#include <gradus/core/tensor.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Reads an IDX file of bytes, plain or compressed with gzip: images (rows, height, width), labels
/// (rows). The values are 0 to 255, as in the file; divide images by 255 before training.
///
///     const Tensor images = read_idx("train-images-idx3-ubyte.gz") / 255;
///     const Tensor labels = read_idx("train-labels-idx1-ubyte.gz");
///
/// The format: bytes 0, 0, 8 (the elements are bytes), the rank; each extent in 4 bytes, highest
/// first; the elements, row-major. IoError if the file cannot be read; FormatError, with the byte,
/// for another format, gzip data that is damaged or lacks its end, or a count of elements that
/// differs from the shape. The data is decompressed no further than one byte past what the shape
/// needs, and memory for the elements is taken after all of it was checked.
Tensor read_idx(const std::string& path);

}}  // namespace gradus
