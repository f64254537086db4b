"""Each instruction-set object offers the rest of the library its table and nothing else, and asks for next to nothing.

usage: isa_symbols.py NM OBJDUMP NAME OBJECT...
"""

import sys

from objects import sections, symbols
from report import finish

# What a compiler may call without being asked. They live in libc and libm, which choose for the machine at run time.
# fma and fmaf: where the instruction set has no fused multiply-add. They too choose for the machine.
ALLOWED_UNDEFINED = {"fma", "fmaf", "memcpy", "memset", "memmove", "__stack_chk_fail", "__stack_chk_guard", "_GLOBAL_OFFSET_TABLE_"}

nm, objdump, name, *objects = sys.argv[1:]
table = f"_ZN7adagrad7kernels{len('table_' + name)}table_{name}E"
problems, tables = [], 0
for file in objects:
    for symbol in symbols(nm, file):
        if symbol.name == table and symbol.type in "DRB":
            tables += 1
        elif symbol.name.startswith(("_GLOBAL__sub_I", "__cxx_global_var_init")):
            problems.append(f"{file}: {symbol.name}: a static initialiser, which would run this instruction set's code on every machine")
        elif symbol.type in "Uwv":
            if symbol.name not in ALLOWED_UNDEFINED:
                problems.append(f"{file}: needs {symbol.name} from outside")
        elif symbol.type.isupper() or symbol.type in "ui":
            problems.append(f"{file}: defines {symbol.name} (nm type {symbol.type}) for everybody")
    problems += [f"{file}: has the section {section}: code that runs when the library is loaded" for section in sections(objdump, file)
                 if section.startswith((".init_array", ".preinit_array", ".ctors", ".fini_array", ".dtors"))]
if objects and tables != 1:
    problems.append(f"{name}: {tables} definitions of {table} instead of one")

finish(problems,
       f"an inline or static function compiled for {name} can be the copy that the linker keeps for everybody, or run at load: an illegal "
       "instruction on smaller machines.",
       "keep kernels in an anonymous namespace, always inlined, and free of the standard library's inline functions; the table in "
       "src/isa/instantiate.cpp stays the only symbol. If libc offers the wanted function, add it to ALLOWED_UNDEFINED with the reason.",
       f"{name}: {' '.join(objects)}" if objects else "")
