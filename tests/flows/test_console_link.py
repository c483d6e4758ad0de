"""`letterkey console-link`: whom it prints a link for, and what it says where it can’t."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from worker import cli

Typed = Callable[..., tuple[int, str, str]]
BOTH = "May@shop.example,lee@shop.example"


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Typed:
    """Types the command in an empty folder, with these merchants: (exit code, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "state").mkdir()
    monkeypatch.setenv("LETTERKEY_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("LETTERKEY_BASE_URL", "https://receipts.shop.example")

    def type_(merchants: str, *words: str) -> tuple[int, str, str]:
        monkeypatch.setenv("LETTERKEY_CONSOLE__MERCHANTS", merchants)
        monkeypatch.setattr(sys, "argv", ["letterkey", "console-link", *words])
        code = cli.main()
        return code, *capfd.readouterr()

    return type_


@pytest.mark.parametrize(
    ("merchants", "words"),
    [("may@shop.example", ()), (BOTH, ("may@SHOP.example",)), (BOTH, ("lee@shop.example",))],
)
def test_a_link_is_printed_alone_on_its_line(typed: Typed, merchants: str, words: tuple[str, ...]) -> None:
    code, said, wrong = typed(merchants, *words)
    assert (code, wrong) == (0, "")
    link, told = said.splitlines()
    assert link.startswith("https://receipts.shop.example/console/access/")
    assert len(link) <= 200
    assert "once" in told


@pytest.mark.parametrize(
    ("merchants", "words", "hint"),
    [
        ("", (), 'merchants = ["you@example.com"]'),
        ("", ("may@shop.example",), 'merchants = ["you@example.com"]'),
        (BOTH, (), "May@shop.example, lee@shop.example"),
        (BOTH, ("eve@example.net",), "console.merchants in the settings says who may"),
        (BOTH, ("eve",), "is no email address"),
    ],
)
def test_whom_there_is_none_for(typed: Typed, merchants: str, words: tuple[str, ...], hint: str) -> None:
    code, said, wrong = typed(merchants, *words)
    assert (code, said, hint in wrong) == (2, "", True)
