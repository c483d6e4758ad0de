"""What has been kept for its time is forgotten in small steps; what is open, and what must be kept, never."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from support.databases import Database, open_database
from support.desk import Desk, rich
from worker.clock import Clock, ordered_id
from worker.commands.timeline import Mailed, timeline
from worker.core.announcement import Announcement, Matter
from worker.core.declaration import Declaration, What
from worker.core.delivery import MailState
from worker.core.dunning import Outcome
from worker.core.instant import DAY
from worker.core.transaction import Customer
from worker.keeping.forgetting import EVERY, forget, run_forgetting
from worker.store import access, announcements, declarations, events, inbox, outbox
from worker.store.access import NewAccessLink, SessionRow
from worker.store.announcements import Kept
from worker.store.declarations import DeclarationRow
from worker.store.engine import Store, Tx
from worker.store.events import EventEnd, EventState
from worker.store.forgetting import Forgettable, Retention, claim_round, forget_some
from worker.store.inbox import NewMail
from worker.store.outbox import Attempt, MailKind, NewItem, Settled
from worker.store.sqlite import SqliteStore

BOTH = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
RETENTION = Retention(30, 400, 400, 1461)


def clock_of(database: Database) -> Clock:
    return Clock(database.clock.now, lambda: 0.0, lambda: "id", lambda: "secret", asyncio.sleep)


async def forget_now(database: Database) -> dict[str, int]:
    done = await forget(database.store, clock_of(database), RETENTION, asyncio.Event())
    return {what: count for what, count in done.items() if count}


async def keep_mail(desk: Desk, name: str, state: str = "settled") -> None:
    now = desk.clock.now()
    mail = NewMail(
        id=name,
        received_at=now,
        peer="192.0.2.1",
        sender="ada@example.com",
        recipients=("access@shop.example",),
        raw=b"Subject: hello\r\n\r\nhello",
        digest=name,
        message_id=None,
        size=20,
    )

    async def keep(tx: Tx) -> None:
        assert await inbox.keep_mail(tx, mail)
        if state != "waiting":
            end = "quarantined" if state == "quarantined" else "settled"
            await tx.one("inbox_settle", id=name, state=end, outcome="for_people", reason=None, origin=None, now=now)

    await desk.store.write(keep)


async def raw_of(desk: Desk, name: str) -> bytes | None:
    row = await desk.store.read(lambda tx: tx.one("inbox_by_id", id=name))
    assert row is not None
    return None if row["raw"] is None else bytes(row["raw"])


@BOTH
async def test_mails_are_forgotten_but_not_what_is_open(database: Database) -> None:
    desk = Desk(database)
    for name, state in {"old": "settled", "waiting": "waiting", "odd": "quarantined", "due": "settled"}.items():
        await keep_mail(desk, name, state)
    now = database.clock.now()
    forward = NewItem("f1", MailKind.FORWARD, "help@shop.example", "<f1@x>", now, now, once_key="forward:due")
    await desk.store.write(lambda tx: outbox.add(tx, forward))
    await database.pass_seconds(29 * 86_400)
    await keep_mail(desk, "new")
    assert await forget_now(database) == {}
    await database.pass_seconds(2 * 86_400)
    assert await forget_now(database) == {"mails": 1}
    kept = {name: await raw_of(desk, name) for name in ("old", "waiting", "odd", "due", "new")}
    assert [name for name, raw in kept.items() if raw is None] == ["old"]


@BOTH
async def test_events_lose_their_bodies_and_are_still_known(database: Database) -> None:
    desk = Desk(database)
    ends = {"understood": EventState.UNDERSTOOD, "ignored": EventState.IGNORED, "odd": EventState.QUARANTINED}
    kept = {name: await desk.event(name) for name in (*ends, "waiting")}
    for name, state in ends.items():
        event_id = kept[name].id
        await desk.store.write(lambda tx, e=event_id, s=state: events.settle(tx, e, EventEnd(s), 1))  # type: ignore[misc]
    await database.pass_seconds(401 * 86_400)
    assert await forget_now(database) == {"events": 2}
    for name, event in kept.items():
        found = await desk.store.read(lambda tx, e=event.id: events.by_id(tx, e))  # type: ignore[misc]
        assert found is not None
        assert (found.body == b"") == (found.forgotten_at is not None) == (name in ("understood", "ignored"))
    assert not await desk.store.write(lambda tx: events.requeue(tx, kept["ignored"].id))  # nothing is left to be read
    again = replace(kept["understood"], id="new")
    new = events.NewEvent(again.id, again.source, again.event_id, again.name, again.received_at, {}, b"{}")
    assert not await desk.store.write(lambda tx: events.keep(tx, [new]))


@BOTH
async def test_announcements_lose_their_customers_and_are_still_known(database: Database) -> None:
    desk = Desk(database)
    ada = Customer(email="ada@example.com", name="Ada Lovelace", ref="cus_1", phone="+49 40 123")
    told = Announcement("in_9", Matter.PAYMENT_FAILED, 0, ada, None, 4900, "EUR", "sub_1", url="https://pay.example/9")
    rows = [Kept(name, "stripe", replace(told, id=name), None, 0, 0) for name in ("settled", "open")]
    for row in rows:
        assert await desk.store.write(lambda tx, row=row: announcements.keep(tx, row))  # type: ignore[misc]
    now = desk.clock.now()
    assert await desk.store.write(lambda tx: announcements.settle(tx, "settled", Outcome.MAILED, None, now))
    await database.pass_seconds(399 * 86_400)
    assert await forget_now(database) == {}
    await database.pass_seconds(2 * 86_400)
    assert await forget_now(database) == {"announcements": 1}
    assert await forget_now(database) == {}

    settled, still_open = [await desk.store.read(lambda tx, name=row.id: announcements.by_id(tx, name)) for row in rows]  # type: ignore[misc]
    assert settled is not None
    assert settled.told == replace(told, id="settled", customer=Customer(ref="cus_1"), url=None)
    assert settled.outcome is Outcome.MAILED
    assert still_open is not None
    assert still_open.told.customer == ada
    assert not await desk.store.write(lambda tx: announcements.keep(tx, rows[0]))


@BOTH
async def test_tries_are_forgotten_and_their_mail_says_so(database: Database) -> None:
    desk = Desk(database)
    await desk.tell(rich("in_1", "ch_1"), rich("in_2", "ch_2"))
    await desk.issue()
    now = desk.clock.now()
    mails = await desk.mails()
    for mail, state in zip(mails, (MailState.SENT, MailState.PARKED), strict=True):
        end = Settled(mail.id, "me", state.value, "", "", 1, 0, now, now)
        tried = Attempt(desk.new_id(), mail.id, mail.recipient, now, "data", "accepted", 250, "queued", state.value)

        async def settle(tx: Tx, end: Settled = end, tried: Attempt = tried) -> None:
            await outbox.claim(tx, "me", now, 10)
            await outbox.settle(tx, [end], [tried])

        await desk.store.write(settle)
    await database.pass_seconds(401 * 86_400)
    assert await forget_now(database) == {"attempts": 1}
    sent, parked = await desk.mails()
    assert len(await desk.store.read(lambda tx: outbox.attempts_of(tx, parked.id))) == 1
    lines = list(timeline([Mailed(sent, None, [])], database.clock.now(), "UTC"))
    assert any("forgotten" in line for line in lines)
    assert await desk.document("in_1") is not None  # frozen for ever


@BOTH
async def test_declarations_are_forgotten_once_somebody_saw_to_them_long_ago(database: Database) -> None:
    desk = Desk(database)
    said = Declaration(What.CANCEL, "Ada L.", "order 1042", "ada@example.com")
    names = [ordered_id(desk.clock.now(), number) for number in range(4)]
    for name in names:
        row = DeclarationRow(name, said, desk.clock.now(), "en")
        assert await desk.store.write(lambda tx, row=row: declarations.add(tx, row, row.id)) is None  # type: ignore[misc]
    seen, late, unsent, still_open = names
    now = desk.clock.now()
    mail = NewItem("m1", MailKind.DECLARATION_RECEIVED, said.email, "<m1@x>", now, now, params={"declaration": unsent})
    await desk.store.write(lambda tx: outbox.add(tx, mail))
    for name in (seen, unsent):
        await desk.store.write(lambda tx, name=name: declarations.settle(tx, name, now, "ada"))  # type: ignore[misc]
    await database.pass_seconds(10 * 86_400)
    await desk.store.write(lambda tx: declarations.settle(tx, late, desk.clock.now(), "ada"))
    await database.pass_seconds(1450 * 86_400)
    assert await forget_now(database) == {}
    await database.pass_seconds(2 * 86_400)
    assert await forget_now(database) == {"declarations": 1}
    assert [row.id for row in await desk.store.read(lambda tx: declarations.settled(tx, 9))] == [unsent, late]
    assert [row.id for row in await desk.store.read(lambda tx: declarations.still_open(tx, 9))] == [still_open]
    end = Settled("m1", "me", MailState.SENT.value, "", "", 1, 0, now, now)
    await desk.store.write(lambda tx: outbox.claim(tx, "me", desk.clock.now(), 10))
    await desk.store.write(lambda tx: outbox.settle(tx, [end], []))
    assert await forget_now(database) == {"declarations": 1}


@BOTH
async def test_links_sessions_and_requests_go_a_month_after_their_end(database: Database) -> None:
    desk = Desk(database)
    await desk.tell(rich("in_1", "ch_1"))
    await desk.issue()
    customer, now = await desk.customer(), desk.clock.now()

    async def let_in(tx: Tx) -> None:
        await access.add_link(tx, NewAccessLink("l1", customer.id, "r1", "m1", now, now + DAY))
        await access.add_session(tx, SessionRow("hash", customer.id, "l1", None, now, now))
        await tx.run("link_request_insert", id="r1", way="form", identity="ada@example.com", customer_id=customer.id,
                     link_id="l1", client=None, cookie_hash=None, granted=1, own=0, asked_at=now)  # fmt: skip

    await desk.store.write(let_in)
    await database.pass_seconds(30.5 * 86_400)
    assert await forget_now(database) == {"sessions": 1, "requests": 1}
    await database.pass_seconds(86_400)
    assert await forget_now(database) == {"links": 1}
    (mail,) = await desk.mails()
    assert mail.invoice_id is not None
    assert len(await desk.store.read(lambda tx: tx.all("links_of_invoices", ids=f'["{mail.invoice_id}"]'))) == 2


@BOTH
async def test_one_process_an_hour(database: Database) -> None:
    stores: list[Store] = [database.store, await database.another()]
    now = database.clock.now()
    first = await asyncio.gather(*(stores[n % 2].write(lambda tx: claim_round(tx, now, EVERY)) for n in range(6)))
    assert sum(first) == 1
    assert not await stores[1].write(lambda tx: claim_round(tx, now + EVERY - 1, EVERY))
    assert await stores[1].write(lambda tx: claim_round(tx, now + EVERY, EVERY))


@BOTH
async def test_a_step_is_small_and_a_stop_ends_it(database: Database) -> None:
    desk = Desk(database)
    for number in range(5):
        await keep_mail(desk, f"m{number}")
    await database.pass_seconds(31 * 86_400)
    now = database.clock.now()
    assert await desk.store.write(lambda tx: forget_some(tx, Forgettable.MAILS, RETENTION, now, 2)) == 2
    stopping = asyncio.Event()
    running = asyncio.create_task(run_forgetting(database.store, clock_of(database), lambda: RETENTION, stopping))
    while await raw_of(desk, "m4") is not None:
        pass
    stopping.set()
    await asyncio.wait_for(running, 10)


async def test_the_file_becomes_smaller(tmp_path: Path) -> None:
    async with open_database("sqlite", f"sqlite:///{tmp_path / 'letterkey.db'}") as database:
        store = database.store
        assert isinstance(store, SqliteStore)
        await store.on_writer(lambda c: c.execute("CREATE TABLE big (a BLOB)"))
        await store.on_writer(lambda c: c.execute("INSERT INTO big VALUES (zeroblob(8000000))"))
        before = await store.on_writer(lambda c: int(c.execute("PRAGMA page_count").fetchone()[0]))
        await store.on_writer(lambda c: c.execute("DELETE FROM big"))
        steps = 0
        while await store.shrink():
            steps += 1
        after = await store.on_writer(lambda c: int(c.execute("PRAGMA page_count").fetchone()[0]))
        assert steps >= 5
        assert after < before / 3
