#!/usr/bin/python3
"""Two readers of whole checkpoints, one in C++ and one in Python, agree on every file of a folder: taken or refused.

usage: checkpoint_differential.py PROGRAM FOLDER [SKIPPED]    PROGRAM is checkpoint_verdict.cpp, compiled. SKIPPED leading bytes belong to no file: 1 for the corpus of
fuzz_checkpoint, of which copies without them are looked at.
"""

import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import strict_checkpoint  # noqa: E402
from strict_reader import Refused  # noqa: E402


def verdict(file):
    try:
        strict_checkpoint.read_checkpoint(file.read_bytes())
        return "accept", ""
    except Refused as refused:
        return "refuse", str(refused)


program, folder, skipped = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0
with tempfile.TemporaryDirectory() as copies:
    if skipped:
        for file in folder.iterdir():
            (pathlib.Path(copies) / file.name).write_bytes(file.read_bytes()[skipped:])
        folder = pathlib.Path(copies)
    said = subprocess.run([program, folder], check=True, stdout=subprocess.PIPE, text=True, errors="replace").stdout.splitlines()
    mine = {line.split()[1]: line for line in said}
    theirs = {file.name: verdict(file) for file in folder.iterdir()}
different = sorted(name for name in mine.keys() | theirs.keys() if name not in mine or name not in theirs or mine[name].split()[0] != theirs[name][0])
for name in different[:20]:
    print(f"{name}\n  C++:    {mine.get(name, 'nothing')[:500]}\n  Python: {' '.join(theirs.get(name, ('nothing',)))[:500]}")
accepted = sum(kind == "accept" for kind, _ in theirs.values())
print(f"{len(theirs)} files, {accepted} accepted, {len(theirs) - accepted} refused, {len(different)} differences")
sys.exit(bool(different) or not accepted or accepted == len(theirs))
