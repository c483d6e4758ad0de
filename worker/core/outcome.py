"""An outcome is how one try at the relay ended: how far it came, what happened there, and what the relay said.

It holds only cleaned text: a relay's words go into the database, the log and the merchant's console.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

LONGEST_TEXT = 500  # a reply is evidence, not a document; some relays answer with a page of marketing
LONGEST_WAIT = 3600  # seconds; a relay may not park a receipt for a day by asking us to come back tomorrow
SHORTEST_WAIT = 10  # seconds; "try again in 1 second" must not become a busy loop


class Phase(StrEnum):
    """The step of the SMTP dialogue that ended the try."""

    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"  # the DATA command, its 354, the message, the final dot and the answer to it: one step to us


class Result(StrEnum):
    """What happened at that step."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # 4xx or 5xx, told apart by the code
    LOST = "lost"  # closed or reset
    TIMEOUT = "timeout"
    GARBAGE = "garbage"  # not SMTP, or far too long
    TLS_FAILED = "tls_failed"  # bad certificate, failed handshake, or STARTTLS not offered
    DNS_FAILED = "dns_failed"
    UNSUPPORTED = "unsupported"  # the relay, or SMTP itself, can't do what this needs; nothing was tried
    STALE = "stale"  # a kept connection was gone when the next MAIL wanted to go: says nothing about the mail


@dataclass(frozen=True, slots=True)
class Outcome:
    """One try's end. `retry_after` (seconds) is what the relay asked for in words, within our limits."""

    phase: Phase
    result: Result
    code: int | None = None
    enhanced: str | None = None
    text: str = ""
    retry_after: int | None = None

    @property
    def accepted(self) -> bool:
        return self.result is Result.ACCEPTED


def replied(phase: Phase, code: int, text: str) -> Outcome:
    """The outcome of a reply that was read whole. A code that can't end this step counts as garbage."""
    words = cleaned(text)
    if phase is Phase.DATA and code == 250:
        return Outcome(phase, Result.ACCEPTED, code, enhanced_code(words), words)
    if 400 <= code <= 599:
        return Outcome(phase, Result.REFUSED, code, enhanced_code(words), words, retry_after(words))
    return Outcome(phase, Result.GARBAGE, code if 100 <= code <= 999 else None, None, words)


def cleaned(text: str) -> str:
    """One line without controls or broken characters, so that a relay's words can't forge log lines or break a row."""
    printable = "".join(c if c.isprintable() else " " for c in text[: 4 * LONGEST_TEXT])
    return " ".join(printable.split())[:LONGEST_TEXT].rstrip()


_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?=\s|$)", re.ASCII)  # RFC 3463, at the start of the text


def enhanced_code(text: str) -> str | None:
    """The enhanced status code that opens a reply's text, such as `5.7.1`."""
    found = _ENHANCED.match(text)
    return found.group(1) if found else None


_WAIT = re.compile(
    r"\b(?:again|retry|retrying|wait|delayed|gr[ea]y-?list\w*)\s+(?:again\s+)?(?:in|after|for|at\s+least)?\s*"
    r"(\d{1,6})\s*(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)?\b(?![:.\d])",
    re.IGNORECASE | re.ASCII,
)
_UNITS = {"s": 1, "m": 60, "h": 3600}


def retry_after(text: str) -> int | None:
    """Seconds that the relay asks us to wait ("try again in 5 minutes"), held within our limits; else None."""
    found = _WAIT.search(text)
    if found is None:
        return None
    unit = (found.group(2) or "s")[0].lower()
    return min(max(int(found.group(1)) * _UNITS[unit], SHORTEST_WAIT), LONGEST_WAIT)
