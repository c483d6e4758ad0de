"""What the notes about addresses and cancellations say, read from the rows that they are about."""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.actions.change_email import PROOF_LASTS, UNDO_LASTS
from worker.core import tokens
from worker.core.email_address import masked
from worker.core.following import Followed
from worker.core.plans import Plan
from worker.render.notes import (
    CancelDone,
    Cancellation,
    CancelReceived,
    CancelTodo,
    EmailNotice,
    EmailProof,
    Note,
    Reader,
)
from worker.store import customers, email_changes, subscriptions
from worker.store.engine import Tx
from worker.store.invoices import Purpose
from worker.store.outbox import MailKind, OutboxItem

ABOUT_EMAIL = (MailKind.EMAIL_PROOF, MailKind.EMAIL_NOTICE)
ABOUT_CANCEL = (MailKind.CANCEL_RECEIVED, MailKind.CANCEL_TODO, MailKind.CANCEL_REMINDER, MailKind.CANCEL_DONE)


@dataclass(frozen=True, slots=True)
class Signing:
    """Where links lead, by which keys, and how the merchant reads."""

    base_url: str
    keys: Sequence[str]
    reader: Reader

    def url(self, path: str, link_id: str, purpose: Purpose) -> str:
        """The address that the link's token makes: signed only now, so that none lies in the database."""
        return f"{self.base_url}/{path}/{tokens.sign(link_id, purpose, self.keys)}"


@dataclass(frozen=True, slots=True)
class News:
    """What a row is about: a change of address, or a cancellation with its subscription and customer."""

    change: email_changes.EmailChange | None = None
    cancel: subscriptions.CancelRow | None = None
    subscription: Followed | None = None
    email: str = ""
    name: str | None = None
    locale: str | None = None


async def gather_news(tx: Tx, items: Sequence[OutboxItem]) -> dict[str, News]:
    """Read what these rows are about, those of other kinds left out."""
    return {item.id: await _news(tx, item) for item in items if item.kind in (*ABOUT_EMAIL, *ABOUT_CANCEL)}


def note_of(item: OutboxItem, news: News, signing: Signing) -> tuple[Note, Reader]:
    """The note of a row, and who reads it."""
    for_merchant = item.kind in (MailKind.CANCEL_TODO, MailKind.CANCEL_REMINDER)
    locale = signing.reader.locale if for_merchant or news.locale is None else news.locale
    note = _email_note(item, news, signing) if item.kind in ABOUT_EMAIL else _cancel_note(item, news, signing)
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
    cancel = await subscriptions.cancel(tx, str(item.params["cancel"]))
    assert cancel is not None, "cancellations are never deleted"
    owner = await customers.by_id(tx, cancel.customer_id)
    assert owner is not None, "a customer with a cancellation is never merged away"
    row = await subscriptions.by_name(tx, cancel.source, cancel.ref)
    return News(None, cancel, row, owner.email or "", owner.name, owner.locale)


def _email_note(item: OutboxItem, news: News, signing: Signing) -> Note:
    change = news.change
    assert change is not None, "read for this kind of row"
    if item.kind is MailKind.EMAIL_PROOF:
        url = signing.url("email/confirm", change.proof_link, Purpose.EMAIL_PROOF)
        return EmailProof(url, change.asked_at + PROOF_LASTS)
    changed_at = change.confirmed_at or item.created_at
    url = signing.url("email/undo", change.undo_link, Purpose.EMAIL_UNDO)
    return EmailNotice(url, masked(change.new_address), changed_at, changed_at + UNDO_LASTS)


def _cancel_note(item: OutboxItem, news: News, signing: Signing) -> Note:
    cancel, row = news.cancel, news.subscription
    assert cancel is not None, "read for this kind of row"
    assert row is not None, "a cancellation refers to its subscription"
    # What was asked for, until the provider set a day: then that one.
    ends_at = row.cancel_at if row.cancel_at is not None and not row.plan.runs else cancel.ends_at
    about = Cancellation(plan_of(row), cancel.requested_at, ends_at)
    if item.kind is MailKind.CANCEL_RECEIVED:
        return CancelReceived(about)
    if item.kind is MailKind.CANCEL_DONE:
        return CancelDone(about, item.created_at)
    return CancelTodo(
        about=about,
        url=signing.url("done", cancel.link_id, Purpose.CANCEL_DONE),
        source=cancel.source,
        ref=cancel.ref,
        email=news.email,
        name=news.name,
        again=item.kind is MailKind.CANCEL_REMINDER,
    )
