"""Compressed frames: what their own headers say, checked before a decoder is trusted with them.

Decoders written in C do not survive every contradiction between a stream and the header around it. The few bytes that
give size, depth and number of components are therefore read here (ITU-T T.81 B.2.2 for JPEG, T.87 C.2.2 for JPEG-LS,
T.800 A.5.1 for JPEG 2000).
"""

from __future__ import annotations

from typing import Any

from pydicom.encaps import generate_frames

from ..errors import ImageError

_START_OF_FRAME = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xDA)}
_START_OF_SCAN = 0xDA


def check_frames(data: Any) -> None:
    """Hold the header of every compressed frame of a data set against the tags around it.

    Raises
    ------
    ImageError
        If a frame is missing, or has another size, depth or number of components than the tags say.
    """
    count = int(data.get("NumberOfFrames") or 1)
    frames = list(generate_frames(data.PixelData, number_of_frames=count))
    if len(frames) != count:
        raise ImageError(f"{len(frames)} compressed frames, the header says {count}")
    for frame in frames:
        columns, rows, components, bits = _jpeg_2000(frame) if frame[:2] == b"\xff\x4f" else _jpeg(frame)
        if (columns, rows, components) != (data.Columns, data.Rows, 1) or not 2 <= bits <= data.BitsAllocated:
            raise ImageError(
                f"a compressed frame has {columns} x {rows} pixels of {components} x {bits} bits, "
                f"the header says {data.Columns} x {data.Rows} of {data.BitsAllocated}"
            )


def _jpeg(frame: bytes) -> tuple[int, int, int, int]:
    """Columns, rows, components and bits from the frame header of JPEG or JPEG-LS."""
    found = None
    at = 2
    while frame[:2] == b"\xff\xd8" and at + 4 <= len(frame) and frame[at] == 0xFF:
        marker = frame[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker in _WITHOUT_LENGTH:
            at += 2
            continue
        segment = frame[at + 4 : at + 2 + _number(frame, at + 2, 2)]
        if marker in _START_OF_FRAME and found is None and len(segment) >= 6:
            found = _number(segment, 3, 2), _number(segment, 1, 2), segment[5], segment[0]
        if marker == _START_OF_SCAN and found is not None:
            return found
        at += 2 + max(2, _number(frame, at + 2, 2))
    raise ImageError("a compressed frame has no JPEG header")


def _jpeg_2000(frame: bytes) -> tuple[int, int, int, int]:
    """Columns, rows, components and bits from the SIZ segment, which comes first."""
    if frame[2:4] != b"\xff\x51" or len(frame) < 43:
        raise ImageError("a compressed frame has no JPEG 2000 header")
    right, bottom, left, top = (_number(frame, at, 4) for at in (8, 12, 16, 20))
    return right - left, bottom - top, _number(frame, 40, 2), (frame[42] & 0x7F) + 1


def _number(data: bytes, at: int, length: int) -> int:
    return int.from_bytes(data[at : at + length], "big")
