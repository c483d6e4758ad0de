"""`customer`: who somebody is, and a mistyped address put right."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from worker.actions.fix_email import CantFix, Correction
from worker.actions.fix_email import fix_email as fix
from worker.commands import papers
from worker.commands.opening import Config, an_address, open_desk
from worker.commands.terminal import clock_time, complain, counted, say
from worker.core.delivery import MailState
from worker.store import audit, customers, outbox
from worker.store.audit import Entry
from worker.store.customers import CustomerRow, PurchaseEmail
from worker.store.engine import Tx
from worker.store.outbox import OutboxItem

_ON_THEIR_WAY = (MailState.DUE, MailState.DEFERRED)
_CHANGES = {"fix_email": "address corrected", "resend": "receipt sent again"}


@dataclass(frozen=True, slots=True)
class _Known:
    """All that is shown of a customer."""

    customer: CustomerRow
    emails: list[PurchaseEmail]
    refs: list[tuple[str, str]]
    mails: list[OutboxItem]
    papers: papers.Papers
    changes: list[Entry]


def show(
    customer: Annotated[str, Parameter(help="A purchase email, or the customer's id")], /, *, config: Config = None
) -> int:
    """Show who a customer is: profile, purchase emails, what the providers call them, and their documents.

    For example:

        letterkey customer show ada@example.com
    """
    return asyncio.run(_show(customer, config))


async def _show(named: str, config: Config) -> int:
    address = an_address(named) if "@" in named else None
    async with open_desk(config) as desk:
        known = await desk.store.read(lambda tx: _find(tx, address, named))
        if known is None:
            complain(
                f"Nobody is known as {named}. Write a purchase email, or the id that letterkey customer show gives."
            )
            return 1
        for label, words in _lines(known, desk.timezone):
            say(f"{label:<16}{words}")
    return 0


async def _find(tx: Tx, address: str | None, named: str) -> _Known | None:
    customer = await (customers.by_email(tx, address) if address is not None else customers.by_id(tx, named))
    if customer is None:
        return None
    return _Known(
        customer,
        await customers.emails(tx, customer.id),
        await customers.refs(tx, customer.id),
        await outbox.of_customer(tx, customer.id),
        await papers.papers_of(tx, customer.id),
        await audit.of_customer(tx, customer.id),
    )


def _lines(known: _Known, timezone: str) -> Iterator[tuple[str, str]]:
    customer = known.customer
    for label in ("name", "company", "tax_id", "phone", "locale"):
        if getattr(customer, label):
            yield label.replace("_", " ").capitalize(), getattr(customer, label)
    if customer.address is not None:
        parts = (getattr(customer.address, name) for name in customer.address.__dataclass_fields__)
        yield "Address", ", ".join(part for part in parts if part)
    yield "Mails go to", customer.email or "nowhere: no email address is known yet"
    for email in known.emails:
        if email.address != customer.email:
            since = f", replaced {clock_time(email.retired_at, timezone).strip()}" if email.retired_at else ""
            yield "Also known by", f"{email.address}{since}"
    for source, ref in known.refs:
        yield f"At {source}", ref
    yield "Mails", f"{len(known.mails)} (letterkey mails {customer.email or 'ADDRESS'})"
    yield from papers.lines(known.papers, timezone)
    for change in known.changes:
        yield "Changed", f"{clock_time(change.at, timezone).strip()}: {_CHANGES.get(change.what, change.what)}"
    yield "Id", customer.id


def fix_email(
    old: Annotated[str, Parameter(help="The address as it was mistyped")],
    new: Annotated[str, Parameter(help="The right one")],
    /,
    *,
    config: Config = None,
) -> int:
    """Correct a mistyped purchase email.

    Mails on their way go to the new address, and those that failed at the old one are sent again. The old address
    still finds the customer, but gets no more mail.

    For example:

        letterkey customer fix-email ada@exmaple.com ada@example.com
    """
    return asyncio.run(_fix_email(an_address(old), an_address(new), config))


async def _fix_email(old: str, new: str, config: Config) -> int:
    async with open_desk(config) as desk:
        policy, fresh = desk.policy, desk.fresh()
        done = await desk.store.write(lambda tx: fix(tx, Correction(old, new), policy, fresh))
        if isinstance(done, CantFix):
            complain(f"Nothing was changed: {done}.")
            return 1
        customer_id, resent = done.customer_id, done.resent
        mails = await desk.store.read(lambda tx: outbox.of_customer(tx, customer_id))
    say(f"Mails go to {new} from now on.")
    if resent:
        say(f"{counted(len(resent), 'mail', 'mails')} that had failed will be sent again: {', '.join(resent)}")
    waiting = [
        mail for mail in mails if mail.state in _ON_THEIR_WAY and mail.recipient == new and mail.id not in resent
    ]
    if waiting:
        say(f"{counted(len(waiting), 'mail', 'mails')} on the way will go there.")
    say(f"letterkey mails {new} tells how it went.")
    return 0
