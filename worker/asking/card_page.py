"""A provider's own page for the card of a subscription, asked for while its customer waits."""

import asyncio
from collections.abc import Callable

from worker.asking.conversation import converse
from worker.asking.logins import Logins
from worker.sources.acting import Asked, Page
from worker.sources.ways import Reach

PATIENCE = 10.0
"""Seconds: who waits longer for a page has gone, and a provider that is away shall not hold our pages."""


async def card_page(logins: Logins, now: Callable[[], int], reach: Reach, asked: Asked) -> str | None:
    """Its address, None where none came in time. `now` gives UTC microseconds."""
    if reach.acting is None or reach.account is None:
        return None
    try:
        async with asyncio.timeout(PATIENCE):
            spoken = await converse(logins, reach.acting, reach.account, asked, now)
    except TimeoutError:
        return None
    return spoken.end.url if isinstance(spoken.end, Page) else None
