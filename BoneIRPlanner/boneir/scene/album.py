"""The pictures of one plan: which planes, with what in them, under which words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..assessment import Assessment
from ..case import Case, Role
from ..findings import Point
from ..picture import Picture
from ..plan import Plan, Trajectory
from .colours import NEEDLE, shown_name
from .content import Content, inside, listed
from .drawing import Drawing
from .frames import Frame, along_frames, axial_frame, down_frame, in_words
from .legend import STRIP_PX, Entry, Strip, png_of, under
from .overlay import SUPPOSED_DIAMETER_MM, draw_across, draw_letters, draw_needle, draw_window, label_needle
from .stage import SliceView, SpaceView, Stage
from .tools import Tool
from .volume import window_of

SIZE_PX = (800, 580 + STRIP_PX)
"""Width and height of every picture, the strip with the legend included."""

_VIEW_PX = (SIZE_PX[0], SIZE_PX[1] - STRIP_PX)
_DOWN_WIDTH_MM = 110.0
_RINGS_MM = (5.0, 10.0)
_STEP_MM = 0.5
_SAMPLE_MM = 1.5
_ON_AXIS_MM = 0.1
_PLANES = ("sagittal", "coronal", "axial")
_BACKGROUND = (0.0, 0.0, 0.0)


class Album:
    """Takes the pictures of a plan.

    Parameters
    ----------
    case : Case
    plan : Plan
    assessment : Assessment or None
    tools : tuple of Tool
        The instruments of the plan, at least one.
    """

    def __init__(self, case: Case, plan: Plan, assessment: Assessment | None, tools: tuple[Tool, ...]) -> None:
        self._case, self._plan, self._assessment, self._tools = case, plan, assessment, tools
        stage = Stage(case.image)
        self._content = Content(stage, case, assessment, tools)
        for tool in tools:
            stage.add_needle(tool, tool.diameter_mm or SUPPOSED_DIAMETER_MM)
        self._stage = stage
        self._slice = SliceView(stage, _VIEW_PX)
        self._drawing = Drawing(self._slice.renderer, _VIEW_PX)
        self._strip = Strip(SIZE_PX[0])

    def pictures(self) -> Iterator[Picture]:
        """Every picture: the plan in space, then four slices of each needle."""
        yield self.in_space()
        for tool in self._tools:
            yield self.axial(tool)
            yield from self.along(tool)
            yield self.down_the_needle(tool)

    def axial(self, tool: Tool) -> Picture:
        """The axial slice through the point of the needle that is nearest to the middle of the lesion."""
        way = tool.trajectory
        through = self._nearest_to_lesion(tool)
        frame = axial_frame(way, through, _VIEW_PX)
        below = through[2] - way.tip_mm[2]
        words = (
            "tip in the slice" if abs(below) < 0.5 else f"tip {abs(below):.0f} mm {'below' if below > 0 else 'above'}"
        )
        caption = f"{tool.title}: axial slice at {_level(through[2])}, {words}"
        return self._picture("axial", f"Axial slice, {tool.within}", caption, frame, tool)

    def along(self, tool: Tool) -> Iterator[Picture]:
        """The two planes that hold the needle."""
        length = tool.trajectory.length_mm
        for name, frame in zip(("along", "across"), along_frames(tool.trajectory, _VIEW_PX), strict=True):
            plane = _PLANES[int(np.argmax(np.abs(frame.normal)))]
            caption = f"{tool.title}: plane along it nearest to {plane}, {length:.0f} mm from entry to tip"
            yield self._picture(name, f"Along {tool.within}, near {plane}", caption, frame, tool)

    def down_the_needle(self, tool: Tool) -> Picture:
        """Across the needle where it passes closest to what must not be hurt, or where it enters bone."""
        depth, place = self._narrowest(tool)
        frame = down_frame(tool.trajectory, depth, _DOWN_WIDTH_MM, _VIEW_PX)
        caption = f"{tool.title}: seen from the entry, {place}, {depth:.0f} mm deep"
        self._drawing.clear()
        draw_letters(self._drawing, frame)
        draw_window(self._drawing, window_of(self._case.image))
        draw_across(self._drawing, frame, tool, _RINGS_MM)
        return self._taken("down_the_needle", f"Down {tool.within}", caption, frame, tool)

    def in_space(self) -> Picture:
        """The plan in space, from the side of the entries."""
        view = SpaceView(self._stage, _VIEW_PX)
        view.renderer.SetBackground(*_BACKGROUND)
        way = np.mean([tool.trajectory.direction for tool in self._tools], axis=0)
        towards, up = _viewing(way)
        middle = self._content.middle_mm
        spread = max(float(np.linalg.norm(np.subtract(t.trajectory.entry_mm, middle))) for t in self._tools)
        taken = view.picture(middle, middle - 500.0 * towards, up, max(150.0, 2 * spread + 50.0))
        caption = f"{self._plan.name} in space, seen from {in_words(-towards)}"
        entries = [*self._needle_entries(self._tools), *self._content.entries_in_space()]
        png = png_of(under(taken, self._strip.picture(caption, entries)))
        return Picture("three_d", f"{self._plan.name} in space", png)

    def _picture(self, name: str, title: str, caption: str, frame: Frame, tool: Tool) -> Picture:
        self._drawing.clear()
        draw_letters(self._drawing, frame)
        draw_window(self._drawing, window_of(self._case.image))
        others = [other for other in self._tools if other is not tool]
        for other in others:
            draw_needle(self._drawing, frame, other, main=False)
        draw_needle(self._drawing, frame, tool, main=True)
        label_needle(self._drawing, frame, tool, main=True)
        for other in others:
            label_needle(self._drawing, frame, other, main=False)
        return self._taken(name, title, caption, frame, tool)

    def _taken(self, name: str, title: str, caption: str, frame: Frame, tool: Tool) -> Picture:
        entries = [*self._needle_entries((tool,)), *self._content.entries(frame.points_mm(_SAMPLE_MM))]
        if name == "axial":
            entries.append(Entry("Dashed: in front of the slice or behind it"))
        taken = under(self._slice.picture(frame), self._strip.picture(caption, entries))
        return Picture(name, title, png_of(taken), tool.name)

    def _needle_entries(self, tools: tuple[Tool, ...]) -> list[Entry]:
        widths: dict[float | None, list[str]] = {}
        for tool in tools:
            widths.setdefault(tool.diameter_mm, []).append(tool.title)
        shown = [(f"{width:g} mm" if width else "diameter not known", titles) for width, titles in widths.items()]
        return [Entry(f"{listed(titles)} ({width})", NEEDLE) for width, titles in shown]

    def _nearest_to_lesion(self, tool: Tool) -> Point:
        way = tool.trajectory
        names = {lesion.name for lesion in self._case.lesions if not lesion.mask.is_empty}
        if tool.lesion not in names:
            return way.tip_mm
        middle = np.asarray(self._case.lesion(tool.lesion).mask.centroid_mm)
        depth = float((middle - way.entry_mm) @ np.asarray(way.direction))
        return way.point_at(min(max(depth, 0.0), way.length_mm))

    def _narrowest(self, tool: Tool) -> tuple[float, str]:
        """Depth of the place to look at across the needle, and what it is."""
        way = tool.trajectory
        measures = self._assessment.measures if self._assessment else ()
        close = [
            (item.amount, depth, item.about)
            for item in measures
            if item.code == "access.clearance" and item.amount is not None and item.place_mm is not None
            if (depth := _depth_on(way, item.place_mm)) is not None
        ]
        if close:
            clearance, depth, name = min(close)
            what = shown_name(self._case.structure(name)).lower() if self._case.has(name) else name
            return depth, f"closest to {what}, {clearance:.1f} mm"
        depths = np.arange(0.0, way.length_mm, _STEP_MM)
        points = np.asarray(way.entry_mm) + depths[:, None] * np.asarray(way.direction)
        in_bone = np.zeros(len(depths), bool)
        for structure in self._case.of_role(Role.BONE):
            in_bone |= inside(structure.mask, points)
        if in_bone.any():
            return float(depths[int(np.argmax(in_bone))]), "where it enters bone"
        return way.length_mm, "at the tip"


def _depth_on(way: Trajectory, place_mm: Point) -> float | None:
    """How deep a place lies on a needle; None where it lies beside it."""
    offset = np.subtract(place_mm, way.entry_mm)
    depth = float(offset @ np.asarray(way.direction))
    beside = float(np.linalg.norm(offset - depth * np.asarray(way.direction)))
    return depth if beside < _ON_AXIS_MM and 0.0 <= depth <= way.length_mm else None


def _level(z_mm: float) -> str:
    return f"{'S' if z_mm >= 0 else 'I'} {abs(z_mm):.1f} mm"


def _viewing(way: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Direction to look in and what is up: with the needle, from a little to its side and from above."""
    superior = np.array([0.0, 0.0, 1.0])
    along = way / max(float(np.linalg.norm(way)), 1e-9)
    upright = abs(along @ superior) > 0.85
    up = np.array([0.0, -1.0, 0.0]) if upright else superior
    side = np.cross(along, up)
    side /= np.linalg.norm(side)
    if along[0] * side[0] < 0:  # from the flank, where the spine hides less
        side = -side
    towards = 0.75 * along + 0.45 * side - 0.3 * up
    return towards / np.linalg.norm(towards), up
