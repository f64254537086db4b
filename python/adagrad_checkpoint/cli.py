"""The command line."""

import argparse
import sys
import time

from . import keras_files, show, torch_files
from .checkpoint import BadFile
from .exchange import Refused, require
from .file import read, write
from .pytorch import from_torch, to_torch

EXAMPLES = """examples:
  python -m adagrad_checkpoint show model.safetensors
  python -m adagrad_checkpoint from-torch model.pt model.safetensors
  python -m adagrad_checkpoint to-torch model.safetensors new.pt --like model.pt
  python -m adagrad_checkpoint from-keras model.keras model.safetensors
  python -m adagrad_checkpoint to-keras model.safetensors model.keras new.keras

Exit status: 0 done, 1 refused or failed (nothing is written then), 2 wrong arguments. docs/exchange.md tells what is carried over."""


class Progress:
    """Says what is being worked on, once a second, from the second second on."""

    def __init__(self):
        self.next = time.monotonic() + 2

    def __call__(self, name: str) -> None:
        if time.monotonic() >= self.next:
            print(f"... {name}", file=sys.stderr)
            self.next = time.monotonic() + 1


def parser() -> argparse.ArgumentParser:
    plain = argparse.RawDescriptionHelpFormatter
    made = argparse.ArgumentParser(prog="python -m adagrad_checkpoint", description="Checkpoints of the C++ library adagrad: look at them, convert them.",
                                   epilog=EXAMPLES, formatter_class=plain)
    commands = made.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run, about: str, more: str):
        added = commands.add_parser(name, help=about, description=f"{about[0].upper()}{about[1:]}.", epilog=more, formatter_class=plain,
                                    fromfile_prefix_chars="@")
        added.set_defaults(run=run)
        return added

    def keys(added) -> None:
        added.add_argument("--model-key", default="model", metavar="KEY", help="where the file has the model's state_dict (default: model)")
        added.add_argument("--optimizer-key", default="optimizer", metavar="KEY", help="where it has the optimizer's (default: optimizer)")

    def tables(added) -> None:
        added.add_argument("--table", nargs="+", default=[], metavar="NAME", help="parameters that are added by add_table in C++")

    show_ = command("show", _show, "check a checkpoint and list what it holds", "example:\n  python -m adagrad_checkpoint show model.safetensors")
    show_.add_argument("checkpoint")

    from_torch_ = command(
        "from-torch", _from_torch, "convert what PyTorch's Adagrad needs to go on",
        'The file holds {"model": model.state_dict(), "optimizer": optimizer.state_dict()}, or the same under other keys; 2.0 is position 0 at the key 2.\n\n'
        "examples:\n  python -m adagrad_checkpoint from-torch model.pt model.safetensors\n"
        "  python -m adagrad_checkpoint from-torch model.pt model.safetensors --parameters 0.weight 0.bias\n"
        "  python -m adagrad_checkpoint from-torch model.pt model.safetensors --parameters @names.txt\n"
        "  python -m adagrad_checkpoint from-torch lightning.ckpt model.safetensors --model-key state_dict --optimizer-key optimizer_states.0")
    from_torch_.add_argument("state", metavar="FILE.pt")
    from_torch_.add_argument("checkpoint")
    keys(from_torch_)
    from_torch_.add_argument("--parameters", nargs="+", metavar="NAME",
                             help="the optimizer's parameters, in its order (default: its param_names, else all of the model); @FILE: one in a line")
    tables(from_torch_)
    from_torch_.add_argument("--no-fma", action="store_true", help="PyTorch runs without fused multiply-add (ATEN_CPU_CAPABILITY=default)")

    to_torch_ = command(
        "to-torch", _to_torch, "convert a checkpoint for PyTorch's Adagrad",
        "Without --like: parameters in the order and with the shapes of the checkpoint, one group for each different setting.\n\n"
        "examples:\n  python -m adagrad_checkpoint to-torch model.safetensors new.pt --like model.pt\n"
        "  python -m adagrad_checkpoint to-torch model.safetensors new.pt")
    to_torch_.add_argument("checkpoint")
    to_torch_.add_argument("state", metavar="FILE.pt")
    to_torch_.add_argument("--like", metavar="OLD.pt", help="take order, shapes, groups and all that is not the optimizer's (buffers, your own keys) from it")
    to_torch_.add_argument("--parameters", nargs="+", metavar="NAME", help="the parameters of OLD.pt in its optimizer's order, as for from-torch")
    keys(to_torch_)

    from_keras_ = command(
        "from-keras", _from_keras, "convert what Keras' Adagrad needs to go on",
        "The file is a compiled model, saved with model.save(): .keras (opened by Keras 3) or .h5 (opened by h5py; of tf.keras, too).\n\n"
        "examples:\n  python -m adagrad_checkpoint from-keras model.keras model.safetensors\n  python -m adagrad_checkpoint from-keras model.h5 model.safetensors")
    from_keras_.add_argument("model", metavar="MODEL")
    from_keras_.add_argument("checkpoint")
    from_keras_.add_argument("--exclude-from-weight-decay", nargs="+", default=[], metavar="NAME", dest="excluded",
                             help="parameters that were excluded, which Keras does not save")
    tables(from_keras_)

    to_keras_ = command(
        "to-keras", _to_keras, "put a checkpoint into a model that Keras has saved",
        "MODEL, compiled with Adagrad and the checkpoint's settings, gives the layers; NEW has the checkpoint's parameters, accumulators and counter.\n\n"
        "example:\n  python -m adagrad_checkpoint to-keras model.safetensors model.keras new.keras")
    to_keras_.add_argument("checkpoint")
    to_keras_.add_argument("model", metavar="MODEL")
    to_keras_.add_argument("new", metavar="NEW")
    return made


def _show(given) -> None:
    print(show.description(given.checkpoint, read(given.checkpoint, Progress())))


def _from_torch(given) -> None:
    content = torch_files.load(given.state)
    state = torch_files.state_with_arrays(torch_files.part(content, given.state, given.optimizer_key), given.state)
    model = torch_files.part(content, given.state, given.model_key)
    names = torch_files.chosen(model, state["param_groups"], given.parameters, given.state)
    arrays = {name: torch_files.array(name, tensor) for name, tensor in names.items()}
    made = from_torch(arrays, state, given.table, not given.no_fma)
    write(given.checkpoint, made, Progress())
    left = [name for name in model if name not in arrays]
    print(f"{given.checkpoint}: {len(arrays)} parameters after {made.iterations()} steps, {_note(left)}")


def _note(left: list[str]) -> str:
    return f"without what the optimizer does not have: {show.shortened(left)}" if left else "all of the model"


def _to_torch(given) -> None:
    checkpoint = read(given.checkpoint, Progress())
    content, like, groups, old_groups, model = {}, None, None, [], {}
    if given.like:
        content = torch_files.load(given.like)
        old_groups = torch_files.part(content, given.like, given.optimizer_key)["param_groups"]
        model = torch_files.part(content, given.like, given.model_key)
        like = torch_files.chosen(model, old_groups, given.parameters, given.like)
        names = iter(like)
        groups = [[next(names) for _ in group["params"]] for group in old_groups]
    else:
        require(not given.parameters, "--parameters are those of --like, which is not given: add --like OLD.pt")
    parameters, state = torch_files.with_tensors(*to_torch(checkpoint, like, groups))
    for old, new in zip(old_groups, state["param_groups"]):
        new.update({key: old[key] for key in ("foreach", "fused", "differentiable", "param_names") if key in old})
    content = torch_files.put_into(content, given.model_key, {**model, **parameters})
    torch_files.save(given.state, torch_files.put_into(content, given.optimizer_key, state))
    sizes = ", ".join(str(len(group["params"])) for group in state["param_groups"])
    print(f"{given.state}: {len(parameters)} parameters after {checkpoint.iterations()} steps, in param_groups of {sizes}")


def _from_keras(given) -> None:
    made = keras_files.from_file(given.model, excluded_from_weight_decay=given.excluded, tables=given.table)
    write(given.checkpoint, made, Progress())
    print(f"{given.checkpoint}: {len(made.parameters())} parameters after {made.iterations()} steps")


def _to_keras(given) -> None:
    checkpoint = read(given.checkpoint, Progress())
    keras_files.to_file(checkpoint, given.model, given.new)
    print(f"{given.new}: {len(checkpoint.parameters())} parameters after {checkpoint.iterations()} steps")


def main(arguments: list[str] | None = None) -> int:
    given = parser().parse_args(arguments)
    try:
        given.run(given)
    except BadFile as problem:
        return _failed(f"{given.checkpoint}: {problem}")
    except (Refused, ImportError, MemoryError) as problem:
        return _failed(str(problem))
    except OSError as problem:
        return _failed(f"{problem.filename}: {problem.strerror}" if problem.filename and problem.strerror else str(problem))
    except KeyboardInterrupt:
        return 130
    return 0


def _failed(why: str) -> int:
    print(f"adagrad_checkpoint: {why}", file=sys.stderr)
    return 1
