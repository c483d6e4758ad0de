"""The demo as somebody new meets it: started, looked at, tried out by pasting what it prints, stopped."""

import asyncio
import fcntl
import html
import os
import re
import shlex
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

PATIENCE = 40.0  # for a loaded machine
CHECKOUT = Path(__file__).parents[2]


@dataclass(slots=True)
class Demo:
    """A running demo and what it said so far."""

    process: asyncio.subprocess.Process
    said: list[str] = field(default_factory=list)

    async def until(self, pattern: str) -> str:
        """The first group of the pattern, once a line has it."""
        assert self.process.stdout is not None
        found = None
        async with asyncio.timeout(PATIENCE):
            while found is None:
                line = (await self.process.stdout.readline()).decode()
                assert line, "".join(self.said)
                self.said.append(line)
                found = re.search(pattern, line)
        return found[1]

    async def stop(self, number: signal.Signals) -> tuple[int | None, float]:
        """(exit code, seconds that it took)."""
        began = time.monotonic()
        self.process.send_signal(number)
        await asyncio.wait_for(self.process.communicate(), PATIENCE)
        return self.process.returncode, time.monotonic() - began


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """One test at a time on this machine: all demos want the same ports, and look whether they are free just before."""
    with (Path(tempfile.gettempdir()) / "letterkey-tests-demo.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """As after a first start: everything is compiled. Somebody's own settings are there too, and must not count."""
    return os.environ | {
        "PYTHONPATH": str(CHECKOUT),
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(tmp_path_factory.getbasetemp() / "bytecode"),
        "LETTERKEY_MAIL__SMTP_URL": "smtps://user:password@relay.example.com:465",
    }


@asynccontextmanager
async def demo(folder: Path, environment: dict[str, str], *words: str) -> AsyncIterator[Demo]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "worker", "demo", "--state-dir", str(folder), *words, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Demo(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def pasted(command: str, environment: dict[str, str]) -> str:
    """What a printed command prints when it's pasted into a shell."""
    process = await asyncio.create_subprocess_shell(
        command, env=environment, cwd=CHECKOUT, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0, out
    return out.decode()


async def asked(curl: str) -> str:
    """The outcome of what a curl command asks for, as a shell would take it apart."""
    _, _, url, *options = shlex.split(curl.replace("\\\n", " "))
    given = list(zip(options[::2], options[1::2], strict=True))
    headers = dict(value.split(": ") for name, value in given if name == "-H")
    data = dict(given)["-d"]
    async with aiohttp.ClientSession() as session, session.post(url, headers=headers, data=data) as answer:
        return str((await answer.json())["outcome"])


async def test_the_first_receipt_is_there_to_read(tmp_path: Path, environment: dict[str, str]) -> None:
    async with demo(tmp_path / "demo", environment) as running, aiohttp.ClientSession() as browser:
        mailbox = await running.until(r"(http://127\.0\.0\.1:\d+/dev/mailbox)")
        assert await running.until(r"\d\d:\d\d:\d\d  (\S+@\S+) .*receipt")

        async def page(path: str) -> tuple[str, str]:
            async with browser.get(mailbox + path) as answer:
                assert answer.status == 200
                return await answer.text(), answer.headers["Content-Security-Policy"]

        listed, policy = await page("")
        assert "ada@example.com" in listed
        assert 'http-equiv="refresh"' in listed
        assert "script" not in policy
        mail, _ = await page("/1")
        assert "Atelier Nord: your receipt (€58.31)" in mail
        assert "refresh" not in mail
        frame, policy = await page("/1/frame")
        assert "data:image/png;base64," in frame
        assert "cid:" not in frame
        assert "sandbox" in policy
        assert "default-src 'none'" in policy
        text, _ = await page("/1/text")
        assert re.search(r"Paid €58.31 on \d+ \w+ 20\d\d", text)
        document = re.search(r'href="(http://127\.0\.0\.1:\d+/documents/[^"]+)"', text)
        assert document is not None
        async with browser.get(document[1]) as answer:
            assert answer.status == 200
        source, _ = await page("/1/source")
        assert "Auto-Submitted: auto-generated" in source
        for elsewhere in ("/99", "/"):
            async with browser.get(mailbox + elsewhere) as answer:
                assert (answer.status, answer.url.path) == (200, "/dev/mailbox")
        assert (await running.stop(signal.SIGINT))[0] == 0


async def test_a_link_comes_in_all_three_ways(tmp_path: Path, environment: dict[str, str]) -> None:
    async with demo(tmp_path / "demo", environment) as running, aiohttp.ClientSession() as browser:
        mailbox = await running.until(r"(http://127\.0\.0\.1:\d+/dev/mailbox)  ")
        updateinfo = await running.until(r"(http://127\.0\.0\.1:\d+/updateinfo/)")
        await running.until("(ada@example.com) .*receipt")

        async def written(query: str, **typed: str) -> str:
            async with browser.get(f"{mailbox}/write{query}") as answer:
                form = dict(re.findall(r'name="(\w+)"[^>]* value="([^"]*)"', await answer.text()))
            form = {name: html.unescape(value) for name, value in form.items()} | typed
            async with browser.post(f"{mailbox}/write", data=form) as answer:
                return await answer.text()

        assert 'role="alert"' not in await written("", text="Hello")
        assert await running.until("(ada@example.com) .*your link")
        other = await running.until(r"  ((?!ada@)\S+@\S+) .*receipt")
        async with browser.get(mailbox) as answer:
            number = re.search(rf'mailbox/(\d+)">\s*<span[^>]*>{re.escape(other)}<', await answer.text())
        assert number is not None
        assert 'role="alert"' not in await written(f"?reply={number[1]}", text="Where is my course?")
        words = [await running.until(rf"({re.escape(other)}|help@example\.org) ") for _ in range(2)]
        assert set(words) == {other, "help@example.org"}
        assert "refused it: 550" in await written("", to="nobody@example.org")
        third = await running.until(rf"  ((?!ada@|{re.escape(other)})\S+@\S+) .*receipt")
        own_page = {"Sec-Fetch-Site": "same-origin"}
        async with browser.post(updateinfo, data={"email": third}, headers=own_page) as answer:
            assert answer.status == 200
        assert await running.until(f"({re.escape(third)}) .*your link")


async def test_what_it_prints_works_when_pasted(tmp_path: Path, environment: dict[str, str]) -> None:
    async with demo(tmp_path / "demo", environment) as running:
        await running.until("(Ctrl-C stops it)")
        welcome = "".join(running.said)
        curl = re.search(r"curl .*?}'", welcome, re.DOTALL)
        assert curl is not None
        assert [await asked(curl[0]), await asked(curl[0])] == ["accepted", "duplicate"]
        assert await running.until("(you@example.org) .*€12.00")
        plain = {name: value for name, value in environment.items() if not name.startswith("LETTERKEY_")}
        enqueue, mails, status = (
            re.findall(rf"^ +(\S.*{word}.*)$", welcome, re.MULTILINE)[0]
            for word in (" enqueue --", " mails --", " status --")
        )
        assert "8 accepted" in await pasted(enqueue, plain)
        assert "accepted by the relay" in await pasted(mails, plain)
        assert "Relay         ok" in await pasted(status, plain)
        code, seconds = await running.stop(signal.SIGTERM)
        assert code == 0
        assert seconds < 3


async def test_a_second_start_begins_afresh_or_goes_on(tmp_path: Path, environment: dict[str, str]) -> None:
    async def first_receipt(*words: str) -> str:
        async with demo(tmp_path / "demo", environment, *words) as running, aiohttp.ClientSession() as browser:
            mailbox = await running.until(r"(http://127\.0\.0\.1:\d+/dev/mailbox)")
            assert await running.until("(ada@example.com) ")
            async with browser.get(f"{mailbox}/1/text") as answer:
                number = re.search(r"AN-\d+", await answer.text())
            assert number is not None
            assert (await running.stop(signal.SIGTERM))[0] == 0
            return number[0]

    assert await first_receipt() == "AN-1042"
    assert await first_receipt() == "AN-1042"
    assert await first_receipt("--keep") != "AN-1042"


async def test_a_folder_that_is_no_demos_is_left_alone(tmp_path: Path, environment: dict[str, str]) -> None:
    books = tmp_path / "letterkey.db"
    books.write_bytes(b"ten years of invoices")
    async with demo(tmp_path, environment) as refused:
        _, err = await asyncio.wait_for(refused.process.communicate(), PATIENCE)
        assert refused.process.returncode == 2
    assert b"no demo's" in err
    assert books.read_bytes() == b"ten years of invoices"


async def test_taken_ports_and_a_taken_folder_are_told(tmp_path: Path, environment: dict[str, str]) -> None:
    async with demo(tmp_path / "one", environment) as first:
        await first.until("(Ctrl-C stops it)")
        async with demo(tmp_path / "two", environment) as second:
            await second.until(r"(port 8025 is taken)")
            assert await second.until("(ada@example.com) ")
        async with demo(tmp_path / "one", environment) as third:
            _, err = await asyncio.wait_for(third.process.communicate(), PATIENCE)
            assert third.process.returncode == 2
        assert b"a demo runs in" in err
        assert b"already" in err
