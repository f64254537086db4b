"""Nothing that the build made contains fast-math start-up code.

usage: fast_math.py NM FILE...
"""

import sys

from objects import symbols
from report import finish

nm, *files = sys.argv[1:]
# crtfastmath.o, which -ffast-math and -Ofast add when linking, consists of this one function, called at load.
problems = [f"{file} contains set_fast_math" for file in files if any(s.name.lstrip("_") == "set_fast_math" for s in symbols(nm, file))]

finish(problems,
       "it sets flush-to-zero for the whole process that loads it: other people's subnormal numbers become 0.",
       "remove -ffast-math, -Ofast and -funsafe-math-optimizations, from the flags for linking too.",
       f"{len(files)} files" if files else "")
