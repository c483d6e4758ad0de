"""What mailbox hosts do wrong: the watch goes on within a minute, and no mail is answered twice.

Waits are short here; what each fault costs with the real ones is computed from them and stands in the table.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

import pytest

from support.databases import open_database
from support.desk import ADA, POLICY, Desk, rich
from support.dovecot import PASSWORD as DOVECOT_PASSWORD
from support.dovecot import Dovecot, proxy_to
from support.scripted_imap import ALL, PASSWORD, PAUSE, SLOW_PIECE, TOKEN, Script, ScriptedImap, scripted_imap
from worker.clock import system_clock
from worker.core.access import AccessPolicy
from worker.core.mail_policy import MailPolicy
from worker.core.mailbox import Waits
from worker.inbound import Inbound, running
from worker.intake.sweep import MOST_TRIES
from worker.intake.watched import Watched
from worker.mail.addresses import OurAddresses
from worker.metrics import new_metrics
from worker.net.mailbox_address import MailboxAddress, Patience
from worker.store import inbox
from worker.store.changes import Topic
from worker.store.outbox import MailKind

ACCESS = "access@shop.example"
LARGEST = 10 * 1024 * 1024
QUICK = Patience(connect=0.4, command=0.4, idle=0.4, end_idle=0.4, token=5)
SOON = Waits(retry=(0.02,), refused=(0.02,), new_token=0.02)
TIME_OUT = 30.0


@dataclass(frozen=True, slots=True)
class Case:
    """`answered` mails of the two that come; `left` stay in the mailbox."""

    verb: str
    wrong: str
    times: int = 1
    answered: int = 2
    left: int = 0
    capabilities: str = ALL

    @property
    def name(self) -> str:
        return f"{self.verb} {self.wrong}" + (f" ×{self.times}" if self.times > 1 else "")

    @property
    def seconds(self) -> float:
        """What it costs with the real patience: until it is found out, and until it is tried again."""
        patience = Patience()
        found = 0.0
        if self.wrong in ("hang", "stall", "drip"):
            found = patience.connect if self.verb == "GREETING" else patience.command
        return found + sum(Waits().retry[: self.times])


CASES = [
    *(Case("GREETING", wrong) for wrong in ("close", "bye", "hang", "garbage", "flood")),
    Case("GREETING", "close", times=4),
    *(Case("CAPABILITY", wrong) for wrong in ("close", "hang", "garbage")),
    *(Case("LOGIN", wrong) for wrong in ("close", "hang", "garbage")),
    *(Case("NAMESPACE", wrong) for wrong in ("close", "hang")),
    *(Case("SELECT", wrong) for wrong in ("close", "hang")),
    *(Case("SEARCH", wrong) for wrong in ("close", "bye", "hang", "garbage", "flood", "many", "bad")),
    *(Case("HEADS", wrong) for wrong in ("close", "hang", "garbage", "flood", "many", "stall", "drip")),
    *(Case("BODY", wrong) for wrong in ("close", "hang", "garbage", "literal", "twice", "many", "stall", "drip")),
    Case("BODY", "gone", answered=1),
    *(Case("MOVE", wrong) for wrong in ("close", "hang", "garbage")),
    Case("MOVE", "no", times=2, left=1),
    *(Case("IDLE", wrong) for wrong in ("close", "bye", "hang", "garbage", "many")),
]


@dataclass(eq=False)
class Scene:
    """The watch at work over a database in which ada and grace have bought."""

    desk: Desk
    mailbox: str

    async def settled(self, count: int) -> dict[str, int]:
        """What became of mails, once so many are settled."""
        changes = self.desk.store.changes
        async with asyncio.timeout(TIME_OUT):
            while True:
                seen = changes.count(Topic.MAILBOX)
                found = await self.desk.store.read(inbox.counts)
                if sum(n for outcome, n in found.items() if outcome != inbox.WAITING) >= count:
                    return found
                await changes.wait(Topic.MAILBOX, seen, 0.1)

    async def fails(self) -> None:
        """The mailbox could not be read."""
        async with asyncio.timeout(TIME_OUT):
            while True:
                row = await self.desk.store.read(lambda tx: tx.one("mailbox_by_name", name=self.mailbox))
                if row is not None and row["failing_since"] is not None:
                    return

    async def answers(self, address: str) -> int:
        return len([mail for mail in await self.desk.mails(address) if mail.kind is MailKind.ACCESS])

    async def until(self, imap: ScriptedImap, moved: int) -> None:
        """So many mails are put away."""
        async with asyncio.timeout(TIME_OUT):
            while len(imap.moved) < moved:
                await self.desk.store.read(inbox.counts)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_database("sqlite", f"sqlite:///{tmp_path / 'letterkey.db'}") as database:
        desk = Desk(database)
        await desk.tell(rich("T-1"), rich("T-2", customer=replace(ADA, email="grace@example.org", ref="cus_2")))
        await desk.issue()
        yield desk


def address_of(imap: ScriptedImap, **changes: object) -> MailboxAddress:
    known = MailboxAddress(host="127.0.0.1", port=imap.port, user="shop", folder="INBOX", password=PASSWORD)
    return replace(known, **changes)  # type: ignore[arg-type]


@asynccontextmanager
async def watching(
    desk: Desk, address: MailboxAddress, waits: Waits = SOON, patience: Patience = QUICK
) -> AsyncIterator[Scene]:
    stopping = asyncio.Event()
    work = Inbound(
        store=desk.store,
        clock=system_clock(),
        metrics=new_metrics(),
        ours=OurAddresses(ACCESS, None, ("a key of sixteen characters",)),
        policy=MailPolicy(AccessPolicy(message_domain="shop.example"), "help@shop.example"),
        largest=LARGEST,
        hostname="shop.example",
        listen=None,
        mailbox=Watched(address, POLICY, alone=True, patience=patience, waits=waits),
    )
    async with running(lambda: work, stopping):
        try:
            yield Scene(desk, address.name)
        finally:
            stopping.set()
            desk.store.changes.tell(Topic)


def asks(sender: str, text: str = "") -> bytes:
    mail = EmailMessage()
    mail["Return-Path"], mail["From"], mail["To"] = f"<{sender}>", sender, ACCESS
    mail["Message-ID"], mail["Subject"] = f"<{uuid4()}@mail.example>", "access"
    mail.set_content(text)
    return mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))


@pytest.fixture(scope="module")
def table() -> Iterator[list[str]]:
    """`pytest -s` prints the table when all cases are through."""
    rows: list[str] = []
    yield rows
    sys.stdout.write("\n| fault | answered | left | here | with real waits |\n|---|---|---|---|---|\n")
    sys.stdout.write("\n".join(rows) + "\n")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_the_watch_goes_on_and_answers_once(desk: Desk, case: Case, table: list[str]) -> None:
    async with scripted_imap(Script(case.verb, case.wrong, case.times, capabilities=case.capabilities)) as imap:
        imap.deliver(asks("ada@example.com"))
        began = time.monotonic()
        async with watching(desk, address_of(imap)) as scene:
            if case.answered == 2:
                await scene.settled(1)
            imap.deliver(asks("grace@example.org"))
            assert await scene.settled(case.answered) == {"link_request": case.answered}
            await scene.until(imap, case.answered - case.left)
            took = time.monotonic() - began
            async with asyncio.timeout(TIME_OUT):
                while imap.done_wrong < case.times:
                    await desk.store.read(inbox.counts)
        answers = [await scene.answers("ada@example.com"), await scene.answers("grace@example.org")]
    table.append(f"| {case.name} | {sum(answers)} | {len(imap.mails)} | {took:.2f} s | ≤ {case.seconds:.0f} s |")
    assert answers == [case.answered - 1, 1]
    assert len(imap.mails) == case.left
    assert case.seconds <= 60


async def test_numbers_that_begin_anew_bring_no_second_answer(desk: Desk) -> None:
    async with scripted_imap(Script("MOVE", "no", times=100)) as imap, watching(desk, address_of(imap)) as scene:
        imap.deliver(asks("ada@example.com"))
        await scene.settled(1)
        imap.renumber()
        imap.deliver(asks("grace@example.org"))
        assert await scene.settled(2) == {"link_request": 2}
        assert imap.logins == 2
        assert await scene.answers("ada@example.com") == 1


async def test_a_slow_host_with_a_large_mail_takes_the_time_that_it_takes(desk: Desk) -> None:
    async with scripted_imap(Script("BODY", "slow")) as imap:
        imap.deliver(asks("ada@example.com", "x" * 70 + ("\n" + "x" * 70) * 140_000))
        size = len(imap.mails[1])
        assert 0.95 * LARGEST < size <= LARGEST
        began = time.monotonic()
        async with watching(desk, address_of(imap)) as scene:
            assert await scene.settled(1) == {"link_request": 1}
            took = time.monotonic() - began
            await scene.until(imap, 1)
        assert imap.logins == 1
    assert took > size / SLOW_PIECE * PAUSE > 3 * QUICK.command


async def test_a_host_that_stops_in_the_middle_of_a_large_mail_is_found_out_soon(desk: Desk) -> None:
    async with scripted_imap(Script("BODY", "stall")) as imap:
        imap.deliver(asks("ada@example.com", "x" * 70 + ("\n" + "x" * 70) * 140_000))
        began = time.monotonic()
        async with watching(desk, address_of(imap)) as scene:
            async with asyncio.timeout(TIME_OUT):
                while imap.logins < 2:
                    await desk.store.read(inbox.counts)
            assert time.monotonic() - began < 10 * QUICK.command
            assert await scene.settled(1) == {"link_request": 1}
            assert await scene.answers("ada@example.com") == 1


async def test_a_refused_login_is_not_repeated_soon(desk: Desk) -> None:
    async with (
        scripted_imap(Script()) as imap,
        watching(desk, address_of(imap, password="wrong"), waits=Waits()) as scene,
    ):
        await scene.fails()
        assert imap.logins == 1


async def test_a_refused_token_is_renewed_once_and_then_not_soon(desk: Desk, tmp_path: Path) -> None:
    again = f"if [ -e {tmp_path}/asked ]; then echo {TOKEN}; else touch {tmp_path}/asked; echo stale; fi"
    async with scripted_imap(Script()) as imap:
        imap.deliver(asks("ada@example.com"))
        async with watching(desk, address_of(imap, token_command=("sh", "-c", again)), waits=Waits()) as scene:
            assert await scene.settled(1) == {"link_request": 1}
            assert imap.logins == 2
    async with scripted_imap(Script()) as imap:
        waits = replace(Waits(), new_token=0.01)
        async with watching(desk, address_of(imap, token_command=("echo", "stale")), waits=waits) as scene:
            async with asyncio.timeout(TIME_OUT):
                while imap.logins < 2:
                    await desk.store.read(inbox.counts)
            await scene.fails()
            assert imap.logins == 2


@pytest.mark.parametrize(
    "command", [("false",), ("no-such-program",), ("echo", "two", "words"), ("echo",), ("sleep", "60"), ("yes",)]
)
async def test_a_token_command_that_fails_is_run_again(desk: Desk, tmp_path: Path, command: tuple[str, ...]) -> None:
    patience = replace(QUICK, token=0.3)
    async with scripted_imap(Script()) as imap:
        address = address_of(imap, token_command=command)
        async with watching(desk, address, patience=patience) as scene:
            await scene.fails()
        assert imap.logins == 0


async def test_a_mail_that_breaks_the_line_again_and_again_is_passed_by(desk: Desk) -> None:
    async with scripted_imap(Script("BODY", "close", times=MOST_TRIES)) as imap:
        imap.deliver(asks("ada@example.com"), asks("grace@example.org"))
        async with watching(desk, address_of(imap)) as scene:
            assert await scene.settled(2) == {"link_request": 1, "unreadable": 1}
            await scene.until(imap, 1)
        assert len(imap.mails) == 1
        assert await scene.answers("grace@example.org") == 1
        alerts = await desk.mails("merchant@shop.example")
        assert [each.params["trouble"] for each in alerts] == ["mails_left"]


async def test_mails_that_are_too_large_stay_and_the_merchant_hears_of_it_once(desk: Desk) -> None:
    async with scripted_imap(Script()) as imap:
        large = asks("ada@example.com", ("x" * 70 + "\n") * 160_000)
        assert len(large) > LARGEST
        imap.deliver(large, asks("grace@example.org"), large.replace(b"ada@", b"mia@"))
        async with watching(desk, address_of(imap)) as scene:
            assert await scene.settled(3) == {"link_request": 1, "too_large": 2}
            await scene.until(imap, 1)
        assert (len(imap.mails), imap.seen) == (2, set())
        alerts = await desk.mails("merchant@shop.example")
        assert [each.params["trouble"] for each in alerts] == ["mails_left"]


@pytest.mark.parametrize("capabilities", ["IMAP4rev1 IDLE UIDPLUS", "IMAP4rev1 IDLE", "IMAP4rev1"])
async def test_a_server_that_can_less(desk: Desk, capabilities: str) -> None:
    async with scripted_imap(Script(capabilities=capabilities)) as imap, watching(desk, address_of(imap)) as scene:
        imap.deliver(asks("ada@example.com"))
        assert await scene.settled(1) == {"link_request": 1}
        async with asyncio.timeout(TIME_OUT):
            while not (imap.moved or imap.seen):
                await desk.store.read(inbox.counts)
        assert (len(imap.moved), len(imap.mails)) == ((1, 0) if "UIDPLUS" in capabilities else (0, 1))


async def test_a_line_that_is_cut_and_one_that_falls_silent_before_a_real_host(desk: Desk, dovecot: Dovecot) -> None:
    user = f"{uuid4().hex[:12]}@example.org"
    async with proxy_to(dovecot.port) as line:
        address = MailboxAddress(host="127.0.0.1", port=line.port, user=user, folder="INBOX", password=DOVECOT_PASSWORD)
        async with watching(desk, address) as scene:
            await asyncio.to_thread(dovecot.deliver, user, asks("ada@example.com"))
            await scene.settled(1)
            line.cut()
            await asyncio.to_thread(dovecot.deliver, user, asks("grace@example.org"))
            await scene.settled(2)
            line.frozen = True
            before = line.connections
            async with asyncio.timeout(TIME_OUT):
                while line.connections == before:
                    await desk.store.read(inbox.counts)
            line.frozen = False
            await asyncio.to_thread(dovecot.deliver, user, asks("nobody@example.net"))
            assert await scene.settled(3) == {"link_request": 2, "stranger": 1}
        assert [await scene.answers(each) for each in ("ada@example.com", "grace@example.org")] == [1, 1]
