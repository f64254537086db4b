// How the fuzzer of checkpoints changes them: mostly inside of what the header says, seldom the bytes as they come.
#include <cstring>
#include <iterator>
#include <stdexcept>

#include "support/opened_file.hpp"
#include "verify/splitmix64.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using namespace adagrad;
using test::opened_file, test::opened_tensor;

std::string mutated(const std::string& text, std::size_t room) {
  std::string changed = text;
  changed.resize(text.size() + room);
  changed.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(changed.data()), text.size(), changed.size()));
  return changed;
}

class mutator {
 public:
  explicit mutator(unsigned seed) : random_{seed} {}

  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }

  void change(opened_file& file) {
    if (file.tensors.empty() || (below(3) > 0 && !file.metadata.empty())) strings(file.metadata);
    else tensors(file.tensors);
  }

 private:
  void strings(std::map<std::string, std::string>& strings) {
    if (strings.empty()) return void(strings["adagrad.format"] = "1");
    const auto at = [&] { return std::next(strings.begin(), static_cast<std::ptrdiff_t>(below(strings.size()))); };
    const auto chosen = at();
    switch (below(8)) {
      case 0: chosen->second = mutated(chosen->second, 32); break;
      case 1: strings.erase(chosen); break;
      case 2: strings[mutated(chosen->first, 16)] = chosen->second; break;
      case 3: chosen->second = at()->second; break;
      default: token(chosen->second);
    }
  }

  // What stands between two of the characters that separate values.
  void token(std::string& text) {
    static constexpr const char* values[] = {
        "0",
        "1",
        "2",
        "3",
        "7",
        "-1",
        "00",
        "18446744073709551615",
        "18446744073709551616",
        "9223372036854775808",
        "0x0p+0",
        "-0x0p+0",
        "0x1p+0",
        "0x1p-1",
        "-0x1p-1",
        "0x1p+1",
        "0x1p+1023",
        "0x1p-1074",
        "0x1.8p+1",
        "0x2p+0",
        "inf",
        "-inf",
        "nan",
        "true",
        "false",
        "none",
        "[]",
        "[0]",
        "[1]",
        "[2,2]",
        "[0x1p-1,0x1p-2,0x1p-3]",
        "[1,2]",
        "custom(rate=0x1p-2)",
        "rowwise",
        "elementwise",
        "exact",
        "fast",
        "coupled",
        "decoupled",
        "dual_averaging",
        "mirror_descent",
        "box",
        "max_norm",
        "unit_norm",
        "non_negative",
        "l1",
        "l2",
        "group_lasso",
        "elastic_net",
        "decoupled_decay",
        "skip",
        "error",
        "sum",
        "calls",
        "one_rounding",
        "before",
        "inverse_time(learning_rate=0x1p-2,decay=0x1p-3,form=quotient)",
        "exponential_decay(initial_learning_rate=0x1p-2,decay_steps=0x1p+2,decay_rate=0x1p-1,staircase=true)"};
    constexpr const char* separators = "=,()[]";
    const std::size_t place = below(text.size() + 1);
    std::size_t begin = text.find_last_of(separators, place);
    begin = begin == text.npos ? 0 : begin + 1;
    const std::size_t end = std::min(text.find_first_of(separators, begin), text.size());
    text.replace(begin, end - begin, values[below(std::size(values))]);
  }

  void tensors(std::vector<opened_tensor>& tensors) {
    opened_tensor& chosen = tensors[below(tensors.size())];
    switch (below(10)) {
      case 0: tensors.erase(tensors.begin() + (&chosen - tensors.data())); break;
      case 1: chosen.name = tensors[below(tensors.size())].name + (below(2) == 0 ? "" : "x"); break;
      case 2: chosen.name = mutated(chosen.name, 16); break;
      case 3: std::swap(chosen, tensors[below(tensors.size())]); break;
      case 4:
      case 6:
      case 7: reshape(chosen); break;
      case 5: another(tensors, chosen); break;
      default: number(chosen);
    }
  }

  void reshape(opened_tensor& t) {
    if (below(2) == 0) t.type = static_cast<checkpoint::element>(below(3));
    if (below(2) == 0) t.shape.push_back(below(4));
    else if (!t.shape.empty()) t.shape[below(t.shape.size())] = below(8);
    std::uint64_t bytes = size_of(t.type);
    for (const std::uint64_t n : t.shape) bytes *= n;
    t.bytes.resize(bytes > 4096 ? 0 : bytes);
  }

  void another(std::vector<opened_tensor>& tensors, const opened_tensor& like) {
    static constexpr const char* kinds[] = {"accumulator", "gradient_sum", "average", "pending_gradient", "row_count", "row_payment"};
    opened_tensor made = like;
    const std::size_t slash = like.name.find('/'), last = like.name.rfind('/');
    if (slash == like.name.npos) return;
    const std::string parameter = last == slash ? like.name.substr(slash + 1) : like.name.substr(slash + 1, last - slash - 1);
    made.name = "state/" + parameter + "/" + kinds[below(std::size(kinds))];
    tensors.push_back(std::move(made));
  }

  void number(opened_tensor& t) {
    static constexpr double numbers[] = {
        0, -0.0, 1, -1, 0.5, 1e-45, 1e38, 1e300, -1e300, __builtin_inf(), -__builtin_inf(), __builtin_nan("")};
    const double x = numbers[below(std::size(numbers))];
    const float narrow = static_cast<float>(x);
    const std::size_t size = size_of(t.type), count = t.bytes.size() / size;
    if (count == 0) return;
    char* const to = t.bytes.data() + below(count) * size;
    if (size == sizeof narrow) std::memcpy(to, &narrow, size);
    else std::memcpy(to, &x, size);
  }

  verify::splitmix64 random_;
};

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned int seed) {
  mutator random(seed);
  if (size < 2 || random.below(16) == 0) return LLVMFuzzerMutate(data, size, max_size);
  if (random.below(8) == 0) data[0] = static_cast<std::uint8_t>(random.below(256));
  try {
    opened_file file = test::open_file({reinterpret_cast<const char*>(data) + 1, size - 1});
    for (std::size_t changes = random.below(4) == 0 ? 3 : 1; changes > 0; --changes) random.change(file);
    const std::string made = test::sealed(file);
    if (made.size() + 1 > max_size) return size;
    std::memcpy(data + 1, made.data(), made.size());
    return made.size() + 1;
  } catch (const checkpoint::format_failure&) {
  } catch (const std::invalid_argument&) {  // no header can hold that
  }
  return LLVMFuzzerMutate(data, size, max_size);
}
