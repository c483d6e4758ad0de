"""Answers that leave on a beat, so that the time they took tells nothing about what was found.

A customer costs the database some statements more than a stranger and has a mail composed: milliseconds that can be
measured from afar (CWE-208). Between two beats all answers wait for the next.
"""

from aiohttp import web
from aiohttp.typedefs import Handler

from worker.clock import Clock

BEAT = 0.1
"""Seconds: many times what such an answer takes, and no more than a person notices."""


def on_the_beat(clock: Clock, handler: Handler) -> Handler:
    """The same answers, each a whole number of beats after its request came."""

    async def answered(request: web.Request) -> web.StreamResponse:
        began = clock.monotonic()
        answer = await handler(request)
        await clock.sleep(BEAT - (clock.monotonic() - began) % BEAT)
        return answer

    return answered
