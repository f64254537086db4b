// All parameters of a step as one virtual list of tiles that can be cut into parts of equal bytes. No tile is ever stored: a place in the list
// is found from the parameters' prefix sums. Stands alone.
#pragma once

#include <cstddef>
#include <vector>

namespace adagrad {

// An element of a parameter, or the end of it.
struct position {
  std::size_t parameter, element;
};

class tile_list {
 public:
  // Room for so many parameters, so that append does not allocate. Throws std::bad_alloc.
  void reserve(std::size_t parameters) { ends_.reserve(parameters); }
  void clear() noexcept;
  // The next parameter: so many elements of so many bytes each; 0 elements for one that takes no part.
  void append(std::size_t elements, std::size_t element_size, std::size_t tile_bytes) noexcept;

  std::size_t elements(std::size_t parameter) const noexcept { return ends_[parameter].elements; }
  std::size_t bytes() const noexcept { return bytes_; }  // of all elements
  std::size_t tiles() const noexcept { return tiles_; }

  // Where part `index` of `parts` begins (and part index - 1 ends): at a tile, and at equal shares of the bytes up to one tile.
  position edge(std::size_t index, std::size_t parts) const noexcept;

 private:
  struct end {
    std::size_t cost;  // of all parameters up to and with this one
    std::size_t elements, element_size, tile_bytes;
  };
  std::vector<end> ends_;
  std::size_t bytes_ = 0, tiles_ = 0;
};

}  // namespace adagrad
