"""Heat and cold: time of whole runs, bandwidth of the kernel, growth with the grid, a peer, a published experiment."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from calibration import triad_gb_per_s

from boneir.ablation import heat_stepper
from boneir.ablation.cold import Stage, freeze
from boneir.ablation.cold_medium import cold_medium_of
from boneir.ablation.generator import ConstantPower
from boneir.ablation.heat import heat
from boneir.ablation.heat_steps import Network
from boneir.ablation.medium import Held, faces_of, medium_of
from boneir.ablation.physics_values import physics_value
from boneir.ablation.solved_box import FEW_VOXELS
from boneir.ablation.tissue_map import TISSUE_ORDER, TissueMap, known_tissues, uniform_map
from boneir.grid import Grid

GROUP = "ablation"

EIGHT = ["fat", "muscle", "bone_cortical", "bone_cancellous", "marrow_red", "lytic_tumour", "csf", "skin"]
LITTRUP = {1: (12.0, 0.13), 2: (33.0, 0.46), 3: (41.0, 0.51), 4: (49.0, 0.56)}
"""Diameter of the -30 degC zone in mm and its share of the area of the ice, which gives the diameter of the ice, for
one to four probes of 2.4 mm, 2 cm apart, 15 min in agar at 39 degC:
Littrup et al., J Vasc Interv Radiol 2009;20:1343-1351, PMC2762356."""


def cube(n, spacing=1.0):
    return Grid((n, n, n), (spacing,) * 3, (-(n - 1) / 2 * spacing,) * 3)


def mixed(n):
    """Eight tissues in blocks of four voxels."""
    blocks = np.random.default_rng(1).integers(0, 8, (n // 4,) * 3)
    labels = np.asarray([TISSUE_ORDER.index(id_) for id_ in EIGHT], np.uint8)[blocks]
    return TissueMap(labels.repeat(4, 0).repeat(4, 1).repeat(4, 2), cube(n), known_tissues())


def radii(grid):
    ax = (np.arange(grid.shape[0]) - (grid.shape[0] - 1) / 2) * grid.spacing_mm[0]
    return np.sqrt(ax[:, None, None] ** 2 + ax[:, None] ** 2 + ax**2)


def rods(grid, places, half_mm=17.0, radius_mm=1.2):
    ax = (np.arange(grid.shape[0]) - (grid.shape[0] - 1) / 2) * grid.spacing_mm[0]
    z = np.maximum(np.abs(ax) - half_mm, 0.0)[:, None, None]
    return tuple(Held(np.sqrt((ax - x) ** 2 + ((ax - y) ** 2)[:, None] + z**2) - radius_mm, 0.0) for x, y in places)


def ball_source(grid, radius_mm=6.0):
    source = (radii(grid) < radius_mm).astype(float)
    return source / (source.sum() * grid.voxel_ml * 1e-6)


def step_ms(n, repeats=12):
    """Best time of an explicit step, of several in one pass and of one alone, on n cubed voxels of mixed tissue, ms."""
    medium = medium_of(mixed(n))
    faces = faces_of(medium.conductivity, medium.spacing_mm)
    pads = [np.pad(field, 1) for field in (faces.x, faces.y, faces.z, 1.0 / medium.capacity, medium.perfusion)]
    theta, out, keep = np.zeros_like(pads[0]), np.zeros_like(pads[0]), np.ones_like(pads[0])
    net = Network(*pads[:4], pads[4], np.zeros_like(pads[0]))
    kernels, box, count = heat_stepper.backend(), (1, n + 1, 1, n + 1, 1, n + 1), heat_stepper.AT_ONCE
    best = [float("inf"), float("inf")]
    for _ in range(repeats):
        start = time.perf_counter()
        kernels.euler_steps(theta, out, net, keep, 1.0, 0.5, box, count)
        middle = time.perf_counter()
        kernels.euler_step(theta, out, net, keep, 1.0, 0.5, box)
        best = [min(best[0], (middle - start) / count), min(best[1], time.perf_counter() - middle)]
    return best[0] * 1e3, best[1] * 1e3


def triad_of_mib(mib):
    """Bandwidth of a triad of float32 whose three arrays together are so large, GB/s."""
    n = int(mib * 2**20 / 12)
    a, b, c = np.empty(n, np.float32), np.ones(n, np.float32), np.ones(n, np.float32)
    best = float("inf")
    for _ in range(max(6, int(600 / mib))):
        start = time.perf_counter()
        np.multiply(c, np.float32(3.0), out=a)
        np.add(a, b, out=a)
        best = min(best, time.perf_counter() - start)
    return 5 * 4 * n / best / 1e9


def peer_seconds(n, steps):
    """The same number of explicit steps by scipy's sparse product, from a few of them, s; and its set-up, s."""
    from scipy import sparse

    medium = medium_of(mixed(n))
    start = time.perf_counter()
    faces = faces_of(medium.conductivity, medium.spacing_mm)
    x, y, z = (face.ravel() for face in (faces.x, faces.y, faces.z))
    matrix = sparse.diags_array(
        [-faces.sums().ravel(), x[:-1], x[:-1], y[:-n], y[:-n], z[: -n * n], z[: -n * n]],
        offsets=[0, 1, -1, n, -n, n * n, -n * n],
    )
    matrix = sparse.csr_array(matrix, dtype=np.float32)
    setup = time.perf_counter() - start
    theta, gain = np.ones(n**3, np.float32), (0.5 / medium.capacity).ravel()
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        theta = theta + gain * (matrix @ theta)
        best = min(best, time.perf_counter() - start)
    return best * steps, setup


HALF_MM = 17.0
"""Half of the active part of these probes; it is not told, and assumed."""


def ice_diameter_mm(count):
    """Diameters of the zones below 0 and -30 degC of some probes in watery gel, nothing fitted to their number."""
    grid = cube(72, 1.5)
    places = {1: [(0, 0)], 2: [(-10, 0), (10, 0)], 3: [(-10, -6), (10, -6), (0, 11.5)],
              4: [(-10, -10), (10, -10), (-10, 10), (10, 10)]}[count]  # fmt: skip
    medium = cold_medium_of(uniform_map("muscle", grid))
    medium.perfusion[...] = 0.0
    most_w = physics_value("cryo_most_w_mm").amount * 2.0 * HALF_MM
    probes = tuple(replace(probe, most_w=most_w) for probe in rods(grid, places, HALF_MM))
    made = freeze(medium, [Stage(900.0, -140.0)], probes)
    middle = made.coldest_c[grid.shape[0] // 2]
    return [2.0 * float(np.sqrt(np.count_nonzero(middle <= level) * 1.5**2 / np.pi)) for level in (-1.0, -30.0)]


def row(name, value, unit, bar=None, *, peer="", calibration=None, least=False):
    met = None if bar is None else (value >= bar if least else value <= bar)
    return {
        "name": name, "value": value, "unit": unit, "bar": bar, "met": met, "calibration": calibration, "peer": peer
    }  # fmt: skip


def figures():
    triad = f"{triad_gb_per_s():.0f} GB/s"
    grid = cube(128)
    burn = {"source": ball_source(grid), "generator": ConstantPower(5.0)}
    tissue = medium_of(mixed(128))
    heat(tissue, 8.0, **burn)
    start = time.perf_counter()
    made = heat(tissue, 600.0, **burn)
    seconds = time.perf_counter() - start
    peer, setup = peer_seconds(128, 657)
    yield row(
        "heat, 128 cubed at 1 mm, 10 min", seconds, "s", 1.5, calibration=triad,
        peer=f"scipy sparse {peer:.1f} s and {setup:.1f} s set-up",
    )  # fmt: skip
    yield row("energy of that run not accounted for", 100 * made.energy.error, "%", 0.5)
    times = {n: step_ms(n) for n in (64, 128, 256)}
    moved = 36.0 * 256**3 / times[256][1] * 1e3 / 1e9
    share = triad_gb_per_s() / moved
    yield row("triad bandwidth over that of the heat kernel, one step alone", share, "1", 3.0, calibration=triad)
    for n, (together, alone) in times.items():
        own = triad_of_mib(36.0 * n**3 / 2**20)
        threads = "one thread" if n**3 <= FEW_VOXELS else "all threads"
        text = f"triad of that size {own:.0f} GB/s; alone {alone / n**3 * 1e6:.2f} ns, {36e-6 * n**3 / alone:.0f} GB/s"
        yield row(
            f"one voxel-step at {n} cubed, four in one pass",
            together / n**3 * 1e6,
            "ns",
            calibration=f"{threads}; {text}",
        )
    slowest, fastest = (pick(t[0] / n**3 for n, t in times.items()) for pick in (max, min))
    yield row("slowest over fastest voxel-step of 64 to 256 cubed", slowest / fastest, "1", calibration=triad)
    cold = cold_medium_of(mixed(128))
    probe = rods(grid, [(0.3, -0.2)], half_mm=12.0)
    freeze(cold, [Stage(5.0, -140.0)], probe)
    start = time.perf_counter()
    iced = freeze(cold, [Stage(600.0, -140.0)], probe)
    yield row(
        "cold, 128 cubed at 1 mm, 10 min, eight tissues", time.perf_counter() - start, "s", 6.0, calibration=triad
    )
    yield row("energy of that run not accounted for", 100 * iced.energy.error, "%", 0.5)
    for count, (published, share) in LITTRUP.items():
        (ice, lethal), wide = ice_diameter_mm(count), published / share**0.5
        text = f"published {published:g} mm, off by {lethal - published:+.1f}; ice {ice:.1f} of {wide:.1f} mm"
        probes = "1 probe" if count == 1 else f"{count} probes"
        yield row(f"-30 degC zone of {probes}, heat taken set by the ice of one", lethal, "mm", peer=text)
