"""`/email/confirm/{token}`, `/email/undo/{token}`: the links in the mails about a changed address.

Rules: GET changes nothing; the link alone decides, for it is opened wherever its mail is read.
"""

from dataclasses import dataclass

from aiohttp import web

from worker.actions.change_email import (
    PROOF_LASTS,
    UNDO_LASTS,
    ProofAnswer,
    confirm_email_change,
    undo_email_change,
)
from worker.actions.tell_details import tell_details
from worker.core import tokens
from worker.render import press_pages
from worker.store import customers, email_changes
from worker.store.email_changes import EmailChange
from worker.store.engine import Tx
from worker.store.invoices import Purpose
from worker.web.answers import notice_page
from worker.web.hub import HubServer
from worker.web.policies import cancel_policy_of, change_policy_of
from worker.web.pressing import not_pressed, press_page


@dataclass(frozen=True, slots=True)
class _Found:
    change: EmailChange
    live: bool
    locale: str


async def get_confirm(hub: HubServer, request: web.Request) -> web.Response:
    """Is this address yours?"""
    found = await _found(hub, request, Purpose.EMAIL_PROOF)
    return press_page(hub, _confirming(hub, found)) if found and found.live else _over(hub, found)


async def post_confirm(hub: HubServer, request: web.Request) -> web.Response:
    """It is: mails go there from now on."""
    found = await _found(hub, request, Purpose.EMAIL_PROOF)
    if found is None or not found.live:
        return _over(hub, found)
    instead = await not_pressed(hub, request, _confirming(hub, found))
    if instead is not None:
        return instead
    change, fresh, policy = found.change, hub.fresh(), change_policy_of(hub.settings)
    asking = cancel_policy_of(hub.settings, hub.ways).asking

    async def body(tx: Tx) -> ProofAnswer:
        answer = await confirm_email_change(tx, change.proof_link, policy, fresh)
        if answer is ProofAnswer.CONFIRMED:
            await tell_details(tx, change.customer_id, asking, fresh)
        return answer

    match await hub.store.write(body):
        case ProofAnswer.CONFIRMED:
            return notice_page(hub, press_pages.told_changed(hub.stationery, change.new_address, found.locale))
        case ProofAnswer.TAKEN:
            return notice_page(hub, press_pages.told_taken(hub.stationery, found.locale), 409)
        case ProofAnswer.OVER:
            return _over(hub, found)


async def get_undo(hub: HubServer, request: web.Request) -> web.Response:
    """Undo it?"""
    found = await _found(hub, request, Purpose.EMAIL_UNDO)
    return press_page(hub, _undoing(hub, found)) if found and found.live else _over(hub, found)


async def post_undo(hub: HubServer, request: web.Request) -> web.Response:
    """Back to the old address."""
    found = await _found(hub, request, Purpose.EMAIL_UNDO)
    if found is None or not found.live:
        return _over(hub, found)
    instead = await not_pressed(hub, request, _undoing(hub, found))
    if instead is not None:
        return instead
    change, fresh, asking = found.change, hub.fresh(), cancel_policy_of(hub.settings, hub.ways).asking

    async def body(tx: Tx) -> bool:
        undone = await undo_email_change(tx, change.undo_link, fresh)
        if undone:
            await tell_details(tx, change.customer_id, asking, fresh)
        return undone

    if not await hub.store.write(body):
        return _over(hub, found)
    return notice_page(hub, press_pages.told_undone(hub.stationery, change.old_address, found.locale))


async def _found(hub: HubServer, request: web.Request, purpose: Purpose) -> _Found | None:
    link_id = tokens.read(request.match_info["token"], purpose, hub.keys.secret_keys)
    if link_id is None:
        return None
    proving, now = purpose is Purpose.EMAIL_PROOF, hub.clock.now()

    async def body(tx: Tx) -> _Found | None:
        change = await (email_changes.by_proof if proving else email_changes.by_undo)(tx, link_id)
        if change is None:
            return None
        customer = await customers.by_id(tx, change.customer_id)
        locale = (customer and customer.locale) or hub.settings.business.locale
        return _Found(change, _live(change, now, proving=proving), locale)

    return await hub.store.read(body)


def _live(change: EmailChange, now: int, *, proving: bool) -> bool:
    if proving:
        return change.state == "asked" and now < change.asked_at + PROOF_LASTS
    return change.state == "confirmed" and change.confirmed_at is not None and now < change.confirmed_at + UNDO_LASTS


def _confirming(hub: HubServer, found: _Found) -> press_pages.Press:
    return press_pages.ask_new_address(hub.stationery, hub.brand, found.change.new_address, found.locale)


def _undoing(hub: HubServer, found: _Found) -> press_pages.Press:
    return press_pages.ask_undo(hub.stationery, hub.brand, found.change.old_address, found.locale)


def _over(hub: HubServer, found: _Found | None) -> web.Response:
    locale = found.locale if found is not None else hub.settings.business.locale
    return notice_page(hub, press_pages.told_over(hub.stationery, locale), 410 if found is not None else 404)
