"""Clients that dawdle, crowd or hold on: each costs a bounded time, and nobody in hand is dropped at the stop."""

import asyncio
import json
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from flows.hub import API_KEY, Visitor, sale, server_on, visiting
from support.databases import Database
from worker.hub_server import CannotListen, HubServer, Patience, running, serve

BODY = json.dumps(sale()).encode()
POST = (
    f"POST /api/transactions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {API_KEY}\r\n"
    f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
).encode()
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def patient(database: Database, patience: Patience) -> HubServer:
    return replace(server_on(database), patience=patience)


async def connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    address = urlsplit(url)
    return await asyncio.open_connection(address.hostname, address.port)


async def leave(writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("said", [b"", b"GET /healthz HTTP/1.1\r\nHost: 127", HEALTH + b"GET /hea"])
async def test_a_client_that_says_no_more_is_let_go(sqlite_database: Database, said: bytes) -> None:
    async with visiting(patient(sqlite_database, Patience(idle_seconds=0.2)), sqlite_database) as visitor:
        reader, writer = await connect(visitor.hub)
        writer.write(said)

        await asyncio.wait_for(reader.read(), 5)  # to the end of the connection

        await leave(writer)


async def test_a_client_that_drips_its_headers_is_let_go(sqlite_database: Database) -> None:
    async with visiting(patient(sqlite_database, Patience(idle_seconds=0.3)), sqlite_database) as visitor:
        reader, writer = await connect(visitor.hub)
        ended = asyncio.create_task(reader.read())

        for letter in b"GET /healthz HTTP/1.1\r\n" + b"X: y\r\n" * 1000:
            writer.write(bytes([letter]))
            if (await asyncio.wait([ended], timeout=0.02))[0]:
                break

        assert ended.done()
        await leave(writer)


async def test_a_body_that_never_ends_is_told_so(sqlite_database: Database) -> None:
    async with visiting(patient(sqlite_database, Patience(body_seconds=0.2)), sqlite_database) as visitor:
        reader, writer = await connect(visitor.hub)
        writer.write(POST + BODY[:20])

        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)

        assert head.startswith(b"HTTP/1.1 408")
        await leave(writer)


async def test_one_connection_too_many_is_turned_away_and_the_others_stay(sqlite_database: Database) -> None:
    async with (
        visiting(patient(sqlite_database, Patience(connections=3)), sqlite_database) as visitor,
        AsyncExitStack() as stack,
    ):
        inside = [await connect(visitor.hub) for _ in range(3)]
        for reader, writer in inside:
            stack.push_async_callback(leave, writer)
            writer.write(HEALTH)
            assert (await reader.readuntil(b"ok\n")).startswith(b"HTTP/1.1 200")

        reader, writer = await connect(visitor.hub)
        answer = await asyncio.wait_for(reader.read(), 5)
        await leave(writer)

        assert answer.startswith(b"HTTP/1.1 503")
        assert b"Retry-After" in answer
        for reader, writer in inside:
            writer.write(HEALTH)
            assert (await reader.readuntil(b"ok\n")).startswith(b"HTTP/1.1 200")


async def test_a_request_in_hand_is_finished_at_the_stop(sqlite_database: Database) -> None:
    async with AsyncExitStack() as stack:
        visitor = await stack.enter_async_context(visiting(server_on(sqlite_database), sqlite_database))
        idle_reader, idle_writer = await connect(visitor.hub)
        reader, writer = await connect(visitor.hub)
        writer.write(POST + BODY[:20])
        await has_begun(visitor)

        stopping = asyncio.create_task(stack.aclose())
        await visitor.server.stopping.wait()
        writer.write(BODY[20:])

        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        assert head.startswith(b"HTTP/1.1 201")
        await asyncio.wait_for(stopping, 5)
        assert await idle_reader.read() == b""
        with pytest.raises(OSError):
            await connect(visitor.hub)
        await leave(writer)
        await leave(idle_writer)


async def test_a_request_that_never_ends_does_not_hold_up_the_stop(sqlite_database: Database) -> None:
    async with AsyncExitStack() as stack:
        server = patient(sqlite_database, Patience(finish_seconds=0.3))
        visitor = await stack.enter_async_context(visiting(server, sqlite_database))
        _, writer = await connect(visitor.hub)
        writer.write(POST + BODY[:20])
        await has_begun(visitor)

        began = time.monotonic()
        await stack.aclose()

        assert time.monotonic() - began < 3
        await leave(writer)


async def has_begun(visitor: Visitor) -> None:
    """Until the server has read what was written so far: it answers in turn."""
    for _ in range(3):
        assert (await visitor.get("/healthz")).status == 200


async def test_operators_hear_that_we_are_stopping(sqlite_visitor: Visitor) -> None:
    sqlite_visitor.server.stopping.set()

    answer = await sqlite_visitor.get(f"{sqlite_visitor.ops}/readyz")

    assert (answer.status, answer.text) == (503, "stopping\n")


async def test_it_serves_until_it_is_told_to_stop(sqlite_database: Database) -> None:
    server = server_on(sqlite_database)
    serving = asyncio.create_task(serve(server))

    await asyncio.sleep(0)
    server.stopping.set()

    await asyncio.wait_for(serving, 5)


async def test_an_address_that_is_taken_is_named(sqlite_visitor: Visitor) -> None:
    taken = urlsplit(sqlite_visitor.hub).netloc
    server = server_on(sqlite_visitor.database, hub={"listen": taken})

    with pytest.raises(CannotListen, match=taken):
        async with running(server):
            pass
