"""xsimd and xxhash are needed to build the libraries, not to use them: nothing that is installed mentions them.

usage: headers_not_exported.py NM PREFIX
"""

import pathlib
import re
import sys

from objects import symbols
from report import finish

nm, prefix = sys.argv[1:]
MENTION = re.compile("xsimd|xxh", re.IGNORECASE)  # functions of xxhash begin with XXH
files = [f for f in sorted(pathlib.Path(prefix).rglob("*")) if f.is_file()]
problems = []
for file in files:
    content = file.read_bytes()
    if b"\0" not in content:
        problems += [f"{file}:{number}: {line.strip()}" for number, line in enumerate(content.decode(errors="replace").splitlines(), 1) if MENTION.search(line)]
    elif file.suffix in {".a", ".so"}:  # local symbols may carry their names
        problems += [f"{file}: offers {s.name}" for s in symbols(nm, file, "--extern-only", "--defined-only") if MENTION.search(s.name)]

finish(problems,
       "a program that uses the library would need them too, in these very versions.",
       "keep them private include folders: no public header, no target_link_libraries, no find_dependency.",
       f"{len(files)} installed files" if files else "")
