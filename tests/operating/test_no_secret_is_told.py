"""No secret, token, address or word of anybody is told: all that the program says is searched."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import aiosmtplib
import pytest

from support.certificate import Certificate
from support.ports import free_port
from support.program import API_KEY, Program, Running
from support.sales import sale
from support.sink import Mail, MakeSink, Sink, SinkRules

LOUD = (sys.executable, "-X", "dev", str(Path(__file__).with_name("loud.py")))
ADDRESS, WORDS = "markedperson@customers.example", "marked words of a person"
SECRETS = {
    "LETTERKEY_SECRET_KEYS": "marked-secret-key-0123456789-abcdefghij",
    "LETTERKEY_DOCUMENT_KEYS": "marked-document-key-0123456789-abcdefgh",
    "LETTERKEY_SOURCES__STRIPE__SECRETS": "whsec_markedstripesecret",
    "LETTERKEY_SOURCES__STRIPE__PATH_SECRET": "marked-path-of-stripe-0123456789",
    "LETTERKEY_SOURCES__STRIPE__API_KEY": "rk_live_markedapikey0123456789",
    "LETTERKEY_SOURCES__THRIVECART__SECRETS": "MARKEDTHRIVECART",
    "LETTERKEY_RELAY__POSTMARK__SECRETS": "marked-postmark:marked-postmark-word",
}
RELAY_PASSWORD, MAILBOX_PASSWORD = "marked-relay-password", "marked-mailbox-p%2Fword"


@dataclass(eq=False)
class Walk:
    """A running shop, what must never be told, and the ways through it."""

    running: Running
    sink: Sink
    browser: aiohttp.ClientSession
    mail_port: int
    never: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        return self.running.program.url

    async def get(self, path: str) -> str:
        async with self.browser.get(self.url + path, allow_redirects=False) as answer:
            return await answer.text()

    async def post(self, path: str, form: str = "", **fields: str) -> str:
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))
        own = {"Sec-Fetch-Site": "same-origin", "Origin": self.url}
        async with self.browser.post(
            self.url + path, data={**hidden, **fields}, headers=own, allow_redirects=False
        ) as answer:
            return await answer.text()

    async def raw(self, path: str, body: bytes, **headers: str) -> int:
        async with self.browser.post(self.url + path, data=body, headers=headers) as answer:
            return answer.status

    async def newest(self, count: int) -> str:
        """The text of the `count`-th mail; its tokens are never told."""
        text = text_of((await self.sink.wait_for(count))[count - 1])
        self.never.update(re.findall(r"/(?:access|documents|done|email/\w+|console/access)/(\S+)", text))
        self.never.update(re.findall(r"\?r=(\S+)", text))
        self.never.update(re.findall(r"^ +([2-9A-Z]{4}-[2-9A-Z]{4})$", text, re.MULTILINE))
        return text

    async def mail(self, sender: str, to: str, text: str) -> None:
        """A mail to the door, or what it says instead of taking it."""
        raw = f"From: Marked Person <{sender}>\r\nTo: {to}\r\nSubject: {WORDS}\r\nMessage-ID: <m@x>\r\n\r\n{text}\r\n"
        with contextlib.suppress(aiosmtplib.SMTPException):
            await aiosmtplib.send(
                raw.encode(), sender=sender, recipients=[to], hostname="127.0.0.1", port=self.mail_port, start_tls=False
            )


def text_of(mail: Mail) -> str:
    body = mail.message().get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


def first(pattern: str, text: str) -> str:
    return str(re.findall(pattern, text)[0])


@pytest.fixture
async def walk(make_sink: MakeSink, tmp_path: Path, certificate: Certificate) -> AsyncIterator[Walk]:
    replies = {"deferred@customers.example": "451 marked-reply come again"}
    rules = SinkRules("starttls", certificate, "marked-relay-user", RELAY_PASSWORD, replies=replies)
    sink = await make_sink(rules)
    door = free_port()
    settings = {
        **SECRETS,
        "LETTERKEY_STATE_DIR": str(tmp_path),
        "LETTERKEY_MAIL__FROM": "Shop <shop@example.org>",
        "LETTERKEY_MAIL__ACCESS_ADDRESS": "access@shop.example",
        "LETTERKEY_MAIL__BOUNCE_ADDRESS": "bounces@shop.example",
        "LETTERKEY_MAIL__SMTP_URL": sink.url,
        "SSL_CERT_FILE": str(certificate.cert_file),
        "LETTERKEY_INBOUND__SMTP_LISTEN": f"127.0.0.1:{door}",
        "LETTERKEY_INBOUND__IMAP_URL": f"imap://marked-mailbox-user:{MAILBOX_PASSWORD}@127.0.0.1:{free_port()}/INBOX",
        "LETTERKEY_BUSINESS__SUPPORT_EMAIL": "help@example.org",
        "LETTERKEY_CONSOLE__MERCHANTS": "markedmerchant@example.org",
        "LETTERKEY_LIMITS__PER_MINUTE": "10",
    }
    program = Program(settings, before=LOUD)
    async with (
        program.running() as running,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser,
    ):
        yield Walk(running, sink, browser, door)


async def test_the_whole_program_tells_no_secret(walk: Walk) -> None:
    plan: dict[str, object] = {"ref": "S-7", "interval": "month", "next_amount": 5831}
    customer = {
        "email": ADDRESS,
        "name": "Marked Name",
        "phone": "+44 1632 960961",
        "address": {"line1": "Marked Lane"},
    }
    plan["next_payment_at"] = "2099-12-22T18:48:00Z"
    await walk.running.tell([sale(7, customer=customer, subscription=plan)])
    receipt = await walk.newest(1)
    await walk.get(first(r"(/documents/\S+)", receipt))
    foot = await walk.get("/updateinfo/" + first(r"(\?r=\S+)", receipt))
    await walk.post("/updateinfo/", foot)
    link = first(r"(/access/\S+)", await walk.newest(2))
    await walk.get(link)
    await walk.post(link)
    await walk.get("/hub/")
    await walk.post("/hub/details", await walk.get("/hub/details"), name=WORDS)
    await walk.post("/hub/email", await walk.get("/hub/email"), email="markedother@customers.example")
    cancel = first(r'"(/hub/subscriptions/[^"]+/cancel)"', await walk.get("/hub/subscriptions"))
    await walk.post(cancel, await walk.get(cancel))
    await walk.post("/console/sign-in", await walk.get("/console/sign-in"), email="markedmerchant@example.org")
    await strangers(walk)
    walk.never.update(morsel.value for morsel in walk.browser.cookie_jar)
    await walk.sink.wait_for(5)
    for place in range(3, len(walk.sink.mails) + 1):
        await walk.newest(place)
    walk.running.process.send_signal(signal.SIGHUP)
    await walk.running.note("settings_in_force", 1)
    await walk.running.note("mailbox_fails", 1)
    assert await walk.running.stop() == 0

    told = "\n".join(walk.running.journal)
    assert [line for line in walk.running.journal if not line.startswith("{")] == [], "each line is JSON"
    assert {"link_redeemed", "mail_kept", "event_refused", "event_quarantined", "request_answered"} <= {
        json.loads(line)["what"] for line in walk.running.journal
    }
    assert len(walk.never) > 6
    assert [secret for secret in never_of(walk) if secret.lower() in told.lower()] == []
    assert "marked" not in told.lower()
    assert re.findall(r"[\w.+-]+@[\w-]+\.\w+", told) == []


async def strangers(walk: Walk) -> None:
    """What others send: tokens that are none, forged and broken events, mails of every kind."""
    for path in ("/access/marked.token", "/documents/marked.token", "/%61ccess/marked", "/nowhere/marked?r=marked"):
        await walk.get(path)
    await walk.post("/access/code", await walk.get("/access/code"), code="MRKD-MRKD")
    stripe = "/webhooks/stripe/" + SECRETS["LETTERKEY_SOURCES__STRIPE__PATH_SECRET"]
    now = int(time.time())
    body = json.dumps({"id": "evt_1", "object": "event", "type": "invoice.paid", "created": now,
                       "data": {"object": {"customer_email": ADDRESS, "lines": WORDS}}}).encode()  # fmt: skip
    signed = hmac.new(b"whsec_markedstripesecret", f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    assert await walk.raw(stripe, body, **{"Stripe-Signature": f"t={now},v1={signed}"}) == 200
    assert await walk.raw(stripe, body, **{"Stripe-Signature": f"t={now},v1=marked"}) >= 400
    await walk.raw("/webhooks/stripe/marked-wrong-path", body)
    await walk.raw("/webhooks/thrivecart", b"thrivecart_secret=markedwrong&customer[email]=" + ADDRESS.encode())
    await walk.raw("/api/transactions", b"{marked", Authorization="Bearer marked-wrong-key")
    await walk.raw("/api/transactions", b'{"marked": ', Authorization=f"Bearer {API_KEY}")
    await walk.mail(ADDRESS, "access@shop.example", WORDS)
    await walk.mail("markedstranger@strangers.example", "access@shop.example", WORDS)
    await walk.mail(ADDRESS, "markednobody@shop.example", WORDS)
    await walk.mail("markeddaemon@strangers.example", "bounces+marked-0123456789abcdef@shop.example", WORDS)
    refused = {"email": "deferred@customers.example"}
    await walk.running.tell([sale(8, customer=refused)])
    await walk.running.note("mail_deferred", 1)
    await walk.running.note("event_quarantined", 1)
    await walk.running.note("mail_kept", 2)


def never_of(walk: Walk) -> Iterator[str]:
    yield from walk.never
    yield from (API_KEY, ADDRESS, WORDS, "Marked", "deferred@", *SECRETS.values())
    yield from (RELAY_PASSWORD, MAILBOX_PASSWORD, "marked-mailbox-p/word")


WRONG: list[Mapping[str, str]] = [
    {"LETTERKEY_DATABASE_URL": "postgresql://marked-user:marked-word@127.0.0.1:1/letterkey"},
    {"LETTERKEY_DATABASE_URL": "mysql://marked-user:marked-word@127.0.0.1/x"},
    {"LETTERKEY_MAIL__SMTP_URL": "smtp://marked-user:marked/word@relay.example:25"},
    {"LETTERKEY_MAIL__SMTP_URL": "smpt://marked-user:marked-word@relay.example"},
    {"LETTERKEY_INBOUND__IMAP_URL": "pop3://marked-user:marked-word@mail.example"},
    {"LETTERKEY_SECRET_KEYS": "marked"},
    {"LETTERKEY_API_KEYS": "marked"},
    {"LETTERKEY_SOURCES__STRIPE__PATH_SECRET": "marked/path secret"},
    {"LETTERKEY_LINKS": "marked"},
    {"LETTERKEY_CONSOLE__MERCHANTS": "no address but marked words"},
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: next(iter(wrong)))
async def test_wrong_settings_are_told_without_them(wrong: Mapping[str, str], tmp_path: Path) -> None:
    plain = {
        "LETTERKEY_STATE_DIR": str(tmp_path),
        "LETTERKEY_MAIL__FROM": "Shop <shop@example.org>",
        "LETTERKEY_MAIL__SMTP_URL": "smtp://127.0.0.1:1",
        "LETTERKEY_BUSINESS__SUPPORT_EMAIL": "help@example.org",
        **SECRETS,
    }
    code, out, err = await asyncio.wait_for(Program({**plain, **wrong}, before=LOUD).command("run"), 30)
    assert code != 0
    assert err
    secret = {**SECRETS, **wrong}
    assert [value for value in secret.values() if value in out + err and not value.startswith("no address")] == []
    if "MERCHANTS" not in next(iter(wrong)):
        assert "marked" not in out + err
