"""``boneir lesion``: a lesion of the case, grown from a point inside it or taken from a file."""

from __future__ import annotations

import argparse
from dataclasses import replace

from ..anatomy.healthy_layers import zscore_map
from ..anatomy.lesion import LesionOutline, outline_lesion
from ..anatomy.lesion_file import lesion_from_file
from ..anatomy.lesion_measures import measure_lesion
from ..case import Case
from ..case_folder import load_case, save_case
from ..errors import OutlineError
from ..image.nrrd import nrrd_chunks
from ..image.safe_file import write_safely
from .output import Answer, Progress, TextTable
from .tables import finding_lines, measure_table


def run(options: argparse.Namespace, progress: Progress) -> Answer:
    """Outline a lesion, measure it and save it with the case.

    Raises
    ------
    OutlineError
        If points are given that correct an outline, and a file that is taken as it is.
    """
    doubt: dict[str, object] = {}
    case = load_case(options.case)
    read_uid = case.uid
    with progress.step(f"Outlining {options.name}"):
        if options.mask is not None:
            if options.inside or options.outside or options.edge:
                raise OutlineError("--inside, --outside and --edge correct an outline grown from --seed, not a file.")
            lesion, findings = lesion_from_file(case, options.mask, name=options.name, label=options.label)
        else:
            outline = _grown(case, options)
            lesion, findings = outline.lesion, outline.findings
            doubt = {"sure_ml": outline.sure.volume_ml, "possible_ml": outline.possible.volume_ml}
    before = next((item for item in case.lesions if item.name == options.name), None)
    kept = tuple(finding for finding in case.findings if finding.about != options.name)
    case = replace(case, findings=kept).with_lesion(lesion).with_findings(findings)
    with progress.step("Measuring it"):
        measures = measure_lesion(case, lesion)
    if options.scores is not None:
        scores = zscore_map(case, lesion.mask)
        write_safely(options.scores, nrrd_chunks(scores.voxels, scores.grid, compression=1))
        doubt = {**doubt, "scores": str(options.scores)}
    save_case(case, options.case, instead_of=read_uid)
    document = {
        "case": str(options.case),
        "case_uid": case.uid,
        "lesion": lesion.name,
        "volume_ml": lesion.mask.volume_ml,
        **doubt,
        "centre_mm": lesion.mask.centroid_mm,
        "origin": lesion.origin,
        "measures": measures,
        "findings": findings,
    }
    parts: list[str | TextTable] = [measure_table(measures), finding_lines(findings)]
    parts += [f"It replaces {before.name}, which had {before.mask.volume_ml:.1f} mL."] if before else []
    return Answer(document, tuple(parts))


def _grown(case: Case, options: argparse.Namespace) -> LesionOutline:
    return outline_lesion(
        case,
        options.seed,
        options.name,
        inside_mm=options.inside,
        outside_mm=options.outside,
        edge_mm=options.edge,
    )
