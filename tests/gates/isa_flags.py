"""Configuring refuses an instruction set whose flags are not covered by its run-time condition.

usage: isa_flags.py CMAKE SOURCE_DIR

Takes the HAS(...) of each flag away in turn and expects cmake/Isa.cmake to refuse that list by name; the real list must pass.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

from report import finish

cmake, source = sys.argv[1], pathlib.Path(sys.argv[2])
reader = pathlib.Path(__file__).with_name("read_isa_list.cmake")
text = (source / "src/isa/isa.def").read_text()
processors = {"X86": "x86_64", "ARM": "aarch64"}


def configure(list_text, processor):
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder, "src/isa/isa.def")
        copy.parent.mkdir(parents=True)
        copy.write_text(list_text)
        return subprocess.run([cmake, f"-DISA_CMAKE={source}/cmake/Isa.cmake", f"-DPROJECT_SOURCE_DIR={folder}",
                               f"-DCMAKE_SYSTEM_PROCESSOR={processor}", "-P", reader], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


problems, refused = [], 0
for family, processor in processors.items():
    if (run := configure(text, processor)).returncode != 0:
        problems.append(f"the real list is refused for {processor}:\n{run.stdout}")
for line in text.splitlines():
    entry = re.match(r'ADAGRAD_ISA_(X86|ARM)\((\w+), [^"]+, "([^"]*)"', line)
    for flag in entry.group(3).split() if entry else []:
        feature = f'HAS("{flag[2:]}")'
        run = configure(text.replace(line, line.replace(feature, "true")), processors[entry.group(1)])
        message = re.sub(r"\s+", " ", run.stdout)
        if run.returncode == 0 or entry.group(2) not in message or feature not in message:
            problems.append(f"{entry.group(2)} is accepted with {flag} but without {feature}")
        refused += 1
if configure(text, "riscv64").returncode == 0:
    problems.append("a processor without a family in isa.def (riscv64) is accepted")

finish(problems,
       "an instruction set that is compiled with a flag its condition does not ask for is chosen on machines that cannot run it.",
       "see adagrad_read_isa_list() in cmake/Isa.cmake, and give every -mX of src/isa/isa.def its HAS(\"X\") on the same line.",
       f"the list passes, and is refused without any one of its {refused} conditions" if refused else "")
