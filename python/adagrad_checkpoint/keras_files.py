"""Models that Keras has saved: .keras, opened by Keras itself, and .h5 (Keras 3 and tf.keras), opened by h5py."""

import contextlib
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from . import h5_model
from .checkpoint import Checkpoint
from .exchange import Refused, listed, require
from .keras import Keras, from_keras, is_legacy, to_keras


@dataclass
class Opened:
    """A saved model: what from_keras takes, and how arrays are put back."""

    parameters: dict[str, np.ndarray]
    variables: list[np.ndarray]
    config: dict
    assign: Callable[[Keras], None]


def from_file(path: str, **how) -> Checkpoint:
    with _opened(path, writable=False) as model:
        return from_keras(model.parameters, model.variables, model.config, **how)


def to_file(checkpoint: Checkpoint, model_path: str, path: str) -> None:
    """The model of one file with the arrays of the checkpoint into another; it must have been compiled with the same settings."""
    require(os.path.splitext(path)[1] == os.path.splitext(model_path)[1], f"{path} must have the ending of {model_path}, whose model it takes over")
    folder = os.path.dirname(os.path.abspath(path))
    with tempfile.TemporaryDirectory(dir=folder, prefix=".adagrad_checkpoint") as beside:
        temporary = os.path.join(beside, os.path.basename(path))
        shutil.copyfile(model_path, temporary)
        with _opened(temporary, writable=True) as model:
            made = to_keras(checkpoint, like=model.parameters, legacy=is_legacy(model.config))
            _check_settings(made.config, model.config, model_path)
            model.assign(made)
        os.replace(temporary, path)


def _check_settings(ours: Mapping, theirs: Mapping, path: str) -> None:
    different = [f"{key} is {ours[key]!r} in the checkpoint, {theirs.get(key)!r} in the model" for key in ours
                 if not _same(ours[key], theirs.get(key)) and not (key == "learning_rate" and isinstance(ours[key], float) and isinstance(theirs[key], float))]
    require(not different, f"{path} was compiled with other settings: {'; '.join(different)}. Compile it with the checkpoint's and save it again")


def _same(ours, theirs) -> bool:
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):  # a schedule
        known = ours.get("config", ours)
        found = theirs.get("config", theirs)
        return ours.get("class_name") == theirs.get("class_name") and all(known[key] == found.get(key) for key in known)
    return ours == theirs


@contextlib.contextmanager
def _opened(path: str, writable: bool):
    if path.endswith(".keras"):
        yield _keras_model(path)
    elif path.endswith((".h5", ".hdf5")):
        with h5_model.opened(path, writable) as model:
            yield Opened(model.parameters, model.variables, model.config, model.assign)
    else:
        raise Refused(f"{path} ends neither in .keras nor in .h5: save the compiled model with model.save(), which makes one of them")


def _keras_model(path: str) -> Opened:
    try:
        import keras
    except ImportError as problem:
        raise Refused(f"files of the form .keras are opened by Keras 3, which is not there ({problem}): pip install keras, or save the model as .h5") from None
    try:
        with warnings.catch_warnings(record=True) as given:
            warnings.simplefilter("always")
            model = keras.saving.load_model(path)
    except OSError:
        raise
    except Exception as problem:  # whatever its reader throws
        raise Refused(f"{path}: Keras cannot load it: {type(problem).__name__}: {(str(problem).splitlines() or [''])[0]}") from None
    # Keras goes on with an optimizer that has learned nothing.
    skipped = [str(each.message) for each in given if "Skipping variable loading for optimizer" in str(each.message)]
    require(not skipped, f"{path}: {listed(skipped)} Train a step, and save again")
    optimizer = getattr(model, "optimizer", None)
    require(isinstance(optimizer, keras.optimizers.Adagrad), f"{path}: the model's optimizer is {type(optimizer).__name__}, and no Adagrad: compile it with one")
    trainable = model.trainable_variables
    for v in trainable:
        require(
            v.constraint is None,
            f"{path}: {v.path} has a constraint ({type(v.constraint).__name__}), which belongs to the variable in Keras, and is an option of the optimizer "
            "here: take it off, convert, and set rule.constraint in the optimizer that loads the file, with options_after_load::keep_mine",
        )
    require(len({v.path for v in trainable}) == len(trainable), f"{path}: two variables have the same path: give layers different names")
    require(optimizer.built, f"{path}: the optimizer has no variables yet: train a step, or call optimizer.build(model.trainable_variables), and save again")

    def assign(made: Keras) -> None:
        for v in trainable:
            v.assign(made.parameters[v.path])
        for v, value in zip(optimizer.variables, made.variables, strict=True):
            v.assign(value)
        model.save(path)

    def arrays(variables) -> list[np.ndarray]:
        return [np.asarray(keras.ops.convert_to_numpy(v)) for v in variables]

    return Opened(dict(zip((v.path for v in trainable), arrays(trainable))), arrays(optimizer.variables), optimizer.get_config(), assign)
