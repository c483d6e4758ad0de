"""The face to mail: taken in, kept, then classified and acted on.

A listener and the watch over a mailbox keep what comes and think of nothing else; a loop over what is kept understands
it and can be stopped, repeated and re-run. Reading happens in threads, and only so many mails are in memory at a time.
A mail that can't be read is tried three times, then set aside; it never stops the loop.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from worker import journal
from worker.actions.receive_mail import MailPolicy, Understood, begin_mail, receive_mail
from worker.clock import Clock
from worker.core.client_network import Network
from worker.core.fresh import Fresh
from worker.intake.keeping import keep, new_mail
from worker.intake.watched import Watched
from worker.mail.addresses import OurAddresses
from worker.mail.classify import Outcome, classify
from worker.mail.origin import Evidence, evidence_of
from worker.mail.read import read
from worker.mail.returned import read_notice
from worker.mail.spf_check import Came
from worker.metrics import Metrics
from worker.net.listener import listening
from worker.net.mail_door import MailDoor
from worker.net.origins import MOST_AT_A_TIME, NOBODY_ASKED, Origins
from worker.net.server_tls import ServerCertificate
from worker.settings import Listen, SettingsError
from worker.store import inbox
from worker.store.changes import Topic
from worker.store.engine import Store, StoreUnavailable
from worker.store.inbox import KeptMail

BATCH = 64
IN_HAND = 4
"""Mails in memory at a time, each as large as `inbound.max_message` allows. Of those that wait for DNS the head is."""
READERS = 2
LOOK_AGAIN_SECONDS = 5.0


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


@asynccontextmanager
async def running(inbound: Inbound, stopping: asyncio.Event) -> AsyncIterator[int]:
    """Take in mail until `stopping` is set (and all topics are told of it); gives the port, 0 where none listens."""
    if inbound.listen is None and inbound.mailbox is None:
        yield 0
        return
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(listener(inbound, inbound.listen, stopping)) if inbound.listen else 0
        async with asyncio.TaskGroup() as group:
            group.create_task(_understand_all(inbound, stopping))
            if inbound.mailbox is not None:
                group.create_task(_watch(inbound, inbound.mailbox, stopping))
            yield port
            stopping.set()


async def _watch(inbound: Inbound, watched: Watched, stopping: asyncio.Event) -> None:
    from worker.intake.sweep import Place
    from worker.intake.watch import watch_mailbox  # here, for it needs a library that not everybody installs

    name = watched.address.name
    await watch_mailbox(watched, Place(name, inbound.store, inbound.clock, inbound.ours, inbound.largest), stopping)


@asynccontextmanager
async def listener(inbound: Inbound, listen: Listen, stopping: asyncio.Event) -> AsyncIterator[int]:
    """Keep what comes, and think nothing of it; gives the port. Raises SettingsError where it can't listen."""
    async with AsyncExitStack() as stack:
        try:
            door = MailDoor(
                hostname=inbound.hostname,
                accepts=inbound.ours.accept,
                keep=lambda arrived: keep(inbound.store, new_mail(inbound.clock, inbound.ours, arrived)),
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


async def _understand_all(inbound: Inbound, stopping: asyncio.Event) -> None:
    changes = inbound.store.changes
    async with _means() as means:
        while not stopping.is_set():
            seen, seconds = changes.count(Topic.INBOX), LOOK_AGAIN_SECONDS
            try:
                waiting = await inbound.store.read(lambda tx: inbox.waiting_mails(tx, BATCH))
                await asyncio.gather(*(_understand(inbound, each, means) for each in waiting))
                seconds = 0 if len(waiting) == BATCH else LOOK_AGAIN_SECONDS
            except StoreUnavailable as error:
                journal.unexpected("inbox", error)
                seconds, seen = 1.0, changes.count(Topic.INBOX)
            await changes.wait(Topic.INBOX, seen, seconds)


@dataclass(frozen=True, slots=True)
class _Means:
    """`asking` has a place for each mail that waits for DNS; its task is in `group`, so that no other mail waits."""

    hands: asyncio.Semaphore
    readers: ThreadPoolExecutor
    asking: asyncio.Semaphore
    askers: ThreadPoolExecutor
    group: asyncio.TaskGroup


@asynccontextmanager
async def _means() -> AsyncIterator[_Means]:
    hands, asking = asyncio.Semaphore(IN_HAND), asyncio.Semaphore(MOST_AT_A_TIME)
    with (
        ThreadPoolExecutor(READERS, "mail-reader") as readers,
        ThreadPoolExecutor(MOST_AT_A_TIME, "mail-origin") as askers,
    ):
        async with asyncio.TaskGroup() as group:
            yield _Means(hands, readers, asking, askers, group)


async def _understand(inbound: Inbound, mail_id: str, means: _Means) -> None:
    try:
        await _take_in(inbound, mail_id, means)
    except StoreUnavailable:
        raise
    except Exception as error:  # one odd mail never stops the loop; its tries are counted before each
        journal.unexpected("inbox", error, item=mail_id)


async def _take_in(inbound: Inbound, mail_id: str, means: _Means) -> None:
    clock = inbound.clock
    fresh = Fresh(clock.now(), clock.new_id, clock.secret_id)
    async with means.hands:
        kept = await inbound.store.write(lambda tx: begin_mail(tx, mail_id, inbound.policy, fresh))
        if kept is None or kept.raw is None:
            return
        understood, evidence = await asyncio.get_running_loop().run_in_executor(means.readers, _read, inbound, kept)
        if evidence is None:
            await _act(inbound, understood, fresh)
            return
    await means.asking.acquire()
    means.group.create_task(_ask(inbound, (understood, evidence), fresh, means))


async def _ask(inbound: Inbound, found: tuple[Understood, Evidence], fresh: Fresh, means: _Means) -> None:
    understood, evidence = found
    try:
        origin = await inbound.origins.of(evidence, understood.kept.id, means.askers)
        await _act(inbound, replace(understood, origin=origin), fresh)
    except Exception as error:  # as above, and where the store is away: the mail still waits, and is tried again
        journal.unexpected("inbox", error, item=understood.kept.id)
    finally:
        means.asking.release()


def _read(inbound: Inbound, kept: KeptMail) -> tuple[Understood, Evidence | None]:
    """What a mail says and is. Where it matters who sent it, also the evidence, in place of the mail's bytes."""
    raw, ours = kept.raw or b"", inbound.ours
    mail, envelope = read(raw), ours.envelope(kept.sender, kept.recipients)
    what, notice = classify(mail, envelope), None
    if what.outcome in (Outcome.BOUNCE, Outcome.COMPLAINT):
        notice = read_notice(raw, envelope, ours)
    understood = Understood(kept, mail, what, ours.for_people(kept.recipients), notice=notice)
    if what.outcome not in (Outcome.LINK_REQUEST, Outcome.FOR_PEOPLE):
        return understood, None
    came = Came(kept.peer, kept.helo, kept.sender)
    evidence = evidence_of(raw, mail, (came, kept.received_at), inbound.origins.fronts)
    return replace(understood, kept=replace(kept, raw=None)), evidence


async def _act(inbound: Inbound, understood: Understood, fresh: Fresh) -> None:
    received = await inbound.store.write(lambda tx: receive_mail(tx, understood, inbound.policy, fresh))
    if received is None:
        return
    inbound.metrics.inbox.labels(received.outcome.value).inc()
    journal.mail_received(
        understood.kept.id, outcome=received.outcome.value, reason=received.reason, forwarded=received.forwarded
    )
