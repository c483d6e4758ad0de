"""The loop over kept mails: read, classified, their sender proven where that matters, then acted on.

Rules: it can be stopped, repeated and re-run; reading happens in threads, and only so many mails are in memory at a
time. A mail that can't be read is tried three times, then set aside; it never stops the loop, and no mail waits for
another one's DNS, or for one that takes long.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from worker import journal
from worker.actions.receive_mail import Understood, begin_mail, receive_mail
from worker.clock import Clock
from worker.core.fresh import Fresh
from worker.core.mail_policy import MailPolicy
from worker.mail.addresses import OurAddresses
from worker.mail.classify import Outcome, classify
from worker.mail.origin import Evidence, evidence_of
from worker.mail.read import read
from worker.mail.returned import read_notice
from worker.mail.spf_check import Came
from worker.metrics import Metrics
from worker.net.origins import MOST_AT_A_TIME, Origins
from worker.store import inbox
from worker.store.changes import Topic
from worker.store.engine import Store, StoreUnavailable
from worker.store.inbox import KeptMail

BATCH = 64
IN_HAND = 4
"""Mails in memory at a time, each as large as `inbound.max_message` allows. Of those that wait for DNS the head is."""
READERS = 2
LOOK_AGAIN_SECONDS = 5.0
AWAY_SECONDS = 1.0
"""How long nothing is tried where the store is away."""


@dataclass(frozen=True, slots=True)
class Understanding:
    """What it works with."""

    store: Store
    clock: Clock
    metrics: Metrics
    ours: OurAddresses
    policy: MailPolicy
    origins: Origins


Current = Callable[[], Understanding]
"""What is in force at this moment: asked for anew for each mail."""


async def understand_all(current: Current, stopping: asyncio.Event) -> None:
    """Understand what waits, and what comes, until `stopping` is set (and all topics are told of it)."""
    store, changes = current().store, current().store.changes
    async with _means() as means:
        while not stopping.is_set():
            seen, seconds = changes.count(Topic.INBOX), LOOK_AGAIN_SECONDS
            try:
                waiting = await store.read(lambda tx: inbox.waiting_mails(tx, BATCH))
                await _begin(current, waiting, means, stopping)
                seconds = 0 if len(waiting) == BATCH else LOOK_AGAIN_SECONDS
            except StoreUnavailable as error:
                journal.unexpected("inbox", error)
                seconds, seen = AWAY_SECONDS, changes.count(Topic.INBOX)
            await changes.wait(Topic.INBOX, seen, seconds)


async def _begin(current: Current, waiting: Sequence[str], means: "_Means", stopping: asyncio.Event) -> None:
    """Begin these as hands come free; what takes long holds up one hand, and no mail that comes later."""
    for mail_id in waiting:
        if mail_id in means.begun:  # it was looked up before its beginning was durable
            continue
        await means.hands.acquire()
        if stopping.is_set():
            means.hands.release()
            return
        means.begun.add(mail_id)
        means.group.create_task(_understand(current, mail_id, means))


@dataclass(frozen=True, slots=True)
class _Means:
    """`asking` has a place for each mail that waits for DNS; its task is in `group`, so that no other mail waits.

    `begun` are the mails in hand.
    """

    hands: asyncio.Semaphore
    readers: ThreadPoolExecutor
    asking: asyncio.Semaphore
    askers: ThreadPoolExecutor
    group: asyncio.TaskGroup
    begun: set[str] = field(default_factory=set)


@asynccontextmanager
async def _means() -> AsyncIterator[_Means]:
    hands, asking = asyncio.Semaphore(IN_HAND), asyncio.Semaphore(MOST_AT_A_TIME)
    with (
        ThreadPoolExecutor(READERS, "mail-reader") as readers,
        ThreadPoolExecutor(MOST_AT_A_TIME, "mail-origin") as askers,
    ):
        async with asyncio.TaskGroup() as group:
            yield _Means(hands, readers, asking, askers, group)


async def _understand(current: Current, mail_id: str, means: _Means) -> None:
    try:
        await _take_in(current, mail_id, means)
    except StoreUnavailable as error:  # the other mails would fare no better: the hand stays closed for a moment
        journal.unexpected("inbox", error, item=mail_id)
        await asyncio.sleep(AWAY_SECONDS)
    except Exception as error:  # one odd mail never stops the loop; its tries are counted before each
        journal.unexpected("inbox", error, item=mail_id)
    finally:
        means.begun.discard(mail_id)
        means.hands.release()


async def _take_in(current: Current, mail_id: str, means: _Means) -> None:
    mails = current()
    fresh = Fresh(mails.clock.now(), mails.clock.new_id, mails.clock.secret_id)
    kept = await mails.store.write(lambda tx: begin_mail(tx, mail_id, mails.policy, fresh))
    if kept is None or kept.raw is None:
        return
    understood, evidence = await asyncio.get_running_loop().run_in_executor(means.readers, _read, mails, kept)
    if evidence is None:
        await _act(mails, understood, fresh)
        return
    await means.asking.acquire()
    means.group.create_task(_ask(mails, (understood, evidence), fresh, means))


async def _ask(mails: Understanding, found: tuple[Understood, Evidence], fresh: Fresh, means: _Means) -> None:
    understood, evidence = found
    try:
        origin = await mails.origins.of(evidence, understood.kept.id, means.askers)
        await _act(mails, replace(understood, origin=origin), fresh)
    except Exception as error:  # as above, and where the store is away: the mail still waits, and is tried again
        journal.unexpected("inbox", error, item=understood.kept.id)
    finally:
        means.asking.release()


def _read(mails: Understanding, kept: KeptMail) -> tuple[Understood, Evidence | None]:
    """What a mail says and is. Where it matters who sent it, also the evidence, in place of the mail's bytes."""
    raw, ours = kept.raw or b"", mails.ours
    mail, envelope = read(raw), ours.envelope(kept.sender, kept.recipients)
    what, notice = classify(mail, envelope), None
    if what.outcome in (Outcome.BOUNCE, Outcome.COMPLAINT):
        notice = read_notice(raw, envelope, ours)
    understood = Understood(kept, mail, what, ours.for_people(kept.recipients), notice=notice)
    if what.outcome not in (Outcome.LINK_REQUEST, Outcome.FOR_PEOPLE) and not what.by_name:
        return understood, None
    came = Came(kept.peer, kept.helo, kept.sender)
    evidence = evidence_of(raw, mail, (came, kept.received_at), mails.origins.fronts)
    return replace(understood, kept=replace(kept, raw=None)), evidence


async def _act(mails: Understanding, understood: Understood, fresh: Fresh) -> None:
    received = await mails.store.write(lambda tx: receive_mail(tx, understood, mails.policy, fresh))
    if received is None:
        return
    mails.metrics.inbox.labels(received.outcome.value).inc()
    journal.mail_received(
        understood.kept.id, outcome=received.outcome.value, reason=received.reason, forwarded=received.forwarded
    )
