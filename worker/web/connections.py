"""Listening sockets: how many connections there may be, how long they may idle, and how they end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from worker.settings import Listen
from worker.web.hub import Patience
from worker.web.hygiene import SERVER

CLOSE_SECONDS = 1.0
"""What an answer has to leave once its request was cut off."""
_FULL = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class CannotListen(Exception):
    """An address can't be listened on; the message says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A listening socket: its real port, where the settings said 0, and which application answers."""

    at: Listen
    _in_hand: "_InHand"

    async def turn_to(self, app: web.Application) -> None:
        """From now on this application answers new requests; those in hand end with the one they began with."""
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()  # makes the application ready to answer; its own server never listens
        server = runner.server
        assert server is not None, "a runner that is set up has a server"
        self._in_hand.handler = server.request_handler


@asynccontextmanager
async def listening(app: web.Application, listen: Listen, patience: Patience) -> AsyncIterator[Bound]:
    """Serve an application. On leaving, finishes what is in hand."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=min(CLOSE_SECONDS, patience.finish_seconds))
    await runner.setup()
    server = runner.server
    assert server is not None, "a runner that is set up has a server"
    in_hand = _InHand(server.request_handler)
    server.request_handler = in_hand.handle
    try:
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(_admitting(server, patience), listen.host, listen.port, backlog=256)
    except OSError as error:
        await runner.cleanup()
        raise CannotListen(f"{listen}: {error.strerror}; choose another address") from error
    try:
        yield Bound(Listen(*listener.sockets[0].getsockname()[:2]), in_hand)
    finally:
        listener.close()
        await in_hand.finish(patience.finish_seconds)
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


class _InHand:
    """The requests in hand. The library stops reading bodies as soon as it stops, so they are waited for before."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self._count = 0
        self._none = asyncio.Event()
        self._none.set()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self._count += 1
        self._none.clear()
        try:
            return await self.handler(request)
        finally:
            self._count -= 1
            if not self._count:
                self._none.set()

    async def finish(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._none.wait(), seconds)


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
