"""Reads Google Benchmark's JSON: the rows of adagrad_bench, and what they say about each other."""

import json
import re
import statistics
from dataclasses import dataclass, field
from pathlib import Path

from . import embedding

ROW = re.compile(r"(?P<subject>[a-z_]+)_(?P<type>f32|f64)/(?P<variant>[^/]+)/(?P<isa>[^/]+)/"
                 r"((?P<elements>\d+)|(?P<rows>\d+)x(?P<width>\d+)/(?P<asked>[a-z]+))/threads:(?P<threads>\d+)(/real_time)?")
NOISY = 0.10  # spread of the repetitions (standard deviation / mean) from which a number is marked
PLAN = "run.json"  # what bench/run.py meant to measure
# What must agree between files whose numbers stand side by side.
MACHINE = ("cpu", "num_cpus", "instruction_set", "threads", "commit", "library_version", "compiler", "build_type", "cxx_flags", "kernel_flags",
           "autovectorized_flags", "huge_pages", "array_layout", "table_layout")
MEASURE = "measure with scripts/bench, or with adagrad_bench --benchmark_out=FILE.json --benchmark_out_format=json"


class Refused(Exception):
    """The message names the file and what to do."""


def three_digits(value):
    """0.186, 2.10, 49.6, 1,234."""
    if value >= 99.95:
        return f"{value:,.0f}"
    return f"{value:#.3g}"


@dataclass(frozen=True, order=True)
class Table:
    """An embedding table, and how often its rows are asked for: uniform or zipf."""

    rows: int
    width: int
    asked: str

    def __str__(self):
        return f"{self.rows:,} x {self.width}, {self.asked}"


@dataclass(frozen=True)
class Row:
    """One row: the median of its repetitions."""

    name: str
    subject: str
    type: str
    variant: str
    isa: str
    elements: int  # of each array, or of a table
    threads: int
    ns: float  # for one element
    ns_per_step: float
    spread: float | None  # standard deviation / mean of the repetitions; None with one repetition
    repetitions: int
    has_aggregates: bool
    label: str
    rate: float | None = None  # bytes per second of those that must be moved
    table: Table | None = None

    @property
    def size(self):
        """What its group of rows has in common, for readers."""
        return f"{self.table}" if self.table else f"{self.elements:,} elements"

    @property
    def noisy(self):
        return self.spread is not None and self.spread > NOISY


@dataclass(frozen=True)
class ListStep:
    """A step over a list of tensors and what it is compared with; None where this run has no such row."""

    list: str
    elements: int
    threads: int
    isa: str
    optimizer: Row | None
    updates: Row | None
    flat: Row | None
    limit: Row | None


@dataclass
class Results:
    """The rows of one run on one machine, by name, and what is known of those that are missing."""

    rows: dict = field(default_factory=dict)
    context: dict = field(default_factory=dict)
    missing: dict = field(default_factory=dict)  # name: why
    command: list | None = None

    def find(self, subject, variant, kind, isa, elements, threads):
        """The row, or None. `isa` None: the fastest instruction set's."""
        found = [row for row in self.rows.values()
                 if (row.subject, row.variant, row.type, row.elements, row.threads) == (subject, variant, kind, elements, threads)
                 and isa in (None, row.isa)]
        return min(found, key=lambda row: row.ns, default=None)

    def limit(self, kind, elements, threads):
        """The traffic row of the fastest instruction set."""
        return self.find("traffic", "plain", kind, None, elements, threads)

    def reference(self, kind, elements):
        """It has one thread always."""
        return self.find("reference", "exact", kind, None, elements, 1)

    def over_limit(self, row):
        limit = embedding.limit(self, row) if row.table else self.limit(row.type, row.elements, row.threads)
        return row.ns / limit.ns if limit else None

    def over_reference(self, row):
        if row.table:
            reference = embedding.reference(self, row)
        else:
            reference = self.reference(row.type, row.elements) if row.subject != "traffic" else None
        return reference.ns / row.ns if reference else None

    def loop(self, name, kind, isa, elements, threads):
        """A loop of update calls, on one thread where its calls are too small for more: that is all such a loop can do."""
        row = self.find("updates", name, kind, isa, elements, threads)
        if row or any(missing.startswith(f"updates_{kind}/{name}/{isa}/{elements}/threads:{threads}/") for missing in self.missing):
            return row
        return self.find("updates", name, kind, isa, elements, 1)

    def lists(self):
        """The many-tensor comparisons, each with a flat array of the same total."""
        rows = [row for row in self.rows.values() if row.subject in ("optimizer", "updates") and row.variant.partition("-")[0] != "flat"]
        keys = dict.fromkeys((row.elements, row.variant, row.type, row.threads, row.isa) for row in rows)
        return [ListStep(name, elements, threads, isa, self.find("optimizer", name, kind, isa, elements, threads),
                         self.loop(name, kind, isa, elements, threads), self.find("optimizer", "flat", kind, isa, elements, threads),
                         self.limit(kind, elements, threads))
                for elements, name, kind, threads, isa in sorted(keys)]

    def over_plain(self, row):
        """A step with an option beside the plain step of the same run."""
        plain = self.find("options", "plain", row.type, row.isa, row.elements, row.threads)
        return row.ns / plain.ns if plain else None

    def options(self):
        """{(elements, threads): the rows of single options, the quickest first}."""
        keys = dict.fromkeys((row.elements, row.threads) for row in self.select(subject="options"))
        return {key: sorted(self.select(subject="options", elements=key[0], threads=key[1]), key=lambda row: row.ns) for key in sorted(keys)}

    def values(self, attribute, **where):
        """The different values of an attribute among the rows with these attributes, sorted."""
        return sorted({getattr(row, attribute) for row in self.select(**where)})

    def select(self, **where):
        return [row for row in self.rows.values() if all(getattr(row, key) == value for key, value in where.items())]

    def isas(self, **where):
        """The instruction sets, best first: the one that programs use leads, the others as the program lists them."""
        names = list(dict.fromkeys(row.isa for row in self.select(**where)))
        return sorted(names, key=lambda name: name != self.context.get("instruction_set"))

    def isa(self, **where):
        """The instruction set to speak of when there is room for one."""
        return next(iter(self.isas(**where)), None)


def load(path):
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise Refused(f"cannot read {path} ({problem.strerror}): {MEASURE}") from None
    except ValueError as problem:
        raise Refused(f"{path} is not JSON, or cut off ({problem}): if its run was interrupted, leave it out; otherwise {MEASURE}") from None
    if not isinstance(report, dict) or not isinstance(report.get("benchmarks"), list) or not isinstance(report.get("context"), dict):
        raise Refused(f"{path} is not Google Benchmark's JSON (it has no \"context\" and \"benchmarks\"): {MEASURE}")
    return report


def digest(name, parts):
    """The Row of the entries that share a run_name; None if they hold no number of ours, or the reason as text."""
    match = ROW.fullmatch(name)
    if not match:
        return None
    for part in parts:
        if part.get("error_occurred"):
            return part.get("error_message") or "failed without a message"
    singles = [part for part in parts if part.get("run_type") == "iteration" and "ns_per_element" in part]
    aggregates = {part["aggregate_name"]: part for part in parts if part.get("run_type") == "aggregate" and "ns_per_element" in part}

    def median(counter):
        if counter in aggregates.get("median", {}):
            return aggregates["median"][counter]
        values = [part[counter] for part in singles if counter in part]
        return statistics.median(values) if values else None

    ns = median("ns_per_element")
    if ns is None:
        return "neither a median nor single repetitions with ns_per_element"
    if "cv" in aggregates:
        spread = aggregates["cv"]["ns_per_element"]
    else:
        values = [part["ns_per_element"] for part in singles]
        spread = statistics.stdev(values) / statistics.mean(values) if len(values) > 1 else None
    of_name = match.groupdict()
    table = Table(int(of_name["rows"]), int(of_name["width"]), of_name["asked"]) if of_name["rows"] else None
    elements = table.rows * table.width if table else int(of_name["elements"])
    return Row(name=name, subject=of_name["subject"], type=of_name["type"], variant=of_name["variant"], isa=of_name["isa"], elements=elements,
               threads=int(of_name["threads"]), ns=ns, ns_per_step=median("ns_per_step") or ns * elements, spread=spread,
               repetitions=parts[0].get("repetitions", len(singles)), has_aggregates="median" in aggregates,
               label=next((part["label"] for part in parts if part.get("label")), ""),
               rate=median("bytes_per_second"), table=table)


def add_file(results, path, from_file):
    report = load(path)
    by_name = {}
    # Interleaved rows are reported in the order in which they happened to end.
    for part in sorted(report["benchmarks"], key=lambda part: part.get("family_index", 0)):
        by_name.setdefault(part.get("run_name", part.get("name", "")), []).append(part)
    digested = {name: digest(name, parts) for name, parts in by_name.items()}
    ours = {name: row for name, row in digested.items() if row is not None}
    if not ours:
        raise Refused(f"{path} has no row of adagrad_bench (<subject>_<type>/<variant>/<instruction set>/<elements>/threads:<n>): {MEASURE}")
    for name in ours:
        if name in from_file:
            raise Refused(f"{from_file[name]} and {path} both have the row {name}: give one of them")
        from_file[name] = path
    for key in MACHINE:
        new, old = report["context"].get(key), results.context.get(key)
        if results.context and new != old:
            raise Refused(f"{path} and {next(iter(from_file.values()))} are of different runs ({key}: {new!r} and {old!r}), "
                          "and their numbers say nothing about each other: make a page of each")
    results.context = results.context or report["context"]
    for name, row in ours.items():
        (results.rows if isinstance(row, Row) else results.missing)[name] = row


def add_plan(results, path):
    try:
        plan = json.loads(path.read_text(encoding="utf-8"))
        results.command = [str(word) for word in plan["command"]]
        for name in plan["rows"]:
            if name not in results.rows:
                results.missing.setdefault(name, plan["problems"].get(name, "not measured: the run ended before"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise Refused(f"{path} is not what bench/run.py writes ({problem!r}): remove it, or run scripts/bench again") from None


def read(paths):
    """The Results of JSON files, or of a folder that bench/run.py filled. Throws Refused."""
    results, from_file = Results(), {}
    plans = []
    for path in map(Path, paths):
        if not path.is_dir():
            add_file(results, path, from_file)
            continue
        plans += [path / PLAN] if (path / PLAN).exists() else []
        files = sorted(file for file in path.glob("*.json") if file.name != PLAN)
        if not files:
            raise Refused(f"{path} holds no results (*.json): {MEASURE}")
        for file in files:
            add_file(results, file, from_file)
    for plan in plans:
        add_plan(results, plan)
    if not results.rows:
        name, why = next(iter(results.missing.items()))
        raise Refused(f"{from_file.get(name, paths[0])} has no number in any row ({name}: {why}): mend that, then measure again with scripts/bench")
    # Tables behind arrays, which have none; those of one size beside each other.
    results.rows = dict(sorted(results.rows.items(), key=lambda item: (item[1].type, item[1].table is not None, item[1].table or item[1].elements, item[1].threads)))
    return results
