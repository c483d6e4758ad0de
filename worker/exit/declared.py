"""Mails about declarations: what their rows are about, and the letters made of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.render.brand import Brand
from worker.render.declaration_mails import DeclarationMail, Found, render_confirmation, render_task
from worker.render.letter import Rendered
from worker.render.note_voice import Reader
from worker.render.stationery import Stationery
from worker.store import customers, declarations
from worker.store.declarations import DeclarationRow
from worker.store.engine import Tx
from worker.store.outbox import MailKind, OutboxItem

FOR_MERCHANT = (MailKind.DECLARATION_TODO, MailKind.DECLARATION_REMINDER)
ABOUT_DECLARATION = (MailKind.DECLARATION_RECEIVED, *FOR_MERCHANT)


@dataclass(frozen=True, slots=True)
class DeclarationNews:
    """A declaration, and the addresses of those whose its own address and its number are."""

    row: DeclarationRow
    customer: str | None
    owner: str | None


async def gather_declared(tx: Tx, items: Sequence[OutboxItem]) -> dict[str, DeclarationNews]:
    """Read what these rows are about; those of other kinds are left out, and those whose declaration is forgotten."""
    found = {item.id: await _news(tx, item) for item in items if item.kind in ABOUT_DECLARATION}
    return {item_id: news for item_id, news in found.items() if news is not None}


def declaration_letter(
    env: Stationery, brand: Brand, item: OutboxItem, news: DeclarationNews, reader: Reader
) -> Rendered:
    """The letter of a row; `reader` is the merchant."""
    row = news.row
    if item.kind is MailKind.DECLARATION_RECEIVED:
        return render_confirmation(env, brand, DeclarationMail(row.said, row.received_at, row.locale, reader.timezone))
    found = Found(
        customer=news.customer,
        owner=news.owner,
        proven=row.proven,
        asked=row.cancel_id is not None,
        again=item.kind is MailKind.DECLARATION_REMINDER,
    )
    mail = DeclarationMail(row.said, row.received_at, reader.locale, reader.timezone)
    return render_task(env, brand, mail, found)


def answered_to(item: OutboxItem, news: DeclarationNews) -> str | None:
    """Whom the merchant's answer goes to."""
    return news.row.said.email if item.kind in FOR_MERCHANT else None


async def _news(tx: Tx, item: OutboxItem) -> DeclarationNews | None:
    row = await declarations.by_id(tx, str(item.params["declaration"]))
    if row is None:
        return None
    return DeclarationNews(row, await _email(tx, row.customer_id), await _email(tx, row.owner_id))


async def _email(tx: Tx, customer_id: str | None) -> str | None:
    customer = await customers.by_id(tx, customer_id) if customer_id is not None else None
    return customer.email if customer is not None else None
