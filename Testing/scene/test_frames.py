"""Where pictures lie: right-handed, upright as readers know it, with the needle inside."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boneir.plan import Trajectory
from boneir.scene.frames import Frame, along_frames, axial_frame, down_frame, in_words, named

SIZE = (800, 580)
FROM_BEHIND = Trajectory((30.0, 78.0, 396.0), (10.0, 12.0, 405.0))

coordinate = st.floats(-150.0, 150.0)
point = st.tuples(coordinate, coordinate, coordinate)
way = (
    st.builds(Trajectory, point, point)
    .filter(lambda t: 20.0 < t.length_mm < 250.0)
)  # fmt: skip


def every_frame(t: Trajectory) -> list[Frame]:
    return [axial_frame(t, t.tip_mm, SIZE), *along_frames(t, SIZE), down_frame(t, t.length_mm / 2, 110.0, SIZE)]


@settings(max_examples=150, deadline=None)
@given(way)
def test_frames_are_orthonormal_and_hold_the_needle(t: Trajectory) -> None:
    axial, along, across, down = every_frame(t)
    for frame in (axial, along, across, down):
        basis = np.stack([frame.right, frame.up, frame.normal])
        assert np.allclose(basis @ basis.T, np.eye(3), atol=1e-9)
    for frame in (along, across):
        assert frame.depth_mm([t.entry_mm, t.tip_mm]) == pytest.approx([0.0, 0.0], abs=1e-8)
    assert abs(along.normal @ across.normal) < 1e-9
    assert axial.depth_mm(t.tip_mm) == pytest.approx(0.0, abs=1e-9)
    assert abs(float(down.normal @ np.asarray(t.direction))) == pytest.approx(1.0)
    for frame in (axial, along, across):
        px = frame.to_px([t.entry_mm, t.tip_mm])
        assert px.min() >= 0
        assert (px <= SIZE).all()


@settings(max_examples=100, deadline=None)
@given(way)
def test_readers_see_what_they_know(t: Trajectory) -> None:
    axial, along, across, down = every_frame(t)
    assert axial.letters() == ("R", "L", "P", "A")
    for frame in (along, across):
        nearest = int(np.argmax(np.abs(frame.normal)))
        assert (frame.up @ [0.0, -1.0, 0.0] > 0) if nearest == 2 else (frame.up[2] > 0)
    # Seen from the entry: what lies deeper lies behind the picture.
    assert down.depth_mm(t.entry_mm) > 0 > down.depth_mm(t.tip_mm)


def test_a_needle_from_behind_is_seen_axial_first_then_sagittal() -> None:
    along, across = along_frames(FROM_BEHIND, SIZE)
    assert int(np.argmax(np.abs(along.normal))) == 2
    assert along.letters()[0][0] == "R"
    assert int(np.argmax(np.abs(across.normal))) == 0
    assert across.letters()[3] == "S"
    assert across.letters()[1][0] == "P"


def test_a_needle_along_the_body_has_its_frames_too() -> None:
    upright = Trajectory((5.0, 5.0, 300.0), (5.0, 5.0, 380.0))
    along, across = along_frames(upright, SIZE)
    assert along.letters() == ("R", "L", "I", "S")
    assert across.letters() == ("A", "P", "I", "S")
    down = down_frame(upright, 40.0, 110.0, SIZE)
    assert down.letters() == ("R", "L", "P", "A")  # from the feet, as an axial slice


def test_pixels_are_square_and_where_they_should_be() -> None:
    frame = axial_frame(FROM_BEHIND, FROM_BEHIND.tip_mm, SIZE)
    centre = frame.to_px(frame.centre_mm)
    assert centre.tolist() == [400.0, 290.0]
    left_and_front = frame.to_px(np.add(frame.centre_mm, (10.0, -10.0, 3.0))) - centre
    assert left_and_front == pytest.approx([10.0 / frame.mm_per_px] * 2)
    assert frame.points_mm(2.0) @ [0.0, 0.0, 1.0] == pytest.approx(FROM_BEHIND.tip_mm[2])


def test_directions_have_one_or_two_letters() -> None:
    assert named(np.array([1.0, 0.0, 0.0])) == "L"
    assert named(np.array([-0.6, -0.8, 0.0])) == "AR"
    assert named(np.array([0.1, 0.2, -0.97])) == "I"
    assert in_words(np.array([0.5, 0.85, 0.1])) == "behind and the left"
