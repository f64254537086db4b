"""What the tests of the examples that train something share: how they run, which final bits must be equal, how wrong options are refused.
A command is the list of a program and the arguments that all its runs have."""
import re
import subprocess
import sys


def run(command, *arguments):
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def trained(command, *arguments):
    """The final hash and all that was printed."""
    code, text, errors = run(command, *arguments)
    found = re.search(r"^hash of parameters and accumulators .*: ([0-9a-f]{16})$", text, re.MULTILINE)
    if code != 0 or not found:
        sys.exit(f"{' '.join([*command, *arguments])} failed:\n{text}{errors}")
    return found.group(1), text


def instruction_sets(command):
    """Those that this machine has, as the message that refuses another one lists them."""
    code, _, errors = run(command, "--isa", "nonsense")
    found = re.search(r"--isa: .*available: (.*)$", errors, re.MULTILINE)
    if code == 0 or not found:
        sys.exit(f"an unknown instruction set is not refused with the list:\n{errors}")
    return found.group(1).split(", ")


def trained_in_every_way(command, *model, threads):
    """The final hash, which the scalar reference, every instruction set and these thread counts must share, and what each of them printed."""
    hashes, texts = set(), []
    for case in [["--reference"]] + [["--isa", name] for name in instruction_sets(command)] + [["--threads", n] for n in threads]:
        value, text = trained(command, *model, *case)
        print(value, *model, *case)
        hashes.add(value)
        texts.append(text)
    if len(hashes) != 1:
        sys.exit(f"{' '.join(model)}: the final bits differ: they must not depend on the instruction set or the thread count")
    return hashes.pop(), texts


def check_refused(command, wrong, statuses=(2,)):
    """Each of these lists of arguments, with a message that names its first."""
    for arguments in wrong:
        code, text, errors = run(command, *arguments)
        if code not in statuses or arguments[0] not in errors or text:
            sys.exit(f"{' '.join(arguments)} is not refused with a message that names it (exit status {code}):\n{text}{errors}")
