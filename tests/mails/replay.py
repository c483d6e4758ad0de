"""Mails brought to the running program, by whichever way in, and what its journal says became of each."""

import asyncio
import json
import smtplib
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from flows.test_sale_becomes_receipt import shop
from mails.golden import ACCESS, OURS, Golden
from support.dovecot import Dovecot
from support.ports import free_port
from support.program import PATIENCE, Running
from support.sales import sale
from support.sink import Sink
from worker.mail.classify import LOOP_MARK, Outcome

_IN_ONE_SESSION = 20
SHOP = {
    "LETTERKEY_SECRET_KEYS": "golden-mails-golden-mails",  # with which the bounce addresses in the mails were made
    "LETTERKEY_MAIL__FROM": "Harbour & Pine <receipts@shop.example>",
    "LETTERKEY_MAIL__ACCESS_ADDRESS": ACCESS,
    "LETTERKEY_MAIL__BOUNCE_ADDRESS": "bounces@shop.example",
    "LETTERKEY_INBOUND__TRUSTED_PEERS": "127.0.0.1/32",
    "LETTERKEY_INBOUND__AUTH_SERVER": "mx.shop.example",
    "LETTERKEY_LIMITS__PER_HOUR": "1",  # who asks again is over the limit, however slowly the mails come
}
"""The shop that the golden mails are written to, behind its mail server."""


@dataclass(frozen=True, slots=True)
class Came:
    """What the journal says of a mail."""

    outcome: str
    forwarded: bool


@asynccontextmanager
async def listening_shop(sink: Sink, state_dir: Path, store_url: str) -> AsyncIterator["Listener"]:
    """The running shop with its own listener."""
    port = free_port()
    settings = SHOP | {"LETTERKEY_INBOUND__SMTP_LISTEN": f"127.0.0.1:{port}"}
    async with shop(sink, state_dir, store_url, **settings) as running:
        yield Listener(running, port)


@asynccontextmanager
async def watching_shop(sink: Sink, state_dir: Path, store_url: str, dovecot: Dovecot) -> AsyncIterator["Mailbox"]:
    """The running shop that looks into a mailbox at its host."""
    user = f"{uuid4().hex[:12]}@shop.example"
    settings = SHOP | {"LETTERKEY_INBOUND__IMAP_URL": dovecot.url(user)}
    async with shop(sink, state_dir, store_url, **settings) as running:
        yield Mailbox(running, dovecot, user)


class Sent(Protocol):
    """A mail and its envelope."""

    @property
    def raw(self) -> bytes: ...

    @property
    def envelope_from(self) -> str: ...

    @property
    def envelope_to(self) -> str: ...


class WayIn(Protocol):
    """How mails come to the running program."""

    @property
    def running(self) -> Running: ...

    def takes(self, mail: Sent) -> bool:
        """Whether this way takes such a mail at all."""
        ...

    async def bring(self, mails: Sequence[Sent]) -> None:
        """Bring these one after another."""
        ...


@dataclass(frozen=True, slots=True)
class Listener:
    """The way in by SMTP."""

    running: Running
    port: int

    def takes(self, mail: Sent) -> bool:
        return True

    async def bring(self, mails: Sequence[Sent]) -> None:
        for at in range(0, len(mails), _IN_ONE_SESSION):
            await asyncio.to_thread(self._session, mails[at : at + _IN_ONE_SESSION])

    def _session(self, mails: Sequence[Sent]) -> None:
        with smtplib.SMTP("127.0.0.1", self.port, timeout=PATIENCE) as session:
            for mail in mails:
                session.sendmail(mail.envelope_from, [mail.envelope_to], mail.raw, mail_options=["BODY=8BITMIME"])


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The way in by IMAP."""

    running: Running
    dovecot: Dovecot
    user: str

    def takes(self, mail: Sent) -> bool:
        """What is for the keeper of the domain or from ourselves stays there; by IMAP a host takes no NUL."""
        stays = OURS.for_people((mail.envelope_to,)) or LOOP_MARK.encode() in mail.raw
        return not stays and b"\0" not in mail.raw

    async def bring(self, mails: Sequence[Sent]) -> None:
        await asyncio.to_thread(self.dovecot.deliver, self.user, *(mail.raw for mail in mails))


async def sell_to(running: Running, mails: Iterable[Golden]) -> int:
    """A sale to each customer among the senders; how many."""
    senders = sorted({mail.sender for mail in mails if mail.customer and mail.sender})
    sales = [sale(number, customer={"email": address}) for number, address in enumerate(senders)]
    for at in range(0, len(sales), 50):
        assert len(await running.tell(sales[at : at + 50])) == len(sales[at : at + 50])
    return len(senders)


async def became(running: Running, kept: int) -> list[Came]:
    """What became of so many kept mails, in the order of their coming."""
    async with asyncio.timeout(PATIENCE + kept):
        while True:
            found = _received(running)
            if len(found) >= kept:
                return found
            await asyncio.sleep(0.02)


def _received(running: Running) -> list[Came]:
    lines = [json.loads(line) for line in running.journal if '"mail_' in line]
    ends: Mapping[str, dict[str, object]] = {each["mail"]: each for each in lines if each["what"] == "mail_received"}
    kept = [each["mail"] for each in lines if each["what"] == "mail_kept"]
    return [Came(str(ends[each]["outcome"]), bool(ends[each]["forwarded"])) for each in kept if each in ends]


def in_their_order(mails: Iterable[Golden]) -> list[tuple[Golden, Outcome]]:
    """As they are brought, with what is expected then: what comes after another mail last, a duplicate twice."""
    mails = list(mails)
    first = [(each, each.outcome) for each in mails if each.after is None]
    again = [(each, each.by_itself) for each in mails if each.after == each.name]
    return [*first, *again, *((each, each.outcome) for each in mails if each.after)]


def outcome_table(pairs: Iterable[tuple[str, str]]) -> str:
    """How often each was expected and came."""
    counts = Counter(pairs)
    return "\n".join(f"  {wanted:16} {found:16} {count:4}" for (wanted, found), count in sorted(counts.items()))
