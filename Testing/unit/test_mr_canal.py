"""The canal on T2-weighted MR: a column of bright fluid through the whole scan, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from boneir.anatomy.mr_canal import canal_on_mr
from boneir.case import Image, ImageSource, Modality
from boneir.grid import Grid
from boneir.open import case_of

DIRECTIONS = ((1, 0, 0, 0, 1, 0, 0, 0, 1), (0, 0, 1, 1, 0, 0, 0, -1, 0))


def scan(direction=DIRECTIONS[0], series="SAG T2 TSE", column=True, beside=0.0, aside=0.0) -> tuple[Image, np.ndarray]:
    """An MR with a column of fluid around a darker cord, and the column with the cord as truth."""
    along = np.asarray(direction, float).reshape(3, 3)
    start = np.asarray([-50.0, -50.0, -40.0]) + np.clip(-along @ np.ones(3), 0, None) * [100, 100, 80]
    counts = np.rint(np.abs(along.T) @ [100, 100, 80] / 2).astype(int)
    grid = Grid(tuple(int(n) for n in counts[::-1]), (2.0, 2.0, 2.0), tuple(start), tuple(map(float, direction)))
    x, y, z = grid.to_mm(np.argwhere(np.ones(grid.shape, bool))[:, ::-1]).T
    signal = np.full(len(x), 80.0)
    signal[(np.abs(x) < 20) & (y < -12) & (y > -40)] = 60.0
    sac = np.hypot(x - aside, y - 5 - 0.1 * z) < 9
    if column:
        signal[sac] = 300.0
        signal[np.hypot(x - aside, y - 5 - 0.1 * z) < 3] = 120.0
    signal[np.hypot(x - 30, y + 30) < beside] = 320.0
    signal += np.random.default_rng(1).normal(0, 8, len(x))
    source = ImageSource(series_description=series)
    image = Image(signal.reshape(grid.shape).astype(np.float32), grid, Modality.MR, "", source)
    return image, sac.reshape(grid.shape)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_column_of_fluid_is_the_canal_with_what_it_surrounds(direction):
    image, truth = scan(direction)
    (canal,), (said,) = canal_on_mr(image)
    found = canal.mask.full()
    assert found[truth].mean() > 0.97
    assert 2 * np.count_nonzero(found & truth) / (np.count_nonzero(found) + np.count_nonzero(truth)) > 0.75
    assert not canal.sure
    assert canal.mask.at(said.place_mm)
    # The section of a ring of 9 mm around a cord of 3 mm.
    assert said.measured == pytest.approx(np.pi * (81 - 9), rel=0.25)


@pytest.mark.parametrize("series", ["SAG T1", "T1 POST", "AX T2* GRE", "MRA", ""])
def test_where_fluid_is_not_said_to_be_bright_nothing_is_outlined(series):
    assert canal_on_mr(scan(series=series)[0]) == ((), ())


@pytest.mark.parametrize("series", ["T2w_sag", "ax STIR", "tirm_cor", "HASTE"])
def test_series_with_bright_fluid_are_known_by_their_names(series):
    assert canal_on_mr(scan(series=series)[0])[0]


@pytest.mark.parametrize("change", [{"column": False}, {"aside": 42.0}])
def test_without_a_column_near_the_midline_that_is_said(change):
    structures, (said,) = canal_on_mr(scan(**change)[0])
    assert structures == ()
    assert "not checked" in said.text


def test_two_columns_leave_doubt():
    assert canal_on_mr(scan(beside=8.0)[0])[0] == ()
    # A wider one is no canal.
    image, truth = scan(beside=12.0)
    (canal,), _ = canal_on_mr(image)
    assert canal.mask.full()[truth].mean() > 0.97


def test_a_case_of_mr_has_the_canal_and_a_ct_is_left_alone():
    image, _ = scan()
    case = case_of(image)
    assert case.has("spinal_canal")
    assert "open.not_outlined" in {finding.code for finding in case.findings}
    assert canal_on_mr(replace(image, modality=Modality.CT)) == ((), ())
