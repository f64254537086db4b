"""adagrad::presets in the text of files."""

import copy

from . import option_text

# adagrad::optimizer_options and row_options, nothing set.
_DEFAULTS = (
    "(learning_rate=0x1.47ae147ae147bp-7,defaults=(rule=(epsilon=0x1.5798ee2308c3ap-27,epsilon_placement=outside_root,accumulator_used=after,mode=exact,"
    "accumulator_decay=0x1p+0,gradient_scale=0x1p+0,maximize=false,clip_value=inf,weight_decay=0x0p+0,decay_kind=coupled,accumulate_rounding=two_roundings,"
    "decay_rounding=two_roundings,freeze_accumulators=false,zero_accumulator_moves=true,proximal_l1=0x0p+0,proximal_l2=0x0p+0,constraint=(kind=none,"
    "lower=-inf,upper=inf,rate=0x1p+0,axes=[0])),initial_accumulator=0x0p+0,method=mirror_descent,learning_rate_multiplier=0x1p+0,clip_norm=inf,shape=[],"
    "norm_fuzz=0x1.ad7f29abcaf48p-24,average=(enabled=false,momentum=0x1.fae147ae147aep-1,overwrite_every=0,position=after_constraint),"
    "zero_gradients=false),non_finite=propagate,global_clip_norm=inf,clip_order=norms_then_value,clip_form=above_only,one_clip_only=false,"
    "accumulation=(calls=1,combine=mean,counts=updates))"
)
_ROWS = "(accumulators=elementwise,duplicates=sum,padding_index=none,group_lasso=0x0p+0,lazy=none,counter_halflife=0x0p+0)"

_VARIANTS = {"learning_rate", "padding_index"}


def changed(value: dict, changes: dict) -> dict:
    """A copy with some fields set: {"rule": {"epsilon": 1e-7}} sets rule.epsilon alone. A field that is not there is a KeyError."""
    made = copy.copy(value)
    for name, new in changes.items():
        made[name] = changed(value[name], new) if isinstance(value[name], dict) else new
    return made


def has_fields_of(value: option_text.Value, like: option_text.Value) -> bool:
    """Whether a value has the fields of another one, of the same kinds. What may be of several kinds (a learning rate, an optional) is not looked at."""
    if isinstance(like, dict):
        return isinstance(value, dict) and list(value) == list(like) and all(has_fields_of(value[name], like[name]) for name in like if name not in _VARIANTS)
    return type(value) is type(like)


def inverse_time(learning_rate: float, decay: float) -> tuple:
    """The schedule of presets::torch and keras2."""
    return ("inverse_time", {"learning_rate": float(learning_rate), "decay": float(decay), "form": "quotient"})


def defaults() -> dict:
    return option_text.parse(_DEFAULTS)


def rows() -> dict:
    return option_text.parse(_ROWS)


def torch() -> dict:
    rule = {"epsilon": 1e-10, "accumulate_rounding": "one_rounding", "decay_rounding": "one_rounding"}
    return changed(defaults(), {"defaults": {"rule": rule, "norm_fuzz": 0.0}, "clip_form": "guarded"})


def keras3() -> dict:
    rule = {"epsilon": 1e-7, "epsilon_placement": "inside_root", "decay_kind": "decoupled"}
    own = {"rule": rule, "initial_accumulator": 0.1, "average": {"position": "before_constraint"}}
    return changed(defaults(), {"defaults": own, "one_clip_only": True, "accumulation": {"counts": "calls"}})


def keras2() -> dict:
    return changed(defaults(), {"defaults": {"rule": {"epsilon": 1e-7}, "initial_accumulator": 0.1}, "clip_order": "value_then_norms"})
