"""Every dialogue in `dialogs/` goes as it is written down there."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.mail_door import PATIENCE, Caller, opened
from worker.net import smtp_caller
from worker.net.mail_door import Arrived

DIALOGS = sorted((Path(__file__).parent / "dialogs").glob("*.smtp"))


def written(text: str) -> bytes:
    """The bytes of a line that is written as in a Python string."""
    return text.encode("latin-1", "backslashreplace").decode("unicode_escape").encode("latin-1")


def said(line: str) -> bytes | None:
    """What the caller sends, None where it is another's line."""
    if line.startswith("C: ") or line == "C:":
        return line[3:].encode() + b"\r\n"
    if line.startswith("C| "):
        return written(line[3:])
    if line.startswith("C*"):
        count, _, text = line[2:].partition(" ")
        return (text.encode() + b"\r\n") * int(count)
    return None


async def heard(caller: Caller, expected: str) -> None:
    async with asyncio.timeout(PATIENCE):
        answer = (await caller.reader.readline()).decode().removesuffix("\r\n")
    wanted = "" if expected == "(closed)" else expected.removesuffix("…")
    assert answer.startswith(wanted) if expected.endswith("…") else answer == wanted, f"{answer!r}, not {expected!r}"


def shown(mails: list[Arrived]) -> Iterator[tuple[str, str, bytes]]:
    return ((mail.sender, ",".join(mail.recipients), mail.raw) for mail in mails)


def expected(line: str) -> tuple[str, str, bytes]:
    envelope, _, text = line[3:].partition(": ")
    sender, _, recipients = envelope.partition("> ")
    return sender.strip(), recipients, written(text)


@pytest.mark.parametrize("dialog", DIALOGS, ids=lambda path: path.stem)
async def test_a_dialogue_goes_as_written(dialog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_caller, "LINGER_SECONDS", 0.1)  # so that those who are cut off are so at once
    lines = [line for line in dialog.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    async with opened(largest=100_000) as at:
        caller = await at.call_unheard()
        for line in lines:
            if (bytes_ := said(line)) is not None:
                caller.writer.write(bytes_)
            elif line.startswith("S: "):
                await heard(caller, line[3:])
            else:
                assert line.startswith("K: "), line
    assert list(shown(at.shelf.mails)) == [expected(line) for line in lines if line.startswith("K: ")]


def test_there_are_dialogues() -> None:
    assert len(DIALOGS) >= 30
