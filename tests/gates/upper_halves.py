"""Every way out of a kernel leaves the upper halves of the vector registers clean.

usage: upper_halves.py OBJDUMP OBJECT...

Follows the control flow of each function, its cold part included, with one bit of state: whether a ymm or zmm register (0 to 15: the
others do not count) may have been written since the last vzeroupper. Dirty is an error at a return, at a call or jump out of the
function, and at a legacy-SSE instruction.
g++ and clang clean up by themselves except where a wide register is an argument or a result; kernels inline such functions.
"""

import re
import sys

from objects import functions
from report import finish

WIDE = re.compile(r"%[yz]mm(\d|1[0-5])\b")
WHY = {"ret": "returns", "call": "calls", "jump": "jumps out of the function", "sse": "executes a legacy-SSE instruction"}


def kind_of(instruction):
    if re.match(r"ret[lq]?$", instruction.mnemonic):
        return "ret"
    if re.match(r"call[lq]?$", instruction.mnemonic):
        return "call"
    if re.match(r"jmp[lq]?$", instruction.mnemonic):
        return "jump"
    if re.match(r"j[a-z]+$", instruction.mnemonic):
        return "branch"
    if instruction.mnemonic in {"ud2", "hlt"}:
        return "end"
    return "sse" if re.search(r"%xmm\d", instruction.operands) and not instruction.mnemonic.startswith("v") else "plain"


def dirty_exits(parts):
    """(instruction, what it does) for each place of a function, given as its hot and cold part, that is reached dirty and must not be."""
    code = {i.place: (i, following.place if following else None)
            for part in parts for i, following in zip(part.instructions, part.instructions[1:] + [None])}
    seen, waiting, exits = set(), [(part.place, False) for part in parts if not part.name.endswith(".cold")], set()
    while waiting:
        state = waiting.pop()
        if state in seen or state[0] not in code:
            continue
        seen.add(state)
        dirty = state[1]
        (instruction, following), kind = code[state[0]], kind_of(code[state[0]][0])
        jumps = kind in {"jump", "branch"}
        if dirty and (kind in {"ret", "call", "sse"} or (jumps and instruction.target not in code)):
            exits.add((instruction, WHY["jump" if jumps else kind]))
        if instruction.mnemonic in {"vzeroupper", "vzeroall"}:
            dirty = False
        elif WIDE.search(instruction.operands):
            dirty = True
        if jumps:
            waiting.append((instruction.target, dirty))
        if kind not in {"ret", "jump", "end"}:
            waiting.append((following, dirty))
    return exits


objdump, *objects = sys.argv[1:]
problems, wide = [], 0
for file in objects:
    parts = {}
    for part in functions(objdump, file):
        parts.setdefault(part.name.removesuffix(".cold"), []).append(part)
    for name, group in parts.items():
        wide += any(WIDE.search(i.operands) for part in group for i in part.instructions)
        problems += [f"{file}: {name} at {i.place[0]}+{i.place[1]:#x}: {i.mnemonic} {i.operands}: {what} with dirty upper halves"
                     for i, what in sorted(dirty_exits(group))]

finish(problems,
       "each mixture of a legacy-SSE instruction with dirty upper halves costs about 170 ns (Sapphire Rapids), in the caller's code too.",
       "inline the function (ADAGRAD_INLINE), or hand vectors over through memory; let no kernel take or return a vector.",
       f"{wide} functions with wide registers in {' '.join(objects)}" if wide else "")
