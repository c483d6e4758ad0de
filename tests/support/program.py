"""The real program as a process: started as a merchant starts it, killed as a power cut kills it."""

import asyncio
import json
import os
import re
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from support.ports import free_port
from support.preloaded import Forked, fork

API_KEY = "key-of-the-program-0123456789abcdef"
PATIENCE = 30.0  # seconds: for a loaded machine
_CHECKOUT = Path(__file__).parents[2]
_PYTHON = {
    "PYTHONPATH": str(_CHECKOUT),
    # Compiled once for all starts, also where the environment forbids to leave compiled files in the checkout.
    "PYTHONDONTWRITEBYTECODE": "",
    "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "letterkey-tests-compiled"),
}


_CALLED = (sys.executable, "-m", "worker")
_FORKS = hasattr(os, "pidfd_open") and "COVERAGE_PROCESS_CONFIG" not in os.environ
"""Of what is forked coverage sees nothing: then each process is started for itself."""
Process = asyncio.subprocess.Process | Forked


@dataclass(frozen=True, slots=True)
class Program:
    """How it is started: its settings as environment variables, what stands before its command, where it listens.

    In a `folder` of a merchant's it finds its settings in the letterkey.toml there; only where it listens is ours.
    """

    settings: Mapping[str, str]
    before: Sequence[str] = ()
    called: Sequence[str] = _CALLED
    folder: Path | None = None
    port: int = field(default_factory=free_port)
    ops_port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Ours, without any LETTERKEY_… that somebody left there, which would stop the start."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith("LETTERKEY_")}
        own = {
            "LETTERKEY_HUB__LISTEN": f"127.0.0.1:{self.port}",
            "LETTERKEY_OPS__LISTEN": f"127.0.0.1:{self.ops_port}",
        }
        if self.folder is None:
            own |= {"LETTERKEY_BASE_URL": self.url, "LETTERKEY_API_KEYS": API_KEY}
        return {**plain, **own, **self.settings, **_PYTHON}

    async def command(self, *words: str, given: bytes | None = None) -> tuple[int, str, str]:
        """Run a `letterkey` command to its end: (exit code, standard output, standard error)."""
        process = await self._process(*words, given=given is not None)
        out, err = await asyncio.wait_for(process.communicate(given), PATIENCE)
        return process.returncode or 0, out.decode(), err.decode()

    async def started(self, *words: str, given: bytes) -> Process:
        """A command at work, to which all was said that it will hear."""
        process = await self._process(*words, given=True)
        assert process.stdin is not None
        process.stdin.write(given)
        process.stdin.close()
        return process

    async def killed_after(self, seconds: float, *words: str) -> None:
        """Run a command and end it as a power cut does, wherever it may be then, if it hasn't come to its end."""
        process = await self._process(*words)
        try:
            await asyncio.wait_for(process.communicate(), seconds)
        except TimeoutError:
            with suppress(ProcessLookupError):  # it may come to its end at this very moment
                process.kill()
        await process.wait()

    @asynccontextmanager
    async def running(self, *words: str) -> AsyncIterator["Running"]:
        """`letterkey run`, ready; killed at the end where the test has not stopped it."""
        process = await self._process("run", *words)
        running = Running(self, process)
        errors = asyncio.create_task(running.listen())
        try:
            await running.until_ready()
            yield running
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            await errors

    async def _process(self, *words: str, given: bool = False) -> Process:
        folder = str(self.folder or self.settings.get("LETTERKEY_STATE_DIR", "/"))
        if not self.before and self.called == _CALLED and _FORKS:
            return await fork(words, self.environment, folder, given=given)
        return await asyncio.create_subprocess_exec(
            *self.before, *self.called, *words,
            env=self.environment, cwd=folder,
            stdin=asyncio.subprocess.PIPE if given else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip


@dataclass(slots=True)
class Running:
    """A `letterkey run` that answers."""

    program: Program
    process: Process
    journal: list[str] = field(default_factory=list)
    _spoke: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        """Keep what it says on standard error."""
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.journal.append(line.decode().rstrip())
            self._spoke.set()

    def notes(self, event: str) -> list[dict[str, Any]]:
        """What the journal says of one kind."""
        lines = (json.loads(line) for line in self.journal if line.startswith("{"))
        return [note for note in lines if note["what"] == event]

    async def note(self, event: str, count: int) -> dict[str, Any]:
        """The journal's `count`-th line of a kind, once it is there."""
        async with asyncio.timeout(PATIENCE):
            while len(found := self.notes(event)) < count:
                self._spoke.clear()
                await self._spoke.wait()
        return found[count - 1]

    async def until_ready(self) -> None:
        """It answers /readyz. Raises AssertionError with its words where it ended instead."""
        async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as session:
            while self.process.returncode is None:
                try:
                    async with session.get(f"http://127.0.0.1:{self.program.ops_port}/readyz") as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.02)
        raise AssertionError("the program ended: " + "\n".join(self.journal))

    async def tell(self, transactions: list[dict[str, object]]) -> list[str]:
        """Tell the API; returns the ids that it says are accepted."""
        headers = {"Authorization": f"Bearer {API_KEY}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.post(f"{self.program.url}/api/transactions", json=transactions) as answer,
        ):
            assert answer.status == 200, await answer.text()
            return [each["id"] for each in await answer.json() if each["outcome"] == "accepted"]

    async def kill(self) -> None:
        """As a power cut: no time for anything."""
        self.process.kill()
        await self.process.wait()

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """As a supervisor does; returns the exit code."""
        self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), PATIENCE)


class Peak:
    """The memory of a process: what it has, and the most since it was last asked, in bytes."""

    def __init__(self, running: Running) -> None:
        self._folder = Path(f"/proc/{running.process.pid}")

    def start(self) -> int:
        (self._folder / "clear_refs").write_text("5")
        return self.most()

    def most(self) -> int:
        found = re.search(r"VmHWM:\s+(\d+) kB", (self._folder / "status").read_text())
        assert found is not None
        return int(found[1]) * 1024
