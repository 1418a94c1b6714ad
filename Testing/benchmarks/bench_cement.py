"""Cement in a vertebra at 0.8 mm: volume, front, Darcy flow, draws; how exact they are, beside SimpleITK."""

from __future__ import annotations

import os

import numpy as np
import SimpleITK as sitk  # noqa: N813
from calibration import best_of, triad_gb_per_s

from boneir.anatomy.vertebra_parts import vertebra_parts
from boneir.cement.darcy import CementFluid, inject
from boneir.cement.front import arrival_from, fill
from boneir.cement.leaks import draw_fillings
from boneir.cement.ports import find_ports, ports_on
from boneir.cement.tip import advise_tip, posterior_wall
from boneir.cement.volume import cement_volume
from cement_blocks import block, lumbar

GROUP = "cement"
STEP_MM, PLANNED_ML, DRAWS = 0.8, 4.0, 100
RUNS = 3


def figures() -> list[dict]:
    """Seconds for a lytic lesion of a lumbar vertebra, and errors on blocks with a known answer."""
    calibration = f"triad {triad_gb_per_s():.1f} GB/s, load {os.getloadavg()[0]:.1f}"
    spine = lumbar(STEP_MM)
    lesion = spine.lesion(spine.at(6.0, 4.0, 0.0))
    tip = spine.at(6.0, 4.0, 0.0)
    medium, coarse = spine.medium(lesion, STEP_MM), spine.medium(lesion, 1.5)
    ports = find_ports(medium, spine.neighbours)
    there = ports_on(ports, medium, coarse)
    wall = posterior_wall(medium, ports)
    voxels = f"{np.count_nonzero(medium.bone)} voxels"
    jobs = (
        ("volume", 0.5, RUNS, lambda: cement_volume(lesion.image, lesion.mask, spine.parts.body), ""),
        ("volume, the vertebra taken apart too", 0.5, 1, lambda: _volume_from_outline(spine, lesion), ""),
        (f"bone read, {voxels}", None, RUNS, lambda: spine.medium(lesion, STEP_MM), ""),
        (f"front, {voxels}", 1.0, RUNS, lambda: fill(medium, [tip]), _peer(medium, tip)),
        ("ports", None, RUNS, lambda: find_ports(medium, spine.neighbours), ""),
        ("best tip", None, 1, lambda: advise_tip(medium, ports, PLANNED_ML, posterior=wall), ""),
        (f"Darcy, {PLANNED_ML:g} mL", 20.0, 1, lambda: inject(medium, [tip], PLANNED_ML), ""),
        (f"{DRAWS} draws at 1.5 mm", 60.0, 1, lambda: draw_fillings(coarse, [tip], [PLANNED_ML], there, DRAWS), ""),
        (f"{DRAWS} draws at 0.8 mm", 60.0, 1, lambda: draw_fillings(medium, [tip], [PLANNED_ML], ports, DRAWS), ""),
    )
    rows = [row(name, best_of(runs, job)[0], "s", bar, calibration, peer) for name, bar, runs, job, peer in jobs]
    front_off, peer_off = _front_error()
    rows.append(row("front, error on an even block", front_off, "voxel", 0.5, calibration, f"SimpleITK {peer_off:.2f}"))
    rows.append(row("Darcy, error of the ball's radius", _ball_error(), "%", 2.0, calibration, ""))
    return rows


def _volume_from_outline(spine, lesion):
    """The volume where no vertebral bodies are outlined: the vertebra is taken apart first."""
    labels = spine.patient.labels
    parts = vertebra_parts.__wrapped__(labels["vertebra_L3"], labels["spinal_canal"])
    return cement_volume(lesion.image, lesion.mask, parts.body)


def _peer(medium, tip) -> str:
    """Fast marching of SimpleITK on the same bone: of first order, and the same in all directions."""
    speed = sitk.GetImageFromArray(np.maximum(medium.speed, 1e-6))
    seconds, _ = best_of(1, _march, speed, medium.voxel_of(tip))
    return f"SimpleITK {seconds:.2f} s"


def _march(speed, voxel):
    marching = sitk.FastMarchingImageFilter()
    marching.SetTrialPoints([[int(v) for v in voxel[::-1]]])
    return sitk.GetArrayFromImage(marching.Execute(speed))


def _front_error() -> tuple[float, float]:
    """Largest error of the arrival in an even block, ours and the peer's, in voxels."""
    medium = block((44, 44, 44))
    middle = (21, 21, 21)
    tip = tuple(float(v) for v in medium.grid.to_mm(middle))
    exact = np.linalg.norm(np.indices(medium.bone.shape) - 21, axis=0)
    ours = np.abs(arrival_from(medium, [tip]) - exact)[medium.bone].max()
    peer = np.abs(_march(sitk.GetImageFromArray(medium.speed), middle) - exact)[medium.bone].max()
    return float(ours), float(peer)


def _ball_error() -> float:
    """Error of the radius of an injected ball by its second moment, in percent."""
    medium = block((36, 36, 36), STEP_MM, share=0.8)
    tip = tuple(float(v) for v in medium.grid.to_mm((17, 17, 17)))
    share = inject(medium, [tip], PLANNED_ML, cement=CementFluid(100.0, 1e12, 1.0)).share
    squares = np.sum((np.indices(share.shape) - 17) ** 2, axis=0) * STEP_MM**2
    found = np.sqrt(5 / 3 * (share * squares).sum() / share.sum())
    return 100.0 * abs(found / (3 * PLANNED_ML * 1000 / (4 * np.pi * 0.8)) ** (1 / 3) - 1.0)


def row(name: str, value: float, unit: str, bar: float | None, calibration: str, peer: str) -> dict:
    return {
        "name": name, "value": value, "unit": unit, "bar": bar, "met": None if bar is None else value <= bar,
        "calibration": calibration, "peer": peer,
    }  # fmt: skip
