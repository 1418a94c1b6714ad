"""The needle in hand: what it means where it is, views along it, and the skin that says why."""

from __future__ import annotations

from typing import Any

import slicer
from slicer.i18n import tr as _

from ..errors import BoneIRError
from .live import LiveNeedles
from .live_logic import LiveState
from .tables import show_text
from .wording import legend_words, live_words, skin_words
from .work import work


class NeedleBar:
    """The group below the steps: text of the needle in hand, views, skin map.

    Parameters
    ----------
    module : GuidedModuleWidget
        Whose panel holds ``needleGroup`` and what is in it.
    timer : callable, optional
        Makes the timer that tells when a needle was put down.
    """

    def __init__(self, module: Any, timer: Any = None) -> None:
        self._module = module
        self._parameters: Any = None
        self.needles = LiveNeedles(module, self.onShown, timer)
        self._cursor: Any = None
        ui = module.ui
        ui.alongButton.connect("clicked()", self.onAlong)
        ui.plainButton.connect("clicked()", self.onPlain)
        ui.layoutButton.connect("clicked()", self.onLayout)
        ui.skinMapButton.connect("clicked(bool)", self.onSkinMap)
        ui.whyButton.connect("clicked(bool)", self.onWhy)
        self._depth_mm = 0.0
        self._coloured: Any = None

    def follow(self, parameters: Any) -> None:
        """Follow the plan that is chosen."""
        self._parameters = parameters
        self.needles.follow(parameters)
        ui, logic = self._module.ui, self._module.logic
        chosen = parameters is not None and logic.planPage(parameters.planName) is not None
        mapped = parameters is not None and logic.skinNode() is not None
        ui.needleGroup.visible = chosen or mapped
        ui.alongButton.enabled = ui.plainButton.enabled = ui.layoutButton.enabled = ui.depthSlider.enabled = chosen
        ui.skinMapButton.enabled = ui.whyButton.enabled = mapped
        ui.skinMapButton.checked = mapped and bool(logic.skinNode().GetDisplayVisibility())
        self._show_legend()
        if not mapped:
            self._ask(False)
        if parameters is not None and parameters.viewDepthMm != self._depth_mm:
            self._depth_mm = parameters.viewDepthMm
            self.onDepth(self._depth_mm)

    def onShown(self, state: LiveState | None) -> None:
        """Say what the needle in hand means."""
        show_text(self._module.ui.needleText, live_words(state) if state is not None else "")

    def onAlong(self) -> None:
        with work(_("The views could not be turned.")):
            self._module.logic.lookAlong(self._parameters.planName, self._parameters.viewDepthMm)

    def onPlain(self) -> None:
        with work(_("The views could not be turned.")):
            self._module.logic.lookPlain(self._parameters.planName)

    def onLayout(self) -> None:
        with work(_("The layout could not be shown.")):
            self._module.logic.useNeedleLayout()
            self._module.logic.lookAlong(self._parameters.planName, self._parameters.viewDepthMm)

    def onDepth(self, depth_mm: float) -> None:
        """Move the view down the needle; not while a needle is in hand."""
        if self._parameters.followNeedle and not self.needles.dragging:
            self._module.logic.lookDeeper(self._parameters.planName, depth_mm)

    def onSkinMap(self, on: bool) -> None:
        node = self._module.logic.skinNode()
        if node is not None:
            node.SetDisplayVisibility(on)
        self._show_legend()

    def onWhy(self, on: bool) -> None:
        """Begin or end to say why, wherever the mouse points at the skin."""
        self._ask(on)
        if on:
            self.onSkinMap(True)
            self._module.ui.skinMapButton.checked = True

    def onCursor(self, crosshair: Any, *_event: Any) -> None:
        """The mouse points somewhere."""
        place = [0.0, 0.0, 0.0]
        if not crosshair.GetCursorPositionRAS(place):
            return
        try:
            said = self.needles.why(place)
        except BoneIRError:  # what the map was made of is no longer there: the map itself still says which rule it was
            found = self._module.logic.askSkin(place)
            said = skin_words(*found) if found is not None else ""
        if said:
            show_text(self._module.ui.needleText, said)

    def afterStop(self) -> None:
        """A needle was put down: the views follow it, where that is wanted."""
        parameters = self._parameters
        if parameters is not None and parameters.followNeedle and self._module.logic.planPage(parameters.planName):
            self._module.logic.lookAlong(parameters.planName, parameters.viewDepthMm)

    def _show_legend(self) -> None:
        """Colour the map as it is wanted, and say what the colours mean."""
        ui, parameters = self._module.ui, self._parameters
        node = self._module.logic.skinNode()
        seen = parameters is not None and node is not None and bool(node.GetDisplayVisibility())
        ui.skinColourBox.enabled = seen
        ui.skinLegend.visible = seen
        wanted = (parameters.skinColour, node.GetID()) if seen else None
        if wanted is not None and wanted != self._coloured:
            show_text(ui.skinLegend, legend_words(self._module.logic.colourSkin(parameters.skinColour.value)))
        self._coloured = wanted

    def _ask(self, on: bool) -> None:
        crosshair = slicer.mrmlScene.GetSingletonNode("default", "vtkMRMLCrosshairNode") if on else None
        if self._cursor is not None and self._cursor is not crosshair:
            event = slicer.vtkMRMLCrosshairNode.CursorPositionModifiedEvent
            self._module.removeObserver(self._cursor, event, self.onCursor)
            self._cursor = None
        if crosshair is not None and self._cursor is None:
            event = slicer.vtkMRMLCrosshairNode.CursorPositionModifiedEvent
            self._module.addObserver(crosshair, event, self.onCursor)
            self._cursor = crosshair
        if not on:
            self._module.ui.whyButton.checked = False
