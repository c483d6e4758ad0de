"""The keys that sign links: made once, kept close, never lost."""

import json
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from worker.settings import SettingsError, load_or_make_keys, load_settings


def environ(state_dir: Path, **values: str) -> dict[str, str]:
    return {"LETTERKEY_STATE_DIR": str(state_dir)} | {f"LETTERKEY_{name}": value for name, value in values.items()}


def test_made_at_the_first_start_and_kept(tmp_path: Path) -> None:
    settings = load_settings(None, environ(tmp_path / "deep" / "state"))
    made = load_or_make_keys(settings)
    assert load_or_make_keys(settings) == made
    assert len(made.secret_keys) == len(made.document_keys) == 1
    assert len({*made.secret_keys, *made.document_keys}) == 2
    assert min(map(len, made.secret_keys + made.document_keys)) >= 32
    assert made.secret_keys[0] not in repr(made)


def test_only_their_owner_can_read_them(tmp_path: Path) -> None:
    state_dir = tmp_path / "state"
    settings = load_settings(None, environ(state_dir))
    load_or_make_keys(settings)
    (file,) = state_dir.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(state_dir.stat().st_mode) == 0o700
    file.chmod(0o644)
    load_or_make_keys(settings)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_programs_that_start_together_agree(tmp_path: Path) -> None:
    settings = load_settings(None, environ(tmp_path))
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(16) as pool:
            found = set(pool.map(lambda _: load_or_make_keys(settings), range(64)))
    finally:
        sys.setswitchinterval(before)
    assert len(found) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["keys.json"]


def test_the_settings_come_first(tmp_path: Path) -> None:
    old, new, documents = "o" * 32, "n" * 32, "d" * 32
    both = load_or_make_keys(
        load_settings(None, environ(tmp_path, SECRET_KEYS=f"{old},{new}", DOCUMENT_KEYS=documents))
    )
    assert (both.secret_keys, both.document_keys) == ((old, new), (documents,))
    assert not list(tmp_path.iterdir())
    one = load_or_make_keys(load_settings(None, environ(tmp_path, SECRET_KEYS=new)))
    assert one.secret_keys == (new,)
    assert one.document_keys != (new,)


def test_with_postgresql_no_machine_keeps_keys_of_its_own(tmp_path: Path) -> None:
    values = environ(tmp_path, DATABASE_URL="postgresql://u@h/d", SECRET_KEYS="k" * 32)
    keys = load_or_make_keys(load_settings(None, values))
    assert keys.secret_keys == keys.document_keys == ("k" * 32,)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"secret_keys": ["sekritsekrit"], "document_keys": ["sekritsekrit"]}',
        json.dumps({"secret_keys": [], "document_keys": ["k" * 32]}),
        json.dumps({"secret_keys": "k" * 32, "document_keys": ["k" * 32]}),
        json.dumps({"secret_keys": [7], "document_keys": ["k" * 32]}),
    ],
)
def test_unusable_keys_stop_the_start_and_stay(tmp_path: Path, content: str) -> None:
    file = tmp_path / "keys.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match="holds no usable keys; restore it from a backup") as caught:
        load_or_make_keys(load_settings(None, environ(tmp_path)))
    assert "sekrit" not in str(caught.value)
    assert file.read_text(encoding="utf-8") == content


def test_a_state_dir_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("", encoding="utf-8")
    with pytest.raises(SettingsError, match="state_dir must be a folder"):
        load_or_make_keys(load_settings(None, environ(tmp_path / "state")))
