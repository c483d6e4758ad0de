"""Whether the database answers."""

import asyncio

from worker.store.engine import Store, StoreUnavailable, Tx


async def answers(store: Store, seconds: float) -> bool:
    """Whether it takes a write, be it an empty one, within this time: what hangs says so by saying nothing."""
    try:
        async with asyncio.timeout(seconds):
            await store.write(_nothing)
    except (StoreUnavailable, TimeoutError):
        return False
    return True


async def _nothing(tx: Tx) -> None:
    return None
