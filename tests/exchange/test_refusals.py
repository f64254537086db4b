#!/usr/bin/python3
"""Whatever cannot be carried over is refused: with the field, the value and what to do.

usage: test_refusals.py FOLDER    with files that test_exchange leaves there
"""

import copy
import pathlib
import sys
import unittest

import common
import numpy as np
from adagrad_checkpoint import Refused, from_keras, from_torch, option_text, presets, read, to_keras, to_torch

WRITTEN = pathlib.Path(sys.argv.pop())
ONES = np.ones((2, 3), np.float32)


def torch_state(group=None, state=None, groups=None):
    usual = {"lr": 0.1, "lr_decay": 0.01, "eps": 1e-10, "weight_decay": 0.0, "initial_accumulator_value": 0.0, "maximize": False, "params": [0]}
    kept = {"step": np.float32(3), "sum": ONES} if state is None else state
    groups = groups or [{}]
    return {
        "param_groups": [{**usual, "params": [i], **(group or {}), **own} for i, own in enumerate(groups)],
        "state": {i: dict(kept) for i in range(len(groups))},
    }


def keras_config(**more):
    return {"learning_rate": 0.1, "initial_accumulator_value": 0.1, "epsilon": 1e-7, **more}


def of_keras(*names, **more):
    return from_keras({name: ONES for name in names or "w"}, [np.int64(3), np.float32(0.1), *[ONES for _ in names or "w"]], keras_config(**more))


class Refusals(unittest.TestCase):
    def refused(self, call, *fragments):
        with self.assertRaises(Refused) as raised:
            call()
        for fragment in fragments:
            self.assertIn(fragment, str(raised.exception))

    def from_torch(self, fragments, *, array=ONES, **state):
        with self.subTest(fragments=fragments):
            self.refused(lambda: from_torch({"w": array}, torch_state(**state)), *fragments)

    def test_arrays(self):
        for kind in (np.float16, np.int64, complex):
            self.from_torch(["parameter 'w'", np.dtype(kind).name, "convert it"], array=ONES.astype(kind))
        self.from_torch(["[4]", "[2, 3]", "order"], array=np.ones(4, np.float32))
        self.from_torch(["its accumulator float64[2, 3]"], state={"step": np.float32(3), "sum": ONES.astype(float)})
        for bad in (-1, np.nan):
            self.from_torch(["accumulator of 'w'", "below 0 or NaN"], state={"step": np.float32(3), "sum": ONES * bad})

    def test_states_of_torch(self):
        self.from_torch(["complex", "real and imaginary"], state={"step": np.float32(3), "sum": ONES + 0j})
        self.from_torch(["exp_avg", "another optimizer's"], state={"step": np.float32(3), "exp_avg": ONES})
        self.from_torch(["step of 'w'", "2.5"], state={"step": np.float32(2.5), "sum": ONES})
        self.from_torch(["step of 'w'", "-1.0"], state={"step": np.float32(-1), "sum": ONES})
        self.from_torch(["step of 'w'", "nan"], state={"step": np.float32("nan"), "sum": ONES})
        self.from_torch(["step of 'w'", "2 elements"], state={"step": np.float32([1, 2]), "sum": ONES})
        self.from_torch(["16777216 in float32", "float64"], state={"step": np.float32(2**24), "sum": ONES})
        made = from_torch({"w": ONES}, torch_state(state={"step": np.float64(2**24 + 1), "sum": ONES}))
        self.assertEqual(made.iterations(), 2**24 + 1)

    def test_groups_of_torch(self):
        for key in ("lr", "lr_decay", "eps", "weight_decay", "initial_accumulator_value"):
            for value in (ONES, np.float32([0.1]), "x", True):
                self.from_torch([f"param_groups[0]: {key}", "make it a number"], group={key: value})
        self.from_torch(["momentum", "another optimizer's"], group={"momentum": 0.9})
        self.from_torch(["capturable"], group={"capturable": True})
        state = torch_state()
        del state["param_groups"][0]["lr_decay"]
        self.refused(lambda: from_torch({"w": ONES}, state), "param_groups[0] has no lr_decay")
        for groups in ([], [{"lr": 1}]):
            self.refused(lambda: from_torch({"w": ONES}, {"state": {}, "param_groups": groups}), "no optimizer's state_dict")
        for given in ({}, {"w": ONES, "v": ONES}):
            self.refused(lambda: from_torch(given, torch_state()), "1 parameters", f"{len(given)} were given", "order")
        self.refused(lambda: from_torch({"w": ONES}, torch_state(group={"param_names": ["v"]})), "param_names has no w", "it has v")
        self.refused(lambda: from_torch({"w": ONES}, torch_state(), tables=["v"]), "tables names 'v'", "w")
        self.refused(lambda: from_torch({"w": np.ones(3, np.float32)}, torch_state(state={"step": 1, "sum": np.ones(3, np.float32)}), tables=["w"]), "rows and columns")

    def test_counters_of_torch(self):
        def state(decays, *step):
            made = torch_state(groups=[{"lr_decay": d} for d in decays])
            for i, s in enumerate(step):
                made["state"][i]["step"] = np.float32(s)
            return made

        both = {"a": ONES, "b": ONES}
        self.refused(lambda: from_torch(both, state([0.1, 0.1], 3, 5)), "a: 3, b: 5", "lr_decay")
        # Where a rate does not decay, its step decides nothing.
        self.assertEqual(from_torch(both, state([0.0, 0.0], 3, 5)).iterations(), 5)
        self.assertEqual(from_torch(both, state([0.1, 0.0], 3, 5)).iterations(), 3)
        begun = torch_state(groups=[{}, {"initial_accumulator_value": 0.5}])
        begun["state"][1] = {}
        self.refused(lambda: from_torch(both, begun), "'b' has no state yet", "0.0, 0.5", "save after its first step")

    def test_configurations_of_keras(self):
        for key, value, *fragments in (
            ("use_ema", True, "moving averages", "finalize_variable_values"), ("gradient_accumulation_steps", 4, "gradients that wait", "after a step"),
            ("momentum", 0.9, "another optimizer's"), ("loss_scale_factor", 1000.0, "powers of two"), ("learning_rate", None, "no learning_rate"),
            ("learning_rate", {"class_name": "Custom>Mine", "config": {}}, "Custom>Mine", "CosineDecay", "number"),
            ("learning_rate", {"class_name": "CosineDecay", "config": {"x": 1}}, "CosineDecay", "number"), ("learning_rate", "0.1", "number"),
            ("epsilon", None, "no epsilon"), ("initial_accumulator_value", None, "no initial_accumulator_value"),
        ):
            with self.subTest(key=key, value=value):
                self.refused(lambda: of_keras(**{key: value}), key, *fragments)
        schedule = {"class_name": "PiecewiseConstantDecay", "config": {"boundaries": [1], "values": [1.0, 2.0]}}
        self.refused(lambda: of_keras(learning_rate=schedule, decay=0.1), "decay is 0.1 beside a schedule")

    def test_variables_of_keras(self):
        def given(*variables, **more):
            return lambda: from_keras({"w": ONES}, variables, keras_config(), **more)

        rate, count = np.float32(0.1), np.int64(3)
        self.refused(given(), "0 variables", "built")
        self.refused(given(count), "1 variables", "built")
        self.refused(given(ONES, ONES), "first variable", "iteration")
        self.refused(given(rate, ONES), "first variable", "iteration")
        self.refused(given(count, rate, ONES, ONES), "4 variables for 1 parameters", "averages and accumulated gradients")
        self.refused(given(count, ONES, ONES), "3 variables for 1 parameters")
        self.refused(given(count, rate, ONES, excluded_from_weight_decay=["v"]), "excluded_from_weight_decay names 'v'")
        self.refused(given(count, rate, ONES, tables=["v"]), "tables names 'v'")
        self.refused(lambda: from_keras({"w": ONES}, {"0": count, "2": ONES}, keras_config()), "0, 2", "0 to 1")

    def test_files_for_both(self):
        """Of optimizers here, what has no counterpart there."""
        plain = from_torch({"w": ONES, "v": ONES}, torch_state(groups=[{}, {}]))
        keras = of_keras("w", "v")

        def changed(made, own=None, of_all=None, rate=None, rows=None, **strings):
            for name in made.parameters():
                key = f"adagrad.parameter.options.{name}"
                made.metadata[key] = option_text.text(presets.changed(option_text.parse(made.metadata[key]), own or {}))
            made.metadata["adagrad.options"] = option_text.text(presets.changed(made.options(), of_all or {}))
            if rate is not None:
                made.metadata["adagrad.parameter.learning_rate.w"] = option_text.text(rate)
            if rows is not None:
                made.metadata["adagrad.parameter.rows.w"] = option_text.text(presets.changed(presets.rows(), rows))
            made.metadata.update({key.replace("_", ".", 1): value for key, value in strings.items()})
            return made

        for own, fragments in (
            ({"method": "dual_averaging"}, ["method is dual_averaging"]), ({"learning_rate_multiplier": 0.5}, ["learning_rate_multiplier is 0.5"]),
            ({"zero_gradients": True}, ["zero_gradients is true"]), ({"rule": {"mode": "fast"}}, ["rule.mode is fast"]),
            ({"rule": {"accumulator_used": "before"}}, ["rule.accumulator_used"]), ({"rule": {"accumulator_decay": 0.5}}, ["rule.accumulator_decay is 0.5, and 1.0 there"]),
            ({"rule": {"freeze_accumulators": True}}, ["rule.freeze_accumulators"]), ({"rule": {"zero_accumulator_moves": False}}, ["zero_accumulator_moves"]),
            ({"rule": {"proximal_l1": 0.25}}, ["rule.proximal_l1 is 0.25"]), ({"rule": {"proximal_l2": 0.25}}, ["rule.proximal_l2 is 0.25"]),
            ({"rule": {"constraint": {"kind": "non_negative"}}}, ["rule.constraint.kind is non_negative"]), ({"average": {"enabled": True}}, ["average.enabled"]),
        ):
            for made, convert in ((plain, to_torch), (keras, to_keras)):
                with self.subTest(own=own, to=convert.__name__):
                    self.refused(lambda: convert(changed(copy.deepcopy(made), own)), "parameter 'w'", "change_options", *fragments)
        for of_all, fragments in (
            ({"non_finite": "skip"}, ["non_finite is skip, and propagate there"]), ({"accumulation": {"calls": 3}}, ["accumulation.calls is 3, and 1 there"]),
        ):
            for made, convert in ((plain, to_torch), (keras, to_keras)):
                with self.subTest(of_all=of_all, to=convert.__name__):
                    self.refused(lambda: convert(changed(copy.deepcopy(made), of_all=of_all)), "the optimizer", *fragments)
        for rows, fragment in (({"accumulators": "rowwise"}, "accumulators is rowwise"), ({"duplicates": "mean"}, "duplicates is mean"), ({"duplicates": "sequential"}, "sequential"),
                               ({"padding_index": 3}, "padding_index is 3"), ({"group_lasso": 0.5}, "group_lasso is 0.5"), ({"lazy": "l1"}, "lazy is l1"),
                               ({"counter_halflife": 2.0}, "counter_halflife is 2.0")):
            for made, convert in ((plain, to_torch), (keras, to_keras)):
                with self.subTest(rows=rows, to=convert.__name__):
                    self.refused(lambda: convert(changed(copy.deepcopy(made), rows=rows)), "table 'w'", fragment)
        for made, convert in ((plain, to_torch), (keras, to_keras)):
            convert(changed(copy.deepcopy(made), rows={"duplicates": "unique"}))
            self.refused(lambda: convert(changed(copy.deepcopy(made), {"rule": {"weight_decay": 0.5}}, rows={})), "table 'w'", "weight_decay 0.5")
            self.refused(lambda: convert(changed(copy.deepcopy(made), rate=("exponential_decay", {"initial_learning_rate": 0.1, "decay_steps": 1.0, "decay_rate": 0.5,
                                                                                                  "staircase": False}))), "learning rate")
            self.refused(lambda: convert(changed(copy.deepcopy(made), adagrad_pending_calls="2")), "pending_calls is 2", "unfinished window")
            self.refused(lambda: convert(copy.deepcopy(made), {"w": ONES}), "the model has no parameter v", "rename")
            self.refused(lambda: convert(copy.deepcopy(made), {"w": ONES, "v": ONES, "u": ONES}), "the file has no parameter u", "rename")
            self.refused(lambda: convert(copy.deepcopy(made), {"w": ONES, "v": np.ones(7)}), "parameter 'v'", "[2, 3]", "[7]")
            for kind, remedy in (("average", "use_averages"), ("gradient_sum", "dual averaging"), ("pending_gradient", "a step that moves"), ("row_count", "counter_halflife"),
                                 ("row_payment", "flush()"), ("other", "belongs to no parameter")):
                more = copy.deepcopy(made)
                more.tensors[f"state/w/{kind}"] = ONES
                self.refused(lambda: convert(more), f"'state/w/{kind}'", remedy)

        self.refused(lambda: to_torch(changed(copy.deepcopy(plain), adagrad_iterations=str(2**24))), "16777216", "float32", "set_iterations")
        self.refused(lambda: to_keras(changed(copy.deepcopy(keras), adagrad_iterations=str(2**63))), str(2**63), "set_iterations")
        # The epsilon inside the root is another formula.
        self.refused(lambda: to_torch(copy.deepcopy(keras)), "rule.epsilon_placement is inside_root, and outside_root there")
        self.refused(lambda: to_keras(copy.deepcopy(plain)), "epsilon_placement of 'w' is outside_root", "inside_root", "legacy=True")
        self.refused(lambda: to_keras(copy.deepcopy(keras), legacy=True), "epsilon_placement of 'w' is inside_root", "outside_root")
        for own, fragment in (({"clip_norm": 1.0}, "clip_norm is 1.0"), ({"rule": {"clip_value": 1.0}}, "clip_value is 1.0"), ({"rule": {"gradient_scale": 0.5}}, "gradient_scale is 0.5")):
            self.refused(lambda: to_torch(changed(copy.deepcopy(plain), own)), fragment)
        self.refused(lambda: to_torch(changed(copy.deepcopy(plain), of_all={"global_clip_norm": 1.0})), "global_clip_norm is 1.0")
        self.refused(lambda: to_torch(changed(copy.deepcopy(plain), rate=("inverse_time", {"learning_rate": 0.1, "decay": 0.5, "form": "reciprocal_product"}))), "quotient")
        for groups, fragment in (([["w"]], "every parameter"), ([["w", "v", "v"]], "every parameter"), ([["w", "v"], []], "every parameter")):
            self.refused(lambda: to_torch(plain, groups=groups), fragment)
        two = from_torch({"w": ONES, "v": ONES}, torch_state(groups=[{}, {"lr": 0.5}]))
        self.refused(lambda: to_torch(two, groups=[["w", "v"]]), "'w' and 'v'", "different settings", "0.5")

    def test_what_keras_has_one_of(self):
        def keras(name, **changes):
            made = of_keras("w", "v")
            key = f"adagrad.parameter.options.{name}"
            made.metadata[key] = option_text.text(presets.changed(option_text.parse(made.metadata[key]), changes))
            return made

        self.refused(lambda: to_keras(keras("v", rule={"epsilon": 0.5})), "parameter 'v'", "rule.epsilon is 0.5")
        self.refused(lambda: to_keras(keras("v", clip_norm=0.5)), "parameter 'v'", "clip_norm is 0.5")
        made = keras("v", rule={"weight_decay": 0.5})
        self.assertEqual((to_keras(made).excluded_from_weight_decay, to_keras(made).config["weight_decay"]), (["w"], 0.5))
        made.metadata["adagrad.parameter.options.w"] = made.metadata["adagrad.parameter.options.v"].replace("weight_decay=0x1p-1", "weight_decay=0x1p-2")
        self.refused(lambda: to_keras(made), "weight_decay 0.25, 0.5", "one for all")
        made = keras("v")
        made.metadata["adagrad.parameter.learning_rate.v"] = "0x1p-5"
        self.refused(lambda: to_keras(made), "'w' and 'v'", "different learning rates")
        guarded = keras("v", clip_norm=np.inf)
        guarded.metadata["adagrad.options"] = option_text.text(presets.changed(guarded.options(), {"global_clip_norm": 1.0, "clip_form": "guarded"}))
        self.refused(lambda: to_keras(guarded), "clip_form is guarded")
        empty = of_keras("w")
        empty.tensors.clear()
        self.refused(lambda: to_keras(empty), "no parameters")
        legacy = from_keras({"w": ONES}, [np.int64(3), ONES], keras_config(decay=0.0))
        self.assertEqual(to_keras(legacy, legacy=True).config["decay"], 0.0)
        legacy.metadata["adagrad.parameter.options.w"] = legacy.metadata["adagrad.parameter.options.w"].replace("weight_decay=0x0p+0", "weight_decay=0x1p-1")
        self.refused(lambda: to_keras(legacy, legacy=True), "weight_decay is 0.5", "has none")

    def test_no_file_of_cpp_is_converted_in_part(self):
        """Each is converted as a whole, or refused with a reason."""
        files = sorted([*WRITTEN.glob("trained_*"), *WRITTEN.glob("random_*")])
        self.assertGreater(len(files), 100)
        for path in files:
            made = read(path)
            for convert in (to_torch, to_keras):
                try:
                    convert(made)
                except Refused as refused:
                    self.assertGreater(len(str(refused)), 40)


if __name__ == "__main__":
    unittest.main()
