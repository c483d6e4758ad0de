"""Answers that leave on a beat."""

from dataclasses import replace
from typing import cast

import pytest
from aiohttp import web

from worker.clock import system_clock
from worker.web.beat import BEAT, on_the_beat


@pytest.mark.parametrize(
    ("took", "beats"), [(0.0, 1), (0.001, 1), (0.3 * BEAT, 1), (0.99 * BEAT, 1), (1.3 * BEAT, 2), (7.5 * BEAT, 8)]
)
async def test_what_took_longer_leaves_on_the_same_beat(took: float, beats: int) -> None:
    at = 5.03

    async def pass_(seconds: float) -> None:
        nonlocal at
        at += seconds

    async def answer(request: web.Request) -> web.Response:
        await pass_(took)
        return web.Response(text="asked")

    beating = on_the_beat(replace(system_clock(), monotonic=lambda: at, sleep=pass_), answer)
    answered = await beating(cast(web.Request, None))

    assert cast(web.Response, answered).text == "asked"
    assert at - 5.03 == pytest.approx(beats * BEAT)
