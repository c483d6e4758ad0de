"""`/console/settings/hub`: the hub's link, and what customers may do."""

from collections.abc import Mapping

from aiohttp import web

from worker.core.rights import who_may_cancel
from worker.render.console.hub_settings import render_hub_settings
from worker.web.answers import page
from worker.web.console.inside import Merchant, viewer_of
from worker.web.console.making import Looked, Tried, changes_of, give_back, look, save
from worker.web.console.shown import form_of
from worker.web.hub import HubServer
from worker.web.hygiene import CONTENT
from worker.web.policies import allowed_of
from worker.web.signed_in import DOOR, go_to

PLACE = "/console/settings/hub"
_SCRIPT = "; script-src 'self'"
"""Our own, which copies a field. Only this page has one, and does without it, too."""
NAMES = ("hub.allow_cancel", "hub.allow_cancel_split_pay", "hub.allow_email_change", "hub.allow_pause")


async def get_hub_settings(hub: HubServer, request: web.Request, merchant: Merchant) -> web.Response:
    """As they are."""
    return _page(hub, merchant, await look(hub), Tried(saved="saved" in request.query))


async def post_hub_settings(
    hub: HubServer, request: web.Request, merchant: Merchant, fields: Mapping[str, str]
) -> web.Response:
    """Save them, or give one back."""
    if "back" in fields:
        tried = await give_back(hub, merchant, [name for name in NAMES if name == fields["back"]])
    else:
        tried = await save(hub, merchant, changes_of(await look(hub), NAMES, fields), fields.get("seen", ""))
    if tried is None:
        return go_to(f"{PLACE}?saved=1")
    return _page(hub, merchant, await look(hub), tried)


def _page(hub: HubServer, merchant: Merchant, looked: Looked, tried: Tried) -> web.Response:
    link, table = f"{hub.settings.base_url}{DOOR}", who_may_cancel(allowed_of(looked.settings))
    about = (link, hub.settings.mail.access_address or "", table)
    form, viewer = form_of(looked, NAMES, tried), viewer_of(hub, merchant)
    answer = page(render_hub_settings(hub.stationery, hub.brand, viewer, form, about), tried.status)
    answer.headers["Content-Security-Policy"] = CONTENT + _SCRIPT
    return answer
