"""What the documentation names is there: commands, targets, files and functions, metrics, journal lines."""

import re
from pathlib import Path

import pytest

from docs.pages import PAGES, ROOT, name_of
from worker import journal, metrics
from worker.cli import letterkey

CURRENT = [page for page in PAGES if page.name != "CHANGELOG.md"]
GROUPS = ("customer", "events", "keys")


def commands() -> set[str]:
    """Every command as one types it."""
    app = letterkey()
    names = {name for name in app if not name.startswith("-")}
    return (names - {*GROUPS}) | {
        f"{group} {name}" for group in GROUPS for name in app[group] if not name.startswith("-")
    }


def named_commands(text: str) -> set[str]:
    """What stands after `letterkey` at the start of a piece or line of code, or after the file of a program."""
    found = re.findall(r"(?:`|^|bin/)letterkey (?!demo's)([a-z][a-z-]*)(?: ([a-z][a-z-]*))?", text, re.MULTILINE)
    return {f"{first} {second}" if first in GROUPS else first for first, second in found}


def targets() -> set[str]:
    """What `make help` lists."""
    return set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("page", CURRENT, ids=name_of)
def test_commands_are_there(page: Path) -> None:
    assert named_commands(page.read_text(encoding="utf-8")) - commands() == set()


def test_the_readme_lists_every_command() -> None:
    rows = re.findall(r"^\| `(letterkey .*?)` \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert named_commands("\n".join(rows)) == commands()


@pytest.mark.parametrize("page", CURRENT, ids=name_of)
def test_targets_are_there(page: Path) -> None:
    named = re.findall(r"(?:`|^)(?:[A-Z_]+=\S+ )?make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(named) - targets() == set()


def test_the_guide_lists_every_target() -> None:
    page = (ROOT / "docs" / "hacking.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `make ([a-z-]+)` \|", page, re.MULTILINE)) == targets() - {"help"}


@pytest.mark.parametrize("page", CURRENT, ids=name_of)
def test_files_and_functions_are_there(page: Path) -> None:
    """`worker/app.py`, or `worker/app.py:run` for what the file defines."""
    gone = []
    for path, thing in re.findall(
        r"`((?:worker|tests|templates|data)/[\w./-]+?)(?::(\w+))?`", page.read_text(encoding="utf-8")
    ):
        file = ROOT / path
        if not (file.exists() or path == "data/state/"):
            gone.append(path)
        elif thing and not re.search(rf"^\s*(?:async )?(?:def|class) {thing}\b", file.read_text(), re.MULTILINE):
            gone.append(f"{path}:{thing}")
    assert gone == []


def test_metrics_are_there() -> None:
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `(letterkey_\w+)` \|", page, re.MULTILINE))
    known = {found.name for found in metrics.new_metrics().registry.collect()}
    assert {name.removesuffix("_total") for name in named} <= known
    assert len(named) >= 6


def test_journal_lines_are_there() -> None:
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    section = page.partition("## The journal")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)*)`", section))
    written = set(re.findall(r'note\(\s*"(\w+)"', Path(journal.__file__).read_text(encoding="utf-8")))
    assert named == written
