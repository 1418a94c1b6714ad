"""Options of the commands that make a case."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...plan import Technique
from .parser import Commands, Parser, case_argument, command
from .values import point


def _demo(commands: Commands[Parser]) -> None:
    text = "Plan a synthetic patient from DICOM to report."
    parser = command(commands, "demo", text, "boneir demo --out demo --seed 1")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for everything that is made")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another number makes another patient")


def _inspect(commands: Commands[Parser]) -> None:
    text = "List the series in a folder, file or DICOMDIR."
    parser = command(commands, "inspect", text, "boneir inspect /data/patient-7")
    parser.add_argument("path", type=Path, metavar="PATH", help="folder, DICOMDIR or file")


def _open(commands: Commands[Parser]) -> None:
    text = "Read an image, outline what must not be hurt, and save both as a case."
    example = "boneir open /data/patient-7 --case case-7 --labels organs.nii.gz --label-names organs.json"
    parser = command(commands, "open", text, example)
    parser.add_argument("path", type=Path, metavar="PATH", help="folder with DICOM, DICOMDIR, NIfTI, NRRD or MHA file")
    parser.add_argument("--case", type=Path, required=True, metavar="DIR", help="folder for the case")
    parser.add_argument("--series", default="", metavar="UID", help="which series, where there are several")
    parser.add_argument("--labels", type=Path, metavar="FILE", help="outlines: label image, .seg.nrrd or DICOM SEG")
    parser.add_argument("--label-names", type=Path, metavar="FILE", help="names of the labels: JSON, CSV, TSV or text")
    parser.add_argument("--replace", action="store_true", help="replace a case in DIR even if it holds lesions")


def _lesion(commands: Commands[Parser]) -> None:
    text = "Outline a lesion from a point inside it, or take its outline from a file."
    example = "boneir lesion case-7 --seed -12.5,30,-410 --outside -2,30,-410 --name left-ilium"
    parser = command(commands, "lesion", text, example)
    case_argument(parser)
    origin = parser.add_mutually_exclusive_group(required=True)
    words = "a point inside the lesion, in LPS mm (what 3D Slicer shows as R, A, S, with the first two signs turned)"
    origin.add_argument("--seed", type=point, metavar="L,P,S", help=words)
    origin.add_argument("--mask", type=Path, metavar="FILE", help="outline: label image, .seg.nrrd or DICOM SEG")
    parser.add_argument("--label", default="", metavar="NAME", help="which outline of FILE, where it holds several")
    _corrections(parser)
    parser.add_argument("--name", default="lesion-1", metavar="NAME", help="name of the lesion (default: lesion-1)")
    text = "write how many standard deviations the bone around it lies from healthy bone of the same depth, as NRRD"
    parser.add_argument("--scores", type=Path, metavar="FILE", help=text)


def _corrections(parser: argparse.ArgumentParser) -> None:
    """Further points that correct an outline grown from a seed."""
    text = "another point that belongs to the lesion; may be given again"
    parser.add_argument("--inside", type=point, action="append", default=[], metavar="L,P,S", help=text)
    text = "a point that does not belong to it; may be given again"
    parser.add_argument("--outside", type=point, action="append", default=[], metavar="L,P,S", help=text)
    parser.add_argument("--edge", type=point, metavar="L,P,S", help="a point on its border: settles its size")


def _devices(commands: Commands[Parser]) -> None:
    text = "List the devices, their settings, and which of them can be planned with."
    parser = command(commands, "devices", text, "boneir devices --technique cryo")
    names = [item.value for item in Technique]
    parser.add_argument("--technique", choices=names, metavar="T", help=f"only one of: {', '.join(names)}")


CASE_COMMANDS = (_demo, _inspect, _open, _lesion, _devices)
"""Each adds the parser of one command, in the order in which the help lists them."""
