"""Ask for the link that opens the hub: the same for customers and strangers, except that only customers get a mail.

Rules: the link goes to the stored purchase email, never to an address that somebody wrote; limits hold for an address
whoever asks; asking revokes nothing. What a page may show is `next_at` alone, which strangers' addresses have too.
"""

from dataclasses import dataclass
from enum import StrEnum

from worker.core.access import AccessPolicy, Way, hashed, next_allowed, next_own
from worker.core.email_address import identity
from worker.core.fresh import Fresh
from worker.core.instant import DAY, HOUR, MINUTE
from worker.store import access, customers, outbox
from worker.store.access import NewAccessLink, NewRequest
from worker.store.changes import Topic
from worker.store.customers import CustomerRow
from worker.store.engine import Tx
from worker.store.outbox import MailKind, NewItem


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks how. `address` is normalised; `cookie` is the secret of the browser that may enter the code.

    `in_reply_to` and `references` are the Message-IDs that the answer to a mail names; `own`: a mail that proves to be
    from this very address.
    """

    way: Way
    address: str
    client: str | None = None
    cookie: str | None = None
    intent: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    own: bool = False


class RequestOutcome(StrEnum):
    """What became of it. For us alone: no page may tell these apart but for `limited`."""

    MAILED = "mailed"
    STRANGER = "stranger"
    LIMITED = "limited"


@dataclass(frozen=True, slots=True)
class Requested:
    """`next_at`: when the next mail can go to this address (UTC microseconds)."""

    request_id: str
    outcome: RequestOutcome
    next_at: int


async def request_link(tx: Tx, asked: Asked, policy: AccessPolicy, fresh: Fresh) -> Requested:
    """Keep the request and, for a customer within the limits, put the link's mail into the outbox."""
    key, request_id = identity(asked.address), fresh.new_id()
    await access.lock(tx, f"link request {key}")
    allowance = await _allowance(tx, asked, policy, fresh.now)
    if allowance.next_at > fresh.now:
        await access.add_request(tx, NewRequest(request_id, asked.way, key, fresh.now, granted=False))
        return Requested(request_id, RequestOutcome.LIMITED, allowance.next_at)
    customer = await customers.by_email(tx, asked.address)
    recipient = await _stored_address(tx, customer, asked.address) if customer else None
    addressee = _Addressee(customer.id, recipient, request_id) if customer and recipient else None
    link_id = await _mail(tx, asked, addressee, policy, fresh) if addressee else None
    new = NewRequest(
        id=request_id,
        way=asked.way,
        identity=key,
        asked_at=fresh.now,
        granted=True,
        customer_id=customer.id if customer else None,
        link_id=link_id,
        client=asked.client,
        cookie_hash=hashed(asked.cookie) if asked.cookie else None,
        own=allowance.own,
    )
    await access.add_request(tx, new)
    outcome = RequestOutcome.MAILED if link_id else RequestOutcome.STRANGER
    return Requested(request_id, outcome, (await _allowance(tx, asked, policy, fresh.now)).next_at)


@dataclass(frozen=True, slots=True)
class _Allowance:
    next_at: int
    own: bool


async def _allowance(tx: Tx, asked: Asked, policy: AccessPolicy, now: int) -> _Allowance:
    """Which allowance the next mail to the address comes out of: its own first, which strangers can't use up."""
    key, since = identity(asked.address), now - DAY
    if asked.way is Way.MERCHANT:  # strangers can't use it up, nor it what the customer may ask for
        return _Allowance(next_allowed(now, await access.sent_since(tx, key, since), policy.limits), own=False)
    if asked.own and next_own(now, await access.granted_since(tx, key, since, own=True), policy.limits) <= now:
        return _Allowance(now, own=True)
    others = await access.granted_since(tx, key, since, own=False)
    return _Allowance(next_allowed(now, others, policy.limits), own=False)


@dataclass(frozen=True, slots=True)
class _Addressee:
    customer_id: str
    recipient: str
    request_id: str


async def _mail(tx: Tx, asked: Asked, to: _Addressee, policy: AccessPolicy, fresh: Fresh) -> str:
    """Write down the link and the intent to mail it; returns the link's id."""
    link_id, item_id = fresh.secret_id(), fresh.new_id()
    expires_at = fresh.now + policy.hours * HOUR
    item = NewItem(
        id=item_id,
        kind=MailKind.ACCESS,
        recipient=to.recipient,
        message_id=f"<{item_id}@{policy.message_domain}>",
        created_at=fresh.now,
        due_at=fresh.now + await _delay(tx, policy, fresh.now),
        customer_id=to.customer_id,
        params={
            "link": link_id,
            "request": to.request_id,
            "way": asked.way.value,
            "code": asked.cookie is not None,
            "in_reply_to": asked.in_reply_to,
            "references": list(asked.references),
        },
        expires_at=expires_at,
    )
    await outbox.add(tx, item)
    link = NewAccessLink(link_id, to.customer_id, to.request_id, item_id, fresh.now, expires_at, asked.intent)
    await access.add_link(tx, link)
    tx.wake(Topic.OUTBOX)
    return link_id


async def _stored_address(tx: Tx, customer: CustomerRow, asked_for: str) -> str | None:
    """The purchase email that was asked for as it is stored; where it was replaced, the one mails go to now."""
    for email in await customers.emails(tx, customer.id):
        if identity(email.address) == identity(asked_for) and email.retired_at is None:
            return email.address
    return customer.email


async def _delay(tx: Tx, policy: AccessPolicy, now: int) -> int:
    """Over the overall limit link mails are delayed, never dropped."""
    limit = policy.limits.overall_per_minute
    return (await access.granted_overall(tx, now - MINUTE)) // limit * MINUTE
