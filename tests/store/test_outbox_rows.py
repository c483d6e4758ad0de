"""The outbox's rows: who has one in hand, for how long, and who may say what became of it."""

import asyncio
from dataclasses import replace

import pytest

from support.databases import START, Database, SetClock
from worker.clock import SECOND
from worker.core.delivery import MailState
from worker.core.relay import RelayState
from worker.core.transaction import Customer
from worker.store import customers, outbox, outbox_counts, relays
from worker.store.engine import Store, Tx
from worker.store.outbox import LEASE_SECONDS, Attempt, MailKind, NewItem, Settled

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)


def item(number: int = 1, **changes: object) -> NewItem:
    new = NewItem(
        id=f"o{number:03}",
        kind=MailKind.RECEIPT,
        recipient="ada@example.com",
        message_id=f"<{number}@shop.example>",
        created_at=START,
        due_at=START,
        params={"style": "invoice"},
    )
    return replace(new, **changes)  # type: ignore[arg-type]


def ended(item_id: str, owner: str, state: MailState, **changes: object) -> Settled:
    settled = Settled(
        id=item_id,
        owner=owner,
        state=state.value,
        reason="accepted" if state is MailState.SENT else "try_later",
        reply="250 2.0.0 ok",
        attempts=1,
        ambiguous=0,
        due_at=START,
        settled_at=START if state is MailState.SENT else None,
    )
    return replace(settled, **changes)  # type: ignore[arg-type]


def attempt(number: int, item_id: str, state: MailState = MailState.SENT) -> Attempt:
    return Attempt(f"a{number}", item_id, "ada@example.com", START + number, "data", "accepted", 250, "ok", state.value)


async def add(store: Store, *items: NewItem) -> list[bool]:
    async def body(tx: Tx) -> list[bool]:
        return [await outbox.add(tx, each) for each in items]

    return await store.write(body)


async def claim(store: Store, owner: str, most: int = 100, now: int = START) -> list[str]:
    return [each.id for each in await store.write(lambda tx: outbox.claim(tx, owner, now, most))]


async def start(store: Store, owner: str, *ids: str) -> set[str]:
    return await store.write(lambda tx: outbox.start(tx, owner, ids))


async def settle(store: Store, settled: Settled, *attempts: Attempt) -> None:
    await store.write(lambda tx: outbox.settle(tx, [settled], attempts))


async def state(store: Store, item_id: str = "o001") -> MailState:
    found = await store.read(lambda tx: outbox.by_id(tx, item_id))
    assert found is not None
    return found.state


async def test_a_row_comes_back_as_it_went_in(store: Store) -> None:
    await store.write(lambda tx: customers.make(tx, "c1", Customer(), START))
    new = item(params={"name": "Zoë 🎈", "n": 1}, customer_id="c1", expires_at=START + 5)
    assert await add(store, new) == [True]
    found = await store.read(lambda tx: outbox.by_id(tx, "o001"))
    assert found is not None
    assert (found.params, found.customer_id, found.expires_at) == (new.params, "c1", START + 5)
    assert (found.state, found.attempts, found.settled_at) == (MailState.DUE, 0, None)
    assert await store.read(lambda tx: outbox.by_id(tx, "nothing")) is None


async def test_one_intent_is_added_once(store: Store) -> None:
    first, again = item(1, once_key="receipt:p1"), item(2, once_key="receipt:p1")
    assert await add(store, first, again, item(3), item(4)) == [True, False, True, True]
    both = await asyncio.gather(*(add(store, item(number, once_key="k")) for number in range(10, 30)))
    assert sum(added for (added,) in both) == 1


async def test_two_owners_never_get_the_same_row(database: Database) -> None:
    stores = [database.store, await database.another()]
    await add(database.store, *(item(number) for number in range(200)))

    async def drain(number: int) -> list[str]:
        got: list[str] = []
        while more := await claim(stores[number % 2], f"owner{number}", most=7):
            got += more
        return got

    hands = await asyncio.gather(*(drain(number) for number in range(4)))
    assert sorted(row for hand in hands for row in hand) == [f"o{number:03}" for number in range(200)]


async def test_claims_take_what_is_due_the_longest_due_first(store: Store) -> None:
    await add(store, item(1, due_at=START + 1), item(2, due_at=START - 1), item(3, due_at=START - 2), item(4))
    assert await store.read(lambda tx: outbox_counts.oldest_due(tx, START)) == START - 2
    assert await claim(store, "a", most=2) == ["o003", "o002"]
    assert await store.read(outbox.next_due) == START
    assert await claim(store, "a") == ["o004"]
    assert await store.read(outbox.next_due) == START + 1
    assert await claim(store, "a") == []
    assert await claim(store, "a", now=START + 1) == ["o001"]
    assert await store.read(outbox.next_due) is None


async def test_a_lease_keeps_a_row_until_it_ends(database: Database, store: Store) -> None:
    await add(store, item())
    assert await claim(store, "a") == ["o001"]
    await database.pass_seconds(LEASE_SECONDS - 1)
    assert await claim(store, "b") == []
    await database.pass_seconds(2)
    assert await state(store) is MailState.DUE
    assert await claim(store, "b") == ["o001"]


async def test_a_renewed_lease_goes_on_and_nobody_renews_anothers(database: Database, store: Store) -> None:
    await add(store, item())
    await claim(store, "a")
    await database.pass_seconds(LEASE_SECONDS - 1)
    await store.write(lambda tx: outbox.renew(tx, "a", ["o001"]))
    await database.pass_seconds(LEASE_SECONDS - 1)
    await store.write(lambda tx: outbox.renew(tx, "b", ["o001"]))
    assert await claim(store, "b") == []
    await database.pass_seconds(2)
    assert await claim(store, "b") == ["o001"]


async def test_a_released_row_is_in_the_queue_again(store: Store) -> None:
    await add(store, item(1), item(2))
    await claim(store, "a")
    await store.write(lambda tx: outbox.release(tx, "b", ["o001"]))
    assert await claim(store, "b") == []
    await start(store, "a", "o002")
    await store.write(lambda tx: outbox.release(tx, "a", ["o001", "o002"]))  # one is begun: it stays
    assert await claim(store, "b") == ["o001"]
    assert await state(store, "o002") is MailState.SENDING


async def test_only_who_has_the_lease_may_begin(database: Database, store: Store) -> None:
    await add(store, item(1), item(2))
    await claim(store, "a")
    assert await start(store, "b", "o001", "o002") == set()
    assert await start(store, "a", "o001") == {"o001"}
    assert await start(store, "a", "o001") == set()
    await database.pass_seconds(LEASE_SECONDS + 1)
    assert await claim(store, "b") == ["o002"]
    assert await start(store, "a", "o002", "o003") == set()  # the fence: it has passed on
    assert await start(store, "b", "o002") == {"o002"}


async def test_what_became_of_a_row_is_for_its_owner_to_say_but_sent_is_sent(database: Database, store: Store) -> None:
    await add(store, item(1), item(2))
    await claim(store, "a")
    await database.pass_seconds(LEASE_SECONDS + 1)
    await claim(store, "b")
    late = START + 60 * SECOND
    await settle(store, ended("o001", "a", MailState.DEFERRED, due_at=late), attempt(1, "o001", MailState.DEFERRED))
    assert await state(store, "o001") is MailState.DUE
    await settle(store, ended("o001", "b", MailState.DEFERRED, due_at=late))
    assert await state(store, "o001") is MailState.DEFERRED
    assert await claim(store, "c") == []
    assert await claim(store, "c", now=late) == ["o001"]
    await settle(store, ended("o002", "a", MailState.SENT), attempt(2, "o002"))
    assert await state(store, "o002") is MailState.SENT
    assert await claim(store, "b", now=late) == []


async def test_every_attempt_is_kept_once_and_in_order(store: Store) -> None:
    await add(store, item())
    await claim(store, "a")
    tries = [attempt(2, "o001"), attempt(1, "o001", MailState.DEFERRED)]
    for _ in range(2):  # an outcome that could not be committed is handed in again
        await settle(store, ended("o001", "a", MailState.SENT), *tries)
    assert await store.read(lambda tx: outbox.attempts_of(tx, "o001")) == tries[::-1]


async def test_a_row_left_sending_is_rescued_once_when_its_lease_ended(database: Database, store: Store) -> None:
    await add(store, item())
    await claim(store, "dead")
    await start(store, "dead", "o001")
    rescued = ended("o001", "", MailState.DUE, ambiguous=1, due_at=START)

    async def rescue(number: int) -> bool:
        return await store.write(lambda tx: outbox.rescue(tx, rescued, attempt(number, "o001", MailState.DUE)))

    assert await store.read(lambda tx: outbox.abandoned(tx, 10)) == []
    assert not await rescue(1)
    await database.pass_seconds(LEASE_SECONDS + 1)
    assert [each.id for each in await store.read(lambda tx: outbox.abandoned(tx, 10))] == ["o001"]
    assert sum(await asyncio.gather(*(rescue(number) for number in range(10)))) == 1
    assert len(await store.read(lambda tx: outbox.attempts_of(tx, "o001"))) == 1
    assert await claim(store, "b") == ["o001"]


async def test_a_process_that_is_alone_ends_all_leases(store: Store) -> None:
    await add(store, item(1), item(2))
    await claim(store, "dead")
    await start(store, "dead", "o002")
    await store.write(outbox.end_leases)
    assert await claim(store, "b") == ["o001"]
    assert [each.id for each in await store.read(lambda tx: outbox.abandoned(tx, 10))] == ["o002"]
    await settle(store, ended("o002", "dead", MailState.DEFERRED))
    assert await state(store, "o002") is MailState.SENDING


async def test_what_is_too_late_expires_unless_somebody_has_it_in_hand(store: Store, clock: SetClock) -> None:
    await add(store, item(1, expires_at=START), item(2, expires_at=START + 1), item(3), item(4, expires_at=START))
    assert "o001" in await claim(store, "a", most=1)
    assert await store.write(lambda tx: outbox.expire(tx, clock.now())) == 1
    assert [await state(store, f"o00{number}") for number in range(1, 5)] == ["due", "due", "due", "expired"]


async def test_mails_on_their_way_are_sent_to_the_right_address(store: Store) -> None:
    await store.write(lambda tx: customers.make(tx, "c1", Customer(), START))
    await add(store, *(item(number, customer_id="c1") for number in range(1, 4)), item(4))
    assert await claim(store, "a", most=1) == ["o001"]  # whoever has it in hand has read the old address
    await store.write(lambda tx: outbox.redirect(tx, "c1", "ada@example.com", "ada@example.org"))
    right = await store.read(lambda tx: outbox.to_address(tx, "ada@example.org"))
    assert {each.id for each in right} == {"o002", "o003"}
    assert len(await store.read(lambda tx: outbox.of_customer(tx, "c1"))) == 3


async def test_lists_are_newest_first_and_counts_name_every_state(store: Store) -> None:
    await add(store, *(item(number, created_at=START + number) for number in range(5)))
    newest = await store.read(lambda tx: outbox.to_address(tx, "ada@example.com", most=2))
    assert [each.id for each in newest] == ["o004", "o003"]
    await claim(store, "a", most=2)
    await settle(store, ended("o000", "a", MailState.FAILED, settled_at=START + 9))
    counts = await store.read(outbox_counts.counts)
    assert (counts["due"], counts["failed"], counts["sent"]) == (4, 1, 0)
    failed = await store.read(lambda tx: outbox.settled_since(tx, MailState.FAILED, START, 10))
    assert [each.id for each in failed] == ["o000"]
    assert await store.read(lambda tx: outbox.settled_since(tx, MailState.FAILED, START + 10, 10)) == []


async def test_the_relays_health_is_one_for_all(database: Database) -> None:
    other = await database.another()
    assert await other.read(lambda tx: relays.by_name(tx, "main")) == RelayState()
    paused = RelayState(paused_at=START, reason="relay_refused", mail_refusals=("o1",))
    await database.store.write(lambda tx: relays.save(tx, "main", RelayState(), START))
    await database.store.write(lambda tx: relays.save(tx, "main", paused, START))
    assert await other.read(lambda tx: relays.by_name(tx, "main")) == paused
