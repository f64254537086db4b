"""What every exchange shares: parameters with their options, how a checkpoint is put together and taken apart, and refusals."""

from dataclasses import dataclass
from typing import Iterable, Mapping, Sequence

import numpy as np

from . import option_text, presets
from .checkpoint import Checkpoint

VERSION = "exchange"  # in place of the library's

# Where there are more faults, the first are enough.
MOST_NAMED = 8


class Refused(ValueError):
    """What cannot be carried over, and why."""


def require(holds: object, why: str) -> None:
    if not holds:
        raise Refused(why)


@dataclass
class Parameter:
    name: str
    array: np.ndarray
    accumulators: np.ndarray
    options: dict
    learning_rate: option_text.Value
    rows: dict | None = None  # of a table


def listed(names: Iterable) -> str:
    """For messages."""
    names = [str(name) for name in names]
    return ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")


def native(what: str, array) -> np.ndarray:
    """In one piece, little endian, of a type that a checkpoint holds."""
    array = np.asarray(array)
    require(
        array.dtype.newbyteorder("=") in (np.float32, np.float64),
        f"{what} is of type {array.dtype}; only float32 and float64 are carried over with all their bits: convert it before, if you can do without the others",
    )
    return np.asarray(array, array.dtype.newbyteorder("<"), order="C")


def is_number(value) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def assemble(iterations: int, options: dict, parameters: Sequence[Parameter]) -> Checkpoint:
    """The learning rate of the whole is that of `options`; each parameter has its own beside it."""
    made = Checkpoint(
        {},
        {
            "adagrad.format": "1",
            "adagrad.version": VERSION,
            "adagrad.iterations": str(iterations),
            "adagrad.pending_calls": "0",
            "adagrad.options": option_text.text(options),
            "adagrad.learning_rate": option_text.text(options["learning_rate"]),
        },
    )
    for p in parameters:
        array, accumulators = native(f"parameter {p.name!r}", p.array), native(f"the accumulator of {p.name!r}", p.accumulators)
        require(
            accumulators.shape == array.shape and accumulators.dtype == array.dtype,
            f"parameter {p.name!r} is {array.dtype}{list(array.shape)}, its accumulator {accumulators.dtype}{list(accumulators.shape)}: are the "
            "parameters in the optimizer's order?",
        )
        require((accumulators >= 0).all(), f"the accumulator of {p.name!r} has an element below 0 or NaN, which no sum of squares is: set it right before")
        if p.rows is not None:
            require(array.ndim == 2, f"parameter {p.name!r} has the shape {list(array.shape)}, and a table has rows and columns: convert it as an array")
            if array.shape[1] == 1:
                array, accumulators = array.reshape(-1), accumulators.reshape(-1)
            made.metadata[f"adagrad.parameter.rows.{p.name}"] = option_text.text(p.rows)
        made.tensors[f"param/{p.name}"] = array
        made.tensors[f"state/{p.name}/accumulator"] = accumulators
        made.metadata[f"adagrad.parameter.options.{p.name}"] = option_text.text(p.options)
        made.metadata[f"adagrad.parameter.learning_rate.{p.name}"] = option_text.text(p.learning_rate)
    return made


def take_apart(checkpoint: Checkpoint, system: str, like: Mapping | None) -> list[Parameter]:
    """The parameters in the order and with the shapes of `like` (arrays by name), else of the file. Refuses what the other system does not keep."""
    kept = {name for p in checkpoint.parameters() for name in (f"param/{p}", f"state/{p}/accumulator")}
    for name in checkpoint.tensors:
        require(name in kept, f"{name!r} has no place in {system} and would be lost: {_remedy(name)}")
    require(
        checkpoint.pending_calls() == 0,
        f"adagrad.pending_calls is {checkpoint.pending_calls()}: gradients of an unfinished window would be lost. Save after a step that moves",
    )
    names = checkpoint.parameters()
    if like is not None:
        missing, more = [name for name in like if name not in names], [name for name in names if name not in like]
        require(not missing, f"the file has no parameter {listed(missing)}; it has {listed(names)}: rename them on one side")
        require(not more, f"the model has no parameter {listed(more)}, which the file has; it has {listed(like)}: rename them on one side")
    return [_take(checkpoint, name, system, None if like is None else np.shape(like[name])) for name in (names if like is None else like)]


def _take(checkpoint: Checkpoint, name: str, system: str, shape: tuple | None) -> Parameter:
    array, accumulators, options, rows = checkpoint.array(name), checkpoint.accumulators(name), checkpoint.options_of(name), checkpoint.rows_of(name)
    if rows is not None:
        plain = [presets.changed(presets.rows(), {"duplicates": rule}) for rule in ("sum", "unique")]
        different = "; ".join(differences(rows, presets.rows()))
        require(rows in plain, f"the table {name!r}: {different}. {system} updates tables as arrays: change its row options, or leave it out")
        # A decay moves all rows there, those of the step here.
        decay = options["rule"]["weight_decay"]
        require(decay == 0, f"the table {name!r} has weight_decay {decay}, which moves every row in {system}, and those of a step here: set it to 0")
        if array.ndim == 1:
            array, accumulators = array.reshape(-1, 1), accumulators.reshape(-1, 1)
    if shape is not None:
        require(array.size == np.prod(shape, dtype=int), f"parameter {name!r} has the shape {list(array.shape)} in the file, {list(shape)} in the model")
        array, accumulators = array.reshape(shape), accumulators.reshape(shape)
    return Parameter(name, array, accumulators, options, checkpoint.learning_rate_of(name), rows)


def _remedy(tensor: str) -> str:
    kind = tensor.rpartition("/")[2]
    remedies = {
        "average": "call use_averages() if they are wanted, switch average off with change_options, and save again",
        "pending_gradient": "save after a step that moves",
        "gradient_sum": "it is a sum of dual averaging, which goes on here only",
        "row_count": "it counts for counter_halflife: set that to 0 and save again",
        "row_payment": "flush() and save without a lazy term",
    }
    return remedies.get(kind, "it belongs to no parameter")


def neutral(options: dict) -> dict:
    """The options of a parameter, without what has no effect as the others are."""
    plain = presets.defaults()["defaults"]
    unused: dict = {"shape": plain["shape"], "rule": {}}
    if not options["average"]["enabled"]:
        unused["average"] = plain["average"]
    if options["rule"]["constraint"]["kind"] == "none":
        unused["rule"]["constraint"] = plain["rule"]["constraint"]
        unused["norm_fuzz"] = plain["norm_fuzz"]
    if options["rule"]["weight_decay"] == 0:
        unused["rule"].update(decay_kind=plain["rule"]["decay_kind"], decay_rounding=plain["rule"]["decay_rounding"])
    return presets.changed(options, unused)


def neutral_of_all(options: dict, clips: bool) -> dict:
    """The same for an optimizer's, without its defaults and its learning rate, which each parameter has anyway."""
    unused = ["learning_rate", "defaults", "one_clip_only"]
    unused += [] if clips else ["clip_order", "clip_form"]
    unused += ["accumulation"] if options["accumulation"]["calls"] == 1 else []
    plain = presets.defaults()
    return presets.changed(options, {name: plain[name] for name in unused})


def differences(here: dict, there: dict, prefix: str = "") -> list[str]:
    """Each field that differs, with both values."""
    found = []
    for name, value in here.items():
        if isinstance(value, dict):
            found += differences(value, there[name], f"{prefix}{name}.")
        elif option_text.text(value) != option_text.text(there[name]):
            found.append(f"{prefix}{name} is {option_text.readable(value)}, and {option_text.readable(there[name])} there")
    return found


def refuse_differences(of: str, here: dict, there: dict, system: str) -> None:
    found = differences(here, there)
    require(not found, f"{of} has options that {system} does not have: {'; '.join(found)}. Change them (change_options) and save again, if that is meant")
