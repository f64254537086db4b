// Which rows a run of the program has.
#pragma once

namespace adagrad::bench {

enum class row_set {
  full,   // every size and list
  brief,  // few sizes and lists, the instruction set in use
  zeros,  // the price of exact zeros and of an unlucky layout
};

}  // namespace adagrad::bench
