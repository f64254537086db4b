#!/usr/bin/python3
"""Training saved by one process and gone on with by another, which uses another instruction set and another number of threads: the bits of a third that never
stopped. Counts what the configurations have covered.

usage: resumed_training.py CONFIGURATIONS COMMAND...    COMMAND is resumed_training.cpp, compiled, perhaps behind an emulator
"""

import collections
import os
import pathlib
import random
import subprocess
import sys
import tempfile

configurations, command = int(sys.argv[1]), sys.argv[2:]

# All that a file may have to keep, by the names of tests/support/features.hpp.
expected = {
    "f32", "f64", "group", "schedule of a group", "window", "open window", "pending gradients", "moving average", "dual averaging", "constraint on norms",
    "clip_norm", "clip_value", "global_clip_norm", "element-wise", "row-wise", "strided table", "padding", "row counts",
    *(f"duplicates {rule}" for rule in ("sum", "mean", "sequential")),
    *(f"debts of {term}" for term in ("decoupled_decay", "l1", "group_lasso", "l2", "elastic_net")),
    *(f"schedule {kind}" for kind in (
        "constant", "custom", "inverse_time", "inverse_time_decay", "exponential_decay", "piecewise_constant_decay", "polynomial_decay", "cosine_decay",
        "linear_warmup"))}


def run(instruction_set, *arguments):
    environment = {**os.environ, "ADAGRAD_ISA": instruction_set, "OMP_WAIT_POLICY": "passive"}
    done = subprocess.run([*command, *map(str, arguments)], env=environment, capture_output=True, check=False)
    if done.returncode != 0:
        sys.exit(f"ADAGRAD_ISA={instruction_set} {' '.join(map(str, arguments))} failed: {done.stderr.decode(errors='replace')}")
    return done.stdout


isas = run("", "isas").decode().split()
covered, pairs, different = collections.Counter(), collections.Counter(), []
with tempfile.TemporaryDirectory() as folder:
    file = pathlib.Path(folder) / "model.safetensors"
    for seed in range(configurations):
        choice = random.Random(seed)
        stop, rest = choice.randrange(12), choice.randrange(1, 10)
        first, second = choice.choice(isas), choice.choice(isas)
        threads = choice.choice((1, 2))
        covered.update(run(first, "save", seed, threads, stop, file).decode().splitlines())
        resumed = run(second, "resume", seed, 3 - threads, stop, stop + rest, file)
        whole = run(choice.choice(isas), "whole", seed, choice.choice((1, 2)), stop + rest)
        pairs[first, second] += 1
        if resumed != whole or not whole:
            different.append(f"seed {seed}, saved after {stop} steps by {first}, gone on with for {rest} by {second}")
print("\n".join(f"{count:4} {name}" for name, count in sorted(covered.items())))
print(f"instruction sets: {len(pairs)} pairs of {', '.join(isas)}")
print(f"{configurations} configurations, {len(different)} differences", *different, sep="\n")
if configurations >= 200 and expected - covered.keys():
    sys.exit(f"not covered: {', '.join(sorted(expected - covered.keys()))}")
if unknown := covered.keys() - expected:
    sys.exit(f"unknown: {', '.join(sorted(unknown))}: list them here")
sys.exit(bool(different))
