#!/usr/bin/env python3
"""Sets up BoneIRPlanner and runs it: ``python3 dev.py demo | test | bench | lint | translations``.

Only the standard library is used here. The first call makes the virtual environment ``.venv`` beside this file; later
calls use it as it is until ``pyproject.toml`` or ``constraints.txt`` changes.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
OLDEST, NEWEST = (3, 11), (3, 13)
"""Versions of Python for which every dependency, slicer-core included, has a wheel."""

SLICER_PACKAGES = ("numpy", "scipy", "SimpleITK", "pydicom", "highdicom")
"""What the library finds in Slicer's own Python; the environment ``.venv-slicer`` holds these and nothing else."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, epilog="example: python3 dev.py demo"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="set up, then plan the bundled synthetic patient")
    demo.add_argument("--out", default=str(ROOT / "demo"), help="folder for the result (default: demo)")
    commands.add_parser("test", help="set up, then run the tests; further arguments go to pytest")
    bench = commands.add_parser("bench", help="run the benchmarks, or one group of them")
    bench.add_argument("name", nargs="?", default="", help="group: job, access, ablation, cement, anatomy, gui, fusion")
    bench.add_argument("--json", default="", metavar="FILE", help="write the figures to FILE as well")
    texts = commands.add_parser("translations", help="collect every text of the modules for Qt Linguist")
    texts.add_argument("--out", default=str(ROOT / "BoneIRPlanner.ts"), help="file (default: BoneIRPlanner.ts)")
    commands.add_parser("lint", help="ruff, mypy and the packaging check")
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command != "test":
        parser.error(f"not understood: {' '.join(rest)}")
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        other = another_python()
        if other:
            again = sys.argv[1:] if arguments is None else list(arguments)
            return subprocess.run([other, str(ROOT / "dev.py"), *again], check=False).returncode
        if sys.version_info[:2] < OLDEST:
            have = sys.version.split()[0]
            print(f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed; this is {have}.", file=sys.stderr)
            return 1
    if options.command == "demo":
        python = environment(ROOT / ".venv", ["headless", "report"])
        return run(python, "-m", "boneir", "demo", "--out", options.out)
    python = environment(ROOT / ".venv", ["headless", "report", "dev"])
    if options.command == "bench":
        more = ["--json", options.json] if options.json else []
        return run(python, "Testing/benchmarks/run.py", *([options.name] if options.name else []), *more)
    if options.command == "translations":
        return run(python, "Testing/standins/translations.py", options.out)
    os.environ["BONEIR_SLICER_LIKE_PYTHON"] = str(environment(ROOT / ".venv-slicer", None))
    if options.command == "test":
        # Each file stays in one process, because Slicer's core and Qt's stand-ins share one scene per process.
        return run(python, "-m", "pytest", "-n", str(os.cpu_count() or 1), "--dist", "loadfile", *rest)
    return lint(python)


def lint(python: Path) -> int:
    """Run every check that needs no test data; report all of them, not only the first that fails."""
    checks = (
        ("-m", "ruff", "check", "."),
        ("-m", "ruff", "format", "--check", "."),
        ("-m", "mypy"),
        ("-m", "pytest", "-q", "Testing/packaging"),
    )
    return max([run(python, *check) for check in checks])


def run(python: Path, *arguments: str) -> int:
    """Run the environment's Python in the checkout and return its exit code."""
    return subprocess.run([str(python), *arguments], cwd=ROOT, check=False).returncode


def environment(folder: Path, extras: list[str] | None) -> Path:
    """Make or update a virtual environment and return its Python.

    With `extras` it holds this project in place with those extras; with None only what Slicer's own Python holds.
    """
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = {"pyproject.toml", "constraints.txt"}
    digest = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in sorted(wanted))).hexdigest()
    stamp = folder / "boneir-stamp"
    have = stamp.read_text().split() if stamp.is_file() and python.is_file() else []
    missing = [extra for extra in extras or [] if extra not in have[1:]]
    if have and have[0] == digest and not missing:
        return python
    print(f"Setting up {folder.name} ...", file=sys.stderr, flush=True)
    if not python.is_file():
        venv.create(folder, with_pip=True)
    what = ["-e", f"{ROOT}[{','.join(extras)}]"] if extras else list(SLICER_PACKAGES)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, "-c", str(ROOT / "constraints.txt"), *what], cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(f"The packages could not be installed into {folder.name}: see pip's message above.")
    kept = have[1:] if have and have[0] == digest else []
    stamp.write_text(" ".join([digest, *sorted({*kept, *(extras or [])})]))
    return python


def another_python() -> str | None:
    """Find a Python of a version for which every dependency has a wheel, the newest first."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and subprocess.run([found, "-c", "import venv, ensurepip"], check=False).returncode == 0:
            return found
    return None


if __name__ == "__main__":
    sys.exit(main())
