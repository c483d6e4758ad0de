"""Header lines: values in, folded 7-bit lines ending in CRLF out.

Rules:
- Lines stay within 78 characters wherever a line may be folded, and never pass 998 (RFC 5322 section 2.1.1).
- What isn't plain ASCII goes as whole encoded words of at most 75 characters, none splitting a character (RFC 2047).
- CR and LF occur only where a line is folded or ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime

from worker.mail.encoded_words import ENCODED_LINE, encoded_words
from worker.mail.message import Mailbox, Message
from worker.mail.names import clean_line, clean_name, clean_subject

LINE = 78
LONGEST_LINE = 998
_MOST_REFERENCES = 20  # threads need the first and the last ones; strangers choose how many there are

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_HOST = r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*"
_PLAIN_ADDRESS = re.compile(rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_HOST}")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_NEEDS_BACKSLASH = re.compile(r'(["\\])')
_UNSAFE_PLAIN = re.compile(r"[^ -~]|=\?")  # `=?` alone is honest text ("2+2=?") but could begin an encoded word


def is_plain_address(address: str) -> bool:
    """Whether the address is an ASCII dot-atom at a host name, which any header can carry as it stands."""
    return _PLAIN_ADDRESS.fullmatch(address) is not None


def mailbox_line(field: str, mailbox: Mailbox) -> str:
    """`To: "Ada L." <ada@example.com>`; the address has passed `is_plain_address`."""
    name = clean_name(mailbox.name)
    if not name:
        return f"{field}: {mailbox.address}\r\n"
    line = f"{field}: {_phrase(name, len(field) + 2)}"
    taken = len(line) - line.rfind("\n") - 1
    fold = "" if taken + len(mailbox.address) + 3 <= ENCODED_LINE else "\r\n"
    return f"{line}{fold} <{mailbox.address}>\r\n"


def subject_line(subject: str) -> str:
    cleaned = clean_subject(subject)
    longest = max(map(len, cleaned.split(" ")))
    if _UNSAFE_PLAIN.search(cleaned) or longest > LINE - len("Subject: "):
        return f"Subject: {encoded_words(cleaned, len('Subject: '))}\r\n"
    return _folded("Subject:", cleaned)


def date_line(date: int) -> str:
    moment = datetime.fromtimestamp(date // 1_000_000, UTC)
    return f"Date: {format_datetime(moment)}\r\n"


def extra_lines(message: Message) -> Iterator[str]:
    """What threads the mail, says that no person wrote it, and the caller's own headers."""
    yield _ids_line("In-Reply-To", (message.in_reply_to,) if message.in_reply_to else ())
    yield _ids_line("References", message.references)
    yield f"Auto-Submitted: {message.auto_submitted}\r\n"
    for field, value in message.headers:
        yield _extra_line(field, value)


def _ids_line(field: str, ids: tuple[str, ...]) -> str:
    """Message-IDs of other mails. They come from outside: what isn't one is left out, down to no line at all."""
    kept = [one for one in ids if _MESSAGE_ID.fullmatch(one)]
    if len(kept) > _MOST_REFERENCES:
        kept = kept[:1] + kept[1 - _MOST_REFERENCES :]
    return _folded(f"{field}:", " ".join(kept)) if kept else ""


def _extra_line(field: str, value: str) -> str:
    """Any other header; ASCII values may have a syntax of their own, so they are folded but never encoded."""
    cleaned = clean_line(value)
    if not cleaned.isascii():
        return f"{field}: {encoded_words(cleaned, len(field) + 2)}\r\n"
    if max(map(len, cleaned.split(" "))) > LONGEST_LINE - len(field) - 2:
        raise ValueError(f"the header {field} holds a word that fits on no line")
    return _folded(f"{field}:", cleaned)


def _phrase(name: str, column: int) -> str:
    if not _UNSAFE_PLAIN.search(name):
        spelled = name if _ATOMS.fullmatch(name) else '"' + _NEEDS_BACKSLASH.sub(r"\\\1", name) + '"'
        if column + len(spelled) <= LINE:
            return spelled
    return encoded_words(name, column)


def _folded(start: str, value: str) -> str:
    if len(start) + 1 + len(value) <= LINE:
        return f"{start} {value}\r\n"
    lines, line = [], start
    for word in value.split(" "):
        if len(line) + 1 + len(word) > LINE and line != start:
            lines.append(line)
            line = ""
        line += " " + word
    return "\r\n".join([*lines, line, ""])
