#!/usr/bin/python3
"""The example with embedding tables on a small index made here: it learns; for all models the same final bits for the scalar reference, every instruction set
and thread count; bad files and options are refused."""
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from trained_examples import check_refused, check_resumed, run, trained, trained_in_every_way

program, fetch = sys.argv[1:]
folder = tempfile.TemporaryDirectory()
index = Path(folder.name) / "packages"
command = [program, "--index", str(index)]
short = [*command, "--batch", "32", "--epochs", "4"]


def make_index():
    """Each section has words of its own, among those that all have; areas, long descriptions, a name twice and fields that do not matter."""
    draw = random.Random(7)
    sections = ["games", "libs", "contrib/math", "sound"]
    own = {section: [f"{section[-4:]}{i}" for i in range(20)] for section in sections}
    common = [f"word{i}" for i in range(60)]
    stanzas = []
    for number in range(600):
        section = draw.choice(sections)
        words = draw.choices(own[section], k=3) + draw.choices(common, k=12)
        draw.shuffle(words)
        stanzas.append(f"Package: p{number}\nVersion: 1\nTag: a,\n b\nSection: {section}\nDescription-en: {' '.join(words[:4]).title()}\n {' '.join(words[4:9])}\n .\n"
                       f" {', '.join(words[9:])}.\nDescription-md5: 0\n")
    stanzas.append(stanzas[3].replace("Section: ", "Section: non-free/"))
    stanzas.append("Package: no-section\nDescription: nothing\n")
    return "\n".join(stanzas)


def check_learned(model, text):
    rows = re.findall(r"^(?:linear bag|embeddings of|always the largest section).*?  +(\d\.\d{4})", text, re.MULTILINE)
    if len(rows) != 2:
        sys.exit(f"{model}: there is no final table of one model:\n{text}")
    accuracy, majority = map(float, rows)
    if accuracy < majority + 0.3:
        sys.exit(f"{model}: accuracy {accuracy}, where the largest section gives {majority}: it learns nothing")


index.write_text(make_index(), encoding="ascii")
final = {}
for model in (["--dim", "0"], ["--dim", "0", "--rowwise"], ["--dim", "9"], ["--dim", "9", "--rowwise"]):
    name = " ".join(model)
    final[name], texts = trained_in_every_way(short, *model, threads="123")
    for text in texts:
        check_learned(name, text)
for change in (["--learning-rate", "0.5"], ["--seed", "3"], ["--limit", "300"], ["--batch", "64"], ["--epochs", "3"]):
    final[" ".join(change)] = trained(short, "--dim", "9", *change)[0]
if len(set(final.values())) != len(final):
    sys.exit(f"different models or options give the same hash: one of them does nothing, or it hashes nothing:\n{final}")

check_resumed([*short, "--epochs", "60", "--dim", "9"], folder.name)
check_refused(command, (
    ["--dim", "-1"], ["--dim"], ["--epochs", "0"], ["--batch", "x"], ["--learning-rate", "nan"], ["--seed", "x"], ["--threads", "many"],
    ["--limit", "0"], ["--reference", "--isa", "sse2"], ["--reference", "--threads", "2"], ["--momentum", "0.9"]))

bad = Path(folder.name) / "bad"
for contents, reason in ((None, "No such file"), ("", "names no package"), ("Package: a\nSection: b\n", "names no package"),
                         (" text\n", "line 1 goes on with a field"), ("Package: a\n\n text\n", "line 3 goes on with a field"),
                         ("Package: a\n<html>\n", "line 2 has no colon"), ("Package: a\nSection: b\nDescription: c\n", "too few packages")):
    bad.unlink(missing_ok=True)
    if contents is not None:
        bad.write_text(contents, encoding="ascii")
    code, text, errors = run([program, "--index", str(bad)])
    if code != 1 or str(bad) not in errors or reason not in errors or text:
        sys.exit(f"an index of {contents!r} is not refused with '{reason}' (exit status {code}):\n{text}{errors}")

done = subprocess.run([sys.executable, fetch, folder.name + "/new"], capture_output=True, text=True, check=False, env={"PATH": "/nowhere"})
if done.returncode != 3 or "no package index: this system has no apt" not in done.stdout:
    sys.exit(f"fetch.py without apt does not say so (exit status {done.returncode}):\n{done.stdout}{done.stderr}")
