"""Cement pressed through porous bone: quasi-static flow after Darcy with cement that thins under shear and cures.

Within the filled part div(K / mu grad p) = 0, with p = 0 at the front; marrow gives way without resistance. What flows
over the front fills the voxels beyond it, and their share of filling tells how far the front lies from the last full
voxel. Pressure follows from the rate of injection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse.linalg import cg

from ..errors import BoneIRError, PlanError
from ..findings import Point
from ..resources import limit
from .limits import filling
from .medium import FillingMedium

Floats = NDArray[np.float64]
Marked = NDArray[np.bool_]
Ints = NDArray[np.int64]

TOLERANCE = 1e-6
_MOST_STEPS = 2000
_LAYER = 0.3
"""Pressure is solved anew when this share of what the voxels at the front can take up has flowed in."""
_CROSS = ndimage.generate_binary_structure(3, 1)
_LEAST_SHEAR_PER_S = 0.01
_PA_PER_KPA = 1000.0


@dataclass(frozen=True)
class CementFluid:
    """How cement flows.

    Parameters
    ----------
    viscosity_pa_s : float
        At a shear rate of 1/s when injection begins.
    doubles_s : float
        Time in which curing doubles the viscosity.
    exponent : float
        Of the power law; 1 for a fluid whose viscosity does not depend on shear.
    """

    viscosity_pa_s: float
    doubles_s: float
    exponent: float

    def viscosity(self, shear_per_s: Floats, time_s: float) -> Floats:
        """Viscosity in Pa s at some shear rates, so long after the beginning."""
        cured = self.viscosity_pa_s * 2.0 ** (time_s / self.doubles_s)
        return np.asarray(cured * np.maximum(shear_per_s, _LEAST_SHEAR_PER_S) ** (self.exponent - 1.0))


def usual_cement() -> CementFluid:
    """The default cement of ``Resources/Limits/filling.json``."""
    return CementFluid(filling("viscosity_pa_s"), filling("viscosity_doubles_s"), filling("shear_exponent"))


@dataclass(frozen=True, eq=False)
class Injection:
    """What an injection does.

    Parameters
    ----------
    medium : FillingMedium
    share : ndarray of float, shape (k, j, i)
        What part of its capacity each voxel has taken up at the end.
    at_ml : ndarray of float, shape (k, j, i)
        Volume injected when a voxel became full; infinite where it did not.
    volume_ml, pressure_kpa : ndarray of float, shape (steps,)
        Pressure at the tip, beyond that in the marrow, after each volume.
    """

    medium: FillingMedium
    share: Floats
    at_ml: Floats
    volume_ml: Floats
    pressure_kpa: Floats

    @property
    def filled_ml(self) -> float:
        """What the bone has taken up."""
        return float((self.share * self.medium.capacity_ml).sum())

    def shape(self) -> Marked:
        """The voxels that are filled by half or more."""
        return np.asarray(self.share >= 0.5)


def inject(
    medium: FillingMedium,
    tips_mm: Sequence[Point],
    volume_ml: float,
    *,
    cement: CementFluid | None = None,
    flow_ml_s: float | None = None,
    advance_ml: float | None = None,
) -> Injection:
    """Inject cement through one or several tips that stand in one pressure.

    Parameters
    ----------
    medium : FillingMedium
    tips_mm : sequence of Point
        LPS mm.
    volume_ml : float
    cement : CementFluid or None
    flow_ml_s : float or None
        Rate of injection; None takes the default.
    advance_ml : float or None
        Pressure is solved anew after so much at the latest; None takes the default.

    Raises
    ------
    PlanError
        If the volume or the rate is not positive.
    OutlineError
        If a tip is not in the bone.
    BoneIRError
        If the bone around the tips cannot take the volume, or the pressure is not found.
    """
    rate = filling("flow_ml_s") if flow_ml_s is None else flow_ml_s
    if not (volume_ml > 0.0 and rate > 0.0):
        raise PlanError(f"{volume_ml:g} mL at {rate:g} mL/s: an injection needs a volume and a rate above zero.")
    run = _Run(medium, tips_mm, cement or usual_cement(), rate)
    most = filling("advance_ml") if advance_ml is None else advance_ml
    while run.given_ml < volume_ml - 1e-9:
        run.advance(min(most, volume_ml - run.given_ml))
    at_ml = np.where(run.full, run.at_ml, np.inf)
    return Injection(medium, run.share, at_ml, np.asarray(run.volumes), np.asarray(run.pressures))


class _Run:
    """The state of an injection between two solutions of the pressure."""

    def __init__(self, medium: FillingMedium, tips: Sequence[Point], cement: CementFluid, rate: float) -> None:
        self.medium, self.cement, self.rate = medium, cement, rate
        self.room = medium.capacity_ml
        self.share = np.zeros(medium.speed.shape)
        self.full = np.zeros(medium.speed.shape, bool)
        self.at_ml = np.zeros(medium.speed.shape)
        self.shear = np.ones(medium.speed.shape)
        self.inlet = np.zeros(medium.speed.shape, bool)
        self.pressure = np.ones(medium.speed.shape)
        self.given_ml = 0.0
        self.volumes: list[float] = []
        self.pressures: list[float] = []
        scale = limit("filling", "permeability_m2").amount / filling("marrow_speed")
        self.permeability = [scale * medium.permeability(axis) for axis in range(3)]
        for tip in tips:
            self.inlet[medium.voxel_of(tip)] = True
        self.full |= self.inlet
        self.share[self.full] = 1.0
        # The voxel of the tip is full from the beginning; its content counts as injected.
        self.given_ml = float(self.room[self.full].sum())
        self.at_ml[self.full] = self.given_ml

    def advance(self, most_ml: float) -> None:
        """Solve the pressure and let cement flow until the front has moved a little."""
        front = ndimage.binary_dilation(self.full, _CROSS) & ~self.full & self.medium.bone
        left = float((self.room * (1.0 - self.share))[front].sum())
        if left <= 0.0:
            raise BoneIRError(
                f"The bone around the tip takes {self.given_ml:.1f} mL and no more: inject less, or move the tip."
            )
        volume = min(most_ml, max(_LAYER * left, 1e-4))
        flux = self._flux_into(front)
        self._pour(flux, volume)

    def _flux_into(self, front: Marked) -> Floats:
        """How the rate is shared out among the voxels at the front; sums to 1."""
        cells = np.flatnonzero(self.full | front)
        faces = self._faces(cells)
        inner, outer, conductance = faces
        held = self.inlet.ravel()
        is_free = (self.full & ~self.inlet).ravel()
        number = np.full(self.full.size, -1, np.int64)
        free = np.flatnonzero(is_free)
        number[free] = np.arange(free.size)
        pressure = np.where(held, 1.0, 0.0)
        if free.size:
            pressure[free] = self._solved(inner, outer, conductance, number, free, held)
        flow = conductance * (pressure[inner] - pressure[outer])
        self.pressure = pressure.reshape(self.full.shape)
        over = front.ravel()
        into = np.bincount(outer, weights=np.where(over[outer], flow, 0.0), minlength=self.full.size)
        into += np.bincount(inner, weights=np.where(over[inner], -flow, 0.0), minlength=self.full.size)
        total = float(into.sum())
        if not total > 0.0:
            raise BoneIRError("No cement leaves the tip: all of the bone around it is closed.")
        pressure_pa = self.rate * 1e-6 / total
        self.volumes.append(self.given_ml)
        self.pressures.append(pressure_pa / _PA_PER_KPA)
        self._shear(inner, outer, flow * pressure_pa)
        return np.asarray(into / total).reshape(self.full.shape)

    def _faces(self, cells: Ints) -> tuple[Ints, Ints, Floats]:
        """Pairs of neighbours of which one is full, and the conductance between them in m3/s/Pa."""
        step = self.medium.step_mm / 1000.0
        time = self.given_ml / self.rate
        mobility = 1.0 / self.cement.viscosity(self.shear, time).ravel()
        full, share = self.full.ravel(), self.share.ravel()
        wet = np.zeros(full.size, bool)
        wet[cells] = True
        firsts, seconds, sizes = list[Ints](), list[Ints](), list[Floats]()
        _, rows, columns = self.medium.grid.shape
        strides = (rows * columns, columns, 1)
        for axis, stride in enumerate(strides):
            first = cells[cells + stride < full.size]
            second = first + stride
            pair = wet[second] & (full[first] | full[second])
            first, second = first[pair], second[pair]
            mobile = self.permeability[axis].ravel() * mobility
            # Way from the centre of a full voxel to the front: half a voxel, and what the next one holds.
            one, two = (np.where(full[side], 0.5, share[side]) for side in (first, second))
            with np.errstate(divide="ignore"):
                size = step / (one / mobile[first] + two / mobile[second])
            size[(mobile[first] <= 0) | (mobile[second] <= 0)] = 0.0
            firsts.append(first)
            seconds.append(second)
            sizes.append(size)
        return np.concatenate(firsts), np.concatenate(seconds), np.concatenate(sizes)

    def _solved(
        self, inner: Ints, outer: Ints, conductance: Floats, number: Ints, free: Ints, held: Marked
    ) -> Floats:  # fmt: skip
        """Pressure in the free full voxels, 1 at the tip and 0 at the front, by conjugate gradients."""
        count = free.size
        one, two = number[inner], number[outer]
        diagonal = np.bincount(one[one >= 0], weights=conductance[one >= 0], minlength=count)
        diagonal += np.bincount(two[two >= 0], weights=conductance[two >= 0], minlength=count)
        right = np.bincount(one[one >= 0], weights=(conductance * held[outer])[one >= 0], minlength=count)
        right += np.bincount(two[two >= 0], weights=(conductance * held[inner])[two >= 0], minlength=count)
        both = (one >= 0) & (two >= 0)
        rows, columns = np.concatenate([one[both], two[both]]), np.concatenate([two[both], one[both]])
        weights = -np.concatenate([conductance[both], conductance[both]])
        # Voxels are scaled so that the diagonal is 1, which is Jacobi's preconditioner.
        root = 1.0 / np.sqrt(np.maximum(diagonal, 1e-300))
        matrix = sparse.csr_matrix((weights * root[rows] * root[columns], (rows, columns)), shape=(count, count))
        matrix = matrix + sparse.identity(count, format="csr")
        start = self.pressure.ravel()[free] / root
        found, failed = cg(matrix, right * root, x0=start, rtol=TOLERANCE, maxiter=_MOST_STEPS)
        if failed:
            raise BoneIRError(
                f"The pressure of the cement was not found in {_MOST_STEPS} steps: the bone there is too uneven."
            )
        return np.asarray(found * root)

    def _shear(self, inner: Ints, outer: Ints, flow: Floats) -> None:
        """Shear rate in the pores: filter velocity over the root of the permeability, from the flow over the faces."""
        if self.cement.exponent == 1.0:
            return
        area = (self.medium.step_mm / 1000.0) ** 2
        half = 0.5 * np.abs(flow) / area
        speed = np.bincount(inner, weights=half, minlength=self.full.size)
        speed += np.bincount(outer, weights=half, minlength=self.full.size)
        permeable = np.maximum(self.permeability[0].ravel(), 1e-14)
        self.shear = np.where(self.full.ravel(), speed / np.sqrt(permeable), 1.0).reshape(self.full.shape)

    def _pour(self, flux: Floats, volume_ml: float) -> None:
        """Fill the voxels at the front; what one cannot hold goes on to its neighbours."""
        amount = self.share * self.room + flux * volume_ml
        self.given_ml += volume_ml
        while True:
            surplus = np.where(self.medium.bone, amount - self.room, 0.0)
            over = (surplus >= -1e-12) & self.medium.bone & ~self.full & (amount > 0)
            if not over.any():
                break
            self.full |= over
            self.at_ml[over] = self.given_ml
            amount = np.where(over, self.room, amount)
            self._pass_on(amount, np.where(over, np.maximum(surplus, 0.0), 0.0))
        with np.errstate(invalid="ignore", divide="ignore"):
            self.share = np.where(self.room > 0, amount / self.room, 0.0)

    def _pass_on(self, amount: Floats, surplus: Floats) -> None:
        """Share the surplus of voxels that became full among their neighbours that are not."""
        takes = self.medium.bone & ~self.full
        for k, j, i in np.argwhere(surplus > 0):
            near = [(k + a, j + b, i + c) for a, b, c in _SIX]
            free = [place for place in near if takes[place]]
            if not free:
                # Enclosed: it goes back to the front as a whole.
                free = [(int(a), int(b), int(c)) for a, b, c in np.argwhere(takes & _next_to(self.full))]
            for place in free:
                amount[place] += surplus[k, j, i] / len(free)


_SIX = ((-1, 0, 0), (1, 0, 0), (0, -1, 0), (0, 1, 0), (0, 0, -1), (0, 0, 1))


def _next_to(marked: Marked) -> Marked:
    return np.asarray(ndimage.binary_dilation(marked, _CROSS) & ~marked)
