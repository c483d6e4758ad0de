"""The floor of taking requests: a bare aiohttp handler that reads the body and answers. It prints its port."""

import asyncio
import sys

from aiohttp import web

from bench.loop import run


async def _take(request: web.Request) -> web.Response:
    await request.read()
    return web.json_response({"outcome": "accepted"}, status=201)


async def _serve() -> None:
    app = web.Application()
    app.router.add_post("/{path:.*}", _take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1])
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    run(_serve())
