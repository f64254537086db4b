#!/usr/bin/env python3
"""Records optax.adagrad, alone and behind optax's clipping and weight decay, with and without jax.jit.

    generate_optax.py DATA_FOLDER                data/optax.*, compiled by XLA for AVX2 and FMA
    generate_optax.py DATA_FOLDER --isa SSE4_2   data/optax_sse4_2.*, without FMA and with root and quotient instead of an estimate
"""

import argparse
import os

parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("--isa", choices=["AVX2", "SSE4_2"], default="AVX2")
arguments = parser.parse_args()
os.environ.update(JAX_PLATFORMS="cpu", JAX_ENABLE_X64="1", OMP_NUM_THREADS="1",
                  XLA_FLAGS=f"--xla_cpu_multi_thread_eigen=false --xla_cpu_max_isa={arguments.isa}")

import jax  # noqa: E402
import numpy as np  # noqa: E402
import optax  # noqa: E402

from inputs import Random  # noqa: E402
from record import DTYPES, Recorder, tensors_of  # noqa: E402

STEPS = 50


def optimizer_of(options):
    parts = []
    if "clip_by_global_norm" in options:
        parts.append(optax.clip_by_global_norm(options["clip_by_global_norm"]))
    if "clip" in options:
        parts.append(optax.clip(options["clip"]))
    if "add_decayed_weights" in options:
        parts.append(optax.add_decayed_weights(options["add_decayed_weights"]))
    adagrad = optax.adagrad(options["learning_rate"], options["initial_accumulator_value"], options["eps"])
    return optax.chain(*parts, adagrad)


def sums_of(state):
    """The accumulators, wherever the chain keeps them."""
    found = [s for s in jax.tree.leaves(state, is_leaf=lambda x: hasattr(x, "sum_of_squares")) if hasattr(s, "sum_of_squares")]
    return [np.asarray(s) for s in found[0].sum_of_squares]


def record(recorder, random, variant, dtype, options, shapes):
    kind = DTYPES[dtype]
    optimizer = optimizer_of(options)
    weights = [jax.numpy.asarray(random.weights(s, kind)) for s in shapes]
    now = {"weights": weights, "state": optimizer.init(weights)}

    def one(gradients, state, weights):
        updates, state = optimizer.update(gradients, state, weights)
        return optax.apply_updates(weights, updates), state
    run = jax.jit(one) if options["jit"] else one

    def arrays():
        return [np.asarray(w) for w in now["weights"]], [sums_of(now["state"])]

    def step(_):
        gradients = [random.gradients(s, kind) for s in shapes]
        now["weights"], now["state"] = run([jax.numpy.asarray(g) for g in gradients], now["state"], now["weights"])
        return (gradients, *arrays())

    recorder.case(variant, dtype, options, tensors_of(shapes), ["accumulator"], STEPS, arrays(), step)


def options_of(random, jit, **more):
    o = {"learning_rate": random.decimal(-2, -1), "initial_accumulator_value": random.choice([0.1, 0.0, random.decimal(-4, 0)]),
         "eps": random.choice([1e-7, random.decimal(-8, -2)]), "jit": jit}
    return {**o, **more}


def record_all(recorder, random, few):
    for jit in (False, True):
        mode = "jit" if jit else "eager"
        for dtype, count in (("f32", 7), ("f64", 3)):
            for _ in range(1 if few else count):
                record(recorder, random, mode, dtype, options_of(random, jit), random.shapes(dtype, random.choice([1, 1, 2])))
            for key in ("clip_by_global_norm", "clip", "add_decayed_weights"):
                for _ in range(1 if few or dtype == "f64" else 3):
                    low = -3 if key == "add_decayed_weights" else -1
                    options = options_of(random, jit, **{key: random.decimal(low, low + 1)})
                    record(recorder, random, f"{mode}/{key}", dtype, options, random.shapes(dtype, random.choice([1, 1, 2])))


def main():
    import jaxlib
    about = f"jax {jax.__version__}; jaxlib {jaxlib.__version__}; numpy {np.__version__}; JAX_ENABLE_X64=1; {os.environ['XLA_FLAGS']}"
    few = arguments.isa != "AVX2"
    recorder = Recorder("optax_sse4_2" if few else "optax", optax.__version__, about, arguments.isa, "Parts are chained in the order "
                        "clip_by_global_norm, clip, add_decayed_weights, adagrad. jit false: every jax operation by itself.")
    record_all(recorder, Random(0x73736534 if few else 0x6F70746178), few)
    recorder.save(arguments.folder)


if __name__ == "__main__":
    main()
