#!/usr/bin/python3
"""Two readers of checkpoint headers, one in C++ and one in Python, agree on every file of a folder: on the verdict, and on the content of what they take.

usage: differential.py PROGRAM FOLDER    PROGRAM is verdict.cpp, compiled
"""

import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import strict_reader  # noqa: E402


def content(data_begin, metadata, tensors):
    words = ["data", data_begin]
    for key, value in sorted(metadata.items()):
        words += ["metadata", "x" + key.hex(), "x" + value.hex()]
    for name, dtype, shape, begin, end in tensors:
        words += ["tensor", "x" + name.encode().hex(), dtype, *shape, "at", begin, end]
    return " ".join(map(str, words))


def verdict(file):
    try:
        return f"accept {file.name} {content(*strict_reader.read(file.read_bytes()))}"
    except strict_reader.Refused:
        return f"refuse {file.name}"


program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
mine = {line.split()[1]: line for line in subprocess.run([program, folder], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()}
theirs = {file.name: verdict(file) for file in folder.iterdir()}
different = sorted(name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name))
for name in different[:20]:
    print(f"{name}\n  C++:    {mine.get(name, 'nothing')[:500]}\n  Python: {theirs.get(name, 'nothing')[:500]}")
accepted = sum(line.startswith("accept") for line in theirs.values())
print(f"{len(theirs)} files, {accepted} accepted, {len(theirs) - accepted} refused, {len(different)} differences")
sys.exit(bool(different) or not theirs)
