#!/usr/bin/python3
"""python -m adagrad_checkpoint: what it prints, what it refuses, how it ends. PyTorch and Keras are not needed: verify_torch.py and verify_keras.py run the same
commands with them.

usage: test_command_line.py FOLDER    with files that test_exchange leaves there
"""

import contextlib
import io
import os
import pathlib
import pickle
import re
import shutil
import subprocess
import sys
import tempfile
import types
import unittest
from unittest import mock

import common
import h5py
import numpy as np
from adagrad_checkpoint import Refused, cli, from_torch, h5_model, read, to_torch

WRITTEN = pathlib.Path(sys.argv.pop())
PYTHON = common.HERE.parents[1] / "python"
STATE = common.DATA / "torch_3.safetensors"  # three groups


def run(*arguments, folder=None):
    """Status, output, errors, in a process of its own where neither PyTorch nor Keras can be imported."""
    with tempfile.TemporaryDirectory() as hiding:
        for name in ("torch", "keras"):
            pathlib.Path(hiding, f"{name}.py").write_text("raise ImportError('hidden')\n")
        done = subprocess.run([sys.executable, "-B", "-m", "adagrad_checkpoint", *map(str, arguments)], capture_output=True, text=True, check=False, cwd=folder,
                              env={**os.environ, "PYTHONPATH": f"{hiding}:{PYTHON}"})
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


class Tensor:
    """As much of PyTorch's as the command line uses."""

    layout = "strided"

    def __init__(self, array):
        self.array = np.asarray(array)
        self.dtype = str(self.array.dtype)
        self.shape = self.array.shape

    def detach(self):
        return self

    resolve_neg = resolve_conj = detach

    def numpy(self):
        return self.array


def fake_torch():
    def load(path, map_location, weights_only):
        assert map_location == "cpu" and weights_only is True
        with open(path, "rb") as file:
            return pickle.load(file)

    def save(content, file):
        pickle.dump(content, file)

    return types.SimpleNamespace(load=load, save=save, Tensor=Tensor, from_numpy=Tensor, strided="strided", bfloat16="bfloat16")


class CommandLine(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def failed(self, status, *arguments, fragments):
        before = sorted(os.listdir(self.folder))
        code, text, errors = run(*arguments)
        self.assertEqual((code, text), (status, ""), errors)
        for fragment in fragments:
            self.assertIn(fragment, errors)
        self.assertEqual(sorted(os.listdir(self.folder)), before)

    def test_help(self):
        code, text, _ = run("--help")
        self.assertEqual(code, 0)
        for command in ("show", "from-torch", "to-torch", "from-keras", "to-keras"):
            self.assertIn(f"python -m adagrad_checkpoint {command} ", text)
            code, about, _ = run(command, "--help")
            self.assertEqual(code, 0)
            self.assertIn(f"  python -m adagrad_checkpoint {command} ", about)

    def test_wrong_arguments(self):
        for arguments in ((), ("look",), ("show",), ("show", STATE, "more"), ("to-torch", STATE), ("from-keras", "a.h5", "b", "--table")):
            self.failed(2, *arguments, fragments=["usage: "])

    def test_show(self):
        code, text, errors = run("show", STATE)
        self.assertEqual((code, errors), (0, ""))
        for line in (f"{STATE}: 4 parameters, 360 bytes of arrays, all digests fit", "iterations 7, pending calls 0, written by 'exchange'", "parameter w1",
                     "  F32 [5, 3] param/w0", "  F32 [5, 3] state/w0/accumulator"):
            self.assertIn(line + "\n", text)
        self.assertEqual(text.count("learning rate inverse_time("), 3)
        self.assertIn("defaults.rule.accumulate_rounding = one_rounding", text)
        every_file = sorted(WRITTEN.glob("*.safetensors"))
        with contextlib.redirect_stdout(io.StringIO()) as shown:
            self.assertEqual([cli.main(["show", str(path)]) for path in every_file], [0] * len(every_file))
        self.assertIn("table words", shown.getvalue())

    def test_the_document_has_what_is_printed(self):
        text = (PYTHON.parent / "docs" / "exchange.md").read_text(encoding="utf-8")
        shown = re.search(r"^\$ python -m adagrad_checkpoint (show (\S+))\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        code, printed, _ = run("show", shown[2], folder=PYTHON.parent)
        self.assertEqual((code, printed), (0, shown[3]))

    def test_files_that_cannot_be_opened(self):
        damaged = self.folder / "damaged"
        content = bytearray(STATE.read_bytes())
        content[-1] ^= 1
        damaged.write_bytes(content)
        self.failed(1, "show", damaged, fragments=[f"{damaged}: 'adagrad.digest.state/w3/accumulator' does not fit"])
        self.failed(1, "show", self.folder / "none", fragments=["none: No such file"])
        self.failed(1, "show", self.folder, fragments=["no regular file"])
        self.failed(1, "to-torch", damaged, self.folder / "new.pt", fragments=["does not fit"])
        self.failed(1, "from-keras", self.folder / "none.h5", self.folder / "new", fragments=["none.h5", "o such file"])
        self.failed(1, "from-keras", damaged, self.folder / "new", fragments=["neither in .keras nor in .h5", "model.save()"])
        self.failed(1, "from-keras", STATE.with_suffix(".h5"), self.folder / "new", fragments=["torch_3.h5"])
        text = self.folder / "text.h5"
        text.write_text("no model")
        self.failed(1, "from-keras", text, self.folder / "new", fragments=["text.h5"])

    def test_what_must_be_installed_is_named(self):
        (self.folder / "a.pt").write_bytes(b"")
        self.failed(1, "from-torch", self.folder / "a.pt", self.folder / "new", fragments=["pip install torch"])
        self.failed(1, "to-torch", STATE, self.folder / "new.pt", fragments=["pip install torch"])
        (self.folder / "a.keras").write_bytes(b"")
        self.failed(1, "from-keras", self.folder / "a.keras", self.folder / "new", fragments=["pip install keras", ".h5"])

    def test_models_of_keras_that_are_refused(self):
        model = self.folder / "m.h5"

        def changed(change):
            shutil.copyfile(common.DATA / "model_keras_3.h5", model)
            with h5py.File(model, "r+") as file:
                change(file)
            return model

        def config(old, new):
            def change(file):
                text = file.attrs["training_config"]
                assert old in text
                file.attrs["training_config"] = text.replace(old, new)
            return change

        def delete(name):
            return lambda file: file.pop(name)

        for change, *fragments in (
            (delete("optimizer_weights"), "no optimizer_weights", "model.save()"), (lambda file: file.attrs.pop("training_config"), "no training_config"),
            (config('"class_name": "Adagrad"', '"class_name": "Adam"'), "Adam"), (config('"use_ema": false', '"use_ema": true'), "use_ema", "finalize_variable_values"),
            (config('{"loss"', '{loss'), "not as model.save() writes it"), (delete("model_weights/zeta/zeta"), "not as model.save() writes it"),
        ):
            path = changed(change)
            self.failed(1, "from-keras", path, self.folder / "new", fragments=fragments)
        checkpoint = common.DATA / "model_keras_3.safetensors"
        shutil.copyfile(common.DATA / "model_keras_3.h5", model)
        self.failed(1, "to-keras", checkpoint, model, self.folder / "new.keras", fragments=["must have the ending of"])
        self.failed(1, "to-keras", STATE, model, self.folder / "new.h5", fragments=["the file has no parameter zeta/kernel"])
        changed(config('"epsilon": 1e-07', '"epsilon": 0.5'))
        self.failed(1, "to-keras", checkpoint, model, self.folder / "new.h5", fragments=["other settings", "epsilon is 1e-07 in the checkpoint, 0.5 in the model"])

    def test_accumulators_in_h5_find_their_parameters(self):
        def parameter_of(variable, *names):
            return h5_model._parameter_of(variable, list(names), "m.h5")

        for variable in ("adagrad/net_dense_kernel_accumulator", "Adagrad/net/dense/kernel/accumulator:0", "training/Adagrad/net/dense/kernel/accumulator:0",
                         "Adagrad/accumulator/net/dense/kernel:0"):
            self.assertEqual(parameter_of(variable, "dense/kernel", "net/dense/kernel", "kernel", "net/dense/bias"), "net/dense/kernel")
        for names, fragment in ((("a/b_c", "a_b/c"), "may belong to a/b_c, a_b/c"), (("x",), "accumulator of none of x")):
            with self.assertRaisesRegex(Refused, fragment):
                parameter_of("adagrad/a_b_c_accumulator", *names)

    def with_torch(self, *arguments):
        """In this process, with the little of PyTorch that is above. Status and errors."""
        errors = io.StringIO()
        with mock.patch.dict(sys.modules, {"torch": fake_torch()}), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(errors):
            return cli.main([str(a) for a in arguments]), errors.getvalue()

    def save(self, content):
        path = self.folder / "old.pt"
        with open(path, "wb") as file:
            pickle.dump(content, file)
        return path

    def content(self, names=("b", "a"), **more):
        """A file of PyTorch with three groups, a buffer, and something else."""
        weights, state = to_torch(read(STATE))
        state["state"] = {i: {key: Tensor(v) for key, v in kept.items()} for i, kept in state["state"].items()}
        return {"net": {**{name: Tensor(w) for name, w in weights.items()}, "mean": Tensor(np.ones(3, np.float32))}, "adagrad": [{"at": state}], "epoch": 7}

    keys = ("--model-key", "net", "--optimizer-key", "adagrad.0.at")

    def test_torch_there_and_back(self):
        old, made, new = self.save(self.content()), self.folder / "made", self.folder / "new.pt"
        order = ["w0", "w2", "w1", "w3"]  # group after group
        self.assertEqual(self.with_torch("from-torch", old, made, *self.keys, "--parameters", *order), (0, ""))
        committed, ours = read(STATE), read(made)
        for name in order:
            self.assertTrue(common.same_bits(ours.accumulators(name), committed.accumulators(name)))
        self.assertEqual(self.with_torch("to-torch", made, new, *self.keys, "--like", old, "--parameters", *order), (0, ""))
        with open(new, "rb") as file:
            content = pickle.load(file)
        self.assertEqual(content["epoch"], 7)
        self.assertEqual(list(content["net"]), [*order, "mean"])
        state = content["adagrad"][0]["at"]
        self.assertEqual([len(group["params"]) for group in state["param_groups"]], [2, 1, 1])
        again = from_torch({n: content["net"][n].array for n in order}, {**state, "state": {i: {k: v.array for k, v in s.items()} for i, s in state["state"].items()}})
        for name in order:
            self.assertTrue(common.same_bits(again.accumulators(name), committed.accumulators(name)))
            self.assertEqual(again.learning_rate_of(name), committed.learning_rate_of(name))
        names = self.folder / "names.txt"
        names.write_text("\n".join(order))
        self.assertEqual(self.with_torch("from-torch", old, self.folder / "listed", *self.keys, "--parameters", f"@{names}"), (0, ""))
        self.assertEqual((self.folder / "listed").read_bytes(), made.read_bytes())
        self.assertEqual(self.with_torch("from-torch", old, self.folder / "t", *self.keys, "--no-fma", "--table", "w0", "--parameters", *order), (0, ""))
        self.assertIsNotNone(read(self.folder / "t").rows_of("w0"))
        self.assertEqual(read(self.folder / "t").options_of("w1")["rule"]["accumulate_rounding"], "two_roundings")

    def test_files_of_torch_that_are_refused(self):
        made = self.folder / "made"

        def refused(content, *fragments, arguments=self.keys):
            code, errors = self.with_torch("from-torch", self.save(content), made, *arguments)
            self.assertEqual(code, 1)
            for fragment in fragments:
                self.assertIn(fragment, errors)
            self.assertFalse(made.exists())

        refused([1], "list", "state_dict")
        refused(self.content(), "no 'model'", "net, adagrad, epoch", "--model-key", arguments=("--optimizer-key", "adagrad.0.at"))
        refused(self.content(), "no 'adagrad.1.at'", arguments=("--optimizer-key", "adagrad.1.at"))
        refused(self.content(), "state and param_groups", arguments=("--optimizer-key", "net"))
        refused({"net": {}, "adagrad": [{"at": {"state": {0: 1}, "param_groups": []}}]}, "int where a dict belongs")
        refused(self.content(), "4 parameters", "the model has 5", "--parameters", "named_parameters()")
        refused(self.content(), "no x", arguments=(*self.keys, "--parameters", "x"))
        content = self.content()
        del content["net"]["mean"]
        refused(content, "3 groups, whose order", "--parameters")
        for change, fragment in (({"layout": "coo"}, "sparse"), ({"dtype": "bfloat16"}, "bfloat16")):
            content = self.content()
            content["net"]["w1"].__dict__.update(change)
            refused(content, "'w1'", fragment, arguments=(*self.keys, "--parameters", "w0", "w1", "w2", "w3"))
        content["net"]["w1"] = 3
        refused(content, "'w1' is a int, and no tensor", arguments=(*self.keys, "--parameters", "w0", "w1", "w2", "w3"))
        path = self.folder / "text.pt"
        path.write_text("no file of PyTorch")
        code, errors = self.with_torch("from-torch", path, made)
        self.assertEqual(code, 1)
        self.assertIn("weights_only=True", errors)
        code, errors = self.with_torch("to-torch", STATE, self.folder / "no" / "folder.pt")
        self.assertEqual(code, 1)
        self.assertIn("No such file or directory", errors)
        code, errors = self.with_torch("to-torch", STATE, made, "--parameters", "w0")
        self.assertEqual(code, 1)
        self.assertIn("--like", errors)


if __name__ == "__main__":
    unittest.main()
