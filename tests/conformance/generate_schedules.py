#!/usr/bin/env python3
"""Records what Keras 3's learning-rate schedules return, into data/schedules.json: nothing of this library is used.

    generate_schedules.py DATA_FOLDER       (./generate schedules installs what it needs)

Every value is of Keras' own code, unchanged, in float64. That takes two things, or Keras rounds to float32 without a word: TensorFlow below it
(on its other backends Keras narrows what is 64 bits wide), and options given as numpy.float64, Keras' own defaults too (of a Python float TensorFlow
makes float32, whatever floatx says). The type of each value is checked. A second run writes the same bytes.
"""

import inspect
import os
import pathlib
import random
import sys

os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0", CUDA_VISIBLE_DEVICES="")

import keras
import numpy as np
import tensorflow as tf

SETS, POINTS = 24, 64  # of options for each schedule; iterations for each of them
LARGE = [10**6, 2**31, 2**40]
SMALLEST_NORMAL = 2.0**-1022
schedules = keras.optimizers.schedules


def rate(r):
    return r.choice([r.uniform(1e-3, 1), round(10 ** r.uniform(-5, 0), 6), 0.01, 0.1])


def steps(r):
    return r.choice([1.0, float(r.randint(2, 50)), float(r.randint(50, 20000)), round(r.uniform(0.3, 40), 2), 1000.0])


def exponential_decay(r):
    return dict(initial_learning_rate=rate(r), decay_steps=steps(r), staircase=r.random() < 0.5,
                decay_rate=r.choice([0.96, 0.5, 0.0, 1.0, 1.0 + 1e-12, r.uniform(0.05, 1), r.uniform(0.9, 1)]))


def inverse_time_decay(r):
    return dict(initial_learning_rate=rate(r), decay_steps=steps(r), decay_rate=r.choice([0.5, 0.0, 1e-6, r.uniform(0, 3), 10 ** r.uniform(-7, 1)]),
                staircase=r.random() < 0.5)


def piecewise_constant_decay(r):
    count = r.randint(1, 6)
    return dict(boundaries=sorted(r.sample(range(0, r.choice([20, 1000, 2**31 - 1])), count)), values=[rate(r) for _ in range(count + 1)])


def polynomial_decay(r):
    options = dict(initial_learning_rate=rate(r), decay_steps=steps(r), power=r.choice([1.0, 1.0, 2.0, 0.5, r.uniform(0.2, 4)]),
                   cycle=r.random() < 0.5)
    if r.random() < 0.8:
        options["end_learning_rate"] = r.choice([0.0, rate(r), rate(r) / 100])
    return options


def cosine_decay(r):
    options = dict(initial_learning_rate=rate(r), decay_steps=steps(r))
    if r.random() < 0.7:
        options["alpha"] = r.choice([0.0, 1.0, 0.1, r.random()])
    if r.random() < 0.6:
        options.update(warmup_target=rate(r), warmup_steps=steps(r))
    return options


def cosine_decay_restarts(r):
    options = dict(initial_learning_rate=rate(r), first_decay_steps=steps(r))
    if r.random() < 0.8:
        options["t_mul"] = r.choice([1.0, 2.0, 1.5, 3.0, 10.0, r.uniform(1.01, 4)])
    if r.random() < 0.7:
        options["m_mul"] = r.choice([1.0, 0.5, 0.9, r.uniform(0.3, 1)])
    if r.random() < 0.6:
        options["alpha"] = r.choice([0.0, 0.1, r.random()])
    return options


KINDS = {"exponential_decay": schedules.ExponentialDecay, "inverse_time_decay": schedules.InverseTimeDecay,
         "piecewise_constant_decay": schedules.PiecewiseConstantDecay, "polynomial_decay": schedules.PolynomialDecay,
         "cosine_decay": schedules.CosineDecay, "cosine_decay_restarts": schedules.CosineDecayRestarts}


def edges(options):
    """The iterations at which something happens."""
    warmup = options.get("warmup_steps", 0)
    length = options.get("decay_steps", options.get("first_decay_steps", 1))
    found = [*options.get("boundaries", []), warmup, warmup + length, 2 * length, 3 * length]
    restart, period = 0, length
    for _ in range(12 if "first_decay_steps" in options else 0):
        restart += period
        period *= options.get("t_mul", 2.0)
        found.append(restart)
    return [round(edge) for edge in found if edge < max(LARGE)]


def iterations(r, options):
    at = edges(options)
    chosen = {0, 1, 2, 3, *LARGE, *(max(edge + d, 0) for edge in at for d in (-1, 0, 1))}
    while len(chosen) < POINTS:
        chosen.add(r.randint(0, 4 * POINTS + 2 * max(at)))
    return sorted(chosen)


def as_float64(value):
    if isinstance(value, list):
        return [as_float64(v) for v in value]
    return np.float64(value) if isinstance(value, float) else value


def record(make, options, at):
    defaults = {name: p.default for name, p in inspect.signature(make).parameters.items() if isinstance(p.default, float)}
    schedule = make(**{name: as_float64(value) for name, value in {**defaults, **options}.items()})
    values = []
    for iteration in at:
        value = schedule(tf.constant(iteration, tf.int64))
        assert value.dtype == tf.float64, f"{make.__name__} computes in {value.dtype}"
        values.append(float(value))
        # JSON has no infinity, and TensorFlow flushes what is smaller to zero on some of its threads.
        assert values[-1] == 0 or SMALLEST_NORMAL <= abs(values[-1]) < np.inf, f"{make.__name__} {options} at {iteration}: {values[-1]}"
    return values


def text(value):
    """JSON whose numbers read back as the same doubles: an integer never has a point, a double always a point or an exponent."""
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{k}": {text(v)}' for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(text, value)) + "]"
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else repr(value)


def main():
    keras.config.set_floatx("float64")
    lines = []
    for kind, make in KINDS.items():
        r = random.Random(f"adagrad {kind}")
        for _ in range(SETS):
            options = globals()[kind](r)
            at = iterations(r, options)
            lines.append(text({"kind": kind, "options": options, "iterations": at, "values": record(make, options, at)}))
    head = {"system": "keras", "version": keras.__version__, "backend": "tensorflow", "tensorflow": tf.__version__, "numpy": np.__version__,
            "floatx": keras.config.floatx(), "options_dtype": "float64", "iterations_dtype": "int64", "values_dtype": "float64"}
    target = pathlib.Path(sys.argv[1]) / "schedules.json"
    target.write_text(text(head)[:-1] + ', "schedules": [\n' + ",\n".join(lines) + "\n]}\n")
    print(f"{target}: {len(lines)} schedules")


if __name__ == "__main__":
    main()
