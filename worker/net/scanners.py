"""What mail scanners do to the link in a mail, as seven profiles that can be aimed at one address.

Rules: only the address given and places of its own origin are asked; requests, bytes and seconds are bounded; each
profile is a client of its own, without cookies from another.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import aiohttp

SECONDS = 15  # for one request
MOST_LINKS, MOST_BUTTONS, MOST_REDIRECTS = 20, 10, 5
MOST_BYTES = 1_000_000
AT_ONCE = 10
ADDRESSES = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
_AGENT = {"User-Agent": "Mozilla/5.0 (compatible; letterkey scan-test)"}
_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_ARGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


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
        from playwright.async_api import async_playwright
    except ImportError:
        return Scanned(name, not_run="Python's playwright is not installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=_ARGS)
        try:
            context = await browser.new_context()
            page, statuses = await context.new_page(), list[int]()
            await page.route(lambda asked: not _same_origin(url, asked), lambda route: route.abort())
            page.on("response", lambda response: statuses.append(response.status))
            await page.goto(url, timeout=SECONDS * 1000, wait_until="load")
            return Scanned(name, tuple(statuses), bool(await context.cookies()))
        finally:
            await browser.close()


async def parallel(url: str) -> Scanned:
    """Many GETs at once."""
    async with _walk() as walk:
        await asyncio.gather(*(walk.ask("GET", url) for _ in range(AT_ONCE)))
        return walk.scanned("GETs in parallel")


async def several_addresses(url: str) -> Scanned:
    """GETs from several networks' places: on this machine's loopback only, where we have several."""
    name = "GETs from several addresses"
    if not (urlsplit(url).hostname or "").startswith("127."):
        return Scanned(name, not_run="only for 127.0.0.1")
    statuses, cookie = list[int](), False
    for address in ADDRESSES:
        async with _walk(address) as walk:
            statuses.append(await walk.ask("GET", url))
            cookie = cookie or walk.cookie
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
    """GET, then every form's button once, as a browser would."""
    async with _walk() as walk:
        await walk.ask("GET", url)
        for form in _read(walk.body).forms[:MOST_BUTTONS]:
            if _same_origin(url, urljoin(url, form.action)):
                await walk.ask(form.method, urljoin(url, form.action), form.fields)
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
    statuses: list[int] = field(default_factory=list)
    cookie: bool = False
    body: bytes = b""

    async def ask(self, method: str, url: str, fields: dict[str, str] | None = None) -> int:
        """One request and the redirects that stay with this origin; returns the last status."""
        for _ in range(MOST_REDIRECTS):
            sent = None if method == "GET" else fields
            says = {**_AGENT, **({"Sec-Fetch-Site": "same-origin"} if sent is not None else {})}
            async with self.session.request(method, url, headers=says, allow_redirects=False, data=sent) as answer:
                self.body = await answer.content.read(MOST_BYTES)
                self.statuses.append(answer.status)
                self.cookie = self.cookie or "Set-Cookie" in answer.headers
                onward = urljoin(url, answer.headers.get("Location", ""))
                if answer.status not in (301, 302, 303, 307, 308) or not _same_origin(url, onward):
                    break
            url, method, fields = onward, "HEAD" if method == "HEAD" else "GET", None
        return self.statuses[-1]

    def scanned(self, profile: str) -> Scanned:
        return Scanned(profile, tuple(self.statuses), self.cookie)


@asynccontextmanager
async def _walk(address: str | None = None) -> AsyncIterator[_Walk]:
    connector = aiohttp.TCPConnector(local_addr=(address, 0) if address else None)
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    jar = aiohttp.CookieJar(unsafe=True)  # cookies for bare addresses too
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=jar) as session:
        yield _Walk(session)


@dataclass(slots=True)
class _Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[_Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag in ("a", "link") and said.get("href"):
            self.links.append(said["href"])
        elif tag == "form":
            self.forms.append(_Form(said.get("action", ""), said.get("method", "get").upper()))
        elif tag in ("input", "button") and said.get("name") and self.forms:
            self.forms[-1].fields[said["name"]] = said.get("value", "")


def _read(body: bytes) -> _Page:
    page = _Page()
    page.feed(body.decode("utf-8", "replace"))
    return page


def _same_origin(url: str, other: str) -> bool:
    one, two = urlsplit(url), urlsplit(other)
    return (one.scheme, one.netloc) == (two.scheme, two.netloc)
