#!/usr/bin/python3
"""The example on part of the real data: for both models the same final bits for the scalar reference, every instruction set and thread count."""
import sys
import tempfile

from trained_examples import check_refused, check_resumed, trained, trained_in_every_way

command = [sys.argv[1], "--subset", "2000", "--epochs", "1"]

final = {}
for model in ("softmax", "mlp"):
    final[model], _ = trained_in_every_way(command, "--model", model, threads="1238")
    if trained(command, "--model", model, "--learning-rate", "0.02")[0] == final[model]:
        sys.exit(f"{model}: another learning rate gives the same hash: it hashes nothing")
if final["softmax"] == final["mlp"]:
    sys.exit("both models give the same hash: --model chooses nothing")
if trained(command)[0] != final["mlp"]:
    sys.exit("the default is not --model mlp, or two equal runs differ")
if trained(command, "--seed", "3")[0] == final["mlp"]:
    sys.exit("another seed gives the same hash: it changes nothing")

with tempfile.TemporaryDirectory() as folder:
    check_resumed([sys.argv[1], "--subset", "2000", "--epochs", "4"], folder)
check_refused(command, (
    ["--model", "resnet"], ["--model"], ["--epochs", "0"], ["--epochs", "10x"], ["--batch", "-1"], ["--learning-rate", "nan"],
    ["--decay", "-1e-6"], ["--seed", "x"], ["--threads", "many"], ["--subset", "60001"], ["--data", "/nowhere"],
    ["--reference", "--isa", "sse2"], ["--reference", "--threads", "2"], ["--momentum", "0.9"]), statuses=(1, 2))
