"""`GET|POST /updateinfo/lost/`: for who lost the address they bought with.

Rules: what is shown depends on what was typed alone, never on what was found; the form is sent as the one beside it.
"""

from dataclasses import replace

from aiohttp import web

from worker import journal
from worker.actions.find_lost_address import find_lost_address
from worker.core.access import Way
from worker.core.lost_address import FIELDS, LONGEST, Clue, read_clue
from worker.render.lost_page import LostPage, render_lost
from worker.web.answers import page
from worker.web.cookies import Jar, cookie
from worker.web.forms import Proof
from worker.web.hub import HubServer
from worker.web.pairing import pair_of
from worker.web.refusing import pressed, too_often_page
from worker.web.updateinfo import Browser, browser_of


async def get_lost(hub: HubServer, request: web.Request) -> web.Response:
    """The form."""
    return _shown(hub, request, LostPage(""))


async def post_lost(hub: HubServer, request: web.Request) -> web.Response:
    """Look for the purchase and have its address mailed."""
    sent = await pressed(hub, request, cookie(hub, request, Jar.FORM))
    if isinstance(sent, web.Response):
        return sent
    typed = {name: sent.fields.get(name, "")[:LONGEST] for name in FIELDS}
    if sent.proof is Proof.UNKNOWN:
        return _shown(hub, request, LostPage("", typed, again=True), 403)
    clue = read_clue(typed)
    if not isinstance(clue, Clue):
        return _shown(hub, request, LostPage("", typed, clue), 422)
    return await _find(hub, request, clue)


async def _find(hub: HubServer, request: web.Request, clue: Clue) -> web.Response:
    browser, fresh = browser_of(hub, request), hub.fresh()
    if not isinstance(browser, Browser):
        return too_often_page(hub, browser)
    asked = replace(browser.asks(Way.LOST), cookie=None)  # no code: the browser need not be the address's owner's
    done = await hub.store.write(lambda tx: find_lost_address(tx, clue, asked, hub.access, fresh))
    journal.link_requested(done.request_id, outcome="taken")
    return _shown(hub, request, LostPage("", sent=True))


def _shown(hub: HubServer, request: web.Request, shown: LostPage, status: int = 200) -> web.Response:
    pair = pair_of(hub, request)
    filled = replace(shown, csrf=pair.csrf, locale=hub.settings.business.locale)
    html = render_lost(hub.stationery, hub.brand, filled)
    return page(html, status) if shown.sent else pair.form(html, status)
