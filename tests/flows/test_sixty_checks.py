"""What the web hub must withstand, as one table: each row says what is sent and what must hold of the answer.

Every row is sent to a running server with two customers in its database; `pytest -s` prints the table. A row of
`HOSTILE` must besides leave everything as it was: no session, no mail, no link spent.
"""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie

import pytest

from flows.hub import BEARER, Answer, Visitor, visiting
from flows.way_in import (
    ADA,
    BROWSER,
    GRACE,
    HIDDEN,
    Browser,
    ask,
    buy,
    come_in,
    everything,
    link_of,
    mails,
    new_link,
    server,
)
from support.databases import Database
from worker.core import tokens
from worker.store import invoices
from worker.store.invoices import Purpose

SESSION = "letterkey_session"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CROSS = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
JSON = {**BEARER, "Content-Type": "application/json"}
EVIL = "evil.example"
PUBLIC = "https://shop.example"
DECLARED = {"name": "Eve", "contract": "1", "email": ADA, "page": "x", "press": "declare"}
SAVED = {**DECLARED, "press": "save"}
ENOUGH = 60
"""So many checks the table has at least."""

Must = Callable[[Answer], bool]


@dataclass(frozen=True, slots=True)
class Check:
    """One row. `{link}`, `{foot}` … in path, form and header are filled with what is really there; `who` is in."""

    name: str
    method: str
    path: str
    must: tuple[Must, ...]
    says: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | bytes | None = None
    who: str | None = None


def status(*allowed: int) -> Must:
    return lambda answer: answer.status in allowed


def header(name: str, value: str) -> Must:
    return lambda answer: answer.headers.get(name) == value


def policy_has(*parts: str) -> Must:
    return lambda answer: all(part in answer.headers.get("Content-Security-Policy", "").split("; ") for part in parts)


def without(*names: str) -> Must:
    return lambda answer: not any(name in answer.headers for name in names)


def silent(*words: str) -> Must:
    """None of these words anywhere in the answer."""
    return lambda answer: not any(word in f"{answer.text} {dict(answer.headers)}" for word in words)


def shows(word: str) -> Must:
    return lambda answer: word in answer.text


def at_home(answer: Answer) -> bool:
    """If it leads anywhere, then to a path of ours: one slash, no host."""
    return re.fullmatch(r"(/[A-Za-z0-9][^\\]*|/)?", answer.headers.get("Location", "")) is not None


def no_session(answer: Answer) -> bool:
    return not any(SESSION in line for line in _cookies(answer))


def _cookies(answer: Answer) -> list[str]:
    return list(answer.headers.getall("Set-Cookie", []))  # type: ignore[attr-defined]


NO_STORE, NO_INDEX = header("Cache-Control", "private, no-store"), header("X-Robots-Tag", "noindex")
ORIGIN_ONLY = header("Referrer-Policy", "strict-origin")
NO_DETAILS = silent("aiohttp", "Python", "Traceback", "/worker/", "sqlite")

LOOKING = [
    Check("a glance sets no cookie", "GET", "{link}", (status(200), without("Set-Cookie"))),
    Check("a glance is stored by nobody", "GET", "{link}", (NO_STORE, NO_INDEX, ORIGIN_ONLY)),
    Check("a glance holds no address, product or card", "GET", "{link}", (silent(ADA, "Course", "4242"),)),
    Check("HEAD of a link has no body", "HEAD", "{link}", (status(200), lambda answer: not answer.body)),
    Check("a document's page is stored by nobody", "GET", "{document}", (status(200), NO_STORE, NO_INDEX, ORIGIN_ONLY)),
    Check("a foot link's page is stored by nobody", "GET", "{foot}", (status(200), NO_STORE, NO_INDEX, ORIGIN_ONLY)),
    Check("a foot link shows the address masked", "GET", "{foot}", (shows("a•••@example.com"), silent(ADA))),
    Check("an unknown link is stored by nobody", "GET", "/access/nothing", (status(404), NO_STORE, NO_INDEX)),
    Check("a hub page without session leads to the form", "GET", "/hub/", (status(303), at_home, no_session)),
    Check("a hub page is stored by nobody", "GET", "/hub/", (header("Cache-Control", "no-store"),), who="ada"),
    Check(
        "a hub page tells other sites nothing", "GET", "/hub/", (header("Referrer-Policy", "same-origin"),), who="ada"
    ),
    Check("no scripts, from nowhere", "GET", "/hub/", (policy_has("default-src 'none'"), silent("<script")), who="ada"),
    Check(
        "nobody frames us", "GET", "/hub/", (policy_has("frame-ancestors 'none'"), header("X-Frame-Options", "DENY"))
    ),
    Check("forms go to us alone", "GET", "/updateinfo/", (policy_has("form-action 'self'", "base-uri 'none'"),)),
    Check("types are not guessed", "GET", "/updateinfo/", (header("X-Content-Type-Options", "nosniff"),)),
    Check("a window of ours is no other site's", "GET", "/", (header("Cross-Origin-Opener-Policy", "same-origin"),)),
    Check(
        "no other site reads our answers", "GET", "/hub/", (without("Access-Control-Allow-Origin"),), CROSS, who="ada"
    ),
    Check(
        "nothing is loaded from elsewhere", "GET", "/hub/", (silent('src="http', 'href="http://', "//cdn"),), who="ada"
    ),
    Check("no versions are named", "GET", "/nowhere", (status(404), header("Server", "letterkey"), NO_DETAILS)),
    Check("a page that isn't there has a way on", "GET", "/nowhere", (status(404), shows('href="mailto:'))),
    Check("operators' pages are not in public", "GET", "/metrics", (status(404),)),
    Check("readiness is not in public", "GET", "/readyz", (status(404),)),
    Check(
        "cancelling needs no sign-in", "GET", "/cancel/", (status(200), header("Cache-Control", "no-store"), no_session)
    ),
    Check("withdrawing needs no sign-in", "GET", "/withdraw/", (status(200), shows('name="contract"'), no_session)),
    Check("declarations are in no index", "GET", "/cancel/", (shows('content="noindex"'), silent("<script"))),
    Check("declarations are framed by nobody", "GET", "/withdraw/", (policy_has("frame-ancestors 'none'"),)),
    Check(
        "declaring by an address", "GET", "/cancel/?press=declare&page=x&email={address}", (status(200), silent(ADA))
    ),
    Check("a language that isn't there", "GET", "/cancel/?lang=../../keys", (status(200), silent("../.."))),
    Check("our own files are not there", "GET", "/static/..%2f..%2fletterkey.toml", (status(404), NO_DETAILS)),
    Check("keys are not there", "GET", "/data/state/keys.json", (status(404),)),
]
HOSTILE = [
    Check("press from another site", "POST", "{link}", (status(403), no_session), CROSS),
    Check("press from a sister site", "POST", "{link}", (status(403), no_session), {"Sec-Fetch-Site": "same-site"}),
    Check(
        "press from a foreign origin", "POST", "{link}", (status(403), no_session), {"Origin": "https://evil.example"}
    ),
    Check(
        "press from an origin that begins like ours", "POST", "{link}", (status(403),), {"Origin": "{hub}.evil.example"}
    ),
    Check("press without a word of who asks", "POST", "{link}", (status(403), no_session)),
    Check("press of nobody's origin", "POST", "{link}", (status(403), no_session), {"Origin": "null"}),
    Check("press with a made-up hidden field", "POST", "{link}", (status(403), no_session), form={"csrf": "0" * 64}),
    Check("request from another site", "POST", "/updateinfo/", (status(403),), CROSS, {"email": ADA}),
    Check("code from another site", "POST", "/access/code", (status(403), no_session), CROSS, {"code": "2345-6789"}),
    Check("sign-out from another site", "POST", "/hub/sign-out", (status(403),), CROSS, who="ada"),
    Check("cancellation from another site", "POST", "/cancel/", (status(403),), CROSS, DECLARED),
    Check("withdrawal from another site", "POST", "/withdraw/", (status(403),), CROSS, DECLARED),
    Check("cancellation without a word of who asks", "POST", "/cancel/", (status(403), no_session), {}, DECLARED),
    Check(
        "cancellation with a made-up hidden field",
        "POST",
        "/cancel/",
        (status(403),),
        {},
        {**DECLARED, "csrf": "0" * 64},
    ),
    Check(
        "a cancellation that nobody looked at", "POST", "/cancel/", (status(200),), BROWSER, {**DECLARED, "page": ""}
    ),
    Check("a declaration as JSON", "POST", "/cancel/", (status(415),), {**BROWSER, "Content-Type": "text/json"}, b"{}"),
    Check(
        "a declaration too large", "POST", "/withdraw/", (status(413),), {**BROWSER, **FORM}, b"name=" + b"a" * 20_000
    ),
    Check(
        "markup in a declaration",
        "POST",
        "/cancel/",
        (status(200), silent("<script>alert")),
        BROWSER,
        {**DECLARED, "name": "<script>alert(1)</script>", "press": ""},
    ),
    Check("a file of nothing declared", "POST", "/cancel/", (without("Content-Disposition"),), BROWSER, SAVED),
    Check("details from another site", "POST", "/hub/details", (status(403),), CROSS, {"name": "Eve"}, "ada"),
    Check("details without the hidden field", "POST", "/hub/details", (status(403),), {}, {"name": "Eve"}, "ada"),
    Check(
        "another customer's hidden field", "POST", "/hub/details", (status(403),), {}, {"csrf": "{grace_csrf}"}, "ada"
    ),
    Check(
        "new email from another site", "POST", "/hub/email", (status(403),), CROSS, {"email": "eve@evil.example"}, "ada"
    ),
    Check("sessions ended from another site", "POST", "/hub/sessions", (status(403),), CROSS, {"end": "others"}, "ada"),
    Check(
        "another customer's invoice", "GET", "/hub/invoices/{grace_invoice}", (status(404), silent(GRACE)), who="ada"
    ),
    Check(
        "a form as JSON", "POST", "/updateinfo/", (status(415),), {**BROWSER, "Content-Type": "application/json"}, b"{}"
    ),
    Check(
        "a form as plain text",
        "POST",
        "/updateinfo/",
        (status(415),),
        {**BROWSER, "Content-Type": "text/plain"},
        b"a=b",
    ),
    Check("a form of a thousand fields", "POST", "/updateinfo/", (status(413),), {**BROWSER, **FORM}, b"a=1&" * 1000),
    Check("a form too large", "POST", "/updateinfo/", (status(413),), {**BROWSER, **FORM}, b"email=" + b"a" * 20_000),
    Check("a planted session", "GET", "/hub/", (status(303), at_home), {"Cookie": f"{SESSION}=planted"}),
    Check("a session that is too long", "GET", "/hub/", (status(303, 400),), {"Cookie": f"{SESSION}={'a' * 4000}"}),
    Check("a link with a letter changed", "GET", "{link_changed}", (status(404), without("Set-Cookie"))),
    Check("a link spelled in another way", "POST", "{link_respelled}", (status(404), no_session), BROWSER),
    Check("a foot link opens no hub", "POST", "/access/{foot_token}", (status(404), no_session), BROWSER),
    Check("a document link opens no hub", "POST", "/access/{document_token}", (status(404), no_session), BROWSER),
    Check("an access link opens no document", "GET", "/documents/{link_token}", (status(404), silent("Course"))),
    Check("a foreign host", "GET", "/updateinfo/", (status(421), silent(EVIL)), {"Host": EVIL}),
    Check(
        "a request under a foreign host",
        "POST",
        "/updateinfo/",
        (status(421),),
        {**BROWSER, "Host": EVIL},
        {"email": ADA},
    ),
    Check(
        "a forwarded host counts for nothing",
        "GET",
        "/updateinfo/",
        (status(200), silent(EVIL)),
        {"X-Forwarded-Host": EVIL},
    ),
    Check(
        "a Forwarded header counts for nothing", "GET", "/hub/", (at_home, silent(EVIL)), {"Forwarded": f"host={EVIL}"}
    ),
    Check("where to go next, by address", "GET", "/hub/?next=//evil.example", (at_home, silent(EVIL))),
    Check("where to go next, by form", "POST", "{link}?next=https://evil.example", (status(403), silent(EVIL)), CROSS),
    Check("two slashes", "GET", "//evil.example/%2e%2e", (status(404), at_home)),
    Check("a backslash", "GET", "/%5cevil.example", (status(404), at_home)),
    Check("a line break in the path", "GET", "/%0d%0aSet-Cookie:x=1", (status(404), without("Set-Cookie"))),
    Check(
        "a line break in the query", "GET", "/updateinfo/?r=%0d%0aSet-Cookie:x=1", (status(200), silent("Set-Cookie:x"))
    ),
    Check("markup in the query", "GET", "/updateinfo/?r=<script>alert(1)</script>", (status(200), silent("<script"))),
    Check(
        "markup in an address", "POST", "/updateinfo/", (silent("<script"),), BROWSER, {"email": "<script>@example.com"}
    ),
    Check("markup in the search", "GET", '/hub/transactions?q="><script>', (status(200), silent("<script")), who="ada"),
    Check("SQL in the search", "GET", "/hub/transactions?q=' OR 1=1 --", (status(200), silent(GRACE)), who="ada"),
    Check("NUL in the search", "GET", "/hub/transactions?q=%00", (status(200, 400), NO_DETAILS), who="ada"),
    Check("TRACE", "TRACE", "/hub/", (status(405, 404), no_session), who="ada"),
    Check("OPTIONS from another site", "OPTIONS", "/hub/details", (without("Access-Control-Allow-Methods"),), CROSS),
    Check("a method of another protocol", "PROPFIND", "{link}", (status(405), no_session)),
    Check("the method in a header", "POST", "/updateinfo/", (status(403),), {**CROSS, "X-HTTP-Method-Override": "GET"}),
    Check(
        "the API without a key",
        "POST",
        "/api/transactions",
        (status(401), NO_DETAILS),
        {"Content-Type": "application/json"},
    ),
    Check(
        "the API with a key in the address",
        "POST",
        "/api/transactions?key=key-of-the-shop-0123456789abcdef",
        (status(401),),
        {"Content-Type": "application/json"},
    ),
    Check("the API from a browser's session", "POST", "/api/transactions", (status(401),), FORM, {"id": "T-1"}, "ada"),
    Check("the API with depth", "POST", "/api/transactions", (status(400, 422), NO_DETAILS), JSON, b"[" * 100_000),
    Check(
        "the API with a lone surrogate", "POST", "/api/transactions", (status(400, 422),), JSON, b'{"id": "\\ud800"}'
    ),
    Check("a webhook without proof", "POST", "/webhooks/stripe", (status(400, 401), NO_DETAILS), {}, b"{}"),
    Check("a webhook of nobody", "POST", "/webhooks/nobody", (status(404), NO_DETAILS), {}, b"{}"),
]
TABLE = [*LOOKING, *HOSTILE]


@dataclass(frozen=True, slots=True)
class Scene:
    """A running server, who is in, and what the braces of a row stand for."""

    visitor: Visitor
    inside: Mapping[str, Browser]
    real: Mapping[str, str]

    async def send(self, check: Check) -> Answer:
        says = {name: self._filled(value) for name, value in check.says.items()}
        if check.who is not None:
            browser = self.inside[check.who]
            says = {**says, "Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}
        form = check.form
        if isinstance(form, Mapping):
            form = {name: self._filled(value) for name, value in form.items()}
        return await self.visitor.ask(check.method, self._filled(check.path), headers=says, data=form)

    def _filled(self, text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: self.real[found[1]], text)


@pytest.fixture
async def scene(sqlite_database: Database) -> AsyncIterator[Scene]:
    async with visiting(server(sqlite_database), sqlite_database) as visitor:
        yield await _scene(visitor)


async def _scene(visitor: Visitor) -> Scene:
    inside = {"ada": Browser(visitor), "grace": Browser(visitor)}
    invoice = await buy(visitor, ADA)
    await buy(visitor, GRACE)
    await come_in(inside["ada"], ADA)
    graces = (await come_in(inside["grace"], GRACE)).text
    document, foot = await _papers(visitor, invoice)
    link = await new_link(visitor)
    csrf = dict(HIDDEN.findall((await inside["grace"].get("/hub/sessions")).text))["csrf"]
    real = {
        "hub": visitor.hub,
        "link": link,
        "link_token": link.rpartition("/")[2],
        "link_changed": link[:-2] + ("A" if link[-2] != "A" else "E") + link[-1],
        "link_respelled": link[:-1] + _respelled(link[-1]),
        "document": f"/documents/{document}",
        "document_token": document,
        "foot": f"/updateinfo/?r={foot}",
        "foot_token": foot,
        "grace_csrf": csrf,
        "address": ADA,
        "grace_invoice": re.findall(r'href="/hub/invoices/([^"]+)"', graces)[0],
    }
    return Scene(visitor, inside, real)


async def _papers(visitor: Visitor, invoice: str) -> tuple[str, str]:
    """The tokens of a receipt's document link and foot link."""
    links, keys = await visitor.database.store.read(lambda tx: invoices.links_of(tx, [invoice])), visitor.server.keys
    of = links[invoice]
    return (
        tokens.sign(of[Purpose.DOCUMENT], Purpose.DOCUMENT, keys.document_keys),
        tokens.sign(of[Purpose.FOOT], Purpose.FOOT, keys.secret_keys),
    )


def _respelled(letter: str) -> str:
    """Another letter of base64 with the same four high bits: it decodes to the same signature."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return alphabet[alphabet.index(letter) ^ 1]


async def test_the_table_holds(scene: Scene) -> None:
    before, failed = await everything(scene.visitor), []
    for number, check in enumerate(TABLE, 1):
        answer = await scene.send(check)
        holds = answer.status < 500 and all(must(answer) for must in check.must)
        kept = await everything(scene.visitor) == before
        print(f"{number:3} {'holds' if holds and kept else 'FAILS'}  {answer.status}  {check.name}")  # noqa: T201
        if not (holds and kept):
            failed.append((check.name, answer.status, dict(answer.headers)))
    assert failed == []
    assert len(TABLE) >= ENOUGH
    assert len({check.name for check in TABLE}) == len(TABLE)


async def test_after_all_of_it_both_customers_are_still_in(scene: Scene) -> None:
    for check in TABLE:
        await scene.send(check)

    for name, address in (("ada", ADA), ("grace", GRACE)):
        assert address in (await scene.inside[name].get("/hub/")).text
    redeemed = await Browser(scene.visitor).post(scene.real["link"])
    assert redeemed.status == 303


async def test_cookies_are_as_narrow_as_the_address_allows(sqlite_database: Database) -> None:
    """`__Host-` and Secure need https; HttpOnly and SameSite always, Domain never."""
    for base_url, secure in (("http://127.0.0.1:8080", False), (PUBLIC, True)):
        async with visiting(server(sqlite_database, base_url=base_url), sqlite_database) as visitor:
            says = {**BROWSER, "Host": "shop.example"} if secure else BROWSER
            browser = Browser(visitor, says=says)
            await buy(visitor, f"ada{secure}@example.com".lower())
            pressed = await browser.post(await _link(visitor, browser, f"ada{secure}@example.com".lower()))
            form = await visitor.get("/updateinfo/", headers={"Host": says.get("Host", "127.0.0.1")})
            lines = [*_cookies(pressed), *_cookies(form)]
            assert len(lines) >= 2
            for line in lines:
                [(name, morsel)] = SimpleCookie(line).items()
                assert morsel["httponly"]
                assert morsel["path"] == "/"
                assert morsel["samesite"] in ("Lax", "Strict")
                assert not morsel["domain"]
                assert bool(morsel["secure"]) == name.startswith("__Host-") == secure


async def _link(visitor: Visitor, browser: Browser, address: str) -> str:
    assert (await ask(browser, address)).status == 200
    return link_of((await mails(visitor, address))[0])
