"""Whether all is well: what is known of the relay, the doors and the queue, and what of it needs the merchant.

Rules: what heals by itself and loses nothing is told but calls for nobody; what waits for a person does. Counts stop at
`MOST`, so that no page reads a whole table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from worker.core.instant import MINUTE
from worker.core.relay import RelayState, opens_at

MOST = 1000
"""Up to here things are counted; beyond, there are more than so many."""
LATE = 10 * MINUTE
"""A running worker takes what is due within seconds; by then even one that was started anew has."""
SILENT = 30 * MINUTE
"""A mailbox is read at least every few minutes."""


class Part(StrEnum):
    """What is looked after, in the order in which a page tells it."""

    RELAY = "relay"
    QUEUE = "queue"
    SALES = "sales"
    NUMBERS = "numbers"
    MAIL_IN = "mail_in"
    FAILED = "failed"
    PARKED = "parked"
    QUARANTINE = "quarantine"
    ACTIONS = "actions"
    DECLARATIONS = "declarations"


class Health(StrEnum):
    """How a part is: `off` is not set up, `heals` calls for nobody."""

    WELL = "well"
    OFF = "off"
    HEALS = "heals"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Heard:
    """When a source of events was last heard of (UTC microseconds), None for never."""

    source: str
    last_at: int | None


@dataclass(frozen=True, slots=True)
class Watched:
    """A mailbox: when it was last read to its end, and since when it can't be."""

    name: str
    looked_at: int | None
    failing_since: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """All that is known. Times are UTC microseconds.

    `mails` counts those on their way, failed today and parked, by state; `oldest_due` and `oldest_sale` are since when
    the oldest mail and sale have waited to be taken; `held`: after a restore nobody said which number is the next;
    `listens`: there is a mail listener of our own; `watches`: there is a mailbox.
    """

    relay: RelayState
    mails: Mapping[str, int]
    oldest_due: int | None = None
    oldest_sale: int | None = None
    held: bool = False
    quarantined: int = 0
    actions: int = 0
    declarations: int = 0
    mail_at: int | None = None
    listens: bool = False
    watches: bool = False
    mailboxes: tuple[Watched, ...] = ()
    heard: tuple[Heard, ...] = field(default=())

    @property
    def on_their_way(self) -> int:
        """Mails that are to be sent, or being sent."""
        return sum(self.mails.get(state, 0) for state in ("due", "deferred", "sending"))


def health(standing: Standing, now: int) -> dict[Part, Health]:
    """How each part is."""
    return {
        Part.RELAY: _relay(standing),
        Part.QUEUE: _late(None if opens_at(standing.relay) is not None else standing.oldest_due, now),
        Part.SALES: _late(standing.oldest_sale, now),
        Part.NUMBERS: Health.WRONG if standing.held else Health.WELL,
        Part.MAIL_IN: _mail_in(standing, now),
        Part.FAILED: _any(standing.mails.get("failed", 0)),
        Part.PARKED: _any(standing.mails.get("parked", 0)),
        Part.QUARANTINE: _any(standing.quarantined),
        Part.ACTIONS: _any(standing.actions),
        Part.DECLARATIONS: _any(standing.declarations),
    }


def _relay(standing: Standing) -> Health:
    if standing.relay.paused:
        return Health.WRONG
    return Health.HEALS if opens_at(standing.relay) is not None else Health.WELL


def _late(since: int | None, now: int) -> Health:
    return Health.WRONG if since is not None and now - since > LATE else Health.WELL


def _mail_in(standing: Standing, now: int) -> Health:
    """A mailbox that just failed is tried again; one that stays so, or that nobody reads, is for a person."""
    if not standing.listens and not standing.watches:
        return Health.OFF
    health = Health.WRONG if standing.watches and not standing.mailboxes else Health.WELL
    for each in standing.mailboxes:
        if each.failing_since is not None and now - each.failing_since <= LATE:
            health = Health.HEALS
        elif each.failing_since is not None or each.looked_at is None or now - each.looked_at > SILENT:
            return Health.WRONG
    return health


def _any(count: int) -> Health:
    return Health.WRONG if count else Health.WELL
