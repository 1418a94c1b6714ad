"""What the panel does to the views: along a needle, back, and what the skin map says of a place."""

from __future__ import annotations

from typing import Any

import slicer

from ..errors import PlanError
from ..plan import Plan, Trajectory
from ..proposal import Goal, SkinMap


class ViewsLogic:
    """Turns slice views and reads the skin map of the application's scene."""

    _skin: tuple[Any, tuple[SkinMap, Goal]] | None = None

    def planNow(self, name: str) -> Plan | None:
        """The plan with its needles where they are now."""
        raise NotImplementedError

    def skinNode(self) -> Any:
        """The node of the skin map, or None."""
        from ..scene.skin import skin_node

        return skin_node(slicer.mrmlScene)

    def skinMap(self) -> tuple[SkinMap, Goal] | None:
        """The skin map of the scene and what it was asked for, or None."""
        from ..scene.skin import skin_map_of

        node = self.skinNode()
        if node is None or node.GetPolyData() is None:
            return None
        key = (node.GetID(), node.GetPolyData().GetFieldData().GetMTime())
        if self._skin is None or self._skin[0] != key:
            try:
                self._skin = key, skin_map_of(node)
            except PlanError:
                return None
        return self._skin[1]

    def askSkin(self, place_ras: Any) -> tuple[SkinMap, int] | None:
        """The skin map and the entry in it that is nearest to a place; None where none is near."""
        from ..scene.ras import lps_point
        from ..scene.skin import entry_near

        found = self.skinMap()
        index = entry_near(found[0], lps_point(place_ras)) if found is not None else None
        return None if found is None or index is None else (found[0], index)

    def colourSkin(self, by: str) -> Any:
        """Colour the skin map by score or by reason; give the legend, which is empty where there is no map."""
        from ..access.skin_colours import skin_colours
        from ..scene.skin import colour_skin

        found = self.skinMap()
        if found is None:
            return ()
        rgb, legend = skin_colours(found[0], "reason" if by == "reason" else "score")
        colour_skin(self.skinNode(), rgb)
        return legend

    def lookAlong(self, name: str, depth_mm: float) -> None:
        """Turn the slice views along the first needle of a plan, and down on it as deep as `depth_mm` (0: the tip)."""
        from ..scene.reslice import show_along_needle

        way = self._way(name)
        if way is not None:
            show_along_needle(slicer.mrmlScene, way, depth_mm or None)

    def lookDeeper(self, name: str, depth_mm: float) -> None:
        """Move the view down the first needle of a plan."""
        from ..scene.reslice import show_depth

        way = self._way(name)
        if way is not None:
            show_depth(slicer.mrmlScene, way, depth_mm or way.length_mm)

    def lookPlain(self, name: str) -> None:
        """Turn the slice views back to axial, sagittal and coronal, through the tip of the first needle of a plan."""
        from ..scene.reslice import show_plain

        show_plain(slicer.mrmlScene, self._way(name))

    def useNeedleLayout(self) -> None:
        """Show the layout in which the views of a needle are all seen."""
        from ..scene.reslice import use_layout

        use_layout(slicer.mrmlScene)

    def _way(self, name: str) -> Trajectory | None:
        from ..scene.tools import tools_of

        plan = self.planNow(name)
        tools = tools_of(plan) if plan is not None else ()
        return tools[0].trajectory if tools else None
