"""`/hub/sessions` and `/hub/sign-out`: where a customer is signed in, and how to end that."""

from aiohttp import web

from worker import journal
from worker.render.hub_pages import Device, render_devices
from worker.store import access
from worker.store.engine import Tx
from worker.web.answers import page
from worker.web.hub import HubServer
from worker.web.refusing import pressed_inside
from worker.web.signed_in import Guest, go_to, show_out, viewer_of

SESSIONS = "/hub/sessions"


async def get_sessions(hub: HubServer, request: web.Request, guest: Guest) -> web.Response:
    """Every browser that is in."""
    now = hub.clock.now()
    rows = await hub.store.read(lambda tx: access.sessions_of(tx, guest.customer.id, now))
    devices = [
        Device(row.id_hash, row.agent, row.created_at, row.seen_at, here=row.id_hash == guest.session.id_hash)
        for row in rows
    ]
    devices.sort(key=lambda device: not device.here)
    return page(render_devices(hub.stationery, hub.brand, viewer_of(hub, guest), devices))


async def post_sessions(hub: HubServer, request: web.Request, guest: Guest) -> web.Response:
    """Sign out one browser, or all of them."""
    sent = await pressed_inside(hub, request, guest.secret)
    if isinstance(sent, web.Response):
        return sent
    ending = sent.fields.get("end", "")
    await hub.store.write(lambda tx: _end(tx, guest, ending, hub.clock.now()))
    journal.signed_out(customer=guest.customer.id, everywhere=ending == "all")
    return show_out(hub, request) if ending in ("all", guest.session.id_hash) else go_to(SESSIONS)


async def post_sign_out(hub: HubServer, request: web.Request, guest: Guest) -> web.Response:
    """Sign out this browser."""
    sent = await pressed_inside(hub, request, guest.secret)
    if isinstance(sent, web.Response):
        return sent
    await hub.store.write(lambda tx: access.end_session(tx, guest.session.id_hash, hub.clock.now()))
    journal.signed_out(customer=guest.customer.id, everywhere=False)
    return show_out(hub, request)


async def _end(tx: Tx, guest: Guest, ending: str, now: int) -> None:
    """A customer's own sessions alone."""
    if ending == "all":
        await access.end_sessions(tx, guest.customer.id, now)
    elif ending in {row.id_hash for row in await access.sessions_of(tx, guest.customer.id, now)}:
        await access.end_session(tx, ending, now)
