"""The main job end to end on a real thorax: a folder of DICOM to a written report, with an implanted lesion.

The job runs in a process of its own, so that its peak memory is its own and its first calls count.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from calibration import triad_gb_per_s

from cases_folder import cases_root

GROUP = "job"

JOB = """
import json, resource, sys, time
from pathlib import Path

folder, out = Path(sys.argv[1]), Path(sys.argv[2])
seconds, began = {}, time.perf_counter()

def lap(name):
    global began
    now = time.perf_counter()
    seconds[name], began = now - began, now

from boneir.anatomy.lesion import grow_lesion
from boneir.assess import assess
from boneir.case_folder import save_case, save_plan
from boneir.commands.drawing import draw
from boneir.open import open_case
from boneir.plan import Technique
from boneir.proposal import Goal
from boneir.propose import propose
from boneir.report import write_report
lap("load the library")
case = open_case(folder)
lap("open and outline")
place = tuple(float(x) for x in case.image.grid.to_mm((241, 366, 40)))
lesion, findings = grow_lesion(case, place)
case = case.with_lesion(lesion).with_findings(findings)
lap("lesion from a click")
save_case(case, out / "case")
lap("save the case")
proposal = propose(case, Goal(Technique.MICROWAVE, "emprint"))
lap("propose")
plan = proposal.plans[0]
result = assess(case, plan)
save_plan(plan, out / "case")
lap("assess")
pictures, missing = draw(case, plan, result)
lap("pictures")
write_report(case, plan, result, pictures, out, findings=missing, proposal=proposal)
lap("report")
peak_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps({"seconds": seconds, "peak_gib": peak_gib, "pictures": len(pictures)}))
"""

BARS = {"propose": 3.0}


def figures() -> list[dict]:
    source = cases_root() / "thorax-ct-dicom"
    if not source.is_dir():
        print("bench_job: left out, the folder of real images is absent", file=sys.stderr)
        return []
    triad = f"triad {triad_gb_per_s():.1f} GB/s"
    with tempfile.TemporaryDirectory() as folder:
        images = implanted(source, Path(folder) / "dicom")
        # The first run compiles what numba has not compiled on this machine yet; the second is what a user sees.
        for run in ("first", "second"):
            command = [sys.executable, "-c", JOB, str(images), str(Path(folder) / run)]
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))
            if done.returncode:
                raise RuntimeError(done.stderr)
            facts = json.loads(done.stdout.splitlines()[-1])
    rows = [row(f"thorax: {name}", value, "s", BARS.get(name), triad) for name, value in facts["seconds"].items()]
    total = sum(facts["seconds"].values())
    rows.append(row("thorax: DICOM to written report", total, "s", 30.0, triad))
    rows.append(row("thorax: peak memory", facts["peak_gib"], "GiB", 4.0, triad))
    rows.append(row("thorax: pictures in the report", facts["pictures"], "", None, triad))
    return rows


def implanted(source: Path, target: Path) -> Path:
    """The thorax with a lytic lesion in a vertebral body, written as a DICOM series."""
    from boneir.image.dicom_write import write_ct_series
    from boneir.image.read import read_image
    from boneir.training.implant import implant_lesion

    image, _ = read_image(source)
    place = tuple(float(x) for x in image.grid.to_mm((241, 366, 40)))
    write_ct_series(implant_lesion(image, place, 14.0, "lytic", seed=1).image, target)
    return target


def row(name: str, value: float, unit: str, bar: float | None, calibration: str) -> dict:
    met = None if bar is None else value <= bar
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "bar": bar,
        "met": met,
        "calibration": calibration,
        "peer": None,
    }
