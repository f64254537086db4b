#!/usr/bin/env python3
"""The way back: what C++ went on with goes on in Keras, with the bits of the Keras that never stopped; and the command line on Keras' files. Called by `generate`.

    verify_keras.py FOLDER_OF_CPP     the files that test_exchange left
"""

import contextlib
import io
import pathlib
import sys
import tempfile

import record_keras  # noqa: F401  (sets the environment)

import common  # isort: skip
import keras
import numpy as np
import tensorflow as tf
from adagrad_checkpoint import cli, from_keras, read, to_keras

from common import AFTER, BEFORE, HERE_STEPS, same_bits
from record_keras import MAKERS, arrays_of, kept_by, model_of, plain


def check_case(entry, arrays, folder):
    """How many arrays differ from the recording, where it is exact; the state that is handed over must always be what C++ had."""
    variant, exact = entry["variant"], not entry["inexact"]
    handed = read(folder / entry["checkpoint"])
    made = to_keras(handed, common.arrays_of(entry, arrays.initial, "weights"), legacy=variant == "tf.keras legacy")
    variables = {name: (keras.Variable if variant == "Keras 3" else tf.Variable)(w, name=name) for name, w in made.parameters.items()}
    config = made.config if variant == "Keras 3" else {key: value for key, value in made.config.items() if value is not None and key != "loss_scale_factor"}
    optimizer = MAKERS[variant].from_config(config)
    if made.excluded_from_weight_decay:
        optimizer.exclude_from_weight_decay(var_list=[variables[name] for name in made.excluded_from_weight_decay])
    if variant == "tf.keras legacy":
        optimizer._create_all_weights(list(variables.values()))
        optimizer.set_weights(made.variables)
    else:
        optimizer.build(list(variables.values()))
        values = made.variables if len(optimizer.variables) == len(made.variables) else [made.variables[0], *made.variables[2:]]
        for variable, value in zip(optimizer.variables, values, strict=True):
            variable.assign(value)
    differing = 0
    for step in arrays.steps[HERE_STEPS:]:
        optimizer.apply_gradients([(tf.constant(recorded["gradients"]), variables[t["name"]]) for t, recorded in zip(entry["tensors"], step)])
        kept = kept_by(optimizer)[-len(variables):]
        if exact:
            for recorded, w, G in zip(step, arrays_of(variables.values()), kept, strict=True):
                differing += (not same_bits(w, recorded["weights"])) + (not same_bits(G, recorded["accumulator"]))
    back = from_keras(dict(zip(variables, arrays_of(variables.values()))), kept_by(optimizer), plain(optimizer.get_config()), made.excluded_from_weight_decay)
    last = read(folder / f"last_{entry['checkpoint']}")
    assert back.iterations() == last.iterations() == BEFORE + HERE_STEPS + AFTER
    for name in last.parameters():
        assert back.options_of(name) == last.options_of(name) and back.learning_rate_of(name) == last.learning_rate_of(name), name
        if exact:
            assert same_bits(back.array(name).ravel(), last.array(name)) and same_bits(back.accumulators(name).ravel(), last.accumulators(name)), name
    return differing


def run(*arguments):
    status = cli.main([str(a) for a in arguments])
    assert status == 0, (arguments, status)


def check_command_line(variant, form):
    """A model in a file becomes a checkpoint, whose numbers are put into another model with other numbers."""
    of = keras if variant == "Keras 3" else record_keras.tf_keras
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        models = []
        for seed in (1, 2):
            of.utils.set_random_seed(seed)
            model = model_of(of)
            model.compile(optimizer=MAKERS[variant](0.05), loss=of.losses.MeanSquaredError())
            draw = np.random.default_rng(seed)
            model.fit(draw.normal(size=(24, 4)), draw.normal(size=(24, 3)), batch_size=8, epochs=seed, verbose=0)
            model.save(folder / f"{seed}.{form}")
            models.append(model)
        run("from-keras", folder / f"1.{form}", folder / "1.safetensors")
        run("show", folder / "1.safetensors")
        run("to-keras", folder / "1.safetensors", folder / f"2.{form}", folder / f"new.{form}")
        new = of.models.load_model(folder / f"new.{form}")
        assert all(same_bits(x, y) for x, y in zip(arrays_of(models[0].trainable_variables), arrays_of(new.trainable_variables), strict=True))
        assert all(same_bits(x, y) for x, y in zip(arrays_of(models[1].non_trainable_variables), arrays_of(new.non_trainable_variables), strict=True))
        # Keras 3.15.1 writes an optimizer's state to .h5, but does not read it.
        if (variant, form) != ("Keras 3", "h5"):
            assert all(same_bits(x, y) for x, y in zip(kept_by(models[0].optimizer), kept_by(new.optimizer), strict=True))
        run("from-keras", folder / f"new.{form}", folder / "new.safetensors")
        assert (folder / "new.safetensors").read_bytes() == (folder / "1.safetensors").read_bytes()


def check_refusals():
    """Of .keras, which need Keras to be opened."""
    with tempfile.TemporaryDirectory() as folder:
        path, made = pathlib.Path(folder, "m.keras"), pathlib.Path(folder, "m.safetensors")

        def refused(fragment, optimizer, constraint=None, train=True):
            model = model_of(keras)
            model.trainable_variables[0].constraint = constraint
            if optimizer is not None:
                model.compile(optimizer=optimizer, loss=keras.losses.MeanSquaredError())
            if optimizer is not None and train:
                model.fit(np.ones((4, 4)), np.ones((4, 3)), verbose=0)
            if constraint is not None:
                model.layers[1].kernel_constraint = constraint
            model.save(path)
            with contextlib.redirect_stderr(io.StringIO()) as errors:
                assert cli.main(["from-keras", str(path), str(made)]) == 1 and not made.exists(), fragment
            assert fragment in errors.getvalue(), errors.getvalue()

        Adagrad = keras.optimizers.Adagrad
        refused("use_ema is True", Adagrad(0.1, use_ema=True))
        refused("gradient_accumulation_steps is 4", Adagrad(0.1, gradient_accumulation_steps=4))
        refused("zeta/kernel has a constraint (NonNeg)", Adagrad(0.1), keras.constraints.NonNeg())
        refused("optimizer is NoneType", None)
        refused("optimizer is Adam", keras.optimizers.Adam())
        # Its file has no accumulators, and Keras only warns.
        refused("Skipping variable loading", Adagrad(0.1), train=False)
        path.write_bytes(b"no model")
        with contextlib.redirect_stderr(io.StringIO()) as errors:
            assert cli.main(["from-keras", str(path), str(made)]) == 1
        assert "Keras cannot load it" in errors.getvalue()


def main():
    folder = pathlib.Path(sys.argv[1])
    cases = common.cases("keras")
    differing = sum(check_case(entry, arrays, folder) for entry, arrays in cases)
    with contextlib.redirect_stdout(sys.stderr):
        for variant, form in (("Keras 3", "keras"), ("Keras 3", "h5"), ("tf.keras", "h5"), ("tf.keras legacy", "h5")):
            check_command_line(variant, form)
        check_refusals()
    exact = sum(not entry["inexact"] for entry, _ in cases)
    print(f"Keras {keras.__version__} and tf.keras -> here -> Keras -> here: {len(cases)} configurations, {BEFORE} + {HERE_STEPS} + {AFTER} steps, "
          f"{differing} arrays of the {exact} exact ones differ")
    sys.exit(differing != 0)


if __name__ == "__main__":
    main()
