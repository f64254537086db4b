"""A checkpoint for people."""

from . import option_text, presets
from .checkpoint import Checkpoint
from .file import NAMES


def shortened(names: list[str], most: int = 8) -> str:
    return ", ".join(map(_plain, names[:most])) + (f" and {len(names) - most} more" if len(names) > most else "")


def description(path: str, checkpoint: Checkpoint) -> str:
    parameters = checkpoint.parameters()
    size = sum(array.nbytes for array in checkpoint.tensors.values())
    lines = [
        f"{path}: {len(parameters)} parameters, {size} bytes of arrays, all digests fit",
        f"iterations {checkpoint.iterations()}, pending calls {checkpoint.pending_calls()}, written by {checkpoint.metadata.get('adagrad.version')!r}",
        f"learning rate {option_text.readable(checkpoint.learning_rate())}",
        _options("options", checkpoint.options(), presets.defaults()),
    ]
    of_all = checkpoint.options()["defaults"]
    for name in parameters:
        table = checkpoint.rows_of(name)
        lines.append(f"{'parameter' if table is None else 'table'} {_plain(name)}")
        lines += [f"  {line}" for line in _tensors(checkpoint, name)]
        if checkpoint.learning_rate_of(name) != checkpoint.learning_rate():
            lines.append(f"  learning rate {option_text.readable(checkpoint.learning_rate_of(name))}")
        lines.append(_options("  options", checkpoint.options_of(name), of_all, "as above"))
        if table is not None:
            lines.append(_options("  rows", table, presets.rows()))
    return "\n".join(lines)


def _plain(name: str) -> str:
    """As it is, or quoted where it could play tricks on a terminal."""
    return name if name.isprintable() else ascii(name)


def _tensors(checkpoint: Checkpoint, parameter: str) -> list[str]:
    own = [name for name in checkpoint.tensors if name == f"param/{parameter}" or name.rpartition("/")[0] == f"state/{parameter}"]
    return [f"{NAMES[checkpoint.tensors[name].dtype]} {list(checkpoint.tensors[name].shape)} {_plain(name)}" for name in own]


def _options(title: str, options: dict, plain: dict, of: str = "the library's defaults") -> str:
    """Those that are not the usual ones."""
    found = ", ".join(f"{name} = {option_text.readable(value)}" for name, value in _changed(options, plain))
    return f"{title}: {found}; all others {of}" if found else f"{title}: {of}"


def _changed(options: dict, plain: dict, prefix: str = ""):
    for name, value in options.items():
        if name == "learning_rate":
            continue  # has a line of its own
        if isinstance(value, dict):
            yield from _changed(value, plain[name], f"{prefix}{name}.")
        elif option_text.text(value) != option_text.text(plain[name]):
            yield f"{prefix}{name}", value
