#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compares the manual and doc/dco.md with the option table.

usage: scripts/check-options.py [BUILDDIR]     (BUILDDIR holds config-dump; default ".")

Every option that this build knows needs an entry "--name ..." in doc/openvpn.8.rst, and every entry
needs a row. An entry says "Not supported by this build yet." exactly when that is so. Prints what
differs and how many options are not supported yet; exits 1 when something differs. The table of
options in doc/dco.md is the output of "config-dump offload".
"""
import os
import re
import subprocess
import sys

MARK = "Not supported by this build yet."
ENTRY = re.compile(r"^--([a-z][a-z0-9-]*)((?: \S+)*)$")


def dump(builddir, what):
    return subprocess.run([os.path.join(builddir, "config-dump"), what], check=True,
                          stdout=subprocess.PIPE, universal_newlines=True).stdout


def read_table(builddir):
    out = dump(builddir, "table")
    rows = [line.split("|", 3) for line in out.splitlines()]
    return {row[0]: row[1] for row in rows}


def read_manual(path):
    entries, name, text = {}, None, []
    with open(path, encoding="utf-8") as f:
        for line in f:
            m = ENTRY.match(line.rstrip("\n"))
            if m:
                name, text = m.group(1), []
                if name in entries:
                    sys.exit(f"{path}: two entries for --{name}")
                entries[name] = text
            elif name and line.startswith("  "):
                text.append(line.strip())
            elif line.strip():
                name = None
    return {k: " ".join(v) for k, v in entries.items()}


def main():
    top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    builddir = sys.argv[1] if len(sys.argv) > 1 else "."
    table = read_table(builddir)
    manual = read_manual(os.path.join(top, "doc", "openvpn.8.rst"))
    problems = []

    for name, status in table.items():
        if status == "absent":
            continue
        if name not in manual:
            problems.append(f"--{name} ({status}) has no entry in the manual")
        elif not manual[name]:
            problems.append(f"--{name} has an empty entry in the manual")
        elif (MARK in manual[name]) != (status == "not built"):
            problems.append(f"--{name} is {status}: " + ("remove" if MARK in manual[name] else "add")
                            + f' "{MARK}" in the manual')
    for name in manual:
        if table.get(name, "absent") == "absent":
            problems.append(f"--{name} is in the manual, but not an option of this build")

    stated = dump(builddir, "offload").splitlines()
    with open(os.path.join(top, "doc", "dco.md"), encoding="utf-8") as f:
        told = [line.rstrip("\n") for line in f if re.match(r"\| `--[a-z0-9-]+` \|", line)]
    problems += [f"doc/dco.md lacks: {row}" for row in stated if row not in told]
    problems += [f"doc/dco.md, not in the option table: {row}" for row in told if row not in stated]

    for p in problems:
        print(p)
    count = {s: list(table.values()).count(s) for s in sorted(set(table.values()))}
    print(f"{len(table)} options: " + ", ".join(f"{n} {s}" for s, n in count.items()))
    print(f"{count.get('not built', 0)} options are not supported yet: "
          + " ".join(n for n, s in table.items() if s == "not built"))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
