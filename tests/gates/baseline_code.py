"""What runs on every x86-64 machine has no instruction beyond SSE2.

usage: baseline_code.py OBJDUMP OBJECT...
"""

import re
import sys

from objects import functions
from report import finish

# By extension, without the size suffix that AT&T syntax may add. tzcnt is left out on purpose: compilers write it for `bsf`, and
# machines without it execute it as such. cpuid and xgetbv are how the choice is made.
BEYOND = re.compile(r"^(" + "|".join([
    r"v(?!err$|erw$|mcall$)\w+", r"k(mov|and|andn|or|xor|xnor|not|add|test|ortest|shiftl|shiftr|unpck)\w+",       # AVX, AVX-512
    r"addsubp[sd]|h(add|sub)p[sd]|lddqu|mov(ddup|shdup|sldup)|fisttp\w*",                                        # SSE3
    r"pshufb|ph(add|sub)(w|d|sw)|pmaddubsw|pmulhrsw|psign[bwd]|pabs[bwd]|palignr",                               # SSSE3
    r"dpp[sd]|mpsadbw|blendv?p[sd]|pblend(w|vb)|p(min|max)(s[bd]|u[wd])|round[ps][sd]|insertps|extractps",       # SSE4.1
    r"pinsr[bdq]|pextr[bdq]|pmov[sz]x\w+|ptest|pcmpeqq|packusdw|movntdqa|phminposuw|pmuldq|pmulld",
    r"pcmpgtq|pcmp[ei]str[im]|crc32|popcnt",                                                                     # SSE4.2
    r"lzcnt|andn|bextr|bls(i|r|msk)|bzhi|pdep|pext|mulx|rorx|sarx|shlx|shrx|ad[co]x|movbe",                      # LZCNT, BMI, ADX, MOVBE
    r"aes\w+|pclmul\w+|sha(1|256)\w+|gf2p8\w+|rdrand|rdseed|rd[fg]sbase|wr[fg]sbase|cmpxchg16b|xsave\w*|xrstor\w*",
]) + r")[bwlq]?$")

objdump, *objects = sys.argv[1:]
problems, count = [], 0
for file in objects:
    for function in functions(objdump, file):
        count += len(function.instructions)
        problems += [f"{file}: {function.name} at {i.place[0]}+{i.place[1]:#x}: {i.mnemonic} {i.operands}"
                     for i in function.instructions if BEYOND.match(i.mnemonic)]

finish(problems,
       "this code runs on every machine that loads the library, before and after the choice of an instruction set: an illegal instruction on older ones.",
       "compile it without -march and -m flags (CMAKE_CXX_FLAGS included); what needs more belongs in src/kernels, behind the table.",
       f"{count} instructions in {len(objects)} objects" if count else "")
