"""Plan: what the physician intends, as plain values in mm, s, W and degC.

A plan knows nothing of voxels. It is frozen, is written as JSON with a schema version, and two plans with the same
values are equal on every machine. Places are LPS mm in the frame of the planning image.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from .errors import PlanError
from .findings import Point
from .plain import fingerprint, from_plain, to_json, to_plain

PLAN_SCHEMA = "boneir.plan/1"
"""Name and version of the JSON form; it changes when a field changes its meaning or goes."""


class Technique(StrEnum):
    """What is done at the tip of the needle."""

    RADIOFREQUENCY = "radiofrequency"
    MICROWAVE = "microwave"
    CRYO = "cryo"
    ETHANOL = "ethanol"
    ULTRASOUND = "ultrasound"
    ELECTROCHEMOTHERAPY = "electrochemotherapy"
    CEMENT = "cement"
    BIOPSY = "biopsy"
    FIXATION = "fixation"
    """Screws, without anything that a needle does."""


class Position(StrEnum):
    """How the patient lies on the table during the intervention."""

    PRONE = "prone"
    SUPINE = "supine"
    LEFT_LATERAL = "left_lateral"
    """Lying on the left side."""
    RIGHT_LATERAL = "right_lateral"
    """Lying on the right side."""


@dataclass(frozen=True)
class Trajectory:
    """A straight way from the skin to a tip.

    Parameters
    ----------
    entry_mm, tip_mm : Point
        LPS mm of the point on the skin and of the foremost point of the instrument.
    """

    entry_mm: Point
    tip_mm: Point

    @property
    def length_mm(self) -> float:
        """Distance from entry to tip in mm."""
        return math.dist(self.entry_mm, self.tip_mm)

    @property
    def direction(self) -> Point:
        """LPS unit vector from entry to tip.

        Raises
        ------
        PlanError
            If entry and tip are the same place.
        """
        length = self.length_mm
        if length < 1e-9:
            raise PlanError(f"Entry and tip are the same place, {self.entry_mm} mm LPS: a needle needs a direction.")
        x, y, z = ((t - e) / length for e, t in zip(self.entry_mm, self.tip_mm, strict=True))
        return x, y, z

    def point_at(self, depth_mm: float) -> Point:
        """LPS mm of the point at `depth_mm` from the entry along the way."""
        x, y, z = (e + depth_mm * u for e, u in zip(self.entry_mm, self.direction, strict=True))
        return x, y, z


@dataclass(frozen=True)
class Probe:
    """An instrument that ablates or takes a core, where it goes and what it does there.

    Parameters
    ----------
    name : str
        Unique within the plan ("1", "left").
    device : str
        Identifier of the device in ``Resources/Devices``.
    trajectory : Trajectory
    setting : str
        Identifier of one of the device's published settings, or "" where only the fields below apply.
    power_w, duration_s, target_c, cycles
        Power in W, active time in s, set temperature in degC and number of cycles, where the technique has them.
    """

    name: str
    device: str
    trajectory: Trajectory
    setting: str = ""
    power_w: float | None = field(default=None, metadata={"minimum": 0})
    duration_s: float | None = field(default=None, metadata={"minimum": 0})
    target_c: float | None = None
    cycles: int = field(default=1, metadata={"minimum": 1})


@dataclass(frozen=True)
class Cement:
    """An injection of bone cement through a cannula.

    Parameters
    ----------
    name : str
        Unique within the plan.
    trajectory : Trajectory
        Of the cannula.
    volume_ml : float
        Intended volume in mL.
    diameter_mm : float
        Outer diameter of the cannula in mm.
    """

    name: str
    trajectory: Trajectory
    volume_ml: float = field(metadata={"minimum": 0})
    diameter_mm: float = field(metadata={"above": 0})


@dataclass(frozen=True)
class Screw:
    """A screw: its way from head to tip and its diameter in mm.

    Parameters
    ----------
    name : str
        Unique within the plan.
    trajectory : Trajectory
        From the head to the tip of the screw.
    diameter_mm : float
        Outer diameter in mm.
    """

    name: str
    trajectory: Trajectory
    diameter_mm: float = field(metadata={"above": 0})

    @property
    def title(self) -> str:
        """The screw in words: its name where that says what it is ("Pedicle screw, L3 left"), else "Screw 1"."""
        return self.name if "screw" in self.name.lower() else f"Screw {self.name}"


class ProtectiveMedium(StrEnum):
    """What is put beside a structure to protect it."""

    CO2 = "co2"
    D5W = "d5w"
    """Glucose solution of 5 %, which does not conduct."""
    SALINE = "saline"
    WARM_SALINE = "warm_saline"
    """Saline that flows and stays at the temperature of the body."""


@dataclass(frozen=True)
class Protection:
    """A layer of gas or fluid beside a structure that shall not be hurt.

    Parameters
    ----------
    structure : str
        Name of the structure in the case.
    medium : ProtectiveMedium
    width_mm : float
        How far the layer reaches from the surface of the structure.
    """

    structure: str
    medium: ProtectiveMedium
    width_mm: float = field(metadata={"above": 0})


@dataclass(frozen=True)
class Treatment:
    """What is done to one lesion.

    Parameters
    ----------
    lesion : str
        Name of the lesion in the case.
    technique : Technique
    margin_mm : float
        Width of the rim around the lesion that the treatment shall reach as well, in mm.
    probes, cement, screws, protection : tuples
    """

    lesion: str
    technique: Technique
    margin_mm: float = field(default=5.0, metadata={"minimum": 0})
    probes: tuple[Probe, ...] = ()
    cement: tuple[Cement, ...] = ()
    screws: tuple[Screw, ...] = ()
    protection: tuple[Protection, ...] = ()


@dataclass(frozen=True)
class Landmark:
    """What entries are marked from in the room: a point on the skin, or the laser lines that are used.

    Parameters
    ----------
    name : str
        In words ("the spinous process of L4", "the laser lines").
    left_mm, posterior_mm, superior_mm : float or None
        LPS mm; None for a direction that no laser line shows.
    """

    name: str
    left_mm: float | None = None
    posterior_mm: float | None = None
    superior_mm: float | None = None


@dataclass(frozen=True)
class LimitChange:
    """A limit of access that is other than the one that this project ships.

    Parameters
    ----------
    name : str
        As in ``Resources/Limits/access.json`` ("incidence"), or with its group ("in_bone.cord", "weights.length",
        "clearance.aorta", "severity.lung").
    amount : float
        In the unit of the limit that is shipped.
    """

    name: str
    amount: float


@dataclass(frozen=True)
class Plan:
    """What the physician intends.

    Parameters
    ----------
    name : str
        Short name, also the file's ("plan-1").
    treatments : tuple of Treatment
    image_uid : str
        Fingerprint of the planning image (`Image.uid`); a plan is only valid on its image.
    approach : str
        The way in, in words ("right transpedicular L3").
    position : Position
        How the patient lies.
    reasons : tuple of str
        Why the plan stands where it stands in the ranking; empty in a plan made by hand.
    note : str
        Whatever the physician writes.
    limits : tuple of LimitChange
        Limits that the plan was made with, where they are other than those that this project ships.
    landmark : Landmark or None
        What entries are marked from, beside the midline.
    schema : str
        Always `PLAN_SCHEMA`.
    """

    name: str
    treatments: tuple[Treatment, ...]
    image_uid: str = ""
    approach: str = ""
    position: Position = Position.PRONE
    reasons: tuple[str, ...] = ()
    note: str = ""
    limits: tuple[LimitChange, ...] = ()
    landmark: Landmark | None = None
    schema: str = PLAN_SCHEMA

    @property
    def probes(self) -> tuple[Probe, ...]:
        """Every probe of every treatment, in order."""
        return tuple(probe for treatment in self.treatments for probe in treatment.probes)

    def title_of(self, name: str) -> str:
        """An instrument in words: "Needle 1", "Cannula 1", "Pedicle screw, L3 left"; "" where there is none."""
        titles: dict[str, str] = {}
        for treatment in self.treatments:
            titles |= {item.name: f"Needle {item.name}" for item in treatment.probes}
            titles |= {item.name: f"Cannula {item.name}" for item in treatment.cement}
            titles |= {item.name: item.title for item in treatment.screws}
        return titles.get(name, "")

    @property
    def uid(self) -> str:
        """SHA-256 of the plan's values."""
        return fingerprint(self)

    def to_json(self) -> str:
        """The plan as JSON text."""
        return to_json(self)


def plan_from_plain(data: Any, what: str = "plan") -> Plan:
    """Build a plan from what ``json.loads`` gave.

    Parameters
    ----------
    data : object
        Plain values.
    what : str
        Where they come from, for the error.

    Raises
    ------
    PlanError
        If the schema is another one or anything in it is wrong; `faults` lists every fault with its path.
    """
    schema = data.get("schema") if isinstance(data, dict) else None
    if schema != PLAN_SCHEMA:
        raise PlanError(f"{what}: the schema is {schema!r}; this version reads {PLAN_SCHEMA!r}.")
    plan = from_plain(Plan, data, what)
    faults = _inconsistencies(plan)
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise PlanError(f"{what}: {faults[0]}{more}.", faults)
    return plan


def _inconsistencies(plan: Plan) -> list[str]:
    """Faults that the types cannot see: names used twice, needles without a direction."""
    faults, seen = [], set()
    for t, treatment in enumerate(plan.treatments):
        for kind in ("probes", "cement", "screws"):
            for n, tool in enumerate(getattr(treatment, kind)):
                path = f"treatments[{t}].{kind}[{n}]"
                if tool.name in seen:
                    faults.append(f"{path}.name: {tool.name!r} is used twice in this plan")
                seen.add(tool.name)
                if tool.trajectory.length_mm < 1e-9:
                    faults.append(f"{path}.trajectory: entry and tip are the same place")
    return faults


def read_plan(path: Path) -> Plan:
    """Read a plan from a JSON file.

    Raises
    ------
    PlanError
        If the file cannot be read or is not a plan; the sentence names file and place.
    """
    try:
        data = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise PlanError(f"{path}: cannot be read ({error.strerror}).") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise PlanError(f"{path}: not a JSON document ({error}).") from error
    return plan_from_plain(data, str(path))


def plan_to_plain(plan: Plan) -> dict[str, Any]:
    """The plan as plain values."""
    return dict(to_plain(plan))
