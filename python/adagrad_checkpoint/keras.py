"""Keras 3's and tf.keras' Adagrad: the list of optimizer variables and get_config()."""

import numpy as np

from . import option_text
from .exchange import Refused, assemble, keras_options, only_adagrad_arrays


def from_keras(parameters, iterations, accumulators, config):
    """A checkpoint that presets::keras3(learning_rate) loads.

    parameters: dict of arrays by name; accumulators: a list of arrays in the same order (optimizer.variables without iteration and learning rate);
    config: optimizer.get_config().
    """
    for key, name in (("use_ema", "moving averages"), ("gradient_accumulation_steps", "accumulated gradients")):
        if config.get(key):
            raise Refused(f"{key} is {config[key]!r}: {name} are buffers that cannot be carried over; finish them first")
    for key in ("clipnorm", "clipvalue", "global_clipnorm", "weight_decay", "loss_scale_factor"):
        if config.get(key):
            raise Refused(f"{key} is {config[key]!r}: set it in the optimizer that loads the file, with options_after_load::keep_mine; convert with it unset")
    if not isinstance(config["learning_rate"], (int, float)):
        raise Refused("the learning rate is a schedule: convert with the number that it has now, and set the schedule in the optimizer that loads the file")
    if len(accumulators) != len(parameters):
        raise Refused(f"there are {len(accumulators)} accumulators for {len(parameters)} parameters: leave out the iteration and the learning rate")
    options = keras_options()
    options["learning_rate"] = float(config["learning_rate"])
    options["defaults"]["rule"]["epsilon"] = float(config["epsilon"])
    options["defaults"]["initial_accumulator"] = float(config["initial_accumulator_value"])
    listed = [(name, array, kept, options["defaults"]) for (name, array), kept in zip(parameters.items(), accumulators)]
    return assemble(iterations, options, listed)


def to_keras(checkpoint):
    """(parameters by name, iterations, accumulators in their order, config) for Keras 3's Adagrad."""
    only_adagrad_arrays(checkpoint)
    options = option_text.parse(checkpoint.metadata["adagrad.options"])
    rate = options["learning_rate"]
    if not isinstance(rate, float):
        raise Refused(f"the learning rate is {checkpoint.metadata['adagrad.learning_rate']}: only a number is carried over; give Keras its schedule")
    parameters, accumulators, first = {}, [], None
    for name in checkpoint.parameters():
        own = option_text.parse(checkpoint.metadata[f"adagrad.parameter.options.{name}"])
        if f"adagrad.parameter.rows.{name}" in checkpoint.metadata:
            raise Refused(f"{name!r} is a table: Keras' sparse updates are not carried over")
        first = first or own
        expected = keras_options()["defaults"]
        expected["rule"]["epsilon"] = own["rule"]["epsilon"]
        expected["initial_accumulator"] = own["initial_accumulator"]
        expected.update(shape=own["shape"], norm_fuzz=own["norm_fuzz"])
        if own != expected or own["rule"]["epsilon"] != first["rule"]["epsilon"]:
            place = own["rule"]["epsilon_placement"]
            why = f"epsilon is {place}; Keras 3 has it inside the root" if place != "inside_root" else option_text.text(own)
            raise Refused(f"{name!r} has options that Keras 3's Adagrad does not have for one parameter: {why}")
        parameters[name] = checkpoint.tensors[f"param/{name}"]
        accumulators.append(checkpoint.tensors[f"state/{name}/accumulator"])
    first = first or keras_options()["defaults"]
    config = {"learning_rate": rate, "epsilon": first["rule"]["epsilon"], "initial_accumulator_value": first["initial_accumulator"]}
    return parameters, np.int64(int(checkpoint.metadata["adagrad.iterations"])), accumulators, config
