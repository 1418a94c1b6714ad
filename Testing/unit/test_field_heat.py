"""Fields and heat together: Kohlrausch's identity, and a Gaussian beam, on grids of two shapes."""

from __future__ import annotations

import numpy as np
import pytest

from boneir.ablation.electric import electric_field
from boneir.ablation.electrodes import Electrode, Rod, place
from boneir.ablation.generator import ConstantPower
from boneir.ablation.heat import heat
from boneir.ablation.laplace import Walls
from boneir.ablation.medium import Held, uniform_medium
from boneir.grid import Grid


@pytest.mark.parametrize("spacing", [(0.25, 0.25, 1.0), (0.2, 0.3, 1.0)])
def test_tissue_between_electrodes_comes_to_rest_as_kohlrausch_says(spacing) -> None:
    """Two cooled needles in an insulated block: theta = sigma / 2k * phi (V0 - phi) once nothing changes."""
    volts, sigma, k = 20.0, 0.4, 0.5
    shape = (1, round(9.0 / spacing[1]), round(13.0 / spacing[0]))
    grid = Grid(shape, spacing, (-spacing[0] * (shape[2] - 1) / 2, -spacing[1] * (shape[1] - 1) / 2, 0.0))
    rods = [Rod((x, y, -9.0), (x, y, 9.0), 1.1) for x, y in ((-3.6, 0.4), (3.3, -0.7))]
    needles = [Electrode(str(n), (rod,)) for n, rod in enumerate(rods)]
    field = electric_field(np.full(shape, sigma), grid, needles, [volts, 0.0], walls=Walls.INSULATED, tolerance=1e-9)
    distance = np.minimum(place(needles, grid).distance_mm, 50.0)
    medium = uniform_medium(shape, spacing, conductivity=k, capacity=2.0e6)
    power = field.power_w()
    made = heat(
        medium, 900.0, source=field.heating_w_m3(into_electrodes=True) / power,
        generator=ConstantPower(power, period_s=20.0), held=(Held(distance, 37.0),), perfusion_stops=False,
    )  # fmt: skip
    exact = sigma / (2 * k) * field.potential_v * (volts - field.potential_v)
    assert exact.max() == pytest.approx(sigma * volts**2 / (8 * k), rel=5e-3)
    off = np.abs(made.temperature_c - 37.0 - exact)
    # Explicit steps in time keep the surface a quarter of a voxel from every centre, where heat rises 40 K in 1 mm.
    assert off.max() < 0.06 * exact.max()
    assert off[distance > 0.5].max() < 0.025 * exact.max()
    assert made.energy.error < 5e-3


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.8, 0.8, 1.6)])
def test_a_beam_that_is_tilted_against_the_grid_heats_its_axis_alike(spacing) -> None:
    """The same closed form for a beam of 4 mm along no axis of the grid, well before heat comes to the walls."""
    width, diffusivity, capacity, seconds = 4e-3, 1.4e-7, 3.78e6, 60.0
    shape = tuple(2 * round(20.0 / step) + 1 for step in spacing[::-1])
    index = np.stack(np.indices(shape)[::-1], axis=-1) - (np.array(shape[::-1]) - 1) / 2
    offset = index * spacing * 1e-3
    along = offset @ np.array([0.36, 0.48, 0.8])
    beside2 = np.maximum((offset**2).sum(axis=-1) - along**2, 0.0)
    source = 1e6 * np.exp(-beside2 / width**2)
    medium = uniform_medium(shape, spacing, conductivity=diffusivity * capacity, capacity=capacity)
    made = heat(medium, seconds, source=source, generator=ConstantPower(1.0, period_s=2.0), perfusion_stops=False)
    exact = 1e6 / capacity * width**2 / (4 * diffusivity) * np.log(1 + 4 * diffusivity * seconds / width**2)
    axis = (np.abs(along) < 6e-3) & (beside2 < 1e-8)
    assert axis.any()
    assert made.temperature_c[axis] - 37.0 == pytest.approx(exact, rel=0.01)
    assert made.energy.error < 5e-3


@pytest.mark.parametrize("spacing", [(0.2, 0.2, 1.0), (0.15, 0.25, 2.0)])
def test_a_gaussian_beam_heats_its_axis_as_the_logarithm_of_time(spacing) -> None:
    attenuation, intensity, width, diffusivity, capacity = 5.0, 1e7, 1e-3, 1.4e-7, 3.78e6
    shape = (2, 2 * round(13.0 / spacing[1]) + 1, 2 * round(13.0 / spacing[0]) + 1)
    j, i = np.indices(shape[1:])
    x = (i - shape[2] // 2) * spacing[0] * 1e-3
    y = (j - shape[1] // 2) * spacing[1] * 1e-3
    source = np.broadcast_to(2 * attenuation * intensity * np.exp(-(x**2 + y**2) / width**2), shape)
    medium = uniform_medium(shape, spacing, conductivity=diffusivity * capacity, capacity=capacity)
    for seconds, golden in ((1.0, 21.0075), (10.0, 89.1473)):
        scale = 2 * attenuation * intensity / capacity
        exact = scale * width**2 / (4 * diffusivity) * np.log(1 + 4 * diffusivity * seconds / width**2)
        assert exact == pytest.approx(golden, abs=1e-4)
        made = heat(
            medium, seconds, source=source / 100.0, generator=ConstantPower(100.0, period_s=0.5),
            perfusion_stops=False,
        )  # fmt: skip
        found = made.temperature_c[0, shape[1] // 2, shape[2] // 2] - 37.0
        assert found == pytest.approx(exact, rel=0.015)
        assert made.energy.error < 5e-3
