"""The one-way law between the rooms of the library, read from their #includes.

usage: dependencies.py SOURCE_DIR
"""

import pathlib
import re
import sys

from report import finish

# What each room may include besides itself and the standard library: files, or rooms (which end in /). The kernels' plain-data headers are the
# two that all may read; everything else in kernels/ is compiled once per instruction set and must not leak into baseline code.
LAW = {
    "include/adagrad": {"adagrad/"},
    "src/kernels": {"<xsimd/>", "<immintrin.h>", "<arm_neon.h>"},
    "src/reference": {"adagrad/", "validate/", "kernels/step.hpp"},
    "src/isa": {"kernels/"},
    "src/dispatch": {"adagrad/", "kernels/table.hpp", "isa/isa.def"},
    "src/parallel": {"adagrad/parallel.hpp", "adagrad/api.hpp", "<omp.h>"},
    "src/schedule": {"adagrad/"},
    "src/validate": {"adagrad/", "kernels/step.hpp"},
    "src/dense": {"adagrad/", "dispatch/", "kernels/table.hpp", "parallel/", "validate/"},
    "src/rows": {"adagrad/", "dense/", "dispatch/", "kernels/table.hpp", "parallel/", "validate/"},
    "src/optimizer": {"adagrad/", "dense/", "dispatch/", "parallel/", "rows/", "validate/"},
    "src/checkpoint": {"adagrad/", "optimizer/contents.hpp", "<xxhash.h>"},
    "src/verify": {"adagrad/", "isa/isa.def"},
}

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
PRAGMA_OMP = re.compile(r'^\s*#\s*pragma\s+omp\b|_Pragma\s*\(\s*"omp\b', re.MULTILINE)
# Headers of the C and C++ libraries, POSIX included, are everybody's; all others, intrinsics among them, need a <...> in the law.
SYSTEM = re.compile(r"^[a-z_0-9]+$|^(?!omp\.h|xxhash\.h|\w*intrin\.h|arm_\w+\.h)(sys/)?[a-z_0-9]+\.h$")


def is_allowed(room, target, quoted, folder, source):
    allowed = LAW[room]
    if quoted:
        beside = (folder / target).resolve()
        if target.startswith(room.removeprefix("src/").removeprefix("include/") + "/") or (beside.exists() and beside.is_relative_to(source / room)):
            return True
        return any(target == a or (a.endswith("/") and target.startswith(a)) for a in allowed)
    return bool(SYSTEM.match(target)) or any(f"<{target}>" == a or (a.endswith("/>") and target.startswith(a[1:-1])) for a in allowed)


source = pathlib.Path(sys.argv[1]).resolve()
problems, read = [], 0
files = [f for top in ("include", "src") for f in sorted((source / top).rglob("*")) if f.suffix in {".hpp", ".h", ".cpp", ".def", ".inc"}]
for file in files:
    path = file.relative_to(source)
    room = "/".join(path.parts[:2])
    if room not in LAW or len(path.parts) < 3:
        problems.append(f"{path}: the room {room} is not in the law: add it to LAW in tests/gates/dependencies.py, with what it may know")
        continue
    text = file.read_text()
    for match in INCLUDE.finditer(text):
        read += 1
        quoted = match.group(1) is not None
        target = match.group(1) or match.group(2)
        if not is_allowed(room, target, quoted, file.parent, source):
            line = text.count("\n", 0, match.start(1 if quoted else 2)) + 1
            problems.append(f"{path}:{line}: {room} must not include {target}; it may include {', '.join(sorted(LAW[room]))} and its own files")
    if "<omp.h>" not in LAW[room] and (match := PRAGMA_OMP.search(text)):
        problems.append(f"{path}:{text.count(chr(10), 0, match.end()) + 1}: {room} must not know OpenMP; only src/parallel does")

finish(problems,
       "the rooms depend on each other one way only, so that code compiled for an instruction set cannot leak into baseline code, and xsimd and OpenMP "
       "can each be replaced in one room.",
       "move the code to the room that may know it, or pass plain data; change LAW only together with the law itself.",
       f"{read} includes in {len(files)} files" if read else "")
