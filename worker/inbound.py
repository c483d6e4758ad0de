"""The face to mail: taken in, kept, then classified and acted on.

A listener and the watch over a mailbox keep what comes and think of nothing else; a loop over what is kept understands
it and can be stopped, repeated and re-run.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from worker import journal
from worker.clock import Clock
from worker.core.client_network import Network
from worker.core.mail_policy import MailPolicy
from worker.intake.keeping import keep, new_mail
from worker.intake.understanding import Understanding, understand_all
from worker.intake.watched import Watched
from worker.mail.addresses import OurAddresses
from worker.metrics import Metrics
from worker.net.listener import listening
from worker.net.mail_door import MailDoor
from worker.net.origins import NOBODY_ASKED, Origins
from worker.net.server_tls import ServerCertificate
from worker.settings import Listen, SettingsError
from worker.store.engine import Store


@dataclass(frozen=True, slots=True)
class Inbound:
    """What it works with. `listen` and `mailbox` are None where not wanted; `tls` is certificate chain and key,
    `trusted` are the networks of mail servers in front.
    """

    store: Store
    clock: Clock
    metrics: Metrics
    ours: OurAddresses
    policy: MailPolicy
    largest: int
    hostname: str
    listen: Listen | None
    tls: tuple[Path, Path] | None = None
    trusted: Sequence[Network] = ()
    mailbox: Watched | None = None
    origins: Origins = NOBODY_ASKED

    @property
    def understanding(self) -> Understanding:
        """What the loop over kept mails works with."""
        return Understanding(self.store, self.clock, self.metrics, self.ours, self.policy, self.origins)


Current = Callable[[], Inbound]
"""What is in force at this moment: asked for anew for each mail."""


@asynccontextmanager
async def running(current: Current, stopping: asyncio.Event) -> AsyncIterator[int]:
    """Take in mail until `stopping` is set (and all topics are told of it); gives the port, 0 where none listens.

    Where it listens, what it trusts and which mailbox it watches are as they were at first.
    """
    inbound = current()
    if inbound.listen is None and inbound.mailbox is None:
        yield 0
        return
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(listener(current, inbound.listen, stopping)) if inbound.listen else 0
        async with asyncio.TaskGroup() as group:
            group.create_task(understand_all(lambda: current().understanding, stopping))
            if inbound.mailbox is not None:
                group.create_task(_watch(current, inbound.mailbox, stopping))
            yield port
            stopping.set()


async def _watch(current: Current, watched: Watched, stopping: asyncio.Event) -> None:
    from worker.intake.sweep import Place
    from worker.intake.watch import watch_mailbox  # here, for it needs a library that not everybody installs

    at = current()
    place = Place(watched.address.name, at.store, at.clock, lambda: current().ours, at.largest, watched.policy)
    await watch_mailbox(watched, place, stopping)


@asynccontextmanager
async def listener(current: Current, listen: Listen, stopping: asyncio.Event) -> AsyncIterator[int]:
    """Keep what comes, and think nothing of it; gives the port. Raises SettingsError where it can't listen."""
    inbound = current()

    def accepts(address: str) -> bool:
        return current().ours.accept(address)

    async with AsyncExitStack() as stack:
        try:
            door = MailDoor(
                hostname=inbound.hostname,
                accepts=accepts,
                keep=lambda arrived: keep(inbound.store, new_mail(inbound.clock, current().ours, arrived)),
                largest=inbound.largest,
                tls=ServerCertificate(*inbound.tls).context if inbound.tls else None,
                trusted=inbound.trusted,
            )
            port = await stack.enter_async_context(listening(door, listen.host, listen.port, stopping))
        except OSError as error:
            told = f"inbound.smtp_listen: can't listen on {listen.host}:{listen.port} ({error.strerror})"
            raise SettingsError([told]) from None
        journal.mail_door_open(listen=f"{listen.host}:{port}")
        yield port
