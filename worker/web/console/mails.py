"""`/console/mails` and `/console/mails/{id}`: every mail, what became of it, and what a merchant can do about it.

Rules: a preview has no live link in it and can run, load or send nothing; a form that is pressed twice sends once.
"""

from collections.abc import Mapping

from aiohttp import web

from worker.actions.decide_parked import note_arrived, send_again
from worker.actions.mail_receipt import Again, CantResend
from worker.core.delivery import MailState
from worker.core.email_address import normalise
from worker.render.console.customers import Mailed
from worker.render.console.mails import (
    PATH,
    CameBack,
    MailList,
    MailStory,
    Told,
    Tried,
    render_mail,
    render_mails,
)
from worker.store import customers, declarations, invoices, lists, outbox, suppressions
from worker.store.engine import Tx
from worker.store.outbox import MailKind, OutboxItem
from worker.web.answers import page
from worker.web.console.inside import Merchant, viewer_of
from worker.web.hub import HubServer
from worker.web.signed_in import go_to

_LONGEST_TYPED = 320
_TO_ONE = 100
_PREVIEW = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
}


async def get_mails(hub: HubServer, request: web.Request, merchant: Merchant) -> web.Response:
    """The newest, or those of a state, or those to an address."""
    state = request.query.get("state", "")
    state = state if state in set(MailState) else ""
    typed = request.query.get("to", "").strip()[:_LONGEST_TYPED]
    before = request.query.get("before", "")
    before = before if before.isascii() and before.isalnum() else ""
    shown = await _list(hub, state, typed, before)
    return page(render_mails(hub.stationery, hub.brand, viewer_of(hub, merchant), shown), 422 if shown.wrong else 200)


async def get_mail(hub: HubServer, request: web.Request, merchant: Merchant) -> web.Response:
    """One mail."""
    return await _shown(hub, request, merchant, Told(request.query.get("done")))


async def get_preview(hub: HubServer, request: web.Request, merchant: Merchant) -> web.Response:
    """The mail as its reader sees it, its links dead."""
    html = await hub.preview(request.match_info["id"])
    if html is None:
        raise web.HTTPNotFound
    answer = page(html)
    answer.headers.update(_PREVIEW)
    return answer


async def post_again(
    hub: HubServer, request: web.Request, merchant: Merchant, fields: Mapping[str, str]
) -> web.Response:
    """Send it once more, to the same or a corrected address."""
    typed = fields.get("to", "").strip()[:_LONGEST_TYPED]
    try:
        recipient = normalise(typed)
    except ValueError:
        return await _shown(hub, request, merchant, Told(wrong="no_address", typed=typed), 422)
    mail_id, fresh = request.match_info["id"], hub.fresh()
    again = Again(mail_id, recipient, merchant.identity, fields.get("once", "")[:64])
    done = await hub.store.write(lambda tx: send_again(tx, again, hub.policy, fresh))
    if done is CantResend.DONE:
        return go_to(f"{PATH}/{mail_id}?done=before")
    if isinstance(done, CantResend):
        return await _shown(hub, request, merchant, Told(wrong=done.name, typed=typed), 409)
    return go_to(f"{PATH}/{done}?done=again")


async def post_arrived(
    hub: HubServer, request: web.Request, merchant: Merchant, fields: Mapping[str, str]
) -> web.Response:
    """The customer has it."""
    mail_id, fresh = request.match_info["id"], hub.fresh()
    done = await hub.store.write(lambda tx: note_arrived(tx, mail_id, merchant.identity, fresh))
    return go_to(f"{PATH}/{mail_id}?done={'arrived' if done else 'before'}")


async def _list(hub: HubServer, state: str, typed: str, before: str) -> MailList:
    chosen = MailState(state) if state else None
    if not typed:
        found = await hub.store.read(lambda tx: lists.mails(tx, chosen, before or None))
        more = found[lists.PAGE - 1].id if len(found) > lists.PAGE else None
        return MailList([_mailed(each) for each in found[: lists.PAGE]], state, before=more)
    try:
        address = normalise(typed)
    except ValueError:
        return MailList((), state, typed, wrong=True)
    to_one = await hub.store.read(lambda tx: _to(tx, address))
    return MailList([_mailed(each) for each in to_one if chosen in (None, each.state)], state, typed)


async def _to(tx: Tx, address: str) -> list[OutboxItem]:
    """To the address as it is spelled, and to its customer wherever; the newest first."""
    customer = await customers.by_email(tx, address)
    items = {item.id: item for item in await outbox.to_address(tx, address, _TO_ONE)}
    if customer is not None:
        items |= {item.id: item for item in await outbox.of_customer(tx, customer.id, _TO_ONE)}
    return sorted(items.values(), key=lambda item: item.id, reverse=True)[:_TO_ONE]


def _mailed(item: OutboxItem) -> Mailed:
    return Mailed(item.id, item.kind.value, item.recipient, item.state, item.created_at)


async def _shown(
    hub: HubServer, request: web.Request, merchant: Merchant, told: Told, status: int = 200
) -> web.Response:
    mail_id, once = request.match_info["id"], hub.clock.new_id()
    story = await hub.store.read(lambda tx: _story(tx, mail_id, once))
    if story is None:
        raise web.HTTPNotFound
    return page(render_mail(hub.stationery, hub.brand, viewer_of(hub, merchant), story, told), status)


async def _story(tx: Tx, mail_id: str, once: str) -> MailStory | None:
    item = await outbox.by_id(tx, mail_id)
    if item is None:
        return None
    document = await invoices.by_id(tx, item.invoice_id) if item.invoice_id is not None else None
    tried = await outbox.attempts_of(tx, mail_id)
    came_back = await suppressions.bounces_of(tx, mail_id)
    return MailStory(
        id=item.id,
        kind=item.kind.value,
        recipient=item.recipient,
        state=item.state,
        reason=item.reason,
        created_at=item.created_at,
        due_at=item.due_at,
        customer_id=item.customer_id,
        once=once,
        number=document.number if document else None,
        total=(document.frozen.total, document.frozen.currency) if document else None,
        tried=[Tried(each.ended_at, each.result, each.state, each.code, each.reply) for each in tried],
        came_back=[CameBack(each.at, each.happening, each.words or each.status or "") for each in came_back],
        previewed=await _previewed(tx, item),
        receipt=item.kind is MailKind.RECEIPT and item.invoice_id is not None,
    )


async def _previewed(tx: Tx, item: OutboxItem) -> bool:
    """What a person wrote isn't shown; what was declared is until it is forgotten."""
    if "declaration" in item.params:
        return await declarations.by_id(tx, str(item.params["declaration"])) is not None
    return item.kind is not MailKind.FORWARD
