#!/usr/bin/python3
"""bench/run.py and bench/report.py: rows become a page with their very numbers; parts of a run and bad input are told.

usage: report.py SOURCE_DIR ADAGRAD_BENCH
"""

import copy
import html
import html.parser
import json
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

source, program = Path(sys.argv[1]), Path(sys.argv[2])
PYTHON = [sys.executable, "-B"]
# Stands in for adagrad_bench where a test needs a row that fails or does not end.
STAND_IN = """#!{python}
import json, sys, time
rows = ["reference_f32/exact/scalar/1000/threads:1/real_time", "reference_f64/exact/scalar/1000/threads:1/real_time"]
if "--benchmark_list_tests=true" in sys.argv:
    print("\\n".join(rows))
elif "f64" in next(word for word in sys.argv if word.startswith("--benchmark_filter=")):
    {then}
else:
    out = next(word for word in sys.argv if word.startswith("--benchmark_out=")).split("=")[1]
    row = dict(name=rows[0], run_name=rows[0], run_type="iteration", repetitions=1, ns_per_element=2.5)
    json.dump(dict(context=dict(cpu="stand-in"), benchmarks=[row]), open(out, "w"))
"""
failures = []


def check(holds, what):
    if not holds:
        failures.append(what)


class Page(html.parser.HTMLParser):
    """What the tests look at: loads, tags, and the exact time of each row by its name."""

    def __init__(self, path):
        super().__init__()
        self.loads, self.tags, self.times, self.row, self.pictures = [], set(), {}, None, 0
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.add(tag)
        self.loads += [value for name, value in attributes.items() if name in ("src", "href", "srcset", "poster", "data", "action", "background")]
        self.pictures += tag == "img"
        if tag == "tr":
            self.row = None
        if tag == "td" and "title" in attributes:
            self.row = attributes["title"]
        if tag == "data" and self.row:
            self.times[self.row] = float(attributes["value"])
            self.row = None


def run(*arguments):
    done = subprocess.run([*PYTHON, *map(str, arguments)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def measure(folder, *arguments):
    return run(source / "bench/run.py", folder, *arguments)


def report(folder, *results):
    return run(source / "bench/report.py", "--out", folder, *results)


def page_of(folder, *results):
    status, said = report(folder, *results)
    if status != 0 or not (folder / "index.html").exists():
        sys.exit(f"no page of {results}:\n{said}")
    return Page(folder / "index.html")


def medians(files):
    """Each row's time as the JSON has it."""
    found = {}
    for file in files:
        for row in json.loads(file.read_text())["benchmarks"]:
            if row.get("aggregate_name") == "median":
                found[row["run_name"]] = row["ns_per_element"]
    return found


def refused(folder, name, *results):
    status, said = report(folder, *results)
    check(status != 0, f"{name}: not refused")
    check("Traceback" not in said and str(results[-1]) in said and len(said) > len(str(results[-1])) + 40, f"{name}: no message with a remedy: {said}")


def write(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_whole_run(folder):
    results = folder / "results"
    status, said = measure(results, "--program", program, "--filter", r"/1000/threads:1/", "--repetitions", 2, "--min-time", 0.001)
    check(status == 0, f"the driver failed: {said}")
    check(len(re.findall(r"^\[.* rows.*\] f(32|64), 1,000 elements, 1 thread: done", said, re.MULTILINE)) == 2, f"no progress by group: {said}")
    files = sorted(results.glob("*-threads-*.json"))
    check([file.name for file in files] == ["f32-1000-threads-1.json", "f64-1000-threads-1.json"], f"not one file for each group: {files}")
    page = page_of(folder / "page", results)
    expected = medians(files)
    check(any(name.startswith("update_f32/exact/") for name in expected) and "reference_f64/exact/scalar/1000/threads:1/real_time" in expected,
          f"rows were not measured: {list(expected)}")
    check(page.times == expected, f"the page's numbers are not the medians: {page.times} and {expected}")
    check(all(value.startswith("data:image/png;base64,") for value in page.loads), "the page loads something")
    check(not page.tags & {"link", "script", "iframe", "object"} and not re.search(r"url\(|@import|https?://|file:", page.text), "the page is not self-contained")
    check(page.pictures >= 4, f"only {page.pictures} pictures")
    speed = (folder / "page/speed.png").read_bytes()
    check(speed[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", speed[16:24]) == (1200, 700), "speed.png is not a picture of 1200 x 700")
    check("rows are missing" not in page.text, "a whole run is said to be a part")
    return files


def test_privacy(folder, files):
    content = json.loads(files[0].read_text())
    content["context"].update(host_name="somebodys-machine", date="1999-12-31T23:59:59", executable="/home/somebody/adagrad_bench", cpu="a <b>&$x$ cpu")
    page = page_of(folder / "private", write(folder / "private.json", content))
    check(not re.search("somebody|1999-12-31", page.text), "the page shows the host's name, a path or the date")
    check("a &lt;b&gt;&amp;$x$ cpu" in page.text, "the context is not escaped")


def test_parts(folder, files):
    results = folder / "results"
    half = folder / "half"
    half.mkdir()
    for name in ("run.json", files[0].name):
        (half / name).write_text((results / name).read_text())
    page = page_of(folder / "half-page", half)
    gone = medians(files[1:])
    check(page.times == medians(files[:1]), "the rows of a part are not those of the JSON")
    check(f"{len(gone)} of {len(gone) + len(page.times)} rows are missing" in page.text and all(name in page.text for name in gone), "missing rows are not told")

    content = json.loads(files[0].read_text())
    expected = medians(files[:1])
    singles = copy.deepcopy(content)
    singles["benchmarks"] = [row for row in content["benchmarks"] if row["run_type"] == "iteration"]
    page = page_of(folder / "singles-page", write(folder / "singles.json", singles))
    check(page.times.keys() == expected.keys() and all(abs(page.times[name] / expected[name] - 1) < 1e-12 for name in expected),
          "without aggregates the times are not the medians of the repetitions")
    check("without aggregates" in page.text, "lacking aggregates are not told")
    content["benchmarks"] = [row for row in content["benchmarks"] if row["run_name"].startswith("update_")]
    page = page_of(folder / "alone-page", write(folder / "alone.json", content))
    check("no memory limit" in page.text and "no scalar reference" in page.text, "lacking comparisons are not told")


def test_lists(folder, files):
    """Rows of many tensors have a section of their own, with the very ratios; a loop that cannot use two threads stands with its one."""
    content = json.loads(files[0].read_text())
    times = {"optimizer_f32/resnet-50": 3.0, "optimizer_f32/flat": 2.0, "updates_f32/resnet-50": 4.0, "traffic_f32/plain": 1.5}
    names = {f"{stem}/avx2/1000/threads:1/real_time": ns for stem, ns in times.items()}
    names.update({"updates_f32/flat-huge-pages/avx2/1000/threads:1/real_time": 5.0, "optimizer_f32/resnet-50/avx2/1000/threads:2/real_time": 1.0})
    content["benchmarks"] = [{"run_name": name, "name": name, "run_type": "iteration", "repetitions": 1, "ns_per_element": ns, "ns_per_step": 1000 * ns}
                             for name, ns in names.items()]
    page = page_of(folder / "lists-page", write(folder / "lists.json", content))
    check(page.times == names, f"rows of lists are wrong: {page.times}")
    check(re.search(r'resnet-50</td>.*<data value="3.0">3.00</data>.*<td>1.50</td><td>0.75</td><td>2.00</td></tr>', page.text), "the ratios of a list are wrong")
    check(re.search(r'<data value="1.0">1.00</data></td><td>–</td><td>0.25</td><td>–</td></tr>', page.text), "a loop on one thread does not stand for two")
    check(">flat-huge-pages</td>" not in page.text, "a flat array is taken for a list")
    check((folder / "lists-page/models.png").exists(), "lists have no picture")


def test_tables(folder, files):
    """Rows of embedding tables have a section of their own, with the very ratios: each beside its limit, its reference and what does without it."""
    times = {"traffic_rows_f32/elementwise/avx2": 2.0, "traffic_rows_f32/elementwise/sse2": 2.5, "traffic_rows_f32/rowwise/avx2": 1.0,
             "traffic_bags_f32/elementwise/avx2": 1.5, "reference_rows_f32/elementwise-unique/scalar": 8.0,
             "reference_rows_f32/elementwise-sequential/scalar": 9.0, "reference_rows_f32/rowwise-unique/scalar": 10.0,
             "update_rows_f32/elementwise-unique/avx2": 3.0, "update_rows_f32/elementwise-unique/sse2": 2.25, "update_rows_f32/elementwise-interleaved/avx2": 4.5,
             "update_rows_f32/rowwise-sum/avx2": 1.75, "update_bags_f32/elementwise/avx2": 4.0, "expanded_bags_f32/elementwise/avx2": 5.0}
    names = {f"{stem}/4000000x64/uniform/threads:1/real_time": ns for stem, ns in times.items()}
    names.update({"update_rows_f32/elementwise-unique/avx2/4000000x64/uniform/threads:2/real_time": 1.5,
                  "update_rows_f32/elementwise-sum/avx2/4000000x64/zipf/threads:1/real_time": 7.0})
    rows = [{"run_name": name, "run_type": "iteration", "ns_per_element": ns, "bytes_per_second": 16e9} for name, ns in names.items()]
    page = page_of(folder / "tables-page", write(folder / "tables.json", {"context": {"instruction_set": "avx2"}, "benchmarks": rows}))
    check(page.times == names, f"rows of tables are wrong: {page.times}")
    lines = [[html.unescape(re.sub("<[^>]*>", "", cell)) for cell in line.split("</td>")[:-1]] for line in page.text.split("<tr>")]
    for expected in (["elementwise-unique", "avx2", "192", "128", "1.50", "512", "2.67", "16.00", "–"],
                     ["elementwise-unique", "sse2", "144", "128", "1.12", "512", "3.56", "16.00", "–"],
                     ["elementwise-interleaved", "avx2", "288", "–", "–", "512", "1.78", "16.00", "–"],
                     ["rowwise-sum", "avx2", "112", "64.0", "1.75", "640", "5.71", "16.00", "–"],
                     ["bags, elementwise", "avx2", "256", "96.0", "2.67", "576", "2.25", "16.00", "0.80"]):
        check(["4,000,000 x 64, uniform", "1", *expected] in lines, f"no line {expected}")
    check((folder / "tables-page/rows.png").exists(), "tables have no picture")
    check("0.80 times as long as expanding" in page.text and "1.50 times (4,000,000 x 64, uniform)" in page.text, "findings of tables are wrong")
    check("are slower than the scalar reference" not in page.text and "slower with more threads" not in page.text, "tables are blamed without cause")
    page = page_of(folder / "no-tables-page", files[0])
    check("Embedding rows</h2>\n<p class=soft>This run has no rows" in page.text and not (folder / "no-tables-page/rows.png").exists(),
          "a run without tables does not say so")


def test_measured_tables(folder):
    """The program's own, measured in groups of their own."""
    results = folder / "measured-tables"
    status, said = measure(results, "--program", program, "--filter", "(update|traffic)_rows_f32/rowwise(-sum)?/[^/]*/100000x16/", "--repetitions", 2,
                           "--min-time", 0.001)
    check(status == 0, f"the driver failed: {said}")
    for asked in ("uniform", "zipf"):
        check(f"f32, 100,000 x 16, {asked}, 1 thread: done" in said and (results / f"f32-100000x16-{asked}-threads-1.json").exists(), f"no group {asked}: {said}")
    page = page_of(folder / "measured-tables-page", results)
    check(page.times == medians(results.glob("*-threads-*.json")) and len(page.times) == 4, f"the page's numbers are not the medians: {page.times}")


def test_refusals(folder, files):
    out, whole = folder / "refused", files[0].read_text()
    other = json.loads(whole)
    other["context"]["commit"] = "another"
    other["benchmarks"] = [dict(row, run_name=row["run_name"].replace("1000", "2000")) for row in other["benchmarks"]]
    failed = json.loads(whole)
    failed["benchmarks"] = [{"run_name": row["run_name"], "run_type": "iteration", "error_occurred": True, "error_message": "no memory"}
                            for row in failed["benchmarks"]]
    without = json.loads(whole)
    without["benchmarks"] = [row for row in without["benchmarks"] if row.get("aggregate_name") == "cv"]
    (folder / "nothing").mkdir()
    refused(out, "missing file", folder / "nowhere.json")
    refused(out, "empty folder", folder / "nothing")
    refused(out, "not JSON", write(folder / "text.json", "ns_per_element"))
    refused(out, "cut off", write(folder / "cut.json", whole[: len(whole) // 2]))
    refused(out, "other JSON", write(folder / "list.json", "[1, 2]"))
    refused(out, "no rows", write(folder / "empty.json", {"context": {}, "benchmarks": []}))
    refused(out, "rows of others", write(folder / "others.json", {"context": {}, "benchmarks": [{"name": "BM_sort/8", "run_name": "BM_sort/8"}]}))
    refused(out, "failed rows only", write(folder / "failed.json", failed))
    refused(out, "aggregates without a median", write(folder / "without.json", without))
    refused(out, "a row twice", files[0], write(folder / "twice.json", whole))
    refused(out, "another build", files[0], write(folder / "other.json", other))
    check(not (out / "index.html").exists(), "a page was written although its input was refused")

    keep = folder / "keep"
    keep.mkdir()
    write(keep / "mine.json", "mine")
    for name, status, arguments in (("a folder of something else", 2, [keep, "--program", program]),
                                    ("no such program", 2, [folder / "new", "--program", folder / "no-program"]),
                                    ("a filter without a row", 2, [folder / "new", "--program", program, "--filter", "no-such-row"]),
                                    ("no repetitions", 2, [folder / "new", "--program", program, "--repetitions", "0"])):
        got, said = measure(*arguments)
        check(got == status and "Traceback" not in said and len(said) > 40, f"{name}: status {got}, {said}")
    check((keep / "mine.json").read_text() == "mine", "a file of somebody else was touched")
    for script in ("run.py", "report.py"):
        status, said = run(source / "bench" / script, "--help")
        check(status == 0 and "usage:" in said, f"{script} --help: {said}")


def stand_in(folder, name, then):
    path = write(folder / name, STAND_IN.format(python=sys.executable, then=then))
    path.chmod(0o755)
    return path


def test_failing_row(folder):
    results = folder / "failing"
    status, said = measure(results, "--program", stand_in(folder, "fails", "sys.exit('out of order')"))
    check(status == 1 and "failed: reference_f64" in said, f"a failing row is not told: {status}, {said}")
    page = page_of(folder / "failing-page", results)
    check(list(page.times.values()) == [2.5] and "1 of 2 rows are missing" in page.text and "exit status 1" in page.text, "a failing row is not on the page")


def test_interrupt(folder):
    """Ctrl-C in the second group: the first stays, the program does not."""
    results, alive = folder / "interrupted", folder / "alive"
    then = f"import os; open({str(alive)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    command = [*PYTHON, source / "bench/run.py", results, "--program", stand_in(folder, "sleeps", then)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as driver:
        while not (alive.exists() and alive.read_text()) and driver.poll() is None:
            time.sleep(0.02)
        driver.send_signal(signal.SIGINT)
        said = driver.communicate()[0]
    check(driver.returncode == 130 and "interrupted" in said, f"Ctrl-C: status {driver.returncode}, {said}")
    check(not Path("/proc", alive.read_text()).exists(), "the program runs on after Ctrl-C")
    check(sorted(path.name for path in results.iterdir()) == ["f32-1000-threads-1.json", "run.json"], "after Ctrl-C the results are not those of the first group")
    page = page_of(folder / "interrupted-page", results)
    check("1 of 2 rows are missing" in page.text and "the run ended before" in page.text, "the page does not say that the run was interrupted")


with tempfile.TemporaryDirectory() as name:
    temporary = Path(name)
    measured = test_whole_run(temporary)
    test_privacy(temporary, measured)
    test_parts(temporary, measured)
    test_lists(temporary, measured)
    test_tables(temporary, measured)
    test_measured_tables(temporary)
    test_refusals(temporary, measured)
    test_failing_row(temporary)
    test_interrupt(temporary)
print("\n".join(failures) or "the page shows the numbers of the results, and says what is missing")
sys.exit(bool(failures))
