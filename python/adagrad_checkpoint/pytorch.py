"""torch.optim.Adagrad: its state_dict with arrays in place of tensors, and the parameters by name, in the order in which the optimizer has them."""

from collections.abc import Mapping, Sequence

import numpy as np

from . import option_text, presets
from .checkpoint import Checkpoint
from .exchange import Parameter, Refused, assemble, is_number, listed, neutral, neutral_of_all, refuse_differences, require, take_apart

SYSTEM = "PyTorch's Adagrad"
NUMBERS = ("lr", "lr_decay", "eps", "weight_decay", "initial_accumulator_value")
# Which of PyTorch's implementations runs, who a parameter is, and the rate that a scheduler began with: nothing of a step here.
IGNORED = {"params", "param_names", "foreach", "fused", "differentiable", "initial_lr"}
# PyTorch counts steps in float32, where 2^24 + 1 is 2^24.
FLOAT_STEPS = 2**24


def from_torch(parameters: Mapping, state_dict: Mapping, tables: Sequence[str] = (), fused_multiply_add: bool = True) -> Checkpoint:
    """A checkpoint that an optimizer of presets::torch(lr, lr_decay) with the same settings loads, and goes on from with PyTorch's bits.

    parameters: arrays by name, in the order in which they were given to PyTorch's optimizer, group after group; where the state has their names (param_names), in
    any order. tables: the names of those that are add_table's here.
    fused_multiply_add: false for a PyTorch that runs without FMA (ATEN_CPU_CAPABILITY=default), whose bits are those of two_roundings.
    """
    groups = state_dict["param_groups"]
    require(groups and all("params" in group for group in groups), "param_groups has no group, or one without params: it is no optimizer's state_dict")
    group_of = {index: group for group in groups for index in group["params"]}
    require(
        len(group_of) == len(parameters) > 0,
        f"param_groups has {len(group_of)} parameters, and {len(parameters)} were given ({listed(parameters)}): give all of them, in the optimizer's order",
    )
    for name in tables:
        require(name in parameters, f"tables names {name!r}, which is none of the parameters: {listed(parameters)}")
    names = _names(parameters, groups)
    for number, group in enumerate(groups):
        _check_group(number, group)
    states = {name: _state(name, state_dict["state"].get(index, {}), group_of[index], groups) for name, index in names.items()}
    listed_parameters = [
        Parameter(
            name,
            array,
            np.full_like(array, group_of[names[name]]["initial_accumulator_value"]) if states[name][1] is None else states[name][1],
            _options(group_of[names[name]], fused_multiply_add),
            _rate(group_of[names[name]]),
            presets.rows() if name in tables else None,
        )
        for name, array in parameters.items()
    ]
    options = presets.changed(presets.torch(), {"defaults": _options(groups[0], fused_multiply_add), "learning_rate": _rate(groups[0])})
    return assemble(_iterations({name: (states[name][0], group_of[index]["lr_decay"]) for name, index in names.items()}), options, listed_parameters)


def _names(parameters: Mapping, groups: Sequence[Mapping]) -> dict[str, int]:
    """PyTorch's number of each parameter, in the order of the parameters."""
    numbers = [index for group in groups for index in group["params"]]
    if all("param_names" in group for group in groups):
        known = dict(zip((name for group in groups for name in group["param_names"]), numbers))
        missing = [name for name in parameters if name not in known]
        require(not missing, f"param_names has no {listed(missing)}; it has {listed(known)}: give the parameters those names")
        return {name: known[name] for name in parameters}
    return dict(zip(parameters, numbers))


def _check_group(number: int, group: Mapping) -> None:
    of = f"param_groups[{number}]"
    for key in NUMBERS:
        require(key in group, f"{of} has no {key}: it is no state of Adagrad")
        require(is_number(group[key]), f"{of}: {key} is {group[key]!r} of type {type(group[key]).__name__}: make it a number, float({key}), and save again")
    unknown = set(group) - IGNORED - set(NUMBERS) - {"maximize"}
    require(not unknown, f"{of} has {', '.join(sorted(unknown))}, which Adagrad of PyTorch 2.13 does not have: is it another optimizer's?")


def _state(name: str, state: Mapping, group: Mapping, groups: Sequence[Mapping]) -> tuple[int, np.ndarray | None]:
    """Step and sum. A parameter that was added later and had no gradient yet has neither."""
    if not state:
        values = {g["initial_accumulator_value"] for g in groups}
        require(
            len(values) == 1,
            f"parameter {name!r} has no state yet, and the groups have the initial_accumulator_value {listed(sorted(values))}, of which PyTorch will take "
            "the one that its constructor was given: save after its first step",
        )
        return 0, None
    require(set(state) == {"step", "sum"}, f"the state of {name!r} has {', '.join(sorted(state))}, and Adagrad's has step and sum: is it another optimizer's?")
    kept = np.asarray(state["sum"])
    require(not np.iscomplexobj(kept), f"parameter {name!r} is complex, and there are none here: keep real and imaginary parts as parameters")
    return _step(name, np.asarray(state["step"])), kept


def _step(name: str, step: np.ndarray) -> int:
    require(step.size == 1, f"the step of {name!r} has {step.size} elements, and must have one")
    value = step.reshape(-1)[0]
    require(value >= 0 and value == np.floor(value), f"the step of {name!r} is {value}, which is no number of steps")
    require(
        step.dtype != np.float32 or value < FLOAT_STEPS,
        f"the step of {name!r} is {int(value)} in float32, where PyTorch's counter stands still from 2^24 on: how many there were is not known. Set step to "
        "the number, as a tensor of float64, and convert again",
    )
    return int(value)


def _iterations(of: Mapping[str, tuple[int, float]]) -> int:
    """The one counter, from (step, lr_decay) of each parameter: those whose rate does not decay do not ask for it."""
    decaying = {name: step for name, (step, decay) in of.items() if decay != 0}
    require(
        len(set(decaying.values())) <= 1,
        f"parameters whose lr_decay is not 0 have different steps ({listed(f'{name}: {step}' for name, step in decaying.items())}), and there is one "
        "counter for all here: set lr_decay to 0, or convert what has one step into a file of its own",
    )
    return next(iter(decaying.values()), max(step for step, _ in of.values()))


def _rate(group: Mapping) -> tuple:
    return presets.inverse_time(group["lr"], group["lr_decay"])


def _options(group: Mapping, fused_multiply_add: bool = True) -> dict:
    rule = {"epsilon": float(group["eps"]), "weight_decay": float(group["weight_decay"]), "maximize": bool(group.get("maximize", False))}
    if not fused_multiply_add:
        rule.update(accumulate_rounding="two_roundings", decay_rounding="two_roundings")
    return presets.changed(presets.torch()["defaults"], {"rule": rule, "initial_accumulator": float(group["initial_accumulator_value"])})


def to_torch(checkpoint: Checkpoint, like: Mapping | None = None, groups: Sequence[Sequence[str]] | None = None) -> tuple[dict, dict]:
    """(parameters by name, state_dict with arrays) for torch.optim.Adagrad, both group after group.

    like: the model's parameters by name (dict(model.named_parameters())), for their order and shapes, which a file of flat arrays does not have.
    groups: the names in each parameter group of the optimizer that loads it; else there is one for all parameters with the same settings.
    """
    parameters = take_apart(checkpoint, SYSTEM, like)
    refuse_differences("the optimizer", neutral_of_all(checkpoint.options(), clips=False), neutral_of_all(presets.torch(), clips=False), SYSTEM)
    iterations = checkpoint.iterations()
    require(
        iterations < FLOAT_STEPS,
        f"adagrad.iterations is {iterations}, and PyTorch counts in float32, where its counter stands still from 2^24 on: where the rate does not depend on "
        "the counter, set_iterations below that and save again",
    )
    settings = {p.name: _settings(p) for p in parameters}
    if groups is None:
        groups = _grouped(settings)
    members = [name for group in groups for name in group]
    require(
        sorted(members) == sorted(settings) and all(groups),
        f"groups names {listed(members)}, and must name every parameter of the file once: {listed(settings)}",
    )
    for group in groups:
        for name in group:
            require(settings[name] == settings[group[0]], f"parameters {group[0]!r} and {name!r} are in one group with different settings: "
                    f"{settings[group[0]]} and {settings[name]}")
    by_name = {p.name: p for p in parameters}
    number = {name: i for i, name in enumerate(members)}
    state = {number[name]: {"step": np.float32(iterations), "sum": by_name[name].accumulators} for name in members}
    param_groups = [{**settings[group[0]], "params": [number[name] for name in group]} for group in groups]
    return {name: by_name[name].array for name in members}, {"state": state, "param_groups": param_groups}


def _grouped(settings: Mapping[str, dict]) -> list[list[str]]:
    found: list[list[str]] = []
    for name, own in settings.items():
        same = next((group for group in found if settings[group[0]] == own), None)
        if same is None:
            found.append([name])
        else:
            same.append(name)
    return found


def _settings(p: Parameter) -> dict:
    """Its group's, in PyTorch's words."""
    lr, lr_decay = _lr(p)
    rule = p.options["rule"]
    settings = {
        "lr": lr,
        "lr_decay": lr_decay,
        "eps": rule["epsilon"],
        "weight_decay": rule["weight_decay"],
        "initial_accumulator_value": p.options["initial_accumulator"],
        "maximize": rule["maximize"],
    }
    # PyTorch rounds once or twice as its build and the processor have it; that is no setting.
    rounding = {name: rule[name] for name in ("accumulate_rounding", "decay_rounding")}
    there = presets.changed(_options(settings), {"rule": rounding})
    refuse_differences(f"parameter {p.name!r}", neutral(p.options), neutral(there), SYSTEM)
    return settings


def _lr(p: Parameter) -> tuple[float, float]:
    rate = p.learning_rate
    if is_number(rate):
        return float(rate), 0.0
    if isinstance(rate, tuple) and rate[0] == "inverse_time" and (rate[1]["form"] == "quotient" or rate[1]["decay"] == 0):
        return rate[1]["learning_rate"], rate[1]["decay"]
    raise Refused(
        f"the learning rate of {p.name!r} is {option_text.readable(rate)}, and {SYSTEM} has a number, or inverse_time with the form quotient: set_learning_rate(the "
        "rate of now), save again, and let a scheduler of PyTorch go on"
    )
