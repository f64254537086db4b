"""What both directions of an exchange share: the options of presets, and how a checkpoint is put together."""

import numpy as np

from . import option_text
from .file import Checkpoint

VERSION = "exchange"

# adagrad::presets::torch and keras3, as C++ writes them.
_RULE = (
    "(epsilon={epsilon},epsilon_placement={place},accumulator_used=after,mode=exact,accumulator_decay=0x1p+0,gradient_scale=0x1p+0,maximize=false,clip_value=inf,"
    "weight_decay=0x0p+0,decay_kind={kind},accumulate_rounding={rounding},decay_rounding={rounding},freeze_accumulators=false,zero_accumulator_moves=true,"
    "proximal_l1=0x0p+0,proximal_l2=0x0p+0,constraint=(kind=none,lower=-inf,upper=inf,rate=0x1p+0,axes=[0]))"
)
_PARAMETER = (
    "(rule=" + _RULE + ",initial_accumulator={initial},method=mirror_descent,learning_rate_multiplier=0x1p+0,clip_norm=inf,shape=[],norm_fuzz={fuzz},"
    "average=(enabled=false,momentum=0x1.fae147ae147aep-1,overwrite_every=0,position={position}),zero_gradients=false)"
)
_OPTIMIZER = (
    "(learning_rate=0x0p+0,defaults=" + _PARAMETER + ",non_finite=propagate,global_clip_norm=inf,clip_order=norms_then_value,clip_form={form},one_clip_only={once},"
    "accumulation=(calls=1,combine=mean,counts={counts}))"
)


class Refused(ValueError):
    """What cannot be carried over, and why."""


def torch_options():
    return option_text.parse(
        _OPTIMIZER.format(
            epsilon=option_text.number(1e-10), place="outside_root", kind="coupled", rounding="one_rounding", initial="0x0p+0", fuzz="0x0p+0",
            position="after_constraint", form="guarded", once="false", counts="updates",
        )
    )


def keras_options():
    return option_text.parse(
        _OPTIMIZER.format(
            epsilon=option_text.number(1e-7), place="inside_root", kind="decoupled", rounding="two_roundings", initial=option_text.number(0.1),
            fuzz=option_text.number(1e-7), position="before_constraint", form="above_only", once="true", counts="calls",
        )
    )


def native(array):
    """In one piece, little endian, of a type that a checkpoint holds."""
    array = np.asarray(array)
    if array.dtype not in (np.float32, np.float64):
        raise Refused(f"an array has the type {array.dtype}: only float32 and float64 can be carried over without losing bits")
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<"))


def assemble(iterations, options, parameters):
    """`parameters`: for each its name, array, accumulators and options (a dict as of option_text)."""
    rate = option_text.text(options["learning_rate"])
    made = Checkpoint(
        {},
        {
            "adagrad.format": "1", "adagrad.version": VERSION, "adagrad.iterations": str(int(iterations)), "adagrad.pending_calls": "0",
            "adagrad.options": option_text.text(options), "adagrad.learning_rate": rate,
        },
    )
    for name, array, accumulators, own in parameters:
        array, accumulators = native(array), native(accumulators)
        if accumulators.shape != array.shape or accumulators.dtype != array.dtype:
            raise Refused(f"the accumulators of {name!r} are {accumulators.dtype}{list(accumulators.shape)}, its array {array.dtype}{list(array.shape)}")
        if not (accumulators >= 0).all():
            raise Refused(f"the accumulators of {name!r} have an element below 0 or NaN")
        made.tensors[f"param/{name}"] = array
        made.tensors[f"state/{name}/accumulator"] = accumulators
        made.metadata[f"adagrad.parameter.options.{name}"] = option_text.text(own)
        made.metadata[f"adagrad.parameter.learning_rate.{name}"] = rate
    return made


def only_adagrad_arrays(checkpoint):
    """Refuses what no other system keeps."""
    for name in checkpoint.tensors:
        if not (name.startswith("param/") or name.endswith("/accumulator")):
            raise Refused(f"{name!r} has no counterpart there: it would be lost")
    if checkpoint.metadata["adagrad.pending_calls"] != "0":
        raise Refused("gradients of an open window are pending: they would be lost. Save after a step that moves")
