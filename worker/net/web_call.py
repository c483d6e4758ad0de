"""HTTP requests to other people's servers: a request value goes out, an answer value comes back.

Rules: certificates are checked and redirects not followed; size and time have limits; what goes wrong is a value too,
and says nothing of what was sent, for that may hold a key.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from worker.core.web_call import Answer, Call, Caller, NoAnswer, Why
from worker.mail.lookup import Kind
from worker.net.dns import Resolver

__all__ = ["LARGEST", "Answer", "Call", "Caller", "NoAnswer", "Why", "calling"]

LARGEST = 4 * 1024 * 1024
"""Bytes of an answer: a hundred of a provider's largest objects stay well below."""
_RECORDS: tuple[tuple[socket.AddressFamily, Kind], ...] = ((socket.AF_INET, "A"), (socket.AF_INET6, "AAAA"))


@asynccontextmanager
async def calling(resolver: Resolver | None = None) -> AsyncIterator[Caller]:
    """Make calls while the context lasts, over connections that are kept. Names are found by `resolver`, if given."""
    by_ours = _ByOurResolver(resolver) if resolver is not None else None
    connector = aiohttp.TCPConnector(resolver=by_ours, ssl=ssl.create_default_context())
    async with aiohttp.ClientSession(connector=connector, auto_decompress=True) as session:

        async def call(asked: Call) -> Answer | NoAnswer:
            try:
                return await _call(session, asked)
            except Exception as error:  # whatever a stranger's server provokes in the library
                return NoAnswer(_why(error), _detail(error))

        yield call


async def _call(session: aiohttp.ClientSession, asked: Call) -> Answer | NoAnswer:
    timeout = aiohttp.ClientTimeout(total=asked.seconds)
    async with session.request(
        asked.method, asked.url, headers=asked.headers, data=asked.body, allow_redirects=False, timeout=timeout
    ) as answer:
        body = bytearray()
        async for piece in answer.content.iter_any():
            body += piece
            if len(body) > LARGEST:
                return NoAnswer(Why.TOO_LARGE)
        return Answer(answer.status, {name.lower(): value for name, value in answer.headers.items()}, bytes(body))


def _why(error: Exception) -> Why:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return Why.NAME_UNKNOWN
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            return Why.CERTIFICATE
        case aiohttp.ClientConnectorError():
            return Why.NOBODY_THERE
        case TimeoutError():
            return Why.TOO_SLOW
        case _:
            return Why.NOT_HTTP


def _detail(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return str(getattr(error.certificate_error, "verify_message", error.certificate_error))
    return str(error) or type(error).__name__


class _ByOurResolver(AbstractResolver):
    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = [
            _result(host, address, port, kind)
            for kind, record in _RECORDS
            if family in (socket.AF_UNSPEC, kind)
            for address in await asyncio.to_thread(self._resolver.ask, host, record) or ()
        ]
        if not found:
            raise OSError(f"no address for {host}")
        return found

    async def close(self) -> None:
        return None


def _result(host: str, address: str, port: int, family: socket.AddressFamily) -> Any:
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)
