"""Isotherms and cement over the images: outlines that can be told apart, cement that a slider drives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from boneir.assessing.isotherms import Isotherm
from boneir.evidence import Grade, Value
from boneir.grid import Grid
from boneir.mask import Mask

GRID = Grid((20, 20, 20), (1.0, 1.0, 1.5), (-10.0, -10.0, -15.0))


def ball(radius_mm: float) -> Mask:
    kji = np.indices(GRID.shape).reshape(3, -1).T
    away = np.linalg.norm(GRID.to_mm(kji[:, ::-1]), axis=1)
    return Mask.of((away <= radius_mm).reshape(GRID.shape), GRID)


def isotherm(amount: float, radius_mm: float, lesion: str = "lesion-1") -> Isotherm:
    limit = Value(amount, "degC", Grade.PUBLISHED, "a paper")
    return Isotherm(lesion, limit, f"at {amount:g}", amount > 37.0, ball(radius_mm))


@pytest.fixture
def scene() -> Any:
    from boneir.scene.application import new_scene

    return new_scene()


def test_isotherms_are_outlines_in_colours_of_their_own(scene: Any) -> None:
    from boneir.scene.layers import show_isotherms
    from boneir.scene.marks import Part, marked

    show_isotherms(scene, "plan-1", [isotherm(45.0, 8.0)])
    node = show_isotherms(scene, "plan-1", [isotherm(45.0, 8.0), isotherm(60.0, 5.0), isotherm(-40.0, 4.0, "other")])
    assert len(list(marked(scene, Part.ISOTHERMS))) == 1
    segmentation = node.GetSegmentation()
    segments = [segmentation.GetNthSegment(n) for n in range(segmentation.GetNumberOfSegments())]
    assert [item.GetName() for item in segments] == [
        "45 °C, at 45 (lesion-1)", "60 °C, at 60 (lesion-1)", "-40 °C, at -40 (other)",
    ]  # fmt: skip
    assert len({item.GetColor() for item in segments}) == 3
    display = node.GetDisplayNode()
    assert not display.GetVisibility2DFill()
    assert display.GetVisibility2DOutline()


def test_isotherms_are_no_outlines_of_the_patient(scene: Any) -> None:
    from boneir.scene.layers import show_isotherms
    from boneir.scene.outlines import outlines_from_node

    node = show_isotherms(scene, "plan-1", [isotherm(45.0, 8.0)])
    assert outlines_from_node(node, GRID) == ((), (), ())


def test_cement_changes_in_its_place(scene: Any) -> None:
    from boneir.scene.layers import hide_layers, show_cement
    from boneir.scene.marks import Part, marked
    from boneir.scene.outlines import _mask_of

    first = show_cement(scene, "plan-1", [("lesion-1", ball(3.0)), ("other", ball(2.0))])
    for radius_mm in (6.0, 0.2, 4.0):
        node = show_cement(scene, "plan-1", [("lesion-1", ball(radius_mm)), ("other", ball(2.0))])
        assert node is first
        seen = [_mask_of(node.GetSegmentation().GetNthSegment(n), np.eye(4), GRID) for n in range(2)]
        assert seen[0].equals(ball(radius_mm))
        assert seen[1].equals(ball(2.0))
    other = show_cement(scene, "plan-2", [("lesion-1", ball(3.0))])
    assert list(marked(scene, Part.CEMENT)) == [other]
    hide_layers(scene)
    assert not list(marked(scene, Part.CEMENT))


def test_what_was_simulated_goes_when_the_needle_is_moved_or_the_plan_deleted(scene: Any) -> None:
    from boneir.plan import Plan, Probe, Technique, Trajectory, Treatment
    from boneir.scene.layers import show_cement, show_isotherms
    from boneir.scene.marks import LAYERS, Part, marked
    from boneir.scene.plan_desk import PlanDesk

    def shown() -> list[str]:
        return [node.GetAttribute("boneir.plan") for part in LAYERS for node in marked(scene, part)]

    def simulate() -> None:
        show_isotherms(scene, "plan-1", [isotherm(45.0, 8.0)])
        show_cement(scene, "plan-1", [("lesion-1", ball(3.0))])

    probe = Probe("1", "emprint", Trajectory((0.0, 60.0, 0.0), (0.0, 0.0, 0.0)), power_w=100.0, duration_s=300.0)
    desk = PlanDesk(scene)
    desk.act(lambda book: book.added(Plan("plan-1", (Treatment("lesion-1", Technique.MICROWAVE, 5.0, (probe,)),))))
    desk.show("plan-1")
    simulate()
    desk.take_moves()
    assert shown() == ["plan-1", "plan-1"]
    line = next(marked(scene, Part.LINE, "plan-1"))
    line.SetNthControlPointPositionWorld(1, 3.0, 0.0, 0.0)
    desk.take_moves()
    assert not shown()
    simulate()
    desk.act(lambda book: book.deleted("plan-1"))
    assert not shown()
