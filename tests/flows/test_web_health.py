"""What operators read off `/metrics` of what lies in the database."""

from flows.hub import Visitor, sale, server_on, visiting
from support.databases import Database
from support.desk import POLICY
from worker.actions.raise_alert import raise_alert
from worker.actions.understand_event import keep_events
from worker.core.alert import AlertKind
from worker.core.relay import RelayState
from worker.store import relays, transactions
from worker.store.engine import Tx
from worker.store.events import NewEvent
from worker.store.relays import RELAY
from worker.store.sqlite import SqliteStore
from worker.store.transactions import State


async def test_what_waits_in_the_database_is_told_when_it_is_asked_for(database: Database) -> None:
    async with visiting(server_on(database), database) as visitor:
        told = (await visitor.get(f"{visitor.ops}/metrics")).text
        assert 'letterkey_outbox{state="due"} 0.0' in told
        assert "letterkey_relay_paused 0.0" in told

        assert (await visitor.tell(sale(id="T-1"))).status == 201
        fresh = visitor.server.fresh()

        async def trouble(tx: Tx) -> None:
            await raise_alert(tx, AlertKind.RELAY_PAUSED, POLICY, fresh)
            await relays.save(tx, RELAY, RelayState(paused_at=fresh.now), fresh.now)
            await keep_events(tx, [NewEvent("e1", "stripe", "evt_1", "invoice.paid", fresh.now, {}, b"{}")])
            row = await transactions.by_source_id(tx, "api", "T-1")
            assert row is not None
            await transactions.settle(tx, row.id, State.QUARANTINED, "ValueError")

        await database.store.write(trouble)
        told = (await visitor.get(f"{visitor.ops}/metrics")).text
    assert 'letterkey_outbox{state="due"} 1.0' in told
    assert 'state="sent"' not in told, "all that were ever sent are too many to count"
    assert 'letterkey_held{state="waiting",what="events"} 1.0' in told
    assert 'letterkey_held{state="quarantined",what="transactions"} 1.0' in told
    assert "letterkey_relay_paused 1.0" in told


async def test_a_database_that_does_not_answer_is_no_reason_to_tell_old_numbers(sqlite_visitor: Visitor) -> None:
    assert 'letterkey_outbox{state="due"}' in (await sqlite_visitor.get(f"{sqlite_visitor.ops}/metrics")).text
    await sqlite_visitor.database.store.close()
    answer = await sqlite_visitor.get(f"{sqlite_visitor.ops}/metrics")
    assert answer.status == 200
    assert "letterkey_outbox{" not in answer.text
    assert "letterkey_relay_paused NaN" in answer.text
    assert "letterkey_http_requests_total" in answer.text


async def test_a_full_disk_is_not_ready(sqlite_visitor: Visitor) -> None:
    store = sqlite_visitor.database.store
    assert isinstance(store, SqliteStore)
    pages = await store.on_writer(lambda c: int(c.execute("PRAGMA page_count").fetchone()[0]))
    await store.on_writer(lambda c: c.execute(f"PRAGMA max_page_count = {pages}").fetchall())
    assert (await sqlite_visitor.get(f"{sqlite_visitor.ops}/readyz")).status == 200

    many = [sale(id=f"T-{number}", customer={"email": f"b{number}@example.com"}) for number in range(200)]
    assert (await sqlite_visitor.tell(many)).status == 503
    answer = await sqlite_visitor.get(f"{sqlite_visitor.ops}/readyz")
    assert (answer.status, answer.text) == (503, "the database takes no writes\n")


async def test_it_is_ready_once_all_that_was_asked_for_is_up(sqlite_visitor: Visitor) -> None:
    sqlite_visitor.server.awaited.update({"inbound", "outbound"})
    answer = await sqlite_visitor.get(f"{sqlite_visitor.ops}/readyz")
    assert (answer.status, answer.text) == (503, "starting: waits for inbound, outbound\n")

    sqlite_visitor.server.awaited.clear()
    answer = await sqlite_visitor.get(f"{sqlite_visitor.ops}/readyz")
    assert (answer.status, answer.text) == (200, "ready\n")
