"""Mail comes in from a mailbox at a real host: ours is answered and put away, all other mail stays as it was."""

import asyncio
import json
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest

from flows.test_mail_door import links_to, mail
from flows.test_sale_becomes_receipt import said, shop, text_of
from support.certificate import Certificate
from support.dovecot import PASSWORD, TOKEN, Dovecot, start_dovecot
from support.ports import free_port
from support.program import Running
from support.sales import sale
from support.sink import Sink

PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Letterbox:
    """The shop, its mailbox at the host, and whose that is."""

    running: Running
    sink: Sink
    dovecot: Dovecot
    user: str

    async def deliver(self, *mails: EmailMessage | bytes) -> None:
        await asyncio.to_thread(self.dovecot.deliver, self.user, *mails)

    async def lies(self, folder: str = "INBOX") -> list[tuple[str, bytes]]:
        return await asyncio.to_thread(self.dovecot.mails, self.user, folder)

    async def put_away(self, count: int, folder: str = "Letterkey") -> list[tuple[str, bytes]]:
        """What lies in our folder, once it is so much."""
        return await self.dovecot.until(self.user, count, folder)

    async def outcomes(self, count: int) -> dict[str, int]:
        """What became of mails, once so many are settled."""
        async with asyncio.timeout(PATIENCE):
            while True:
                found: dict[str, int] = json.loads(await said(self.running, "status", "--json"))["inbox"]
                if sum(n for outcome, n in found.items() if outcome != "waiting") >= count:
                    return found


def new_user() -> str:
    return f"{uuid4().hex[:12]}@example.org"


@asynccontextmanager
async def letterbox(
    sink: Sink, state_dir: Path, store_url: str, dovecot: Dovecot, **more: str
) -> AsyncIterator[Letterbox]:
    """A shop whose only way in is the mailbox of somebody new; one customer has bought."""
    user = more.pop("user", new_user())
    settings = {"LETTERKEY_INBOUND__IMAP_URL": dovecot.url(user)}
    async with shop(sink, state_dir, store_url, **(settings | more)) as running:
        await running.tell([sale(1)])
        await sink.wait_for(1)
        yield Letterbox(running, sink, dovecot, user)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'letterkey.db'}"


def asks(text: str = "\n", *, sender: str = "buyer1@example.com", subject: str = "access") -> EmailMessage:
    """A mail to the access address, as its host delivers it."""
    made = mail(text, sender=sender, subject=subject, Date=formatdate(), Return_Path=f"<{sender}>")
    made.replace_header("Message-ID", f"<{uuid4()}@mail.example.com>")
    return made


def others() -> list[EmailMessage]:
    """What else lies in a merchant's own mailbox."""
    private = mail("See you on Monday?", sender="friend@example.net", subject="Lunch")
    private.replace_header("To", "Owner <owner@example.org>")
    bill = mail("Your bill", sender="buyer1@example.com", subject="From a customer, but to a person")
    bill.replace_header("To", "owner@example.org, accounts@example.org")
    keeper = mail("Spam comes from you", sender="admin@example.net", subject="Abuse")
    keeper.replace_header("To", "abuse@example.org")
    return [private, bill, keeper]


async def test_a_mail_to_the_access_address_is_answered_and_put_away_and_no_other_is_touched(
    sink: Sink, tmp_path: Path, store_url: str, dovecot: Dovecot
) -> None:
    async with letterbox(sink, tmp_path, store_url, dovecot) as at:
        asked = asks()
        await at.deliver(*others(), asked, mail("A stranger's letter", sender="nobody@example.net"))
        await at.put_away(2)
        assert await at.outcomes(2) == {"link_request": 1, "stranger": 1}
        assert [flags for flags, _ in await at.lies()] == ["", "", ""]
        assert [flags for flags, _ in await at.lies("Letterkey")] == ["", ""]
    [answer] = links_to(sink, "buyer1@example.com")
    assert answer.message()["In-Reply-To"] == asked["Message-ID"]
    [forward] = sink.mails_to("help@example.org")
    assert "A stranger's letter" in text_of(forward.message())


async def test_a_reply_to_a_mail_of_ours_is_ours_wherever_it_went(
    sink: Sink, tmp_path: Path, sqlite_url: str, dovecot: Dovecot
) -> None:
    async with letterbox(sink, tmp_path, sqlite_url, dovecot) as at:
        reply = asks("\n> Invoice\n", sender="ada@elsewhere.example", subject="Re: receipt")
        reply.replace_header("To", "shop@example.org")
        reply["References"] = sink.mails[0].message()["Message-ID"]
        await at.deliver(reply)
        await at.put_away(1)
    assert len(links_to(sink, "buyer1@example.com")) == 1
    assert links_to(sink, "ada@elsewhere.example") == []


async def test_where_people_read_the_mailbox_their_mail_stays_there_unread(
    sink: Sink, tmp_path: Path, store_url: str, dovecot: Dovecot
) -> None:
    user = new_user()
    async with letterbox(sink, tmp_path, store_url, dovecot, user=user, LETTERKEY_INBOUND__FORWARD_TO=user) as at:
        words = asks("Please send it to my new address in York.", subject="Moved")
        await at.deliver(asks(), words)
        await at.put_away(1)
        assert await at.outcomes(2) == {"link_request": 1, "over_limit": 1}
        [(flags, raw)] = await at.lies()
        assert (flags, words["Message-ID"].encode() in raw) == ("", True)
    assert {each.recipients for each in sink.mails} == {("buyer1@example.com",)}


async def test_what_we_forward_into_the_mailbox_is_never_taken_from_it(
    sink: Sink, tmp_path: Path, sqlite_url: str, dovecot: Dovecot
) -> None:
    async with letterbox(sink, tmp_path, sqlite_url, dovecot) as at:
        await at.deliver(asks("Please call me."))
        await sink.wait_for(3)
        [forward] = sink.mails_to("help@example.org")
        await at.deliver(b"Delivered-To: access@example.org\r\n" + forward.raw, asks("\n", subject="again"))
        await at.put_away(2)
        [(flags, raw)] = await at.lies()
        assert (flags, forward.raw.strip() in raw) == ("", True)
        assert await at.outcomes(2) == {"link_request": 1, "over_limit": 1}


@pytest.mark.parametrize("first", ["listener", "mailbox"])
async def test_a_mail_that_comes_by_both_ways_is_answered_once(
    sink: Sink, tmp_path: Path, store_url: str, dovecot: Dovecot, first: str
) -> None:
    port = free_port()
    listen = {"LETTERKEY_INBOUND__SMTP_LISTEN": f"127.0.0.1:{port}"}
    async with letterbox(sink, tmp_path, store_url, dovecot, **listen) as at:
        asked = asks("Please change my address.")
        raw = asked.as_bytes(policy=asked.policy.clone(linesep="\r\n"))
        delivered = b"Delivered-To: access@example.org\r\nReceived: by mail.example.org; today\r\n" + raw + b"\r\n"

        def bring() -> None:
            with smtplib.SMTP("127.0.0.1", port, timeout=10) as session:
                session.sendmail("buyer1@example.com", ["access@example.org"], raw)

        if first == "listener":
            await asyncio.to_thread(bring)
            await at.outcomes(1)
            await at.deliver(delivered)
        else:
            await at.deliver(delivered)
            await at.put_away(1)
            await asyncio.to_thread(bring)
        await at.put_away(1)
        assert await at.outcomes(2) == {"link_request": 1, "duplicate": 1}
        assert await at.lies() == []
    assert len(links_to(sink, "buyer1@example.com")) == 1
    assert len(sink.mails_to("help@example.org")) == 1


@pytest.mark.waits
async def test_a_thousand_mails_at_once(sink: Sink, tmp_path: Path, sqlite_url: str, dovecot: Dovecot) -> None:
    async with letterbox(sink, tmp_path, sqlite_url, dovecot) as at:
        strangers = [asks(sender=f"nobody{number}@example.net") for number in range(900)]
        await at.deliver(*others() * 50, *strangers, asks())
        assert await at.outcomes(901) == {"stranger": 900, "link_request": 1}
        await at.put_away(901)
        assert [flags for flags, _ in await at.lies()] == [""] * 150
    assert len(links_to(sink, "buyer1@example.com")) == 1


async def test_a_mail_that_is_too_large_is_recorded_and_left_where_it_is(
    sink: Sink, tmp_path: Path, sqlite_url: str, dovecot: Dovecot
) -> None:
    small = {"LETTERKEY_INBOUND__MAX_MESSAGE": "65536"}
    async with letterbox(sink, tmp_path, sqlite_url, dovecot, **small) as at:
        large = asks("A photograph, so to speak.\n" * 4000, subject="large")
        await at.deliver(large, asks())
        await at.put_away(1)
        assert await at.outcomes(2) == {"link_request": 1, "too_large": 1}
        [(flags, raw)] = await at.lies()
        assert (flags, large["Message-ID"].encode() in raw) == ("", True)
    assert len(links_to(sink, "buyer1@example.com")) == 1


@pytest.mark.waits
async def test_after_a_stop_and_after_a_crash_it_goes_on_where_it_was(
    sink: Sink, tmp_path: Path, store_url: str, dovecot: Dovecot
) -> None:
    async with letterbox(sink, tmp_path, store_url, dovecot) as at:
        await at.deliver(*others(), asks())
        await at.put_away(1)
    program, user = at.running.program, at.user
    async with program.running() as crashing:
        at = Letterbox(crashing, sink, dovecot, user)
        await at.deliver(asks(sender="nobody@example.net"))
        await at.put_away(2)
        await crashing.kill()
    async with program.running() as again:
        at = Letterbox(again, sink, dovecot, user)
        await at.deliver(asks(sender="nobody2@example.net"))
        await at.put_away(3)
        assert await at.outcomes(3) == {"link_request": 1, "stranger": 2}
        assert len(await at.lies()) == 3
    assert len(links_to(sink, "buyer1@example.com")) == 1


async def test_over_tls_with_a_token(
    sink: Sink, tmp_path: Path, sqlite_url: str, dovecot: Dovecot, certificate: Certificate
) -> None:
    user = new_user()
    settings = {
        "user": user,
        "LETTERKEY_INBOUND__IMAP_URL": f"imaps://{quote(user)}@localhost:{dovecot.tls_port}",
        "LETTERKEY_INBOUND__IMAP_TOKEN_COMMAND": f"printf '%s' '{TOKEN}'",
        "SSL_CERT_FILE": str(certificate.cert_file),
    }
    async with letterbox(sink, tmp_path, sqlite_url, dovecot, **settings) as at:
        await at.deliver(asks())
        await at.put_away(1)
    assert len(links_to(sink, "buyer1@example.com")) == 1
    assert not any(PASSWORD in line or TOKEN in line for line in at.running.journal)


async def test_where_own_folders_lie_below_the_inbox(
    sink: Sink, tmp_path: Path, sqlite_url: str, certificate: Certificate
) -> None:
    with start_dovecot(certificate, prefix="INBOX.") as host:
        async with letterbox(sink, tmp_path, sqlite_url, host) as at:
            await at.deliver(asks())
            await at.put_away(1, "INBOX.Letterkey")
