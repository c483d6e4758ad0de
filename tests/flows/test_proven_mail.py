"""Mails signed with DKIM on the running program, whose resolver asks a DNS server of the test: what proof opens."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from flows.test_bounces import bring, mails, report, withheld
from flows.test_mail_door import Door, links_to
from flows.test_sale_becomes_receipt import shop, text_of
from support.name_server import name_server
from support.ports import free_port
from support.sales import sale
from support.signing import rsa_key, signed
from support.sink import Sink

BUYER, STRANGER, ACCESS = "buyer1@example.com", "nobody@example.com", "access@example.org"
ZONE = {
    ("_dmarc.example.com", "TXT"): ["v=DMARC1; p=none"],
    ("s1._domainkey.example.com", "TXT"): [rsa_key()[1]],
}


def written(subject: str, number: int = 1, sender: str = BUYER) -> bytes:
    lines = (f"From: {sender}", f"To: {ACCESS}", f"Subject: {subject}", f"Message-ID: <{number}@example.com>", "", "")
    return "\r\n".join(lines).encode()


def broken(raw: bytes) -> bytes:
    """A mail that was changed after it was signed."""
    return raw + b"One word more\r\n"


@asynccontextmanager
async def asking(sink: Sink, state_dir: Path, store_url: str) -> AsyncIterator[Door]:
    """A shop that asks about senders, and whose first receipt has gone."""
    port = free_port()
    async with name_server(ZONE) as names:
        settings = {
            "LETTERKEY_INBOUND__SMTP_LISTEN": f"127.0.0.1:{port}",
            "LETTERKEY_MAIL__BOUNCE_ADDRESS": "bounces@example.org",
            "LETTERKEY_DNS__SERVERS": f"127.0.0.1:{names.port}",
        }
        async with shop(sink, state_dir, store_url, **settings) as running:
            await running.tell([sale(1)])
            await sink.wait_for(1)
            yield Door(running, sink, port)


async def test_a_proven_mail_lifts_a_suppression_and_a_broken_signature_does_not(
    sink: Sink, tmp_path: Path, store_url: str
) -> None:
    async with asking(sink, tmp_path, store_url) as at:
        await bring(at, report("failed", "5.1.1"), sink.mails[0].sender)
        await at.settled(1)
        await at.running.tell([sale(2, customer={"email": BUYER})])
        await withheld(at, 1)
        await bring(at, broken(signed(written("link", 1), "example.com")), ACCESS, BUYER)
        await bring(at, signed(written("link", 2), "evil.example"), ACCESS, BUYER)
        assert await at.settled(3) == {"bounce": 1, "link_request": 1, "over_limit": 1}
        assert "Suppressed since" in await mails(at)
        assert links_to(sink, BUYER) == []
        await bring(at, signed(written("link", 3), "example.com"), ACCESS, BUYER)
        assert await at.settled(4) == {"bounce": 1, "link_request": 2, "over_limit": 1}
        while len(sink.mails_to(BUYER)) < 4:  # receipt, receipt, and the links of both askings
            await sink.wait_for(len(sink.mails) + 1)
        told = await mails(at)
        assert "lifted by their own mail" in told
        assert "Link to their purchases" in told
        assert told.count("Came in: ") == 3
        proof = "dmarc=pass (p=none) header.from=example.com; dkim=pass header.d=example.com"
        assert told.count(f"Came in: link request; sender: {proof}") == 1


@pytest.mark.parametrize(
    ("proven", "page"), [(True, r"/hub/invoices/[0-9a-z]+"), (False, r"/hub/?")], ids=["proven", "broken"]
)
async def test_what_a_mail_asks_for_opens_only_where_it_is_proven(
    sink: Sink, tmp_path: Path, store_url: str, proven: bool, page: str
) -> None:
    async with asking(sink, tmp_path, store_url) as at:
        number = re.search(r"HP-\d+", text_of(sink.mails[0].message()))
        assert number
        raw = signed(written(f"Invoice {number[0]}, please"), "example.com")
        await bring(at, raw if proven else broken(raw), ACCESS, BUYER)
        await sink.wait_for(2)
        [link] = links_to(sink, BUYER)
        path = re.search(r"/access/\S+", text_of(link.message()))
        assert path
        url = f"{at.running.program.url}{path[0]}"
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
            session.post(url, headers={"Sec-Fetch-Site": "same-origin"}) as answer,
        ):
            assert answer.status == 200
            assert re.fullmatch(page, urlsplit(str(answer.url)).path), answer.url


async def test_only_a_proven_stranger_hears_that_nothing_was_bought(sink: Sink, tmp_path: Path, store_url: str) -> None:
    async with asking(sink, tmp_path, store_url) as at:
        honest = [signed(written("link", number, STRANGER), "example.com") for number in range(3)]
        for raw in (broken(honest[0]), honest[1], honest[2]):
            await bring(at, raw, ACCESS, STRANGER)
        assert await at.settled(3) == {"stranger": 3}
        await sink.wait_for(2)
        await bring(at, signed(written("link", 4), "example.com"), ACCESS, BUYER)
        await sink.wait_for(3)
    [answer] = sink.mails_to(STRANGER)
    assert answer.message()["In-Reply-To"] in ("<1@example.com>", "<2@example.com>")
    assert "/updateinfo/lost" in text_of(answer.message())
