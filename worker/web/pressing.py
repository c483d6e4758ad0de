"""Pages that ask once more: shown on GET, acted on by a POST that one of our own pages sent."""

from dataclasses import replace

from aiohttp import web

from worker.render.press_pages import Press, render_press
from worker.web.answers import Refusal, page, refused
from worker.web.cookies import Jar, cookie, set_cookie
from worker.web.forms import Proof, hidden_field, read_form
from worker.web.hub import HubServer


def press_page(hub: HubServer, press: Press) -> web.Response:
    """The question."""
    return page(render_press(hub.stationery, hub.brand, press))


async def not_pressed(hub: HubServer, request: web.Request, press: Press) -> web.Response | None:
    """What to answer instead of acting; None where a page of ours was pressed."""
    paired = cookie(hub, request, Jar.FORM)
    sent = await read_form(hub, request, paired)
    if isinstance(sent, Refusal):
        return refused(sent)
    if sent.proof is Proof.OURS:
        return None
    value = paired or hub.clock.secret_id()
    answer = press_page(hub, replace(press, csrf=hidden_field(hub, value), again=True))
    set_cookie(hub, answer, Jar.FORM, value)
    if sent.proof is Proof.FOREIGN:
        answer.set_status(403)
    return answer
