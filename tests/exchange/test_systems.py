#!/usr/bin/python3
"""States of PyTorch and Keras, as they were recorded, to checkpoints and back: the committed bytes, and the bits that these systems had.

usage: test_systems.py FOLDER    with what test_exchange saved after it had gone on from the committed files
"""

import pathlib
import sys
import tempfile
import unittest

import common
import numpy as np
from adagrad_checkpoint import cli, from_keras, from_torch, presets, read, schedules, to_keras, to_torch, write
from common import BEFORE, HERE_STEPS

WRITTEN = pathlib.Path(sys.argv.pop())


def names_where(entry, option):
    return [t["name"] for t in entry["tensors"] if t["options"].get(option)]


class Systems(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "file"

    def assert_bytes(self, checkpoint, committed):
        write(self.path, checkpoint)
        self.assertEqual(self.path.read_bytes(), committed.read_bytes(), committed)

    def assert_bits(self, ours, theirs):
        self.assertEqual(list(ours), list(theirs))
        for name in theirs:
            self.assertTrue(common.same_bits(ours[name], theirs[name]), name)

    def test_from_torch(self):
        for entry, arrays in common.cases("torch"):
            with self.subTest(entry["name"]):
                weights = common.arrays_of(entry, arrays.initial, "weights")
                state = common.torch_state(entry, arrays.initial, BEFORE, entry["steps_before"])
                in_order = {name: weights[name] for name in common.torch_numbers(entry)}
                self.assert_bytes(from_torch(in_order, state, names_where(entry, "table")), common.DATA / entry["checkpoint"])

    def test_to_torch(self):
        """What C++ saved has the bits of the PyTorch that went on by itself."""
        for entry, arrays in common.cases("torch"):
            last = len(arrays.steps)
            for prefix, number in (("", HERE_STEPS), ("last_", last)):
                with self.subTest(entry["name"], step=number):
                    step = arrays.steps[number - 1]
                    like = common.arrays_of(entry, step, "weights")
                    groups = [[t["name"] for t in entry["tensors"] if t["options"]["group"] == i] for i in range(len(entry["groups"]))]
                    weights, state = to_torch(read(WRITTEN / f"{prefix}{entry['checkpoint']}"), like, groups)
                    self.assertEqual(list(weights), [name for group in groups for name in group])
                    self.assert_bits({name: weights[name] for name in like}, like)
                    expected = common.torch_state(entry, step, BEFORE + number)
                    of = common.torch_numbers(entry)
                    for i, name in enumerate(weights):
                        self.assert_bits(state["state"][i], expected["state"][of[name]])
                    for group, theirs, names in zip(state["param_groups"], entry["groups"], groups):
                        self.assertEqual([list(weights)[i] for i in group.pop("params")], names)
                        self.assertEqual(group, {key: theirs[key] for key in group})
                        self.assertEqual(set(theirs) - set(group), {"foreach", "fused", "differentiable"})

    def test_to_torch_without_a_model(self):
        entry, arrays = common.cases("torch")[3]  # three groups
        self.assertEqual(len(entry["groups"]), 3)
        made = read(WRITTEN / entry["checkpoint"])
        weights, state = to_torch(made)
        self.assertEqual(list(weights), ["w0", "w2", "w1", "w3"])
        self.assertEqual([group["params"] for group in state["param_groups"]], [[0, 1], [2], [3]])
        for name, theirs in common.arrays_of(entry, arrays.steps[HERE_STEPS - 1], "weights").items():
            self.assertTrue(common.same_bits(weights[name].ravel(), theirs.ravel()))
        # And back, from the numbers as they are here.
        again = from_torch(weights, state)
        self.assertEqual(again.metadata["adagrad.options"], made.metadata["adagrad.options"])
        for name in made.parameters():
            self.assertTrue(common.same_bits(again.accumulators(name), made.accumulators(name)))
            self.assertEqual(again.learning_rate_of(name), made.learning_rate_of(name))

    def test_names_in_the_state_decide(self):
        """PyTorch numbers parameters group after group; with param_names they can be given in any order."""
        entry, arrays = common.cases("torch")[3]
        weights = common.arrays_of(entry, arrays.initial, "weights")
        state = common.torch_state(entry, arrays.initial, BEFORE)
        for i, group in enumerate(state["param_groups"]):
            group["param_names"] = [t["name"] for t in entry["tensors"] if t["options"]["group"] == i]
        made, committed = from_torch(weights, state), read(common.DATA / entry["checkpoint"])
        self.assertEqual(list(weights), ["w0", "w1", "w2", "w3"])
        for name in weights:
            self.assertTrue(common.same_bits(made.accumulators(name), committed.accumulators(name)))
            self.assertEqual(made.options_of(name), committed.options_of(name))

    def test_a_parameter_without_state_begins(self):
        entry, arrays = common.cases("torch")[0]
        weights = common.arrays_of(entry, arrays.initial, "weights")
        state = common.torch_state(entry, arrays.initial, BEFORE)
        state["state"] = {}
        state["param_groups"][0].update(initial_accumulator_value=0.5)
        made = from_torch(weights, state)
        self.assertEqual(made.iterations(), 0)
        self.assertTrue((made.accumulators("w0") == 0.5).all())

    def test_torch_without_fma(self):
        entry, arrays = common.cases("torch")[0]
        made = from_torch(common.arrays_of(entry, arrays.initial, "weights"), common.torch_state(entry, arrays.initial, BEFORE), fused_multiply_add=False)
        rule = made.options_of("w0")["rule"]
        self.assertEqual((rule["accumulate_rounding"], rule["decay_rounding"]), ("two_roundings", "two_roundings"))
        to_torch(made)

    def test_from_keras(self):
        for entry, arrays in common.cases("keras"):
            with self.subTest(entry["name"]):
                excluded = names_where(entry, "exclude_from_weight_decay")
                weights, variables = common.arrays_of(entry, arrays.initial, "weights"), common.keras_variables(entry, arrays.initial, BEFORE)
                self.assert_bytes(from_keras(weights, variables, entry["options"], excluded), common.DATA / entry["checkpoint"])
                stored = {str(i): v for i, v in reversed(list(enumerate(variables)))}
                self.assert_bytes(from_keras(weights, stored, entry["options"], excluded), common.DATA / entry["checkpoint"])

    def test_to_keras(self):
        for entry, arrays in common.cases("keras"):
            with self.subTest(entry["name"]):
                step, legacy = arrays.steps[HERE_STEPS - 1], entry["variant"] == "tf.keras legacy"
                like = common.arrays_of(entry, step, "weights")
                made = to_keras(read(WRITTEN / entry["checkpoint"]), like, legacy)
                expected = common.keras_variables(entry, step, BEFORE + HERE_STEPS)
                if entry["variant"] == "tf.keras":  # keeps no learning rate among them
                    expected.insert(1, np.float32(entry["options"]["learning_rate"]))
                self.assertEqual([(v.shape, v.dtype) for v in made.variables], [(v.shape, v.dtype) for v in expected])
                if not entry["inexact"]:
                    self.assert_bits(made.parameters, like)
                    self.assert_bits(dict(enumerate(made.variables)), dict(enumerate(expected)))
                self.assertEqual(made.excluded_from_weight_decay, names_where(entry, "exclude_from_weight_decay"))
                for key, value in made.config.items():
                    theirs = entry["options"].get(key)
                    if isinstance(value, dict):
                        self.assertEqual((value["class_name"], {**value["config"], "name": None}), (theirs["class_name"], {**theirs["config"], "name": None}))
                    else:
                        self.assertEqual(value, theirs, key)

    def test_every_schedule_of_keras_and_back(self):
        for class_name, config in (
            ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5, "staircase": True}),
            ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5, "staircase": False}),
            ("PiecewiseConstantDecay", {"boundaries": [3, 5], "values": [0.1, 0.2, 0.3]}),
            ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "end_learning_rate": 0.01, "power": 2.0, "cycle": True}),
            ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "alpha": 0.1, "warmup_target": None, "warmup_steps": 0}),
            ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "alpha": 0.1, "warmup_target": 0.5, "warmup_steps": 4}),
            ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 10, "t_mul": 2.0, "m_mul": 1.0, "alpha": 0.0}),
        ):
            with self.subTest(class_name):
                ours = schedules.from_keras({"class_name": class_name, "config": {**config, "name": "x"}})
                self.assertTrue(schedules.is_one(ours))
                back = schedules.to_keras(ours)
                self.assertEqual((back["class_name"], back["config"]), (class_name, config))

    def test_models_in_h5(self):
        """As the system's own variables in memory made them, when they were recorded."""
        for stem in ("model_keras_3", "model_tfkeras", "model_tfkeras_legacy"):
            with self.subTest(stem), tempfile.TemporaryDirectory() as folder:
                folder = pathlib.Path(folder)
                model, committed = common.DATA / f"{stem}.h5", common.DATA / f"{stem}.safetensors"
                self.assertEqual(cli.main(["from-keras", str(model), str(folder / "a")]), 0)
                self.assertEqual((folder / "a").read_bytes(), committed.read_bytes())
                other = read(folder / "a")
                for array in other.tensors.values():
                    array += 1
                other.metadata["adagrad.iterations"] = "5000000000"
                rate = presets.inverse_time(0.25, 0) if stem.endswith("legacy") else 0.25
                options = presets.changed(other.options(), {"learning_rate": rate})
                for key in other.metadata:
                    if "learning_rate" in key:
                        other.metadata[key] = common.adagrad_checkpoint.option_text.text(rate)
                other.metadata["adagrad.options"] = common.adagrad_checkpoint.option_text.text(options)
                write(folder / "b", other)
                self.assertEqual(cli.main(["to-keras", str(folder / "b"), str(model), str(folder / "new.h5")]), 0)
                self.assertEqual(cli.main(["from-keras", str(folder / "new.h5"), str(folder / "c")]), 0)
                self.assertEqual((folder / "c").read_bytes(), (folder / "b").read_bytes())


if __name__ == "__main__":
    unittest.main()
