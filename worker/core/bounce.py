"""What somebody says became of a mail of ours: a mail server, a relay, or a mailbox provider for its customer.

Nothing here is believed yet: whose word it is, and what follows from it, is decided in `core.suppression`.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

LONGEST_WORDS = 300
"""Characters: what a server says is evidence, not a document."""
MOST_REPORTS = 50
"""Recipients of one report: each mail of ours has one."""
_STATUS = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})(?!\d)")
_UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")

_NOT_THE_ADDRESS = {
    (2, 2): "the mailbox is full",
    (2, 3): "this mail is too long for it",
    (3, 4): "this mail is too big for that system",
    (4, 7): "it waited too long",
}
"""Class 5, and yet no fault of the address (RFC 3463 section 3): by subject and detail."""
_ABOUT_THE_MESSAGE = frozenset({6, 7})
"""The same by subject alone: the message's content, security and policy."""


_GONE = frozenset({(1, 1), (1, 2), (1, 6), (1, 10), (2, 1)})
"""Nobody there, no such system, moved away, null MX (RFC 7505), disabled: by subject and detail."""


class Happening(StrEnum):
    """What is said to have happened."""

    DELIVERED = "delivered"
    DELAYED = "delayed"  # it is still being tried
    SOFT = "soft"  # given up, for a reason that may pass
    HARD = "hard"  # given up, for the address
    COMPLAINT = "complaint"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of a mail of ours: the mail's id, and its attempt, counted from 1; None where nobody says which."""

    mail: str
    attempt: int | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """What is said of one recipient. `address` is as it was named, `words` are the server's own."""

    happening: Happening
    address: str | None = None
    status: str | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Returned:
    """One notice. `by` says who tells or by which sign it was read.

    Which mail it is about, as far as it says: `message_ids` of ours, `mails` (ids of outbox rows) and the `envelope`
    sender that it had.
    """

    by: str
    reports: tuple[Reported, ...]
    message_ids: tuple[str, ...] = ()
    mails: tuple[str, ...] = ()
    envelope: str | None = None


def status_of(text: str) -> str | None:
    """The enhanced status code at the beginning of a text (RFC 3463), without what follows it."""
    found = _STATUS.match(text)
    return found[0].strip() if found else None


def failure(status: str | None) -> Happening:
    """Whether a mail that was given up with this status failed for the address. Without a status nobody knows."""
    found = _STATUS.match(status or "")
    if found is None:
        return Happening.SOFT
    subject, detail = int(found[2]), int(found[3])
    excused = (subject, detail) in _NOT_THE_ADDRESS or subject in _ABOUT_THE_MESSAGE
    return Happening.HARD if found[1] == "5" and not excused else Happening.SOFT


def refused(status: str | None) -> Happening:
    """What our own relay's refusal of a recipient says: hard only where the code names the address (RFC 3463, class 5).

    `550` alone, and words, are used for policies of all kinds.
    """
    found = _STATUS.match(status or "")
    gone = found is not None and found[1] == "5" and (int(found[2]), int(found[3])) in _GONE
    return Happening.HARD if gone else Happening.UNCLEAR


def cleaned(words: str) -> str:
    """A server's words on one line, cut to a length that can be shown."""
    return " ".join(_UNWANTED.sub(" ", words[: 4 * LONGEST_WORDS]).split())[:LONGEST_WORDS]
