"""xsimd is needed to build the library, not to use it: nothing that is installed mentions it.

usage: xsimd_not_exported.py NM PREFIX
"""

import pathlib
import sys

from objects import symbols
from report import finish

nm, prefix = sys.argv[1:]
files = [f for f in sorted(pathlib.Path(prefix).rglob("*")) if f.is_file()]
problems = []
for file in files:
    content = file.read_bytes()
    if b"\0" not in content:
        problems += [f"{file}:{number}: {line.strip()}" for number, line in enumerate(content.decode(errors="replace").splitlines(), 1) if "xsimd" in line.lower()]
    elif file.suffix in {".a", ".so"}:  # local symbols may carry its name
        problems += [f"{file}: offers {s.name}" for s in symbols(nm, file, "--extern-only", "--defined-only") if "xsimd" in s.name]

finish(problems,
       "a program that uses the library would need xsimd too, in this very version.",
       "keep it a private include folder of src/kernels: no public header, no target_link_libraries, no find_dependency.",
       f"{len(files)} installed files" if files else "")
