"""One IMAP connection that tells of its end: the library's protocol, with a guard around all that goes in and out.

The library (aioimaplib 2.0) doesn't tell a waiting command that the connection is gone (its issue 110), hangs for ever
when more than about a thousand lines come at once (118), and never answers a refused token. So here: every command is
raced against the end of the connection and a limit of time, what comes in is handed over in small pieces and counted
against what the command may bring, and a connection that went wrong once is never used again.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Iterator
from typing import Any, TypeVar

from aioimaplib.aioimaplib import AioImapException, IMAP4ClientProtocol

from worker.core.mailbox import Fault

T = TypeVar("T")

LINES_AT_ONCE = 64
ROOM = 1024 * 1024
"""Bytes that the answer to an ordinary command may have."""
MOST_RECORDS = 100
"""Mails in one answer: more than are ever asked for at a time."""
_FETCHED = re.compile(rb"\* \d+ FETCH \(", re.IGNORECASE)
_SOME_LINES = re.compile(rb"(?:[^\n]*\n){1,%d}" % LINES_AT_ONCE)
_KEEP_ALIVE = (("TCP_KEEPIDLE", 20), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))
"""A peer whose machine is gone is found out within 50 seconds."""


class MailboxFault(Exception):
    """The mailbox can't be used now; the connection is of no more use. `detail` is a word for the journal."""

    def __init__(self, fault: Fault, detail: str = "") -> None:
        super().__init__(f"{fault}: {detail}" if detail else fault.value)
        self.fault = fault
        self.detail = detail


class Wire(IMAP4ClientProtocol):  # type: ignore[misc]  # the library has no types
    """`news` is set whenever the server says how many mails there are now."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.gone: asyncio.Future[None] = loop.create_future()
        self.news = asyncio.Event()
        self._room, self._records = ROOM, 0
        self._limit: asyncio.Timeout | None = None
        self._seconds, self._pace, self._came = 0.0, 0, 0
        self._why: MailboxFault | None = None
        super().__init__(loop, self._lost)

    async def ask(self, command: Awaitable[T], seconds: float, room: int = ROOM, pace: int = 0) -> T:
        """What a command of the library brings, at most `room` bytes in `seconds`. Raises MailboxFault.

        With `pace` the seconds begin anew after each so many bytes: who is slow may go on, who stops is found out.
        """
        self._room, self._records = room, 0
        self._seconds, self._pace, self._came = seconds, pace, 0
        task: asyncio.Future[T] = asyncio.ensure_future(command)
        waited: set[asyncio.Future[Any]] = {task, self.gone}
        try:
            async with asyncio.timeout(seconds) as self._limit:
                await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            raise self._give_up(Fault.SILENT) from None
        finally:
            self._limit = None
            if not task.done():
                task.cancel()
        if not task.done():
            raise self._why or MailboxFault(Fault.LOST)
        return self._result(task)

    def finish(self) -> None:
        """End the connection and all that waits for it."""
        for task in tuple(self.tasks):
            task.cancel()
        if self.transport is not None:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        self._room -= len(data)
        if self._room < 0:
            self._give_up(Fault.GARBLED, "more than was asked for")
            return
        self._go_on(len(data))
        try:
            for piece in _pieces(data):
                super().data_received(piece)
        except Exception as error:  # whatever a server may say to a library of this age
            self._give_up(Fault.GARBLED, type(error).__name__)

    def _go_on(self, count: int) -> None:
        self._came += count
        if self._limit is not None and self._pace and self._came >= self._pace and not self._limit.expired():
            self._came = 0
            self._limit.reschedule(asyncio.get_running_loop().time() + self._seconds)

    async def welcome(self, command: bytes) -> None:
        try:
            await super().welcome(command)
        except Exception:  # a server that greets with BYE, or no IMAP server at all
            self._give_up(Fault.LOST if b"BYE" in command else Fault.GARBLED, "greeting")

    def _untagged_response(self, line: bytes) -> Any:
        if line.upper().startswith(b"* BYE"):
            self._give_up(Fault.LOST, "BYE")
        elif line.upper().endswith(b" EXISTS"):
            self.news.set()
        elif _FETCHED.match(line) and self._unasked(line):
            return None
        return super()._untagged_response(line)

    def _unasked(self, line: bytes) -> bool:
        """Flags that somebody changed, thousands at once when a folder is marked as read: the library would look
        through all that came for each that comes.
        """
        if b"BODY[" not in line.upper():
            return True
        self._records += 1
        if self._records > MOST_RECORDS:
            self._give_up(Fault.GARBLED, "more mails than were asked for")
        return self._records > MOST_RECORDS

    def _continuation(self, line: bytes) -> None:
        command = self.pending_sync_command
        if command is not None and command.name == "AUTHENTICATE":
            self.transport.write(b"\r\n")  # the reasons for a refusal are read; now the refusal itself comes
        else:
            super()._continuation(line)

    def _lost(self, error: Exception | None) -> None:
        if not self.gone.done():
            self.gone.set_result(None)

    def _give_up(self, fault: Fault, detail: str = "") -> MailboxFault:
        self._why = self._why or MailboxFault(fault, detail)
        if self.transport is not None:
            self.transport.abort()
        return self._why

    def _result(self, task: "asyncio.Future[T]") -> T:
        try:
            return task.result()
        except AioImapException as error:
            raise self._why or self._give_up(Fault.GARBLED, type(error).__name__) from None
        except (ValueError, LookupError, AttributeError) as error:  # how the library fails on odd answers
            raise self._why or self._give_up(Fault.GARBLED, type(error).__name__) from error


async def connect(host: str, port: int, tls: ssl.SSLContext | None, seconds: float) -> Wire:
    """A connection that was greeted and knows what the server can do. Raises MailboxFault."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            transport, wire = await loop.create_connection(Wire, host, port, ssl=tls)
    except TimeoutError:
        raise MailboxFault(Fault.SILENT, "connect") from None
    except ssl.SSLCertVerificationError as error:
        raise MailboxFault(Fault.UNREACHABLE, f"its certificate is not trusted ({error.verify_message})") from None
    except (OSError, UnicodeError) as error:  # asyncio encodes the host's name before it looks it up
        raise MailboxFault(Fault.UNREACHABLE, type(error).__name__) from None
    _keep_alive(transport)
    try:
        await wire.ask(wire.wait("AUTH|NONAUTH"), seconds)
    except BaseException:
        wire.finish()
        raise
    return wire


def _keep_alive(transport: asyncio.BaseTransport) -> None:
    line = transport.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEP_ALIVE:
        if hasattr(socket, name):  # not on every system
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _pieces(data: bytes) -> Iterator[bytes]:
    """The same bytes, a few lines at a time: the library takes each line of a piece one call deeper."""
    if data.count(b"\n") <= LINES_AT_ONCE:
        yield data
        return
    end = 0
    for match in _SOME_LINES.finditer(data):
        end = match.end()
        yield match[0]
    if end < len(data):
        yield data[end:]
