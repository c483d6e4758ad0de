"""A flood of requests: for one customer's address and for as many others, by the form and by mail.

The victim gets what the limits allow and no more, the program stays small and quick, and others are served meanwhile.
"""

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import aiohttp
import pytest

from flows.test_sale_becomes_receipt import shop
from support.mail_door import Caller
from support.ports import free_port
from support.program import Peak, Running
from support.sales import sale
from support.sink import Sink

VICTIM = "buyer1@example.com"
MEBIBYTE = 1024 * 1024
MAILS_A_SESSION = 400
SIZES = [500, pytest.param(10_000, marks=pytest.mark.long)]


@dataclass(frozen=True, slots=True)
class Flooded:
    """The program under it, and where its doors are."""

    running: Running
    smtp_port: int
    networks: Iterator[int] = field(default_factory=count)

    async def by_form(self, addresses: Sequence[str]) -> None:
        """Each from a network of its own."""
        async with aiohttp.ClientSession() as session:
            for address in addresses:
                number = next(self.networks)
                network = f"100.64.{number // 256}.{number % 256}"
                says = {"X-Forwarded-For": network, "Sec-Fetch-Site": "same-origin"}
                url = f"{self.running.program.url}/updateinfo/"
                async with session.post(url, data={"email": address}, headers=says) as answer:
                    assert answer.status == 200
                    await answer.read()

    async def by_mail(self, addresses: Sequence[str]) -> None:
        """Each in a mail that says it is from there."""
        for first in range(0, len(addresses), MAILS_A_SESSION):
            some = addresses[first : first + MAILS_A_SESSION]
            caller = Caller(*await asyncio.open_connection("127.0.0.1", self.smtp_port))
            assert (await caller.hear()).startswith(b"220 ")
            assert (await caller.say(b"EHLO mail.example.net\r\n")).startswith(b"250")
            for address in some:
                caller.writer.write(f"MAIL FROM:<{address}>\r\nRCPT TO:<access@example.org>\r\nDATA\r\n".encode())
                assert [(await caller.hear())[:3] for _ in range(3)] == [b"250", b"250", b"354"]
                mail = f"From: {address}\r\nMessage-ID: <{os.urandom(8).hex()}@example.net>\r\n\r\n.\r\n"
                assert (await caller.say(mail.encode())).startswith(b"250 ")
            await caller.hang_up()

    async def settled(self, count: int) -> None:
        """So many mails that came in are understood."""
        while True:
            code, out, _ = await self.running.program.command("status", "--json")
            assert code == 0
            inbox = json.loads(out)["inbox"]
            if sum(n for outcome, n in inbox.items() if outcome != "waiting") >= count:
                return


def cpu_seconds(running: Running) -> float:
    """What the process has used of all cores."""
    fields = Path(f"/proc/{running.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("way", "at_once"), [(Flooded.by_form, 64), (Flooded.by_mail, 4)], ids=["form", "mail"])
async def test_a_flood_for_one_address_and_for_many_ends_at_the_limits(
    sink: Sink, tmp_path: Path, way: Callable[[Flooded, Sequence[str]], Awaitable[None]], at_once: int, size: int
) -> None:
    """`at_once`: connections; who asks by the form waits for its beat, so that it takes more for as much."""
    smtp_port = free_port()
    more = {
        "LETTERKEY_HUB__TRUSTED_PROXIES": "127.0.0.1/32",
        "LETTERKEY_INBOUND__SMTP_LISTEN": f"127.0.0.1:{smtp_port}",
    }
    others = [f"nobody{number}@example.net" for number in range(size)]
    async with shop(sink, tmp_path, f"sqlite:///{tmp_path}/letterkey.db", **more) as running:
        await running.tell([sale(1), sale(2)])
        await sink.wait_for(2)
        flooded, peak = Flooded(running, smtp_port), Peak(running)

        async def flood(addresses: Sequence[str]) -> None:
            await asyncio.gather(*(way(flooded, addresses[part::at_once]) for part in range(at_once)))

        await flood([f"warm{number}@example.net" for number in range(100)])
        before, began, used = peak.start(), time.monotonic(), cpu_seconds(running)

        for addresses in ([VICTIM] * size, others):
            await flood(addresses)
        if way is Flooded.by_mail:
            await flooded.settled(2 * size + 100)

        seconds = time.monotonic() - began
        assert peak.most() - before <= 64 * MEBIBYTE
        assert cpu_seconds(running) - used <= seconds
        print(f"{2 * size} requests in {seconds:.0f} s, {(peak.most() - before) / MEBIBYTE:.0f} MiB more")  # noqa: T201
        await flooded.by_form(["buyer2@example.com"])  # another customer is served as ever
        while not [mail for mail in sink.mails_to("buyer2@example.com") if b"/access/" in mail.raw]:
            await sink.wait_for(len(sink.mails) + 1)
        allowed = 1 + int((time.monotonic() - began) // 60)  # `limits.per_minute`
        links = [mail for mail in sink.mails_to(VICTIM) if b"/access/" in mail.raw]
        assert 1 <= len(links) <= allowed
        assert not [mail for mail in sink.mails if any("nobody" in each for each in mail.recipients)]
