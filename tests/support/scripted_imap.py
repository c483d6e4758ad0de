"""An IMAP server that misbehaves on request: at one command it does one wrong thing, else it is a good one.

It keeps its mails in memory and takes the few commands that the watch over a mailbox says. It counts logins, so that a
test knows how often somebody tried.
"""

import asyncio
import re
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

PASSWORD, TOKEN = "right", "good-token"
SLOW_PIECE, PAUSE = 64 * 1024, 0.01
"""What a slow server brings at a time, and seconds until it brings more."""
ALL = "IMAP4rev1 IDLE MOVE UIDPLUS NAMESPACE"
_FETCH = re.compile(r"UID FETCH (\S+) \((.*)\)$")
_MOVE = re.compile(r"UID (?:MOVE|COPY) (\d+) ")


@dataclass(frozen=True, slots=True)
class Script:
    """At the `times` first occasions of a command's `verb` (`GREETING`, `IDLE`, `BODY` …) it does `wrong`:

    `close`, `bye`, `hang`, `no`, `bad`, `garbage`, `flood` (endless bytes), `literal` (announces a gigabyte),
    `gone` (the mail is expunged while it is fetched), `twice` (it is told twice), `many` (thousands of lines at once),
    `stall` (falls silent in the middle of the mail), `drip` (brings it byte by byte), `slow` (in pieces, with pauses).
    """

    verb: str = ""
    wrong: str = ""
    times: int = 1
    validity: int = 7
    capabilities: str = ALL


@dataclass(eq=False)
class ScriptedImap:
    """`mails` by their numbers, `moved` those that were put away, `logins` how often somebody tried to log in."""

    script: Script
    mails: dict[int, bytes] = field(default_factory=dict)
    moved: list[bytes] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    logins: int = 0
    done_wrong: int = 0
    validity: int = 0
    port: int = 0
    _next: int = 1
    _news: set[asyncio.Event] = field(default_factory=set)
    _talks: set["asyncio.Task[None]"] = field(default_factory=set)

    def deliver(self, *raws: bytes) -> None:
        for raw in raws:
            self.mails[self._next] = raw
            self._next += 1
        for each in self._news:
            each.set()

    def renumber(self) -> None:
        """As after a restore: all numbers begin anew, and whoever is connected must come again."""
        self.validity += 1
        self.mails = dict(enumerate(self.mails.values(), 1))
        self._next = len(self.mails) + 1
        for talk in self._talks:
            talk.cancel()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError, _EndError):
                await _Talk(self, reader, writer).run()
        finally:
            self._talks.discard(talk)
            writer.transport.abort()

    async def stop(self) -> None:
        for talk in tuple(self._talks):
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)


@asynccontextmanager
async def scripted_imap(script: Script) -> AsyncIterator[ScriptedImap]:
    imap = ScriptedImap(script, validity=script.validity)
    server = await asyncio.start_server(imap.serve, "127.0.0.1", 0)
    imap.port = server.sockets[0].getsockname()[1]
    try:
        yield imap
    finally:
        server.close()
        await imap.stop()
        await server.wait_closed()


class _EndError(Exception):
    """There is no more to say."""


class _Talk:
    """One connection."""

    def __init__(self, imap: ScriptedImap, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.imap, self.reader, self.writer = imap, reader, writer
        self.tag = "*"

    async def run(self) -> None:
        await self.wrong("GREETING")
        self.say("* OK scripted")
        verbs: dict[str, Callable[[str], None]] = {
            "CAPABILITY": lambda line: self.say(f"* CAPABILITY {self.imap.script.capabilities}"),
            "NAMESPACE": lambda line: self.say('* NAMESPACE (("" "/")) NIL NIL'),
            "SELECT": self.select,
            "SEARCH": self.search,
            "HEADS": self.fetch,
            "BODY": self.fetch,
            "MOVE": self.move,
            "STORE": self.store,
        }
        while True:
            line = (await self.reader.readuntil(b"\r\n")).decode().strip()
            self.tag, _, line = line.partition(" ")
            verb = _verb(line)
            if await self.wrong(verb):
                continue
            if verb in ("LOGIN", "AUTHENTICATE"):
                await self.log_in(line)
                continue
            if verb == "IDLE":
                await self.idle()
            if verb in verbs:
                verbs[verb](line)
            self.say(f"{self.tag} OK done")
            await self.writer.drain()
            if verb == "LOGOUT":
                raise _EndError

    def say(self, line: str) -> None:
        self.writer.write(line.encode() + b"\r\n")

    async def wrong(self, verb: str) -> bool:
        """Do the wrong thing if it is time; whether the command is answered by that."""
        script, imap = self.imap.script, self.imap
        if verb != script.verb or imap.done_wrong >= script.times:
            return False
        imap.done_wrong += 1
        act: Callable[[], Awaitable[bool]] = getattr(self, f"_{script.wrong}")
        return await act()

    async def _close(self) -> bool:
        raise _EndError

    async def _bye(self) -> bool:
        self.say("* BYE going down")
        await self.writer.drain()
        await self.reader.read()
        raise _EndError

    async def _hang(self) -> bool:
        await self.reader.read()
        await asyncio.Event().wait()
        return True

    async def _no(self) -> bool:
        if self.imap.script.verb in ("LOGIN", "AUTHENTICATE"):
            self.imap.logins += 1
        self.say(f"{self.tag} NO [AUTHENTICATIONFAILED] no")
        return True

    async def _bad(self) -> bool:
        self.say(f"{self.tag} BAD what")
        return True

    async def _garbage(self) -> bool:
        self.writer.write(b"\x00\xff\xfe HTTP/1.1 400 \r\n* \xff FETCH (\r\nZZ99 OK surprise\r\n")
        return True

    async def _flood(self) -> bool:
        with suppress(ConnectionError):
            while True:
                self.writer.write(b"* OK and more\r\n" * 5_000)
                await self.writer.drain()
        raise _EndError

    async def _literal(self) -> bool:
        uid = min(self.imap.mails)
        self.writer.write(b"* 1 FETCH (UID %d BODY[] {1073741824}\r\n" % uid)
        with suppress(ConnectionError):
            while True:
                self.writer.write(b"x" * 65_536)
                await self.writer.drain()
        raise _EndError

    async def _gone(self) -> bool:
        uid = min(self.imap.mails)
        del self.imap.mails[uid]
        self.say("* 1 EXPUNGE")
        self.say(f"{self.tag} OK done")
        return True

    async def _twice(self) -> bool:
        uid, raw = min(self.imap.mails.items())
        for _ in range(2):
            self.tell(1, f"UID {uid} RFC822.SIZE {len(raw)} BODY[]", raw)
        self.say("* 1 FETCH (FLAGS (\\Seen))")
        self.say(f"{self.tag} OK done")
        return True

    async def _stall(self) -> bool:
        head, raw = self._begun()
        self.writer.write(head + raw[: len(raw) // 2])
        return await self._hang()

    async def _drip(self) -> bool:
        head, raw = self._begun()
        await self._in_pieces(head + raw, 1)
        return True

    async def _slow(self) -> bool:
        head, raw = self._begun()
        await self._in_pieces(head + raw + b")\r\n", SLOW_PIECE)
        self.say(f"{self.tag} OK done")
        return True

    def _begun(self) -> tuple[bytes, bytes]:
        uid, raw = min(self.imap.mails.items())
        return b"* 1 FETCH (UID %d RFC822.SIZE %d BODY[] {%d}\r\n" % (uid, len(raw), len(raw)), raw

    async def _in_pieces(self, told: bytes, size: int) -> None:
        for start in range(0, len(told), size):
            self.writer.write(told[start : start + size])
            await self.writer.drain()
            await asyncio.sleep(PAUSE)

    async def _many(self) -> bool:
        self.writer.write(b"".join(b"* %d FETCH (FLAGS ())\r\n" % number for number in range(5_000)))
        return False

    async def log_in(self, line: str) -> None:
        self.imap.logins += 1
        if line.startswith("LOGIN"):
            right = line.endswith(f'"{PASSWORD}"')
        else:
            right = TOKEN in b64decode(line.rpartition(" ")[2]).decode()
            if not right:
                self.say("+ eyJzdGF0dXMiOiI0MDEifQ==")
                await self.reader.readuntil(b"\r\n")
        self.say(f"{self.tag} OK in" if right else f"{self.tag} NO [AUTHENTICATIONFAILED] no")

    def select(self, line: str) -> None:
        self.say(f"* {len(self.imap.mails)} EXISTS")
        self.say(f"* OK [UIDVALIDITY {self.imap.validity}] valid")

    def search(self, line: str) -> None:
        found = re.search(r"UID SEARCH UID (\d+):\*", line)
        assert found, line
        uids = sorted(uid for uid in self.imap.mails if uid >= int(found[1])) or sorted(self.imap.mails)[-1:]
        self.say(" ".join(["* SEARCH", *map(str, uids)]))

    def fetch(self, line: str) -> None:
        found = _FETCH.search(line)
        assert found, line
        for uid in map(int, found[1].split(",")):
            if uid in self.imap.mails:
                raw = self.imap.mails[uid]
                part = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if "HEADER" in found[2] else raw
                self.tell(uid, f"UID {uid} RFC822.SIZE {len(raw)} BODY[]", part)

    def tell(self, number: int, what: str, literal: bytes) -> None:
        self.writer.write(f"* {number} FETCH ({what} {{{len(literal)}}}\r\n".encode() + literal + b")\r\n")

    def move(self, line: str) -> None:
        found = _MOVE.search(line)
        assert found, line
        raw = self.imap.mails.pop(int(found[1]), None)
        if raw is not None:
            self.imap.moved.append(raw)
            self.say("* 1 EXPUNGE")

    def store(self, line: str) -> None:
        self.imap.seen.add(int(line.split(" ")[2]))

    async def idle(self) -> None:
        news = asyncio.Event()
        self.imap._news.add(news)
        self.say("+ idling")
        done = asyncio.ensure_future(self.reader.readuntil(b"\r\n"))
        told = asyncio.ensure_future(news.wait())
        try:
            await asyncio.wait({done, told}, return_when=asyncio.FIRST_COMPLETED)
            if told.done():
                self.say(f"* {len(self.imap.mails)} EXISTS")
            await done
        finally:
            told.cancel()
            done.cancel()
            self.imap._news.discard(news)


def _verb(line: str) -> str:
    """What a script calls a command: heads and bodies are told apart."""
    words = line.upper().split(" ")
    verb = words[1] if words[0] == "UID" else words[0]
    if verb == "FETCH":
        return "HEADS" if "HEADER" in line else "BODY"
    return "MOVE" if verb == "COPY" else verb
