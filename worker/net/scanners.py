"""What mail scanners do to the link in a mail, as seven profiles that can be aimed at one address.

Rules: only the address given and places of its own origin are asked; requests, bytes and seconds are bounded; each
profile is a client of its own, without cookies from another.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import aiohttp

_OF_FORMS = "letterkey_form"
"""The cookie of our own forms lets nobody in: whoever follows all links comes by some."""
SECONDS = 15  # for one request
MOST_LINKS, MOST_BUTTONS, MOST_REDIRECTS = 20, 10, 5
MOST_BYTES = 1_000_000
AT_ONCE = 10
ADDRESSES = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
_AGENT = {"User-Agent": "Mozilla/5.0 (compatible; letterkey scan-test)"}
_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_ARGS = ("--disable-gpu", "--no-first-run", "--disable-background-networking")
_LOOPBACK_NAMES = ("localhost", "::1")


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a profile did: its last requests' statuses, whether a cookie came; `not_run` says why nothing was done."""

    profile: str
    statuses: tuple[int, ...] = ()
    cookie: bool = False
    not_run: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """The page as a plain client sees it, to compare before with after."""

    status: int
    body: bytes


async def look(url: str) -> Looked:
    """One plain GET. Raises aiohttp.ClientError or TimeoutError."""
    async with _walk() as walk:
        return Looked(await walk.ask("GET", url), walk.body)


async def head(url: str) -> Scanned:
    """HEAD alone."""
    async with _walk() as walk:
        await walk.ask("HEAD", url)
        return walk.scanned("HEAD")


async def get(url: str) -> Scanned:
    """GET alone."""
    async with _walk() as walk:
        await walk.ask("GET", url)
        return walk.scanned("GET")


async def scripting_browser(url: str) -> Scanned:
    """GET by Chromium, scripts and all."""
    name, path = "GET, scripting browser", next(filter(None, map(shutil.which, _CHROMIUMS)), None)
    if path is None:
        return Scanned(name, not_run="no Chromium found")
    try:
        from playwright.async_api import Error, async_playwright
    except ImportError:
        return Scanned(name, not_run="Python's playwright is not installed")
    statuses = list[int]()
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=path, args=_arguments())
            context = await browser.new_context()
            page = await context.new_page()
            await page.route(lambda asked: not _same_origin(url, asked), lambda route: route.abort())
            page.on("response", lambda response: statuses.append(response.status))
            await page.goto(url, timeout=SECONDS * 1000, wait_until="load")
            cookie = bool(await context.cookies())
            await browser.close()
            return Scanned(name, tuple(statuses), cookie)
    except Error as error:  # no display, no memory, a page that never ends; leaving the block ends the browser
        return Scanned(name, tuple(statuses), not_run=f"Chromium failed: {error.message.splitlines()[0]}")


def _arguments() -> list[str]:
    """Chromium refuses root inside its sandbox; everybody else keeps it, for the page may be anybody's."""
    return [*_ARGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


async def parallel(url: str) -> Scanned:
    """Many GETs at once."""
    async with _walk() as walk:
        await asyncio.gather(*(walk.ask("GET", url) for _ in range(AT_ONCE)))
        return walk.scanned("GETs in parallel")


async def several_addresses(url: str) -> Scanned:
    """GETs from several networks' places: on this machine's loopback only, where we have several.

    IPv6 has one loopback address, so `localhost` and `[::1]` are asked through IPv4.
    """
    name, host = "GETs from several addresses", urlsplit(url).hostname or ""
    if not (host in _LOOPBACK_NAMES or host.startswith("127.")):
        return Scanned(name, not_run="only for a page on this machine")
    reached = "127.0.0.1" if host in _LOOPBACK_NAMES else ""
    statuses, cookie = list[int](), False
    try:
        for address in ADDRESSES:
            async with _walk(address, reached) as walk:
                statuses.append(await walk.ask("GET", url))
                cookie = cookie or walk.cookie
    except aiohttp.ClientConnectorError:
        return Scanned(name, not_run="127.0.0.1 doesn't answer")
    return Scanned(name, tuple(statuses), cookie)


async def follow_links(url: str) -> Scanned:
    """GET, then every link of the page."""
    async with _walk() as walk:
        await walk.ask("GET", url)
        for link in _read(walk.body).links[:MOST_LINKS]:
            if _same_origin(url, urljoin(url, link)):
                await walk.ask("GET", urljoin(url, link))
        return walk.scanned("all links followed")


async def press_buttons(url: str) -> Scanned:
    """GET, then every button of every form once, each by itself, as a browser would."""
    async with _walk() as walk:
        await walk.ask("GET", url)
        presses = [press for form in _read(walk.body).forms for press in form.presses()]
        for press in presses[:MOST_BUTTONS]:
            if _same_origin(url, urljoin(url, press.action)):
                await walk.ask(press.method, urljoin(url, press.action), press.fields)
        return walk.scanned("every button pressed")


PROFILES: tuple[Callable[[str], Awaitable[Scanned]], ...] = (
    head,
    get,
    scripting_browser,
    parallel,
    several_addresses,
    follow_links,
    press_buttons,
)


@dataclass(slots=True)
class _Walk:
    session: aiohttp.ClientSession
    reached: str = ""
    """The address that is asked in the place of the page's host, if any."""
    statuses: list[int] = field(default_factory=list)
    cookie: bool = False
    body: bytes = b""

    async def ask(self, method: str, url: str, fields: dict[str, str] | None = None) -> int:
        """One request and the redirects that stay with this origin; returns the last status."""
        for _ in range(MOST_REDIRECTS):
            sent = None if method == "GET" else fields
            says = {**_AGENT, **({"Sec-Fetch-Site": "same-origin"} if sent is not None else {})}
            place, host = self._place(url)
            async with self.session.request(
                method,
                place,
                headers=says | host,
                allow_redirects=False,
                data=sent,
                server_hostname=urlsplit(url).hostname,
            ) as answer:
                self.body = await answer.content.read(MOST_BYTES)
                self.statuses.append(answer.status)
                self.cookie = self.cookie or any(not name.endswith(_OF_FORMS) for name in answer.cookies)
                onward = urljoin(url, answer.headers.get("Location", ""))
                if answer.status not in (301, 302, 303, 307, 308) or not _same_origin(url, onward):
                    break
            url, method, fields = onward, "HEAD" if method == "HEAD" else "GET", None
        return self.statuses[-1]

    def _place(self, url: str) -> tuple[str, dict[str, str]]:
        """Where to connect to for this page, and the header that still names its host."""
        if not self.reached:
            return url, {}
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        return parts._replace(netloc=self.reached + port).geturl(), {"Host": parts.netloc}

    def scanned(self, profile: str) -> Scanned:
        return Scanned(profile, tuple(self.statuses), self.cookie)


@asynccontextmanager
async def _walk(address: str | None = None, reached: str = "") -> AsyncIterator[_Walk]:
    connector = aiohttp.TCPConnector(local_addr=(address, 0) if address else None)
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    jar = aiohttp.CookieJar(unsafe=True)  # cookies for bare addresses too
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=jar) as session:
        yield _Walk(session, reached)


@dataclass(frozen=True, slots=True)
class _Press:
    action: str
    method: str
    fields: dict[str, str]


@dataclass(slots=True)
class _Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[dict[str, str]] = field(default_factory=list)

    def presses(self) -> list[_Press]:
        """What each button sends: the fields and its own value alone. A form without one is sent by the Enter key."""
        return [
            _Press(
                button.get("formaction", self.action),
                button.get("formmethod", self.method).upper(),
                self.fields | ({button["name"]: button.get("value", "")} if button.get("name") else {}),
            )
            for button in self.buttons or [{}]
        ]


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[_Form] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag in ("a", "link") and said.get("href"):
            self.links.append(said["href"])
        elif tag == "form":
            self.forms.append(_Form(said.get("action", ""), said.get("method", "get").upper()))
            self._inside = True
        elif tag in ("input", "button") and self._inside:
            self._control(said, said.get("type", "submit" if tag == "button" else "text").lower())

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "form"

    def _control(self, said: dict[str, str], kind: str) -> None:
        if kind in ("submit", "image"):
            self.forms[-1].buttons.append(said)
        elif kind not in ("button", "reset") and said.get("name"):
            self.forms[-1].fields[said["name"]] = said.get("value", "")


def _read(body: bytes) -> _Page:
    page = _Page()
    page.feed(body.decode("utf-8", "replace"))
    return page


def _same_origin(url: str, other: str) -> bool:
    one, two = urlsplit(url), urlsplit(other)
    return (one.scheme, one.netloc) == (two.scheme, two.netloc)
