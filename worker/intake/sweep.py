"""One look through an open mailbox: what is ours is kept, what is kept and understood is put away.

Rules:
- Of each mail the head is read first; of what isn't ours nothing more is read, and nothing is changed.
- A mail is put away only once it is kept, understood, and that is committed.
- A mail that breaks the connection again and again is passed by, so that it doesn't hold up the others.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from worker import journal
from worker.actions.take_from_mailbox import pass_by, take_mail, tell_of_left
from worker.clock import Clock
from worker.core.fresh import Fresh
from worker.core.instant import SECOND
from worker.core.policy import Policy
from worker.intake.keeping import new_mail
from worker.mail.addresses import OurAddresses
from worker.mail.classify import Outcome
from worker.mail.whose import FIELDS, Bearings, bearings
from worker.net.mail_door import Arrived
from worker.net.mailbox import Found, OpenMailbox, PutAway
from worker.store import mailboxes, outbox
from worker.store.engine import Store, Tx
from worker.store.inbox import MAILBOX_PEER, NewMail
from worker.store.mailboxes import MailboxRow, Spot

HEADS = 25
"""Heads in one answer."""
TIDY = 100
MOST_TRIES = 5
LOOK_BACK = timedelta(days=1)
"""How far back a mailbox is read whose numbers say nothing: at first sight, and when they begin anew. A day more than
needed, for servers tell days apart by a clock of their own; what was kept before is known again.
"""


@dataclass(frozen=True, slots=True)
class Place:
    """The mailbox and what is taken from it. `tries` counts mails whose reading was begun and not ended.

    `addresses` gives those that are ours at this moment, `policy` says who hears of a mail that can't be taken.
    """

    name: str
    store: Store
    clock: Clock
    addresses: Callable[[], OurAddresses]
    largest: int
    policy: Policy
    tries: Counter[Spot] = field(default_factory=Counter)

    @property
    def ours(self) -> OurAddresses:
        """The addresses that are ours now."""
        return self.addresses()


async def look_through(place: Place, box: OpenMailbox) -> None:
    """Deal with all that is new. Raises MailboxFault, and StoreUnavailable."""
    before = await place.store.read(lambda tx: mailboxes.by_name(tx, place.name))
    if before.validity != box.validity:
        await place.store.write(lambda tx: mailboxes.forget_void(tx, place.name, box.validity))
        for void in [spot for spot in place.tries if spot.validity != box.validity]:
            del place.tries[void]
    while True:
        after, since = _where_to_begin(before, box.validity, place.clock.now())
        uids = await box.search(after, since)
        while uids:
            some, uids = _next(place, uids)
            await _take_some(place, box, some)
        await place.store.write(lambda tx: mailboxes.looked(tx, place.name, place.clock.now()))
        if not box.changed:
            return
        before = await place.store.read(lambda tx: mailboxes.by_name(tx, place.name))


async def put_away(place: Place, box: OpenMailbox) -> None:
    """Put away what is understood, but for words that people read here. Raises MailboxFault, and StoreUnavailable."""
    while done := await place.store.read(lambda tx: mailboxes.done(tx, place.name, box.validity, TIDY)):
        for spot, stays in done:
            if not stays and await box.put_away(spot.uid) is PutAway.REFUSED:
                journal.mailbox_keeps(uid=spot.uid)
            await _forget(place, spot)


async def _forget(place: Place, spot: Spot) -> None:
    await place.store.write(lambda tx: mailboxes.forget_place(tx, spot))


def _where_to_begin(row: MailboxRow, validity: int, now: int) -> tuple[int, date | None]:
    if row.validity == validity:
        return row.last_uid, None
    last = now if row.looked_at is None else min(row.looked_at, now)
    return 0, (datetime.fromtimestamp(last // SECOND, UTC) - LOOK_BACK).date()


def _next(place: Place, uids: Sequence[int]) -> tuple[list[int], list[int]]:
    """The mails to read next, and the rest; one by one while there is one that can't be read."""
    count = 1 if place.tries else HEADS
    return list(uids[:count]), list(uids[count:])


async def _take_some(place: Place, box: OpenMailbox, uids: Sequence[int]) -> None:
    first = Spot(place.name, box.validity, uids[0])
    if place.tries[first] >= MOST_TRIES:
        await _pass_by(place, Found(first.uid, 0, b""), first, Outcome.UNREADABLE)
        return
    place.tries[first] += 1
    heads = await box.heads(uids, FIELDS)
    read = {uid: bearings(found.head, place.ours) for uid, found in heads.items()}
    known = await _mails_of_ours(place, [each for way in read.values() for each in way.answers])
    for spot in (Spot(place.name, box.validity, uid) for uid in uids):
        if spot.uid in heads and read[spot.uid].ours(known):
            place.tries[spot] = max(1, place.tries[spot])
            await _take(place, box, heads[spot.uid], read[spot.uid])
        place.tries.pop(spot, None)
    last = Spot(place.name, box.validity, uids[-1])
    await place.store.write(lambda tx: mailboxes.advance(tx, last))


async def _mails_of_ours(place: Place, ids: Sequence[str]) -> frozenset[str]:
    """Those of these Message-IDs that mails of ours to customers have."""
    if not ids:
        return frozenset()
    found = await place.store.read(lambda tx: outbox.by_message_ids(tx, ids))
    return frozenset(item.message_id for item in found if item.customer_id)


async def _take(place: Place, box: OpenMailbox, found: Found, way: Bearings) -> None:
    spot = Spot(place.name, box.validity, found.uid)
    if found.size > place.largest:
        await _pass_by(place, found, spot, Outcome.TOO_LARGE)
        return
    raw = await box.body(found.uid, place.largest)
    if raw is None:
        return  # somebody deleted or moved it meanwhile
    if len(raw) > place.largest:
        await _pass_by(place, found, spot, Outcome.TOO_LARGE)
        return
    arrived = Arrived(MAILBOX_PEER, way.sender, way.named or (place.ours.access,), _with_crlf(raw))
    mail = await asyncio.get_running_loop().run_in_executor(None, new_mail, place.clock, place.ours, arrived)
    if await place.store.write(lambda tx: take_mail(tx, spot, mail)):
        journal.mail_kept(mail.id, size=len(raw))


async def _pass_by(place: Place, found: Found, spot: Spot, outcome: Outcome) -> None:
    """Left where it lies, unread, for people to see."""
    named = f"{spot.mailbox} {spot.validity} {spot.uid}"
    mail = NewMail(
        id=place.clock.new_id(),
        received_at=place.clock.now(),
        peer=MAILBOX_PEER,
        sender="",
        recipients=(place.ours.access,),
        raw=None,
        digest=hashlib.sha256(named.encode()).hexdigest(),
        message_id=None,
        size=found.size,
    )

    fresh = Fresh(place.clock.now(), place.clock.new_id, place.clock.secret_id)

    async def record(tx: Tx) -> bool:
        new = await pass_by(tx, spot, mail, outcome, "left in the mailbox")
        if new:
            await tell_of_left(tx, place.policy, fresh)
        return new

    if await place.store.write(record):
        journal.mail_passed_by(mail.id, outcome=outcome.value, size=found.size)
    place.tries.pop(spot, None)


def _with_crlf(raw: bytes) -> bytes:
    """As RFC 3501 demands and some servers forget."""
    return raw if b"\r\n" in raw or b"\n" not in raw else raw.replace(b"\n", b"\r\n")
