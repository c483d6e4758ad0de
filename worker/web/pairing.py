"""A form's hidden field and the cookie beside it, which belong together: for browsers that say nothing of a press."""

from dataclasses import dataclass

from aiohttp import web

from worker.web.answers import page
from worker.web.cookies import Jar, cookie, set_cookie
from worker.web.forms import hidden_field
from worker.web.hub import HubServer


@dataclass(frozen=True, slots=True)
class Pair:
    """What one browser's forms are known by: the secret in its cookie, or a new one."""

    hub: HubServer
    request: web.Request
    secret: str

    @property
    def csrf(self) -> str:
        """The hidden field."""
        return hidden_field(self.hub, self.secret)

    def form(self, html: str, status: int = 200) -> web.Response:
        """The page with the form; its cookie only for browsers that don't say where a press came from."""
        answer = page(html, status)
        if "Sec-Fetch-Site" not in self.request.headers:
            set_cookie(self.hub, answer, Jar.FORM, self.secret)
        return answer


def pair_of(hub: HubServer, request: web.Request) -> Pair:
    """The browser's own, so that forms in several tabs all hold."""
    return Pair(hub, request, cookie(hub, request, Jar.FORM) or hub.clock.secret_id())
