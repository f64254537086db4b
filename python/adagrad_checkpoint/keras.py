"""Adagrad of Keras 3 and of tf.keras: the optimizer's variables and get_config()."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from . import option_text, presets, schedules
from .checkpoint import Checkpoint
from .exchange import Parameter, Refused, assemble, is_number, listed, neutral, neutral_of_all, refuse_differences, require, take_apart

# What decides nothing about a step.
IGNORED = {"name", "jit_compile", "is_legacy_optimizer", "ema_momentum", "ema_overwrite_frequency"}
BUFFERS = {
    "use_ema": "the moving averages are not carried over. Call finalize_variable_values() if they are wanted, and convert an optimizer without",
    "gradient_accumulation_steps": "the gradients that wait in its buffers are not carried over. Convert an optimizer without, after a step that moves",
}
CARRIED = {"learning_rate", "decay", "initial_accumulator_value", "epsilon", "weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "loss_scale_factor"}


@dataclass
class Keras:
    """What Keras needs: set `variables` in an optimizer that was made from `config` and built for the parameters."""

    parameters: dict[str, np.ndarray]
    variables: list[np.ndarray]
    config: dict
    excluded_from_weight_decay: list[str] = field(default_factory=list)


def from_keras(parameters: Mapping, variables: Sequence | Mapping, config: Mapping, excluded_from_weight_decay: Sequence[str] = (),
               tables: Sequence[str] = ()) -> Checkpoint:
    """A checkpoint that an optimizer of presets::keras3 with the same settings loads (of presets::keras2 for tf.keras' legacy.Adagrad, which has its epsilon
    outside of the root).

    parameters: arrays by name, in the order of model.trainable_variables. variables: optimizer.variables (iteration, learning rate where it is a number,
    accumulators), what save_own_variables stores of them ("0", "1", ...), or get_weights() of tf.keras. config: optimizer.get_config().
    """
    legacy = is_legacy(config)
    _check_config(config)
    iterations, variable_rate, accumulators = _split([np.asarray(v) for v in _in_order(variables)], len(parameters))
    for kind, names in (("excluded_from_weight_decay", excluded_from_weight_decay), ("tables", tables)):
        for name in names:
            require(name in parameters, f"{kind} names {name!r}, which is none of the parameters: {listed(parameters)}")
    rate = _rate(config, variable_rate)
    all_options = _options(config, legacy)
    listed_parameters = []
    for (name, array), kept in zip(parameters.items(), accumulators):
        own = all_options["defaults"]
        if name in excluded_from_weight_decay:
            own = presets.changed(own, {"rule": {"weight_decay": 0.0}})
        listed_parameters.append(Parameter(name, array, kept, own, rate, presets.rows() if name in tables else None))
    return assemble(iterations, presets.changed(all_options, {"learning_rate": rate}), listed_parameters)


def is_legacy(config: Mapping) -> bool:
    """Whether it is the configuration of tf.keras' legacy.Adagrad (until TensorFlow 2.10: Adagrad)."""
    return "decay" in config and "weight_decay" not in config


def _in_order(variables: Sequence | Mapping) -> list:
    if not hasattr(variables, "keys"):
        return list(variables)
    names = [str(number) for number in range(len(variables))]
    require(set(names) == set(variables.keys()), f"the variables are named {listed(variables.keys())}, and save_own_variables names them 0 to {len(names) - 1}")
    return [variables[name] for name in names]


def _check_config(config: Mapping) -> None:
    for key, why in BUFFERS.items():
        require(not config.get(key), f"{key} is {config.get(key)!r}: {why}")
    unknown = {key for key in config if config[key] is not None} - CARRIED - IGNORED - set(BUFFERS)
    require(not unknown, f"the configuration has {listed(sorted(unknown))}, which Keras' Adagrad does not have: is it another optimizer's?")
    for key in ("learning_rate", "initial_accumulator_value", "epsilon"):
        require(config.get(key) is not None, f"the configuration has no {key}: is it optimizer.get_config() of an Adagrad?")


def _split(variables: list[np.ndarray], count: int) -> tuple[int, float | None, list[np.ndarray]]:
    """Iterations, learning rate, accumulators."""
    require(
        len(variables) > count,
        f"there are {len(variables)} variables for {count} parameters: the iteration and one accumulator for each are needed. Is the optimizer built?",
    )
    first, *rest = variables
    require(first.shape == () and first.dtype.kind in "iu" and first >= 0, f"the first variable is {first.dtype}{list(first.shape)}, and must be the iteration")
    rate = float(rest.pop(0)) if len(rest) == count + 1 and rest[0].shape == () and rest[0].dtype.kind == "f" else None
    require(
        len(rest) == count,
        f"there are {len(variables)} variables for {count} parameters: averages and accumulated gradients are not carried over; convert an optimizer without, "
        "or give all trainable variables",
    )
    return int(first), rate, rest


def _rate(config: Mapping, variable: float | None) -> option_text.Value:
    rate, decay = config["learning_rate"], config.get("decay") or 0.0
    if isinstance(rate, Mapping):
        rule = schedules.from_keras(rate)
        known = ", ".join(sorted(schedules.KERAS))
        require(rule is not None, f"the learning_rate is {rate.get('class_name')}, and known schedules are {known}: convert with the number that it has now")
        require(decay == 0, f"decay is {decay} beside a schedule: Keras takes the decay of its rate, which no schedule here does")
        return rule
    require(is_number(rate), f"the learning_rate is {rate!r}, code of your own: convert with the number that it has now")
    rate = float(rate) if variable is None else variable
    return presets.inverse_time(rate, decay) if is_legacy(config) else rate


def _options(config: Mapping, legacy: bool) -> dict:
    """Of all, the learning rate apart."""
    def given(key: str, otherwise: float) -> float:
        return float(otherwise if config.get(key) is None else config[key])

    scale = 1 / given("loss_scale_factor", 1)
    require(
        1 / scale == given("loss_scale_factor", 1) and np.frexp(scale)[0] == 0.5,
        f"loss_scale_factor is {config.get('loss_scale_factor')}: Keras divides by it, and gradient_scale multiplies, which is the same for powers of two alone",
    )
    rule = {"epsilon": float(config["epsilon"]), "weight_decay": given("weight_decay", 0), "clip_value": given("clipvalue", np.inf), "gradient_scale": scale}
    own = {"rule": rule, "initial_accumulator": float(config["initial_accumulator_value"]), "clip_norm": given("clipnorm", np.inf)}
    base = presets.keras2() if legacy else presets.keras3()
    return presets.changed(base, {"defaults": own, "global_clip_norm": given("global_clipnorm", np.inf)})


def to_keras(checkpoint: Checkpoint, like: Mapping | None = None, legacy: bool = False) -> Keras:
    """For Keras 3 (and tf.keras from TensorFlow 2.11 on), or with legacy=True for tf.keras' legacy.Adagrad.

    like: the model's trainable variables by name, for their order and shapes, which a file of flat arrays does not have.
    """
    system = "tf.keras' legacy.Adagrad" if legacy else "Keras 3's Adagrad"
    parameters = take_apart(checkpoint, system, like)
    require(parameters, "the file has no parameters: there is nothing to convert")
    iterations, options = checkpoint.iterations(), checkpoint.options()
    require(iterations < 2**63, f"adagrad.iterations is {iterations}, and Keras counts to 2^63 - 1: set_iterations below that and save again")
    first = parameters[0]
    config = _config(first, options, legacy, system)
    decays = {p.options["rule"]["weight_decay"] for p in parameters} - {0.0}
    require(len(decays) <= 1, f"parameters have the weight_decay {listed(sorted(decays))}, and {system} has one for all that are not excluded from it")
    require(not legacy or not decays, f"weight_decay is {max(decays, default=0)}, and {system} has none: set it to 0 and save again")
    if not legacy:
        config["weight_decay"] = decays.pop() if decays else None
    there = _options(config, legacy)
    clips = any(config[key] is not None for key in ("clipnorm", "clipvalue", "global_clipnorm"))
    refuse_differences("the optimizer", neutral_of_all(options, clips), neutral_of_all(there, clips), system)
    for p in parameters:
        own = presets.changed(there["defaults"], {"rule": {"weight_decay": p.options["rule"]["weight_decay"]}})
        refuse_differences(f"parameter {p.name!r}", neutral(p.options), neutral(own), system)
        same = option_text.text(p.learning_rate) == option_text.text(first.learning_rate)
        require(same, f"parameters {first.name!r} and {p.name!r} have different learning rates, and {system} has one for all: convert them into files of their own")
    excluded = [p.name for p in parameters if config.get("weight_decay") and p.options["rule"]["weight_decay"] == 0]
    variables = [np.asarray(iterations, np.int64)]
    if not legacy and is_number(config["learning_rate"]):
        variables.append(np.asarray(config["learning_rate"], np.float32))
    return Keras({p.name: p.array for p in parameters}, variables + [p.accumulators for p in parameters], config, excluded)


def _config(first: Parameter, options: dict, legacy: bool, system: str) -> dict:
    rule = first.options["rule"]
    place = rule["epsilon_placement"]
    wanted = "outside_root" if legacy else "inside_root"
    other = "keras2, tf.keras' legacy.Adagrad: legacy=True" if not legacy else "keras3, Keras 3: legacy=False"
    require(
        place == wanted,
        f"epsilon_placement of {first.name!r} is {place}, and {system} has {wanted}: the formula is another one, and the accumulators alone do not make up for "
        f"it. ({place} is that of presets::{other})",
    )

    def unless_infinite(value: float) -> float | None:
        return None if value == np.inf else value

    config = {
        "learning_rate": None,
        "initial_accumulator_value": first.options["initial_accumulator"],
        "epsilon": rule["epsilon"],
        "clipnorm": unless_infinite(first.options["clip_norm"]),
        "clipvalue": unless_infinite(rule["clip_value"]),
        "global_clipnorm": unless_infinite(options["global_clip_norm"]),
    }
    if not legacy:
        config["loss_scale_factor"] = None if rule["gradient_scale"] == 1 else 1 / rule["gradient_scale"]
    rate = first.learning_rate
    if legacy and isinstance(rate, tuple) and rate[0] == "inverse_time" and (rate[1]["form"] == "quotient" or rate[1]["decay"] == 0):
        return {**config, "learning_rate": rate[1]["learning_rate"], "decay": rate[1]["decay"]}
    config["learning_rate"] = rate if is_number(rate) else schedules.to_keras(rate)
    if config["learning_rate"] is None:
        raise Refused(f"the learning rate is {option_text.readable(rate)}, which {system} does not have: set_learning_rate(the rate of now), save again, and give "
                      "Keras its schedule")
    return {**config, "decay": 0.0} if legacy else config
