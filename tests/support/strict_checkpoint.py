"""A second reader of whole checkpoints, written apart from the first one and from python/adagrad_checkpoint: the header's one form, digests by libxxhash, options as
text, and whether a file agrees with itself. Whether options make sense is not looked at."""

import ctypes
import ctypes.util
import re
import struct

from strict_reader import Refused, need, read

xxhash = ctypes.CDLL(ctypes.util.find_library("xxhash") or "libxxhash.so.0")
xxhash.XXH3_64bits.restype = ctypes.c_uint64
xxhash.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]

CONSTRAINT = [("kind", ["none", "non_negative", "box", "max_norm", "unit_norm", "min_max_norm"]), ("lower", "double"), ("upper", "double"), ("rate", "double"), ("axes", "axes")]
RULE = [
    ("epsilon", "double"), ("epsilon_placement", ["outside_root", "inside_root"]), ("accumulator_used", ["after", "before"]), ("mode", ["exact", "fast"]),
    ("accumulator_decay", "double"), ("gradient_scale", "double"), ("maximize", "bool"), ("clip_value", "double"), ("weight_decay", "double"),
    ("decay_kind", ["coupled", "decoupled"]), ("accumulate_rounding", ["two_roundings", "one_rounding"]), ("decay_rounding", ["two_roundings", "one_rounding"]),
    ("freeze_accumulators", "bool"), ("zero_accumulator_moves", "bool"), ("proximal_l1", "double"), ("proximal_l2", "double"), ("constraint", tuple(CONSTRAINT)),
]
AVERAGE = [("enabled", "bool"), ("momentum", "double"), ("overwrite_every", "u64"), ("position", ["after_constraint", "before_constraint"])]
PARAMETER = [
    ("rule", tuple(RULE)), ("initial_accumulator", "double"), ("method", ["mirror_descent", "dual_averaging"]), ("learning_rate_multiplier", "double"),
    ("clip_norm", "double"), ("shape", "shape"), ("norm_fuzz", "double"), ("average", tuple(AVERAGE)), ("zero_gradients", "bool"),
]
ROWS = [
    ("accumulators", ["elementwise", "rowwise"]), ("duplicates", ["sum", "mean", "sequential", "unique"]), ("padding_index", "i64?"), ("group_lasso", "double"),
    ("lazy", ["none", "decoupled_decay", "l1", "group_lasso", "l2", "elastic_net"]), ("counter_halflife", "double"),
]
OPTIMIZER = [
    ("learning_rate", "schedule"), ("defaults", tuple(PARAMETER)), ("non_finite", ["propagate", "skip", "error"]), ("global_clip_norm", "double"),
    ("clip_order", ["norms_then_value", "value_then_norms"]), ("clip_form", ["above_only", "guarded"]), ("one_clip_only", "bool"),
    ("accumulation", (("calls", "u64"), ("combine", ["mean", "sum"]), ("counts", ["updates", "calls"]))),
]
STEPS = [("initial_learning_rate", "double"), ("decay_steps", "double"), ("decay_rate", "double"), ("staircase", "bool")]
SCHEDULES = {
    "inverse_time": [("learning_rate", "double"), ("decay", "double"), ("form", ["reciprocal_product", "quotient"])],
    "inverse_time_decay": STEPS,
    "exponential_decay": STEPS,
    "piecewise_constant_decay": [("boundaries", "u64s"), ("values", "doubles")],
    "polynomial_decay": [("initial_learning_rate", "double"), ("decay_steps", "double"), ("end_learning_rate", "double"), ("power", "double"), ("cycle", "bool")],
    "cosine_decay": [("initial_learning_rate", "double"), ("decay_steps", "double"), ("alpha", "double"), ("warmup_target", "double?"), ("warmup_steps", "double")],
    "cosine_decay_restarts": [("initial_learning_rate", "double"), ("first_decay_steps", "double"), ("t_mul", "double"), ("m_mul", "double"), ("alpha", "double")],
    "linear_warmup": [("after", "schedule"), ("warmup_steps", "u64"), ("start", "double"), ("after_counts_from", ["end_of_warmup", "first_step"])],
}
RANGES = {"u64": (0, 2**64 - 1), "i64": (-(2**63), 2**63 - 1), "int": (-(2**31), 2**31 - 1)}
ATOM = re.compile(r"[^,()\[\]=]*")


def double(text):
    """The number that is written so, and in no other way."""
    if text in ("inf", "-inf", "nan"):
        return float(text)
    spelled = re.fullmatch(r"-?(0x0p\+0|0x0\.[0-9a-f]{0,12}[1-9a-f]p-1022|0x1(\.[0-9a-f]{0,12}[1-9a-f])?p(\+0|[+-][1-9][0-9]{0,3}))", text)
    need(spelled, f"a number spelled {text[:30]!r}")
    exponent = int(text.split("p")[1])
    need(-1022 <= exponent <= 1023, "a number that is too large, or not spelled as subnormal ones are")
    return float.fromhex(text)


class Parser:
    def __init__(self, text):
        self.text, self.at, self.depth = text, 0, 0

    def take(self, token):
        need(self.text.startswith(token, self.at), f"no {token!r} at {self.at}")
        self.at += len(token)

    def atom(self):
        found = ATOM.match(self.text, self.at)[0]
        self.at += len(found)
        return found

    def whole(self, kind):
        text, (least, most) = self.atom(), RANGES[kind]
        need(re.fullmatch(r"0|-?[1-9][0-9]*", text) and len(text) < 30 and least <= int(text) <= most, f"no {kind}: {text[:30]!r}")
        return int(text)

    def items(self, kind, most):
        self.take("[")
        found = []
        while not self.text.startswith("]", self.at):
            if found:
                self.take(",")
            found.append(self.value(kind))
            need(len(found) <= most, "a list too long")
        self.take("]")
        return found

    def schedule(self):
        for name, fields in SCHEDULES.items():
            if self.text.startswith(name + "(", self.at):
                self.at += len(name)
                self.depth += name == "linear_warmup"
                need(self.depth <= 8, "too many schedules in one another")
                return name, self.fields(fields)
        if self.text.startswith("custom(", self.at):
            need(self.depth == 0, "a custom schedule inside of another one")
            self.take("custom(rate=")
            rate = self.value("double")
            self.take(")")
            return "custom", rate
        return self.value("double")

    def value(self, kind):
        if isinstance(kind, tuple):
            return self.fields(kind)
        if isinstance(kind, list):
            word = self.atom()
            need(word in kind, f"no choice: {word[:30]!r}")
            return word
        if kind == "double":
            return double(self.atom())
        if kind == "bool":
            word = self.atom()
            need(word in ("true", "false"), "neither true nor false")
            return word == "true"
        if kind.endswith("?"):
            if self.text.startswith("none", self.at):
                return self.take("none")
            return self.value(kind[:-1])
        if kind == "schedule":
            return self.schedule()
        lists = {"axes": ("int", 8), "shape": ("u64", 8), "u64s": ("u64", 2**20), "doubles": ("double", 2**20)}
        return self.items(*lists[kind]) if kind in lists else self.whole(kind)

    def fields(self, fields):
        found = {}
        for name, kind in fields:
            self.take(("," if found else "(") + name + "=")
            found[name] = self.value(kind)
        self.take(")")
        return found


def parse(text, kind):
    parser = Parser(text)
    value = parser.value(kind)
    need(parser.at == len(text), "more than belongs here")
    return value


def written(metadata, tensors):
    """The one header of these."""
    def quoted(text):
        escaped = b"".join(b"\\" + bytes([c]) if c in b'"\\' else b"\\u%04x" % c if c < 32 else bytes([c]) for c in text)
        return b'"' + escaped + b'"'

    entries = [b'"__metadata__":{' + b",".join(quoted(key) + b":" + quoted(value) for key, value in sorted(metadata.items())) + b"}"]
    for name, dtype, shape, begin, end in tensors:
        sizes = ",".join(map(str, shape))
        entries.append(quoted(name.encode()) + f':{{"dtype":"{dtype}","shape":[{sizes}],"data_offsets":[{begin},{end}]}}'.encode())
    text = b"{" + b",".join(entries) + b"}"
    text += b" " * (-(len(text) + 8) % 64)
    return struct.pack("<Q", len(text)) + text


def digest(content):
    return b"%016x" % xxhash.XXH3_64bits(content, len(content))


def numbers(dtype, content):
    return [x for x, in struct.iter_unpack({"F32": "<f", "F64": "<d"}[dtype], content)]


def read_checkpoint(content):
    """Raises Refused where a file cannot be a checkpoint."""
    data_begin, metadata, tensors = read(content)
    need(metadata.get(b"adagrad.format") == b"1", "another format")
    need(content[:data_begin] == written(metadata, tensors), "another form of the header")
    zeroed = {**metadata, b"adagrad.digest": b"0" * 16}
    need(metadata.get(b"adagrad.digest") == digest(written(zeroed, tensors)), "the header's digest")
    arrays = {name: (dtype, shape, content[data_begin + begin:data_begin + end]) for name, dtype, shape, begin, end in tensors}
    unused = {key for key in metadata if key not in (b"adagrad.format", b"adagrad.version", b"adagrad.digest")}

    def string(key):
        key = key.encode()
        need(key in metadata, f"no {key}")
        unused.discard(key)
        try:
            return metadata[key].decode("ascii")
        except UnicodeDecodeError as error:
            raise Refused("letters where none can be") from error

    def array(name, dtype=None, shape=None):
        need(name in arrays, f"no {name}")
        found = arrays.pop(name)
        need(metadata.get(f"adagrad.digest.{name}".encode()) == digest(found[2]), f"the digest of {name}")
        unused.discard(f"adagrad.digest.{name}".encode())
        need(dtype in (None, found[0]) and shape in (None, found[1]), f"{name} does not go with its parameter")
        return found

    parse(string("adagrad.iterations"), "u64")
    pending = parse(string("adagrad.pending_calls"), "u64")
    rate = string("adagrad.learning_rate")
    parse(rate, "schedule")
    options_text = string("adagrad.options")
    options = parse(options_text, tuple(OPTIMIZER))
    need(options_text.startswith(f"(learning_rate={rate},"), "two learning rates")
    need(pending == 0 or pending < options["accumulation"]["calls"], "a window that has ended")
    for name in [name[len("param/"):] for name in arrays if name.startswith("param/")]:
        own = parse(string(f"adagrad.parameter.options.{name}"), tuple(PARAMETER))
        parse(string(f"adagrad.parameter.learning_rate.{name}"), "schedule")
        dtype, shape, _ = array(f"param/{name}")
        need(dtype != "U64", "a parameter of whole numbers")
        rows = None
        if f"adagrad.parameter.rows.{name}".encode() in metadata:
            rows = parse(string(f"adagrad.parameter.rows.{name}"), tuple(ROWS))
            need(1 <= len(shape) <= 2, "no table")
        state = f"state/{name}/"
        sums = array(state + "accumulator", dtype, shape[:1] if rows and rows["accumulators"] == "rowwise" else shape)
        need(all(x >= 0 for x in numbers(dtype, sums[2])), "a sum of squares below 0")
        if own["method"] == "dual_averaging":
            array(state + "gradient_sum", dtype, shape)
        if own["average"]["enabled"] and state + "average" in arrays:
            array(state + "average", dtype, shape)
        if options["accumulation"]["calls"] > 1 and state + "pending_gradient" in arrays:
            array(state + "pending_gradient", dtype, shape)
        if rows and rows["counter_halflife"] > 0:
            array(state + "row_count", "U64", shape[:1])
        if rows and rows["lazy"] != "none":
            owed = parse(string(f"adagrad.parameter.owed.{name}"), "double")
            need(owed <= 0 if rows["lazy"] == "decoupled_decay" else owed >= 0, "a debt of the wrong sign")
            paid = numbers("F64", array(state + "row_payment", "F64", shape[:1])[2])
            need(all(min(owed, 0) <= x <= max(owed, 0) for x in paid), "a payment beyond the debt")
    need(not arrays, f"what are {list(arrays)[:3]}?")
    need(not unused, f"what are {list(unused)[:3]}?")
