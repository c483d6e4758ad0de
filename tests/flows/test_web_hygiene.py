"""What holds for every request: headers, hosts, methods, strange paths, and a journal without secrets."""

import asyncio
import json
from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest

from flows.hub import API_KEY, BEARER, LOGO, PATH_SECRET, STRIPE_SECRET, SUPPORT, Visitor, sale, server_on, visiting
from worker import journal

TOKEN = "0123456789abcdefghjkmnpqrs.bm90LWEtc2lnbmF0dXJl"
PAGES = ("/", "/nowhere", "/static/nothing", "/hub/", "/console/", "/console/sign-in")
TOKEN_PAGES = (
    f"/documents/{TOKEN}",
    "/documents/",
    f"/updateinfo/?r={TOKEN}",
    f"/updateinfo?r={TOKEN}",
    f"/access/{TOKEN}",
    f"/console/access/{TOKEN}",
)
PROGRAMS = ("/api/transactions", "/api/nothing", "/webhooks/stripe", "/webhooks/nobody", "/healthz")
STATIC = ("/static/letterkey.css", "/static/console.css", "/static/logo")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")


@pytest.mark.parametrize("path", [*PAGES, *TOKEN_PAGES, *PROGRAMS, *STATIC])
async def test_every_answer_carries_the_safe_headers(sqlite_visitor: Visitor, path: str) -> None:
    for method in METHODS:
        answer = await sqlite_visitor.ask(method, path)
        assert answer.status < 500
        assert method != "HEAD" or not answer.body
        check_headers(answer.headers, path)


def check_headers(sent: Mapping[str, str], path: str) -> None:
    assert sent["Server"] == "letterkey"
    for name in ("X-Powered-By", "Access-Control-Allow-Origin", "Strict-Transport-Security"):
        assert name not in sent
    assert "Set-Cookie" not in sent or path.startswith("/updateinfo")  # the form's, for clients that don't say who asks
    assert sent["X-Content-Type-Options"] == "nosniff"
    policy = dict(part.strip().partition(" ")[::2] for part in sent["Content-Security-Policy"].split(";"))
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["default-src"] == "'none'"
    assert policy["form-action"] == policy["style-src"] == policy["img-src"] == "'self'"
    assert not {"unsafe-inline", "unsafe-eval", "*"} & set(sent["Content-Security-Policy"].replace("'", " ").split())
    assert sent["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in sent["Permissions-Policy"]
    if path in TOKEN_PAGES:
        assert sent["Referrer-Policy"] == "strict-origin"
        assert sent["Cache-Control"] == "private, no-store"
        assert sent["X-Robots-Tag"] == "noindex"
    else:
        assert sent["Referrer-Policy"] == "same-origin"
        assert "no-store" in sent["Cache-Control"] or path in STATIC


@pytest.mark.parametrize("path", [*PAGES, *TOKEN_PAGES, *PROGRAMS, *STATIC])
async def test_programs_are_answered_in_json_and_people_by_a_page(sqlite_visitor: Visitor, path: str) -> None:
    answer = await sqlite_visitor.ask("DELETE", path)

    assert answer.status in (404, 405)
    if path in PROGRAMS:
        assert answer.json()["problems"][0]["reason"]
    else:
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "<h1>" in answer.text
        assert f'href="mailto:{SUPPORT}"' in answer.text
    assert not any(word in answer.text.lower() for word in ("aiohttp", "python", "traceback", "worker/"))


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/transactions", {"POST"}),
        ("/webhooks/stripe", {"HEAD", "POST"}),
        (f"/documents/{TOKEN}", {"GET", "HEAD"}),
        ("/updateinfo/", {"GET", "HEAD", "POST"}),
        ("/updateinfo/lost/", {"GET", "HEAD", "POST"}),
        ("/healthz", {"GET", "HEAD"}),
        ("/static/letterkey.css", {"GET", "HEAD"}),
    ],
)
async def test_other_methods_are_told_which_are_taken(sqlite_visitor: Visitor, path: str, allowed: set[str]) -> None:
    for method in METHODS:
        answer = await sqlite_visitor.ask(method, path)
        assert (answer.status == 405) == (method not in allowed)
        if answer.status == 405:
            assert set(answer.headers["Allow"].split(",")) == allowed


HOSTS = [
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example:8080",
    "evil.example:8080",
    "127.0.0.1@evil.example",
    "evil.example#127.0.0.1",
    "evil.example/127.0.0.1",
    "127.0.0.1:8080:80",
    "127.0.0.1:80x",
    "127.0.0.1 evil.example",
    "192.0.2.1",
    "0.0.0.0",
    "[::ffff:192.0.2.1]",
    "shop.example.",
    "\u212ashop.example",
    "",
]


@pytest.mark.parametrize("host", HOSTS)
async def test_no_page_is_shown_under_a_foreign_name(sqlite_visitor: Visitor, host: str) -> None:
    for path in ("/", f"/documents/{TOKEN}", "/updateinfo/", "/static/letterkey.css", "/nowhere"):
        answer = await sqlite_visitor.get(path, headers={"Host": host, "X-Forwarded-Host": "127.0.0.1"})
        assert answer.status in (400, 421)
        assert "evil" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8080", "localhost:9", "LOCALHOST", "[::1]:8080"])
async def test_on_this_machine_every_local_name_is_ours(sqlite_visitor: Visitor, host: str) -> None:
    assert (await sqlite_visitor.get("/updateinfo/", headers={"Host": host})).status == 200


async def test_in_public_only_the_public_name_is_ours(sqlite_visitor: Visitor) -> None:
    database = sqlite_visitor.database
    async with visiting(server_on(database, base_url="https://Shop.example"), database) as visitor:
        for host, status in {
            "shop.example": 200,
            "SHOP.example:443": 200,
            "127.0.0.1": 421,
            "localhost": 421,
            "www.shop.example": 421,
            "shop.example.evil.example": 421,
        }.items():
            answer = await visitor.get("/updateinfo/", headers={"Host": host})
            assert (host, answer.status) == (host, status)
            assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        # A shop on the same machine, and whoever watches over us, know us by other names.
        assert (await visitor.tell(sale())).status == 201
        assert (await visitor.get("/healthz", headers={"Host": "10.0.0.7"})).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/static/../worker/app.py",
        "/static/..%2f..%2fpyproject.toml",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "/static//etc/passwd",
        "/static/letterkey.css/",
        "/static/letterkey.css%00.png",
        "/documents/../static/logo/..",
        "/documents/..%2f..%2fetc%2fpasswd",
        "//evil.example/",
        "/\\evil.example",
        "/.git/config",
        "/.env",
        "/letterkey.toml",
        "/data/state/keys.json",
        "/api/transactions/",
        "/API/transactions",
        "/readyz",
        "/metrics",
        "/dev/mailbox",
        "/" + "a" * 6000,
        "/%",
        "/%FF%FE",
        "/?" + "q=1&" * 1000,
    ],
    ids=lambda path: path[:40],
)
async def test_nothing_else_is_there(sqlite_visitor: Visitor, path: str) -> None:
    port = urlsplit(sqlite_visitor.hub).port

    status, headers = await raw(sqlite_visitor, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())

    assert status == 404
    assert "Location" not in headers


@pytest.mark.parametrize(
    ("request_", "statuses"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", (400, 421)),
        (b"GET / HTTP/1.0\r\n\r\n", (400, 421)),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n", (400,)),
        (b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", (400, 421)),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * 16384 + b"\r\n\r\n", (400, 431)),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: x\r\n" * 500 + b"\r\n", (400, 431)),
        (b"GET /" + b"a" * 16384 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", (400, 414)),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX : x\r\n\r\n", (400,)),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\0b\r\n\r\n", (400,)),
        (b"GET / HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n", (400, 404, 505)),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello \r\n\r\n", (400,)),
        (b"EHLO spammer.example\r\n\r\n", (400,)),
        (
            b"POST /api/transactions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            (400,),
        ),
        (b"POST /api/transactions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n", (400,)),
        (b"POST /api/transactions HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: miracles\r\n\r\n", (417,)),
    ],
    ids=range(15),
)
async def test_a_broken_request_ends_without_a_word_about_our_software(
    sqlite_visitor: Visitor, request_: bytes, statuses: tuple[int, ...]
) -> None:
    status, headers = await raw(sqlite_visitor, request_)

    assert status in statuses
    assert headers["Server"] == "letterkey"
    assert (await sqlite_visitor.get("/healthz")).status == 200


async def raw(visitor: Visitor, request: bytes) -> tuple[int, Mapping[str, str]]:
    """The status and headers that come back for these bytes."""
    address = urlsplit(visitor.hub)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    writer.close()
    await writer.wait_closed()
    return int(head[0].split()[1]), dict(line.split(": ", 1) for line in head[1:] if line)


async def test_a_bad_foot_link_leads_to_the_empty_form(sqlite_visitor: Visitor) -> None:
    for path in (f"/updateinfo/?r={TOKEN}", "/updateinfo", "/updateinfo/?r="):
        answer = await sqlite_visitor.get(path)
        assert answer.status == 200
        assert 'name="email"' in answer.text
        assert f'href="mailto:{SUPPORT}"' in answer.text
        assert TOKEN not in answer.text


async def test_a_browser_asks_for_a_file_once(sqlite_visitor: Visitor) -> None:
    for path, mime_type in (("/static/letterkey.css", "text/css; charset=utf-8"), ("/static/logo", "image/png")):
        first = await sqlite_visitor.get(path)
        assert first.status == 200
        assert first.headers["Content-Type"] == mime_type
        assert "max-age" in first.headers["Cache-Control"]

        again = await sqlite_visitor.get(path, headers={"If-None-Match": first.headers["ETag"]})
        changed = await sqlite_visitor.get(path, headers={"If-None-Match": '"another"'})

        assert (again.status, again.body) == (304, b"")
        assert (changed.status, changed.body) == (200, first.body)
    assert first.body == LOGO


async def test_the_journal_and_the_counts_hold_no_secret(
    sqlite_visitor: Visitor, capfd: pytest.CaptureFixture[str]
) -> None:
    journal.configure("debug")
    signature = {"Stripe-Signature": "t=1,v1=5ec2e75ec2e7", "Cookie": "session=c00c1ec00c1e"}
    secrets = (
        TOKEN,
        PATH_SECRET,
        API_KEY,
        STRIPE_SECRET,
        "5ec2e75ec2e7",
        "c00c1ec00c1e",
        "ada@example.com",
        "Lindqvist",
    )

    await sqlite_visitor.tell(sale())
    await sqlite_visitor.tell(sale(total=1, id="ada@example.com"))
    await sqlite_visitor.tell(sale(currency="USD"))
    for path in (*TOKEN_PAGES, f"/nowhere/{TOKEN}", f"/webhooks/thrivecart/{PATH_SECRET}", f"/webhooks/x/{TOKEN}"):
        for method in ("GET", "HEAD", "POST", TOKEN.replace(".", "")):
            await sqlite_visitor.ask(method, path, headers={**signature, **BEARER})
    await raw(sqlite_visitor, f"GET /documents/{TOKEN} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".encode())
    await sqlite_visitor.ask("POST", "/webhooks/stripe", data=b'{"email": "ada@example.com"}', headers=signature)
    counted = (await sqlite_visitor.get(f"{sqlite_visitor.ops}/metrics")).text

    written = capfd.readouterr().err
    lines = [json.loads(line) for line in written.splitlines()]
    assert {line["what"] for line in lines} >= {"transaction_accepted", "transaction_conflict", "event_refused"}
    routes = {line["route"] for line in lines if line["what"] == "request_answered"}
    assert {"/documents/[token]", "/webhooks/{source}/[token]", "unknown"} <= routes
    for secret in secrets:
        assert secret not in written
        assert secret not in counted


async def test_operators_have_a_listener_of_their_own(sqlite_visitor: Visitor) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        answer = await sqlite_visitor.get(sqlite_visitor.ops + path)
        assert answer.status == 200
        assert answer.headers["Server"] == "letterkey"
    for path in ("/api/transactions", f"/documents/{TOKEN}", "/updateinfo/"):
        assert (await sqlite_visitor.get(sqlite_visitor.ops + path)).status == 404


async def test_readiness_follows_the_database_and_health_does_not(sqlite_visitor: Visitor) -> None:
    await sqlite_visitor.database.store.close()

    assert (await sqlite_visitor.get(f"{sqlite_visitor.ops}/readyz")).status == 503
    assert (await sqlite_visitor.get("/healthz")).status == 200


async def test_no_listener_for_operators_where_none_is_wanted(sqlite_visitor: Visitor) -> None:
    database = sqlite_visitor.database
    async with visiting(server_on(database, ops={"listen": ""}), database) as visitor:
        assert visitor.ops == ""
        assert (await visitor.get("/healthz")).status == 200
