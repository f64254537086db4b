#!/usr/bin/python3
"""Measures the rows of adagrad_bench group by group, so that progress can be shown and what is measured survives.

A group is what gets compared: the rows of one type, number of elements or embedding table, and number of threads. Each is one process with interleaved
repetitions, so whatever else the machine does meanwhile meets all its rows alike. Each leaves one JSON file of Google Benchmark in the
folder, beside run.json, which says what was planned and what failed. bench/report.py makes a page of the folder.

Exit status: 0, 1 when a row failed, 2 for wrong arguments, 128 + the signal's number (130 for Ctrl-C) when interrupted.
"""

import argparse
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROW = re.compile(r"[a-z_]+_(f32|f64)/[^/]+/[^/]+/(\d+|\d+x\d+/[a-z]+)/threads:(\d+)/real_time")
BATCH = 100_000  # rows of a table that one call updates
TABLE_COST = 0.15  # seconds to give the rows that a repetition updates their first numbers
REFERENCE_COST = 4e-8  # seconds for an element of a row, which the reference finds in a map
PLAN = "run.json"


class Refused(Exception):
    """The message says what is wrong and what to do."""


class Interrupted(Exception):
    """A signal asked for the end; its number is the argument."""


@dataclass
class Group:
    """Rows that are measured together."""

    type: str
    size: str  # as the names have it: 1000 elements, or a table 100000x16/zipf
    threads: int
    rows: list

    def text(self):
        table, _, asked = self.size.partition("/")
        size = f"{' x '.join(f'{int(number):,}' for number in table.split('x'))}, {asked}" if asked else f"{int(table):,} elements"
        return f"{self.type}, {size}, {self.threads} thread{'s' if self.threads > 1 else ''}"

    def stem(self):
        return f"{self.type}-{self.size.replace('/', '-')}-threads-{self.threads}"

    def cost(self, repetitions, min_time):
        """A guess in seconds, for the weights of the progress; the first repetition finds the number of iterations, which is more work."""
        width = {"f32": 1, "f64": 2}[self.type]
        table, _, asked = self.size.partition("/")
        elements = BATCH * int(table.partition("x")[2]) if asked else int(table)
        arrays = TABLE_COST if asked else elements * 4e-9 * width
        sweep = elements * 1e-9 * width
        # Its call is longer than min_time and comes twice, the first time unmeasured.
        references = 2 * repetitions * elements * REFERENCE_COST * sum(row.startswith("reference_rows") for row in self.rows)
        return references + len(self.rows) * (repetitions * (arrays + max(1.2 * min_time, sweep)) + 2 * (arrays + min_time) + 20 * sweep / self.threads / 4)

    def filter(self):
        """Names hold no other character that a regular expression gives a meaning to."""
        return "^(" + "|".join(row.replace(".", "[.]").replace("+", "[+]") for row in self.rows) + ")$"


def list_rows(program, selection):
    """The names of the rows, as the program lists them."""
    command = [str(program), *selection, "--benchmark_list_tests=true"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as problem:
        raise Refused(f"cannot run {program} ({problem.strerror}): build it (scripts/bench does) or name it with --program") from None
    rows = [line for line in listed.stdout.splitlines() if ROW.fullmatch(line)]
    if not rows:
        said = (listed.stderr + listed.stdout).strip()
        raise Refused(f"no row to measure. {program} said: {said or 'nothing'}\nTo see all names: {program} --benchmark_list_tests=true")
    return rows


def grouped(rows):
    """The groups, in the order in which the program lists their first rows; threads of one size beside each other."""
    groups = {}
    for row in rows:
        kind, size, threads = ROW.fullmatch(row).groups()
        key = (kind, size, int(threads))
        groups.setdefault(key, Group(*key, [])).rows.append(row)
    sizes = {}
    for (kind, size, _), group in groups.items():
        sizes.setdefault((kind, size), []).append(group)
    return [group for same_size in sizes.values() for group in same_size]


def duration(seconds):
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


class Progress:
    """How far it is: a line that changes on a terminal, a line for each group elsewhere."""

    def __init__(self, groups, costs):
        self.rows, self.costs = sum(len(group.rows) for group in groups), costs
        self.begin, self.done_rows, self.done_cost = time.monotonic(), 0, 0.0
        self.live = sys.stdout.isatty()

    def left(self, cost, spent):
        """Seconds to go: the guess, corrected by how wrong it was so far."""
        elapsed = time.monotonic() - self.begin
        factor = (elapsed - spent) / self.done_cost if self.done_cost else 1
        rest = sum(self.costs) - self.done_cost
        return rest * factor - min(spent, cost * factor)

    def show(self, group, cost, spent):
        if self.live:
            line = f"[{self.done_rows}/{self.rows} rows, about {duration(self.left(cost, spent))} left] {group.text()} ... {spent:.0f} s"
            print("\r\033[K" + line[: shutil.get_terminal_size().columns - 1], end="", flush=True)

    def finish(self, group, cost, spent, verdict):
        self.done_rows += len(group.rows)
        self.done_cost += cost
        left = f", about {duration(self.left(0, 0))} left" if self.done_rows < self.rows else ""
        start = "\r\033[K" if self.live else ""
        print(f"{start}[{self.done_rows}/{self.rows} rows{left}] {group.text()}: {verdict}, {spent:.1f} s", flush=True)


def stop(child):
    """Ends it, however it takes a signal: nothing must go on measuring behind the user's back."""
    child.terminate()
    try:
        child.wait(timeout=5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def measure(program, selection, group, settings, folder, tick):
    """Runs one group. Returns what went wrong, by row; the JSON appears under its name only when it is whole."""
    part, log = folder / (group.stem() + ".json.part"), folder / (group.stem() + ".log")
    command = [str(program), *selection, f"--benchmark_filter={group.filter()}", f"--benchmark_out={part}", "--benchmark_out_format=json", *settings]
    begin = time.monotonic()
    try:
        with log.open("w", encoding="utf-8") as output, subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as child:
            try:
                while True:
                    tick(time.monotonic() - begin)
                    try:
                        status = child.wait(timeout=1)
                        break
                    except subprocess.TimeoutExpired:
                        pass
            except BaseException:
                stop(child)
                log.unlink()
                raise
        if status != 0:
            why = f"ended by signal {-status} (memory?)" if status < 0 else f"exit status {status}"
            return {row: f"{why}, see {log.name} beside the results" for row in group.rows}
        try:
            measured = json.loads(part.read_text(encoding="utf-8"))["benchmarks"]
        except (OSError, ValueError, KeyError) as problem:
            why = getattr(problem, "strerror", None) or problem
            return {row: f"its results cannot be read ({why}), see {log.name} beside the results" for row in group.rows}
        part.rename(part.with_suffix(""))
        log.unlink()
        return {row["run_name"]: row["error_message"] for row in measured if row.get("error_occurred")}
    finally:
        part.unlink(missing_ok=True)


def make_folder(folder):
    """An empty one; results of an earlier run give way, anything else does not."""
    try:
        if folder.exists():
            if not folder.is_dir() or (any(folder.iterdir()) and not (folder / PLAN).exists()):
                raise Refused(f"{folder} holds something else than results of this program: name another folder")
            for old in [*folder.glob("f??-*-threads-*.*"), folder / PLAN]:
                old.unlink(missing_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise Refused(f"cannot make {folder} ready ({problem.strerror}): name another folder") from None


def whole_number(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is less than 1")
    return value


def seconds(text):
    value = float(text)
    if not 0 < value < 1000:
        raise argparse.ArgumentTypeError(f"{value} is not between 0 and 1000 seconds")
    return value


def parse():
    parser = argparse.ArgumentParser(prog="bench/run.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the results go; an earlier run's are replaced")
    parser.add_argument("--program", type=Path, default=Path("build/bench/bench/adagrad_bench"), help="default: %(default)s")
    parser.add_argument("--short", action="store_true", help="three sizes and the instruction set in use only")
    parser.add_argument("--filter", metavar="REGEX", help="only rows whose name matches, as --benchmark_filter")
    parser.add_argument("--repetitions", type=whole_number, default=9, metavar="N", help="default: %(default)s")
    parser.add_argument("--min-time", type=seconds, default=0.05, metavar="SECONDS", help="of each repetition; default: %(default)s")
    return parser.parse_args()


def run(arguments):
    selection = ["--short"] if arguments.short else []
    chosen = [f"--benchmark_filter={arguments.filter}"] if arguments.filter is not None else []
    settings = [f"--benchmark_repetitions={arguments.repetitions}", f"--benchmark_min_time={arguments.min_time}",
                "--benchmark_enable_random_interleaving=true"]
    groups = grouped(list_rows(arguments.program, selection + chosen))
    make_folder(arguments.folder)
    problems = {}

    def save_plan():
        plan = {"command": [arguments.program.name, *selection, *chosen, *settings], "rows": [row for group in groups for row in group.rows],
                "problems": problems}
        (arguments.folder / PLAN).write_text(json.dumps(plan, indent=1), encoding="utf-8")

    save_plan()
    costs = [group.cost(arguments.repetitions, arguments.min_time) for group in groups]
    progress = Progress(groups, costs)
    print(f"Measuring {progress.rows} rows in {len(groups)} groups: about {duration(sum(costs))}", flush=True)
    for group, cost in zip(groups, costs):
        begin = time.monotonic()
        failed = measure(arguments.program, selection, group, settings, arguments.folder, lambda spent: progress.show(group, cost, spent))
        if failed:
            problems.update(failed)
            save_plan()
        verdict = f"{len(failed)} of {len(group.rows)} rows failed" if failed else "done"
        progress.finish(group, cost, time.monotonic() - begin, verdict)
    for row, problem in problems.items():
        print(f"failed: {row}: {problem}", file=sys.stderr)
    return 1 if problems else 0


def interrupt(number, _):
    raise Interrupted(number)


def main():
    arguments = parse()
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    try:
        sys.exit(run(arguments))
    except Refused as problem:
        print(f"bench/run.py: {problem}", file=sys.stderr)
        sys.exit(2)
    except Interrupted as signalled:
        print("\nbench/run.py: interrupted; the groups finished so far are kept", file=sys.stderr)
        sys.exit(128 + signalled.args[0])


if __name__ == "__main__":
    main()
