"""Wake-ups: who waits for a topic hears of every commit that touched it, from this process or another.

A waiter remembers the count it saw before it looked, so no change between looking and waiting is missed.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum


class Topic(StrEnum):
    """What a commit can have changed that a loop waits for."""

    EVENTS = "events"
    TRANSACTIONS = "transactions"
    ANNOUNCEMENTS = "announcements"
    INBOX = "inbox"
    MAILBOX = "mailbox"
    OUTBOX = "outbox"
    ACTIONS = "actions"
    SETTINGS = "settings"


class Changes:
    """Counts of commits per topic, and those who wait for the next one."""

    def __init__(self) -> None:
        self._counts: defaultdict[Topic, int] = defaultdict(int)
        self._waiters: defaultdict[Topic, set[asyncio.Future[None]]] = defaultdict(set)

    def count(self, topic: Topic) -> int:
        """How many changes were seen so far: take it before looking, hand it to `wait`."""
        return self._counts[topic]

    def tell(self, topics: Iterable[Topic]) -> None:
        """Something of these topics was committed."""
        for topic in topics:
            self._counts[topic] += 1
            for waiter in self._waiters.pop(topic, ()):
                if not waiter.done():
                    waiter.set_result(None)

    async def wait(self, topic: Topic, since: int, seconds: float) -> None:
        """Return once `topic` has changed since the count `since`, or after `seconds`."""
        if self._counts[topic] != since or seconds <= 0:
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiters[topic].add(waiter)
        try:
            async with asyncio.timeout(seconds):
                await waiter
        except TimeoutError:
            pass
        finally:
            self._waiters[topic].discard(waiter)
