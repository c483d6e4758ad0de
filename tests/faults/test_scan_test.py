"""`letterkey scan-test` aimed at sign-in pages that are good, and at ones that are bad in one way each."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from worker.net import scanners

PATIENCE = 60.0  # for Chromium on a loaded machine
CHECKOUT = Path(__file__).parents[2]
TWO_BUTTONS = """<form action="/a" method="post"><input name="kept" value="1">
<button name="press" value="in">In</button><button name="press" value="out">Out</button>
<button type="button" name="never">x</button></form>
<form action="/b" method="post"><input type="submit" name="go" value="Go"></form>
<form action="/c" method="post"><input name="word" value="w"></form><input name="outside">"""
BY_SCRIPT = "<form method=post action=/press></form><script>document.forms[0].submit()</script>"


@dataclass(slots=True)
class Page:
    """A sign-in page; `spends` says which requests end its link."""

    body: str = "<p>Sign in</p>"
    spends: Callable[[web.Request], bool] = lambda request: False
    cookie: bool = False
    spent: bool = False
    asked: list[tuple[str, str, str, dict[str, str]]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        sent = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append((request.method, request.path, request.headers["Host"], sent))
        if self.spent and request.path == "/in":
            return web.Response(status=410)
        self.spent = self.spent or self.spends(request)
        answer = web.Response(text=self.body if request.path == "/in" else "", content_type="text/html")
        if self.cookie:
            answer.set_cookie("session", "1")
        return answer


@asynccontextmanager
async def serving(page: Page, host: str = "127.0.0.1") -> AsyncIterator[int]:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", page.answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, 0).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def scan_test(url: str, **environment: str) -> tuple[int | None, str]:
    """(exit code, the table) of the command."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "worker", "scan-test", url, cwd=CHECKOUT,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"} | environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    return process.returncode, said.decode()


def spent_by(table: str) -> dict[str, str]:
    """What the table's last column says, by profile."""
    return {line[:30].strip(): line.split()[-1] for line in table.splitlines()[1:] if line.strip()}


BAD = {
    "by GET": (Page(spends=lambda request: request.method == "GET"), "HEAD", "yes"),
    "by HEAD": (Page(spends=lambda request: request.method == "HEAD"), "HEAD", "yes"),
    "by following a link": (
        Page('<a href="/go">go</a>', lambda request: request.path == "/go"),
        "all links followed",
        "yes",
    ),
    "by opening a session": (Page(cookie=True), "GET", "perhaps"),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_link_that_is_spent_by_looking_fails(name: str) -> None:
    page, profile, word = BAD[name]
    async with serving(page) as port:
        code, table = await scan_test(f"http://127.0.0.1:{port}/in", PATH="/nonexistent")
    assert code == 1, table
    assert spent_by(table)[profile] == word


@pytest.mark.browser
async def test_a_link_that_is_spent_by_a_script_fails(chromium: Path) -> None:
    page = Page(BY_SCRIPT, lambda request: request.path == "/press")
    async with serving(page) as port:
        code, table = await scan_test(f"http://127.0.0.1:{port}/in")
    assert code == 1, table
    assert spent_by(table)["GET"] == "no"
    assert spent_by(table)["GET, scripting browser"] == "yes"


async def test_a_link_that_only_a_press_spends_passes() -> None:
    page = Page(TWO_BUTTONS, lambda request: request.method == "POST")
    async with serving(page) as port:
        code, table = await scan_test(f"http://127.0.0.1:{port}/in", PATH="/nonexistent")
    assert code == 0, table
    assert spent_by(table)["every button pressed"] == "yes"
    assert "not run: no Chromium found" in table


async def test_every_button_of_a_form_is_pressed_by_itself() -> None:
    page = Page(TWO_BUTTONS)
    async with serving(page) as port:
        await scanners.press_buttons(f"http://127.0.0.1:{port}/in")
    assert [(path, sent) for method, path, _, sent in page.asked if method == "POST"] == [
        ("/a", {"kept": "1", "press": "in"}),
        ("/a", {"kept": "1", "press": "out"}),
        ("/b", {"go": "Go"}),
        ("/c", {"word": "w"}),
    ]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
async def test_this_machines_names_are_asked_from_several_addresses(host: str) -> None:
    page = Page()
    async with serving(page) as port:
        scanned = await scanners.several_addresses(f"http://{host}:{port}/in")
    assert scanned.statuses == (200, 200, 200), scanned
    assert {asked_host for _, _, asked_host, _ in page.asked} == {f"{host}:{port}"}


async def test_a_far_page_or_a_closed_port_is_not_asked_from_several_addresses() -> None:
    async with serving(Page()) as port:
        pass
    assert (await scanners.several_addresses(f"http://[::1]:{port}/in")).not_run == "127.0.0.1 doesn't answer"
    far = await scanners.several_addresses("https://shop.example/in")
    assert far.not_run == "only for a page on this machine"


async def test_a_chromium_that_fails_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o700)
    async with serving(Page()) as port:
        code, table = await scan_test(f"http://127.0.0.1:{port}/in", PATH=f"{tmp_path}:/usr/bin:/bin")
    assert code == 0, table
    assert "not run: Chromium failed: " in table
    assert "Traceback" not in table
