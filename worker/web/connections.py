"""Listening sockets: how many connections there may be, how long they may idle, and how they end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from worker.settings import Listen
from worker.web.hub import Patience
from worker.web.hygiene import SERVER

_FULL = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class CannotListen(Exception):
    """An address can't be listened on; the message says which, why, and what to do."""


@asynccontextmanager
async def listening(app: web.Application, listen: Listen, patience: Patience) -> AsyncIterator[Listen]:
    """Serve an application; yields the address that was bound. On leaving, finishes what is in hand."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=patience.finish_seconds)
    await runner.setup()
    server = runner.server
    assert server is not None, "a runner that is set up has a server"
    try:
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(_admitting(server, patience), listen.host, listen.port, backlog=256)
    except OSError as error:
        await runner.cleanup()
        raise CannotListen(f"{listen.host}:{listen.port}: {error.strerror}; choose another address") from error
    try:
        yield Listen(*listener.sockets[0].getsockname()[:2])
    finally:
        listener.close()
        await runner.cleanup()


def _admitting(server: web.Server, patience: Patience) -> Callable[[], asyncio.Protocol]:
    loop = asyncio.get_running_loop()
    # Bodies stay as they were sent: signatures are over those bytes, and a small zip file may unpack to gigabytes. The
    # library's access log would hold whole paths, and so tokens.
    options: dict[str, Any] = {"keepalive_timeout": patience.idle_seconds, "auto_decompress": False, "access_log": None}

    def connect() -> asyncio.Protocol:
        if len(server.connections) >= patience.connections:
            return _TurnedAway()
        return _Connection(server, loop=loop, **options)

    return connect


class _Connection(web.RequestHandler):
    """A connection whose broken requests are answered without the names and versions of libraries."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        answer = super().handle_error(request, status, exc, message)
        answer.headers["Server"] = SERVER
        return answer


class _TurnedAway(asyncio.Protocol):
    """A connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(_FULL)
        transport.close()
