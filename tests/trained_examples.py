"""What the tests of the examples that train something share: how they run, which final bits must be equal, how wrong options are refused.
A command is the list of a program and the arguments that all its runs have."""
import pathlib
import re
import signal
import subprocess
import sys
import time


def run(command, *arguments):
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def trained(command, *arguments):
    """The final hash and all that was printed."""
    code, text, errors = run(command, *arguments)
    found = re.search(r"^hash of parameters and accumulators .*: ([0-9a-f]{16})$", text, re.MULTILINE)
    if code != 0 or not found:
        sys.exit(f"{' '.join([*command, *arguments])} failed:\n{text}{errors}")
    return found.group(1), text


def instruction_sets(command):
    """Those that this machine has, as the message that refuses another one lists them."""
    code, _, errors = run(command, "--isa", "nonsense")
    found = re.search(r"--isa: .*available: (.*)$", errors, re.MULTILINE)
    if code == 0 or not found:
        sys.exit(f"an unknown instruction set is not refused with the list:\n{errors}")
    return found.group(1).split(", ")


def trained_in_every_way(command, *model, threads):
    """The final hash, which the scalar reference, every instruction set and these thread counts must share, and what each of them printed."""
    hashes, texts = set(), []
    for case in [["--reference"]] + [["--isa", name] for name in instruction_sets(command)] + [["--threads", n] for n in threads]:
        value, text = trained(command, *model, *case)
        print(value, *model, *case)
        hashes.add(value)
        texts.append(text)
    if len(hashes) != 1:
        sys.exit(f"{' '.join(model)}: the final bits differ: they must not depend on the instruction set or the thread count")
    return hashes.pop(), texts


def check_refused(command, wrong, statuses=(2,)):
    """Each of these lists of arguments, with a message that names its first."""
    for arguments in wrong:
        code, text, errors = run(command, *arguments)
        if code not in statuses or arguments[0] not in errors or text:
            sys.exit(f"{' '.join(arguments)} is not refused with a message that names it (exit status {code}):\n{text}{errors}")


def interrupted(command, file):
    """Runs it with --save and presses Ctrl-C at a moment at which it trains."""
    delay = 0.02
    while delay < 60:
        running = subprocess.Popen([*command, "--save", file], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(delay)
        running.send_signal(signal.SIGINT)
        text, errors = running.communicate()
        if running.returncode == 130 and f"to go on, run the same command with --resume {file}" in errors:
            return
        if running.returncode == 0:
            sys.exit(f"{' '.join(command)} --save: ended within {delay} s, before it could be interrupted:\n{text}{errors}")
        if running.returncode != -signal.SIGINT:  # which it is before it notices interrupts
            sys.exit(f"{' '.join(command)} --save, interrupted: exit status {running.returncode}:\n{text}{errors}")
        delay *= 1.2
    sys.exit(f"{' '.join(command)} --save: never interrupted")


def check_resumed(command, folder, times=2):
    """Interrupted again and again, it ends with the bits of never having stopped; and a run of fewer epochs can be gone on with."""
    whole = trained(command)[0]
    file = str(pathlib.Path(folder) / "saved.safetensors")
    resumed = [*command]
    for _ in range(times):
        interrupted(resumed, file)
        resumed = [*command, "--resume", file]
        value, text = trained(resumed)
        if value != whole or "goes on after" not in text:
            sys.exit(f"{' '.join(resumed)} ends with {value} in place of {whole}:\n{text}")
    trained(command, "--epochs", "1", "--save", file)
    if trained(resumed)[0] != whole:
        sys.exit(f"{' '.join(resumed)}: a run that was saved after its first epoch is not gone on with to the same bits")
    nowhere = str(pathlib.Path(folder) / "nowhere")
    code, text, errors = run(command, "--resume", nowhere)
    if code != 1 or f"cannot read {nowhere}: open: No such file or directory" not in errors:
        sys.exit(f"--resume with a file that is not there is not refused (exit status {code}):\n{text}{errors}")
