"""The DATA of one mail, read in large pieces: what came, or why it can't be taken.

Rules: only CRLF.CRLF ends it, and a bare CR or LF anywhere refuses it: servers that disagree about line ends can be
made to see two mails where the other saw one (SMTP smuggling). What can't be taken is read to its end without being
held, so that the other side hears the reply; who goes on for too long is hung up on.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from worker.net.smtp_lines import BARE

MOST_LINES = 200_000
"""Six million empty lines cost a parser seconds and hundreds of megabytes."""
PATIENCE_BYTES = 64 * 1024
"""Whoever brings this much within one command's time may go on."""
_END = b".\r\n"


@dataclass(frozen=True, slots=True)
class Terms:
    """What may come: `came` is told of each piece and says whether it may be held, `moving` that time starts anew."""

    largest: int
    came: Callable[[int], bool]
    moving: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail with its dots unstuffed, or the reply that refuses it; after a hopeless one the line is cut."""

    raw: bytes = b""
    refusal: str | None = None
    hopeless: bool = False


TOO_LARGE = "552 5.3.4 The mail is too large"
TOO_MANY_LINES = "552 5.3.4 The mail has too many lines"
TOO_BUSY = "452 4.3.1 Too busy with other mails, come again later"


@dataclass(slots=True)
class _Count:
    bytes: int = 0
    lines: int = 0
    since_moving: int = 0
    refusal: str | None = None


async def take_data(reader: asyncio.StreamReader, terms: Terms) -> Taken:
    """Read to the final dot. Raises what the reader raises where the other side vanishes."""
    pieces, count = [], _Count()
    last = b"\r\n"  # the final dot may come first
    while True:
        piece, whole = await _piece(reader)
        ends = whole and (last + piece)[-5:] == b"\r\n.\r\n"
        _weigh(count, piece, terms)
        if count.refusal is None:
            pieces.append(piece)
        else:
            pieces.clear()
            if count.bytes > 2 * terms.largest and not ends:
                return Taken(refusal=count.refusal, hopeless=True)
        if ends:
            break
        last = (last + piece)[-2:]
    if count.refusal is not None:
        return Taken(refusal=count.refusal)
    raw = b"".join(pieces)[: -len(_END)]
    if not raw.count(b"\r\n") == raw.count(b"\r") == raw.count(b"\n"):
        return Taken(refusal=BARE, hopeless=True)
    return Taken(raw.removeprefix(b".").replace(b"\r\n.", b"\r\n"))


async def _piece(reader: asyncio.StreamReader) -> tuple[bytes, bool]:
    """What has come so far, and whether it ends in what could be the final dot's line."""
    try:
        return await reader.readuntil(_END), True
    except asyncio.LimitOverrunError as error:
        return await reader.readexactly(error.consumed), False


def _weigh(count: _Count, piece: bytes, terms: Terms) -> None:
    count.bytes += len(piece)
    count.lines += piece.count(b"\n")
    count.since_moving += len(piece)
    if count.since_moving >= PATIENCE_BYTES:
        count.since_moving = 0
        terms.moving()
    if count.refusal is None:
        if count.bytes > terms.largest + len(_END):
            count.refusal = TOO_LARGE
        elif count.lines > MOST_LINES:
            count.refusal = TOO_MANY_LINES
        elif not terms.came(len(piece)):
            count.refusal = TOO_BUSY
