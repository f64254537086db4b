#!/usr/bin/python3
"""Writes name, section and English description of every package that this system's apt knows to FOLDER/packages.

usage: examples/package_sections/fetch.py FOLDER

Takes apt's own lists where they have descriptions; otherwise downloads them (16 MB from the system's Debian mirror) into FOLDER, without a change to the
system. A file that is there is kept: remove it to get today's. Exit status 3 where there is no index to be had.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

CAT = "/usr/lib/apt/apt-helper"
ENGLISH = ["-o", "Acquire::Languages=en"]
NO_INDEX = 3


class Missing(Exception):
    """There is no index, and why."""


def run(*command):
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0:
        errors = done.stderr.decode(errors="replace").strip().splitlines()
        raise Missing(f"{' '.join(command[:2])} failed: {errors[-1] if errors else f'exit status {done.returncode}'}")
    return done


def lists(options):
    """The files that apt has of each kind, Packages and Translations."""
    found = {"Packages": [], "Translations": []}
    for line in run("apt-get", "indextargets", *options, "--format", "$(CREATED_BY) $(FILENAME)").stdout.decode().splitlines():
        kind, _, path = line.partition(" ")
        if kind in found:
            found[kind].append(path)
    return found


def download(folder):
    """Has apt keep new lists in `folder`; returns the options for that, and the lists."""
    state, cache = folder / "apt/lists", folder / "apt/cache"
    for each in (state, cache):
        (each / "partial").mkdir(parents=True, exist_ok=True)
    options = [*ENGLISH, "-o", f"Dir::State::lists={state}", "-o", f"Dir::Cache={cache}"]
    print("apt has no English descriptions here: downloading Debian's package index (16 MB)", flush=True)
    update = run("apt-get", "update", "-q", *options)  # succeeds without a network too
    found = lists(options)
    if not found["Packages"] or not found["Translations"]:
        complaints = update.stderr.decode(errors="replace").strip().splitlines()
        raise Missing(f"the download failed: {complaints[0] if complaints else 'apt has no sources of Debian packages'}")
    return options, found


def stanzas(path, options):
    """Of each stanza the fields that are wanted here, with their lines as they are."""
    fields, current = {}, None
    for line in run(CAT, *options, "cat-file", path).stdout.decode(errors="replace").split("\n"):
        if not line:
            if fields:
                yield fields
            fields, current = {}, None
        elif line[0] in " \t":
            if current:
                fields[current] += "\n" + line
        else:
            name, _, value = line.partition(":")
            current = name if name in ("Package", "Section", "Description", "Description-en", "Description-md5") else None
            if current:
                fields[current] = value.strip()


def packages(found, options):
    """One text for each package, in the order of their names."""
    translations = {}
    for path in found["Translations"]:
        for fields in stanzas(path, options):
            if "Description-en" in fields:
                translations[fields.get("Description-md5")] = fields["Description-en"]
    texts = {}
    for path in found["Packages"]:
        for fields in stanzas(path, options):
            description = translations.get(fields.get("Description-md5"), fields.get("Description"))
            if description and "Section" in fields and "Package" in fields:
                texts.setdefault(fields["Package"], (fields["Section"], description))
    return sorted(texts.items())


def fetch(folder):
    if not shutil.which("apt-get") or not os.access(CAT, os.X_OK):
        raise Missing("this system has no apt")
    options = ENGLISH
    found = lists(options)
    if not found["Packages"] or not found["Translations"]:
        options, found = download(folder)
    texts = packages(found, options)
    if not texts:
        raise Missing("apt's lists name no package")
    partial = folder / "packages.partial"
    with partial.open("w", encoding="utf-8", newline="\n") as file:
        for name, (section, description) in texts:
            file.write(f"Package: {name}\nSection: {section}\nDescription-en: {description}\n\n")
    partial.replace(folder / "packages")
    shutil.rmtree(folder / "apt", ignore_errors=True)
    print(f"{len(texts)} packages, {len(found['Translations'])} lists of descriptions")


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__.strip())
        return 0 if sys.argv[1:] in (["-h"], ["--help"]) else 2
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "packages").exists():
        print(f"{folder / 'packages'} is there")
        return 0
    try:
        fetch(folder)
    except Missing as reason:
        print(f"no package index: {reason}")
        return NO_INDEX
    return 0


if __name__ == "__main__":
    sys.exit(main())
