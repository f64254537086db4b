#!/usr/bin/env python3
"""Records torch.optim.Adagrad: its three implementations, clipping, groups.

    generate_torch.py DATA_FOLDER                        data/torch.*, kernels for AVX2 and FMA
    generate_torch.py DATA_FOLDER --capability default   data/torch_default.*, kernels without FMA
"""

import argparse
import os

parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("--capability", choices=["avx2", "default"], default="avx2")
arguments = parser.parse_args()
os.environ["ATEN_CPU_CAPABILITY"] = arguments.capability  # read when torch is loaded; otherwise the machine would choose
os.environ["MKL_CBWR"] = "AVX2"  # torch.sqrt is MKL's: its bits depend on the CPU unless this fixes its code

import torch  # noqa: E402

from inputs import Random  # noqa: E402
from record import DTYPES, Recorder, tensors_of  # noqa: E402

STEPS = 50
IMPLEMENTATIONS = ("single", "foreach", "fused")
GROUP_KEYS = ["lr", "lr_decay", "weight_decay", "eps", "maximize"]


def options_of(random, implementation):
    o = {"lr": random.decimal(-2, -1), "lr_decay": 0.0, "weight_decay": 0.0, "initial_accumulator_value": 0.0, "eps": 1e-10,
         "maximize": random.chance(25), "foreach": implementation == "foreach", "fused": implementation == "fused"}
    if random.chance(55):
        o["lr_decay"] = random.decimal(-4, -1)
    if random.chance(55):
        o["weight_decay"] = random.decimal(-4, -1)
    if random.chance(45):
        o["initial_accumulator_value"] = random.decimal(-4, 0)
    if random.chance(45):
        o["eps"] = random.decimal(-8, -2)
    return o


def clip(parameters, options):
    if "max_norm" in options:
        torch.nn.utils.clip_grad_norm_(parameters, options["max_norm"], foreach=options["clip_foreach"])
    if "clip_value" in options:
        torch.nn.utils.clip_grad_value_(parameters, options["clip_value"], foreach=options["clip_foreach"])


def record(recorder, random, variant, dtype, options, shapes, groups=None):
    kind = DTYPES[dtype]
    parameters = [torch.nn.Parameter(torch.from_numpy(random.weights(s, kind).copy())) for s in shapes]
    keywords = {k: v for k, v in options.items() if k not in ("max_norm", "clip_value", "clip_foreach")}
    grouped = [{"params": [p], **(groups[i] if groups else {})} for i, p in enumerate(parameters)] if groups else parameters
    optimizer = torch.optim.Adagrad(grouped, **keywords)

    def arrays():
        # Before the first step, newer versions have no state yet.
        sums = [optimizer.state[p]["sum"] if "sum" in optimizer.state[p]
                else torch.full_like(p, options["initial_accumulator_value"]) for p in parameters]
        return [p.detach().numpy().copy() for p in parameters], [[s.numpy().copy() for s in sums]]

    def step(_):
        gradients = [random.gradients(s, kind) for s in shapes]
        for p, g in zip(parameters, gradients):
            p.grad = torch.from_numpy(g.copy())
        clip(parameters, options)
        optimizer.step()
        return (gradients, *arrays())

    recorder.case(variant, dtype, options, tensors_of(shapes, groups), ["accumulator"], STEPS, arrays(), step)


def record_capability_avx2(recorder, random):
    for implementation in IMPLEMENTATIONS:
        for dtype, count in (("f32", 14), ("f64", 6)):
            for _ in range(count):
                shapes = random.shapes(dtype, random.choice([1, 1, 1, 2]))
                record(recorder, random, implementation, dtype, options_of(random, implementation), shapes)
    for kind, suffix in (("max_norm", "clip_norm"), ("clip_value", "clip_value")):
        for implementation in IMPLEMENTATIONS:
            for dtype, clip_foreach in (("f32", False), ("f32", True), ("f64", False), ("f64", True)):
                options = options_of(random, implementation)
                options[kind] = random.decimal(-1, 0)
                options["clip_foreach"] = clip_foreach
                record(recorder, random, f"{implementation}/{suffix}", dtype, options, random.shapes(dtype, random.choice([1, 2])))
    for implementation in IMPLEMENTATIONS:
        for dtype, count in (("f32", 3), ("f64", 1)):
            for _ in range(count):
                groups = [{k: v for k, v in options_of(random, implementation).items() if k in GROUP_KEYS} for _ in range(3)]
                record(recorder, random, f"{implementation}/groups", dtype, options_of(random, implementation), random.shapes(dtype, 3), groups)


def record_capability_default(recorder, random):
    for implementation in IMPLEMENTATIONS:
        for dtype in ("f32", "f32", "f64"):
            record(recorder, random, implementation, dtype, options_of(random, implementation), random.shapes(dtype))


def main():
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    configuration = "\n".join(line.strip() for line in torch.__config__.show().splitlines() if "Build settings" not in line)
    default = arguments.capability == "default"
    note = f"One thread, ATEN_CPU_CAPABILITY={arguments.capability}, MKL_CBWR=AVX2. README.md says what other settings change."
    recorder = Recorder("torch_default" if default else "torch", torch.__version__, configuration,
                        torch.backends.cpu.get_cpu_capability(), note)
    if default:
        record_capability_default(recorder, Random(0x64656661756C74))
    else:
        record_capability_avx2(recorder, Random(0x746F726368))
    recorder.save(arguments.folder)


if __name__ == "__main__":
    main()
