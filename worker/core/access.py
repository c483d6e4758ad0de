"""The rules of access: how often a link may be asked for, how long it opens the hub, and the code that stands for it.

Nobody can flood an address by asking in its name, and nobody can lock its owner out: over the limit, earlier links
stay good, and mails that prove to be the address's own have an allowance that nobody else can use up.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from worker.core.instant import DAY, HOUR, MINUTE

REDEMPTIONS = 3
REDEEM_WITHIN = 10 * MINUTE
"""Robots press buttons too: this many redemptions, this long after the first, each a session of its own."""
CODE_TRIES = 5
CODE_TRIES_A_DAY = 20
SESSION_IDLE = 30 * MINUTE
SESSION_LONGEST = 12 * HOUR

_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"
"""27 letters of which none is taken for another, and no vowels: a code spells no word."""
_CODE_LENGTH = 8


class Way(StrEnum):
    """How a link was asked for."""

    MAIL = "mail"
    REPLY = "reply"
    FORM = "form"
    FOOT = "foot"
    PAGE = "page"
    HUB = "hub"
    COMMAND = "command"
    LOST = "lost"
    DECLARATION = "declaration"
    MERCHANT = "merchant"


@dataclass(frozen=True, slots=True)
class Limits:
    """Link mails to one address that strangers may cause, those that only mails of its own may, and all a minute."""

    per_minute: int = 1
    per_hour: int = 5
    per_day: int = 10
    overall_per_minute: int = 600
    own_per_day: int = 5


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """What the merchant decided about links."""

    hours: int = 24
    code_minutes: int = 30
    glance_minutes: int = 60
    message_domain: str = "localhost"
    limits: Limits = Limits()


def next_allowed(now: int, asked: Sequence[int], limits: Limits) -> int:
    """When the next link mail may go to an address: `now` or later. `asked`: when earlier ones were asked for."""
    windows = ((limits.per_minute, MINUTE), (limits.per_hour, HOUR), (limits.per_day, DAY))
    return max(now, *(_window_opens(now, sorted(asked), most, length) for most, length in windows))


def next_own(now: int, asked: Sequence[int], limits: Limits) -> int:
    """When the next may go that only mails of the address's own can ask for. `asked` as in `next_allowed`."""
    return _window_opens(now, sorted(asked), limits.own_per_day, DAY)


def asks_again(mailed_at: int, now: int) -> bool:
    """Whether an answer to a link's mail asks for another link: not within a day. Without this rule two machines, one
    of which doesn't say that it is one, would write to each other up to the limits for strangers."""
    return now >= mailed_at + DAY


def _window_opens(now: int, asked: Sequence[int], most: int, length: int) -> int:
    recent = [moment for moment in asked if moment > now - length]
    return recent[-most] + length if len(recent) >= most else now


def access_code(link_id: str, request_id: str, key: str) -> str:
    """The code that stands for a link on the page that asked for it: derived, never stored."""
    digest = hmac.digest(key.encode(), f"letterkey code {link_id} {request_id}".encode(), "sha256")
    number, letters = int.from_bytes(digest, "big"), ""
    for _ in range(_CODE_LENGTH):
        number, index = divmod(number, len(_ALPHABET))
        letters += _ALPHABET[index]
    return letters


def shown_code(code: str) -> str:
    """As people read it: XXXX-XXXX."""
    return f"{code[:4]}-{code[4:]}"


def is_code(typed: str, link_id: str, request_id: str, keys: Sequence[str]) -> bool:
    """Whether that is the link's code under any key in force; case, blanks and dashes make no difference."""
    plain = "".join(c for c in typed.upper() if c.isascii() and c.isalnum())[:64].encode()
    codes = [access_code(link_id, request_id, key).encode() for key in keys]
    return max(hmac.compare_digest(plain, code) for code in codes)


def hashed(secret: str) -> str:
    """What is stored of a session id or a cookie: SHA-256 (hex)."""
    return hashlib.sha256(secret.encode()).hexdigest()
