"""Whole models in .h5, as Keras 3's and tf.keras' model.save("model.h5") write them, by h5py alone."""

import contextlib
import json
from dataclasses import dataclass

import numpy as np

from .exchange import Refused, listed, require
from .keras import Keras


@dataclass
class Model:
    parameters: dict[str, np.ndarray]  # in the optimizer's order
    variables: list[np.ndarray]
    config: dict
    assign: object


@contextlib.contextmanager
def opened(path: str, writable: bool):
    try:
        import h5py
    except ImportError as problem:
        raise Refused(f"files of the form .h5 are opened by h5py, which is not there ({problem}): pip install h5py, or apt-get install python3-h5py") from None
    try:
        file = h5py.File(path, "r+" if writable else "r")
    except OSError as problem:
        raise Refused(f"{path}: h5py cannot open it: {problem}") from None
    with file:
        try:
            model = _read(file, path)
        except Refused:
            raise
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            raise Refused(f"{path} is not as model.save() writes it: {problem}") from None
        yield model


def _read(file, path: str) -> Model:
    for name in ("model_weights", "optimizer_weights"):
        require(name in file, f"{path} has no {name}: save the whole model, compiled and trained for a step, with model.save()")
    require("training_config" in file.attrs, f"{path} has no training_config: save the whole model, compiled, with model.save()")
    training = json.loads(file.attrs["training_config"])
    optimizer = training.get("optimizer_config", {})
    kind = str(optimizer.get("class_name"))
    require(kind.rpartition(">")[2] == "Adagrad", f"{path}: the model's optimizer is {kind}, and no Adagrad")
    kept = file["optimizer_weights"]
    stored = [(name, kept[name]) for name in _names(kept, "weight_names")]
    weights = dict(_weights(file["model_weights"]))
    of_parameters = [(name, data) for name, data in stored if data.shape != () or "accumulator" in name]
    matched = {_parameter_of(name, list(weights), path): data for name, data in of_parameters}
    require(len(matched) == len(of_parameters), f"{path}: two of {listed(name for name, _ in of_parameters)} belong to one parameter")
    config = dict(optimizer["config"])

    def assign(made: Keras) -> None:
        for name, array in made.parameters.items():
            weights[name][...] = array
        for (_, data), value in zip(stored, made.variables if len(stored) == len(made.variables) else _without_rate(made.variables), strict=True):
            data[...] = value
        config["learning_rate"] = made.config["learning_rate"]
        file.attrs["training_config"] = json.dumps({**training, "optimizer_config": {**optimizer, "config": config}})

    return Model({name: weights[name][()] for name in matched}, [data[()] for _, data in stored], config, assign)


def _without_rate(variables: list) -> list:
    """tf.keras keeps the learning rate in the configuration alone."""
    return [variables[0], *variables[2:]]


def _names(group, attribute: str) -> list[str]:
    """A list of names; where it is long, Keras has cut it into attributes that end in 0, 1, ..."""
    parts = [attribute] if attribute in group.attrs else [f"{attribute}{i}" for i in range(len(group.attrs)) if f"{attribute}{i}" in group.attrs]
    names = [name for each in parts for name in group.attrs[each]]
    return [name.decode() if isinstance(name, bytes) else str(name) for name in names]


def _weights(group):
    """Names without TensorFlow's :0, and where they lie."""
    for layer in [*_names(group, "layer_names"), "top_level_model_weights"]:
        if layer in group:
            for name in _names(group[layer], "weight_names"):
                yield name.removesuffix(":0"), group[layer][name]


def _parameter_of(variable: str, parameters: list[str], path: str) -> str:
    """Keras 3 names it adagrad/dense_kernel_accumulator, tf.keras Adagrad/dense/kernel/accumulator:0 or Adagrad/accumulator/dense/kernel:0."""
    flat = variable.removesuffix(":0").replace("/", "_")
    ends = {name: name.replace("/", "_") for name in parameters}
    found = [name for name, end in ends.items() if flat.endswith((f"_{end}_accumulator", f"_accumulator_{end}"))]
    longest = max((len(ends[name]) for name in found), default=0)
    found = [name for name in found if len(ends[name]) == longest]
    require(found, f"{path}: {variable!r} is the accumulator of none of {listed(parameters)}: averages and accumulated gradients are not carried over")
    require(len(found) == 1, f"{path}: {variable!r} may belong to {listed(found)}: give the layers names that differ in more than / and _")
    return found[0]
