"""The demo's mailbox and samples by themselves: whatever mail comes, the pages hold; whatever sample, it is taken."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker import shipped
from worker.core.instant import SECOND
from worker.core.transaction import Transaction, from_json
from worker.demo.letter import read_letter
from worker.demo.mailbox import running_mailbox
from worker.demo.places import free_port, listening
from worker.demo.samples import Run, Sample, as_request, read_samples
from worker.demo.shop import STRIPE_SECRET, THRIVECART_SECRET
from worker.demo.sink import MOST_MAILS, Kept, KeptMail, running_sink
from worker.sources import SOURCES
from worker.sources.event import Genuine, Linked, RawEvent, Told

NOW = 1_795_373_280_000_000  # 2026-11-22T18:48:00Z
EVIL = b"""From: <script>alert(1)</script>
To: ada@example.com
Subject: </title><script>alert(1)</script>
Content-Type: text/html

<html><head></head><body><script>alert(1)</script><img src="http://203.0.113.1/pixel"></body></html>
"""


def ignore(_: KeptMail) -> None:
    """Nobody listens."""


@asynccontextmanager
async def mailbox(kept: Kept) -> AsyncIterator[aiohttp.ClientSession]:
    door = listening(0)
    url = f"http://127.0.0.1:{door.getsockname()[1]}"
    async with running_mailbox(kept, "Shop", door, free_port(0)), aiohttp.ClientSession(url) as browser:
        yield browser


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.binary(max_size=100).map(lambda tail: EVIL + tail)))
def test_any_bytes_make_a_letter(raw: bytes) -> None:
    assert read_letter(KeptMail(1, 0.0, "", ("ada@example.com",), raw)).subject


@pytest.mark.parametrize("header", [b"To: a:;<x", b"Subject: =?utf-8?b?////?=", b"Date: never", b"From: \xff\xfe"])
def test_odd_headers_make_a_letter(header: bytes) -> None:
    assert read_letter(KeptMail(1, 0.0, "", ("ada@example.com",), header + b"\n\nHello")).text == "Hello"


async def test_a_hostile_mail_stays_in_its_frame() -> None:
    kept = Kept(ignore)
    kept.keep("<>", ("ada@example.com",), EVIL)
    async with mailbox(kept) as browser:
        for path in ("", "/1", "/1/text", "/1/source"):
            async with browser.get(f"/dev/mailbox{path}") as answer:
                assert "<script" not in await answer.text()
                assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        async with browser.get("/dev/mailbox/1/frame") as answer:
            directives = answer.headers["Content-Security-Policy"].split("; ")
        assert {"default-src 'none'", "img-src data:", "sandbox allow-popups allow-popups-to-escape-sandbox"} <= set(
            directives
        )


async def test_an_empty_mailbox_says_what_will_be_there() -> None:
    async with mailbox(Kept(ignore)) as browser, browser.get("/dev/mailbox") as answer:
        assert "No mail yet" in await answer.text()


@pytest.mark.parametrize("sender", ["ada@example.com", "nobody", "a@b.example\r\nBcc: c@d.example"])
async def test_what_cannot_be_sent_stays_in_the_form(sender: str) -> None:
    typed = {"sender": sender, "to": "purchases@example.org", "subject": "Hello", "text": "<b>My words</b>"}
    async with mailbox(Kept(ignore)) as browser, browser.post("/dev/mailbox/write", data=typed) as answer:
        page = await answer.text()
    assert 'role="alert"' in page
    assert "&lt;b&gt;My words&lt;/b&gt;" in page


async def test_a_page_from_elsewhere_writes_no_mail() -> None:
    async with (
        mailbox(Kept(ignore)) as browser,
        browser.post("/dev/mailbox/write", headers={"Sec-Fetch-Site": "cross-site"}) as answer,
    ):
        assert answer.status == 403


async def test_the_sink_keeps_the_newest() -> None:
    arrived: list[int] = []
    kept = Kept(lambda mail: arrived.append(mail.number))
    for _ in range(MOST_MAILS + 1):
        kept.keep("", ("ada@example.com",), b"Subject: x\n\ny")
    assert len(arrived) == MOST_MAILS + 1
    assert kept.by_number(1) is None
    assert [mail.number for mail in kept.newest_first()] == list(range(MOST_MAILS + 1, 1, -1))


async def test_the_sink_takes_what_smtp_brings() -> None:
    kept = Kept(ignore)

    def send(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.sendmail("shop@example.org", ["ada@example.com"], b"Subject: Hello\r\n\r\n.dot\r\n")

    async with running_sink(kept) as port:
        await asyncio.to_thread(send, port)
    (mail,) = kept.newest_first()
    assert (mail.recipients, mail.raw) == (("ada@example.com",), b"Subject: Hello\r\n\r\n.dot\r\n")


def told_by(request: Sample) -> tuple[Transaction, ...]:
    """What the worker reads from a sample's request, its signature checked."""
    if request.path == "/api/transactions":
        return (from_json(request.body),)
    name = request.path.rpartition("/")[2]
    secret = {"stripe": STRIPE_SECRET, "thrivecart": THRIVECART_SECRET}[name]
    raw = RawEvent({key.lower(): value for key, value in request.headers.items()}, request.body, NOW)
    assert isinstance(SOURCES[name].verify(raw, (secret,), NOW), Genuine)
    found = SOURCES[name].read(raw)
    assert isinstance(found, Told | Linked), found
    return found.transactions if isinstance(found, Told) else ()


def test_every_sample_is_taken_and_is_todays() -> None:
    samples = read_samples(shipped.path("data", "samples"))
    told = [each for sample in samples for each in told_by(as_request(sample, Run("7", NOW)))]
    assert len(told) >= 12
    # Within an event, seconds lie between what was paid and what was told of it.
    assert all(abs(transaction.occurred_at - NOW) <= 5 * SECOND for transaction in told)
    assert {"sale", "renewal", "refund"} <= {transaction.kind.value for transaction in told}
    assert not any(transaction.test for transaction in told)


def test_each_run_has_ids_of_its_own_that_still_name_each_other() -> None:
    samples = read_samples(shipped.path("data", "samples"))
    one, two = (
        [each for sample in samples for each in told_by(as_request(sample, Run(mark, NOW)))] for mark in ("71", "72")
    )
    references_of_one = {reference for each in one for reference in each.payment.references}
    references_of_two = {reference for each in two for reference in each.payment.references}
    assert not {each.id for each in one} & {each.id for each in two}
    assert not references_of_one & references_of_two
    sales = {each.id for each in one} | references_of_one
    assert {each.refund_of for each in one if each.refund_of} <= sales
