"""Makes the effect "Bone lesion" known to Slicer's segment editor."""

from __future__ import annotations

from pathlib import Path


def register_effect() -> None:
    """Register the effect; called when the application has started."""
    import qSlicerSegmentationsEditorEffectsPythonQt as effects  # noqa: N813

    made = effects.qSlicerSegmentEditorScriptedEffect(None)
    source = Path(__file__).with_name("boneir_effects") / "BoneLesionEffect.py"
    made.setPythonSource(str(source).replace("\\", "/"))
    made.self().register()
