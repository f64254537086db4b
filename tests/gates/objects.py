"""Reads object files through nm and objdump, GNU's or LLVM's."""

import re
import subprocess
import sys
from collections import namedtuple

Symbol = namedtuple("Symbol", "name type")
# place and target: (section, address). target is where a direct jump or call goes, None where this object does not tell.
Instruction = namedtuple("Instruction", "place mnemonic operands target")
Function = namedtuple("Function", "name place instructions")

PREFIXES = re.compile(r"^((rep|repe|repz|repne|repnz|lock|data16|addr32|notrack|bnd|[c-gs]s|rex(\.\w+)?)\s+)+")


def output_of(*command):
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, errors="replace")
    if run.returncode != 0:
        sys.exit(f"wrong: this failed, perhaps because not everything has been built: {' '.join(command)}")
    return run.stdout


def symbols(nm, file, *options):
    """All symbols of an object, an archive or a program."""
    lines = output_of(nm, *options, file).splitlines()
    matches = (re.match(r"^[0-9a-fA-F]*\s+([A-Za-z]) (\S+)", line) for line in lines)
    return [Symbol(m.group(2), m.group(1)) for m in matches if m]


def sections(objdump, file):
    return re.findall(r"^\s*\d+\s+(\.\S+)", output_of(objdump, "-h", file), re.MULTILINE)


def functions(objdump, file):
    """The functions of an object file, as the compiler laid them out: `f` and `f.cold` are two."""
    found, section, relocated = [], "", {}
    for line in output_of(objdump, "-dr", "--no-show-raw-insn", file).splitlines():
        if head := re.match(r"^Disassembly of section (\S+):$", line):
            section = head.group(1)
        elif head := re.match(r"^([0-9a-f]+) <(.+)>:$", line):
            found.append(Function(head.group(2), (section, int(head.group(1), 16)), []))
        elif relocation := re.search(r"\bR_[A-Z0-9]+_(\w+)\s+([^\s+-]+)(?:([+-])0x([0-9a-f]+))?$", line):
            sign = -1 if relocation.group(3) == "-" else 1
            relocated[found[-1].instructions[-1].place] = (relocation.group(2), sign * int(relocation.group(4) or "0", 16))
        elif found and (code := re.match(r"^\s*([0-9a-f]+):\s+(\S.*)$", line)):
            text = PREFIXES.sub("", re.split(r"\s+#|\s+//", code.group(2))[0].strip())
            mnemonic, *operands = text.split(None, 1)
            jump = re.match(r"(?:0x)?([0-9a-f]+) <", operands[0]) if operands else None
            found[-1].instructions.append(Instruction((section, int(code.group(1), 16)), mnemonic, operands[0] if operands else "",
                                                      (section, int(jump.group(1), 16)) if jump else None))
    return with_relocated_targets(found, relocated)


def with_relocated_targets(found, relocated):
    """What objdump shows for a jump into another section counts from the wrong start; its relocation (x86-64: the target minus 4) is right."""
    starts = {function.name: function.place for function in found} | {function.place[0]: (function.place[0], 0) for function in found}

    def target_of(instruction):
        if instruction.target is None or instruction.place not in relocated:
            return instruction.target
        symbol, addend = relocated[instruction.place]
        return (starts[symbol][0], starts[symbol][1] + addend + 4) if symbol in starts else None

    return [function._replace(instructions=[i._replace(target=target_of(i)) for i in function.instructions]) for function in found]
