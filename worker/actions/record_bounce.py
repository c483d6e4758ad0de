"""Record what somebody says became of a mail of ours, by whichever way it is told, and do what follows from it.

Rules:
- Whose word counts: a bounce address with our MAC names its delivery beyond doubt; else a notice must name a Message-ID
  of ours *and* the address that this mail went to. Whatever names neither is recorded and changes nothing, and neither
  does a report without our MAC where our mails go out with one.
- A relay whose notices are proven may name the address alone: it is then about the newest mail there.
- The same told twice of one attempt, by one way or by several, is one. Who names no attempt means the last.
- What follows stands in the table of `core.suppression`. A mail that was sent stays sent: the relay took it.
"""

import re
from dataclasses import dataclass, replace

from worker.actions.raise_alert import raise_alert
from worker.core.alert import AlertKind
from worker.core.bounce import Delivery, Happening, Reported, Returned
from worker.core.email_address import identity
from worker.core.fresh import Fresh
from worker.core.outcome import Result
from worker.core.policy import Policy
from worker.core.suppression import (
    FOR_MERCHANT,
    RECENT,
    SOFT_WINDOW,
    Effect,
    Known,
    SuppressionKind,
    decide,
)
from worker.store import outbox, suppressions
from worker.store.engine import Tx
from worker.store.outbox import OutboxItem
from worker.store.suppressions import NewBounce

_SUPPRESSES = {
    Effect.SUPPRESS: SuppressionKind.BOUNCE,
    Effect.SUPPRESS_COMPLAINT: SuppressionKind.COMPLAINT,
}
_ADDRESS = re.compile(r"[!-~]{1,320}")
"""As all addresses of our mails are: others are no recipients of ours, and some letters no database takes."""
_MAIL_ID = re.compile(r"[0-9a-z]{1,64}")
_MILDEST = (
    Happening.DELIVERED,
    Happening.DELAYED,
    Happening.UNCLEAR,
    Happening.SOFT,
    Happening.HARD,
    Happening.COMPLAINT,
)
_QUIET = frozenset({Effect.NOTE, Effect.CLEAR})
_REACHED_RELAY = frozenset({Result.ACCEPTED.value, Result.LOST.value, Result.TIMEOUT.value})


@dataclass(frozen=True, slots=True)
class Told:
    """A notice that came in. `id` is that of the kept mail or event; `delivery` what our own MAC in it names.

    `proven`: it is known to come from the relay that we send through. `doubted`: it is known by no MAC of ours, though
    our mails go out with one.
    """

    id: str
    returned: Returned
    delivery: Delivery | None = None
    proven: bool = False
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """What followed for one recipient."""

    happening: Happening
    effect: Effect
    mail: str | None


@dataclass(frozen=True, slots=True)
class _About:
    """The mail that a report is about, and of one attempt where it went, when, and the how manieth it was."""

    item: OutboxItem
    address: str
    went_at: int | None
    attempt: int | None


async def record_bounce(tx: Tx, told: Told, policy: Policy | None, fresh: Fresh) -> list[Recorded]:
    """Record each report of a notice; what was told before is left out."""
    reports = told.returned.reports or (Reported(Happening.UNCLEAR),)
    if told.delivery is not None:
        # Each mail of ours has one recipient. Where that is an alias of several, it works while one of them gets it.
        reports = (min(reports, key=lambda each: _MILDEST.index(each.happening)),)
    found = [await _record(tx, told, each, number, fresh) for number, each in enumerate(reports)]
    recorded = [each for each in found if each is not None]
    if policy is not None and any(each.effect not in _QUIET for each in recorded):
        await raise_alert(tx, AlertKind.MAILS_BOUNCED, policy, fresh)
    return recorded


async def _record(tx: Tx, told: Told, reported: Reported, number: int, fresh: Fresh) -> Recorded | None:
    if not _ADDRESS.fullmatch(reported.address or ""):
        reported = replace(reported, address=None)
    about = await _about(tx, told, reported, fresh.now)
    address = about.address if about else reported.address
    key = _once_key(about, reported) if about else f"{told.id}:{number}"
    bounce = NewBounce(
        id=fresh.new_id(),
        once_key=key,
        at=fresh.now,
        told_by=told.returned.by,
        happening=reported.happening,
        outbox_id=about.item.id if about else None,
        identity=identity(address) if address else None,
        status=reported.status,
        words=reported.words,
    )
    if not await suppressions.add_bounce(tx, bounce):
        return None
    effect = decide(reported.happening, await _known(tx, about, told, fresh.now))
    if effect is not Effect.NOTE:
        await suppressions.set_effect(tx, bounce.id, effect)
    if effect in _SUPPRESSES and about is not None:
        await suppressions.suppress(tx, _SUPPRESSES[effect], bounce, about.address)
    return Recorded(reported.happening, effect, bounce.outbox_id)


def _once_key(about: _About, reported: Reported) -> str:
    """Mails of which no attempt has a number went before they had one."""
    attempt = "" if about.attempt is None else f":{about.attempt}"
    return f"{about.item.id}{attempt}:{reported.happening}"


async def _about(tx: Tx, told: Told, reported: Reported, now: int) -> _About | None:
    if told.delivery is not None:
        item = await outbox.by_id(tx, told.delivery.mail)
        return await _went(tx, item, told.delivery.attempt) if item else None
    if reported.address is None:
        return None
    for item in await _named(tx, told.returned):
        about = await _went(tx, item)
        if identity(about.address) == identity(reported.address):
            return about
    newest = await outbox.newest_to(tx, reported.address, now - RECENT) if told.proven else None
    return await _went(tx, newest) if newest else None


async def _named(tx: Tx, returned: Returned) -> list[OutboxItem]:
    by_id = [await outbox.by_id(tx, each) for each in returned.mails if _MAIL_ID.fullmatch(each)]
    return [each for each in by_id if each] + await outbox.by_message_ids(tx, returned.message_ids)


async def _went(tx: Tx, item: OutboxItem, attempt: int | None = None) -> _About:
    """Where it went: its row may name another address since, its tries tell. Without `attempt` the last counts."""
    tries = [each for each in await outbox.attempts_of(tx, item.id) if each.result in _REACHED_RELAY]
    if attempt is not None:
        tries = [each for each in tries if each.number == attempt]
    if not tries:  # a bounce may overtake our own note of the 250
        return _About(item, item.recipient, None, item.attempts + 1 if attempt is None else attempt)
    return _About(item, tries[-1].recipient, tries[-1].ended_at, tries[-1].number)


async def _known(tx: Tx, about: _About | None, told: Told, now: int) -> Known:
    if about is None or about.item.kind in FOR_MERCHANT:
        return Known(now=now, kind=about.item.kind.value if about else None)
    count, since = await suppressions.softs(tx, identity(about.address), now - SOFT_WINDOW)
    lifted = [each.lifted_at for each in await suppressions.of_address(tx, about.address) if each.lifted_at]
    return Known(
        now=now,
        kind=about.item.kind.value,
        went_at=about.went_at,
        proven_at=max(lifted, default=None),
        softs=count,
        softs_since=since,
        doubted=told.doubted,
    )
