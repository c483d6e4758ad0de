"""What ships is found, in a checkout and in an installed package."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from worker import shipped

CHECKOUT = Path(__file__).parents[2]


def test_a_checkout_has_it_at_its_root() -> None:
    assert shipped.path("worker", "shipped.py") == CHECKOUT / "worker" / "shipped.py"


def test_an_installed_package_carries_it(tmp_path: Path) -> None:
    package = tmp_path / "worker"
    (package / "_shipped" / "templates").mkdir(parents=True)
    (package / "_shipped" / "templates" / "a.txt").write_text("packaged", encoding="utf-8")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.txt").write_text("stray", encoding="utf-8")
    for name in ("__init__.py", "shipped.py"):
        shutil.copy(CHECKOUT / "worker" / name, package / name)
    program = "from worker.shipped import path; print(path('templates', 'a.txt').read_text())"
    found = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert found.stdout == "packaged\n"


def test_what_does_not_ship() -> None:
    with pytest.raises(FileNotFoundError, match="does not ship with this installation"):
        shipped.path("templates", "nowhere.html")


@pytest.mark.parametrize("parts", [("..", "secrets"), ("templates", "..", "..", "x"), ("/etc/passwd",), ("a", "/etc")])
def test_nothing_outside_is_reached(parts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="root of what ships"):
        shipped.path(*parts)
