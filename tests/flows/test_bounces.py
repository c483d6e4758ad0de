"""Bounces and complaints on the running program: what comes back to the mail door, and what follows from it."""

import asyncio
import smtplib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from flows.test_mail_door import Door, mail
from flows.test_sale_becomes_receipt import shop, until_said
from support.ports import free_port
from support.sales import sale
from support.scripted_relay import Script, scripted_relay
from support.sink import Mail, Sink
from worker.core.suppression import VALID_FOR

BUYER = "buyer1@example.com"


@asynccontextmanager
async def bouncing(sink: Sink, state_dir: Path, store_url: str) -> AsyncIterator[Door]:
    """A shop whose mails go out with bounce addresses, and whose first receipt has gone."""
    port = free_port()
    settings = {
        "LETTERKEY_INBOUND__SMTP_LISTEN": f"127.0.0.1:{port}",
        "LETTERKEY_MAIL__BOUNCE_ADDRESS": "bounces@example.org",
    }
    async with shop(sink, state_dir, store_url, **settings) as running:
        await running.tell([sale(1)])
        await sink.wait_for(1)
        yield Door(running, sink, port)


def report(action: str, status: str, address: str = BUYER) -> bytes:
    lines = [
        "From: MAILER-DAEMON@mx.example.com",
        "To: bounces@example.org",
        "Subject: Undelivered Mail Returned to Sender",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.example.com",
        "",
        f"Final-Recipient: rfc822; {address}",
        f"Action: {action}",
        f"Status: {status}",
        f"Diagnostic-Code: smtp; 550 {status} that is how it is",
        "",
        "--b--",
        "",
    ]
    return "\r\n".join(lines).encode()


async def bring(at: Door, raw: bytes, to: str, sender: str = "") -> None:
    def session() -> None:
        with smtplib.SMTP("127.0.0.1", at.port, timeout=10) as smtp:
            smtp.sendmail(sender, [to], raw)

    await asyncio.to_thread(session)


async def mails(at: Door, address: str = BUYER) -> str:
    code, out, _ = await at.running.program.command("mails", address)
    assert code == 0
    return out


def alerts(sink: Sink) -> list[Mail]:
    return [each for each in sink.mails if "came back" in each.message()["Subject"]]


async def test_a_bounce_by_its_address_suppresses_and_the_next_receipt_is_withheld(
    sink: Sink, tmp_path: Path, store_url: str
) -> None:
    async with bouncing(sink, tmp_path, store_url) as at:
        receipt = sink.mails[0]
        assert receipt.sender.startswith("bounces+")
        await bring(at, report("failed", "5.1.1"), receipt.sender.upper().replace("EXAMPLE", "Example"))
        assert await at.settled(1) == {"bounce": 1}
        await at.running.tell([sale(2, customer={"email": BUYER})])
        await withheld(at, 1)
        told = await mails(at)
    assert "accepted by the relay" in told
    assert "came back" in told
    assert "550 5.1.1 that is how it is" in told
    assert "held back" in told
    assert [each.recipients for each in sink.mails if BUYER in each.recipients] == [receipt.recipients]


async def withheld(at: Door, count: int) -> None:
    """So many mails are withheld."""
    async with asyncio.timeout(20):
        while True:
            code, out, _ = await at.running.program.command("status")
            assert code == 0
            if f"{count} withheld" in out:
                return


async def test_from_anybody_with_a_name_a_bounce_is_ignored(sink: Sink, tmp_path: Path, store_url: str) -> None:
    async with bouncing(sink, tmp_path, store_url) as at:
        await bring(at, report("failed", "5.1.1"), sink.mails[0].sender, sender="mallory@example.net")
        assert await at.settled(1) == {"bounce": 1}
        assert "came back" not in await mails(at)


async def test_bounces_of_the_first_and_of_the_second_copy_are_told_apart(sink: Sink, tmp_path: Path) -> None:
    async with scripted_relay(Script("dot", "close", connections=1)) as relay:
        door = free_port()
        settings = {
            "LETTERKEY_INBOUND__SMTP_LISTEN": f"127.0.0.1:{door}",
            "LETTERKEY_MAIL__BOUNCE_ADDRESS": "bounces@example.org",
            "LETTERKEY_MAIL__SMTP_URL": f"smtp://127.0.0.1:{relay.port}",
        }
        async with shop(sink, tmp_path, f"sqlite:///{tmp_path}/letterkey.db", **settings) as running:
            await running.tell([sale(1)])
            await until_said(running, "accepted by the relay", "mails", BUYER)
            senders = [each.partition("<")[2].partition(">")[0] for each in relay.commands if each.startswith("MAIL")]
            assert len(set(senders)) == len(senders) == len(relay.copies) == 2
            at = Door(running, sink, door)
            for number, sender in enumerate([*senders, *senders]):
                await bring(at, b"X-Copy: %d\r\n" % number + report("failed", "4.2.2"), sender)
            assert await at.settled(4) == {"bounce": 4}
            assert (await mails(at)).count("came back, for a reason that may pass") == 2


async def test_a_bounce_address_of_more_than_thirty_days_ago_is_refused_belief(sink: Sink, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/letterkey.db"
    async with bouncing(sink, tmp_path, url) as at:
        await until_said(at.running, "accepted by the relay", "mails", BUYER)
        with closing(sqlite3.connect(tmp_path / "letterkey.db", timeout=10)) as database, database:
            database.execute("UPDATE delivery_attempts SET ended_at = ended_at - ?", (VALID_FOR,))
        await bring(at, report("failed", "5.1.1"), sink.mails[0].sender)
        assert await at.settled(1) == {"bounce": 1}
        await at.running.tell([sale(2, customer={"email": BUYER})])
        assert len(await sink.wait_for(2)) == 2
        assert alerts(sink) == []


async def test_a_report_without_our_bounce_address_suppresses_nobody(sink: Sink, tmp_path: Path) -> None:
    """Whoever was shown a receipt knows its Message-ID and its reader's address."""
    async with bouncing(sink, tmp_path, f"sqlite:///{tmp_path}/letterkey.db") as at:
        named = sink.mails[0].message()["Message-ID"]
        returned = f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {named}\r\n\r\n--b--".encode()
        await bring(at, report("failed", "5.1.1").replace(b"--b--", returned), "access@example.org")
        assert await at.settled(1) == {"bounce": 1}
        assert "came back for good" in await mails(at)
        await at.running.tell([sale(2, customer={"email": BUYER})])
        assert len(await sink.wait_for(2)) == 2


async def test_a_delay_is_told_and_changes_nothing(sink: Sink, tmp_path: Path, store_url: str) -> None:
    async with bouncing(sink, tmp_path, store_url) as at:
        await bring(at, report("delayed", "4.4.1"), sink.mails[0].sender)
        await at.settled(1)
        assert "delayed" in await mails(at)
        await at.running.tell([sale(2, customer={"email": BUYER})])
        await sink.wait_for(2)


async def test_a_forged_report_to_the_access_address_suppresses_nobody(
    sink: Sink, tmp_path: Path, store_url: str
) -> None:
    async with bouncing(sink, tmp_path, store_url) as at:
        await bring(at, report("failed", "5.1.1"), "access@example.org")
        assert await at.settled(1) == {"bounce": 1}
        await at.running.tell([sale(2, customer={"email": BUYER})])
        await sink.wait_for(2)
        await at.bring(mail("\n", sender=BUYER))
        await sink.wait_for(3)


def complaint(envelope_sender: str) -> bytes:
    """As a mailbox provider passes it on, which hides whose it is."""
    lines = [
        "From: <feedback@isp.example>",
        "Subject: complaint",
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"',
        "",
        "--b",
        "Content-Type: message/feedback-report",
        "",
        "Feedback-Type: abuse",
        "Version: 1",
        f"Original-Mail-From: <{envelope_sender}>",
        "",
        "--b--",
        "",
    ]
    return "\r\n".join(lines).encode()


async def test_after_a_complaint_only_what_they_ask_for_goes(sink: Sink, tmp_path: Path, store_url: str) -> None:
    async with bouncing(sink, tmp_path, store_url) as at:
        forged = sink.mails[0].sender.replace("-", "-0", 1)
        await bring(at, complaint(forged), "access@example.org", sender="feedback@isp.example")
        await bring(at, complaint(sink.mails[0].sender), "access@example.org", sender="feedback@isp.example")
        assert await at.settled(2) == {"complaint": 2}
        await at.running.tell([sale(2, customer={"email": BUYER})])
        await withheld(at, 1)
        await at.bring(mail("\n", sender=BUYER))
        await sink.wait_for(2)
        told = await mails(at)
    assert told.count("its reader complained of it") == 1
    assert "/access/" in sink.mails[-1].message().as_string()
