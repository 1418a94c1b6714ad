"""Outlining a CT of 512 x 512 x 160 voxels without labels: all structures, every level, and vertebrae taken apart.

Each job runs in a process of its own, so that its peak memory is its own and its first calls count.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from calibration import triad_gb_per_s

from cases_folder import cases_root

GROUP = "anatomy"

JOB = """
import json, resource, sys, time
from boneir.anatomy.outline import outline_structures
from boneir.anatomy.vertebra_parts import vertebra_parts
from boneir.image.read import read_image

image, _ = read_image(sys.argv[1])
began = time.perf_counter()
structures, findings = outline_structures(image)
outlined = time.perf_counter() - began
found = {item.name: item.mask for item in structures}
spine = [name for name in found if name.startswith("vertebra_")]
began = time.perf_counter()
for name in spine:
    vertebra_parts(found[name], found["spinal_canal"])
apart = (time.perf_counter() - began) / max(1, len(spine))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps({"outlined": outlined, "apart": apart, "peak": peak, "levels": len(spine), "shape": image.grid.shape}))
"""

IMAGES = {"thorax": "thorax-ct-dicom", "pelvis": "pelvis-ct-dicom"}
OUTLINE_S, PEAK_GIB = 20.0, 4.0


def figures() -> list[dict]:
    rows = []
    for name, folder in IMAGES.items():
        source = cases_root() / folder
        if not source.is_dir():
            print(f"bench_anatomy: {folder} left out, the folder of real images is absent", file=sys.stderr)
            continue
        command = [sys.executable, "-c", JOB, str(source)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))
        if done.returncode:
            raise RuntimeError(done.stderr)
        facts = json.loads(done.stdout.splitlines()[-1])
        triad = f"triad {triad_gb_per_s():.1f} GB/s"
        size = "x".join(str(n) for n in reversed(facts["shape"]))
        rows += [
            row(f"{name} {size}: outline all structures", facts["outlined"], "s", OUTLINE_S, triad),
            row(f"{name}: levels named", facts["levels"], "", None, triad),
            row(f"{name}: one vertebra taken apart", facts["apart"], "s", 2.0, triad),
            row(f"{name}: peak memory", facts["peak"], "GiB", PEAK_GIB, triad),
        ]
    return rows


def row(name: str, value: float, unit: str, bar: float | None, calibration: str) -> dict:
    met = None if bar is None else value <= bar
    return {
        "name": name, "value": value, "unit": unit, "bar": bar, "met": met, "calibration": calibration, "peer": None,
    }  # fmt: skip
