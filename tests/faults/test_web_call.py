"""Calls to other people's web servers: whatever they do is a value, and names are found by the resolver that is set."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from support.certificate import Certificate, self_signed
from support.name_server import name_server
from support.ports import free_port
from worker.net.dns import Resolver
from worker.net.web_call import LARGEST, Answer, Call, NoAnswer, Why, calling


@asynccontextmanager
async def web_server(certificate: Certificate | None = None) -> AsyncIterator[int]:
    async def echo(request: web.Request) -> web.Response:
        words = f"{request.method} {request.host} {await request.text()}"
        return web.Response(text=words, headers={"X-Key": request.headers.get("Authorization", "")})

    async def away(request: web.Request) -> web.Response:
        raise web.HTTPFound("/")

    async def large(request: web.Request) -> web.Response:
        return web.Response(body=b"x" * (LARGEST + 1))

    app = web.Application()
    app.add_routes([web.route("*", "/", echo), web.get("/away", away), web.get("/large", large)])
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    tls = certificate.server_context() if certificate else None
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls).start()
    try:
        yield port
    finally:
        await runner.cleanup()


async def test_an_answer_comes_as_it_is() -> None:
    async with web_server() as port, calling() as call:
        asked = Call(f"http://127.0.0.1:{port}/", "POST", {"Authorization": "Bearer k"}, b"words")
        found = await call(asked)
        assert isinstance(found, Answer)
        assert (found.status, found.headers["x-key"], found.body) == (
            200, "Bearer k", f"POST 127.0.0.1:{port} words".encode(),
        )  # fmt: skip
        moved = await call(Call(f"http://127.0.0.1:{port}/away"))
        assert isinstance(moved, Answer)
        assert moved.status == 302
        assert await call(Call(f"http://127.0.0.1:{port}/large")) == NoAnswer(Why.TOO_LARGE)
        assert "Bearer" not in repr(asked)


async def test_names_are_found_by_the_resolver_that_is_given() -> None:
    async with web_server() as port, name_server({("shop.example", "A"): ["127.0.0.1"]}) as names:
        async with calling(Resolver([("127.0.0.1", names.port)])) as call:
            found = await call(Call(f"http://shop.example:{port}/"))
            assert isinstance(found, Answer)
            assert found.body.startswith(f"GET shop.example:{port}".encode())
            missed = await call(Call(f"http://other.example:{port}/"))
        assert isinstance(missed, NoAnswer)
        assert missed.why is Why.NAME_UNKNOWN


async def test_a_server_that_is_not_there_or_speaks_something_else() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with (
        await asyncio.start_server(babble, "127.0.0.1", 0) as babbling,
        await asyncio.start_server(hang, "127.0.0.1", 0) as hanging,
        calling() as call,
    ):
        for server, why in ((babbling, Why.NOT_HTTP), (hanging, Why.TOO_SLOW)):
            port = server.sockets[0].getsockname()[1]
            found = await call(Call(f"http://127.0.0.1:{port}/", seconds=0.3))
            assert isinstance(found, NoAnswer)
            assert found.why is why
        nobody = await call(Call(f"http://127.0.0.1:{free_port()}/"))
        assert isinstance(nobody, NoAnswer)
        assert nobody.why is Why.NOBODY_THERE


@pytest.mark.parametrize(("name", "days", "words"), [("localhost", -3, "expired"), ("other.example", 30, "mismatch")])
async def test_a_bad_certificate(
    name: str, days: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = self_signed(tmp_path, name, days)
    monkeypatch.setenv("SSL_CERT_FILE", str(bad.cert_file))
    async with web_server(bad) as port, calling() as call:
        found = await call(Call(f"https://localhost:{port}/"))
    assert isinstance(found, NoAnswer)
    assert found.why is Why.CERTIFICATE
    assert words in found.detail.lower()
