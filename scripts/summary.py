#!/usr/bin/python3
"""Sums up the logs of scripts/demo on one screen of 80 columns and 24 lines.

usage: scripts/summary.py FOLDER   (scripts/demo's: library.log, reference.log, verify.log, bench.json)
"""

import json
import re
import sys
from pathlib import Path

NOISY = 0.10  # spread of the repetitions (standard deviation / mean) from which a number is marked


def short(number):
    return f"{number:.2f}" if number < 10 else f"{number:.1f}" if number < 1000 else f"{number:.0f}"


class Cell:
    """Nanoseconds for one element: the median of the repetitions and how far they spread."""

    def __init__(self):
        self.median = self.spread = None

    def text(self):
        if self.median is None:
            return "-"
        return short(self.median) + ("~" if self.spread is not None and self.spread > NOISY else " ")


def read_cells(report):
    """{(row's subject and variant, elements, threads): Cell} from Google Benchmark's JSON."""
    cells = {}
    for row in report["benchmarks"]:
        # <subject>_<type>/<variant>/<instruction set>/<elements>/threads:<n>/real_time
        subject, variant, _, elements, threads, *_ = row["run_name"].split("/")
        if row.get("error_occurred") or row.get("aggregate_name") not in ("median", "cv"):
            continue
        key = (f"{subject}/{variant}", int(elements), int(threads.split(":")[1]))
        cell = cells.setdefault(key, Cell())
        if row["aggregate_name"] == "median":
            cell.median = row["ns_per_element"]
        else:
            cell.spread = row["ns_per_element"]
    return cells


def ratio(numerator, denominator):
    return "-" if numerator is None or denominator is None else short(numerator / denominator)


def speed_table(report):
    cells = read_cells(report)
    yield "                       ns per f32 element        times faster     time over"
    yield "                                              than reference  memory limit"
    yield "elements threads    limit  exact   fast   ref.   exact   fast     exact  fast"
    for elements, threads in sorted({key[1:] for key in cells}):
        empty = Cell()
        limit, exact, fast = (cells.get((name, elements, threads), empty)
                              for name in ("traffic_f32/plain", "update_f32/exact", "update_f32/fast"))
        reference = cells.get(("reference_f32/exact", elements, 1), empty)  # has one thread always
        columns = [f"{elements:>8}", f"{threads:>7}  "]
        columns += [f"{cell.text():>6}" for cell in (limit, exact, fast, reference)]
        columns += [f"{ratio(reference.median, cell.median):>6}" for cell in (exact, fast)]
        columns += ["   "]
        columns += [f"{ratio(cell.median, limit.median):>5}" for cell in (exact, fast)]
        yield " ".join(columns)
    yield "(threads as the row says; left to itself, the library keeps small arrays on one)"
    if any(cell.spread is not None and cell.spread > NOISY for cell in cells.values()):
        yield f"~ repetitions spread by more than {NOISY:.0%}: let nothing else run, and repeat"


def value(log, label):
    found = re.search(rf"^{re.escape(label)}: (.*)$", log, re.MULTILINE)
    return found.group(1) if found else "unknown"


def summary(folder):
    library, reference, verify = ((folder / f"{name}.log").read_text() for name in ("library", "reference", "verify"))
    report = json.loads((folder / "bench.json").read_text())
    context = report["context"]
    hash_label = "hash of parameters and accumulators (64-bit FNV-1a)"
    library_hash, reference_hash = value(library, hash_label), value(reference, hash_label)
    ended = f"the same bits, hash {library_hash}" if library_hash == reference_hash else "DIFFERENT BITS"
    share = {name: re.search(r"of which the update (\S+ %)", log) for name, log in (("library", library), ("reference", reference))}
    update = ", ".join(f"{match.group(1)} ({name})" for name, match in share.items() if match)
    rows = len(re.findall(r" OK$", verify, re.MULTILINE))

    yield f"adagrad {context['library_version']} on this machine"
    yield ""
    yield f"machine   {context['cpu']}"
    yield f"          {context['num_cpus']} processors, threads used: {context['threads']}; instruction set {context['instruction_set']}"
    yield f"build     {context['compiler']}, {context['build_type']}"
    yield f"training  Fashion-MNIST, softmax regression, 10 epochs: test accuracy {value(library, 'test accuracy')}"
    yield f"          the update's share of the time: {update}"
    yield f"          library and scalar reference: {ended}"
    yield f"verify    every instruction set and thread count against the reference: {rows} OK"
    yield ""
    yield from speed_table(report)


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__.strip())
    try:
        for line in summary(Path(sys.argv[1])):
            print(line[:80].rstrip())
    except (OSError, ValueError, KeyError) as problem:
        sys.exit(f"scripts/summary.py: cannot sum up {sys.argv[1]} ({problem!r}): run scripts/demo again")


if __name__ == "__main__":
    main()
