"""How long an old secret key is needed after a newer one took its place.

What it signed lives for a limited time: access links and their codes, links of a change of address, bounce addresses.
Links at the foot of receipts live for years, but grant nothing: an old one opens the empty form. The "done" link of a
cancellation lives until it is done.
"""

from dataclasses import dataclass
from enum import StrEnum

from worker.core.instant import DAY, HOUR

BOUNCES_COME_FOR = 14 * DAY
"""Servers give up after five days mostly (RFC 5321 section 4.5.4.1), some after more than a week."""


class CantRetire(StrEnum):
    """Why the oldest key stays; the words are shown to the merchant."""

    ONLY = "there is but one secret key; make a newer one first: letterkey keys rotate"
    UNUSED = "the newest key doesn't sign yet; have the running worker read it: systemctl reload letterkey (SIGHUP)"
    NEEDED = "what the oldest key signed may still be opened"
    OPEN = "mails about cancellations that are still to do were signed by it; do those first"


@dataclass(frozen=True, slots=True)
class KeyUse:
    """`keys` is how many there are, `since` when the newest began to sign (None: not yet), `open_actions` how many
    provider actions were mailed before that and are still to do.
    """

    keys: int
    since: int | None
    open_actions: int = 0


def needed_until(since: int, link_hours: int) -> int:
    """When the last of what the older keys signed has run out (UTC microseconds)."""
    return since + max(BOUNCES_COME_FOR, link_hours * HOUR)


def cant_retire(use: KeyUse, link_hours: int, now: int, *, at_once: bool) -> CantRetire | None:
    """Why the oldest key can't go. `at_once`: what it signed shall end, for somebody else may have the key."""
    if use.keys < 2:
        return CantRetire.ONLY
    if use.since is None:
        return CantRetire.UNUSED
    if at_once:
        return None
    if now < needed_until(use.since, link_hours):
        return CantRetire.NEEDED
    return CantRetire.OPEN if use.open_actions else None
