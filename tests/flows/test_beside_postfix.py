"""A real Postfix in front hands our mail on, and as the relay it sends real notices of what could not be delivered."""

import asyncio
import smtplib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.test_mail_door import Door, links_to, mail
from flows.test_sale_becomes_receipt import shop
from support.ports import free_port
from support.postfix import Postfix, start_postfix
from support.sales import sale
from support.sink import MakeSink, Sink, SinkRules

OURS = (r"access@example\.org", r"bounces\+[^@]*@example\.org", r"(postmaster|abuse)@example\.org")
"""As docs/postfix.md has them."""


@asynccontextmanager
async def behind_postfix(sink: Sink, state_dir: Path, store_url: str, **more: str) -> AsyncIterator[Door]:
    """The shop behind a Postfix that takes mail for the domain; `Door.port` is Postfix's."""
    port = free_port()
    settings = {
        "LETTERKEY_INBOUND__SMTP_LISTEN": f"127.0.0.1:{port}",
        "LETTERKEY_INBOUND__TRUSTED_PEERS": "127.0.0.1/32",
        "LETTERKEY_MAIL__BOUNCE_ADDRESS": "bounces@example.org",
    }
    in_front = {
        "mynetworks": "192.0.2.0/24",
        "relay_domains": "example.org",
        "relay_recipient_maps": "regexp:{folder}/routes",
        "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination",
    }
    with start_postfix(dict.fromkeys(OURS, f"smtp:[127.0.0.1]:{port}"), **in_front) as postfix:
        async with shop(sink, state_dir, store_url, **(settings | more)) as running:
            await running.tell([sale(each) for each in range(1, 31)])
            await sink.wait_for(30)
            yield Door(running, sink, postfix.port)


async def test_a_mail_through_postfix_is_answered(sink: Sink, tmp_path: Path, store_url: str) -> None:
    async with behind_postfix(sink, tmp_path, store_url) as at:
        await at.bring(mail("\n", subject="access"))
        assert await at.settled(1) == {"link_request": 1}
        await sink.wait_for(31)
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            await at.bring(mail("\n"), to="nobody@example.org")
        await at.bring(mail("Your server sends spam"), to="abuse@example.org")
        assert (await at.settled(2))["for_people"] == 1
    assert len(links_to(sink, "buyer1@example.com")) == 1


async def test_a_burst_through_postfix_is_all_taken(sink: Sink, tmp_path: Path) -> None:
    async with behind_postfix(sink, tmp_path, f"sqlite:///{tmp_path}/letterkey.db") as at:
        await asyncio.gather(*(at.bring(mail("\n", f"buyer{each}@example.com")) for each in range(1, 31)))
        assert await at.settled(30) == {"link_request": 30}
        await sink.wait_for(60)


REFUSALS = {
    "unknown": ("550 5.1.1 No such user", "hard", "suppressed"),
    "full": ("552 5.2.2 The mailbox is full", "soft", "counted"),
    "blocked": ("554 5.7.1 We take nothing from you", "soft", "counted"),
    "expired": ("451 4.7.1 Greylisted", "soft", "counted"),
}


@asynccontextmanager
async def through_postfix(far: Sink, state_dir: Path, target: str, **settings: str) -> AsyncIterator[Postfix]:
    """The shop whose relay is Postfix, which takes its notices to our own door."""
    port = free_port()
    routes = {r"bounces\+[^@]*@example\.org": f"smtp:[127.0.0.1]:{port}", r".*@example\.com": target}
    with start_postfix(routes, **settings) as postfix:
        ours = {
            "LETTERKEY_MAIL__SMTP_URL": postfix.url,
            "LETTERKEY_INBOUND__SMTP_LISTEN": f"127.0.0.1:{port}",
            "LETTERKEY_MAIL__BOUNCE_ADDRESS": "bounces@example.org",
        }
        async with shop(far, state_dir, f"sqlite:///{state_dir}/letterkey.db", **ours) as running:
            await running.tell([sale(1)])
            await Door(running, far, port).settled(1)
            yield postfix


@dataclass(frozen=True, slots=True)
class Returned:
    """The one mail that came in, what it was taken for, and what followed from it."""

    outcome: str
    sender: str
    text: str
    happening: str
    effect: str
    suppressed: list[str]


def returned(state_dir: Path) -> Returned:
    with closing(sqlite3.connect(state_dir / "letterkey.db")) as database:
        [(outcome, sender, recipients, raw)] = database.execute("SELECT outcome, sender, recipients, raw FROM inbox")
        [(delivery,)] = database.execute("SELECT id FROM outbox WHERE recipient = 'buyer1@example.com'")
        [(about, happening, effect)] = database.execute("SELECT outbox_id, happening, effect FROM bounces")
        suppressed = [row[0] for row in database.execute("SELECT identity FROM suppressions")]
    assert f"bounces+{delivery.lower()}-" in recipients, "the notice names its delivery"
    assert about == delivery
    return Returned(outcome, sender, raw.decode(), happening, effect, suppressed)


@pytest.mark.parametrize("kind", REFUSALS)
async def test_what_is_refused_comes_back_as_a_bounce(make_sink: MakeSink, tmp_path: Path, kind: str) -> None:
    reply, happening, effect = REFUSALS[kind]
    far = await make_sink(SinkRules(replies={"buyer1@example.com": reply}))
    once = {"maximal_queue_lifetime": "1s"} if kind == "expired" else {}
    async with through_postfix(far, tmp_path, f"smtp:[127.0.0.1]:{far.port}", **once):
        found = returned(tmp_path)
    assert (found.outcome, found.sender) == ("bounce", "")
    assert (found.happening, found.effect) == (happening, effect)
    assert found.suppressed == (["buyer1@example.com"] if effect == "suppressed" else [])
    assert reply.split()[1] in found.text


async def test_what_is_too_large_for_the_far_side_comes_back(make_sink: MakeSink, tmp_path: Path) -> None:
    far = await make_sink(SinkRules(largest=1_000))
    async with through_postfix(far, tmp_path, f"smtp:[127.0.0.1]:{far.port}"):
        found = returned(tmp_path)
    assert (found.outcome, found.happening, found.suppressed) == ("bounce", "soft", [])
    assert "Status: 5.3.4" in found.text


async def test_what_has_no_host_comes_back(sink: Sink, tmp_path: Path) -> None:
    async with through_postfix(sink, tmp_path, "smtp:nowhere.invalid:25", maximal_queue_lifetime="1s"):
        found = returned(tmp_path)
    assert found.outcome == "bounce"
    assert found.happening in ("hard", "soft")  # whether there is a resolver that knows of no such host
    assert "nowhere.invalid" in found.text
