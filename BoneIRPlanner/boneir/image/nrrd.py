"""NRRD: a plain text header and the numbers after it, written so that the same data give the same bytes.

The format: https://teem.sourceforge.net/nrrd/format.html. Written are attached headers with raw or gzip encoding in
LPS mm; read are these and what 3D Slicer writes (RAS or LAS as well, a leading list axis). Other encodings are left to
SimpleITK, see `volume_file`.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import ImageError
from ..grid import Grid

_TYPE_OF = {
    "int8": "int8",
    "uint8": "uchar",
    "int16": "short",
    "uint16": "ushort",
    "int32": "int",
    "uint32": "uint",
    "float32": "float",
    "float64": "double",
}
_DTYPE_OF = {
    "signed char": "i1",
    "int8": "i1",
    "int8_t": "i1",
    "uchar": "u1",
    "unsigned char": "u1",
    "uint8": "u1",
    "uint8_t": "u1",
    "short": "i2",
    "short int": "i2",
    "signed short": "i2",
    "int16": "i2",
    "int16_t": "i2",
    "ushort": "u2",
    "unsigned short": "u2",
    "uint16": "u2",
    "uint16_t": "u2",
    "int": "i4",
    "signed int": "i4",
    "int32": "i4",
    "int32_t": "i4",
    "uint": "u4",
    "unsigned int": "u4",
    "uint32": "u4",
    "uint32_t": "u4",
    "longlong": "i8",
    "int64": "i8",
    "int64_t": "i8",
    "float": "f4",
    "double": "f8",
}
_TO_LPS = {
    "left-posterior-superior": (1, 1, 1),
    "lps": (1, 1, 1),
    "right-anterior-superior": (-1, -1, 1),
    "ras": (-1, -1, 1),
    "left-anterior-superior": (1, -1, 1),
    "las": (1, -1, 1),
}
_LONGEST_HEADER = 16 << 20


@dataclass(frozen=True, eq=False)
class Nrrd:
    """The content of an NRRD file.

    Parameters
    ----------
    numbers : ndarray, shape (k, j, i) or (k, j, i, layer)
        The layers of a leading list axis come last, as their numbers lie next to each other in the file.
    grid : Grid
    keys : mapping of str to str
        The key/value pairs.
    """

    numbers: NDArray[np.generic]
    grid: Grid
    keys: Mapping[str, str] = field(default_factory=dict)


def nrrd_chunks(
    numbers: NDArray[np.generic], grid: Grid, keys: Mapping[str, str] | None = None, *, compression: int = 0
) -> tuple[bytes, bytes | memoryview]:
    """The header and the numbers of an NRRD file, as bytes to be written one after the other.

    Parameters
    ----------
    numbers : ndarray, shape (k, j, i) or (k, j, i, layer)
    grid : Grid
        Of the first three axes.
    keys : mapping of str to str
        Key/value pairs.
    compression : int
        0 for raw, else the gzip level 1 to 9.

    Raises
    ------
    ImageError
        If the shape does not fit the grid or the type of number has no NRRD name.
    """
    layered = numbers.ndim == 4
    if numbers.shape[:3] != grid.shape or numbers.ndim not in (3, 4):
        raise ImageError(f"The numbers have the shape {numbers.shape}, the grid {grid.shape}: they must agree.")
    if numbers.dtype.name not in _TYPE_OF:
        raise ImageError(f"NRRD has no name for numbers of type {numbers.dtype}.")
    axes = [f"({','.join(map(_digits, column))})" for column in grid.axes.T.tolist()]
    sizes = [*([numbers.shape[3]] if layered else []), *grid.shape[::-1]]
    lines = [
        "NRRD0004",
        f"type: {_TYPE_OF[numbers.dtype.name]}",
        f"dimension: {numbers.ndim}",
        "space: left-posterior-superior",
        f"sizes: {' '.join(map(str, sizes))}",
        f"space directions: {' '.join([*(['none'] if layered else []), *axes])}",
        f"kinds: {'list ' if layered else ''}domain domain domain",
        "endian: little",
        f"encoding: {'gzip' if compression else 'raw'}",
        f"space origin: ({','.join(map(_digits, grid.origin_mm))})",
        *(f"{_escaped(key)}:={_escaped(value)}" for key, value in (keys or {}).items()),
    ]
    header = "\n".join([*lines, "", ""]).encode("utf-8")
    raw = np.ascontiguousarray(numbers, numbers.dtype.newbyteorder("<")).reshape(-1).view(np.uint8).data
    if not compression:
        return header, raw
    packer = zlib.compressobj(compression, zlib.DEFLATED, 31)  # 31: gzip, without the time of writing
    return header, packer.compress(raw) + packer.flush()


def read_nrrd(path: Path) -> Nrrd:
    """Read an attached NRRD file with raw or gzip encoding.

    Raises
    ------
    ImageError
        If the file cannot be read, is cut off, or uses something that this reader does not know; the sentence says
        what.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ImageError(f"{path}: cannot be read ({error.strerror}).") from error
    fields, keys, start = _parse(data, path)
    try:
        return _build(fields, keys, data[start:], path)
    except (KeyError, ValueError, zlib.error) as error:
        raise ImageError(f"{path.name}: not an NRRD file that can be read here ({error}).") from error


def _parse(data: bytes, path: Path) -> tuple[dict[str, str], dict[str, str], int]:
    found = re.search(rb"\r?\n\r?\n", data[:_LONGEST_HEADER])
    if not data.startswith(b"NRRD000") or found is None:
        raise ImageError(f"{path.name}: not an NRRD file, or its header is cut off.")
    fields, keys = {}, {}
    for line in data[: found.start()].decode("utf-8", "replace").splitlines()[1:]:
        if line.startswith("#"):
            continue
        colon = line.find(":")
        if colon > 0 and line[colon : colon + 2] == ":=":
            keys[_plain(line[:colon])] = _plain(line[colon + 2 :])
        elif colon > 0:
            fields[line[:colon].strip().lower()] = line[colon + 1 :].strip()
    return fields, keys, found.end()


def _build(fields: dict[str, str], keys: dict[str, str], raw: bytes, path: Path) -> Nrrd:
    if "data file" in fields or "datafile" in fields:
        raise ValueError("the numbers lie in another file")
    sizes = [int(word) for word in fields["sizes"].split()]
    dtype = np.dtype(_DTYPE_OF[fields["type"].lower()])
    if dtype.itemsize > 1:
        dtype = dtype.newbyteorder("<" if fields.get("endian", "little").lower() == "little" else ">")
    encoding = fields["encoding"].lower()
    if encoding not in ("raw", "gzip", "gz"):
        raise ValueError(f"encoding {encoding!r}; raw and gzip are known")
    if encoding != "raw":
        raw = zlib.decompress(raw, 47)
    count = math.prod(sizes)
    if len(raw) < count * dtype.itemsize:
        raise ImageError(f"{path.name}: cut off; {count * dtype.itemsize} bytes of numbers expected, {len(raw)} found.")
    numbers = np.frombuffer(raw, dtype, count).reshape(sizes[::-1])
    native = numbers.astype(dtype.newbyteorder("="), copy=False)
    return Nrrd(native, _grid(fields, sizes), keys)


def _grid(fields: dict[str, str], sizes: list[int]) -> Grid:
    signs = np.array(_TO_LPS[fields["space"].lower()], float)
    axes = np.array([_vector(text) for text in re.findall(r"\([^)]*\)", fields["space directions"])])
    if axes.shape != (3, 3) or len(sizes) not in (3, 4):
        raise ValueError(f"{len(sizes)} sizes and {len(axes)} directions; three of each are a volume")
    if len(sizes) == 4 and not fields["space directions"].lstrip().lower().startswith("none"):
        raise ValueError("of four axes the first must be the list")
    axes = axes * signs
    spacing = np.linalg.norm(axes, axis=1)
    if not (spacing > 0).all():
        raise ValueError("a space direction has no length")
    origin = np.array(_vector(fields["space origin"])) * signs
    ni, nj, nk = sizes[-3:]
    return Grid(
        shape=(nk, nj, ni),
        spacing_mm=(float(spacing[0]), float(spacing[1]), float(spacing[2])),
        origin_mm=(float(origin[0]), float(origin[1]), float(origin[2])),
        direction=tuple((axes / spacing[:, None]).T.ravel().tolist()),
    )


def _vector(text: str) -> list[float]:
    return [float(word) for word in text.strip().strip("()").split(",")]


def _digits(number: float) -> str:
    return repr(float(number))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _plain(text: str) -> str:
    return re.sub(r"\\([\\n])", lambda found: "\n" if found.group(1) == "n" else "\\", text)
