// Whatever fails while an optimizer is saved: the old file is untouched, nothing is left behind, and training goes on. And what a path may be.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>

#include "support/checkpoints.hpp"
#include "support/failing_calls.hpp"
#include "support/folder.hpp"
#include "support/refusal.hpp"
#include "support/trained_model.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr std::uint64_t seed = 6;

trained_model some_training() {
  trained_model model(seed, first_memory);
  for (int i = 0; i < 4; ++i) model.step();
  return model;
}

// While it lives, this is the working directory.
class working_directory {
 public:
  explicit working_directory(const std::string& path) : before_(std::filesystem::current_path()) { std::filesystem::current_path(path); }
  ~working_directory() { std::filesystem::current_path(before_); }
  working_directory(const working_directory&) = delete;
  working_directory& operator=(const working_directory&) = delete;

 private:
  std::filesystem::path before_;
};

std::string saving(trained_model& model, const std::string& path) {
  return message_of([&] { save(model.optimizer(), path); });
}
std::string loading(trained_model& model, const std::string& path) {
  return message_of([&] { load(model.optimizer(), path); });
}

}  // namespace

TEST_CASE("each call failing in turn while an optimizer or a snapshot is saved") {
  trained_model model = some_training();
  const std::string file = saved(model.optimizer());
  const snapshot copy(model.optimizer());
  const folder here;
  const std::string path = here / "model.safetensors";
  std::map<std::string, long> failures;
  for (const int error : {EIO, ENOSPC})
    for (const bool from_copy : {false, true})
      for (std::size_t which = 0; which < call_names.size(); ++which)
        for (long turn = 0;; ++turn) {
          INFO(call_names[which] << " " << turn << ", error " << error << (from_copy ? ", snapshot" : ""));
          make_file(path, "old");
          const std::size_t descriptors = open_descriptors();
          std::string said;
          bool made = false;
          {
            const disturb now({.failing = static_cast<call>(which), .failing_at = turn, .error = error, .at_most = 3000});
            said = message_of([&] { from_copy ? copy.save(path) : save(model.optimizer(), path); });
            made = now.made(static_cast<call>(which)) > turn;
          }
          CHECK(open_descriptors() == descriptors);
          CHECK(here.names() == std::vector<std::string>{"model.safetensors"});
          const bool in_place = said.find(": fsync of the folder: ") != std::string::npos;
          CHECK(content(path) == (said.empty() || in_place ? file : "old"));
          if (!said.empty()) {
            ++failures[call_names[which]];
            CHECK(said.starts_with("adagrad: cannot write " + path + ": "));
            CHECK(holds_all(said, {error == EIO ? ": Input/output error: look for disk errors in the system's log, "
                                                : ": No space left on device: free some space, "}));
          }
          if (!made) break;
        }
  for (const char* name : {"open", "openat", "write", "fsync", "close", "renameat", "fstatat", "fchmod"}) {
    CAPTURE(name);
    CHECK(failures[name] >= 4);
  }
  CHECK(saved(model.optimizer()) == file);
  trained_model twin = some_training();
  model.step();
  twin.step();
  CHECK(saved(model.optimizer()) == saved(twin.optimizer()));
}

TEST_CASE("interrupted calls and short writes are gone on with") {
  trained_model model = some_training();
  const folder here;
  const std::string path = here / "model.safetensors";
  {
    const disturb now({.interrupted = true, .at_most = 7});
    CHECK(saving(model, path).empty());
  }
  CHECK(content(path) == saved(model.optimizer()));
}

TEST_CASE("a stream that fails, before or in the middle") {
  trained_model model = some_training();
  const std::string file = saved(model.optimizer());
  for (const std::size_t room : {std::size_t(0), file.size() / 2, file.size() - 1}) {
    struct : std::streambuf {
      std::size_t left = 0;
      int_type overflow(int_type c) override { return left-- == 0 ? traits_type::eof() : c; }
    } narrow;
    narrow.left = room;
    std::ostream out(&narrow);
    CHECK(holds_all(message_of([&] { save(model.optimizer(), out); }), {"adagrad: cannot save: the stream failed"}));
  }
  std::ifstream none("/nonexistent/file");
  CHECK(message_of([&] { load(model.optimizer(), none); }) ==
        "adagrad: cannot load from the stream: the stream has failed before it was read: was the file opened?");
  // A file stream tells of errors by an exception of its own: here, that a folder cannot be read.
  const folder here;
  std::ifstream of_folder(here.path());
  CHECK(holds_all(message_of([&] { load(model.optimizer(), of_folder); }),
                  {"adagrad: cannot load from the stream: the stream failed after 0 bytes: "}));
  // Streams that throw at their end.
  std::istringstream in(file);
  in.exceptions(std::ios::failbit | std::ios::badbit | std::ios::eofbit);
  CHECK(load(model.optimizer(), in).iterations == model.optimizer().iterations());
  CHECK(saved(model.optimizer()) == file);
}

TEST_CASE("links are followed, names may be strange, paths relative") {
  trained_model model = some_training();
  const std::string file = saved(model.optimizer());
  const folder here;
  const working_directory inside(here.path());
  std::filesystem::create_directory("folder");
  make_file("folder/old", "old");
  std::filesystem::create_symlink("folder/old", "link");
  std::filesystem::create_symlink("folder/new", "dangling");
  for (const char* path :
       {"link", "dangling", "relative", "./folder/../dots", "two\nlines", "a space", " ", "-", "\xff\xfe", "folder//double"}) {
    CAPTURE(path);
    CHECK(saving(model, path).empty());
    CHECK(content(path) == file);
    CHECK(loading(model, path).empty());
  }
  CHECK(std::filesystem::is_symlink("link"));
  CHECK(std::filesystem::is_symlink("dangling"));
  CHECK(content("folder/old") == file);
  CHECK(content("folder/new") == file);
}

TEST_CASE("what is no regular file is refused, and stays") {
  trained_model model = some_training();
  const std::string before = saved(model.optimizer());
  const folder here;
  const working_directory inside(here.path());
  std::filesystem::create_directory("folder");
  std::filesystem::create_symlink("folder", "to folder");
  std::filesystem::create_symlink("round", "round");
  std::filesystem::create_symlink("nowhere/file", "dangling");
  REQUIRE(mkfifo("pipe", 0600) == 0);
  make_file("file", "old");
  struct refused {
    const char *path, *saving, *loading;
  };
  for (const refused& each : std::initializer_list<refused>{
           {"", "open: No such file or directory: make the folder first", "open: No such file or directory: check the path"},
           {"folder", "open: it is a folder, not a regular file: choose another name",
            "open: it is a folder, not a regular file: name a file"},
           {"folder/", "open: Is a directory: name a file in that folder", "open: it is a folder, not a regular file"},
           {"to folder", "open: it is a folder, not a regular file", "open: it is a folder, not a regular file"},
           {"pipe", "open: it is a pipe, not a regular file", "open: it is a pipe, not a regular file"},
           {"/dev/null", "open: it is a device, not a regular file", "open: it is a device, not a regular file"},
           {"round", "readlink: Too many levels of symbolic links: mend the symbolic links, which go in circles",
            "Too many levels of symbolic links"},
           {"dangling", "open the folder: No such file or directory: make the folder first", "No such file or directory: check the path"},
           {"nowhere/file", "open the folder: No such file or directory: make the folder first",
            "No such file or directory: check the path"},
           {"file/file", "Not a directory: check the path: a part of it is no folder", "Not a directory: check the path"}}) {
    CAPTURE(each.path);
    CHECK(holds_all(saving(model, each.path), {"adagrad: cannot write ", each.path, each.saving}));
    CHECK(holds_all(loading(model, each.path), {"adagrad: cannot read ", each.path, each.loading}));
  }
  const std::string with_null("file\0more", 9);
  CHECK(holds_all(saving(model, with_null), {"Invalid argument: check the path"}));
  CHECK(holds_all(loading(model, with_null), {"Invalid argument: check the path"}));
  CHECK(holds_all(saving(model, std::string(300, 'x')), {"File name too long: choose a shorter name"}));
  CHECK(content("file") == "old");
  CHECK(here.names() == std::vector<std::string>{"dangling", "file", "folder", "pipe", "round", "to folder"});
  CHECK(std::filesystem::is_empty("folder"));
  CHECK(std::filesystem::is_fifo("pipe"));
  CHECK(saved(model.optimizer()) == before);
}
