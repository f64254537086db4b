"""Files of PyTorch: a dict with the model's state_dict and the optimizer's. Opened with weights_only, so that nothing in them is executed."""

import os
from collections.abc import Mapping, Sequence

import numpy as np

from .exchange import Refused, listed, require


def _torch():
    try:
        import torch
    except ImportError as problem:
        raise Refused(f"files of PyTorch are opened by PyTorch, which is not there ({problem}): pip install torch") from None
    return torch


def load(path: str) -> dict:
    """All that the file holds, with tensors."""
    torch = _torch()
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as problem:  # whatever its reader throws
        raise Refused(
            f"{path}: PyTorch cannot load it with weights_only=True ({type(problem).__name__}): it is damaged, or holds more than tensors, numbers, texts, dicts and "
            "lists. Save the two state_dicts"
        ) from None
    require(isinstance(content, Mapping), f"{path} holds a {type(content).__name__}, and must hold a dict with the model's and the optimizer's state_dict")
    return content


def part(content: Mapping, path: str, key: str):
    """What lies at a key, or at a path of keys and positions with dots: optimizer_states.0"""
    found = content
    for step in key.split("."):
        if isinstance(found, (list, tuple)) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            require(
                isinstance(found, Mapping) and step in found,
                f"{path} has no {key!r}; it has {listed(content)}: say with --model-key and --optimizer-key where the two state_dicts lie",
            )
            found = found[step]
    return found


def array(name: str, tensor) -> np.ndarray:
    torch = _torch()
    require(isinstance(tensor, torch.Tensor), f"{name!r} is a {type(tensor).__name__}, and no tensor")
    require(tensor.layout == torch.strided, f"{name!r} is a sparse tensor ({tensor.layout}): make it dense, to_dense(), and save again")
    require(tensor.dtype != torch.bfloat16, f"{name!r} is of type bfloat16; only float32 and float64 are carried over: convert it before, float()")
    return tensor.detach().resolve_neg().resolve_conj().numpy()


def state_with_arrays(state_dict: Mapping, path: str) -> dict:
    require(
        isinstance(state_dict, Mapping) and {"state", "param_groups"} <= set(state_dict),
        f"{path}: the optimizer's state_dict has no state and param_groups: is --optimizer-key right?",
    )
    for kept in (*state_dict["param_groups"], *state_dict["state"].values()):
        require(isinstance(kept, Mapping), f"{path}: the optimizer's state_dict holds a {type(kept).__name__} where a dict belongs: save optimizer.state_dict()")
    torch = _torch()
    return {
        "param_groups": state_dict["param_groups"],
        "state": {
            index: {key: array(f"{key} of parameter {index}", value) if isinstance(value, torch.Tensor) else value for key, value in kept.items()}
            for index, kept in state_dict["state"].items()
        },
    }


def chosen(model: Mapping, groups: Sequence[Mapping], names: Sequence[str] | None, path: str) -> dict:
    """The model's tensors that the optimizer has, in its order."""
    if not names and all("param_names" in group for group in groups):
        names = [name for group in groups for name in group["param_names"]]
    count = sum(len(group["params"]) for group in groups)
    if not names:
        why = f"{path}: which tensors of the model are the optimizer's {count} parameters is not known, because "
        remedy = "Name them in the optimizer's order with --parameters, or construct the optimizer with model.named_parameters(), which keeps their names"
        require(len(model) == count, f"{why}the model has {len(model)} ({listed(model)}). {remedy}")
        require(len(groups) == 1, f"{why}it has {len(groups)} groups, whose order need not be the model's. {remedy}")
        names = list(model)
    missing = [name for name in names if name not in model]
    require(not missing, f"{path}: the model has no {listed(missing)}; it has {listed(model)}")
    return {name: model[name] for name in names}


def save(path: str, content: dict) -> None:
    """Beside the old file, then renamed over it."""
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "xb") as file:
            _torch().save(content, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise


def with_tensors(parameters: Mapping, state_dict: Mapping) -> tuple[dict, dict]:
    torch = _torch()

    def tensor(value):
        return torch.from_numpy(np.array(value))

    state = {index: {key: tensor(value) for key, value in kept.items()} for index, kept in state_dict["state"].items()}
    return {name: tensor(value) for name, value in parameters.items()}, {**state_dict, "state": state}


def put_into(content: Mapping, key: str, value) -> dict:
    """A copy with another value at a key, or path of keys."""
    step, _, rest = key.partition(".")
    if isinstance(content, (list, tuple)):
        return [put_into(each, rest, value) if rest and i == int(step) else value if i == int(step) else each for i, each in enumerate(content)]
    return {**content, step: put_into(content.get(step, {}), rest, value) if rest else value}
