"""What a supervisor hears: a notify socket as systemd gives one to a program (sd_notify(3))."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class NotifySocket:
    address: str
    receiver: socket.socket

    async def hear(self, seconds: float = 30.0) -> dict[str, str]:
        """The next message. Raises TimeoutError where none comes in time."""
        loop = asyncio.get_running_loop()
        message = await asyncio.wait_for(loop.sock_recv(self.receiver, 4096), seconds)
        return dict(line.split("=", 1) for line in message.decode().split("\n"))

    async def hear_of(self, name: str, seconds: float = 30.0) -> dict[str, str]:
        """The next message that speaks of `name`; others are passed over."""
        async with asyncio.timeout(seconds):
            while name not in (message := await self.hear(seconds)):
                pass
        return message

    async def until_silent(self, seconds: float) -> None:
        """Until nothing has been said for so long."""
        with suppress(TimeoutError):
            while True:
                await self.hear(seconds)

    def forget(self) -> None:
        """Throw away what was said and not heard yet."""
        try:
            while self.receiver.recv(4096):
                pass
        except BlockingIOError:
            pass


@contextmanager
def notify_socket(folder: Path) -> Iterator[NotifySocket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        address = str(folder / "notify")
        receiver.bind(address)
        receiver.setblocking(False)
        yield NotifySocket(address, receiver)
