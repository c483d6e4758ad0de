"""The demo's mailbox: web pages that show what the sink kept, at `/dev/mailbox` on a port of their own.

Rules: a mail's HTML runs no script, loads nothing and stands in a sandboxed frame, as in a careful mail program; the
pages themselves need no script either.
"""

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from socket import socket

from aiohttp import web
from jinja2 import DictLoader, Environment, StrictUndefined

from worker.demo.letter import Letter, read_letter
from worker.demo.shop import ACCESS_ADDRESS
from worker.demo.sink import Kept
from worker.demo.writing import FIRST_BUYER, Draft, reply_to, send

PATH = "/dev/mailbox"
_POLICY = "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'"
_FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
_OWN_PAGES = (None, "same-origin", "none")
"""What a browser says of a form of ours; a page from elsewhere must not write mails."""
_LINK = re.compile(r"https?://[^\s<>]+")


@asynccontextmanager
async def running_mailbox(kept: Kept, shop: str, listening: socket, mail_door: int) -> AsyncIterator[None]:
    """The mailbox's pages on a socket that listens already; `mail_door` is the port that takes what visitors write."""
    runner = web.AppRunner(_application(kept, shop, mail_door), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        yield
    finally:
        await runner.cleanup()


def _application(kept: Kept, shop: str, mail_door: int) -> web.Application:
    pages = _Pages(kept, shop, mail_door)
    application = web.Application()
    application.router.add_get("/", _to_mailbox)
    application.router.add_get(PATH, pages.list)
    application.router.add_get(f"{PATH}/", _to_mailbox)
    application.router.add_get(f"{PATH}/style.css", _style)
    application.router.add_get(f"{PATH}/write", pages.write)
    application.router.add_post(f"{PATH}/write", pages.send)
    application.router.add_get(PATH + r"/{number:\d{1,9}}", pages.html)
    application.router.add_get(PATH + r"/{number:\d{1,9}}/text", pages.text)
    application.router.add_get(PATH + r"/{number:\d{1,9}}/source", pages.source)
    application.router.add_get(PATH + r"/{number:\d{1,9}}/frame", pages.frame)
    return application


async def _to_mailbox(request: web.Request) -> web.Response:
    raise web.HTTPFound(PATH)


async def _style(request: web.Request) -> web.Response:
    return web.Response(text=_shipped("style.css"), content_type="text/css")


class _Pages:
    """The handlers."""

    def __init__(self, kept: Kept, shop: str, mail_door: int) -> None:
        self._kept, self._shop, self._mail_door = kept, shop, mail_door
        names = ("frame.html", "list.html", "mail.html", "write.html")
        loader = DictLoader({name: _shipped(name) for name in names})
        self._templates = Environment(loader=loader, undefined=StrictUndefined, autoescape=True, trim_blocks=True)
        self._templates.filters["clock"] = lambda at: time.strftime("%H:%M:%S", time.localtime(at))

    async def list(self, request: web.Request) -> web.Response:
        """Every mail, the newest first."""
        return self._page("list.html", letters=[read_letter(mail) for mail in self._kept.newest_first()])

    async def html(self, request: web.Request) -> web.Response:
        """One mail as a mail program shows it; its text where it has nothing else."""
        letter = self._letter(request)
        shown = "html" if letter.html is not None else "text"
        return self._mail(letter, shown, phone=request.query.get("width") == "phone")

    async def text(self, request: web.Request) -> web.Response:
        """One mail as a plain text program shows it."""
        return self._mail(self._letter(request), "text")

    async def source(self, request: web.Request) -> web.Response:
        """One mail as it went over the wire."""
        return self._mail(self._letter(request), "source")

    async def frame(self, request: web.Request) -> web.Response:
        """The mail's own HTML, for the frame."""
        return _answer(self._letter(request).html or "", _FRAME_POLICY)

    async def write(self, request: web.Request) -> web.Response:
        """The form of a new mail to the shop, or of a reply."""
        number = request.query.get("reply", "")
        mail = self._kept.by_number(int(number)) if re.fullmatch("[0-9]{1,9}", number) else None
        return self._form(reply_to(read_letter(mail)) if mail else Draft(FIRST_BUYER, ACCESS_ADDRESS))

    async def send(self, request: web.Request) -> web.Response:
        """Hand the mail to the door; back to the list, or to the form with what stands against it."""
        if request.headers.get("Sec-Fetch-Site") not in _OWN_PAGES:
            raise web.HTTPForbidden
        sent = await request.post()
        draft = Draft(**{name: str(sent.get(name, "")) for name in ("sender", "to", "subject", "text", "answers")})
        problem = await send(draft, self._mail_door)
        if problem:
            return self._form(draft, problem)
        raise web.HTTPSeeOther(PATH)

    def _form(self, draft: Draft, problem: str = "") -> web.Response:
        title = "Reply" if draft.answers else "Write to the shop"
        return self._page("write.html", draft=draft, title=title, problem=problem)

    def _letter(self, request: web.Request) -> Letter:
        mail = self._kept.by_number(int(request.match_info["number"]))
        if mail is None:
            raise web.HTTPFound(PATH)  # forgotten, or of an earlier run
        return read_letter(mail)

    def _mail(self, letter: Letter, shown: str, *, phone: bool = False) -> web.Response:
        content = (letter.text or "") if shown == "text" else letter.source
        return self._page("mail.html", letter=letter, shown=shown, phone=phone, pieces=_with_links(content))

    def _page(self, name: str, **values: object) -> web.Response:
        return _answer(self._templates.get_template(name).render(shop=self._shop, path=PATH, **values), _POLICY)


def _with_links(text: str) -> list[tuple[str, bool]]:
    """The text in pieces, and which of them are links: plain text programs make them clickable, too."""
    pieces, at = [], 0
    for found in _LINK.finditer(text):
        link = found[0].rstrip(".,;:)!?")
        pieces += [(text[at : found.start()], False), (link, True)]
        at = found.start() + len(link)
    return [*pieces, (text[at:], False)]


def _answer(html: str, policy: str) -> web.Response:
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return web.Response(text=html, content_type="text/html", headers=headers)


def _shipped(name: str) -> str:
    return files("worker.demo").joinpath("pages", name).read_text(encoding="utf-8")
