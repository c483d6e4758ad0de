"""The program's processes, forked from one that has imported the program already.

Importing, compiling templates and reading queries cost more than a second of a core, and there are hundreds of starts
in a run of the tests.

Rules: what is forked has nothing but what an exec'ed process has: its three files, its environment, its folder, the
signals that are ignored; it ends as Python ends. It is a child of the test process (which is a subreaper, prctl(2)), so
that it is waited for as any.
"""

import asyncio
import ctypes
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NoReturn

_PR_SET_CHILD_SUBREAPER = 36
_LONGEST_ORDER = 1 << 20
_SERVE = "from support.preloaded import serve; serve({})"


@dataclass(slots=True)
class Forked:
    """A process of the program's, with what the tests use of asyncio's Process."""

    pid: int
    stdin: asyncio.StreamWriter | None
    stdout: asyncio.StreamReader
    stderr: asyncio.StreamReader
    returncode: int | None = None
    _ended: asyncio.Event = field(default_factory=asyncio.Event)

    def watch(self) -> None:
        """Notice its end, whoever waits for it."""
        handle, loop = os.pidfd_open(self.pid), asyncio.get_running_loop()

        def ended() -> None:
            loop.remove_reader(handle)
            os.close(handle)
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            self._ended.set()

        loop.add_reader(handle, ended)

    async def wait(self) -> int:
        """Its exit code, once it ended; negative: the signal that ended it."""
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode

    async def communicate(self, given: bytes | None = None) -> tuple[bytes, bytes]:
        """Say `given`, and hear all that it says until its end."""
        if self.stdin is not None:
            self.stdin.write(given or b"")
            self.stdin.close()
        out, err, _ = await asyncio.gather(self.stdout.read(), self.stderr.read(), self.wait())
        return out, err

    def send_signal(self, number: int) -> None:
        """Raises ProcessLookupError where it ended."""
        if self.returncode is not None:
            raise ProcessLookupError
        os.kill(self.pid, number)

    def kill(self) -> None:
        """As a power cut."""
        self.send_signal(signal.SIGKILL)


async def fork(words: Sequence[str], environment: Mapping[str, str], folder: str, *, given: bool) -> Forked:
    """A process that runs `letterkey` with these words. `given`: something will be said to it."""
    said, heard, complained = (os.pipe() for _ in range(3))
    nothing = os.open(os.devnull, os.O_RDONLY)
    theirs = (said[0] if given else nothing, heard[1], complained[1])
    ignored = [int(each) for each in signal.valid_signals() if signal.getsignal(each) is signal.SIG_IGN]
    order = {"words": list(words), "environment": dict(environment), "folder": folder, "ignored": ignored}
    pid = await asyncio.to_thread(_order, json.dumps(order).encode(), theirs)
    for each in {*theirs, nothing, said[0]}:
        os.close(each)
    if not given:
        os.close(said[1])
    forked = Forked(
        pid, await _writer(said[1]) if given else None, await _reader(heard[0]), await _reader(complained[0])
    )
    forked.watch()
    return forked


async def _reader(end: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(end, "rb", 0))
    return reader


async def _writer(end: int) -> asyncio.StreamWriter:
    loop = asyncio.get_running_loop()
    protocol = asyncio.StreamReaderProtocol(asyncio.StreamReader())
    transport, _ = await loop.connect_write_pipe(lambda: protocol, os.fdopen(end, "wb", 0))
    return asyncio.StreamWriter(transport, protocol, None, loop)


def _order(order: bytes, files: Sequence[int]) -> int:
    channel, _ = _ready()
    socket.send_fds(channel, [order], files)
    return int(channel.recv(20))


@cache
def _ready() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """The process that has everything imported, and the way to it; started when it is first needed."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _LONGEST_ORDER)
    path = os.pathsep.join(map(str, (Path(__file__).parents[1], Path(__file__).parents[2])))
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVE.format(theirs.fileno())],
        env={**os.environ, "PYTHONPATH": path},
        pass_fds=[theirs.fileno()],
    )
    theirs.close()
    return ours, process


def serve(channel_number: int) -> None:
    """Fork whoever is ordered, until whoever orders is gone."""
    import worker.app
    import worker.cli
    from support.compiled import compile_once
    from worker.render.brand import Brand
    from worker.render.stationery import collect
    from worker.store.named_queries import load

    worker.cli.letterkey().resolved_commands()
    load("sqlite")
    load("postgres")
    compile_once()
    stationery = collect(None)
    stationery.compiled(Brand(name="Shop"), stationery.words("en"))
    gc.collect()
    gc.freeze()
    channel = socket.socket(fileno=channel_number)
    while True:
        order, files, _, _ = socket.recv_fds(channel, _LONGEST_ORDER, 3)
        if not order:
            return
        told, tell = os.pipe()
        between = os.fork()  # ends at once, and what it forked becomes the test process's child
        if between == 0:
            pid = os.fork()
            if pid == 0:
                _become(json.loads(order), files)
            os.write(tell, str(pid).encode())
            os._exit(0)
        os.waitpid(between, 0)
        channel.send(os.read(told, 20))
        for each in (told, tell, *files):
            os.close(each)


def _become(order: Mapping[str, object], files: Sequence[int]) -> NoReturn:
    """What an exec'ed `python -m worker` would be."""
    for number, each in enumerate(files):
        os.dup2(each, number)
    os.closerange(3, 256)
    os.environ.clear()
    os.environ.update(order["environment"])  # type: ignore[call-overload]  # said by `fork`
    os.chdir(str(order["folder"]))
    time.tzset()
    for each in order["ignored"]:  # type: ignore[attr-defined]  # likewise
        signal.signal(each, signal.SIG_IGN)
    sys.argv = ["letterkey", *order["words"]]  # type: ignore[misc]  # likewise
    sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: SIM115
    from worker.cli import main

    sys.exit(main())
