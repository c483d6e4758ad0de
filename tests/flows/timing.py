"""How much longer customers wait for an answer than strangers."""

import asyncio
import statistics
import time
from collections.abc import Mapping
from types import MappingProxyType

from flows.hub import Visitor
from flows.way_in import Browser

_AT_ONCE = 10


async def difference(
    visitor: Visitor,
    each: int,
    path: str = "/updateinfo/",
    *,
    field: str = "email",
    ending: str = "@example.com",
    also: Mapping[str, str] = MappingProxyType({}),
) -> float:
    """Between the medians of `each` customers (c0000 and on) and as many strangers (s0000), in seconds.

    They take turns at coming first, in some browsers at once. All answers must look alike.
    """
    taken: dict[str, list[float]] = {"c": [], "s": []}
    sizes = set()

    async def ask(numbers: range) -> None:
        browser = Browser(visitor)
        for number in numbers:
            for kind in ("c", "s") if number // _AT_ONCE % 2 else ("s", "c"):
                began = time.perf_counter()
                answer = await browser.post(path, **{field: f"{kind}{number:04}{ending}", **also})
                taken[kind].append(time.perf_counter() - began)
                sizes.add((answer.status, len(answer.body)))

    await asyncio.gather(*(ask(range(first, each, _AT_ONCE)) for first in range(_AT_ONCE)))
    assert len(sizes) == 1
    return abs(statistics.median(taken["c"]) - statistics.median(taken["s"]))
