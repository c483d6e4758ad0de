"""What systemd hears of the program: ready, alive, stopping; and silence where it hangs."""

import asyncio
import signal
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from support.notify_socket import NotifySocket, notify_socket
from support.ports import free_port
from support.program import Program
from worker.net.supervisor import Supervisor, supervisor_of

WATCHDOG_SECONDS = 2.0


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[NotifySocket]:
    with notify_socket(tmp_path) as listening:
        yield listening


def program(folder: Path, supervisor: NotifySocket, **more: str) -> Program:
    return Program(
        {
            "LETTERKEY_STATE_DIR": str(folder),
            "LETTERKEY_MAIL__FROM": "Shop <shop@example.org>",
            "LETTERKEY_MAIL__SMTP_URL": "smtp://127.0.0.1:1",
            "LETTERKEY_BUSINESS__SUPPORT_EMAIL": "help@example.org",
            "NOTIFY_SOCKET": supervisor.address,
            "WATCHDOG_USEC": str(int(WATCHDOG_SECONDS * 1_000_000)),
            **more,
        }
    )


async def test_it_hears_of_the_start_of_a_reload_of_life_and_of_the_stop(
    tmp_path: Path, supervisor: NotifySocket
) -> None:
    port = free_port()
    door = {
        "LETTERKEY_MAIL__ACCESS_ADDRESS": "access@shop.example",
        "LETTERKEY_INBOUND__SMTP_LISTEN": f"127.0.0.1:{port}",
    }
    async with program(tmp_path, supervisor, **door).running() as running:
        ready = await supervisor.hear_of("READY")
        _, writer = await asyncio.open_connection("127.0.0.1", port)  # the mail door is open by then
        writer.close()
        assert ready == {"READY": "1", "STATUS": "runs hub, inbound, outbound, transactions"}
        running.process.send_signal(signal.SIGHUP)
        assert int((await supervisor.hear_of("RELOADING"))["MONOTONIC_USEC"]) > 0
        assert await supervisor.hear_of("READY") == ready
        for _ in range(3):
            assert await supervisor.hear_of("WATCHDOG", WATCHDOG_SECONDS) == {"WATCHDOG": "1"}

        assert await running.stop() == 0
        assert (await supervisor.hear_of("STOPPING", 1))["STOPPING"] == "1"
    assert "READY" not in "".join(running.journal)


async def test_asked_whether_it_is_ready(tmp_path: Path, supervisor: NotifySocket) -> None:
    asked = program(tmp_path, supervisor)
    status, _, told = await asked.command("healthy")
    assert (status, told) == (
        1,
        f"letterkey: not ready: nobody answers at 127.0.0.1:{asked.ops_port} (ConnectionRefusedError)\n",
    )
    async with asked.running():
        assert await asked.command("healthy") == (0, "ready\n", "")
    nowhere = program(tmp_path, supervisor, LETTERKEY_OPS__LISTEN="")
    status, _, told = await nowhere.command("healthy")
    assert status == 2
    assert "ops.listen is empty" in told


async def test_a_database_that_hangs_ends_the_signs_of_life(tmp_path: Path, supervisor: NotifySocket) -> None:
    async with program(tmp_path, supervisor).running():
        await supervisor.hear_of("WATCHDOG", WATCHDOG_SECONDS)
        with closing(sqlite3.connect(tmp_path / "letterkey.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            told = await supervisor.hear_of("STATUS", WATCHDOG_SECONDS)
            assert told["STATUS"] == "the database does not answer"
            supervisor.forget()
            for _ in range(2):
                assert "WATCHDOG" not in await supervisor.hear(WATCHDOG_SECONDS)
            other.execute("ROLLBACK")
        assert await supervisor.hear_of("WATCHDOG")


async def test_a_program_that_is_frozen_is_silent(tmp_path: Path, supervisor: NotifySocket) -> None:
    async with program(tmp_path, supervisor).running() as running:
        await supervisor.hear_of("WATCHDOG", WATCHDOG_SECONDS)
        running.process.send_signal(signal.SIGSTOP)
        supervisor.forget()
        with pytest.raises(TimeoutError):
            await supervisor.hear(WATCHDOG_SECONDS)
        running.process.send_signal(signal.SIGCONT)
        assert await supervisor.hear_of("WATCHDOG", WATCHDOG_SECONDS)


async def test_a_frozen_loop_is_silent_though_its_process_lives(supervisor: NotifySocket) -> None:
    held, ended, loop = threading.Event(), asyncio.Event(), asyncio.new_event_loop()

    async def answers(_: float) -> bool:
        return True

    async def live() -> None:
        hearing = asyncio.create_task(Supervisor(supervisor.address, 0.2).hear(answers))
        await ended.wait()
        hearing.cancel()

    thread = threading.Thread(target=loop.run_until_complete, args=[live()])
    thread.start()
    await supervisor.hear_of("WATCHDOG", 5)
    loop.call_soon_threadsafe(held.wait)
    await supervisor.until_silent(0.5)
    held.set()
    assert await supervisor.hear_of("WATCHDOG", 5)
    loop.call_soon_threadsafe(ended.set)
    await asyncio.to_thread(thread.join)
    loop.close()


async def test_a_name_without_a_file(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind("\0" + tmp_path.name)
        receiver.setblocking(False)
        supervisor_of({"NOTIFY_SOCKET": f"@{tmp_path.name}"}).stopping()
        assert (await NotifySocket("", receiver).hear(1))["STOPPING"] == "1"


@pytest.mark.parametrize("address", ["", "/nowhere/at/all", "/dev/null", "vsock:2:1", "@" + "x" * 300])
async def test_who_does_not_listen_stops_nothing(address: str) -> None:
    supervisor = supervisor_of({"NOTIFY_SOCKET": address})
    supervisor.ready("runs")
    supervisor.stopping()


async def test_a_supervisor_that_does_not_read_holds_nothing_up(supervisor: NotifySocket) -> None:
    for _ in range(2_000):
        Supervisor(supervisor.address).stopping()


@pytest.mark.parametrize(
    ("environ", "patience"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_how_often_it_asks(environ: dict[str, str], patience: float | None) -> None:
    assert supervisor_of(environ).patience == patience
