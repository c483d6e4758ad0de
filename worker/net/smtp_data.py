"""The DATA of one mail, read in large pieces: what came, or why it can't be taken.

Rules: only CRLF.CRLF ends it, and a bare CR or LF anywhere refuses it: servers that disagree about line ends can be
made to see two mails where the other saw one (SMTP smuggling). What can't be taken is read to its end without being
held, so that the other side hears the reply; who goes on for too long is hung up on.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from worker.net.smtp_lines import BARE

MOST_LINES = 200_000
"""Six million empty lines cost a parser seconds and hundreds of megabytes."""
PATIENCE_BYTES = 64 * 1024
"""Whoever brings this much within one command's time may go on."""
WEIGH_BYTES = 16 * 1024
"""What may come before it is accounted for."""
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
    """What came so far; `unweighed` of its pieces are not accounted for yet."""

    pieces: list[bytes] = field(default_factory=list)
    unweighed: list[bytes] = field(default_factory=list)
    bytes: int = 0
    lines: int = 0
    since_moving: int = 0
    refusal: str | None = None


async def take_data(reader: asyncio.StreamReader, terms: Terms) -> Taken:
    """Read to the final dot. Raises what the reader raises where the other side vanishes."""
    count, held, last = _Count(), 0, b"\r\n"  # the final dot may come first
    while True:
        piece, whole = await _piece(reader)
        ends = whole and (piece[-5:] if len(piece) > 4 else last + piece).endswith(b"\r\n.\r\n")
        count.unweighed.append(piece)
        held += len(piece)
        if ends or held >= WEIGH_BYTES:  # each sentence at the end of a line is a piece
            _weigh(count, terms)
            held = 0
            if count.bytes > 2 * terms.largest and count.refusal is not None and not ends:
                return Taken(refusal=count.refusal, hopeless=True)
        if ends:
            return _taken(count)
        last = piece[-2:]


def _taken(count: _Count) -> Taken:
    if count.refusal is not None:
        return Taken(refusal=count.refusal)
    raw = b"".join(count.pieces)[: -len(_END)]
    if not raw.count(b"\r\n") == raw.count(b"\r") == raw.count(b"\n"):
        return Taken(refusal=BARE, hopeless=True)
    return Taken(raw.removeprefix(b".").replace(b"\r\n.", b"\r\n"))


async def _piece(reader: asyncio.StreamReader) -> tuple[bytes, bool]:
    """What has come so far, and whether it ends in what could be the final dot's line."""
    try:
        return await reader.readuntil(_END), True
    except asyncio.LimitOverrunError as error:
        return await reader.readexactly(error.consumed), False


def _weigh(count: _Count, terms: Terms) -> None:
    """Account for what came since the last time, and hold it if it may be held."""
    piece = b"".join(count.unweighed)
    count.unweighed.clear()
    count.bytes += len(piece)
    count.lines += piece.count(b"\n")
    count.since_moving += len(piece)
    if count.since_moving >= PATIENCE_BYTES:
        count.since_moving = 0
        terms.moving()
    if count.refusal is None:
        count.refusal = _refusal(count, len(piece), terms)
    if count.refusal is None:
        count.pieces.append(piece)
    else:
        count.pieces.clear()


def _refusal(count: _Count, held: int, terms: Terms) -> str | None:
    if count.bytes > terms.largest + len(_END):
        return TOO_LARGE
    if count.lines > MOST_LINES:
        return TOO_MANY_LINES
    return None if terms.came(held) else TOO_BUSY
