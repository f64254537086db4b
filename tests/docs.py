#!/usr/bin/python3
"""Every C++ block of README.md and docs/*.md compiles against include/.

usage: docs.py SOURCE_DIR COMPILER

A block that includes something is a program of its own. Every other one is the body of a function, with the names of the prelude around it.
"""
import pathlib
import re
import subprocess
import sys

PRELUDE = """#include <adagrad/adagrad.hpp>\n#include <adagrad/checkpoint.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>
namespace {
std::vector<float> w(6), g(6), w2(6), g2(6), b(3), gb(3), G(6), u(6);  // parameters, gradients, accumulators, sums of gradients
double lr = 0.1, steps_per_epoch = 100;
std::uint64_t t = 1;
"""


def blocks_of(file):
    """(line of its first line, text) of each block."""
    text = file.read_text(encoding="utf-8")
    for match in re.finditer(r"^```cpp\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        yield text.count("\n", 0, match.start(1)) + 1, match.group(1)


def programs_of(file, name):
    """Sources to compile: one for each program, one for all other blocks together. #line makes the compiler name the document."""
    bodies = ""
    for number, (line, block) in enumerate(blocks_of(file)):
        if "#include" in block:
            yield f'#line {line} "{name}"\n{block}'
        else:
            bodies += f'[[maybe_unused]] void block_{number}() {{\n#line {line} "{name}"\n{block}}}\n'
    if bodies:
        yield f"{PRELUDE}{bodies}}}  // namespace\n"


def main():
    source, compiler = pathlib.Path(sys.argv[1]), sys.argv[2]
    command = [compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wno-unused", "-Werror", "-I", source / "include", "-x", "c++", "-"]
    failures, programs = [], 0
    for file in [source / "README.md", *sorted((source / "docs").glob("*.md"))]:
        for program in programs_of(file, file.relative_to(source)):
            programs += 1
            run = subprocess.run(command, input=program, capture_output=True, text=True, check=False)
            if run.returncode:
                failures.append(run.stderr)
    if programs < 4:
        failures.append(f"only {programs} programs found in README.md and docs/*.md: are the blocks still marked ```cpp?")
    print("\n".join(failures) or f"all C++ of the documents compiles ({programs} programs)")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
