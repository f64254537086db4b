"""Learning-rate schedules: their fields in a file, and those that Keras has, under its names."""

from collections.abc import Mapping

from . import option_text

# And of what kind they are; object: of several.
FIELDS = {
    "inverse_time": {"learning_rate": float, "decay": float, "form": str},
    "inverse_time_decay": {"initial_learning_rate": float, "decay_steps": float, "decay_rate": float, "staircase": bool},
    "exponential_decay": {"initial_learning_rate": float, "decay_steps": float, "decay_rate": float, "staircase": bool},
    "piecewise_constant_decay": {"boundaries": list, "values": list},
    "polynomial_decay": {"initial_learning_rate": float, "decay_steps": float, "end_learning_rate": float, "power": float, "cycle": bool},
    "cosine_decay": {"initial_learning_rate": float, "decay_steps": float, "alpha": float, "warmup_target": object, "warmup_steps": float},
    "cosine_decay_restarts": {"initial_learning_rate": float, "first_decay_steps": float, "t_mul": float, "m_mul": float, "alpha": float},
    "linear_warmup": {"after": object, "warmup_steps": int, "start": float, "after_counts_from": str},
    "custom": {"rate": float},
}
KERAS = {
    "InverseTimeDecay": "inverse_time_decay",
    "ExponentialDecay": "exponential_decay",
    "PiecewiseConstantDecay": "piecewise_constant_decay",
    "PolynomialDecay": "polynomial_decay",
    "CosineDecay": "cosine_decay",
    "CosineDecayRestarts": "cosine_decay_restarts",
}


def is_one(value: option_text.Value) -> bool:
    kinds = FIELDS.get(value[0]) if isinstance(value, tuple) else None
    return kinds is not None and list(value[1]) == list(kinds) and all(isinstance(value[1][field], kind) for field, kind in kinds.items())


def from_keras(serialized: Mapping) -> tuple | None:
    """Of a schedule as get_config() has it: class_name and config. None for one that is not known here."""
    name = KERAS.get(serialized.get("class_name", ""))
    config = serialized.get("config", {})
    if name is None or set(config) - {"name"} != set(FIELDS[name]):
        return None
    return name, {field: _value(field, config[field]) for field in FIELDS[name]}


def _value(field: str, value) -> option_text.Value:
    if field == "boundaries":
        return [int(each) for each in value]
    if isinstance(value, (list, tuple)):
        return [float(each) for each in value]
    if value is None:
        return "none"
    return value if isinstance(value, bool) else float(value)


def to_keras(rule: option_text.Value) -> dict | None:
    """As keras.optimizers.schedules.serialize gives it; None for one that Keras does not have."""
    classes = {ours: theirs for theirs, ours in KERAS.items()}
    if not isinstance(rule, tuple) or rule[0] not in classes:
        return None
    config = {field: None if value == "none" else value for field, value in rule[1].items()}
    return {"module": "keras.optimizers.schedules", "class_name": classes[rule[0]], "config": config, "registered_name": None}
