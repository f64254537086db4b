#!/usr/bin/env python3
"""Records torch.optim.Adagrad and hands its state over: data/torch.* and data/torch_*.safetensors. Called by `generate`.

    record_torch.py DATA_FOLDER
"""

import os
import pathlib
import sys

os.environ["ATEN_CPU_CAPABILITY"] = "avx2"  # as in tests/conformance
os.environ["MKL_CBWR"] = "AVX2"

import common  # noqa: E402
import torch  # noqa: E402
from adagrad_checkpoint import from_torch, write  # noqa: E402
from inputs import Random  # noqa: E402
from record import DTYPES, Recorder, tensors_of  # noqa: E402

from common import AFTER, BEFORE, HERE_STEPS  # noqa: E402


def group_of(random, decay=True):
    return {
        "lr": random.decimal(-2, -1), "lr_decay": random.decimal(-4, -1) if decay and random.chance(60) else 0.0,
        "weight_decay": random.decimal(-4, -1) if random.chance(50) else 0.0, "eps": random.choice([1e-10, random.decimal(-8, -2)]),
        "maximize": random.chance(25),
    }


def with_arrays(state_dict):
    return {**state_dict, "state": {i: {key: value.numpy().copy() for key, value in kept.items()} for i, kept in state_dict["state"].items()}}


def record(recorder, random, folder, variant, implementation, dtype, shapes, groups, group_numbers, late=(), tables=()):
    """`late`: the numbers of parameters that have no gradients in the first 3 steps; `tables`: of those that are tables here."""
    kind = DTYPES[dtype]
    parameters = [torch.nn.Parameter(torch.from_numpy(random.weights(s, kind).copy())) for s in shapes]
    names = [f"w{i}" for i in range(len(shapes))]
    initial = random.choice([0.0, random.decimal(-4, 0)])
    optimizer = torch.optim.Adagrad(
        [{"params": [p for p, g in zip(parameters, group_numbers) if g == number], **group} for number, group in enumerate(groups)],
        initial_accumulator_value=initial, foreach=implementation == "foreach", fused=implementation == "fused")

    def one_step(now=BEFORE):
        gradients = [random.gradients(s, kind) for s in shapes]
        for i, (p, g) in enumerate(zip(parameters, gradients)):
            p.grad = None if i in late and now < 3 else torch.from_numpy(g.copy())
        optimizer.step()
        return (gradients, *arrays())

    def arrays():
        return [p.detach().numpy().copy() for p in parameters], [[optimizer.state[p]["sum"].numpy().copy() for p in parameters]]

    for now in range(BEFORE):
        one_step(now)
    state = with_arrays(optimizer.state_dict())
    name = f"torch_{len(recorder.cases)}.safetensors"
    order = sorted(range(len(shapes)), key=lambda i: group_numbers[i])
    write(folder / name, from_torch({names[i]: parameters[i].detach().numpy() for i in order}, state, [names[i] for i in tables]))
    tensors = tensors_of(shapes, [{"group": g, "table": i in tables} for i, g in enumerate(group_numbers)])
    recorder.case(variant, dtype, {"implementation": implementation}, tensors, ["accumulator"], HERE_STEPS + AFTER, arrays(), lambda _: one_step())
    recorded = [{key: value for key, value in group.items() if key != "params"} for group in state["param_groups"]]
    steps = {names[i]: int(state["state"][number]["step"]) for number, i in enumerate(order)}
    recorder.cases[-1].update(checkpoint=name, iterations=BEFORE, handover=HERE_STEPS, groups=recorded, steps_before=steps)


def main():
    folder = pathlib.Path(sys.argv[1])
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    configuration = "\n".join(line.strip() for line in torch.__config__.show().splitlines() if "Build settings" not in line)
    recorder = Recorder("torch", torch.__version__, configuration, torch.backends.cpu.get_cpu_capability(),
                        f"{BEFORE} steps before the first that is recorded. One thread, ATEN_CPU_CAPABILITY=avx2, MKL_CBWR=AVX2.")
    random = Random(0x65786368616E6765)
    for implementation in ("single", "foreach", "fused"):
        for shapes in ([(19,)], [(3, 5), (7,)], [(2, 3, 4), (1,), (33,)]):
            record(recorder, random, folder, "one group", implementation, "f32", shapes, [group_of(random)], [0] * len(shapes))
        record(recorder, random, folder, "three groups", implementation, "f32", [(5, 3), (17,), (9,), (4,)],
               [group_of(random) for _ in range(3)], [0, 1, 0, 2])
        record(recorder, random, folder, "late parameter", implementation, "f32", [(8,), (3,)], [group_of(random, decay=False)], [0, 0], late=(1,))
    undecayed = {**group_of(random), "weight_decay": 0.0}
    record(recorder, random, folder, "tables", "single", "f32", [(6, 4), (5,), (9, 1)], [undecayed], [0, 0, 0], tables=(0, 2))
    # In float64 single and foreach take MKL's root, which is not correctly rounded, and fused has another rate where it decays: see tests/conformance.
    for shapes in ([(13,)], [(4, 3), (5,)]):
        record(recorder, random, folder, "one group", "fused", "f64", shapes, [group_of(random, decay=False)], [0] * len(shapes))
    recorder.save(folder)


if __name__ == "__main__":
    main()
