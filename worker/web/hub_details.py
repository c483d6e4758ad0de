"""`/hub/details` and `/hub/email`: a customer's own details, and the address that their mails go to."""

from aiohttp import web

from worker.actions.change_email import AskAnswer, ask_email_change, is_fresh
from worker.actions.request_link import Asked, RequestOutcome, request_link
from worker.actions.tell_details import tell_details
from worker.actions.update_profile import update_profile
from worker.core.access import Way
from worker.core.email_address import normalise
from worker.core.profile import ADDRESS, PERSON, read_profile
from worker.core.transaction import Customer
from worker.render.own_pages import Details, NewEmail, render_details, render_new_email
from worker.store.customers import CustomerRow
from worker.store.engine import Tx
from worker.web.answers import page, status_page
from worker.web.hub import HubServer
from worker.web.policies import cancel_policy_of, change_policy_of
from worker.web.refusing import pressed_inside
from worker.web.signed_in import Guest, go_to, viewer_of

DETAILS, EMAIL = "/hub/details", "/hub/email"
_LONGEST_TYPED = 320


async def get_details(hub: HubServer, request: web.Request, guest: Guest) -> web.Response:
    """The form with what is known."""
    return _details(hub, guest, Details(_known(guest.customer), saved="saved" in request.query))


async def post_details(hub: HubServer, request: web.Request, guest: Guest) -> web.Response:
    """Save what was typed, or say what is wrong with which field."""
    sent = await pressed_inside(hub, request, guest.secret)
    if isinstance(sent, web.Response):
        return sent
    profile, fresh = read_profile(sent.fields), hub.fresh()
    if not isinstance(profile, Customer):
        return _details(hub, guest, Details(sent.fields, profile), 422)
    asking = cancel_policy_of(hub.settings, hub.ways).asking

    async def body(tx: Tx) -> None:
        if await update_profile(tx, guest.customer.id, profile, fresh):
            await tell_details(tx, guest.customer.id, asking, fresh)

    await hub.store.write(body)
    return go_to(f"{DETAILS}?saved=1")


async def get_email(hub: HubServer, request: web.Request, guest: Guest) -> web.Response:
    """The form of a new address, or a fresh link first."""
    if not hub.settings.hub.allow_email_change:
        return status_page(hub, 404)
    return _email(hub, guest, NewEmail(stale=not is_fresh(guest.session, hub.clock.now())))


async def post_email(hub: HubServer, request: web.Request, guest: Guest) -> web.Response:
    """Mail the proof to the new address; or, where that is asked for, a fresh link to the old one."""
    sent = await pressed_inside(hub, request, guest.secret)
    if isinstance(sent, web.Response):
        return sent
    if not hub.settings.hub.allow_email_change:
        return status_page(hub, 404)
    if "fresh" in sent.fields:
        return await _mail_fresh_link(hub, guest)
    typed = sent.fields.get("email", "").strip()[:_LONGEST_TYPED]
    try:
        address = normalise(typed)
    except ValueError:
        return _email(hub, guest, NewEmail(typed, wrong=True), 422)
    policy, fresh = change_policy_of(hub.settings), hub.fresh()
    answer = await hub.store.write(lambda tx: ask_email_change(tx, guest.session, address, policy, fresh))
    form = NewEmail(
        address,
        same=answer is AskAnswer.SAME,
        limited=answer is AskAnswer.LIMITED,
        stale=answer is AskAnswer.STALE,
        asked=answer is AskAnswer.ASKED,
    )
    return _email(hub, guest, form, 422 if form.same else 429 if form.limited else 200)


async def _mail_fresh_link(hub: HubServer, guest: Guest) -> web.Response:
    address, fresh = guest.customer.email, hub.fresh()
    if address is None:
        return status_page(hub, 404)
    asked = Asked(Way.HUB, address, intent="email")
    requested = await hub.store.write(lambda tx: request_link(tx, asked, hub.access, fresh))
    if requested.outcome is RequestOutcome.LIMITED:
        return _email(hub, guest, NewEmail(stale=True, limited=True), 429)
    return _email(hub, guest, NewEmail(link_sent=True))


def _details(hub: HubServer, guest: Guest, details: Details, status: int = 200) -> web.Response:
    allowed = hub.settings.hub.allow_email_change
    shown = Details(details.typed, details.wrong, details.saved, allowed)
    return page(render_details(hub.stationery, hub.brand, viewer_of(hub, guest), shown), status)


def _email(hub: HubServer, guest: Guest, form: NewEmail, status: int = 200) -> web.Response:
    return page(render_new_email(hub.stationery, hub.brand, viewer_of(hub, guest), form), status)


def _known(customer: CustomerRow) -> dict[str, str]:
    person = {name: getattr(customer, name) or "" for name in PERSON}
    address = {name: getattr(customer.address, name) or "" for name in ADDRESS} if customer.address else {}
    return {**person, **address}
