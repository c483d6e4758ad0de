"""Feeds the sample sales in over a minute, through the same doors that shops and providers use."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from aiohttp import ClientError, ClientSession, ClientTimeout

from worker.clock import now
from worker.demo.samples import Run, as_request

LASTS = 55.0
"""Seconds from the first sample to the last."""


async def feed(hub_url: str, samples: Sequence[Path | bytes], complain: Callable[[str], None]) -> None:
    """Post one sample after the other."""
    mark = str(int(time.time()))
    async with ClientSession(timeout=ClientTimeout(total=10)) as session:
        for number, sample in enumerate(samples):
            await asyncio.sleep(LASTS / max(1, len(samples) - 1) if number else 0)
            request = as_request(sample, Run(mark, now()))
            try:
                async with session.post(hub_url + request.path, data=request.body, headers=request.headers) as answer:
                    if answer.status >= 300:
                        complain(f"A sample was not taken: {answer.status} {(await answer.text())[:300]}")
            except (ClientError, TimeoutError) as error:
                complain(f"A sample could not be posted: {error}")
