"""``boneir lesion``: a lesion of the case, grown from a point inside it or taken from a file."""

from __future__ import annotations

import argparse
from dataclasses import replace

from ..anatomy.lesion import grow_lesion
from ..anatomy.lesion_file import lesion_from_file
from ..anatomy.lesion_measures import measure_lesion
from ..case_folder import load_case, save_case
from .output import Answer, Progress
from .tables import finding_lines, measure_table


def run(options: argparse.Namespace, progress: Progress) -> Answer:
    """Outline a lesion, measure it and save it with the case."""
    case = load_case(options.case)
    with progress.step(f"Outlining {options.name}"):
        if options.mask is not None:
            lesion, findings = lesion_from_file(case, options.mask, name=options.name, label=options.label)
        else:
            lesion, findings = grow_lesion(case, options.seed, name=options.name)
    kept = tuple(finding for finding in case.findings if finding.about != options.name)
    case = replace(case, findings=kept).with_lesion(lesion).with_findings(findings)
    with progress.step("Measuring it"):
        measures = measure_lesion(case, lesion)
    save_case(case, options.case)
    document = {
        "case": str(options.case),
        "case_uid": case.uid,
        "lesion": lesion.name,
        "volume_ml": lesion.mask.volume_ml,
        "centre_mm": lesion.mask.centroid_mm,
        "origin": lesion.origin,
        "measures": measures,
        "findings": findings,
    }
    return Answer(document, (measure_table(measures), finding_lines(findings)))
