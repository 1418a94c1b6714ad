"""Segmentations as ``.seg.nrrd``, the file of 3D Slicer: names, colours, terminology, layers where masks overlap.

Masks that do not overlap share a layer, each with its own label value; the file holds only the box that contains them
all. Written for and read from Slicer 5
(https://slicer.readthedocs.io/en/latest/developer_guide/modules/segmentations.html).
"""

from __future__ import annotations

import colorsys
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import OutlineError
from ..grid import Grid
from ..mask import Mask
from .nrrd import Nrrd, nrrd_chunks, read_nrrd

NO_TERMINOLOGY = (
    "Segmentation category and type - 3D Slicer General Anatomy list"
    "~SCT^85756007^Tissue~SCT^85756007^Tissue~^^~Anatomic codes - DICOM master list~^^~^^|"
)
"""What Slicer writes for a segment of which it knows no more than that it is tissue."""


@dataclass(frozen=True, eq=False)
class Segment:
    """One segment of a segmentation.

    Parameters
    ----------
    name : str
    mask : Mask
        On the grid of the file (a box of the image).
    code : str
        Coded type as "scheme^value^meaning", its modifier after a "~"; or "".
    color : tuple of float
        Red, green, blue in 0..1.
    id : str
        Slicer's identifier in the file; "" lets the writer number it.
    """

    name: str
    mask: Mask
    code: str = ""
    color: tuple[float, float, float] | None = None
    id: str = ""


def seg_nrrd_bytes(segments: Sequence[Segment], *, compression: int = 1) -> bytes:
    """The bytes of a ``.seg.nrrd`` file.

    Parameters
    ----------
    segments : sequence of Segment
        All on the same grid.
    compression : int
        gzip level, 0 for none.

    Raises
    ------
    OutlineError
        If there is no segment, or they lie on different grids.
    """
    if not segments:
        raise OutlineError("A segmentation needs at least one segment.")
    grid = segments[0].mask.grid
    if any(item.mask.grid != grid for item in segments):
        raise OutlineError("The segments lie on different grids; a segmentation has one.")
    corner, shape = _common_box([item.mask for item in segments])
    places = _layers([item.mask for item in segments])
    count = 1 + max(layer for layer, _ in places)
    kind = np.uint8 if max(label for _, label in places) < 256 else np.uint16
    numbers = np.zeros((*shape, count), kind)
    for item, (layer, label) in zip(segments, places, strict=True):
        if not item.mask.is_empty:
            k, j, i = (slice(w.start - c, w.stop - c) for w, c in zip(item.mask.window, corner, strict=True))
            numbers[k, j, i, layer][item.mask.voxels] = label
    keys = _keys(segments, places, corner)
    box = grid.window(corner, shape)
    return b"".join(nrrd_chunks(numbers if count > 1 else numbers[..., 0], box, keys, compression=compression))


def read_seg_nrrd(path: Path) -> tuple[Segment, ...]:
    """Read the segments of a ``.seg.nrrd`` file, each on the grid of the file.

    Raises
    ------
    ImageError
        If the file cannot be read.
    OutlineError
        If it says nothing of segments, or a segment lacks its label value.
    """
    return segments_of(read_nrrd(path), path.name)


def segments_of(content: Nrrd, name: str) -> tuple[Segment, ...]:
    """The segments of the content of a ``.seg.nrrd`` file called `name`."""
    if not np.issubdtype(content.numbers.dtype, np.integer):
        raise OutlineError(f"{name}: labels are whole numbers, found {content.numbers.dtype}.")
    keys = content.keys
    layers = content.numbers if content.numbers.ndim == 4 else content.numbers[..., None]
    segments = []
    n = 0
    while f"Segment{n}_ID" in keys or f"Segment{n}_Name" in keys:
        segments.append(_segment(keys, f"Segment{n}_", layers, content.grid, name))
        n += 1
    if not segments:
        raise OutlineError(f"{name}: no Segment0_ID or Segment0_Name; not a segmentation of Slicer.")
    return tuple(segments)


def file_offset(keys: Mapping[str, str]) -> tuple[int, int, int]:
    """Array index (k, j, i) in the reference image of the first voxel of the file; zeros where it does not say."""
    words = keys.get("Segmentation_ReferenceImageExtentOffset", "0 0 0").split()
    i, j, k = (int(word) for word in words)
    return k, j, i


def _segment(keys: Mapping[str, str], start: str, layers: NDArray[np.generic], grid: Grid, name: str) -> Segment:
    try:
        # Files before Slicer 4.11 have one layer per segment and no label value.
        number = int(start.removeprefix("Segment").rstrip("_"))
        layer = int(keys.get(start + "Layer", number if layers.shape[3] > 1 else 0))
        label = int(keys.get(start + "LabelValue", 1 if layers.shape[3] > 1 else number + 1))
        red, green, blue = (float(word) for word in keys.get(start + "Color", "0.5 0.5 0.5").split())
    except ValueError as error:
        raise OutlineError(f"{name}: {start}Layer, LabelValue or Color cannot be read ({error}).") from error
    if not 0 <= layer < layers.shape[3]:
        raise OutlineError(f"{name}: {start}Layer is {layer}, the file has {layers.shape[3]} layer(s).")
    title = keys.get(start + "Name") or keys[start + "ID"]
    mask = Mask.of(layers[..., layer] == label, grid)
    return Segment(title, mask, _code(keys.get(start + "Tags", "")), (red, green, blue), keys.get(start + "ID", ""))


def _code(tags: str) -> str:
    """The coded type within the tags of a segment."""
    entries = [tag.removeprefix("TerminologyEntry:") for tag in tags.split("|") if tag.startswith("TerminologyEntry:")]
    return type_of_entry(entries[0]) if entries else ""


def type_of_entry(entry: str) -> str:
    """The coded type of one of Slicer's terminology entries, and its modifier after a "~"; "" where it says nothing.

    The third part of an entry is the type and the fourth its modifier, the sixth and seventh are the anatomic region
    and its modifier, which stand for a type that is no more than "tissue".
    """
    parts = [part if part.strip("^") else "" for part in entry.split("~")] + [""] * 7
    generic = parts[2].startswith(("SCT^85756007", "SRT^T-D0050"))
    kind, modifier = (parts[5], parts[6]) if generic else (parts[2], parts[3])
    return f"{kind}~{modifier}" if kind and modifier else kind


def _keys(
    segments: Sequence[Segment], places: Sequence[tuple[int, int]], corner: tuple[int, int, int]
) -> dict[str, str]:
    keys = {
        "Segmentation_ContainedRepresentationNames": "Binary labelmap|",
        "Segmentation_MasterRepresentation": "Binary labelmap",
        "Segmentation_ReferenceImageExtentOffset": " ".join(map(str, corner[::-1])),
    }
    for n, (item, (layer, label)) in enumerate(zip(segments, places, strict=True)):
        color = item.color or color_for(item.name)
        code, _, modifier = (item.code or "SCT^85756007^Tissue").partition("~")
        if not item.mask.is_empty:
            ends = [(w.start - c, w.stop - c - 1) for w, c in zip(item.mask.window, corner, strict=True)][::-1]
        else:
            ends = [(0, -1)] * 3
        keys |= {
            f"Segment{n}_Color": " ".join(f"{part:.6g}" for part in color),
            f"Segment{n}_ColorAutoGenerated": "0",
            f"Segment{n}_Extent": " ".join(f"{a} {b}" for a, b in ends),
            f"Segment{n}_ID": item.id or f"Segment_{n + 1}",
            f"Segment{n}_LabelValue": str(label),
            f"Segment{n}_Layer": str(layer),
            f"Segment{n}_Name": item.name,
            f"Segment{n}_NameAutoGenerated": "0",
            f"Segment{n}_Tags": "TerminologyEntry:"
            + NO_TERMINOLOGY.replace(
                "~SCT^85756007^Tissue~SCT^85756007^Tissue~^^~", f"~SCT^85756007^Tissue~{code}~{modifier or '^^'}~"
            ),
        }
    return keys


def color_for(name: str) -> tuple[float, float, float]:
    """A colour that depends on the name alone, so that the same structure looks the same everywhere."""
    hue = int.from_bytes(hashlib.sha256(name.encode()).digest()[:2], "big") / 65536
    return colorsys.hsv_to_rgb(hue, 0.55, 0.9)


def _common_box(masks: Sequence[Mask]) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    windows = [mask.window for mask in masks if not mask.is_empty]
    if not windows:
        return (0, 0, 0), (1, 1, 1)
    lows = [min(window[axis].start for window in windows) for axis in range(3)]
    highs = [max(window[axis].stop for window in windows) for axis in range(3)]
    k, j, i = lows
    nk, nj, ni = (high - low for low, high in zip(lows, highs, strict=True))
    return (k, j, i), (nk, nj, ni)


def _layers(masks: Sequence[Mask]) -> list[tuple[int, int]]:
    """Layer and label of each mask: the first layer in which it overlaps no other."""
    layers: list[list[Mask]] = []
    places = []
    for mask in masks:
        free = (n for n, others in enumerate(layers) if not any(overlap(mask, other) for other in others))
        layer = next(free, len(layers))
        if layer == len(layers):
            layers.append([])
        layers[layer].append(mask)
        places.append((layer, len(layers[layer])))
    return places


def overlap(a: Mask, b: Mask) -> bool:
    """Whether two masks of one grid share a voxel."""
    if a.is_empty or b.is_empty:
        return False
    low = [max(p.start, q.start) for p, q in zip(a.window, b.window, strict=True)]
    high = [min(p.stop, q.stop) for p, q in zip(a.window, b.window, strict=True)]
    if any(start >= stop for start, stop in zip(low, high, strict=True)):
        return False
    corner, shape = (low[0], low[1], low[2]), (high[0] - low[0], high[1] - low[1], high[2] - low[2])
    return bool(np.any(a.part(corner, shape) & b.part(corner, shape)))
