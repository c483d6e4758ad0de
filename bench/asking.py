"""Customers who ask for their link by mail at a steady pace, and the relay at which the answers arrive.

`python -m bench.asking PORT COUNT`: prints the relay's port, waits for the mail door on PORT, then brings a mail of
each customer. The times from the final dot of a mail to that of its answer go to stdout as JSON, in seconds.
"""

import asyncio
import json
import re
import sys
import time
from dataclasses import dataclass, field

from bench.loop import run
from bench.sales import sales
from bench.sink import Session, Taken

A_SECOND = 50
SESSIONS = 10
WARM_UP = 100
"""Mails that aren't counted: templates and statements are compiled on first use."""
_CUSTOMER = re.compile(rb"customer\.(\d+)@")


@dataclass(slots=True)
class Times:
    """When each customer's mail was brought, and how long the answer took."""

    brought: dict[int, float] = field(default_factory=dict)
    took: dict[int, float] = field(default_factory=dict)

    def answered(self, mail: bytes) -> None:
        found = _CUSTOMER.search(mail)
        if found is not None:
            self.took.setdefault(int(found[1]), time.perf_counter() - self.brought[int(found[1])])


def mail(number: int, address: str) -> bytes:
    """Short, as people write them; it has its final dot."""
    head = f"From: {address}\r\nTo: access@example.org\r\nSubject: access\r\nMessage-ID: <ask.{number}@example.com>"
    return f"{head}\r\nDate: Sun, 22 Nov 2026 18:48:00 +0000\r\n\r\n\r\n.\r\n".encode()


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asker: tuple[int, str], times: Times
) -> None:
    number, address = asker
    for step in (f"MAIL FROM:<{address}>", "RCPT TO:<access@example.org>", "DATA"):
        writer.write(f"{step}\r\n".encode())
        await reader.readline()
    times.brought[number] = time.perf_counter()
    writer.write(mail(number, address))
    if not (await reader.readline()).startswith(b"250"):
        sys.exit(f"mail {number} was refused")


async def _session(port: int, askers: asyncio.Queue[tuple[int, str] | None], times: Times) -> None:
    reader, writer = await called(port)
    await reader.readline()
    writer.write(b"EHLO bench.example.com\r\n")
    while (await reader.readline())[3:4] == b"-":
        pass
    while (asker := await askers.get()) is not None:
        await _ask(reader, writer, asker, times)
    writer.close()


async def called(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection, once somebody listens."""
    while True:
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)


async def _measure(port: int, count: int) -> None:
    times, askers, loop = Times(), asyncio.Queue[tuple[int, str] | None](), asyncio.get_running_loop()
    taken = Taken(times.answered)
    relay = await loop.create_server(lambda: Session(taken), "127.0.0.1", 0)
    print(relay.sockets[0].getsockname()[1])
    sys.stdout.flush()
    sessions = [asyncio.create_task(_session(port, askers, times)) for _ in range(SESSIONS)]
    (await called(port))[1].close()
    began = loop.time()
    for number, sale in enumerate(sales(count + WARM_UP)):
        askers.put_nowait((number, sale["customer"]["email"]))
        await asyncio.sleep(began + (number + 1) / A_SECOND - loop.time())
    for _ in sessions:
        askers.put_nowait(None)
    await asyncio.gather(*sessions)
    async with asyncio.timeout(60):
        while len(times.took) < count + WARM_UP:
            await asyncio.sleep(0.05)
    print(json.dumps([times.took[number] for number in range(WARM_UP, count + WARM_UP)]))


if __name__ == "__main__":
    run(_measure(*(int(each) for each in sys.argv[1:3])))
