"""The demo from start to stop: sink and mailbox, then the worker itself, then the sample sales."""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from worker import app, shipped
from worker.clock import now
from worker.core import instant
from worker.demo import shop
from worker.demo.feed import feed
from worker.demo.letter import read_letter
from worker.demo.mailbox import running_mailbox
from worker.demo.places import demo_folder, free_port, listening
from worker.demo.samples import read_samples
from worker.demo.shop import Ports, set_up_shop
from worker.demo.sink import Kept, KeptMail, running_sink

HUB, OPS, MAILBOX, MAIL_DOOR = 8080, 8081, 8025, 2525
_TRY = {
    "kind": "sale",
    "currency": "EUR",
    "total": 1200,
    "customer": {"email": "you@example.org", "name": "You"},
    "lines": [{"description": "My first sale", "quantity": 1, "unit_amount": 1200}],
}


@dataclass(frozen=True, slots=True)
class Show:
    """What the demo needs from whoever starts it. `command` is how Letterkey was called, for the examples."""

    folder: Path
    keep: bool
    command: str
    say: Callable[[str], None]


async def run_demo(show: Show) -> None:
    """Run until SIGTERM or Ctrl-C. Raises DemoRefused."""
    async with AsyncExitStack() as stack:
        stack.enter_context(demo_folder(show.folder, keep=show.keep))
        kept = Kept(lambda mail: show.say(_arrived(mail)))
        sink_port = await stack.enter_async_context(running_sink(kept))
        door = listening(MAILBOX)
        ports = Ports(free_port(HUB), free_port(OPS), door.getsockname()[1], sink_port, free_port(MAIL_DOOR))
        await stack.enter_async_context(running_mailbox(kept, shop.NAME, door, ports.mail_door))
        settings, file = set_up_shop(show.folder, ports)
        ready = asyncio.Event()
        opening = asyncio.create_task(_open_shop(show, ports, file, ready))
        try:
            await app.run(settings, around=app.Around(ready.set))
        finally:
            opening.cancel()
            with suppress(asyncio.CancelledError):
                await opening


async def _open_shop(show: Show, ports: Ports, file: Path, ready: asyncio.Event) -> None:
    samples = read_samples(shipped.path("data", "samples"))
    await ready.wait()
    show.say(_welcome(show.command, ports, file, len(samples)))
    await feed(ports.hub_url, samples, show.say)
    show.say("That was the last sample. The worker runs on until Ctrl-C.")


def _arrived(mail: KeptMail) -> str:
    letter = read_letter(mail)
    at = time.strftime("%H:%M:%S", time.localtime(letter.at))
    return f"{at}  {letter.recipient:<28}  {letter.subject}"


def _welcome(command: str, ports: Ports, file: Path, samples: int) -> str:
    moved = [
        f"  (port {usual} is taken, so it is {port} here)"
        for usual, port in ((HUB, ports.hub), (OPS, ports.ops), (MAILBOX, ports.mailbox))
        if port != usual
    ]
    sale = json.dumps({"id": "try-1", "occurred_at": instant.iso(now() // 1_000_000 * 1_000_000), **_TRY})
    lines = [
        "",
        f"Letterkey's demo: {shop.NAME}, a made-up shop with real receipts. Nothing leaves this machine.",
        "",
        f"  {ports.mailbox_url}   every mail; {samples} sales and events come in over a minute",
        f"  {ports.hub_url}/updateinfo/   where customers ask for their purchases",
        f"  {ports.mailbox_url}/write   or write to {shop.ACCESS_ADDRESS}, or reply to a receipt: a link comes, too",
        f"  {ports.hub_url}/console/   the shop's own pages: sign in as {shop.MERCHANT}, and the link comes, too",
        *moved,
        "",
        "To try, in another terminal:",
        "",
        "  A sale of your own through the API. Twice, it's a duplicate, and no second receipt goes:",
        f"    curl -s {ports.hub_url}/api/transactions -H 'Authorization: Bearer {shop.API_KEY}' \\",
        f"      -H 'Content-Type: application/json' -d '{sale}'",
        "",
        "  The same from a file:",
        f"    {command} enqueue --config {file} {_shown(shipped.path('data', 'samples', 'transactions.jsonl'))}",
        "",
        "  What became of a customer's mails, and how much waits:",
        f"    {command} mails --config {file} ada@example.com",
        f"    {command} status --config {file}",
        "",
        "Ctrl-C stops it.",
        "",
    ]
    return "\n".join(lines)


def _shown(path: Path) -> str:
    with suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)
