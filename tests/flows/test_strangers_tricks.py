"""What strangers try at the mail door of the running program: whoever they claim to be, links go to customers alone."""

import asyncio
import smtplib
from pathlib import Path

import pytest

from flows.test_bounces import bouncing, bring, report
from flows.test_mail_door import Door, door, links_to
from support.sink import Sink

BUYER = "buyer1@example.com"
MALLORY = "mallory@evil.example"
HIDDEN_LINE = "=?utf-8?B?SGkNCkJjYzogbWFsbG9yeUBldmlsLmV4YW1wbGUNClgtRXZpbDogMQ==?="
"""`Hi`, a line break, and two headers."""


def raw(*head: str, text: str = "Hello there") -> bytes:
    return "\r\n".join(["To: access@example.org", *head, "", text, ""]).encode()


async def told(at: Door, mails: list[bytes], sender: str = MALLORY) -> dict[str, int]:
    """What became of these mails, the numbered ones under Message-IDs of their own."""
    for number, each in enumerate(mails):
        await bring(at, b"Message-ID: <%d@evil.example>\r\n" % number + each, "access@example.org", sender)
    return await at.settled(len(mails))


async def test_a_link_goes_to_the_stored_address_whatever_else_is_named(
    sink: Sink, tmp_path: Path, store_url: str
) -> None:
    async with door(sink, tmp_path, store_url) as at:
        named = [
            f"{name}: {MALLORY}" for name in ("Reply-To", "Sender", "Return-Path", "Errors-To", "Resent-From", "Cc")
        ]
        found = await told(at, [raw(f'From: "{MALLORY}" <BUYER1@Example.COM>', "Subject: link", *named, text="")])
        await sink.wait_for(2)
    assert found == {"link_request": 1}
    [answer] = links_to(sink, BUYER)
    assert answer.recipients == (BUYER,)
    assert MALLORY not in answer.message().as_string()


@pytest.mark.parametrize(
    "senders",
    [
        [f"From: {BUYER}, {MALLORY}"],
        [f"From: {MALLORY}", f"From: {BUYER}"],
        [f"From: {BUYER}\u0000 <{MALLORY}>"],
        [f"From: {MALLORY} <{BUYER}>"],
        ["From: buyer1@example\uff0ecom"],
        ["From: buyer1@\u0435xample.com"],
        ["From: buyer\u0661@example.com"],
        [f"From: <@evil.example:{BUYER}>, x"],
        ["From: buyer1%example.com@evil.example"],
        ['From: "buyer1@example.com"@evil.example'],
    ],
)
async def test_nobody_is_taken_for_a_customer_by_how_the_sender_is_written(
    senders: list[str], sink: Sink, tmp_path: Path, store_url: str
) -> None:
    async with door(sink, tmp_path, store_url) as at:
        await told(at, [raw(*senders, "Subject: link")])
        assert links_to(sink, MALLORY) == links_to(sink, BUYER) == []


async def test_a_subject_brings_no_headers_into_what_goes_out(sink: Sink, tmp_path: Path, store_url: str) -> None:
    async with door(sink, tmp_path, store_url) as at:
        await told(at, [raw(f"From: {BUYER}", f"Subject: {HIDDEN_LINE}")], BUYER)
        await sink.wait_for(3)
    [forward], [link] = sink.mails_to("help@example.org"), links_to(sink, BUYER)
    for each in (forward, link):
        assert each.message()["Bcc"] is each.message()["X-Evil"] is None
    assert len(sink.mails) == 3


async def test_a_stranger_s_answers_to_a_receipt_neither_flood_nor_read(
    sink: Sink, tmp_path: Path, store_url: str
) -> None:
    async with door(sink, tmp_path, store_url) as at:
        receipt = sink.mails[0].message()["Message-ID"]
        head = (f"From: {MALLORY}", "Subject: Re: receipt", f"In-Reply-To: {receipt}")
        found = await told(at, [raw(*head, text=f"Hello {number}") for number in range(30)])
        assert found == {"link_request": 1, "over_limit": 29}
        held = 10
        await sink.wait_for(2 + 30 - held)
        assert len(links_to(sink, BUYER)) == 1
        assert len(sink.mails_to("help@example.org")) <= 30 - held + 1  # and the alert that mails are held
    assert sink.mails_to(MALLORY) == []


async def test_other_spellings_of_an_address_are_other_people_or_the_same(
    sink: Sink, tmp_path: Path, store_url: str
) -> None:
    async with door(sink, tmp_path, store_url) as at:
        spellings = [BUYER, "BUYER1@example.com", "buyer1+x@example.com", "b.uyer1@example.com", "Buyer1@EXAMPLE.com"]
        found = await told(at, [raw(f"From: {each}", "Subject: link", text="") for each in spellings])
    assert found == {"link_request": 1, "over_limit": 2, "stranger": 2}
    assert len(links_to(sink, BUYER)) == 1


async def test_a_bounce_address_holds_once_and_only_as_it_was_made(sink: Sink, tmp_path: Path, store_url: str) -> None:
    async with bouncing(sink, tmp_path, store_url) as at:
        genuine = sink.mails[0].sender
        local, domain = genuine.split("@")
        others = [
            f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}",
            f"{local}@evil.example",
            f"bounces@{domain}",
        ]
        refused = [await asyncio.to_thread(refusal, at.port, each) for each in others]
        assert refused == [550, 550, 550]
        for number in range(3):
            await bring(at, b"X-Copy: %d\r\n" % number + report("failed", "5.1.1", "victim@example.com"), genuine)
        await at.settled(3)
        code, out, _ = await at.running.program.command("mails", BUYER)
        assert (code, out.count("550 5.1.1 that is how it is")) == (0, 1)
        code, out, _ = await at.running.program.command("mails", "victim@example.com")
        assert "came back" not in out


def refusal(port: int, address: str) -> int:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as session:
        session.ehlo("mx.example.com")
        session.mail("")
        return session.rcpt(address)[0]
