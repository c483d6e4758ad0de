"""Declarations: cancellations and withdrawals that somebody declared on a page. Times are UTC microseconds."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from worker.core.cancelling import ReceivedNotice
from worker.core.declaration import Declaration, Manner, What
from worker.store.engine import Row, Tx

_TYPED = ("name", "contract", "email", "reason", "end_on")
_KEPT = ("id", "received_at", "locale", "customer_id", "owner_id", "cancel_id", "settled_at", "settled_by")
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class DeclarationRow:
    """One declaration. `customer_id` is whose address it names, `owner_id` whose number; `proven`: that customer was
    in; `cancel_id` is what the provider is asked for because of it. `locale` is the page's.
    """

    id: str
    said: Declaration
    received_at: int
    locale: str
    customer_id: str | None = None
    owner_id: str | None = None
    proven: bool = False
    cancel_id: str | None = None
    settled_at: int | None = None
    settled_by: str | None = None


async def add(tx: Tx, new: DeclarationRow, digest: str) -> DeclarationRow | None:
    """Write it down; the one that this very press brought before, None where it is the first."""
    row = await tx.one(
        "declaration_insert",
        **{name: getattr(new.said, name) for name in ("what", "manner", *_TYPED)},
        **{name: getattr(new, name) for name in _KEPT[:5]},
        digest=digest,
        proven=int(new.proven),
    )
    return None if row is not None else await by_digest(tx, digest)


async def by_digest(tx: Tx, digest: str) -> DeclarationRow | None:
    """What that press of that page brought."""
    return _declaration(await tx.one("declaration_by_digest", digest=digest))


async def by_id(tx: Tx, declaration_id: str) -> DeclarationRow | None:
    """The declaration of an id."""
    return _declaration(await tx.one("declaration_by_id", id=declaration_id))


async def asked(tx: Tx, declaration_id: str, cancel_id: str) -> None:
    """The provider is asked because of it."""
    await tx.run("declaration_asked", id=declaration_id, cancel_id=cancel_id)


async def settle(tx: Tx, declaration_id: str, now: int, who: str) -> DeclarationRow | None:
    """A person saw to it; None where that was said before."""
    return _declaration(await tx.one("declaration_settle", id=declaration_id, settled_at=now, settled_by=who))


async def settle_cancelled(tx: Tx, cancel_id: str, now: int, who: str) -> None:
    """What it asked for is done at the provider, and it asked for no more."""
    await tx.run("declarations_settle_cancelled", cancel_id=cancel_id, settled_at=now, settled_by=who)


async def still_open(tx: Tx, most: int) -> list[DeclarationRow]:
    """Those that nobody saw to yet, the longest waiting first."""
    return _declarations(await tx.all("declarations_open", most=most))


async def settled(tx: Tx, most: int) -> list[DeclarationRow]:
    """Those that somebody saw to, the newest first."""
    return _declarations(await tx.all("declarations_settled", most=most))


async def count_open(tx: Tx, most: int) -> int:
    """How many nobody saw to yet, up to `most`."""
    row = await tx.one("declarations_count_open", most=most)
    return 0 if row is None else int(row["n"])


async def of_customer(tx: Tx, customer_id: str, since: int, most: int = _SHOWN) -> list[DeclarationRow]:
    """Those that name the customer's address, the newest first."""
    return _declarations(await tx.all("declarations_of", customer_id=customer_id, since=since, most=most))


async def noticed(tx: Tx, customer_id: str, since: int) -> tuple[ReceivedNotice, ...]:
    """The cancellations among them, as the customer's pages tell of notices."""
    found = await of_customer(tx, customer_id, since)
    return tuple(ReceivedNotice(each.received_at, each.proven) for each in found if each.said.what is What.CANCEL)


async def named(tx: Tx, customer_id: str, numbers: Sequence[str]) -> list[tuple[str, str]]:
    """The customer's subscriptions that one of these numbers names, as (source, reference)."""
    rows = await tx.all("declaration_named", customer_id=customer_id, numbers=json.dumps(list(numbers)))
    return sorted((row["source"], row["ref"]) for row in rows)


def _declarations(rows: Sequence[Row]) -> list[DeclarationRow]:
    return [found for row in rows if (found := _declaration(row)) is not None]


def _declaration(row: Row | None) -> DeclarationRow | None:
    if row is None:
        return None
    manner = Manner(row["manner"]) if row["manner"] is not None else None
    said = Declaration(What(row["what"]), **{name: row[name] for name in _TYPED}, manner=manner)
    return DeclarationRow(said=said, proven=bool(row["proven"]), **{name: row[name] for name in _KEPT})
