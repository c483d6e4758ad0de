"""`/hub/invoices/{id}` and `/hub/invoices/{id}/withdraw`: one document of the customer's own, and withdrawing from it.

Rules: withdrawing takes one page and one button, and is the same declaration as on `/withdraw/`, but proven; it is
offered while it can be in time, and whether it is justified the merchant decides. Another customer's isn't there.
"""

from dataclasses import dataclass

from aiohttp import web

from worker import journal
from worker.actions.cancel_subscription import country_of
from worker.actions.declare import Press, declare
from worker.core.declaration import LONGEST, Declaration, What, one_line
from worker.core.instant import iso
from worker.core.invoice import DocumentKind, Invoice
from worker.core.rights import Kind, may_withdraw
from worker.render.hub_pages import render_own_document, render_withdrawal
from worker.store import declarations, purchases
from worker.store.declarations import DeclarationRow
from worker.store.engine import Tx
from worker.web.answers import page
from worker.web.declarations import declare_policy_of
from worker.web.hub import HubServer
from worker.web.refusing import pressed_inside
from worker.web.signed_in import Guest, go_to, viewer_of

_BOUGHT = (DocumentKind.INVOICE, DocumentKind.RECEIPT)


@dataclass(frozen=True, slots=True)
class _Purchase:
    """A document, the declaration that withdraws from it, and when that was made; `secret` makes it one of a kind."""

    invoice: Invoice
    said: Declaration | None
    secret: str
    before: DeclarationRow | None

    @property
    def declared(self) -> Declaration | None:
        """What its page leads to; None where it leads nowhere."""
        return self.before.said if self.before is not None else self.said


async def get_invoice(hub: HubServer, request: web.Request, guest: Guest) -> web.Response:
    """One document of the customer's own."""
    found = await _purchase(hub, request, guest)
    way = _place(request) if found.declared is not None else None
    return page(render_own_document(hub.stationery, hub.brand, viewer_of(hub, guest), found.invoice, way))


async def get_withdraw(hub: HubServer, request: web.Request, guest: Guest) -> web.Response:
    """Withdraw from this contract? Where that was declared already: that it is received."""
    found = await _purchase(hub, request, guest)
    if found.declared is None:
        return go_to(_document(request))
    received_at = found.before.received_at if found.before is not None else None
    viewer, back = viewer_of(hub, guest), _document(request)
    return page(render_withdrawal(hub.stationery, hub.brand, viewer, found.declared, (received_at, back)))


async def post_withdraw(hub: HubServer, request: web.Request, guest: Guest) -> web.Response:
    """Write the declaration down; pressed twice it is one."""
    sent = await pressed_inside(hub, request, guest.secret)
    if isinstance(sent, web.Response):
        return sent
    found = await _purchase(hub, request, guest)
    if found.said is not None:
        await _declare(hub, guest, found.said, found.secret)
    return go_to(_place(request))


async def _declare(hub: HubServer, guest: Guest, said: Declaration, secret: str) -> None:
    press = Press(secret, viewer_of(hub, guest).locale, customer_id=guest.customer.id)
    fresh, policy = hub.fresh(), declare_policy_of(hub)
    done = await hub.store.write(lambda tx: declare(tx, said, press, policy, fresh))
    journal.declared(done.row.id, kind=said.what.value)


async def _purchase(hub: HubServer, request: web.Request, guest: Guest) -> _Purchase:
    """The document, looked for among this customer's alone."""
    invoice_id, now = request.match_info["id"], hub.clock.now()

    async def body(tx: Tx) -> _Purchase | None:
        invoice = await purchases.document(tx, guest.customer.id, invoice_id)
        if invoice is None:
            return None
        secret, said = f"purchase {guest.customer.id} {invoice_id}", _said(guest, invoice)
        before = await declarations.by_digest(tx, said.digest(secret)) if said is not None else None
        return _Purchase(invoice, said if _in_time(guest, invoice, now) else None, secret, before)

    found = await hub.store.read(body)
    if found is None:
        raise web.HTTPNotFound
    return found


def _said(guest: Guest, invoice: Invoice) -> Declaration | None:
    """The declaration, in the words of the document itself; None where there is nothing to withdraw from."""
    email = guest.customer.email
    if email is None or invoice.kind not in _BOUGHT or invoice.test:
        return None
    first = invoice.lines[0].description if invoice.lines else ""
    contract = ", ".join(part for part in (invoice.number, first) if part) or iso(invoice.supplied_at)[:10]
    name = one_line(guest.customer.name or email, LONGEST["name"])
    return Declaration(What.WITHDRAW, name, one_line(contract, LONGEST["contract"]), email)


def _in_time(guest: Guest, invoice: Invoice, now: int) -> bool:
    kind = Kind.SINGLE if invoice.subscription is None else Kind.ONGOING
    return may_withdraw(country_of(guest.customer), kind, invoice.supplied_at, now)


def _document(request: web.Request) -> str:
    return f"/hub/invoices/{request.match_info['id']}"


def _place(request: web.Request) -> str:
    return f"{_document(request)}/withdraw"
