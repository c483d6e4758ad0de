"""Mail comes in over SMTP, DNS says whose it is: the owner is answered, a forger isn't, and people are told."""

import asyncio
import ipaddress
import json
import smtplib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest

from support.databases import Database
from support.desk import Desk, rich
from support.name_server import Fault, NameServer, name_server
from support.noted import Noted, noted_in
from support.signing import rsa_key, signed
from worker import inbound
from worker.clock import system_clock
from worker.core.access import AccessPolicy
from worker.core.mail_policy import MailPolicy
from worker.inbound import Inbound
from worker.mail.addresses import OurAddresses
from worker.mail.origin import Fronts
from worker.metrics import new_metrics
from worker.net.dns import Resolver
from worker.net.origins import Origins, shipped_suffixes
from worker.settings import Listen
from worker.store import inbox
from worker.store.changes import Topic
from worker.store.inbox import KeptMail

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

POLICY = MailPolicy(AccessPolicy(message_domain="shop.example"), "help@shop.example")
ZONE = {
    ("_dmarc.example.com", "TXT"): ["v=DMARC1; p=reject"],
    ("example.com", "TXT"): ["unrelated", "v=spf1 ip4:192.0.2.0/24 -all"],
    ("s1._domainkey.example.com", "TXT"): [rsa_key()[1]],
}
OUTSIDE = Fronts(inner=())
"""All peers of a test are on loopback; here they count as strangers' machines."""


HELLO = b"From: Ada <ada@example.com>\r\nTo: access@shop.example\r\nSubject: Hi\r\nMessage-ID: <%d@x>\r\n\r\n%s\r\n"


class Settled(Noted):
    """The ids of mails, as the journal says that they are settled."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: asyncio.Queue[str] = asyncio.Queue()

    def write(self, line: str) -> int:
        note = json.loads(line)
        if note["what"] == "mail_received":
            self.ids.put_nowait(note["mail"])
        return super().write(line)


@dataclass(eq=False)
class Door:
    desk: Desk
    names: NameServer
    port: int
    settled: Settled

    async def bring(self, raw: bytes, sender: str = "ada@example.com") -> KeptMail:
        """The mail as it was kept, once it is settled."""
        await asyncio.to_thread(self._bring, raw, sender)
        async with asyncio.timeout(30):
            mail_id = await self.settled.ids.get()
        found = await self.desk.store.read(lambda tx: inbox.by_id(tx, mail_id))
        assert found is not None
        return found

    def _bring(self, raw: bytes, sender: str) -> None:
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname="mx.example.com", timeout=10) as session:
            session.sendmail(sender, ["access@shop.example"], raw)


@asynccontextmanager
async def door(database: Database, fronts: Fronts = OUTSIDE) -> AsyncIterator[Door]:
    desk, stopping, settled = Desk(database), asyncio.Event(), Settled()
    await desk.tell(rich("T-1"))
    await desk.issue()
    async with AsyncExitStack() as stack:
        stack.enter_context(noted_in(settled))
        names = await stack.enter_async_context(name_server(ZONE))
        face = Inbound(
            store=desk.store,
            clock=system_clock(),
            metrics=new_metrics(),
            ours=OurAddresses("access@shop.example", None, ("a key of sixteen characters",)),
            policy=POLICY,
            largest=1_000_000,
            hostname="mx.shop.example",
            listen=Listen("127.0.0.1", 0),
            origins=Origins(fronts, Resolver([("127.0.0.1", names.port)]), shipped_suffixes()),
        )
        async with inbound.running(lambda: face, stopping) as port:
            yield Door(desk, names, port, settled)
            stopping.set()
            desk.store.changes.tell(Topic)


async def test_the_owner_is_answered_and_people_hear_that_it_is_she(database: Database) -> None:
    async with door(database) as at:
        kept = await at.bring(signed(HELLO % (1, b"Please correct my street"), "example.com"))
        assert (kept.outcome, kept.helo, kept.origin) == (
            "link_request",
            "mx.example.com",
            "dmarc=pass (p=reject) header.from=example.com; spf=fail smtp.mailfrom=example.com; "
            "dkim=pass header.d=example.com",
        )
        assert [item.kind.value for item in await at.desk.mails()] == ["receipt", "access"]
        [forward] = await at.desk.mails("help@shop.example")
        assert forward.params["sender"] == "verified"


async def test_a_forger_is_not_answered_and_people_are_warned(database: Database) -> None:
    async with door(database) as at:
        honest = signed(HELLO % (1, b"Please correct my street"), "example.com")
        altered = honest.replace(b"my street", b"my account")
        kept = await at.bring(altered)
        assert (kept.outcome, kept.reason) == ("unauthenticated", "forged")
        assert ("s1._domainkey.example.com", "TXT") not in at.names.asked  # its body alone gives it away
        assert [item.kind.value for item in await at.desk.mails()] == ["receipt"]
        [forward] = await at.desk.mails("help@shop.example")
        assert (forward.params["sender"], forward.params["why"]) == ("forged", "unauthenticated")


async def test_strangers_lock_nobody_out(database: Database) -> None:
    async with door(database) as at:
        at.names.zone["_dmarc.example.com", "TXT"] = ["v=DMARC1; p=none"]
        strangers = [(await at.bring(HELLO % (number, b""))).outcome for number in range(2)]
        own = [(await at.bring(signed(HELLO % (number, b""), "example.com"))).outcome for number in range(2, 5)]
    assert (strangers, own) == (["link_request", "over_limit"], ["link_request"] * 3)


async def test_a_name_server_that_does_not_answer_delays_nobody_else(database: Database) -> None:
    async with door(database) as at:
        at.names.zone["_dmarc.slow.example", "TXT"] = Fault.SILENCE
        slow = [HELLO.replace(b"example.com>", b"slow.example>") % (number, b"") for number in range(4)]
        bringing = asyncio.gather(*(asyncio.to_thread(at._bring, raw, "ada@slow.example") for raw in slow))
        kept = await at.bring(signed(HELLO % (1, b""), "example.com"))
        assert kept.outcome == "link_request"
        await bringing
        for _ in slow:
            async with asyncio.timeout(30):
                await at.settled.ids.get()


async def test_robots_and_bounces_cost_no_lookup(database: Database) -> None:
    async with door(database) as at:
        await at.bring(b"Auto-Submitted: auto-replied\r\n" + HELLO % (1, b"I am away"))
        await at.bring(HELLO % (2, b"It failed"), sender="")
        assert at.names.asked == []


async def test_a_server_in_front_is_believed_by_its_name_alone(database: Database) -> None:
    loopback = (ipaddress.ip_network("127.0.0.0/8"),)
    async with door(database, Fronts(loopback, "mx.shop.example")) as at:
        forged = [
            b"Authentication-Results: mx.other.example; dmarc=pass header.from=example.com\r\n" + HELLO % (number, b"")
            for number in range(3)
        ]
        said = b"Authentication-Results: mx.shop.example; dmarc=fail (p=reject dis=none) header.from=example.com\r\n"
        assert (await at.bring(forged[0])).origin is None
        assert (await at.bring(said + forged[1])).outcome == "unauthenticated"
        assert (await at.bring(said.replace(b"fail", b"pass") + forged[2])).outcome == "link_request"
        assert at.names.asked == []


async def test_a_peer_of_an_inner_network_is_no_sender_to_ask_about(database: Database) -> None:
    async with door(database, Fronts()) as at:
        kept = await at.bring(HELLO % (1, b""))
        assert (kept.outcome, kept.origin, at.names.asked) == ("link_request", None, [])
