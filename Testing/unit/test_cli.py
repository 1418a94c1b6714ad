"""The command line: understood or refused in one sentence, for people and for machines."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from boneir.case_folder import load_case, save_case
from boneir.cli import main
from boneir.commands.output import Answer, Progress, TextTable, json_alone, print_answer
from boneir.errors import PlanError
from boneir.grid import Grid
from report_example import ball, example_case

COMMANDS = (
    "demo",
    "inspect",
    "open",
    "lesion",
    "register",
    "transfer",
    "devices",
    "propose",
    "explain",
    "assess",
    "compare",
    "report",
    "scene",
    "train",
)

Capture = pytest.CaptureFixture[str]


def document(capsys: Capture) -> Any:
    """The one JSON document that stdout holds."""
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(command: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert f"example: boneir {command}" in text
    assert "--json" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_the_example_of_every_command_is_understood(
    command: str, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    example = capsys.readouterr().out.split("example: boneir ")[1].split()
    seen: list[str] = []

    class Module:
        @staticmethod
        def run(options: Any, progress: Progress) -> Answer:
            seen.append(options.command)
            return Answer({}, ())

    monkeypatch.setattr("importlib.import_module", lambda *_: Module)
    assert main(example) == 0
    assert seen == [command]


def test_the_list_of_commands_has_an_example_too(capsys: Capture) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert "example: boneir demo" in text
    assert all(f"\n    {command} " in text for command in COMMANDS)


def test_help_loads_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-m", "boneir", "--help"], capture_output=True, text=True, check=True)
    loaded = (
        "import sys, boneir.cli; print(sorted({'numpy', 'scipy', 'SimpleITK', 'slicer', 'rich'} & set(sys.modules)))"
    )
    heavy = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout.strip()
    assert "COMMAND" in done.stdout
    assert heavy == "[]", "the parser loads no heavy package"


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("dance",),
        ("propose", "case"),
        ("propose", "case", "--technique", "magic", "--device", "emprint"),
        ("propose", "case", "--technique", "cryo", "--device", "x", "--margin-mm", "-3"),
        ("propose", "case", "--technique", "cryo", "--device", "x", "--margin-mm", "nan"),
        ("propose", "case", "--technique", "cryo", "--device", "x", "--max-plans", "0"),
        ("propose", "case", "--technique", "cryo", "--device", "x", "--max-plans", "1.5"),
        ("lesion", "case"),
        ("lesion", "case", "--seed", "1,2"),
        ("lesion", "case", "--seed", "1,2,inf"),
        ("lesion", "case", "--seed", "1,2,3", "--mask", "m.nrrd"),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_what_is_not_understood_ends_with_2(words: tuple[str, ...], as_json: bool, capsys: Capture) -> None:
    assert main([*words, *(["--json"] if as_json else [])]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("usage: boneir")
    assert "Traceback" not in said.err
    if as_json:
        assert json.loads(said.out)["kind"] == "UsageError"
    else:
        assert said.out == ""


@pytest.mark.parametrize("seed", [("--seed", "-12,30.5,-400"), ("--seed=-12,30.5,-400",)])
def test_a_seed_may_begin_with_a_minus(seed: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    class Module:
        @staticmethod
        def run(options: Any, progress: Progress) -> Answer:
            seen.append(options.seed)
            return Answer({}, ())

    monkeypatch.setattr("importlib.import_module", lambda *_: Module)
    assert main(["lesion", "case", *seed]) == 0
    assert seen == [(-12.0, 30.5, -400.0)]


@pytest.mark.parametrize(
    "words",
    [
        ("inspect", "nowhere"),
        ("open", "nowhere", "--case", "out"),
        ("lesion", "nowhere", "--mask", "m.nrrd"),
        ("propose", "nowhere", "--technique", "microwave", "--device", "emprint"),
        ("assess", "nowhere", "plan-1"),
        ("report", "nowhere", "plan-1"),
        ("scene", "nowhere", "plan-1", "--out", "x.mrb"),
    ],
)
def test_what_is_refused_ends_with_1_and_one_sentence(
    words: tuple[str, ...], capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 1
    said = capsys.readouterr()
    assert said.out == ""
    last = said.err.strip().splitlines()[-1]
    assert last.startswith("boneir: ")
    assert "nowhere" in last
    assert "Traceback" not in said.err
    assert main([*words, "--json"]) == 1
    told = document(capsys)
    assert f"boneir: {told['error']}" == last
    assert list(tmp_path.iterdir()) == []


def test_a_case_with_lesions_is_not_replaced_unasked(capsys: Capture, tmp_path: Path) -> None:
    save_case(example_case(), tmp_path)
    assert main(["open", "nowhere", "--case", str(tmp_path)]) == 1
    assert "holds a case with lesion-1: take another folder, or --replace it" in capsys.readouterr().err
    assert main(["open", "nowhere", "--case", str(tmp_path), "--replace"]) == 1
    assert "nowhere: there is no such file" in capsys.readouterr().err


def test_choices_are_named_as_they_are_typed(capsys: Capture) -> None:
    assert main(["propose", "case", "--technique", "laser", "--device", "emprint"]) == 2
    said = capsys.readouterr().err
    assert "choose from 'radiofrequency'" in said or "choose from radiofrequency" in said


def test_faults_are_all_in_the_document(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    class Module:
        @staticmethod
        def run(options: Any, progress: Progress) -> Answer:
            raise PlanError("plan.json: two faults.", ("a: is missing", "b: is not known"))

    monkeypatch.setattr("importlib.import_module", lambda *_: Module)
    assert main(["assess", "case", "plan-1", "--json"]) == 1
    expected = {"error": "plan.json: two faults.", "kind": "PlanError", "faults": ["a: is missing", "b: is not known"]}
    assert document(capsys) == expected


def test_a_fault_of_the_program_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    class Module:
        @staticmethod
        def run(options: Any, progress: Progress) -> Answer:
            raise ZeroDivisionError

    monkeypatch.setattr("importlib.import_module", lambda *_: Module)
    with pytest.raises(ZeroDivisionError):
        main(["devices"])


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), PermissionError(13, "Permission denied", "/out")])
def test_what_the_world_does_is_told_in_one_sentence(
    failure: BaseException, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Module:
        @staticmethod
        def run(options: Any, progress: Progress) -> Answer:
            with progress.step("Working"):
                raise failure

    monkeypatch.setattr("importlib.import_module", lambda *_: Module)
    code = main(["devices"])
    lines = capsys.readouterr().err.strip().splitlines()
    assert code == (130 if isinstance(failure, KeyboardInterrupt) else 1)
    assert len(lines) == 2
    assert lines[-1] in {"Interrupted; what was written before is whole.", "boneir: /out: Permission denied."}


def test_an_interruption_is_told_before_any_command_runs(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("boneir.cli._parser", interrupted)
    assert main(["devices"]) == 130
    assert capsys.readouterr().err == "Interrupted; what was written before is whole.\n"


def test_json_stays_alone_when_compiled_code_prints() -> None:
    """A child process whose C layer writes to the descriptor of stdout while a command runs."""
    script = (
        "import os, sys, importlib\n"
        "from boneir import cli\n"
        "from boneir.commands.output import Answer\n"
        "class Module:\n"
        "    @staticmethod\n"
        "    def run(options, progress):\n"
        "        os.write(1, b'from C\\n'); print('from Python')\n"
        "        return Answer({'ü': 1.5}, ())\n"
        "importlib.import_module = lambda *_: Module\n"
        "code = cli.main(['devices', '--json'])\n"
        "sys.stdout.flush(); os.write(2, b'ended'); sys.exit(code)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == 0
    assert json.loads(done.stdout.decode()) == {"ü": 1.5}
    assert b"from C" in done.stderr
    assert b"from Python" in done.stderr


def test_a_table_lines_up(capsys: Capture) -> None:
    table = TextTable(("Name", "mm"), (("a", "1.0"), ("long", "10.0")), numeric=("mm",))
    with json_alone(False) as stdout:
        print_answer(Answer({}, (table, "text")), False, stdout)
    assert capsys.readouterr().out.splitlines() == ["Name    mm", "----  ----", "a      1.0", "long  10.0", "text"]


def test_devices_are_listed_with_their_status(capsys: Capture) -> None:
    assert main(["devices", "--technique", "microwave"]) == 0
    text = capsys.readouterr().out
    assert "emprint" in text
    assert "cryo" not in text
    assert main(["devices", "--json"]) == 0
    devices = {item["id"]: item for item in document(capsys)["devices"]}
    assert devices["emprint"]["status"] == "ready"
    assert devices["osteocool"]["status"] == "needs_ifu"
    assert devices["emprint"]["diameter_mm"]["grade"] in {"published", "derived", "default"}


@pytest.fixture
def phantom(tmp_path: Path) -> Path:
    """A CT of a ball of soft tissue with a ball of bone in it, as NRRD."""
    grid = Grid((40, 50, 50), (4.0, 4.0, 4.0), (-98.0, -98.0, -478.0))
    voxels = np.full(grid.shape, -1000, np.int16)
    voxels[ball(grid, (0.0, 0.0, -400.0), 70.0).full()] = 40
    voxels[ball(grid, (0.0, 20.0, -400.0), 25.0).full()] = 600
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing(grid.spacing_mm)
    image.SetOrigin(grid.origin_mm)
    path = tmp_path / "ct.nrrd"
    sitk.WriteImage(image, str(path))
    return path


def test_inspect_lists_what_is_there(phantom: Path, capsys: Capture) -> None:
    assert main(["inspect", str(phantom.parent), "--json"]) == 0
    (series,) = document(capsys)["series"]
    assert series["size"] == [50, 50, 40]
    assert series["spacing_mm"] == pytest.approx([4.0, 4.0, 4.0])
    assert main(["inspect", str(phantom)]) == 0
    assert "50 x 50 x 40" in capsys.readouterr().out


def test_a_mask_file_becomes_a_lesion_of_the_case(tmp_path: Path, capsys: Capture) -> None:
    save_case(example_case(), tmp_path / "case")
    finer = Grid((50, 60, 60), (1.0, 1.0, 1.0), (-26.0, -8.0, -457.0))
    mask = ball(finer, (4.0, 22.0, -432.0), 12.0)
    image = sitk.GetImageFromArray(mask.full().astype(np.uint8))
    image.SetSpacing(finer.spacing_mm)
    image.SetOrigin(finer.origin_mm)
    sitk.WriteImage(image, str(tmp_path / "mask.nii.gz"))
    words = ["lesion", str(tmp_path / "case"), "--mask", str(tmp_path / "mask.nii.gz"), "--name", "left"]
    assert main([*words, "--json"]) == 0
    told = document(capsys)
    case = load_case(tmp_path / "case")
    assert case.uid == told["case_uid"]
    assert told["volume_ml"] == case.lesion("left").mask.volume_ml
    assert told["volume_ml"] == pytest.approx(4 / 3 * np.pi * 12.0**3 / 1000, rel=0.06)
    assert told["centre_mm"] == pytest.approx([4.0, 22.0, -432.0], abs=0.5)
    assert main([*words, "--label", "nothing"]) == 1
    assert "no outline 'nothing'" in capsys.readouterr().err
