"""The ways to act at each source: what the provider can be asked, what the shop's own program is told, what a person
does.

Rules: pure, made of the settings once; a page computes from it what it may offer, and an action the way that it goes.
The provider's own API comes first, then the endpoint of the source's name, then the merchant by mail.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

from worker.core.cancelling import verb_of
from worker.core.following import Followed
from worker.core.open_action import Way
from worker.core.provider_action import NOTHING, Capabilities, Verb
from worker.core.rights import Act
from worker.sources.account import Account
from worker.sources.acting import Acting

BY_ENDPOINT = Capabilities(
    cancel_at_period_end=True, cancel_now=True, undo_cancel=True, pause=True, resume=True, update_customer=True
)
"""All but the card, which the customer waits for."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The shop's own program, which hears of actions by signed webhooks."""

    url: str
    secrets: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reach:
    """How one source is reached. `account` is None where no key is set: then `acting` only says what it could do."""

    acting: Acting | None = None
    account: Account | None = None
    endpoint: Endpoint | None = None

    def provider(self, row: Followed) -> Capabilities:
        """What its API can do for this subscription, asked or not."""
        return self.acting.able(row) if self.acting is not None else NOTHING


NOWHERE = Reach()


@dataclass(frozen=True, slots=True)
class Ways:
    """Every source's reach by its name. `pause_by_hand`: the merchant is ready to pause and resume."""

    reaches: Mapping[str, Reach] = field(default_factory=dict)
    pause_by_hand: bool = False

    def reach(self, source: str) -> Reach:
        """How that one is reached."""
        return self.reaches.get(source, NOWHERE)


def capabilities_of(row: Followed, ways: Ways) -> Capabilities:
    """What can be done for this subscription now, whoever does it."""
    return _either(by_program(row, ways), _by_hand(row, ways))


def by_program(row: Followed, ways: Ways) -> Capabilities:
    """What a program does when it is asked: the provider, or the shop's own."""
    reach = ways.reach(row.source)
    can = reach.provider(row) if reach.account is not None else NOTHING
    if reach.acting is not None and reach.acting.links(row) is not None:
        can = replace(can, card_page=True)
    return _either(can, BY_ENDPOINT) if reach.endpoint is not None else can


def way_of(verb: Verb, row: Followed, ways: Ways) -> Way | None:
    """Who carries it out, None where nobody can."""
    reach = ways.reach(row.source)
    if reach.account is not None and reach.provider(row).can(verb):
        return Way.PROVIDER
    if reach.endpoint is not None and BY_ENDPOINT.can(verb):
        return Way.ENDPOINT
    return Way.MANUAL if _by_hand(row, ways).can(verb) else None


def way_of_details(source: str, ways: Ways) -> Way | None:
    """Who changes a customer's details at the source, None where nobody does."""
    return way_of(Verb.UPDATE_CUSTOMER, Followed(source, ""), ways)


def verb_for(act: Act, row: Followed, ways: Ways, now: int) -> Verb | None:
    """What is asked for, so that a program does it if any can, else a person; None where nobody can."""
    return verb_of(act, row.term, by_program(row, ways), now) or verb_of(act, row.term, _by_hand(row, ways), now)


def _by_hand(row: Followed, ways: Ways) -> Capabilities:
    """What the merchant does: always an end; the rest only where the provider has such a thing, as far as is known."""
    acting = ways.reach(row.source).acting
    known = acting.able(row) if acting is not None else Capabilities(undo_cancel=True, pause=True, resume=True)
    return Capabilities(
        cancel_at_period_end=True,
        cancel_now=True,
        undo_cancel=known.undo_cancel,
        pause=known.pause and ways.pause_by_hand,
        resume=known.resume and ways.pause_by_hand,
    )


def _either(one: Capabilities, other: Capabilities) -> Capabilities:
    return Capabilities(**{each.name: one.can(Verb(each.name)) or other.can(Verb(each.name)) for each in fields(one)})
