"""What the notes about addresses and provider actions say, read from the rows that they are about."""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.actions.change_email import PROOF_LASTS, UNDO_LASTS
from worker.core import tokens
from worker.core.email_address import masked
from worker.core.following import Followed
from worker.core.open_action import CANCELS, ActionState
from worker.core.plans import Plan
from worker.core.provider_action import Verb
from worker.core.transaction import CUSTOMER
from worker.render.action_notes import ActionDone, ActionReceived
from worker.render.note_voice import Cancellation, Reader
from worker.render.notes import CancelDone, CancelReceived, EmailNotice, EmailProof, Note
from worker.render.todo_notes import ActionTodo
from worker.store import customers, email_changes, provider_actions, subscriptions
from worker.store.engine import Tx
from worker.store.invoices import Purpose
from worker.store.outbox import MailKind, OutboxItem
from worker.store.provider_actions import ActionRow

ABOUT_EMAIL = (MailKind.EMAIL_PROOF, MailKind.EMAIL_NOTICE)
REMINDERS = (MailKind.CANCEL_REMINDER, MailKind.ACTION_REMINDER)
FOR_MERCHANT = (MailKind.CANCEL_TODO, MailKind.ACTION_TODO, *REMINDERS)
FOR_CUSTOMER = (MailKind.CANCEL_RECEIVED, MailKind.CANCEL_DONE, MailKind.ACTION_RECEIVED, MailKind.ACTION_DONE)
ABOUT_ACTION = (*FOR_CUSTOMER, *FOR_MERCHANT)


@dataclass(frozen=True, slots=True)
class Signing:
    """Where links lead, by which keys, and how the merchant reads."""

    base_url: str
    keys: Sequence[str]
    reader: Reader

    def url(self, path: str, link_id: str, purpose: Purpose) -> str:
        """The address that the link's token makes: signed only now, so that none lies in the database."""
        return f"{self.base_url}/{path}/{tokens.sign(link_id, purpose, self.keys)}"

    def foot(self, link_id: str) -> str:
        """The same for a way to one's purchases, as receipts have at their foot."""
        return f"{self.base_url}/updateinfo/?r={tokens.sign(link_id, Purpose.FOOT, self.keys)}"


@dataclass(frozen=True, slots=True)
class News:
    """What a row is about: a change of address, or an action with its subscription and customer."""

    change: email_changes.EmailChange | None = None
    action: ActionRow | None = None
    subscription: Followed | None = None
    email: str = ""
    name: str | None = None
    locale: str | None = None


async def gather_news(tx: Tx, items: Sequence[OutboxItem]) -> dict[str, News]:
    """Read what these rows are about, those of other kinds left out."""
    return {item.id: await _news(tx, item) for item in items if item.kind in (*ABOUT_EMAIL, *ABOUT_ACTION)}


def note_of(item: OutboxItem, news: News, signing: Signing) -> tuple[Note, Reader]:
    """The note of a row, and who reads it."""
    locale = signing.reader.locale if item.kind in FOR_MERCHANT or news.locale is None else news.locale
    note = _email_note(item, news, signing) if item.kind in ABOUT_EMAIL else _action_note(item, news, signing)
    return note, Reader(locale, signing.reader.timezone)


def plan_of(row: Followed) -> Plan:
    """The subscription as pages and mails show it."""
    return Plan(row.as_told, row.name, row.amount, row.currency, row.test)


async def _news(tx: Tx, item: OutboxItem) -> News:
    if item.kind in ABOUT_EMAIL:
        change = await email_changes.by_id(tx, str(item.params["change"]))
        assert change is not None, "changes are never deleted"
        customer = await customers.by_id(tx, change.customer_id)
        return News(change=change, locale=customer.locale if customer else None)
    # Until there were other actions, the rows said which cancellation.
    action = await provider_actions.by_id(tx, str(item.params.get("action") or item.params["cancel"]))
    assert action is not None, "actions are never deleted"
    owner = await customers.by_id(tx, action.customer_id)
    assert owner is not None, "a customer with an action is never merged away"
    row = await subscriptions.by_name(tx, action.source, action.ref) if action.ref is not None else None
    return News(None, action, row, owner.email or "", owner.name, owner.locale)


def _email_note(item: OutboxItem, news: News, signing: Signing) -> Note:
    change = news.change
    assert change is not None, "read for this kind of row"
    if item.kind is MailKind.EMAIL_PROOF:
        url = signing.url("email/confirm", change.proof_link, Purpose.EMAIL_PROOF)
        return EmailProof(url, change.asked_at + PROOF_LASTS)
    changed_at = change.confirmed_at or item.created_at
    url = signing.url("email/undo", change.undo_link, Purpose.EMAIL_UNDO)
    return EmailNotice(url, masked(change.new_address), changed_at, changed_at + UNDO_LASTS)


def _action_note(item: OutboxItem, news: News, signing: Signing) -> Note:
    action = news.action
    assert action is not None, "read for this kind of row"
    if item.kind in FOR_MERCHANT:
        return _todo(item, news, signing)
    about = _about(news)
    assert about is not None, "a customer hears of their subscriptions"
    match item.kind:
        case MailKind.CANCEL_RECEIVED:
            return CancelReceived(about)
        case MailKind.ACTION_RECEIVED:
            return ActionReceived(action.verb, about)
        case MailKind.ACTION_DONE:
            return ActionDone(Verb(str(item.params["verb"])), about, item.created_at)
        case _:
            return CancelDone(about, item.created_at)


def _todo(item: OutboxItem, news: News, signing: Signing) -> ActionTodo:
    action = news.action
    assert action is not None, "read for this kind of row"
    return ActionTodo(
        verb=action.verb,
        asked_at=action.requested_at,
        url=signing.url("done", action.link_id, Purpose.CANCEL_DONE),
        source=action.source,
        ref=action.ref or action.customer_ref or "",
        email=news.email,
        name=news.name,
        about=_about(news),
        details=details_of(action),
        why=action.words,
        again=item.kind in REMINDERS,
        asked=action.state is not ActionState.MANUAL,
    )


def _about(news: News) -> Cancellation | None:
    action, row = news.action, news.subscription
    if action is None or row is None:
        return None
    # What was asked for, until the provider set a day: then that one. Of an open cancellation it didn't yet.
    is_open = action.open and action.verb in CANCELS
    ends_at = row.cancel_at if row.cancel_at is not None and not row.term.runs and not is_open else action.ends_at
    return Cancellation(plan_of(row), action.requested_at, ends_at)


def details_of(action: ActionRow) -> dict[str, str]:
    """A customer's new details by their names, as they are told; nothing where it isn't about them."""
    if action.details is None:
        return {}
    said = CUSTOMER.dump_python(CUSTOMER.validate_json(action.details), exclude_none=True)
    return {**said, **said.pop("address", {})}
