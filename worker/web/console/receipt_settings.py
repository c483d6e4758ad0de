"""`/console/settings/receipts`: which receipts go out and how they look, with a preview of what isn't saved yet.

Rules: a preview changes nothing; it is a page of its own that runs nothing, sends nothing and loads nothing.
"""

import asyncio
import base64
from collections.abc import Mapping
from urllib.parse import urlencode

from aiohttp import web

from worker.core.transaction import Style
from worker.render.console.preview import Preview, brand_with, render_preview
from worker.render.console.receipt_settings import ReceiptsPage, render_receipt_settings
from worker.settings import MAKEABLE, Settings, overlay, problems_of
from worker.store import invoices, products
from worker.web.answers import Refusal, page, status_page
from worker.web.console.inside import Merchant, viewer_of
from worker.web.console.making import Looked, Tried, changes_of, give_back, look, save
from worker.web.console.shown import form_of
from worker.web.forms import Proof
from worker.web.hub import HubServer
from worker.web.hygiene import CONTENT
from worker.web.refusing import foreign_page
from worker.web.signed_in import go_to
from worker.web.uploads import read_upload

PLACE = "/console/settings/receipts"
LOGO = "business.logo"
_TABLES = ("receipts", "dunning", "business", "invoices")
NAMES = tuple(".".join(key) for key in MAKEABLE if key[0] in _TABLES and key[-1] != "logo")
MOST_PRODUCTS = 40
_FRAME = "; frame-src 'self'"
_PREVIEW = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; base-uri 'none'; "
        "form-action 'none'; sandbox"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}


async def get_receipt_settings(hub: HubServer, request: web.Request, merchant: Merchant) -> web.Response:
    """As they are."""
    return await _page(hub, merchant, await look(hub), Tried(saved="saved" in request.query))


async def post_receipt_settings(
    hub: HubServer, request: web.Request, merchant: Merchant, fields: Mapping[str, str]
) -> web.Response:
    """Save them, give one back, or show how they would look."""
    looked = await look(hub)
    names = [*NAMES, *(_style_of(product) for product, _ in await _products(hub, looked))]
    if "back" in fields:
        tried = await give_back(hub, merchant, [name for name in (*names, LOGO) if name == fields["back"]])
    else:
        changes = changes_of(looked, names, fields)
        if fields.get("do") == "preview":
            problems = tuple(problems_of(looked.beneath, looked.made.values, changes))
            return await _page(hub, merchant, looked, Tried(changes, problems, previewed=True))
        tried = await save(hub, merchant, changes, fields.get("seen", ""))
    if tried is None:
        return go_to(f"{PLACE}?saved=1")
    return await _page(hub, merchant, await look(hub), tried)


async def post_logo(hub: HubServer, request: web.Request, merchant: Merchant) -> web.Response:
    """Take a logo, which is known by its bytes; the form brings a file, so its press is proven here."""
    sent = await read_upload(hub, request, merchant.secret)
    if isinstance(sent, Refusal):
        return status_page(hub, sent.status)
    if sent.proof is not Proof.OURS:
        return foreign_page(hub)
    url = "data:;base64," + base64.b64encode(sent.parts.get("logo", b"")).decode()
    tried = await save(hub, merchant, {LOGO: url}, sent.parts.get("seen", b"").decode("ascii", "replace"))
    if tried is None:
        return go_to(f"{PLACE}?saved=1")
    told = Tried(problems=tried.problems, others=tried.others)  # a form can't hold a file that was chosen before
    return await _page(hub, merchant, await look(hub), told)


async def get_preview(hub: HubServer, request: web.Request, merchant: Merchant) -> web.Response:
    """A receipt with the settings as the query has them, in one style."""
    if request.match_info["style"] not in (Style.INVOICE, Style.SIMPLE):
        raise web.HTTPNotFound
    looked = await look(hub)
    settings = _with(looked, {name: value for name, value in request.query.items() if name in NAMES})
    preview = Preview(Style(request.match_info["style"]), await _next_number(hub, settings), hub.clock.now())
    brand = brand_with(hub.brand, settings)
    papers = hub.stationery if brand == hub.brand else hub.stationery.mails_alone()
    # In a thread: for another look every template is compiled.
    html = await asyncio.to_thread(render_preview, papers, brand, settings, preview)
    answer = page(html)
    answer.headers.update(_PREVIEW)
    return answer


def _with(looked: Looked, changes: Mapping[str, object]) -> Settings:
    """As it would be; as it is where it can't be."""
    if problems_of(looked.beneath, looked.made.values, changes):
        return looked.settings
    return overlay(looked.beneath, {**looked.made.values, **changes}).settings


async def _page(hub: HubServer, merchant: Merchant, looked: Looked, tried: Tried) -> web.Response:
    found, edited = await _products(hub, looked), tried.typed if tried.previewed and not tried.problems else {}
    names = (*NAMES, LOGO, *(_style_of(product) for product, _ in found))
    shown = ReceiptsPage(
        products=found,
        next_number=await _next_number(hub, _with(looked, edited)),
        query=f"?{urlencode({name: str(value) for name, value in edited.items()})}" if edited else "",
        previewed=tried.previewed,
    )
    form, viewer = form_of(looked, names, tried), viewer_of(hub, merchant)
    answer = page(render_receipt_settings(hub.stationery, hub.brand, viewer, form, shown), tried.status)
    answer.headers["Content-Security-Policy"] = CONTENT + _FRAME
    return answer


async def _next_number(hub: HubServer, settings: Settings) -> str:
    taken = await hub.store.read(invoices.next_number)
    return f"{settings.invoices.prefix}{max(taken or 0, settings.invoices.start)}"


async def _products(hub: HubServer, looked: Looked) -> list[tuple[str, str]]:
    """Those that have a style, then those that were sold lately; id and name."""
    sold = await hub.store.read(products.sold_lately)
    styled = {name: sold.get(name, "") for name in looked.settings.products}
    return list({**styled, **sold}.items())[:MOST_PRODUCTS]


def _style_of(product: str) -> str:
    return f"products.{product}.receipt_style"
