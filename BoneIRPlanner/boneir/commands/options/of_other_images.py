"""Options of the commands that bring in another image of the patient."""

from __future__ import annotations

from pathlib import Path

from ...plan import Position
from .parser import Commands, Parser, case_argument, command, plan_argument


def _register(commands: Commands[Parser]) -> None:
    text = "Lay another image of the patient over the planning image, and say how far that can be trusted."
    parser = command(
        commands, "register", text, "boneir register case-7 /data/patient-7-mr --name MR --bone vertebra_L3"
    )
    case_argument(parser)
    parser.add_argument(
        "image", type=Path, metavar="IMAGE", help="folder with DICOM, DICOMDIR, NIfTI, NRRD or MHA file"
    )
    parser.add_argument("--series", default="", metavar="UID", help="which series, where there are several")
    parser.add_argument("--through", type=Path, metavar="IMAGE", help="the CT of a PET: it is registered in its stead")
    parser.add_argument("--through-series", default="", metavar="UID", help="which series of that")
    parser.add_argument("--name", default="", metavar="NAME", help="name in the case (default: the modality)")
    bone = "a bone to register for itself as well; may be given again, 'all' takes every bone"
    parser.add_argument("--bone", action="append", default=[], metavar="NAME", help=bone)
    landmarks = "lines of six numbers: LPS mm in the planning image, then in the other one"
    parser.add_argument("--landmarks", type=Path, metavar="FILE", help=landmarks)
    text = "also bend it to fit the soft tissue, for looking only"
    parser.add_argument("--bend", action="store_true", help=text)


def _transfer(commands: Commands[Parser]) -> None:
    text = "Move a plan onto today's image bone by bone, check every limit again, and say what changed."
    parser = command(commands, "transfer", text, "boneir transfer case-7 plan-1 /data/today --case case-7-today")
    plan_argument(parser)
    parser.add_argument("image", type=Path, metavar="TODAY", help="today's image, or the folder of its case")
    parser.add_argument("--series", default="", metavar="UID", help="which series, where there are several")
    parser.add_argument("--case", dest="today", type=Path, metavar="DIR", help="folder for today's case and plan")
    words = f"how the patient lies today, one of: {', '.join(Position)} (default: as planned)"
    parser.add_argument("--position", choices=[item.value for item in Position], metavar="P", help=words)


OTHER_IMAGE_COMMANDS = (_register, _transfer)
"""Each adds the parser of one command, in the order in which the help lists them."""
