"""Commissioning: what the computations err by, and how long they take, on the machine where they run.

Every check draws bodies whose answer is known in closed form, on an oblique grid with voxels that are not cubes, and
compares. It reads no image of a patient and needs a few seconds.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .ablation.heat import heat
from .ablation.medium import Held, uniform_medium
from .access.path import measure_path
from .case import Case, Image, Lesion, Role, Structure
from .cement.front import fill
from .cement.medium import FillingMedium
from .cement.volume import cement_volume
from .findings import Point
from .fusion.margin import surface_margin
from .fusion.registration import register_whole
from .grid import Grid
from .image.ellipsoid import Ellipsoid
from .image.rigid import Rigid
from .plan import Trajectory

_SPACING_MM = (0.8, 0.9, 1.5)
_UP: Point = (0.0, 0.0, 1.0)
_OVERSTATED_MM = 0.4
"""A clearance larger than the true one by more than this, half the smallest side of a voxel, is unsafe."""


@dataclass(frozen=True)
class Check:
    """One comparison of a computation with its closed form.

    Parameters
    ----------
    name : str
        What was computed.
    error : float
        Largest deviation from the closed form, in `unit`.
    allowed : float
        The largest deviation at which the computation counts as sound.
    unit : str
        "mm", "%" or "degC".
    seconds : float
        How long the computation took, the drawing of the bodies left out.
    against : str
        The closed form.
    """

    name: str
    error: float
    allowed: float
    unit: str
    seconds: float
    against: str

    @property
    def passed(self) -> bool:
        """Whether the error is within what is allowed; an error that is no number never is."""
        return math.isfinite(self.error) and self.error <= self.allowed


def commission(seed: int = 0) -> tuple[Check, ...]:
    """Run every check.

    Parameters
    ----------
    seed : int
        Of the direction of the grid and the places of the bodies; the same seed gives the same errors.

    Returns
    -------
    tuple of Check
        In the order in which a plan uses the computations.
    """
    checks: tuple[Callable[[np.random.Generator], Check], ...] = (
        _clearance,
        _zone,
        _margin,
        _cement,
        _front,
        _heat,
        _registration,
    )
    return tuple(check(np.random.default_rng(seed)) for check in checks)


def _clearance(draw: np.random.Generator) -> Check:
    """Needles that pass a ball at random; a clearance that is overstated counts as infinitely wrong."""
    grid = _oblique_grid(draw, 70.0)
    centre, radius_mm, diameter_mm = tuple(draw.uniform(-4, 4, 3)), 9.0, 2.0
    case = _case(grid, {"aorta": _ball(centre, radius_mm)}, _ball((24.0, 0.0, 0.0), 4.0))
    error, seconds = 0.0, 0.0
    for _ in range(6):
        away = draw.normal(size=3)
        away /= np.linalg.norm(away)
        along = np.cross(away, draw.normal(size=3))
        along /= np.linalg.norm(along)
        distance_mm = draw.uniform(radius_mm + 3.0, radius_mm + 9.0)
        middle = np.asarray(centre) + distance_mm * away
        way = Trajectory(_point(middle - 18 * along), _point(middle + 18 * along))
        start = time.perf_counter()
        measures, _findings = measure_path(case, way, diameter_mm, seed=None)
        seconds = max(seconds, time.perf_counter() - start)
        found = next(m.amount for m in measures if m.code == "access.clearance" and m.amount is not None)
        short_mm = distance_mm - radius_mm - diameter_mm / 2 - found
        error = max(error, short_mm if short_mm > -_OVERSTATED_MM else math.inf)
    # A voxel is in or out as a whole, so that a surface is known to about half its diagonal.
    allowed = float(np.linalg.norm(_SPACING_MM)) / 2
    return Check("Clearance of a needle", error, allowed, "mm", seconds, "distance of a line from a ball")


def _zone(draw: np.random.Generator) -> Check:
    """The voxels of a published zone."""
    grid = _oblique_grid(draw, 60.0)
    axis = draw.normal(size=3)
    zone = Ellipsoid(_point(draw.uniform(-3, 3, 3)), _point(axis / np.linalg.norm(axis)), 18.0, 12.0)
    start = time.perf_counter()
    volume_ml = zone.mask_on(grid).volume_ml
    seconds = time.perf_counter() - start
    error = 100 * abs(volume_ml / (4 / 3 * math.pi * 18 * 12 * 12 / 1000) - 1)
    return Check("Volume of an ablation zone", error, 1.0, "%", seconds, "volume of an ellipsoid")


def _margin(draw: np.random.Generator) -> Check:
    """A round zone off the centre of a round lesion."""
    grid = _oblique_grid(draw, 60.0)
    lesion, zone = _ball((0.0, 0.0, 0.0), 13.0), _ball(_point(2.0 * _unit(draw)), 19.0)
    lesion_mask, zone_mask = lesion.mask_on(grid), zone.mask_on(grid)
    start = time.perf_counter()
    found = surface_margin(lesion_mask, zone_mask).minimum_mm
    seconds = time.perf_counter() - start
    return Check("Minimal ablative margin", abs(found - 4.0), 0.3, "mm", seconds, "two balls, one off centre")


def _cement(draw: np.random.Generator) -> Check:
    """The void of a lytic lesion."""
    grid = _oblique_grid(draw, 50.0)
    lesion = _ball(_point(draw.uniform(-2, 2, 3)), 11.0)
    void = _ball(lesion.centre_mm, 8.0)
    hu = np.full(grid.shape, 250, np.int16)
    hu[void.mask_on(grid).full()] = 20
    start = time.perf_counter()
    found = cement_volume(Image(hu, grid), lesion.mask_on(grid))
    seconds = time.perf_counter() - start
    error = 100 * abs(found.void_ml / void.volume_ml - 1)
    return Check("Void that cement fills", error, 2.0, "%", seconds, "volume of a ball")


def _front(draw: np.random.Generator) -> Check:
    """Cement that spreads through even bone, after some volumes: how far the farthest of it has come."""
    count, step_mm, share = 38, 1.0, 0.8
    grid = _oblique_grid(draw, (count - 1) * step_mm, (step_mm, step_mm, step_mm))
    even, none = np.ones(grid.shape), np.zeros(grid.shape, bool)
    medium = FillingMedium(grid, even, share * even, none, ~none, np.zeros(grid.shape, np.float32))
    tip = _point(draw.uniform(-3, 3, 3))
    start = time.perf_counter()
    filling = fill(medium, [tip])
    seconds = time.perf_counter() - start
    away = np.linalg.norm(grid.to_mm(np.moveaxis(np.indices(grid.shape), 0, -1)[..., ::-1]) - np.asarray(tip), axis=-1)
    error = 0.0
    for volume_ml in (1.0, 2.0, 4.0, 8.0):
        radius_mm = (3 * 1000 * volume_ml / (4 * math.pi * share)) ** (1 / 3)
        error = max(error, abs(float(away[filling.shape(volume_ml)].max()) - radius_mm))
    # The last voxel lies within half of its diagonal of the front.
    return Check("Front of cement", error, math.sqrt(3) / 2 * step_mm, "mm", seconds, "a ball of the injected volume")


def _heat(draw: np.random.Generator) -> Check:
    """Temperature around a hot ball in perfused tissue, when it is steady.

    The closed form is T = 37 + (90 - 37) a/r exp(-(r - a)/L) with L the root of conductivity over perfusion.
    """
    conductivity, capacity, perfusion, ball_mm = 0.5, 3.7e6, 3.0e4, 5.0
    spacing, shape = (1.0, 1.2, 1.5), (31, 39, 47)
    off = draw.uniform(-0.4, 0.4, 3)
    axes = [(np.arange(n) - (n - 1) / 2) * s - c for n, s, c in zip(shape, spacing[::-1], off, strict=True)]
    k, j, i = np.meshgrid(*axes, indexing="ij")
    r = np.sqrt(i * i + j * j + k * k)
    depth_mm = 1000 * math.sqrt(conductivity / perfusion)
    outside = np.maximum(r, ball_mm)
    exact = 37 + 53 * ball_mm / outside * np.exp(-(outside - ball_mm) / depth_mm)
    medium = uniform_medium(shape, spacing, conductivity=conductivity, capacity=capacity, perfusion=perfusion)
    start = time.perf_counter()
    made = heat(medium, 900.0, held=(Held(r - ball_mm, 90.0),), perfusion_stops=False)
    seconds = time.perf_counter() - start
    shell = np.abs(r - 10) < 1
    error = float(abs(np.mean(made.temperature_c[shell] - exact[shell])))
    return Check("Temperature at 10 mm from a hot ball", error, 0.5, "degC", seconds, "steady heat with perfusion")


_BODIES = (
    ((0, 0, 0), (50, 38, 60), 40.0),
    ((0, 15, 0), (14, 11, 13), 420.0),
    ((2, 14, 30), (13, 10, 12), 380.0),
    ((-2, 16, -30), (15, 12, 11), 460.0),
    ((20, 24, 6), (12, 4, 5), 520.0),
    ((-17, 25, -3), (11, 4, 6), 500.0),
    ((-24, -10, 14), (6, 7, 18), 150.0),
    ((25, -14, -12), (9, 6, 8), -120.0),
)
"""Middle and half axes in mm, and HU above water, of the ellipsoids that the body to register is made of."""


def _registration(draw: np.random.Generator) -> Check:
    """A body of ellipsoids, drawn where it was and where a known motion brings it."""
    motion = Rigid.about((0.0, 0.0, 0.0), _point(draw.uniform(-5, 5, 3)), _point(draw.uniform(-8, 8, 3)))
    fixed, moving = _bodies(Rigid(), draw), _bodies(motion, draw)
    start = time.perf_counter()
    found = register_whole(fixed, moving)
    seconds = time.perf_counter() - start
    places = np.array([middle for middle, _, _ in _BODIES], float)
    error = float(np.linalg.norm(found.apply(places) - motion.apply(places), axis=1).max())
    return Check("Registration of two images", error, 0.5, "mm", seconds, "a motion that is known")


def _bodies(motion: Rigid, draw: np.random.Generator) -> Image:
    grid = _oblique_grid(draw, 130.0, (2.0, 2.2, 2.6))
    points = motion.inverse.apply(grid.to_mm(np.moveaxis(np.indices(grid.shape), 0, -1)[..., ::-1]))
    hu = np.full(grid.shape, -1000.0)
    for number, (middle, axes, height) in enumerate(_BODIES):
        inside = 1 / (1 + np.exp(9 * (np.linalg.norm((points - middle) / np.array(axes), axis=-1) - 1)))
        hu += (1000.0 + height if number == 0 else height) * inside
    return Image(np.rint(hu + draw.normal(0, 10, grid.shape)).astype(np.int16), grid)


def _case(grid: Grid, critical: dict[str, Ellipsoid], lesion: Ellipsoid) -> Case:
    """A case in which nothing but these is outlined."""
    image = Image(np.full(grid.shape, 40, np.int16), grid)
    structures = [Structure(name, Role.CRITICAL, body.mask_on(grid), name) for name, body in critical.items()]
    return Case(image, tuple(structures), (Lesion("lesion-1", lesion.mask_on(grid)),))


def _oblique_grid(draw: np.random.Generator, extent_mm: float, spacing_mm: Point = _SPACING_MM) -> Grid:
    """A grid around the origin whose axes point anywhere."""
    matrix, _ = np.linalg.qr(draw.normal(size=(3, 3)))
    count = np.ceil(extent_mm / np.asarray(spacing_mm)).astype(int) + 1
    origin = -matrix @ (np.asarray(spacing_mm) * (count - 1) / 2)
    ni, nj, nk = (int(n) for n in count)
    a, b, c, d, e, f, g, h, i = (float(v) for v in matrix.ravel())
    return Grid((nk, nj, ni), spacing_mm, _point(origin), (a, b, c, d, e, f, g, h, i))


def _ball(centre_mm: Point, radius_mm: float) -> Ellipsoid:
    return Ellipsoid(centre_mm, _UP, radius_mm, radius_mm)


def _unit(draw: np.random.Generator) -> np.ndarray:
    away = draw.normal(size=3)
    return np.asarray(away / np.linalg.norm(away))


def _point(place: np.ndarray) -> Point:
    x, y, z = (float(v) for v in place)
    return x, y, z
