#!/usr/bin/env python3
"""Records Adagrad of Keras 3 and of tf.keras and hands their states over: data/keras.*, data/keras_*.safetensors; models in files: data/model_*.
Called by `generate`.

    record_keras.py DATA_FOLDER
"""

import os
import pathlib
import sys

os.environ.update(KERAS_BACKEND="tensorflow", CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0", OMP_NUM_THREADS="1")

import common  # noqa: E402, F401
import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import tf_keras  # noqa: E402
from adagrad_checkpoint import from_keras, write  # noqa: E402
from inputs import Random  # noqa: E402
from record import Recorder, tensors_of  # noqa: E402

from common import AFTER, BEFORE, HERE_STEPS  # noqa: E402

MAKERS = {"Keras 3": keras.optimizers.Adagrad, "tf.keras": tf_keras.optimizers.Adagrad, "tf.keras legacy": tf_keras.optimizers.legacy.Adagrad}


def plain(config):
    """As JSON takes it."""
    return {key: float(value) if isinstance(value, np.floating) else value for key, value in config.items()}


def arrays_of(variables):
    return [np.array(v.numpy()) for v in variables]


def kept_by(optimizer):
    return arrays_of(optimizer.variables() if callable(optimizer.variables) else optimizer.variables)


def record(recorder, random, folder, variant, shapes, options, excluded=(), inexact=False):
    variables = [tf.Variable(random.weights(s, np.float32), name=f"w{i}") for i, s in enumerate(shapes)]
    if variant == "Keras 3":
        variables = [keras.Variable(v.numpy(), name=v.name) for v in variables]
    optimizer = MAKERS[variant](**options)
    if excluded:
        optimizer.exclude_from_weight_decay(var_list=[variables[i] for i in excluded])
    names = [f"w{i}" for i in range(len(shapes))]

    def one_step(_=0):
        gradients = [random.gradients(s, np.float32) for s in shapes]
        optimizer.apply_gradients(zip(map(tf.constant, gradients), variables))
        return (gradients, *arrays())

    def arrays():
        return arrays_of(variables), [kept_by(optimizer)[-len(shapes):]]

    for _ in range(BEFORE):
        one_step()
    config = plain(optimizer.get_config())
    name = f"keras_{len(recorder.cases)}.safetensors"
    made = from_keras(dict(zip(names, arrays_of(variables))), kept_by(optimizer), config, [names[i] for i in excluded])
    write(folder / name, made)
    tensors = tensors_of(shapes, [{"exclude_from_weight_decay": i in excluded} for i in range(len(shapes))])
    recorder.case(variant, "f32", config, tensors, ["accumulator"], HERE_STEPS + AFTER, arrays(), one_step)
    recorder.cases[-1].update(checkpoint=name, iterations=BEFORE, handover=HERE_STEPS, inexact=inexact)


def options_of(random, **more):
    return {"learning_rate": random.decimal(-2, -1), "initial_accumulator_value": random.choice([0.1, random.decimal(-4, 0)]),
            "epsilon": random.choice([1e-7, random.decimal(-8, -2)]), **more}


def model_of(of):
    """With variables that are not trainable, layers whose alphabetical order is another one, and two of one size."""
    inputs = of.Input((4,))
    x = of.layers.Dense(3, name="zeta")(inputs)
    x = of.layers.BatchNormalization(name="normal")(x)
    return of.Model(inputs, of.layers.Dense(3, name="alpha")(x))


def save_model(folder, variant):
    of = keras if variant == "Keras 3" else tf_keras
    of.utils.set_random_seed(7)
    model = model_of(of)
    model.compile(optimizer=MAKERS[variant](0.05), loss=of.losses.MeanSquaredError())
    draw = np.random.default_rng(1)
    model.fit(draw.normal(size=(32, 4)), draw.normal(size=(32, 3)), batch_size=8, verbose=0)
    stem = "model_" + variant.lower().replace(" ", "_").replace(".", "")
    model.save(folder / f"{stem}.h5")
    names = [getattr(v, "path", v.name).removesuffix(":0") for v in model.trainable_variables]
    parameters = dict(zip(names, arrays_of(model.trainable_variables)))
    write(folder / f"{stem}.safetensors", from_keras(parameters, kept_by(model.optimizer), plain(model.optimizer.get_config())))


def main():
    folder = pathlib.Path(sys.argv[1])
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    recorder = Recorder("keras", keras.__version__, f"tensorflow {tf.__version__}, tf_keras {tf_keras.__version__}, eager, numpy {np.__version__}",
                        "see configuration", f"{BEFORE} steps before the first that is recorded. One thread.")
    random = Random(0x6B65726173)
    for variant in MAKERS:
        for shapes in ([(19,)], [(3, 5), (7,)], [(2, 3, 4), (1,), (33,)]):
            record(recorder, random, folder, variant, shapes, options_of(random))
    # Where the system has the bits of the preset, others below, whose states must be the same all the same: see tests/conformance.
    record(recorder, random, folder, "Keras 3", [(6,), (5,)], options_of(random, clipvalue=0.05))
    record(recorder, random, folder, "Keras 3", [(6,)], options_of(random, loss_scale_factor=1024.0))
    shapes = [(4, 3), (5,)]
    for key in ("clipnorm", "global_clipnorm"):
        record(recorder, random, folder, "Keras 3", shapes, options_of(random, **{key: random.decimal(-1, 0)}), inexact=True)
    record(recorder, random, folder, "Keras 3", shapes, options_of(random, weight_decay=random.decimal(-3, -1)), excluded=[1], inexact=True)
    schedules = keras.optimizers.schedules
    for rule in (schedules.ExponentialDecay(0.1, 5, 0.9, staircase=True), schedules.PiecewiseConstantDecay([3, 9], [0.1, 0.05, 0.02])):
        record(recorder, random, folder, "Keras 3", shapes, options_of(random, learning_rate=rule), inexact=True)
    record(recorder, random, folder, "tf.keras legacy", shapes, options_of(random, decay=0.01), inexact=True)
    recorder.save(folder)
    for variant in MAKERS:
        save_model(folder, variant)


if __name__ == "__main__":
    main()
