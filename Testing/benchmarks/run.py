"""Runs the benchmarks: ``run.py [GROUP] [--json FILE]``.

A benchmark is a file ``bench_<something>.py`` with ``GROUP`` and ``figures()``, which gives dicts with the keys name,
value, unit, bar (None where there is none), met, and as far as they exist calibration (the memory bandwidth of the same
run) and peer (what another program needed for the same job in the same run).
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("group", nargs="?", default="")
    parser.add_argument("--json", default="")
    options = parser.parse_args()
    modules = [importlib.import_module(path.stem) for path in sorted(HERE.glob("bench_*.py"))]
    groups = sorted({module.GROUP for module in modules})
    if options.group and options.group not in groups:
        parser.error(f"no group {options.group!r}; there are {', '.join(groups)}")
    rows = []
    for module in modules:
        if options.group in ("", module.GROUP):
            for figure in module.figures():
                rows.append({"group": module.GROUP, **figure})
                print(line(rows[-1]), flush=True)
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=2) + "\n", "utf-8")
    return 0


def line(row: dict) -> str:
    bar = f"bar {row['bar']:g}" if row.get("bar") is not None else "no bar"
    met = {True: "met", False: "NOT MET", None: ""}[row.get("met")]
    text = f"{row['group']:<9} {row['name']:<52} {row['value']:>10.4g} {row['unit']:<6} {bar:<12} {met:<8}"
    return f"{text} calibration: {row.get('calibration') or '-'}; peer: {row.get('peer') or '-'}"


if __name__ == "__main__":
    sys.exit(main())
