"""Reading a request's body: never more than its limit, never for longer than its time, and JSON without surprises.

Rules: what is wrong is told by line and column; a key that stands twice, NaN and deep nesting are refused, since
two readers would understand them differently or not at all.
"""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass

from aiohttp import web

from worker.core.acceptance import MAX_DEPTH
from worker.web.answers import Refusal, refuse

MOST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Parsed:
    """A JSON value."""

    value: object


class _Surprise(ValueError):
    """JSON that parses, but not as everybody would expect; the text says why."""


async def read_body(request: web.Request, seconds: float) -> bytes | Refusal:
    """The body as it was sent."""
    too_large = refuse(413, f"is larger than {MOST_BYTES} bytes; send less at once")
    if request.content_length is not None and request.content_length > MOST_BYTES:
        return too_large
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        return refuse(415, "is compressed; send it plain")
    try:
        async with asyncio.timeout(seconds):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:
        return too_large
    except web.RequestPayloadError:
        return refuse(400, "is not what its headers say; send it again")
    except TimeoutError:
        return refuse(408, f"did not arrive within {seconds:.0f} seconds; send it again", Connection="close")


async def read_json(request: web.Request, seconds: float) -> Parsed | Refusal:
    """The JSON value of a request that says it is JSON."""
    if request.content_type != "application/json":
        return refuse(415, "must be JSON, sent with the header Content-Type: application/json")
    body = await read_body(request, seconds)
    return body if isinstance(body, Refusal) else parse_json(body)


def parse_json(body: bytes) -> Parsed | Refusal:
    """The value of a JSON text in UTF-8."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return refuse(400, f"is not UTF-8 text: byte {error.start + 1} can't be read")
    try:
        value: object = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except json.JSONDecodeError as error:
        return refuse(400, f"is not JSON: line {error.lineno}, column {error.colno}: {_lower(error.msg)}")
    except _Surprise as error:
        return refuse(400, str(error))
    except (ValueError, RecursionError):
        # Numbers of thousands of digits and thousands of brackets: attacks, not transactions.
        return refuse(400, "is not JSON that anybody needs: a number is too long, or values are nested too deeply")
    if _deeper_than(value, MAX_DEPTH + 1):
        return refuse(400, f"is nested more than {MAX_DEPTH + 1} levels deep; a transaction has 4")
    return Parsed(value)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Surprise(f"has the key {twice[:50]!a} twice in one object; which of them counts?")
    return found


def _constant(word: str) -> object:
    raise _Surprise(f"holds {word}, which is no JSON number")


def _deeper_than(value: object, most: int) -> bool:
    level: list[object] = [value]
    for _ in range(most):
        level = [inner for outer in level for inner in _inside(outer)]
    return any(isinstance(each, dict | list) for each in level)


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]
