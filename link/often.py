#!/usr/bin/env python3
"""Makes `link/often.ld` anew: the functions that cached commands run through, for the linker to lay side by side.

It takes the released program with its symbols, nm and valgrind, and asks for the code that the sandbox shows:

    AWSTOK_SYMBOLS=1 cargo build --release
    target/release/awstok sandbox -- sh -c 'awstok token prod && python3 link/often.py target/release/awstok' > often.ld
    mv often.ld link/often.ld

Names stand without the hashes that differ from compiler to compiler, except where most forms of a generic function would come
along. One that is gone does no harm; a list that is old makes a program that starts more slowly, and nothing else.
"""

import collections
import re
import subprocess
import sys
import tempfile

# the one that is called most stands first
COMMANDS = ["credential-process prod", "prompt", "env prod", "env prod --shell bash", "status prod", "list", "token prod --force"]
# a generic function's name stands for all its forms: one that brings in more than this many bytes of others stays where it is
TOO_MUCH = 30_000
# valgrind's processor lacks these instructions, real ones have them
UNSEEN = re.compile(r"^_ZN4sha2.*x86_sha")


def pattern(symbol):
    """Gives the name without what differs between compilers, as the linker's script has it."""
    return re.sub(r"Cs[0-9A-Za-z]+_", "Cs*_", re.sub(r"17h[0-9a-f]{16}E.*$", "17h*", symbol))


def sizes(program):
    """Gives the functions of a program with their sizes."""
    lines = subprocess.run(["nm", "-S", "--defined-only", program], check=True, capture_output=True, text=True).stdout
    fields = [line.split() for line in lines.splitlines()]
    return {name: int(size, 16) for _, size, kind, name in (field for field in fields if len(field) == 4) if kind in "tTwW"}


def run_through(program, command):
    """Gives the functions that a command runs through."""
    with tempfile.NamedTemporaryFile() as calls:
        valgrind = ["valgrind", "--tool=callgrind", "--demangle=no", f"--callgrind-out-file={calls.name}"]
        subprocess.run(valgrind + [program] + command.split(), check=True, capture_output=True)
        text = open(calls.name, encoding="utf-8").read()
    return {name.split("'")[0] for name in re.findall(r"^c?fn=\(\d+\) (\S+)", text, re.MULTILINE)}


def main():
    program = sys.argv[1]
    size = sizes(program)
    runs = {command: run_through(program, command) & size.keys() for command in COMMANDS}
    runs[COMMANDS[0]] |= {name for name in size if UNSEEN.match(name)}
    often, whole = collections.Counter(), collections.Counter()
    for name in set().union(*runs.values()):
        often[pattern(name)] += size[name]
    for name in size:
        whole[pattern(name)] += size[name]
    # forms of a generic function that are mostly others' stand with their hashes, which hold for this compiler; for others, all forms follow
    generic = {name for name in often if often[name] < whole[name] / 2}
    by = collections.defaultdict(set)
    for command, names in runs.items():
        for name in names:
            by[name if pattern(name) in generic else pattern(name)].add(command)
    print("/* What cached commands run through, what they share next to what every program runs through at its start and end;")
    print(" * `link/often.py` makes it, `build.rs` hands it to the linker. */")
    names = sorted(by, key=lambda name: ([command not in by[name] for command in COMMANDS], name), reverse=True)
    section(".text.often", names, "AFTER")
    for name in sorted(generic):
        if whole[name] - often[name] > TOO_MUCH:
            print(f"left out: {name}, {often[name]} bytes among {whole[name]}", file=sys.stderr)
            generic.remove(name)
    section(".text.often.forms", sorted(generic), "BEFORE")


def section(name, functions, where):
    """Prints a section. What the compiler thinks unlikely, such as a vector that grows, has its sections marked so."""
    print(f"SECTIONS {{\n  {name} : {{")
    for function in functions:
        print(f"    *(.text.{function} .text.unlikely.{function})")
    print(f"  }}\n}}\nINSERT {where} .text;")


if __name__ == "__main__":
    main()
