"""torch.optim.Adagrad: its state_dict with arrays in place of tensors, and the parameters by name, in the order of the parameter groups."""

import numpy as np

from . import option_text
from .exchange import Refused, assemble, only_adagrad_arrays, torch_options

# Settings that change the bits or have no counterpart, at the values that do neither.
IGNORED = {"foreach", "fused", "params", "lr", "lr_decay", "eps", "weight_decay", "initial_accumulator_value", "maximize", "differentiable", "param_names"}


def from_torch(parameters, state_dict):
    """A checkpoint that presets::torch(lr, lr_decay) loads with the same eps, weight_decay and maximize, and that goes on with PyTorch's bits.

    parameters: dict of arrays by name, in the order in which they were given to the optimizer. All groups must have one lr and lr_decay (an optimizer here has
    one schedule; use groups there for others), all parameters one step.
    """
    groups = state_dict["param_groups"]
    order = [index for group in groups for index in group["params"]]
    if len(order) != len(parameters):
        raise Refused(f"the state has {len(order)} parameters, {len(parameters)} were given: pass all of them, in the optimizer's order")
    rates = {(group["lr"], group["lr_decay"]) for group in groups}
    if len(rates) > 1:
        raise Refused("the groups have different lr or lr_decay: one optimizer of this library has one schedule for its file; convert the groups apart")
    settings = {index: group for group in groups for index in group["params"]}
    steps = {int(np.asarray(state_dict["state"][index]["step"])) for index in order}
    if len(steps) > 1:
        raise Refused(f"the parameters have different steps ({sorted(steps)}): there is one counter here")
    lr, lr_decay = rates.pop()
    options = torch_options()
    options["learning_rate"] = ("inverse_time", {"learning_rate": float(lr), "decay": float(lr_decay), "form": "quotient"})
    options["defaults"] = _own(options["defaults"], settings[order[0]])
    listed = []
    for (name, array), index in zip(parameters.items(), order):
        unknown = set(settings[index]) - IGNORED
        if unknown:
            raise Refused(f"the group of {name!r} has {', '.join(sorted(unknown))}, which this version does not know")
        if np.iscomplexobj(array):
            raise Refused(f"{name!r} is complex")
        listed.append((name, array, state_dict["state"][index]["sum"], _own(torch_options()["defaults"], settings[index])))
    return assemble(steps.pop() if steps else 0, options, listed)


def _own(defaults, group):
    rule = {**defaults["rule"], "epsilon": float(group["eps"]), "weight_decay": float(group["weight_decay"]), "maximize": bool(group["maximize"])}
    return {**defaults, "rule": rule, "initial_accumulator": float(group["initial_accumulator_value"])}


def to_torch(checkpoint):
    """(parameters by name, state_dict with arrays) for torch.optim.Adagrad; a group for each different setting."""
    only_adagrad_arrays(checkpoint)
    options = option_text.parse(checkpoint.metadata["adagrad.options"])
    rate = option_text.parse(checkpoint.metadata["adagrad.learning_rate"])
    if isinstance(rate, float):
        rate = ("inverse_time", {"learning_rate": rate, "decay": 0.0, "form": "quotient"})
    if not isinstance(rate, tuple) or rate[0] != "inverse_time" or (rate[1]["form"] != "quotient" and rate[1]["decay"] != 0):
        raise Refused(f"the learning rate is {checkpoint.metadata['adagrad.learning_rate']}: PyTorch's Adagrad has inverse_time with the quotient, or a number")
    expected = torch_options()
    for name in ("non_finite", "global_clip_norm", "accumulation"):
        if options[name] != expected[name]:
            raise Refused(f"{name} is {option_text.text(options[name])}: PyTorch's Adagrad has no such thing")
    parameters, groups, state = {}, {}, {}
    for index, name in enumerate(checkpoint.parameters()):
        own = option_text.parse(checkpoint.metadata[f"adagrad.parameter.options.{name}"])
        if f"adagrad.parameter.rows.{name}" in checkpoint.metadata:
            raise Refused(f"{name!r} is a table: PyTorch's sparse updates are not carried over")
        if checkpoint.metadata[f"adagrad.parameter.learning_rate.{name}"] != checkpoint.metadata["adagrad.learning_rate"]:
            raise Refused(f"{name!r} has a learning rate of its own: convert it apart")
        group = {
            "lr": rate[1]["learning_rate"], "lr_decay": rate[1]["decay"], "eps": own["rule"]["epsilon"], "weight_decay": own["rule"]["weight_decay"],
            "initial_accumulator_value": own["initial_accumulator"], "maximize": own["rule"]["maximize"],
        }
        allowed = _own(expected["defaults"], group)
        own_plain = {**own, "shape": [], "norm_fuzz": allowed["norm_fuzz"]}  # nothing that PyTorch does looks at these
        if own_plain != allowed:
            different = [f"{key}={option_text.text(own['rule'][key])}" for key in own["rule"] if own["rule"][key] != allowed["rule"][key]]
            raise Refused(f"{name!r} has options that PyTorch's Adagrad does not have: {', '.join(different) or option_text.text(own)}")
        array = checkpoint.tensors[f"param/{name}"]
        parameters[name] = array
        state[index] = {"step": np.float32(int(checkpoint.metadata["adagrad.iterations"])), "sum": checkpoint.tensors[f"state/{name}/accumulator"]}
        groups.setdefault(tuple(group.items()), (group, []))[1].append(index)
    return parameters, {"state": state, "param_groups": [{**group, "params": members} for group, members in groups.values()]}
