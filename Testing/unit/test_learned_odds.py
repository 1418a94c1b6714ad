"""What is seen along rays has its closed form in a plain block, and trees are walked as they are written."""

from __future__ import annotations

import json

import numpy as np
import pytest

from boneir.anatomy import learned_odds as odds_module
from boneir.anatomy.learned_odds import learned_odds
from boneir.anatomy.lesion_hybrid import hybrid_surface
from boneir.anatomy.lesion_look import SIGNS, look_around, signs_along
from boneir.anatomy.lesion_rays import Surroundings, radii_up_to
from boneir.anatomy.sphere import sphere
from boneir.errors import ResourceError
from boneir.resources import resource_folder

STEPS = np.array([1.5, 1.0, 1.0])
CENTRE = np.array([29.0, 44.0, 45.0])
RADIUS_MM, MARROW_HU, LESION_HU = 9.0, 200.0, 50.0


def block_with_ball() -> Surroundings:
    """Marrow everywhere with a dark ball in it, without noise."""
    shape = (60, 90, 90)
    away = np.linalg.norm((np.moveaxis(np.indices(shape), 0, -1) - CENTRE) * STEPS, axis=-1)
    share = np.clip(RADIUS_MM - away + 0.5, 0, 1)
    hu = (MARROW_HU + (LESION_HU - MARROW_HU) * share).astype(np.float32)
    click, nothing = CENTRE[None], np.zeros((0, 3))
    strange = (1000 * share).astype(np.float32)
    depth = np.full(shape, 50, np.float32)
    return Surroundings(hu, depth, STEPS, click, nothing, CENTRE, np.zeros(3), strange)


def walked(data: dict, signs: np.ndarray) -> float:
    """The odds of one sample, node by node."""
    total = data["start"]["value"]
    for nodes in data["trees"]["value"]:
        node = nodes[0]
        while len(node) > 1:
            sign, most, low, high = node
            node = nodes[low if signs[sign] <= np.float32(most) else high]
        total += node[0]
    return total


def test_trees_are_walked_as_they_are_written() -> None:
    data = json.loads((resource_folder() / "Structures" / "lesion_odds.json").read_text("utf-8"))
    rng = np.random.default_rng(0)
    scale = np.array([10, 400, 100, 400, 30, 4, 600, 400, 400, 3, 300, 3, 3, 300, 300, 150, 3, 300, 150, 3])
    signs = (rng.normal(size=(7, 9, len(SIGNS))) * scale).astype(np.float32)
    found = learned_odds(signs)
    assert found.shape == (7, 9)
    expected = [[walked(data, sample) for sample in row] for row in signs]
    assert found == pytest.approx(np.array(expected), abs=1e-3)
    assert np.ptp(found) > 1.0


def test_trees_that_were_made_for_other_signs_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(odds_module, "SIGNS", SIGNS[1:])
    with pytest.raises(ResourceError, match="other signs"):
        odds_module._trees.__wrapped__()


def test_signs_have_their_closed_form_in_a_plain_block() -> None:
    around, radii = block_with_ball(), radii_up_to(20.0)
    seen = signs_along(look_around(around), CENTRE, sphere(162), radii)
    assert seen.shape == (162, len(radii), len(SIGNS))

    def sign(name: str) -> np.ndarray:
        return seen[..., SIGNS.index(name)]

    within, beyond = radii < RADIUS_MM - 2, radii > RADIUS_MM + 2
    assert np.all(sign("distance") == radii.astype(np.float32))
    assert sign("click number") == pytest.approx(LESION_HU)
    assert sign("marrow number") == pytest.approx(MARROW_HU)
    assert sign("number")[:, within] == pytest.approx(LESION_HU, abs=0.1)
    assert sign("farthest from click before")[:, beyond] == pytest.approx(MARROW_HU - LESION_HU, abs=0.1)
    assert sign("from click ahead")[:, radii < RADIUS_MM - 5] == pytest.approx(0.0, abs=0.1)
    # The mean over a ball that is larger than the lesion follows from the volumes of both.
    ball = (MARROW_HU - LESION_HU) * (1 - (RADIUS_MM / (radii + 0.35)) ** 3)
    assert sign("from click of ball")[:, beyond] == pytest.approx(np.tile(ball[beyond], (162, 1)), abs=8.0)
    way = (MARROW_HU - LESION_HU) * (1 - RADIUS_MM / (radii + 0.35))
    assert sign("mean from click before")[:, beyond] == pytest.approx(np.tile(way[beyond], (162, 1)), abs=6.0)


def test_the_surface_is_the_ball_and_grows_with_bolder_odds() -> None:
    found = hybrid_surface(block_with_ball(), 30.0)
    assert found.surface.reach_mm == pytest.approx(RADIUS_MM, abs=0.8)
    assert found.surface.radius_mm == pytest.approx(RADIUS_MM, abs=0.3)
    assert found.surface.rays.centre == pytest.approx(CENTRE, abs=0.3)
    sizes = [found.bolder(by).surface.radius_mm for by in (-2.0, 0.0, 2.0)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]
