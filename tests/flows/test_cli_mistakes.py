"""What somebody can get wrong at the command line: each time told what to do instead, with the right exit code."""

import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from worker import cli

Typed = Callable[..., tuple[int, str, str]]

ID = "01k9s0q0v5m5e8r2x6t4c3w7ya"


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Typed:
    """Types a command in an empty folder: (exit code, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LETTERKEY_STATE_DIR", str(tmp_path / "state"))
    (tmp_path / "state").mkdir()

    def type_(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["letterkey", *words])
        code = cli.main()
        return code, *capfd.readouterr()

    return type_


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        (["statsu"], 2, 'Did you mean "status"?'),
        (["status", "--jason"], 2, "--json"),
        (["enqueue"], 2, "FILE"),
        (["enqueue", "sales.jsonl"], 2, "sales.jsonl can't be opened: No such file"),
        (["enqueue", "--dry-run"], 2, "letterkey enqueue --help"),
        (["enqueue", "."], 2, "can't be read"),
        (["mails", "ada"], 2, "is no email address"),
        (["mails", "nobody@example.com"], 1, "no customer has this address"),
        (["resend", ID], 1, "there is no mail with this id"),
        (["resend", ID, "--to", "x@"], 2, "is no email address"),
        (["test-receipt", "you@example.com", "--style", "none"], 2, "--style invoice"),
        (["test-receipt", "you@example.com", "--style", "big"], 2, "invoice"),
        (["customer", "show", "nobody@example.com"], 1, "Nobody is known as"),
        (["customer", "show", ID], 1, "Nobody is known as"),
        (["customer", "fix-email", "a@example.com", "b@example.com"], 1, "no customer has this address"),
        (["customer", "fix-email", "a@example.com", "a@example.com"], 1, "both addresses are the same"),
        (["events", "show", ID], 1, "letterkey events list"),
        (["events", "requeue", ID], 1, "letterkey events list"),
        (["events", "list", "--state", "lost"], 2, "quarantined"),
        (["run"], 2, "mail.smtp_url is not set"),
        (["run", "--only", "outbox"], 2, "hub, inbound, transactions, outbound"),
        (["status", "--config", "shop.toml"], 2, "shop.toml: there is no such file"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_a_mistake_is_told_with_what_to_do(typed: Typed, words: list[str], code: int, hint: str) -> None:
    found, out, err = typed(*words)
    assert (found, "Traceback" in err) == (code, False)
    assert hint in out + err


def test_a_wrong_setting_names_its_line(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "letterkey.toml").write_text('[mail]\nfrm = "Shop <shop@example.org>"\n')
    code, _, err = typed("status")
    assert code == 2
    assert "letterkey.toml:2" in err
    assert "did you mean mail.from?" in err


def test_a_setting_never_shows_its_secret(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETTERKEY_DATABASE_URL", "mysql://root:hunter22@host/db")
    code, out, err = typed("status")
    assert code == 2
    assert "postgresql://" in err
    assert "hunter22" not in out + err


def test_a_broken_database_is_told_in_one_line(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "state" / "letterkey.db").write_bytes(b"this is no database, whatever its name says\n" * 50)
    code, _, err = typed("status")
    assert code == 1
    assert err.startswith("letterkey: the database can't")
    assert len(err.splitlines()) == 1


def test_a_taken_port_is_told(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("LETTERKEY_HUB__LISTEN", f"127.0.0.1:{taken.getsockname()[1]}")
        monkeypatch.setenv("LETTERKEY_OPS__LISTEN", "127.0.0.1:0")
        code, _, err = typed("run", "--only", "hub")
    assert code == 2
    assert err.splitlines()[-1].startswith("letterkey: can't listen on 127.0.0.1:")


def test_a_state_dir_that_is_a_file_is_told(typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LETTERKEY_STATE_DIR", str(tmp_path / "file"))
    for words in (["status"], ["run", "--only", "hub"]):
        code, _, err = typed(*words)
        assert code == 1
        assert len(err.splitlines()) == 1
        assert str(tmp_path / "file") in err


def test_small_commands(typed: Typed) -> None:
    assert typed("--version")[:2] == (0, "letterkey 0.1.0\n")
    assert typed("hub-link")[:2] == (0, "http://127.0.0.1:8080/updateinfo/\n")
    assert typed("migrate")[1].endswith("done.\n")
    assert typed("migrate")[1] == "The database is up to date.\n"
    assert typed("events", "list")[1].startswith("No events yet")
    assert "relay takes mail" in typed("--help")[1]


@pytest.mark.parametrize(
    "command",
    ["run", "demo", "enqueue", "status", "mails", "resend", "test-receipt", "customer show", "customer fix-email",
     "events list", "events show", "events requeue", "hub-link", "migrate", "healthy", "keys show", "keys rotate",
     "keys retire"],
)  # fmt: skip
def test_each_command_explains_itself_by_an_example(typed: Typed, command: str) -> None:
    code, out, _ = typed(*command.split(), "--help")
    assert code == 0
    assert f"letterkey {command}" in out.partition("For example")[2]
