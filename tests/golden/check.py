#!/usr/bin/env python3
"""Computes the constant of every script of adagrad_verify anew, each by its own program in this folder.

    check.py path/to/adagrad_verify

`adagrad_verify --list` names the scripts and the library's constants; script some-name-v1 is checked by some_name_v1.py --check HEX.
"""

import pathlib
import subprocess
import sys


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    lines = subprocess.run([sys.argv[1], "--list"], check=True, capture_output=True, text=True).stdout.splitlines()
    assert lines, "adagrad_verify --list names no script"
    status = 0
    for name, constant in (line.split() for line in lines):
        program = pathlib.Path(__file__).with_name(name.replace("-", "_") + ".py")
        result = subprocess.run([sys.executable, program, "--check", constant], stdout=subprocess.DEVNULL, check=False)
        print(f"{name} {constant} {'OK' if result.returncode == 0 else 'FAILED'}")
        status |= result.returncode
    return 1 if status else 0


if __name__ == "__main__":
    sys.exit(main())
