"""The mail door of the running program: a mail whose 250 was heard is there after any kill, and faults cost little."""

import asyncio
import os
import random
import re
import resource
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.mail_door import Caller, Open, Shelf
from support.ports import free_port
from support.program import PATIENCE, Peak, Program, Running

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Door:
    """A program that only takes mail in, on SQLite."""

    state_dir: Path
    port: int = field(default_factory=free_port)

    @property
    def program(self) -> Program:
        return Program(
            {
                "LETTERKEY_STATE_DIR": str(self.state_dir),
                "LETTERKEY_MAIL__FROM": "Shop <shop@example.org>",
                "LETTERKEY_MAIL__ACCESS_ADDRESS": "access@shop.example",
                "LETTERKEY_MAIL__SMTP_URL": "smtp://127.0.0.1:1",
                "LETTERKEY_BUSINESS__SUPPORT_EMAIL": "help@example.org",
                "LETTERKEY_INBOUND__SMTP_LISTEN": f"127.0.0.1:{self.port}",
            }
        )

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Running]:
        """The program, once its mail door is open."""
        async with self.program.running("--only", "hub,inbound") as running:
            async with asyncio.timeout(PATIENCE):
                while not any("mail_door_open" in line for line in running.journal):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            yield running

    async def call(self) -> Caller:
        caller = Caller(*await asyncio.open_connection("127.0.0.1", self.port))
        assert (await caller.hear()).startswith(b"220 ")
        return caller

    def kept(self) -> set[int]:
        """The numbers of the mails in the database."""
        with closing(sqlite3.connect(self.state_dir / "letterkey.db")) as database:
            return {int(re.sub(r"\D", "", row[0])) for row in database.execute("SELECT message_id FROM inbox")}

    async def settled(self) -> None:
        """Every mail is understood."""
        with closing(sqlite3.connect(self.state_dir / "letterkey.db")) as database:
            while database.execute("SELECT 1 FROM inbox WHERE state = 'waiting' LIMIT 1").fetchone():  # noqa: ASYNC110
                await asyncio.sleep(0.5)  # another process's work, which tells nobody


def mail(number: int) -> bytes:
    return f"From: ada@example.com\r\nMessage-ID: <{number}@x>\r\n\r\nHello\r\n.\r\n".encode()


async def bring_until_it_dies(door: Door, numbers: range, heard: set[int]) -> None:
    """Mail after mail; whose 250 came is noted in `heard`."""
    caller = await door.call()
    with suppress(OSError):
        for number in numbers:
            if not (await caller.until_data()).startswith(b"354 "):
                break
            if (await caller.say(mail(number))).startswith(b"250 "):
                heard.add(number)
    await caller.hang_up()


async def kills_lose_nothing(state_dir: Path, kills: int) -> None:
    door, heard, callers, chance = Door(state_dir), set[int](), 3, random.SystemRandom()
    for round_ in range(kills):
        before = len(heard)
        async with door.open() as running:
            first = round_ * callers * 10_000
            bringing = [
                asyncio.create_task(
                    bring_until_it_dies(door, range(first + each * 10_000, first + (each + 1) * 10_000), heard)
                )
                for each in range(callers)
            ]
            async with asyncio.timeout(PATIENCE):
                while len(heard) == before:  # noqa: ASYNC110 - the callers tell nobody of each mail
                    await asyncio.sleep(0.001)
            await asyncio.sleep(chance.uniform(0, 0.05))  # somewhere in the middle of a mail
            await running.kill()
            await asyncio.gather(*bringing)
    assert heard <= door.kept()
    assert len(heard) >= kills


async def test_a_mail_whose_250_was_heard_survives_a_kill(tmp_path: Path) -> None:
    await kills_lose_nothing(tmp_path, 12)


@pytest.mark.long
async def test_two_hundred_kills_lose_no_mail(tmp_path: Path) -> None:
    await kills_lose_nothing(tmp_path, 200)


async def test_a_full_disk_is_temporary(tmp_path: Path) -> None:
    door = Door(tmp_path)
    async with door.open() as running:
        caller = await door.call()
        await caller.until_data()
        assert (await caller.say(mail(1))).startswith(b"250 ")
        limits = resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (4096, limits[1]))
        for _ in range(3):
            await caller.until_data()
            assert await caller.say(mail(2)) == b"451 4.3.0 Temporary failure, come again later\r\n"
        resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, limits)
        async with asyncio.timeout(PATIENCE):
            await caller.until_data()
            while not (await caller.say(mail(3))).startswith(b"250 "):
                await caller.until_data()
        await caller.hang_up()
        assert await running.stop() == 0, running.journal
    assert door.kept() - {2} == {1, 3}


async def bring(door: Door, numbers: range) -> None:
    """All of these, in sessions of a few hundred."""
    for first in range(numbers.start, numbers.stop, 500):
        caller = await door.call()
        await caller.say(b"EHLO mail.example.com\r\n")
        for number in range(first, min(first + 500, numbers.stop)):
            caller.writer.write(b"MAIL FROM:<ada@example.com>\r\nRCPT TO:<access@shop.example>\r\nDATA\r\n")
            assert [(await caller.hear())[:3] for _ in range(3)] == [b"250", b"250", b"354"]
            assert (await caller.say(b"Subject: " + b"x" * 1_800 + b"\r\n" + mail(number))).startswith(b"250 ")
        await caller.hang_up()


async def empty_lines(caller: Caller) -> None:
    await caller.until_data()
    caller.writer.write(b"\r\n" * (3 * MEBIBYTE) + b".\r\n")
    assert (await caller.hear()).startswith(b"552 ")


async def a_long_command(caller: Caller) -> None:
    assert (await caller.say(b"x" * MEBIBYTE + b"\r\n")).startswith(b"500 ")


async def a_long_line_of_text(caller: Caller) -> None:
    await caller.until_data()
    assert (await caller.say(b"x" * MEBIBYTE + b"\r\n.\r\n")).startswith(b"250 ")


async def thousands_of_recipients(caller: Caller) -> None:
    await caller.say(b"EHLO mail.example.com\r\n")
    await caller.say(b"MAIL FROM:<>\r\n")
    caller.writer.write(b"RCPT TO:<access@shop.example>\r\n" * 5_000)
    with suppress(ConnectionError):
        while await caller.hear():
            pass


async def too_much(caller: Caller) -> None:
    await caller.until_data()
    caller.writer.write(b"x" * 30 * MEBIBYTE)
    with suppress(ConnectionError):
        assert (await caller.hear()).startswith(b"552 ")


async def nothing_but_nul(caller: Caller) -> None:
    for _ in range(10):
        assert (await caller.say(b"\x00" * 900 + b"\r\n")).startswith(b"500 ")
    assert (await caller.say(b"\x00\r\n")).startswith(b"421 ")


FAULTS = (empty_lines, a_long_command, a_long_line_of_text, thousands_of_recipients, too_much, nothing_but_nul)


async def test_no_fault_costs_much_memory_or_keeps_others_waiting(tmp_path: Path) -> None:
    door = Door(tmp_path)
    async with door.open() as running:
        at, peak = Open(door.port, Shelf(), asyncio.Event(), name=os.uname().nodename), Peak(running)
        await at.served()
        before = peak.start()
        for fault in FAULTS:
            for _ in range(2):
                caller = await door.call()
                faulty = asyncio.create_task(fault(caller))
                assert await at.served() < 1, fault
                await faulty
                await caller.hang_up()
        flood = [at.call_unheard() for _ in range(600)]
        await asyncio.gather(*flood)
        assert await at.served(source="127.0.0.2") < 1
        for caller in at.callers:
            await caller.hang_up()
        assert peak.most() - before <= 64 * MEBIBYTE
        assert await running.stop() == 0, running.journal


@pytest.mark.long
async def test_memory_is_flat_over_a_hundred_thousand_mails(tmp_path: Path) -> None:
    door, callers, each = Door(tmp_path), 4, 12_500
    async with door.open() as running:
        peak, most = Peak(running), []
        for part in range(2):
            first = part * callers * each
            numbers = (range(first + number * each, first + (number + 1) * each) for number in range(callers))
            peak.start()
            await asyncio.gather(*(bring(door, some) for some in numbers))
            most.append(peak.most())
        await door.settled()
        assert await running.stop() == 0, running.journal
    assert len(door.kept()) == 2 * callers * each
    assert most[1] - most[0] <= 4 * MEBIBYTE, most
