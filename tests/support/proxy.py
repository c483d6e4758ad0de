"""A small reverse proxy with TLS, as a merchant has one in front of the hub, and set up wrongly on request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from support.certificate import Certificate


@asynccontextmanager
async def proxy(certificate: Certificate, to: str, port: int, *, keeps_host: bool = True) -> AsyncIterator[None]:
    """On loopback at `port`, before what answers at `to`; without `keeps_host` it hides which name was asked for."""
    async with aiohttp.ClientSession(auto_decompress=False) as session:

        async def pass_on(request: web.Request) -> web.Response:
            headers = {"Host": request.host} if keeps_host else {}
            try:
                async with session.get(f"{to}{request.path_qs}", headers=headers, allow_redirects=False) as answer:
                    kept = {name: value for name, value in answer.headers.items() if name.startswith("Letterkey-")}
                    return web.Response(status=answer.status, body=await answer.read(), headers=kept)
            except aiohttp.ClientError:
                return web.Response(status=502)

        app = web.Application()
        app.router.add_get("/{path:.*}", pass_on)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port, ssl_context=certificate.server_context()).start()
        try:
            yield
        finally:
            await runner.cleanup()
