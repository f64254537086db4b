#!/usr/bin/python3
"""Sums up a run of scripts/demo on one screen of 80 columns and 24 lines.

usage: scripts/summary.py LOGS RESULTS   (scripts/demo's logs, and the folder that bench/run.py filled)
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench"))
from reporting.results import NOISY, Refused, read  # noqa: E402

HASH = "hash of parameters and accumulators (64-bit FNV-1a)"
MODELS = {"softmax": "softmax", "mlp": "MLP"}
SIZES = (10_000, 100_000, 10_000_000)


def short(number):
    return f"{number:.2f}" if number < 10 else f"{number:.1f}" if number < 1000 else f"{number:.0f}"


def cell(row):
    """Nanoseconds for one element; ~ marks repetitions that spread."""
    return "- " if row is None else short(row.ns) + ("~" if row.noisy else " ")


def ratio(numerator, denominator):
    return "-" if numerator is None or denominator is None else short(numerator.ns / denominator.ns)


def speed_table(results):
    yield "                       ns per f32 element        times faster     time over"
    yield "                                              than reference  memory limit"
    yield "elements threads    limit  exact   fast   ref.   exact   fast     exact  fast"
    isa = results.isa(subject="update")
    for elements in SIZES:
        for threads in results.values("threads", subject="update", elements=elements):
            limit = results.find("traffic", "plain", "f32", isa, elements, threads)
            exact, fast = (results.find("update", variant, "f32", isa, elements, threads) for variant in ("exact", "fast"))
            reference = results.reference("f32", elements)
            columns = [f"{elements:>8}", f"{threads:>7}  "]
            columns += [f"{cell(row):>6}" for row in (limit, exact, fast, reference)]
            columns += [f"{ratio(reference, row):>6}" for row in (exact, fast)]
            columns += ["   "]
            columns += [f"{ratio(row, limit):>5}" for row in (exact, fast)]
            yield " ".join(columns)


def optimizer_lines(results):
    """Its step over many tensors beside one array of as many elements, and what a small one takes."""
    by_list = {}
    for step in results.lists():
        if step.optimizer and step.flat:
            by_list.setdefault(step.list, []).append(f"{ratio(step.optimizer, step.flat)} ({step.threads} thr.)")
    yield "optimizer its time over many tensors, over that of one as large:"
    for name, ratios in by_list.items():
        yield f"          {name} {', '.join(ratios)}"
    small = results.find("optimizer", "flat", "f32", None, 100, 1)
    if small:
        yield f"          a step of 100 elements takes {small.ns_per_step:.0f} ns"


def value(log, label):
    found = re.search(rf"^{re.escape(label)}: (.*)$", log, re.MULTILINE)
    return found.group(1) if found else "unknown"


def training_lines(logs):
    start = "training "
    for model, name in MODELS.items():
        library, reference = ((logs / f"{model}-{by}.log").read_text() for by in ("library", "reference"))
        ended = "same bits" if value(library, HASH) == value(reference, HASH) else "DIFFERENT BITS"
        share = re.search(r"of which the optimizer (\S+) %", library)
        yield f"{start} {name}: accuracy {value(library, 'test accuracy')}; optimizer {share.group(1) if share else '?'} % of the time; {ended}"
        start = " " * len(start)


def sections_lines(logs):
    """The classifiers with embedding tables, where there was an index to train them with."""
    logs = [logs / f"sections-{by}.log" for by in ("library", "reference")]
    if all(log.exists() for log in logs):
        library, reference = (log.read_text() for log in logs)
        accuracies = re.findall(r"^(?:linear bag|embeddings of \d+).*?  +(\d\.\d{4}) ", library, re.MULTILINE)
        same = re.findall(f"^{re.escape(HASH)}: .*$", library, re.MULTILINE) == re.findall(f"^{re.escape(HASH)}: .*$", reference, re.MULTILINE)
        yield f"          embedding tables: accuracy {', '.join(accuracies)}; {'same bits' if same else 'DIFFERENT BITS'}"


def summary(logs, folder):
    results = read([folder])
    context = results.context
    rows = len(re.findall(r" OK$", (logs / "verify.log").read_text(), re.MULTILINE))
    yield f"adagrad {context['library_version']} on this machine"
    yield f"machine   {context['cpu']}, {context['num_cpus']} processors, threads used: {context['threads']}"
    yield f"build     {context['compiler']}, {context['build_type']}; instruction set {context['instruction_set']}"
    yield from training_lines(logs)
    yield from sections_lines(logs)
    yield f"verify    every instruction set and thread count against the reference: {rows} OK"
    yield from optimizer_lines(results)
    yield ""
    yield from speed_table(results)
    yield "(threads as the row says; left to itself, the library keeps small arrays on one)"
    if any(row.noisy for row in results.rows.values()):
        yield f"~ repetitions spread by more than {NOISY:.0%}: let nothing else run, and repeat"


def main():
    if len(sys.argv) != 3 or sys.argv[1].startswith("-"):
        sys.exit(__doc__.strip())
    try:
        for line in summary(Path(sys.argv[1]), Path(sys.argv[2])):
            print(line[:80].rstrip())
    except (OSError, ValueError, KeyError, Refused) as problem:
        sys.exit(f"scripts/summary.py: cannot sum up {sys.argv[1]} and {sys.argv[2]} ({problem!r}): run scripts/demo again")


if __name__ == "__main__":
    main()
