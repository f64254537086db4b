#!/usr/bin/python3
"""The example on part of the real data: for both models the same final bits for the scalar reference, every instruction set and thread count."""
import re
import subprocess
import sys

program = sys.argv[1]
short = ["--subset", "2000", "--epochs", "1"]


def run(*arguments):
    done = subprocess.run([program, *short, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def final_hash(*arguments):
    code, text, errors = run(*arguments)
    found = re.search(r"^hash of parameters and accumulators .*: ([0-9a-f]{16})$", text, re.MULTILINE)
    if code != 0 or not found:
        sys.exit(f"fashion_mnist {' '.join(arguments)} failed:\n{text}{errors}")
    return found.group(1)


def instruction_sets():
    """Those that this machine has, as the message that refuses another one lists them."""
    code, _, errors = run("--isa", "nonsense")
    found = re.search(r"--isa: .*available: (.*)$", errors, re.MULTILINE)
    if code == 0 or not found:
        sys.exit(f"an unknown instruction set is not refused with the list:\n{errors}")
    return found.group(1).split(", ")


cases = [["--reference"]] + [["--isa", name] for name in instruction_sets()] + [["--threads", n] for n in "1238"]
final = {}
for model in ("softmax", "mlp"):
    hashes = {" ".join(case): final_hash("--model", model, *case) for case in cases}
    for case, value in hashes.items():
        print(value, model, case)
    if len(set(hashes.values())) != 1:
        sys.exit(f"{model}: the final bits differ: they must not depend on the instruction set or the thread count")
    final[model] = hashes["--reference"]
    if final_hash("--model", model, "--learning-rate", "0.02") == final[model]:
        sys.exit(f"{model}: another learning rate gives the same hash: it hashes nothing")
if final["softmax"] == final["mlp"]:
    sys.exit("both models give the same hash: --model chooses nothing")
if final_hash() != final["mlp"]:
    sys.exit("the default is not --model mlp, or two equal runs differ")
if final_hash("--seed", "3") == final["mlp"]:
    sys.exit("another seed gives the same hash: it changes nothing")

for wrong in (["--model", "resnet"], ["--model"], ["--epochs", "0"], ["--epochs", "10x"], ["--batch", "-1"], ["--learning-rate", "nan"],
              ["--decay", "-1e-6"], ["--seed", "x"], ["--threads", "many"], ["--subset", "60001"], ["--data", "/nowhere"],
              ["--reference", "--isa", "sse2"], ["--reference", "--threads", "2"], ["--momentum", "0.9"]):
    code, text, errors = run(*wrong)
    if code not in (1, 2) or wrong[0] not in errors or text:
        sys.exit(f"{' '.join(wrong)} is not refused with a message that names it (exit status {code}):\n{text}{errors}")
