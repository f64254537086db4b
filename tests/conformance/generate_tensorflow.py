#!/usr/bin/env python3
"""Records TensorFlow's raw operations ResourceApplyAdagrad, -V2, -DA and ResourceApplyProximalAdagrad, run eagerly.

    generate_tensorflow.py DATA_FOLDER
"""

import os
import sys

os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from inputs import Random  # noqa: E402
from record import DTYPES, Recorder, tensors_of  # noqa: E402

STEPS = 50


def apply(variant, variable, states, gradient, options, step):
    def scalar(value):
        return tf.constant(value, variable.dtype)
    shared = {"var": variable.handle, "lr": scalar(options["lr"]), "grad": tf.constant(gradient)}
    if variant == "ApplyAdagradDA":
        tf.raw_ops.ResourceApplyAdagradDA(gradient_accumulator=states[1].handle, gradient_squared_accumulator=states[0].handle,
                                          l1=scalar(options["l1"]), l2=scalar(options["l2"]), global_step=tf.constant(step + 1, tf.int64), **shared)
        return
    shared["accum"] = states[0].handle
    if variant == "ApplyAdagrad":
        tf.raw_ops.ResourceApplyAdagrad(update_slots=options["update_slots"], **shared)
    elif variant == "ApplyAdagradV2":
        tf.raw_ops.ResourceApplyAdagradV2(epsilon=scalar(options["epsilon"]), update_slots=options["update_slots"], **shared)
    else:
        tf.raw_ops.ResourceApplyProximalAdagrad(l1=scalar(options["l1"]), l2=scalar(options["l2"]), **shared)


def options_of(random, variant, index):
    o = {"lr": random.decimal(-2, -1), "initial_accumulator_value": random.choice([0.1, random.decimal(-4, 0)])}
    if variant in ("ApplyAdagrad", "ApplyAdagradV2"):
        o["update_slots"] = index % 4 != 3
    if variant == "ApplyAdagradV2":
        o["epsilon"] = random.choice([1e-7, random.decimal(-8, -2)])
    if variant in ("ApplyProximalAdagrad", "ApplyAdagradDA"):
        o["l1"] = random.decimal(-3, -1) if index % 4 in (1, 2) else 0.0
        o["l2"] = random.decimal(-3, -1) if index % 4 in (2, 3) else 0.0
    return o


def record(recorder, random, variant, dtype, options, shape):
    kind = DTYPES[dtype]
    variable = tf.Variable(random.weights(shape, kind))
    states = {"accumulator": tf.Variable(np.full(shape, options["initial_accumulator_value"], kind))}
    if variant == "ApplyAdagradDA":
        states["gradient_sum"] = tf.Variable(np.zeros(shape, kind))

    def arrays():
        return [variable.numpy()], [[s.numpy()] for s in states.values()]

    def step(k):
        gradient = random.gradients(shape, kind)
        apply(variant, variable, list(states.values()), gradient, options, k)
        return ([gradient], *arrays())

    recorder.case(variant, dtype, options, tensors_of([shape]), list(states), STEPS, arrays(), step)


def main(folder):
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    build = tf.sysconfig.get_build_info()
    about = f"numpy {np.__version__}; " + "; ".join(f"{k} {build[k]}" for k in sorted(build))
    flags = " ".join(f for f in tf.sysconfig.get_compile_flags() if not f.startswith("-I"))
    recorder = Recorder("tensorflow", tf.__version__, f"{about}; {flags}", "compiled in, see README.md", "Eager, one thread, oneDNN off. "
                        "global_step of ApplyAdagradDA is 1 in the first step. The gradient is recorded as given.")
    random = Random(0x74656E736F72)
    for variant in ("ApplyAdagrad", "ApplyAdagradV2", "ApplyProximalAdagrad", "ApplyAdagradDA"):
        for dtype, count in (("f32", 12), ("f64", 5)):
            for index in range(count):
                record(recorder, random, variant, dtype, options_of(random, variant, index), random.shapes(dtype)[0])
    recorder.save(folder)


if __name__ == "__main__":
    main(sys.argv[1])
