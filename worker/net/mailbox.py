"""A mailbox over IMAP: log in, look for new mails, read them without a trace, put what is done into a folder.

Rules: one mail at a time and never more of it than allowed; nothing is marked as read, moved or deleted but by
`put_away`; what the server says is never quoted, for it may quote customers. Every call raises MailboxFault once it
goes wrong.
"""

import asyncio
import re
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from aioimaplib.aioimaplib import quoted

from worker.core.mailbox import Fault
from worker.net.imap_wire import ROOM, MailboxFault, Wire, connect
from worker.net.mailbox_address import MailboxAddress, Patience
from worker.net.token_command import print_token

LARGEST_HEAD = 64 * 1024
SEARCH_ROOM = 16 * 1024 * 1024
"""Bytes: the numbers of a million mails come as one line."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")  # in every locale
_PERSONAL = re.compile(r'NAMESPACE \(\("((?:[^"\\]|\\.)*)" ')
_RECORD = re.compile(rb"\d+ FETCH \(", re.IGNORECASE)
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_VALIDITY = re.compile(rb"\[UIDVALIDITY (\d+)\]", re.IGNORECASE)
_FOR_NOW = re.compile(rb"\[(?:UNAVAILABLE|INUSE|LIMIT)\]", re.IGNORECASE)  # RFC 5530: no word about the password


@dataclass(frozen=True, slots=True)
class Found:
    """A mail in the mailbox: its number there, its size in bytes, and of its head the fields that were asked for."""

    uid: int
    size: int
    head: bytes


class PutAway(StrEnum):
    """What became of a mail that is done."""

    MOVED = "moved"
    MARKED = "marked"  # as read: this server can't move
    REFUSED = "refused"


@dataclass(eq=False)
class OpenMailbox:
    """A mailbox that is open; `validity` says for how long its numbers mean the same mails (RFC 3501, 2.3.1.1)."""

    wire: Wire
    patience: Patience
    validity: int
    folder: str
    opened_at: float = field(default_factory=time.monotonic)

    @property
    def lasted(self) -> float:
        """Seconds."""
        return max(0.001, time.monotonic() - self.opened_at)

    @property
    def tells(self) -> bool:
        """Whether the server tells of new mails by itself."""
        return "IDLE" in self.wire.capabilities

    @property
    def changed(self) -> bool:
        """Whether the server spoke of new mails since the last `search`."""
        return self.wire.news.is_set()

    async def search(self, after: int, since: date | None = None) -> list[int]:
        """The numbers of the mails after `after`, oldest first; with `since` only of those that came on that day or
        later, by the server's clock.
        """
        self.wire.news.clear()
        day = [] if since is None else ["SINCE", f"{since.day}-{_MONTHS[since.month - 1]}-{since.year}"]
        command = self.wire.search("UID", f"{after + 1}:*", "UNDELETED", *day, charset=None, by_uid=True)
        answer = await self._ask_much(command, SEARCH_ROOM)
        _demand(answer)
        numbers = {int(each) for line in answer.lines[:-1] for each in bytes(line).split() if each.isdigit()}
        return sorted(uid for uid in numbers if uid > after)  # `9:*` finds the last mail even if that is number 3

    async def heads(self, uids: Sequence[int], fields: str) -> dict[int, Found]:
        """Sizes and heads of these mails; those that are gone are left out."""
        what = f"(UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS ({fields})]<0.{LARGEST_HEAD}>)"
        room = ROOM + len(uids) * LARGEST_HEAD
        answer = await self._ask_much(self.wire.fetch(",".join(map(str, uids)), what, by_uid=True), room)
        found = (_found(text, literal) for text, literal in _records(answer.lines))
        return {each.uid: each for each in found if each is not None and each.uid in uids}

    async def body(self, uid: int, largest: int) -> bytes | None:
        """The whole mail, None where it is gone; of one that is larger than `largest` a piece larger than that."""
        command = self.wire.fetch(str(uid), f"(UID BODY.PEEK[]<0.{largest + 1}>)", by_uid=True)
        answer = await self._ask_much(command, ROOM + largest)
        for text, literal in _records(answer.lines):
            if (match := _UID.search(text)) and int(match[1]) == uid and literal is not None:
                return literal
        return None

    async def put_away(self, uid: int) -> PutAway:
        """Move a mail to our folder, which is made if there is none; mark it as read where the server can't move."""
        able = self.wire.capabilities
        if "MOVE" in able:
            return await self._into_folder("MOVE", uid)
        if "UIDPLUS" not in able:  # without it EXPUNGE would take others' mails along
            marked = await self._uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")
            return PutAway.MARKED if marked else PutAway.REFUSED
        copied = await self._into_folder("COPY", uid)
        if copied is PutAway.MOVED and await self._uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)"):
            await self._uid("EXPUNGE", str(uid))
        return copied

    async def wait(self, until: Awaitable[None]) -> None:
        """Return once new mails come or `until` is over, told by the server at once where it can (IDLE, RFC 2177)."""
        told, over = asyncio.ensure_future(self.wire.news.wait()), asyncio.ensure_future(until)
        try:
            if not self.tells:
                await self._any(told, over)
                _demand(await self._ask(self.wire.simple_command("NOOP")))
                return
            await self._idle(told, over)
        finally:
            told.cancel()
            over.cancel()

    async def _idle(self, told: "asyncio.Future[Any]", over: "asyncio.Future[Any]") -> None:
        wire = self.wire
        idling = asyncio.ensure_future(wire.idle())
        try:
            began = asyncio.ensure_future(wire.wait_for_idle_response())
            try:
                await self._any(began, idling, seconds=self.patience.command)
            finally:
                began.cancel()
            if not idling.done():
                await self._any(told, over, idling)
            if not idling.done():
                wire.idle_done()
            _demand(await wire.ask(idling, self.patience.end_idle))
        finally:
            idling.cancel()
            while not wire.idle_queue.empty():
                wire.idle_queue.get_nowait()

    async def _any(self, *waited: "asyncio.Future[Any]", seconds: float | None = None) -> None:
        """Return once any of these is done. Raises MailboxFault where the connection ends or time runs out."""
        waiting = asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        await self.wire.ask(waiting, 24 * 3600 if seconds is None else seconds)

    async def _into_folder(self, verb: str, uid: int) -> PutAway:
        if await self._uid(verb, str(uid), quoted(self.folder)):
            return PutAway.MOVED
        await self._ask(self.wire.simple_command("CREATE", quoted(self.folder)))
        await self._ask(self.wire.simple_command("SUBSCRIBE", quoted(self.folder)))
        return PutAway.MOVED if await self._uid(verb, str(uid), quoted(self.folder)) else PutAway.REFUSED

    async def _uid(self, *words: str) -> bool:
        return bool((await self._ask(self.wire.uid(*words))).result == "OK")

    async def _ask(self, command: Awaitable[Any]) -> Any:
        return await self.wire.ask(command, self.patience.command)

    async def _ask_much(self, command: Awaitable[Any], room: int) -> Any:
        """What may take its time, as long as it goes on."""
        return await self.wire.ask(command, self.patience.command, room, self.patience.pace)


@asynccontextmanager
async def open_mailbox(address: MailboxAddress, patience: Patience, put_into: str) -> AsyncIterator[OpenMailbox]:
    """The mailbox, open to be read; `put_into` is the folder for what is done. Raises MailboxFault."""
    wire = await connect(address.host, address.port, address.tls, patience.connect)
    try:
        await _log_in(wire, address, patience)
        answer = await wire.ask(wire.select(quoted(_spelled(address.folder))), patience.command)
        if answer.result != "OK":
            raise MailboxFault(Fault.FOLDER)
        validity = _VALIDITY.search(b"\n".join(bytes(line) for line in answer.lines))
        if validity is None:
            raise MailboxFault(Fault.GARBLED, "no UIDVALIDITY")
        folder = _spelled(await _personal(wire, patience) + put_into)
        yield OpenMailbox(wire, patience, int(validity[1]), folder)
        await _say_goodbye(wire)
    finally:
        wire.finish()


async def _log_in(wire: Wire, address: MailboxAddress, patience: Patience) -> None:
    if address.token_command:
        token = await print_token(address.token_command, patience.token)
        if token is None:
            raise MailboxFault(Fault.TOKEN)
        command = wire.xoauth2(address.user, token)
    else:
        command = wire.login(quoted(address.user), address.password)
    answer = await wire.ask(command, patience.command)
    if answer.result != "OK":
        for_now = any(_FOR_NOW.search(bytes(line)) for line in answer.lines)
        raise MailboxFault(Fault.LOST if for_now else Fault.REFUSED, "login")
    await wire.ask(wire.capability(), patience.command)  # what it offers changes with the login


async def _personal(wire: Wire, patience: Patience) -> str:
    """What own folders' names begin with: nothing at most hosts, `INBOX.` at some (RFC 2342)."""
    if "NAMESPACE" not in wire.capabilities:
        return ""
    answer = await wire.ask(wire.namespace(), patience.command)
    said = "NAMESPACE " + bytes(answer.lines[0]).decode("ascii", "replace") if answer.lines else ""
    match = _PERSONAL.search(said)
    return match[1] if match else ""


async def _say_goodbye(wire: Wire) -> None:
    with suppress(MailboxFault):  # it may hang up first
        await wire.ask(wire.logout(), 2)


def _demand(answer: Any) -> None:
    if answer.result != "OK":
        raise MailboxFault(Fault.GARBLED, "refused")


def _records(lines: Sequence[bytes | bytearray]) -> list[tuple[bytes, bytes | None]]:
    """The text and the literal of each mail in an answer to FETCH; what the server tells unasked is among them."""
    records: list[tuple[bytes, bytes | None]] = []
    for line in lines[:-1]:
        if isinstance(line, bytearray):
            if records:
                records[-1] = (records[-1][0], bytes(line))
        elif _RECORD.match(line):
            records.append((line, None))
        elif records:
            records[-1] = (records[-1][0] + b" " + line, records[-1][1])
    return records


def _found(text: bytes, literal: bytes | None) -> Found | None:
    uid, size = _UID.search(text), _SIZE.search(text)
    return Found(int(uid[1]), int(size[1]), literal or b"") if uid and size else None


def _spelled(name: str) -> str:
    """A folder's name in the modified UTF-7 of RFC 3501, 5.1.3."""

    def shifted(match: re.Match[str]) -> str:
        if match[0] == "&":
            return "&-"
        return "&" + b64encode(match[0].encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"

    return re.sub(r"&|[^\x20-\x7e]+", shifted, name)
