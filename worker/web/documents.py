"""`GET /documents/{token}`: one document as it was issued, for whoever holds its link; no way from here into the hub.

Opening it changes nothing: mail scanners open every link.
"""

from aiohttp import web

from worker.core import tokens
from worker.render.pages import render_document
from worker.store import invoices
from worker.store.engine import Tx
from worker.store.invoices import InvoiceRow, Purpose
from worker.web.answers import page, status_page
from worker.web.hub import HubServer


async def get_document(hub: HubServer, request: web.Request) -> web.Response:
    """The document, 410 where its link has run out or was revoked, 404 where it never was one."""
    link_id = tokens.read(request.match_info["token"], Purpose.DOCUMENT, hub.keys.document_keys)
    found = await hub.store.read(lambda tx: _opened(tx, link_id, hub.clock.now())) if link_id else 404
    if isinstance(found, int):
        return status_page(hub, found)
    return page(render_document(hub.stationery, hub.brand, found.frozen))


async def _opened(tx: Tx, link_id: str, now: int) -> InvoiceRow | int:
    link = await invoices.link(tx, link_id)
    if link is None or link.purpose is not Purpose.DOCUMENT or link.invoice_id is None:
        return 404
    if link.revoked_at is not None or link.expires_at <= now:
        return 410
    return await invoices.by_id(tx, link.invoice_id) or 404
