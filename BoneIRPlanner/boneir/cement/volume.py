"""How much cement a lesion may take: a range with its reasons, never an order."""

from __future__ import annotations

from dataclasses import dataclass

from ..case import Image, Modality
from ..errors import OutlineError
from ..evidence import Grade, Value
from ..mask import Mask
from ..resources import limit
from .compartment import Compartment
from .void import Content, content_of


@dataclass(frozen=True)
class CementVolume:
    """A range of cement volumes.

    Parameters
    ----------
    expected_ml, low_ml, high_ml : float
    void_ml, trabecular_ml, dense_ml : float
        What the lesion consists of: void that cement fills, bone that takes up a part, dense bone that takes none. On
        images other than CT everything counts as void.
    reasons : tuple of str
        How the range came about, one sentence each.
    values : tuple of Value
        The values that it rests on.
    warning : Value or None
        The share of the vertebral body that the upper end exceeds, where it does.
    most_ml : float or None
        The volume of that share, where the upper end exceeds it.
    """

    expected_ml: float
    low_ml: float
    high_ml: float
    void_ml: float
    trabecular_ml: float
    dense_ml: float
    reasons: tuple[str, ...]
    values: tuple[Value, ...]
    warning: Value | None = None
    most_ml: float | None = None

    @property
    def indicated_ml(self) -> float:
        """The most that is called for here: the upper end, or the share of the body that should not be exceeded."""
        return self.high_ml if self.most_ml is None else min(self.high_ml, self.most_ml)


def cement_limit(key: str) -> Value:
    """One value of ``Resources/Limits/cement.json``.

    Raises
    ------
    ResourceError
        If there is no such value.
    """
    return limit("cement", key)


def cement_volume(
    image: Image, lesion: Mask, body: Mask | None = None, compartment: Compartment | None = None
) -> CementVolume:
    """The range of cement volumes for a lesion, or for the part of it in one compartment.

    The lesion takes up the share ``cavity_fill`` of its void (``acetabular_fill`` in the acetabulum, which bears
    weight) and ``trabecular_share`` of the bone between void and dense bone. In a vertebral body that is known, it is
    at least ``body_fill`` of the body.

    Parameters
    ----------
    image : Image
    lesion : Mask
        On the grid of `image`.
    body : Mask or None
        The vertebral body that the lesion lies in, without pedicles and arch.
    compartment : Compartment or None
        Where the lesion lies; it decides what the range is compared with.

    Raises
    ------
    OutlineError
        If the lesion is empty.
    """
    if lesion.is_empty:
        raise OutlineError("The lesion is empty: there is no volume to fill.")
    content = _content(image, lesion)
    void, trabecular, dense = content.void_ml, content.trabecular_ml, content.dense_ml
    at_joint = compartment is Compartment.ACETABULUM
    fill, share = cement_limit("acetabular_fill" if at_joint else "cavity_fill"), cement_limit("trabecular_share")
    low, expected, high = (a * void + b * trabecular for a, b in zip(_range(fill), _range(share), strict=True))
    reasons = [_what_it_is(image, content)]
    reasons.append(f"Void is filled to {fill.amount:.0%}, spongy bone to {share.amount:.0%} of its volume.")
    values, warning, most = [fill, share], None, None
    if body is not None and not body.is_empty:
        part, too_much = cement_limit("body_fill"), cement_limit("body_warning")
        low, expected, high = (
            max(mine, by_body * body.volume_ml)
            for mine, by_body in zip((low, expected, high), _range(part), strict=True)
        )
        reasons.append(f"At least {part.amount:.0%} of the vertebral body of {body.volume_ml:.1f} mL.")
        values.append(part)
        if high > too_much.amount * body.volume_ml:
            warning, most = too_much, too_much.amount * body.volume_ml
        found, more = _about_relief()
    else:
        found, more = _about_usual(compartment)
    reasons += found
    values += more
    least = cement_limit("least_volume_ml")
    if void + trabecular > 0.0 and low < min(least.amount, lesion.volume_ml):
        low = min(least.amount, lesion.volume_ml)
        values.append(least)
        reasons.append(f"Never less than {least} where there is anything to fill.")
    expected, high = max(expected, low), max(high, expected, low)
    return CementVolume(expected, low, high, void, trabecular, dense, tuple(reasons), tuple(values), warning, most)


def grade_of(volume: CementVolume) -> Grade:
    """The weakest grade among the values that a range rests on."""
    grades = [value.grade for value in volume.values]
    return next(grade for grade in (Grade.DEFAULT, Grade.DERIVED, Grade.PUBLISHED) if grade in grades)


def _range(value: Value) -> tuple[float, float, float]:
    low = value.amount if value.low is None else value.low
    return low, value.amount, value.amount if value.high is None else value.high


def _about_relief() -> tuple[list[str], list[Value]]:
    """What is known of volume and relief in vertebrae."""
    relief, without = cement_limit("relief_volume_ml"), cement_limit("levels_without_relation")
    text = (
        f"Below {relief} marked relief was less likely in a registry of osteoporotic fractures; in {without} patients "
        "volume and relief had no relation: more is not better."
    )
    return [text], [relief, without]


def _about_usual(compartment: Compartment | None) -> tuple[list[str], list[Value]]:
    """What was used elsewhere in the skeleton."""
    usual = cement_limit("extraspinal_volume_ml")
    texts = [f"Outside the spine {usual.low:g} to {usual.high:g} mL were used, {usual} on average."]
    if compartment is None or not compartment.is_pelvic:
        return texts, [usual]
    pelvic = cement_limit("pelvic_volume_ml")
    texts.append(f"In pelvic metastases it was {pelvic} on average, and relief did not go with filling.")
    return texts, [usual, pelvic]


def _content(image: Image, lesion: Mask) -> Content:
    if image.modality is not Modality.CT:
        return Content(lesion.volume_ml, 0.0, 0.0, 0.0)
    return content_of(image, lesion)


def _what_it_is(image: Image, content: Content) -> str:
    if image.modality is not Modality.CT:
        return f"Without CT numbers all {content.void_ml:.1f} mL of the lesion count as void."
    return (
        f"The lesion with its blurred edge has {content.void_ml:.1f} mL below {content.below_hu:.0f} HU (void), "
        f"{content.dense_ml:.1f} mL above {cement_limit('sclerotic_hu')} (dense bone takes none) and "
        f"{content.trabecular_ml:.1f} mL between."
    )
