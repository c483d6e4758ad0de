"""Waiting for company: one COMMIT for all who write at the same time costs less than one for each half of them."""

import asyncio
from collections.abc import Sized

TURNS = 4
"""Turns of the loop in which an answer goes out, and its client's next request comes in and is read."""


async def gather(waiting: Sized, expected: int, most: int) -> None:
    """Let those who wrote just now come back, `expected` of them and no more than `most`.

    It also leaves the loop at rest while the writer's thread is at work, so that they don't fight for the interpreter.
    """
    for _ in range(TURNS):
        if len(waiting) >= min(expected * 3 // 4, most):
            break
        await asyncio.sleep(0)
