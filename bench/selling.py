"""A provider that tells of sales at a steady pace, and the relay at which their receipts arrive.

`python -m bench.selling PORT COUNT A_SECOND`: prints the relay's port, waits for the web server on PORT, then tells it
of each sale by a signed event of Stripe's. To stdout go as JSON, in seconds: how long each event took until its answer,
and until the final dot of its receipt.
"""

import asyncio
import hashlib
import hmac
import json
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.asking import called
from bench.loop import run
from bench.shop import WEBHOOK_SECRET
from bench.sink import Session, Taken

CONNECTIONS = 16
WARM_UP = 100
"""Events that aren't counted: templates and statements are compiled on first use."""
EVENT = (Path(__file__).parent.parent / "data" / "samples" / "stripe" / "1-invoice.paid.json").read_text("utf-8")
_BUYER = "mira@example.com"
_CUSTOMER = re.compile(rb"^To: .*customer\.(\d+)@", re.MULTILINE)


@dataclass(slots=True)
class Times:
    """When each event was told, and how long its answer and its receipt took."""

    told: dict[int, float] = field(default_factory=dict)
    answered: dict[int, float] = field(default_factory=dict)
    received: dict[int, float] = field(default_factory=dict)

    def arrived(self, mail: bytes) -> None:
        found = _CUSTOMER.search(mail)
        if found is not None:
            self.received.setdefault(int(found[1]), time.perf_counter() - self.told[int(found[1])])


def request(number: int) -> bytes:
    """The event of a sale like no other, signed now."""
    own = EVENT.replace("_sample_1", f"_bench_{number}").replace(_BUYER, f"customer.{number}@example.com")
    body, at = own.replace('"number": "', f'"number": "{number}-').encode(), int(time.time())
    signature = hmac.new(WEBHOOK_SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    head = "POST /webhooks/stripe HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json"
    signed = f"{head}\r\nStripe-Signature: t={at},v1={signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    return signed.encode() + body


async def _tell(port: int, numbers: asyncio.Queue[int | None], times: Times) -> None:
    reader, writer = await called(port)
    while (number := await numbers.get()) is not None:
        event = request(number)
        times.told[number] = time.perf_counter()
        writer.write(event)
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head.lower())
        await reader.readexactly(int(length[1]) if length else 0)
        times.answered[number] = time.perf_counter() - times.told[number]
        if not head.startswith(b"HTTP/1.1 200"):
            sys.exit(f"event {number} was refused: {head.decode()}")
    writer.close()


async def _measure(port: int, count: int, a_second: int) -> None:
    times, numbers, loop = Times(), asyncio.Queue[int | None](), asyncio.get_running_loop()
    taken = Taken(times.arrived)
    relay = await loop.create_server(lambda: Session(taken), "127.0.0.1", 0)
    print(relay.sockets[0].getsockname()[1])
    sys.stdout.flush()
    tellers = [asyncio.create_task(_tell(port, numbers, times)) for _ in range(CONNECTIONS)]
    (await called(port))[1].close()
    began = loop.time()
    for number in range(count + WARM_UP):
        numbers.put_nowait(number)
        await asyncio.sleep(began + (number + 1) / a_second - loop.time())
    for _ in tellers:
        numbers.put_nowait(None)
    await asyncio.gather(*tellers)
    async with asyncio.timeout(60):
        while len(times.received) < count + WARM_UP:
            await asyncio.sleep(0.05)
    print(json.dumps([[took[number] for number in range(WARM_UP, count + WARM_UP)] for took in _both(times)]))


def _both(times: Times) -> tuple[dict[int, float], dict[int, float]]:
    return times.answered, times.received


if __name__ == "__main__":
    run(_measure(*(int(each) for each in sys.argv[1:4])))
