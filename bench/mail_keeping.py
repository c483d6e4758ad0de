"""The mail door alone: the listener, and the database that a mail lies in before its 250. It prints its port."""

import asyncio
import os
import sys

from bench.loop import run
from bench.shop import opened
from worker.inbound import listener
from worker.settings import Listen
from worker.wiring.inbound import inbound_of


async def _serve() -> None:
    async with opened(os.environ) as shop:
        inbound = inbound_of(shop.settings, shop.keys, (shop.store, shop.clock, shop.metrics))
        async with listener(lambda: inbound, Listen("127.0.0.1", 0), asyncio.Event()) as port:
            print(port)
            sys.stdout.flush()
            await asyncio.Event().wait()


if __name__ == "__main__":
    run(_serve())
