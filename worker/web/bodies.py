"""Reading a request's body: never more than its limit, never for longer than its time, and JSON without surprises."""

import asyncio
from dataclasses import dataclass

from aiohttp import web

from worker.core.acceptance import MAX_DEPTH
from worker.core.strict_json import NotJson, parse
from worker.web.answers import Refusal, refuse

MOST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Parsed:
    """A JSON value."""

    value: object


async def read_body(request: web.Request, seconds: float) -> bytes | Refusal:
    """The body as it was sent."""
    if request.content_length is not None and request.content_length > MOST_BYTES:
        return _too_large()
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        return refuse(415, "is compressed; send it plain")
    try:
        return await _read(request, seconds)
    except web.HTTPRequestEntityTooLarge:
        return _too_large()
    except web.RequestPayloadError:
        return refuse(400, "is not what its headers say; send it again")
    except TimeoutError:
        return refuse(408, f"did not arrive within {seconds:.0f} seconds; send it again", Connection="close")


async def _read(request: web.Request, seconds: float) -> bytes:
    if request.content.is_eof():  # it has come as a whole: nothing is waited for
        return await request.read()
    async with asyncio.timeout(seconds):
        return await request.read()


def _too_large() -> Refusal:
    return refuse(413, f"is larger than {MOST_BYTES} bytes; send less at once")


async def read_json(request: web.Request, seconds: float) -> Parsed | Refusal:
    """The JSON value of a request that says it is JSON."""
    if request.content_type != "application/json":
        return refuse(415, "must be JSON, sent with the header Content-Type: application/json")
    body = await read_body(request, seconds)
    return body if isinstance(body, Refusal) else parse_json(body)


def parse_json(body: bytes) -> Parsed | Refusal:
    """The value of a JSON text in UTF-8: a transaction, or a list of them."""
    try:
        return Parsed(parse(body, MAX_DEPTH + 1))
    except NotJson as error:
        return refuse(400, str(error))
