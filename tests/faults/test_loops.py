"""Machines that write to each other: at most one mail each way, and then silence. On running programs.

A day's rest is shown where time can be passed, in tests/actions/test_answering.py; here nobody may answer twice at all.
"""

import asyncio
import json
import smtplib
from collections.abc import Callable
from contextlib import AsyncExitStack
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path

import aiohttp
import pytest

from flows.test_mail_door import Door, door, mail
from flows.test_sale_becomes_receipt import until_said
from support.ports import free_port
from support.program import Program
from support.sales import sale
from support.sink import Mail, Sink

BUYER = "buyer1@example.com"
Responder = Callable[[EmailMessage], EmailMessage]


def away(answered: EmailMessage, **headers: str) -> EmailMessage:
    """A vacation responder's mail to who wrote."""
    made = EmailMessage()
    made["From"], made["To"], made["Message-ID"] = BUYER, "access@example.org", make_msgid(domain="example.com")
    made["Subject"] = f"Re: {answered['Subject']}"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content("I will be back on Monday and read your mail then.\n")
    return made


def marked(answered: EmailMessage) -> EmailMessage:
    """As RFC 3834 wants it."""
    return away(answered, Auto_Submitted="auto-replied", In_Reply_To=answered["Message-ID"])


def threaded(answered: EmailMessage) -> EmailMessage:
    """It says what it answers, but not that it is a machine."""
    return away(answered, In_Reply_To=answered["Message-ID"], References=answered["Message-ID"])


def with_new_subject(answered: EmailMessage) -> EmailMessage:
    """Its own subject, such as responders in many languages have."""
    made = away(answered)
    made.replace_header("Subject", "Abwesenheitsnotiz: ich bin im Urlaub")
    return made


def _database(folder: Path) -> str:
    return f"sqlite:///{folder / 'letterkey.db'}"


async def converse(at: Door, sink: Sink, responder: Responder, envelope: str) -> list[Mail]:
    """Answer each mail to the buyer but the receipt, until no more come; returns those mails."""
    await at.bring(mail("\n", subject="access"))
    answered = 1
    while True:
        settled = await at.settled(answered)
        assert sum(n for outcome, n in settled.items() if outcome != "waiting") == answered
        links = await _sent(at, sink)
        if len(links) < answered:
            return links
        assert answered < 4, "it never ends"
        await at.bring(responder(links[-1].message()), sender=envelope)
        answered += 1


async def _sent(at: Door, sink: Sink) -> list[Mail]:
    """The mails to the buyer after the receipt, once none is on its way."""
    await until_said(at.running, '"due": 0, "deferred": 0, "sending": 0', "status", "--json")
    return sink.mails_to(BUYER)[1:]


@pytest.mark.parametrize(
    ("responder", "envelope"),
    [(marked, ""), (threaded, ""), (threaded, BUYER), (away, BUYER), (with_new_subject, BUYER)],
)
async def test_a_vacation_responder_is_written_to_once(
    sink: Sink, tmp_path: Path, responder: Responder, envelope: str
) -> None:
    async with door(sink, tmp_path, _database(tmp_path)) as at:
        links = await converse(at, sink, responder, envelope)
    assert len(links) == 1
    message = links[0].message()
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["Precedence"] is None


async def test_what_a_list_hands_on_and_what_bounces_is_met_with_silence(sink: Sink, tmp_path: Path) -> None:
    async with door(sink, tmp_path, _database(tmp_path)) as at:
        ours = sink.mails[0]
        kept = _crlf(ours.raw)
        await _bring(at, b"List-Id: <buyers.example.com>\r\n" + kept, "buyers-bounces@example.com")
        await _bring(at, _without_our_marks(kept, ours.message()["Message-ID"]), BUYER)
        report = EmailMessage()
        report["From"], report["To"], report["Subject"] = "MAILER-DAEMON@example.com", ours.sender, "Undelivered"
        report.set_content("550 no such user\n\n" + ours.message()["Message-ID"])
        await at.bring(report, sender="")
        settled = await at.settled(3)
        assert await _sent(at, sink) == []
    assert settled == {"automatic": 1, "list": 1, "bounce": 1}


def _without_our_marks(raw: bytes, message_id: str) -> bytes:
    """As lists hand mails on that write most headers anew."""
    for mark in (b"X-Letterkey-Loop: 1", b"X-Auto-Response-Suppress: All", b"Auto-Submitted: auto-generated"):
        assert mark in raw
        raw = raw.replace(mark, b"List-Post: <mailto:buyers@example.com>")
    return raw.replace(message_id.encode(), b"<1@buyers.example.com>")


def _crlf(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


async def _bring(at: Door, raw: bytes, sender: str) -> None:
    def bring() -> None:
        with smtplib.SMTP("127.0.0.1", at.port, timeout=10) as session:
            session.sendmail(sender, ["access@example.org"], raw)

    await asyncio.to_thread(bring)


async def test_two_letterkeys_facing_each_other_stop_at_once(tmp_path: Path) -> None:
    """Each is the other's customer, and each other's relay is the other's mail door."""
    ports = (free_port(), free_port())
    async with AsyncExitStack() as stack:
        one, other = [
            await stack.enter_async_context(_shop(f"shop{number}.example", tmp_path / str(number), *pair).running())
            for number, pair in enumerate((ports, ports[::-1]))
        ]
        await one.tell([sale(1, customer={"email": "access@shop1.example"})])
        await other.tell([sale(1, customer={"email": "access@shop0.example"})])
        for each in (one, other):
            await until_said(each, '"automatic": 1', "status", "--json")
        await _ask(one.program.url, "access@shop1.example")
        await until_said(other, '"automatic": 2', "status", "--json")
        for each, sent, came in ((one, 2, 1), (other, 1, 2)):
            out = await until_said(each, f'"sent": {sent}', "status", "--json")
            found = json.loads(out)
            assert found["inbox"] == {"automatic": came}
            assert found["outbox"] == {**dict.fromkeys(found["outbox"], 0), "sent": sent}
            assert await each.stop() == 0


async def _ask(url: str, address: str) -> None:
    says = {"Sec-Fetch-Site": "same-origin"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/updateinfo/", data={"email": address}, headers=says) as answer,
    ):
        assert answer.status == 200


def _shop(domain: str, folder: Path, own: int, others: int) -> Program:
    folder.mkdir()
    settings = {
        "LETTERKEY_STATE_DIR": str(folder),
        "LETTERKEY_MAIL__FROM": f"Shop <shop@{domain}>",
        "LETTERKEY_MAIL__ACCESS_ADDRESS": f"access@{domain}",
        "LETTERKEY_MAIL__SMTP_URL": f"smtp://127.0.0.1:{others}",
        "LETTERKEY_INBOUND__SMTP_LISTEN": f"127.0.0.1:{own}",
        "LETTERKEY_BUSINESS__NAME": "Shop",
        "LETTERKEY_BUSINESS__SUPPORT_EMAIL": "help@elsewhere.example",
    }
    return Program(settings)
