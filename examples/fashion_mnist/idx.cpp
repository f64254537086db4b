#include "idx.hpp"

#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

namespace fashion {
namespace {

constexpr std::uint32_t images_magic = 0x803;     // bytes, three dimensions
constexpr std::uint32_t labels_magic = 0x801;     // bytes, one dimension
constexpr std::size_t largest_count = 1'000'000;  // a damaged header must not ask for all memory

struct closer {
  void operator()(gzFile file) const noexcept { gzclose_r(file); }
};

/// One open file; what it throws says how to get a good one.
class idx_file {
 public:
  explicit idx_file(std::filesystem::path path) : path_(std::move(path)), file_(gzopen(path_.c_str(), "rb")) {
    if (!file_) {
      fail(std::strerror(errno));
    }
  }

  [[noreturn]] void fail(const std::string& reason) const {
    throw std::runtime_error(
        "cannot read " + path_.string() + ": " + reason +
        "\nOn Debian, apt-get install dataset-fashion-mnist brings the data; with --reinstall it replaces damaged files."
        "\nElsewhere, name the folder that holds the four .gz files with --data.");
  }

  std::uint32_t read_u32() {
    std::array<std::uint8_t, 4> bytes{};
    if (read_up_to(bytes) < bytes.size()) {
      fail("it ends too early");
    }
    return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
  }

  void expect(std::uint32_t wanted, const std::string& what) {
    const std::uint32_t found = read_u32();
    if (found != wanted) {
      fail(what + " is " + std::to_string(found) + " in place of " + std::to_string(wanted));
    }
  }

  /// Reads the count that the header promises, the rest of the header by the given function, and then that many items and nothing more.
  template <class Header>
  std::vector<std::uint8_t> read_items(std::size_t item_size, Header&& rest_of_header) {
    const std::size_t count = read_u32();
    if (count == 0 || count > largest_count) {
      fail("its header promises " + std::to_string(count) + " items");
    }
    rest_of_header();
    // Asking for one byte more than there is makes zlib go on to the checksum and compare it, or find that it is missing.
    std::vector<std::uint8_t> items(count * item_size + 1);
    const std::size_t found = read_up_to(items);
    int code = Z_OK;
    gzerror(file_.get(), &code);
    if (found < items.size() - 1 || code == Z_BUF_ERROR) {
      fail("it ends too early");
    }
    if (found == items.size()) {
      fail("it goes on after the " + std::to_string(count) + " items of its header");
    }
    items.pop_back();
    return items;
  }

 private:
  /// Returns how many bytes there were; fewer than asked for only at the end of the file.
  std::size_t read_up_to(std::span<std::uint8_t> bytes) {
    const int count = gzread(file_.get(), bytes.data(), static_cast<unsigned>(bytes.size()));
    if (count < 0) {
      int code = Z_OK;
      const char* const message = gzerror(file_.get(), &code);
      fail(code == Z_ERRNO ? std::strerror(errno) : std::string("it is damaged (") + message + ")");
    }
    return static_cast<std::size_t>(count);
  }

  std::filesystem::path path_;
  std::unique_ptr<gzFile_s, closer> file_;
};

}  // namespace

data_set read_data_set(const std::filesystem::path& folder, const char* name) {
  data_set set;
  idx_file images(folder / (std::string(name) + "-images-idx3-ubyte.gz"));
  images.expect(images_magic, "its first number, the kind of file,");
  set.images = images.read_items(image_size, [&] {
    images.expect(28, "the height of the images");
    images.expect(28, "the width of the images");
  });

  idx_file labels(folder / (std::string(name) + "-labels-idx1-ubyte.gz"));
  labels.expect(labels_magic, "its first number, the kind of file,");
  set.labels = labels.read_items(1, [] {});
  if (set.labels.size() * image_size != set.images.size()) {
    labels.fail("it has " + std::to_string(set.labels.size()) + " labels for " + std::to_string(set.images.size() / image_size) +
                " images");
  }
  for (const std::uint8_t label : set.labels) {
    if (label >= class_count) {
      labels.fail("it has the label " + std::to_string(label) + "; they go from 0 to 9");
    }
  }
  return set;
}

}  // namespace fashion
