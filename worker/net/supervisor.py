"""Whoever supervises this program (systemd): told when it is ready, reloads, stops, and that it still answers.

The protocol is sd_notify(3): lines in a datagram to a socket that the environment names. Without one nothing is told,
and what can't be told is left: it must never stop the program.
"""

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Supervisor:
    """`address` is a path, or `@` and a name without a file; `patience` the seconds after which it restarts us."""

    address: str = ""
    patience: float | None = None

    def ready(self, status: str) -> None:
        """All doors are open, at the start or again after a reload; `status` is for people."""
        self._tell("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """Settings are read anew; `ready` ends it."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}", "STATUS=reloading")

    def stopping(self) -> None:
        """No new work is begun; what is in hand may take as long as its time to stop."""
        self._tell("STOPPING=1", "STATUS=finishing what is in hand")

    async def hear(self, answers: Callable[[float], Awaitable[bool]]) -> None:
        """Until cancelled: say that we live, as often as is asked for, while `answers` is true within its seconds.

        A frozen loop says nothing by itself.
        """
        if self.patience is None:
            return
        while True:
            pause = self.patience / 4
            if await answers(pause):
                self._tell("WATCHDOG=1")
            else:
                self._tell("STATUS=the database does not answer")
            await asyncio.sleep(pause)

    def _tell(self, *lines: str) -> None:
        if not self.address:
            return
        place = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)  # a supervisor that doesn't read must not hold the loop
            sender.sendto("\n".join(lines).encode(), place)


def supervisor_of(environ: Mapping[str, str]) -> Supervisor:
    """The one that the environment names."""
    address, microseconds = environ.get("NOTIFY_SOCKET", ""), environ.get("WATCHDOG_USEC", "")
    meant = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    patience = int(microseconds) / 1_000_000 if meant and microseconds.isdecimal() and int(microseconds) else None
    return Supervisor(address if address.startswith(("/", "@")) else "", patience)
