"""Options of the commands that write results down."""

from __future__ import annotations

from pathlib import Path

from .of_plans import physics_arguments
from .parser import Commands, Parser, command, plan_argument
from .values import number, point

LOOKS = ("dark", "ice", "gas", "necrosis")
"""How an ablation zone shows itself; as in `boneir.fusion.ablated`."""


def _report(commands: Commands[Parser]) -> None:
    text = "Write the report of a plan as HTML and PDF."
    parser = command(commands, "report", text, "boneir report case-7 plan-1 --out for-the-board")
    plan_argument(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder (default: 'report' in the folder of the case)")
    physics_arguments(parser, always=True)
    parser.add_argument("--date", default="", metavar="TEXT", help="a date to print (default: none)")


def _scene(commands: Commands[Parser]) -> None:
    text = "Write case, plan and predicted zones as a 3D Slicer scene."
    parser = command(commands, "scene", text, "boneir scene case-7 plan-1 --out plan-1.mrb")
    plan_argument(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.mrb", help="file to write")


def _commission(commands: Commands[Parser]) -> None:
    text = "Measure on this machine what the computations err by, against closed forms."
    parser = command(commands, "commission", text, "boneir commission --seed 7")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of places and directions (default: 0)")


def _verify(commands: Commands[Parser]) -> None:
    text = "Compare a plan with a control image: needles, the margin of the ablation zone, cement."
    example = "boneir verify case-7 plan-1 --control /data/control --zone zone.nii.gz --out verified"
    parser = command(commands, "verify", text, example)
    plan_argument(parser)
    control = "the control image: folder with DICOM, DICOMDIR, NIfTI, NRRD or MHA file"
    parser.add_argument("--control", type=Path, required=True, metavar="IMAGE", help=control)
    parser.add_argument("--series", default="", metavar="UID", help="which series, where there are several")
    parser.add_argument("--zone", type=Path, metavar="MASK", help="the ablation zone, outlined on the control image")
    seed = "a point in the zone, LPS mm of the control image: it is outlined from there"
    parser.add_argument("--zone-seed", type=point, metavar="L,P,S", help=seed)
    look = f"how the zone shows itself, one of: {', '.join(LOOKS)} (default: dark)"
    parser.add_argument("--zone-look", choices=LOOKS, default="dark", metavar="LOOK", help=look)
    aligned = "the control image lies over the planning image already (same examination)"
    parser.add_argument("--aligned", action="store_true", help=aligned)
    parser.add_argument("--no-needles", action="store_true", help="do not look for needles")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder (default: 'verified' in the folder of the case)"
    )
    parser.add_argument("--date", default="", metavar="TEXT", help="a date to print (default: none)")


def _respond(commands: Commands[Parser]) -> None:
    text = "Judge how every lesion has answered to treatment, over two or more examinations."
    parser = command(commands, "respond", text, "boneir respond case-7 case-7-may case-7-august=20260814 --out answer")
    cases = "folders of cases with the lesions outlined under the same names; =YYYYMMDD behind one without a date"
    parser.add_argument("cases", nargs="+", metavar="DIR[=DATE]", help=cases)
    gone = "a lesion that the last examination no longer shows; may be given again"
    parser.add_argument("--gone", action="append", default=[], metavar="NAME", help=gone)
    weight = "with --height: turns SUV into SUL by lean mass, which PERCIST asks for"
    parser.add_argument("--weight", type=number, metavar="KG", help=weight)
    parser.add_argument("--height", type=number, metavar="CM", help="of the patient")
    parser.add_argument("--sex", choices=("M", "F"), help="of the patient, where the image does not say")
    out = "folder (default: 'response' in the folder of the last case)"
    parser.add_argument("--out", type=Path, metavar="DIR", help=out)
    parser.add_argument("--date", default="", metavar="TEXT", help="a date to print (default: none)")


RESULT_COMMANDS = (_report, _scene, _verify, _respond, _commission)
"""Each adds the parser of one command, in the order in which the help lists them."""
