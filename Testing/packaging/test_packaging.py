"""The wheel, Slicer's installed tree and the checkout carry the same library and the same resources."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STUB = Path(__file__).with_name("slicer_stub")
DATA_FOLDERS = ("Devices", "Limits", "Schemas", "Structures", "Tissues")


def tool(name: str) -> str:
    """Path of a program of the environment that runs the tests."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    assert found, f"{name} is missing from the development environment"
    return found


def library_files() -> set[str]:
    return {str(p.relative_to(ROOT / "BoneIRPlanner")) for p in (ROOT / "BoneIRPlanner" / "boneir").rglob("*.py")}


def resource_files() -> set[str]:
    found = {
        f"boneir/Resources/{kind}/{p.name}" for kind in DATA_FOLDERS for p in (ROOT / "Resources" / kind).glob("*.json")
    }
    assert {name.split("/")[2] for name in found} == set(DATA_FOLDERS), "a folder of Resources is empty"
    return found


def answer(code: str, library: Path) -> str:
    """What a fresh Python prints that finds the library in `library` before any other."""
    environment = {**os.environ, "PYTHONPATH": str(library)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, cwd=library, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    out = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(out),
        str(ROOT),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return zipfile.ZipFile(next(out.glob("boneir-*.whl")))


def test_the_wheel_carries_the_library_and_its_resources(wheel: zipfile.ZipFile) -> None:
    names = {name for name in wheel.namelist() if not name.split("/")[0].endswith(".dist-info")}
    assert names == library_files() | resource_files()


def test_the_installed_wheel_finds_its_resources(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    code = "from boneir.resources import resource_folder; print(resource_folder())"
    assert Path(answer(code, tmp_path)) == (tmp_path / "boneir" / "Resources").resolve()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    build, prefix = tmp_path_factory.mktemp("build"), tmp_path_factory.mktemp("installed")
    configure = [tool("cmake"), "-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={tool('ninja')}", f"-DSlicer_DIR={STUB}"]
    configure += [f"-DCMAKE_INSTALL_PREFIX={prefix}", "-DBUILD_TESTING=ON", "-S", str(ROOT), "-B", str(build)]
    for command in (configure, [tool("cmake"), "--install", str(build)]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    shutil.copy(build / "extension-facts.txt", prefix)
    return prefix


def test_slicer_installs_what_is_on_disk(installed: Path) -> None:
    modules = installed / "lib/Slicer-5.12/qt-scripted-modules"
    have = {str(p.relative_to(modules)) for p in modules.rglob("*") if p.is_file()}
    source = ROOT / "BoneIRPlanner"
    scripts = {p.name for p in source.glob("BoneIR*.py")}
    faces = {str(p.relative_to(source)) for p in (source / "Resources").rglob("*") if p.is_file()}
    assert scripts
    assert have == library_files() | resource_files() | scripts | faces


def test_slicers_library_finds_its_resources_and_answers(installed: Path) -> None:
    code = "from boneir.anatomy.structures import structure_kinds; print(len(structure_kinds()))"
    assert int(answer(code, installed / "lib/Slicer-5.12/qt-scripted-modules")) > 50


def test_the_extension_describes_itself(installed: Path) -> None:
    facts = dict(line.split("=", 1) for line in (installed / "extension-facts.txt").read_text().splitlines())
    project = re.search(r"^project\((\w+)\)", (ROOT / "CMakeLists.txt").read_text(), re.M)
    assert project
    assert project[1] == "BoneIRPlanner"
    assert 40 < len(facts["DESCRIPTION"]) < 300
    for url in (facts["ICONURL"], *facts["SCREENSHOTURLS"].split()):
        local = ROOT / url.split("/main/", 1)[1]
        assert local.is_file(), f"{url} names a picture that the checkout does not have"
        assert local.read_bytes().startswith(b"\x89PNG")


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: which files belong to the project is not known")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_no_file_names_a_machine_or_a_package_host() -> None:
    # The words are put together here so that this file passes its own test.
    banned = re.compile("|".join(("/" + "work/", "/" + "root/", "pythonhosted" + r"\.org", "pypi" + r"\.org/simple")))
    faults = []
    for path in tracked_files():
        if path.suffix in {".png", ".ico"}:
            continue
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1):
            if banned.search(line):
                faults.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    assert not faults, "\n".join(faults)


def test_nothing_large_is_committed() -> None:
    large = [
        f"{p.relative_to(ROOT)}: {p.stat().st_size} bytes" for p in tracked_files() if p.stat().st_size > 2_000_000
    ]
    assert not large, "\n".join(large)
