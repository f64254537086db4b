#!/usr/bin/python3
"""The example on part of the real data: the same final bits for the scalar reference, every instruction set and thread count."""
import re
import subprocess
import sys

program = sys.argv[1]
short = ["--subset", "2000", "--epochs", "1"]


def run(*arguments):
    done = subprocess.run([program, *short, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def final_hash(*arguments):
    code, text = run(*arguments)
    found = re.search(r"\b[0-9a-f]{16}\b", text)
    if code != 0 or not found:
        sys.exit(f"fashion_mnist {' '.join(arguments)} failed:\n{text}")
    return found.group()


code, text = run("--isa", "nonsense")
if code == 0 or "available: " not in text:
    sys.exit(f"an unknown instruction set is not refused with the list:\n{text}")
names = text.split("available: ")[1].split("\n")[0].strip().split(", ")
cases = [["--reference"]] + [["--isa", name] for name in names] + [["--threads", n] for n in "1238"]
hashes = {" ".join(case): final_hash(*case) for case in cases}
for case, value in hashes.items():
    print(value, case)
if len(set(hashes.values())) != 1:
    sys.exit("the final bits differ: they must not depend on the instruction set or the thread count")
if final_hash("--learning-rate", "0.01") in hashes.values():
    sys.exit("another learning rate gives the same hash: it hashes nothing")
for wrong in (["--epochs", "0"], ["--threads", "many"], ["--data", "/nowhere"], ["--learning-rate", "nan"]):
    code, text = run(*wrong)
    if code == 0 or len(text.strip().splitlines()) == 0:
        sys.exit(f"{' '.join(wrong)} is not refused with a message: {text}")
