"""The benchmark row `autovectorized` is vectorised: its objects contain packed roots of both types.

usage: autovectorized.py OBJDUMP NAME OBJECT...
"""

import re
import sys

from objects import functions
from report import finish

objdump, name, *objects = sys.argv[1:]
packed = {
    "float": r"(v?sqrtps [^{]*%[xyz]mm)|(fsqrt v\d+\.4s)",
    "double": r"(v?sqrtpd [^{]*%[xyz]mm)|(fsqrt v\d+\.2d)",
}
code = [f"{i.mnemonic} {i.operands}" for file in objects for function in functions(objdump, file) for i in function.instructions]
problems = [f"autovectorized, {name}: no packed root of {type}" for type, pattern in packed.items() if not any(re.match(pattern, text) for text in code)]

finish(problems,
       "the row shows what the compiler's own vectoriser reaches; a loop left scalar would flatter the library about fourfold.",
       "g++ needs both -fno-math-errno and -fno-trapping-math, and no -fno-tree-vectorize; see the flags of the row in bench/CMakeLists.txt.",
       f"{name}: {len(code)} instructions" if code else "")
