"""What an alert says, gathered when it goes: it tells of the whole wave, and of how things stand by then."""

from collections.abc import Awaitable, Callable, Mapping

from worker.actions.forward_mail import NOTICE
from worker.core.alert import AlertKind
from worker.core.allowance import HELD
from worker.core.announcement import Matter
from worker.core.delivery import MailState
from worker.core.inquiry import Standing
from worker.core.open_action import ActionState
from worker.render import names
from worker.render.alerts import Alert
from worker.render.formats import day, money
from worker.store import (
    announcements,
    declarations,
    inquiries,
    outbox,
    outbox_counts,
    provider_actions,
    suppressions,
    transactions,
)
from worker.store.announcements import Kept
from worker.store.engine import Tx
from worker.store.outbox import OutboxItem
from worker.store.transactions import WaitsFor

MOST_DETAILS = 50
_ALERT_STATES = {
    AlertKind.MAILS_FAILED: MailState.FAILED,
    AlertKind.MAILS_PARKED: MailState.PARKED,
    AlertKind.FORWARDS_HELD: MailState.WITHHELD,
}


async def gather_alert(tx: Tx, item: OutboxItem, locale: str) -> Alert:
    """What the alert of this outbox item says when it goes."""
    kind = AlertKind(str(item.params["trouble"]))
    since = item.params["since"]
    assert isinstance(since, int), "an alert's row says since when"
    if kind in _GATHERED:
        return await _GATHERED[kind](tx, since, locale)
    if kind not in _ALERT_STATES:
        return Alert(kind, await _waiting(tx, kind), locale=locale)
    mails = await outbox.settled_since(tx, _ALERT_STATES[kind], since, MOST_DETAILS)
    if kind is AlertKind.FORWARDS_HELD:
        held = tuple(_held(mail) for mail in mails if mail.reason == HELD)
        return Alert(kind, len(held), held, locale)
    details = tuple(f"{mail.recipient}: {mail.reply or mail.reason} ({mail.id})" for mail in mails)
    return Alert(kind, len(mails), details, locale)


async def _declarations(tx: Tx, _since: int, locale: str) -> Alert:
    waiting = await declarations.still_open(tx, MOST_DETAILS)
    details = tuple(
        f"{each.said.email}: {each.said.what.value}, {names.mailed(each.said.contract)} ({each.id})" for each in waiting
    )
    return Alert(AlertKind.DECLARATIONS_HELD, len(waiting), details, locale)


async def _waiting(tx: Tx, kind: AlertKind) -> int:
    """How many wait because of a trouble that stops all of them."""
    if kind is AlertKind.RELAY_PAUSED:
        counts = await outbox_counts.counts(tx)
        return counts["due"] + counts["deferred"]
    if kind is AlertKind.ACTIONS_DENIED:
        return (await provider_actions.counts(tx))[ActionState.DUE]
    numbers = kind is AlertKind.NUMBERS_HELD
    return (await transactions.waiting_counts(tx)).get(WaitsFor.NUMBER, 0) if numbers else 0


async def _refused(tx: Tx, _since: int, locale: str) -> Alert:
    """Which accounts' keys may not ask, and why, in the providers' words."""
    asked = await inquiries.open_ones(tx)
    said = {each.source: f"{each.source}: {each.reason}" for each in asked if each.standing is Standing.DENIED}
    return Alert(AlertKind.KEY_REFUSED, len(said), tuple(said.values()), locale)


def _held(mail: OutboxItem) -> str:
    """A row of the alert; what may be a valid cancellation is read first."""
    return f"{mail.params.get('from') or '<>'} ({mail.id}{', cancels' if mail.params['why'] == NOTICE else ''})"


async def _bounced(tx: Tx, since: int, locale: str) -> Alert:
    bounces = await suppressions.bounces_since(tx, since, MOST_DETAILS)
    said = ((each, " ".join(filter(None, (each.status, each.words)))) for each in bounces)
    details = tuple(
        f"{each.identity}: {words or each.happening}, {each.effect} ({each.outbox_id})" for each, words in said
    )
    return Alert(AlertKind.MAILS_BOUNCED, len(bounces), details, locale)


async def _disputes(tx: Tx, since: int, locale: str) -> Alert:
    return await _announced(tx, AlertKind.DISPUTES, Matter.DISPUTE, since, locale)


async def _refunds_failed(tx: Tx, since: int, locale: str) -> Alert:
    return await _announced(tx, AlertKind.REFUNDS_FAILED, Matter.REFUND_FAILED, since, locale)


async def _announced(tx: Tx, kind: AlertKind, matter: Matter, since: int, locale: str) -> Alert:
    found = await announcements.told_since(tx, matter, since, MOST_DETAILS)
    return Alert(kind, len(found), tuple([await _told(tx, each, locale) for each in found]), locale)


async def _told(tx: Tx, kept: Kept, locale: str) -> str:
    """Whose payment, how much, how it stands, until when it must be answered, and where."""
    told = kept.told
    payer = await announcements.payer_of(tx, kept.source, told.payment) if told.payment is not None else None
    amount = money(told.amount, told.currency, locale) if told.amount is not None and told.currency else None
    said = (
        told.customer.email or (payer.email if payer else None),
        amount,
        names.mailed(told.reason) if told.reason else None,
        f"answer by {day(told.due_at, 'UTC', locale)}" if told.due_at is not None else None,
        "test" if told.test else None,
    )
    where = told.url or (f"{names.provider(kept.source)}: {told.payment}" if told.payment else kept.source)
    return f"{', '.join(part for part in said if part)} ({where})"


_GATHERED: Mapping[AlertKind, Callable[[Tx, int, str], Awaitable[Alert]]] = {
    AlertKind.MAILS_BOUNCED: _bounced,
    AlertKind.DECLARATIONS_HELD: _declarations,
    AlertKind.KEY_REFUSED: _refused,
    AlertKind.DISPUTES: _disputes,
    AlertKind.REFUNDS_FAILED: _refunds_failed,
}
