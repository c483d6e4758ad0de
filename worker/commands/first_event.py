"""Waiting for an account's first event, and saying what came, what was refused, or why perhaps nothing came."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from worker.clock import ordered_id
from worker.commands.opening import Desk
from worker.commands.terminal import say
from worker.core.web_call import Answer, Call
from worker.net.web_call import calling
from worker.store import events, refusals
from worker.store.changes import Topic
from worker.store.events import EventState, KeptEvent

LOOK_AGAIN_SECONDS = 1.0
_UNDERSTOOD_WITHIN = 15.0


@dataclass(slots=True)
class Waiting:
    """For events of the account `name`, whose address ends in `path`."""

    desk: Desk
    name: str
    path: str
    since: int

    async def until(self, seconds: float) -> bool:
        """Whether an event came within so many seconds; says all that is to be said."""
        told: set[tuple[int, str]] = set()
        async with self._watching():
            try:
                async with asyncio.timeout(seconds):
                    while (event := await self._event()) is None:
                        await self._tell_refusal(told)
                        await self._pause()
            except TimeoutError:
                say(self._nothing_came(refused=bool(told)))
                return False
            say(f"\n{event.name} came. {_said(await self._settled(event))}")
        return True

    async def known_to_run(self) -> str:
        """Whether the program runs here and knows the account, in a sentence."""
        listen = self.desk.settings.hub.listen
        host = "127.0.0.1" if listen.host in ("0.0.0.0", "::", "") else listen.host  # noqa: S104  # where it listens
        place = f"[{host}]:{listen.port}" if ":" in host else f"{host}:{listen.port}"
        asked = Call(
            f"http://{place}{self.path}",
            "HEAD",
            {"Host": urlsplit(self.desk.settings.base_url).netloc},
            seconds=5.0,
        )
        async with calling() as call:
            answer = await call(asked)
        if not isinstance(answer, Answer):
            return f"No letterkey answers on {place}: start it with letterkey run."
        if answer.status == 200:
            return "The running letterkey knows this account."
        return "The running letterkey doesn't know it yet: systemctl reload letterkey (or kill -HUP) tells it."

    async def _event(self) -> KeptEvent | None:
        after = ordered_id(self.since, 0)
        return await self.desk.store.read(lambda tx: events.first_after(tx, self.name, after))

    async def _settled(self, event: KeptEvent) -> KeptEvent:
        with suppress(TimeoutError):
            async with asyncio.timeout(_UNDERSTOOD_WITHIN):
                while event.state is EventState.WAITING:
                    await self._pause()
                    found = await self.desk.store.read(partial(events.by_id, event_id=event.id))
                    event = event if found is None else found
        return event

    async def _tell_refusal(self, told: set[tuple[int, str]]) -> None:
        last = await self.desk.store.read(lambda tx: refusals.last(tx, self.name))
        if last is not None and last.at >= self.since and (last.at, last.reason) not in told:
            if not any(reason == last.reason for _, reason in told):
                say(f"\nSomething came, and was refused: {last.reason}.")
                say(f"Compare the secret in sources.{self.name} with the provider's, and have the program reload.")
            told.add((last.at, last.reason))

    async def _pause(self) -> None:
        seen = self.desk.store.changes.count(Topic.EVENTS)
        await self.desk.store.changes.wait(Topic.EVENTS, seen, LOOK_AGAIN_SECONDS)

    @asynccontextmanager
    async def _watching(self) -> AsyncIterator[None]:
        watching = asyncio.create_task(self.desk.store.watch())
        try:
            yield
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    def _nothing_came(self, *, refused: bool) -> str:
        if refused:
            return "\nWhat came was refused, and nothing else came."
        return (
            "\nNothing came. It may be that\n"
            f"  - the address at the provider isn't exactly {self.desk.settings.base_url}{self.path}\n"
            "  - the proxy doesn't pass it on, or the name leads elsewhere: letterkey check tries it\n"
            "  - the running letterkey wasn't reloaded since\n"
            "  - the provider has sent nothing yet; its page of the webhook shows what it tried, and the answers\n"
            f"What comes later is taken all the same: letterkey events list"
        )


def _said(event: KeptEvent) -> str:
    match event.state:
        case EventState.UNDERSTOOD:
            return "It is proven to be the provider's, kept and understood."
        case EventState.IGNORED:
            return f"It is proven to be the provider's and kept; nothing follows from it ({event.reason})."
        case EventState.QUARANTINED:
            place = f"{event.field}: " if event.field else ""
            return f"It is kept, but can't be understood: {place}{event.reason}. See letterkey events show {event.id}"
        case _:
            return "It is proven to be the provider's and kept; a running letterkey will understand it."
