#!/usr/bin/env python3
"""The way back: what C++ went on with goes on in PyTorch, with the bits of the PyTorch that never stopped; and the command line on PyTorch's files.
Called by `generate`.

    verify_torch.py FOLDER_OF_CPP     the files that test_exchange left
"""

import os
import pathlib
import sys
import tempfile

os.environ["ATEN_CPU_CAPABILITY"] = "avx2"
os.environ["MKL_CBWR"] = "AVX2"

import common  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from adagrad_checkpoint import cli, from_torch, read, to_torch  # noqa: E402

from common import AFTER, BEFORE, HERE_STEPS, same_bits  # noqa: E402


def with_tensors(state_dict):
    return {**state_dict, "state": {i: {key: torch.from_numpy(np.array(v)) for key, v in kept.items()} for i, kept in state_dict["state"].items()}}


def with_arrays(state_dict):
    return {**state_dict, "state": {i: {key: v.numpy() for key, v in kept.items()} for i, kept in state_dict["state"].items()}}


def groups_of(entry):
    return [[t["name"] for t in entry["tensors"] if t["options"]["group"] == i] for i in range(len(entry["groups"]))]


def check_case(entry, arrays, folder):
    """How many bits of arrays differ from the recording; then the file that comes back against the one that C++ wrote at the end."""
    handed = read(folder / entry["checkpoint"])
    like = common.arrays_of(entry, arrays.initial, "weights")
    groups = groups_of(entry)
    weights, state = to_torch(handed, like, groups)
    parameters = {name: torch.nn.Parameter(torch.from_numpy(w.copy())) for name, w in weights.items()}
    implementation = entry["options"]["implementation"]
    optimizer = torch.optim.Adagrad([{"params": [parameters[name] for name in group]} for group in groups], lr=77.0)
    state = with_tensors(state)
    for group in state["param_groups"]:  # load_state_dict takes these from the state, too
        group.update(foreach=implementation == "foreach", fused=implementation == "fused")
    optimizer.load_state_dict(state)
    differing = 0
    for step in arrays.steps[HERE_STEPS:]:
        for t, recorded in zip(entry["tensors"], step):
            parameters[t["name"]].grad = torch.from_numpy(recorded["gradients"].copy())
        optimizer.step()
        for t, recorded in zip(entry["tensors"], step):
            p = parameters[t["name"]]
            differing += not same_bits(p.detach().numpy(), recorded["weights"])
            differing += not same_bits(optimizer.state[p]["sum"].numpy(), recorded["accumulator"])
    in_order = {name: parameters[name].detach().numpy() for group in groups for name in group}
    back, last = from_torch(in_order, with_arrays(optimizer.state_dict())), read(folder / f"last_{entry['checkpoint']}")
    assert back.iterations() == last.iterations() == BEFORE + HERE_STEPS + AFTER
    for name in last.parameters():
        assert same_bits(back.array(name).ravel(), last.array(name).ravel()) and same_bits(back.accumulators(name).ravel(), last.accumulators(name).ravel()), name
        assert back.options_of(name) == last.options_of(name) and back.learning_rate_of(name) == last.learning_rate_of(name), name
    assert back.metadata["adagrad.options"] == last.metadata["adagrad.options"]
    return differing


def trained(named):
    """A model with buffers after some steps, and its optimizer."""
    torch.manual_seed(5)
    model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3), torch.nn.Linear(3, 3))
    optimizer = torch.optim.Adagrad(model.named_parameters() if named else model.parameters(), lr=0.1, lr_decay=0.01, weight_decay=0.001)
    steps(model, optimizer, 3)
    return model, optimizer


def steps(model, optimizer, count):
    for i in range(count):
        torch.manual_seed(i)
        optimizer.zero_grad()
        model(torch.randn(8, 4)).square().mean().backward()
        optimizer.step()


def run(*arguments):
    status = cli.main([str(a) for a in arguments])
    assert status == 0, (arguments, status)


def check_command_line(named):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        model, optimizer = trained(named)
        torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 4}, folder / "old.pt")
        names = [] if named else ["--parameters", *dict(model.named_parameters())]
        run("from-torch", folder / "old.pt", folder / "a.safetensors", *names)
        run("show", folder / "a.safetensors")
        run("to-torch", folder / "a.safetensors", folder / "new.pt", "--like", folder / "old.pt", *names)
        run("to-torch", folder / "a.safetensors", folder / "alone.pt")
        new, alone = torch.load(folder / "new.pt", weights_only=True), torch.load(folder / "alone.pt", weights_only=True)
        assert new["epoch"] == 4 and set(new["model"]) == set(model.state_dict()), new.keys()
        assert set(alone["model"]) == set(dict(model.named_parameters()))
        for content in (new, alone):
            second, other = trained(named)
            second.load_state_dict(model.state_dict())
            second.load_state_dict(content["model"], strict=content is new)
            other.load_state_dict(content["optimizer"])
            assert (other.state_dict()["param_groups"][0].get("param_names") is not None) == named
            first, original = trained(named)
            steps(first, original, 5)
            steps(second, other, 5)
            for (name, a), (_, b) in zip(first.named_parameters(), second.named_parameters()):
                assert torch.equal(a, b) and torch.equal(original.state[a]["sum"], other.state[b]["sum"]), name


def main():
    folder = pathlib.Path(sys.argv[1])
    torch.set_num_threads(1)
    cases = common.cases("torch")
    differing = sum(check_case(entry, arrays, folder) for entry, arrays in cases)
    for named in (False, True):
        check_command_line(named)
    print(f"PyTorch {torch.__version__} -> here -> PyTorch -> here: {len(cases)} configurations, {BEFORE} + {HERE_STEPS} + {AFTER} steps, {differing} arrays differ")
    sys.exit(differing != 0)


if __name__ == "__main__":
    main()
