"""The floor of sending: `aiosmtplib` alone with ready bytes on as many kept connections as the product has.

`python -m bench.smtp_floor PORT FILE`; the measurement goes to stdout as JSON.
"""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

from aiosmtplib import SMTP

from bench.letters import load
from bench.loop import run
from bench.measured import Measured, Stopwatch
from worker.exit.courier import CONNECTIONS
from worker.exit.letters import Letter


async def _send_all(port: int, letters: list[Letter]) -> Measured:
    waiting, clients = iter(letters), [await _client(port) for _ in range(CONNECTIONS)]
    watch = Stopwatch()
    await asyncio.gather(*(_send(client, waiting) for client in clients))
    measured = watch.stop(len(letters))
    await asyncio.gather(*(client.quit() for client in clients))
    return measured


async def _client(port: int) -> SMTP:
    client = SMTP(hostname="127.0.0.1", port=port, start_tls=False, local_hostname="bench.example.org")
    await client.connect()
    await client.ehlo()
    return client


async def _send(client: SMTP, waiting: Iterator[Letter]) -> None:
    for letter in waiting:
        await client.mail(letter.sender)
        await client.rcpt(letter.recipient)
        await client.data(letter.raw)


if __name__ == "__main__":
    print(run(_send_all(int(sys.argv[1]), load(Path(sys.argv[2])))).as_json())
