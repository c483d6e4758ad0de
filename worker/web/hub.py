"""What every handler works with: one frozen value that the composition root makes and each handler gets first."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from worker.clock import Clock
from worker.core.access import AccessPolicy
from worker.core.fresh import Fresh
from worker.core.policy import Policy
from worker.metrics import Metrics
from worker.render.brand import Brand
from worker.render.stationery import Stationery
from worker.settings import Keys, Settings
from worker.sources.acting import Asked
from worker.sources.event import Source
from worker.sources.ways import Reach, Ways
from worker.store.engine import Store
from worker.web.clients import ClientGate
from worker.web.event_keeper import EventKeeper


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one client may keep us waiting, and how many may at a time.

    A client that says nothing, or drips its headers, is let go after `idle_seconds`, one that drips its body after
    `body_seconds`. `finish_seconds` is what requests in hand have to end once we stop. Beyond `connections` newcomers
    are turned away at once, so that nobody takes the last file handle from the database.
    """

    idle_seconds: float = 30.0
    body_seconds: float = 30.0
    finish_seconds: float = 5.0
    connections: int = 1000


async def _nothing(_: str) -> None:
    return None


async def _no_mail(_: str) -> None:
    return None


async def _no_page(_reach: Reach, _asked: Asked) -> str | None:
    return None


async def _settled() -> None:
    return None


@dataclass(frozen=True, slots=True)
class HubServer:
    """`sources` are the readers by their kind, `ways` says how each account is asked to act, `gate` counts what each
    client network asks for.

    `keeper` keeps the events that come in together.

    `fetch` is how something small is had over https, passed in because nothing here opens a connection; `certificates`
    are those that it brought and when, by their addresses.

    `card_page` asks a provider for its page for a card, passed in likewise.

    `preview` composes a mail of that id with dead links, passed in because nothing here composes.

    `beneath` are the settings without what was made in the console; `settle` returns once what is made is in force.

    `open` is set once every listener answers, `awaited` has the other parts of this process that aren't up yet;
    `stopping` is set once no new work shall be begun.
    """

    store: Store
    clock: Clock
    settings: Settings
    keys: Keys
    stationery: Stationery
    brand: Brand
    metrics: Metrics
    sources: Mapping[str, Source]
    policy: Policy
    ways: Ways = field(default_factory=Ways)
    access: AccessPolicy = field(default_factory=AccessPolicy)
    gate: ClientGate = field(default_factory=ClientGate)
    patience: Patience = Patience()
    keeper: EventKeeper = field(default_factory=EventKeeper)
    fetch: Callable[[str], Awaitable[bytes | None]] = _nothing
    card_page: Callable[[Reach, Asked], Awaitable[str | None]] = _no_page
    preview: Callable[[str], Awaitable[str | None]] = _no_mail
    certificates: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    beneath: Settings | None = None
    settle: Callable[[], Awaitable[None]] = _settled
    open: asyncio.Event = field(default_factory=asyncio.Event)
    awaited: set[str] = field(default_factory=set)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def fresh(self) -> Fresh:
        """Now, and new ids, for one action."""
        return Fresh(self.clock.now(), self.clock.new_id, self.clock.secret_id)
