"""`letterkey.sample.toml` says every setting, and of each what the code says."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from worker.settings import Settings, load_settings
from worker.settings.names import Key, known_names

SAMPLE = Path(__file__).parents[2] / "letterkey.sample.toml"


def uncommented() -> str:
    """A setting is switched off by a "#" right before it; prose has a space after its own."""
    return re.sub(r"(?m)^#(?=[\w\[])", "", SAMPLE.read_text(encoding="utf-8"))


def leaves(table: dict[str, Any], above: Key = ()) -> Iterator[Key]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from leaves(value, (*above, name))
        else:
            yield (*above, name)


def generic(key: Key) -> Key:
    return (key[0], "*", *key[2:]) if key[0] in ("products", "sources", "relay", "endpoints") else key


def test_as_it_ships_it_changes_nothing() -> None:
    assert load_settings(SAMPLE, {}) == Settings()


def test_it_has_every_setting_and_no_other() -> None:
    names = known_names()
    settings = {name for name in names if not any(each != name and each[: len(name)] == name for each in names)}
    assert {generic(key) for key in leaves(tomllib.loads(uncommented()))} == settings


def test_switched_on_it_says_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "letterkey.toml"
    path.write_text(uncommented(), encoding="utf-8")
    settings = load_settings(path, {})
    ours: dict[str, object] = {"products": {}, "sources": {}, "relay": {}, "endpoints": {}}
    assert settings.model_copy(update=ours) == Settings()
    assert (
        settings.sources["stripe"] == load_settings(None, {"LETTERKEY_SOURCES__STRIPE__SECRETS": ""}).sources["stripe"]
    )


@pytest.mark.parametrize("line", SAMPLE.read_text(encoding="utf-8").splitlines())
def test_every_line_is_prose_setting_or_table(line: str) -> None:
    assert re.fullmatch(r"|# .*|#|#?\[[\w.-]+\]|#\w+ = .*", line)
    assert len(line) <= 120
