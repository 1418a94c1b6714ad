"""What a lesion of the hip bone has left of the acetabulum, and its class."""

from __future__ import annotations

from collections.abc import Iterator

from ..access.bones import bones_holding
from ..assessment import Measure
from ..case import Case, Lesion
from ..errors import OutlineError
from ..findings import Finding, Severity
from ..resources import limit
from ..stability.acetabulum import Acetabulum, Wall, WallState, acetabulum_with
from .sheet import Sheet
from .subject import Subject

_ASKED = "whether the only metastasis is to be resected for cure"
_HARRINGTON = "medicalalgorithms.com/classification-of-harrington-for-a-metastatic-periacetabular-fracture"
_NEEDED = (Wall.ROOF, Wall.RIM, Wall.MEDIAL)
_CLASSES = ("I", "II", "III", "IV")


def assess_acetabulum(subject: Subject, sheet: Sheet) -> None:
    """Measure the walls around the joint of a hip bone that holds the lesion, and give the class after Harrington.

    A femur does not make an acetabulum: only lesions in a hip bone are looked at.

    Parameters
    ----------
    subject : Subject
    sheet : Sheet
        Takes in "stability.wall_...", "stability.roof_left" and "stability.harrington", and what is amiss.
    """
    walls, findings = acetabula_of(subject.case, subject.lesion)
    sheet.add((), findings)
    for item in walls:
        sheet.add(acetabulum_measures(item, subject.lesion.name), list(_findings(item, subject.lesion.name)))


def acetabula_of(case: Case, lesion: Lesion) -> tuple[tuple[Acetabulum, ...], tuple[Finding, ...]]:
    """The joints of the hip bones that hold a lesion, where it took something of their walls; why one was not seen."""
    bones = {item.name: item.mask for item in case.structures if not item.mask.is_empty}
    found, missing = [], []
    for name in (item.name for item in bones_holding(case, lesion) if item.name in ("hip_left", "hip_right")):
        side = name.removeprefix("hip_")
        try:
            if f"femur_{side}" not in bones:
                raise OutlineError(f"an outline of the {side} femur is wanting.")
            walls = acetabulum_with(case.image, lesion.mask, bones, side)
        except OutlineError as error:
            why = f"{str(error)[0].lower()}{str(error)[1:]}"
            text = f"The walls of the {side} acetabulum were not measured: {why}"
            missing.append(Finding("stability.no_joint", Severity.NOTE, text, about=lesion.name))
            continue
        found += [walls] if walls.is_reached else []
    return tuple(found), tuple(missing)


def acetabulum_measures(walls: Acetabulum, about: str, *, resection_for_cure: bool = False) -> list[Measure]:
    """The class, and what is lost of each wall."""
    return list(_measures(walls, about, resection_for_cure))


def _measures(walls: Acetabulum, about: str, cure: bool) -> Iterator[Measure]:
    yield _class_measure(walls, about, cure)
    for wall, state in walls.walls.items():
        yield _wall_measure(wall, state, about)
    if Wall.ROOF in walls.walls:
        state, most = walls.walls[Wall.ROOF], limit("stability", "wall_depth")
        note = f"on all but the thinnest 5 % of it, from the joint up; measured up to {most}"
        yield Measure(
            "stability.roof_left", "Bone left in the roof of the acetabulum", state.left_mm, "mm", about,
            place_mm=state.place_mm, note=note,
        )  # fmt: skip


def _wall_measure(wall: Wall, state: WallState, about: str) -> Measure:
    half, least = limit("stability", "wall_half"), limit("stability", "wall_deficient")
    note = (
        f"area where less than {half.amount:.0%} of the bone is left; on {100 * state.open_share:.0f} % of the area "
        "there is none"
    )
    return Measure(
        f"stability.wall_{wall.name.lower()}", f"Lost of the {wall} of the acetabulum", 100.0 * state.lost_share, "%",
        about, limit=least, place_mm=state.place_mm, note=note,
    )  # fmt: skip


def _class_measure(walls: Acetabulum, about: str, cure: bool) -> Measure:
    title = "Acetabulum, class after Harrington"
    if cure:
        note = f"class IV: the only metastasis is to be resected for cure; {_HARRINGTON}"
        return Measure("stability.harrington", title, 4.0, "", about, note=note)
    missing = [str(wall) for wall in _NEEDED if wall not in walls.walls]
    if missing:
        note = f"no class: the image shows too little of the {' and the '.join(missing)}"
        return Measure("stability.harrington", title, None, "", about, note=note)
    found = walls.harrington()
    if found is None:
        note = "no class: roof or rim is deficient behind an intact medial wall"
        return Measure("stability.harrington", title, None, "", about, note=note)
    medial = "intact" if walls.is_intact(Wall.MEDIAL) else "deficient"
    roof = "intact" if walls.is_intact(Wall.ROOF, Wall.RIM) else "deficient"
    note = (
        f"class {found}: medial wall {medial}, roof and rim {roof}; IV if the only metastasis is to be resected for "
        f"cure, which no image tells; {_HARRINGTON}"
    )
    return Measure("stability.harrington", title, float(_CLASSES.index(found) + 1), "", about, note=note)


def _findings(walls: Acetabulum, about: str) -> Iterator[Finding]:
    least = limit("stability", "wall_deficient")
    for wall, state in walls.walls.items():
        if 100.0 * state.lost_share > least.amount:
            text = (
                f"{100 * state.lost_share:.0f} % of the {wall} of the {walls.side} acetabulum is lost to {about}; from "
                f"{least} on it counts as deficient."
            )
            yield Finding(
                "stability.acetabulum", Severity.WARN, text, 100.0 * state.lost_share, "%", least, state.place_mm, about
            )
    text = f"The class of the acetabulum after Harrington leaves open {_ASKED}: that has to be asked for."
    yield Finding("stability.harrington_open", Severity.NOTE, text, about=about)
    hidden = [str(wall) for wall in Wall if wall not in walls.walls]
    if hidden:
        text = f"Of the {walls.side} acetabulum the image does not show enough of: {', '.join(hidden)}."
        yield Finding("stability.not_shown", Severity.NOTE, text, about=about)
