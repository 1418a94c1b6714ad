"""Grids for the closed forms of heat and cold: places that are not on the grid, and shapes with soft edges."""

from __future__ import annotations

import numpy as np

TISSUES = {
    "muscle": (0.49497, 1090.4, 3421.2, 36.74),
    "cancellous": (0.3125, 1178.3, 2274.0, 30.0),
    "cortical": (0.320, 1908.0, 1312.8, 10.0),
}


def properties(name):
    """Conductivity, volumetric capacity and perfusion in SI units, from the table of tissues."""
    k, rho, c, perfusion = TISSUES[name]
    return k, rho * c, perfusion / 6e7 * rho * 1049.75 * 3617.0


def offsets(shape, spacing_mm, centre_mm=(0.0, 0.0, 0.0)):
    """Distances along i, j and k from a place given from the middle of the grid, in mm."""
    axes = [
        (np.arange(n) - (n - 1) / 2) * step - c
        for n, step, c in zip(shape, spacing_mm[::-1], centre_mm[::-1], strict=True)
    ]
    return axes[2][None, None, :], axes[1][None, :, None], axes[0][:, None, None]


def radii(shape, spacing_mm, centre_mm=(0.0, 0.0, 0.0)):
    x, y, z = offsets(shape, spacing_mm, centre_mm)
    return np.sqrt(x * x + y * y + z * z)


def shape_for(size_mm, spacing_mm):
    """An odd number of voxels along k, j and i."""
    return tuple(int(size_mm / step) | 1 for step in spacing_mm[::-1])


def soft_ball(shape, spacing_mm, centre_mm, radius_mm):
    """Share of every voxel within a ball, by subsampling."""
    share = np.zeros(shape)
    steps = [(np.arange(5) - 2.0) / 5.0 * s for s in spacing_mm]
    for dx in steps[0]:
        for dy in steps[1]:
            for dz in steps[2]:
                moved = tuple(c + d for c, d in zip(centre_mm, (dx, dy, dz), strict=True))
                share += radii(shape, spacing_mm, moved) < radius_mm
    return share / 125.0


def point_source(shape, spacing_mm, centre_mm):
    """One watt at a place, shared linearly between the eight voxels around it, in W/m3."""
    place = [(n - 1) / 2 + c / s for n, c, s in zip(shape, centre_mm[::-1], spacing_mm[::-1], strict=True)]
    source = np.zeros(shape)
    low = [int(np.floor(p)) for p in place]
    for corner in np.ndindex(2, 2, 2):
        weight = np.prod([1 - abs(p - a - c) for p, a, c in zip(place, low, corner, strict=True)])
        source[tuple(a + c for a, c in zip(low, corner, strict=True))] += weight
    return source / (np.prod(spacing_mm) * 1e-9)


def shell_mean(field, r, radius, spacing_mm, places=None):
    """Mean over a shell of the ratio to a reference field, so that the places of voxels do not matter."""
    chosen = np.abs(r - radius) < 0.6 * max(spacing_mm)
    return field[chosen], r[chosen]
