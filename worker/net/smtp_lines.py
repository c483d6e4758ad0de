"""What an SMTP caller says between mails: command lines, and the addresses in them.

Rules: a line ends in CRLF and nothing else (RFC 5321 section 2.3.8), for servers that disagree about line ends can be
made to see two mails where the other saw one. What is no text, and what a database can't hold, goes no further.
"""

import asyncio
import re
from dataclasses import dataclass

LONGEST_LINE = 1_000
"""Bytes. RFC 5321 section 4.5.3.1.4 says 512, and what we offer adds to it; long envelope senders are common."""
BARE = "521 5.5.2 Lines end in CRLF, and neither CR nor LF stands alone"

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_ADDRESS = r'[^\s<>"@]+@[^\s<>"@]+'
_PATH = re.compile(
    rf'(?:<(?:@[^\s<>:]+:)?({_ADDRESS}|[^\s<>"@]*|"(?:[^"\\]|\\.)+"@[^\s<>"@]+)>|({_ADDRESS}))((?: +[!-~]+)*) *'
)
"""A path, its route forgotten (RFC 5321 section 4.1.2, appendix C), or an address alone as some devices say it."""


@dataclass(frozen=True, slots=True)
class Command:
    """The verb in upper case; no argument is None."""

    verb: str
    argument: str | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """The reply to what is no command; after a hopeless one the line is cut."""

    reply: str
    hopeless: bool = False


async def next_command(reader: asyncio.StreamReader) -> Command | Refusal:
    """What the caller says next. Raises what the reader raises where the other side vanishes."""
    try:
        return read_command(await reader.readuntil(b"\n"))
    except asyncio.LimitOverrunError as error:
        await _skip_line(reader, error.consumed)
        return Refusal("500 5.5.2 The line is too long")


def read_command(line: bytes) -> Command | Refusal:
    """One line as it came, its end included."""
    if not line.endswith(b"\r\n") or b"\r" in line[:-2]:
        return Refusal(BARE, hopeless=True)
    try:
        text = line[:-2].decode()
    except UnicodeDecodeError:
        return Refusal("500 5.5.2 That is no text")
    if len(line) > LONGEST_LINE or _CONTROLS.search(text):
        return Refusal("500 5.5.2 That is no command line")
    verb, _, argument = text.partition(" ")
    return Command(verb.upper() if verb.isascii() else "", argument.strip() or None)


def read_path(text: str) -> tuple[str, str] | None:
    """Address and parameters of what follows `MAIL FROM:` or `RCPT TO:`; the null sender is `<>`."""
    found = _PATH.fullmatch(text)
    if found is None:
        return None
    return found[1] or found[2] or "<>", found[3]


async def _skip_line(reader: asyncio.StreamReader, count: int) -> None:
    while True:
        await reader.readexactly(count)
        try:
            await reader.readuntil(b"\n")
            return
        except asyncio.LimitOverrunError as error:
            count = error.consumed
