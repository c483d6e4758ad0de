"""docs/settings.md is what the code says, and true. `UPDATE_GOLDEN=1 pytest tests/docs` writes it anew."""

import os
import re
import tomllib
from collections.abc import Mapping

from docs import settings_reference
from docs.pages import ROOT
from worker.settings import Settings
from worker.settings.names import Key, known_names

UNUSED = "◦"
"""Marks a setting that is read and checked, but used by nothing yet."""
PAGE = ROOT / "docs" / "settings.md"
SAMPLE = ROOT / "letterkey.sample.toml"
ROW = re.compile(r"^\| `([\w.<>]+)` \| (.+?) \| `(.*)` \|$", re.MULTILINE)
NAMED = ("products", "sources", "relay", "endpoints")


def table() -> dict[Key, tuple[str, object]]:
    """Key → meaning and default, a level that the merchant names as `*`."""
    text = PAGE.read_text(encoding="utf-8")
    rows = ROW.findall(text)
    assert len(rows) == text.count("\n| `"), "a row that is written differently"
    return {
        tuple("*" if part.startswith("<") else part for part in key.split(".")): (
            meaning,
            tomllib.loads(f"default = {default}")["default"],
        )
        for key, meaning, default in rows
    }


def nested(values: Mapping[Key, object]) -> dict[str, object]:
    """The values as the tables of a settings file; a source needs a kind, and is called by one."""
    whole: dict[str, object] = {}
    for key, value in values.items():
        inner = whole
        for part in key[:-1]:
            found = inner.setdefault("stripe" if part == "*" else part, {})
            assert isinstance(found, dict)
            inner = found
        inner[key[-1]] = value
    return whole


def test_it_is_made_from_the_code() -> None:
    made = settings_reference.page()
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(made, encoding="utf-8")
    assert made == PAGE.read_text(encoding="utf-8"), "UPDATE_GOLDEN=1 pytest tests/docs writes it anew"


def test_it_has_every_setting_and_no_other() -> None:
    names = known_names()
    settings = {name for name in names if not any(each != name and each[: len(name)] == name for each in names)}
    assert set(table()) == settings


def test_it_says_the_defaults() -> None:
    said = {key: default for key, (_, default) in table().items()}
    settings = Settings.model_validate(nested(said))
    bare = Settings.model_validate({name: {"stripe": {}} for name in NAMED})
    assert settings == bare
    assert all(default in ("", []) for key, default in said.items() if key[0] in NAMED)


def marked_in_sample() -> set[Key]:
    found: set[Key] = set()
    table: Key = ()
    for line in SAMPLE.read_text(encoding="utf-8").splitlines():
        if begun := re.fullmatch(r"#?\[([\w.-]+)\]", line):
            table = tuple(begun[1].split("."))
            table = (table[0], "*") if table[0] in NAMED else table
        setting = re.fullmatch(rf"#(\w+) = .*  # {UNUSED}", line)
        found |= {(*table, setting[1])} if setting else set()
    return found


def test_the_sample_marks_the_same_as_unused() -> None:
    marked = {key for key, (meaning, _) in table().items() if UNUSED in meaning}
    assert marked_in_sample() == marked
    assert f"# {UNUSED} marks what is read and checked" in SAMPLE.read_text(encoding="utf-8")
