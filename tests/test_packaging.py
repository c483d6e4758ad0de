"""What ships: the wheel holds all that runs and nothing else, it works where it is installed, and the lock fits."""

import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NOT_SOURCE = shutil.ignore_patterns(
    ".*_cache", ".git", ".venv", ".packages", ".hypothesis", "__pycache__", "dist", "build", "state"
)
IN_THE_WHEEL = {"worker": "worker", "templates": "worker/_shipped/templates", "data": "worker/_shipped/data"}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout that has been in use: with a database and keys in it."""
    copy = tmp_path_factory.mktemp("packaging") / "checkout"
    shutil.copytree(ROOT, copy, ignore=NOT_SOURCE)
    (copy / "data" / "state").mkdir(parents=True)
    (copy / "data" / "state" / "letterkey.db").write_text("the merchant's customers")
    (copy / "data" / "state" / "secret_keys").write_text("the merchant's keys")
    return copy


@pytest.fixture(scope="module")
def wheel(checkout: Path) -> Path:
    out = checkout.parent / "dist"
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out, cwd=checkout)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """The folder of programs of a new environment with the wheel in it; its libraries are this environment's."""
    venv = wheel.parent.parent / "venv"
    _run(sys.executable, "-m", "venv", "--without-pip", venv)
    uv = Path(sys.executable).parent / "uv"
    python = venv / "bin" / "python"
    _run(uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, wheel)
    (site,) = venv.glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib"))  # only after the wheel's own packages
    return venv / "bin"


def test_the_wheel_holds_the_code_and_what_ships_and_nothing_else(checkout: Path, wheel: Path) -> None:
    expected = {
        f"{inside}/{path.relative_to(checkout / folder).as_posix()}"
        for folder, inside in IN_THE_WHEEL.items()
        for path in (checkout / folder).rglob("*")
        if path.is_file() and "state" not in path.parts
    }
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert names == expected


@pytest.mark.parametrize(
    "pattern",
    [
        r"worker/_shipped/templates/mail/.+\.html",
        r"worker/_shipped/data/samples/.+",
        r"worker/_shipped/data/.+\.schema\.json",
        r"worker/store/migrations/.+\.sql",
        r"worker/store/queries/.+\.sql",
    ],
)
def test_the_wheel_holds_each_kind_of_file(wheel: Path, pattern: str) -> None:
    assert [name for name in zipfile.ZipFile(wheel).namelist() if re.fullmatch(pattern, name)]


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (archive.read(name).decode() for name in archive.namelist() if name.endswith("/METADATA"))
        assert any(name.endswith("/licenses/LICENSE") for name in archive.namelist())
    assert "\nName: letterkey\n" in metadata
    assert "\nLicense-Expression: Apache-2.0\n" in metadata


def test_the_installed_program_runs_away_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    said = _run(installed / "letterkey", "--version", cwd=tmp_path)
    assert PROJECT["version"] in said


def test_the_installed_program_finds_its_templates_inside_itself(installed: Path, tmp_path: Path) -> None:
    found = _run(
        installed / "python", "-c", "from worker import shipped; print(shipped.path('templates'))", cwd=tmp_path
    )
    assert Path(found.strip()).is_relative_to(installed.parent)


def test_the_lock_fits_the_project_and_names_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text()
    locked = dict(re.findall(r"^([a-z0-9-]+)==([^ ]+)", text, re.MULTILINE))
    wanted = [Requirement(line) for line in _requirements()]
    assert [str(one) for one in wanted if not one.specifier.contains(locked.get(one.name, "0"), prereleases=True)] == []
    assert "://" not in text
    assert all("--hash=sha256:" in entry for entry in re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:])


def _requirements() -> Iterator[str]:
    yield from PROJECT["dependencies"]
    for extra in PROJECT["optional-dependencies"].values():
        yield from extra


def _run(*command: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, f"{command[0]} said:\n{done.stdout}{done.stderr}"
    return done.stdout
