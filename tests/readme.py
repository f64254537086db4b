#!/usr/bin/python3
"""The README's program is examples/minimal/minimal.cpp word for word, and prints what the README says it prints."""
import pathlib
import re
import subprocess
import sys

source, program = pathlib.Path(sys.argv[1]), sys.argv[2]
readme = (source / "README.md").read_text(encoding="utf-8")
example = (source / "examples/minimal/minimal.cpp").read_text(encoding="utf-8")
blocks = dict(re.findall(r"```(cpp|text)\n(.*?)```", readme, re.DOTALL)[:2])
printed = subprocess.run([program], capture_output=True, text=True, check=True).stdout
failures = ["README.md still has a placeholder (@@)"] if "@@" in readme else []
if blocks.get("cpp") != example:
    failures.append("README.md's first cpp block is not examples/minimal/minimal.cpp: copy the file's text there")
if blocks.get("text") != printed:
    failures.append(f"README.md's first text block is not what the program prints:\n{printed}")
print("\n".join(failures) or "README.md's program and its output are the example's")
sys.exit(bool(failures))
