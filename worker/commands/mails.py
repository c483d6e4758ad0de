"""`mails`, `resend` and `test-receipt`: what went to a customer, in plain words, and once more."""

import asyncio
from typing import Annotated

from cyclopts import Parameter

from worker.actions.decide_parked import send_again
from worker.actions.lift_suppression import lift_for_mail
from worker.actions.mail_receipt import Again, CantResend, mail_test_receipt
from worker.commands.opening import AskedWrongly, Config, Desk, an_address, open_desk
from worker.commands.terminal import complain, say
from worker.commands.timeline import Mailed, came_in, suppressed, timeline
from worker.core.sample import sample_invoice
from worker.core.transaction import Style
from worker.store import customers, inbox, invoices, outbox, suppressions
from worker.store.engine import Tx

_MOST = 100

Address = Annotated[str, Parameter(help="An email address")]


def mails(address: Address, /, *, config: Config = None) -> int:
    """Show every mail to an address, what the relay said to each try, and what became of mails from there.

    A customer's mails to an earlier address are shown too, after customer fix-email.

    For example:

        letterkey mails ada@example.com
    """
    return asyncio.run(_mails(an_address(address), config))


async def _mails(address: str, config: Config) -> int:
    async with open_desk(config) as desk:
        found = await desk.store.read(lambda tx: _find(tx, address))
        if found is None:
            say(f"No mail went to {address}, and no customer has this address.")
            return 1
        for line in timeline(found, desk.clock.now(), desk.timezone):
            say(line)
        for line in came_in(await desk.store.read(lambda tx: inbox.from_address(tx, address, _MOST)), desk.timezone):
            say(line)
        if not found:
            say(f"{address} is a customer's address, and no mail went there yet.")
        reasons = await desk.store.read(lambda tx: suppressions.of_address(tx, address))
        for line in suppressed(address, reasons, desk.timezone):
            say(line)
    return 0


async def _find(tx: Tx, address: str) -> list[Mailed] | None:
    """The newest mails, oldest first; None where nobody knows the address."""
    customer = await customers.by_email(tx, address)
    items = {item.id: item for item in await outbox.to_address(tx, address, _MOST)}
    if customer is not None:
        items |= {item.id: item for item in await outbox.of_customer(tx, customer.id, _MOST)}
    elif not items:
        return None
    newest = sorted(items.values(), key=lambda item: (item.created_at, item.id))[-_MOST:]
    documents = await invoices.frozen(tx, [item.invoice_id for item in newest if item.invoice_id is not None])
    return [
        Mailed(
            item,
            documents.get(item.invoice_id or ""),
            await outbox.attempts_of(tx, item.id),
            await suppressions.bounces_of(tx, item.id),
        )
        for item in newest
    ]


def resend(
    mail: Annotated[str, Parameter(help="The mail's id, as letterkey mails shows it")],
    /,
    *,
    to: Annotated[str | None, Parameter(help="Another address than before")] = None,
    lift: Annotated[bool, Parameter(help="The address works again: end its suppression", negative="")] = False,
    config: Config = None,
) -> int:
    """Mail a receipt once more, with the same content; or hand on a mail to the shop that was held.

    To an address from which mails came back only with --lift: what was withheld goes then, too.

    For example:

        letterkey resend 01k9s0q0v5m5e8r2x6t4c3w7ya
        letterkey resend 01k9s0q0v5m5e8r2x6t4c3w7ya --to ada@example.com
    """
    return asyncio.run(_resend(mail, None if to is None else an_address(to), config, lift=lift))


async def _resend(mail: str, recipient: str | None, config: Config, *, lift: bool) -> int:
    async with open_desk(config) as desk:
        fresh, policy = desk.fresh(), desk.policy

        async def body(tx: Tx) -> str | CantResend:
            if lift and await lift_for_mail(tx, mail, recipient, fresh):
                return mail
            return await send_again(tx, Again(mail, recipient), policy, fresh)

        done = await desk.store.write(body)
        if isinstance(done, CantResend):
            complain(f"Not sent again: {done}.")
            return 1
        say(f"Goes out again as {done}.")
    return 0


def test_receipt(
    address: Address,
    /,
    *,
    style: Annotated[Style | None, Parameter(help="invoice or simple, instead of receipts.style")] = None,
    config: Config = None,
) -> int:
    """Mail yourself a receipt for a made-up sale, to see how yours look.

    It is marked as a test and takes no number.

    For example:

        letterkey test-receipt you@example.com
        letterkey test-receipt you@example.com --style simple
    """
    return asyncio.run(_test_receipt(an_address(address), style, config))


async def _test_receipt(address: str, style: Style | None, config: Config) -> int:
    async with open_desk(config) as desk:
        chosen = _style(desk, style)
        fresh, policy = desk.fresh(), desk.policy
        sample = sample_invoice(policy, fresh.now)
        item = await desk.store.write(lambda tx: mail_test_receipt(tx, sample, (address, chosen), policy, fresh))
        say(f"A receipt for a made-up sale, in the style {chosen}, is on its way to {address} ({item}).")
        say(f"It goes out while letterkey run is running; letterkey mails {address} tells how it went.")
    return 0


def _style(desk: Desk, style: Style | None) -> Style:
    if style is Style.NONE:
        raise AskedWrongly("the style none sends no mail; write --style invoice or --style simple")
    own = desk.policy.receipts.style
    return style or (own if own is not Style.NONE else Style.INVOICE)
