"""Bounces as they were told, and the addresses that are suppressed. Times are UTC microseconds."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from worker.core.bounce import Happening
from worker.core.email_address import identity
from worker.core.suppression import PASSES, Effect, SuppressionKind
from worker.store.engine import Row, Tx

_PASSES = json.dumps(sorted(f"{why} {kind}" for why, kinds in PASSES.items() for kind in kinds))


@dataclass(frozen=True, slots=True)
class NewBounce:
    """What was told of a mail; `once_key` is the same for two tellings of one thing."""

    id: str
    once_key: str
    at: int
    told_by: str
    happening: Happening
    outbox_id: str | None
    identity: str | None
    status: str | None
    words: str


@dataclass(frozen=True, slots=True)
class Bounce:
    """What was told of a mail, and what followed."""

    id: str
    at: int
    told_by: str
    happening: Happening
    outbox_id: str | None
    identity: str | None
    status: str | None
    words: str
    effect: Effect


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why and since when an address gets no more mails, until it is lifted."""

    identity: str
    kind: SuppressionKind
    since: int
    outbox_id: str | None
    words: str
    lifted_at: int | None
    lifted_by: str | None


async def add_bounce(tx: Tx, new: NewBounce) -> bool:
    """Write down what was told; False where it was told before."""
    values = {name: getattr(new, name) for name in new.__dataclass_fields__}
    return await tx.one("bounce_insert", **values | {"happening": new.happening.value}) is not None


async def set_effect(tx: Tx, bounce_id: str, effect: Effect) -> None:
    """What followed from it, in the same transaction."""
    await tx.run("bounce_effect", id=bounce_id, effect=effect.value)


async def bounces_of(tx: Tx, outbox_id: str) -> list[Bounce]:
    """What was told of a mail, oldest first."""
    return [_bounce(row) for row in await tx.all("bounces_of_mail", outbox_id=outbox_id)]


async def bounces_since(tx: Tx, since: int, most: int) -> list[Bounce]:
    """What was told since a moment and had a consequence, oldest first."""
    return [_bounce(row) for row in await tx.all("bounces_since", since=since, most=most)]


async def softs(tx: Tx, address_identity: str, since: int) -> tuple[int, int | None]:
    """How many soft bounces in a row there are, and when the first was."""
    row = await tx.one("bounces_soft", identity=address_identity, since=since)
    return (0, None) if row is None else (int(row["n"]), row["first_at"])


async def suppress(tx: Tx, kind: SuppressionKind, bounce: NewBounce, address: str) -> bool:
    """No more mails to this address, and those on their way are withheld; False where that was so before."""
    new = await tx.one(
        "suppress",
        identity=identity(address),
        kind=kind.value,
        since=bounce.at,
        outbox_id=bounce.outbox_id,
        words=bounce.words,
    )
    await tx.all("outbox_withhold_to", recipient=address, passes=_PASSES, now=bounce.at)
    return new is not None


async def lift(tx: Tx, kind: SuppressionKind, address: str, by: str, now: int) -> int | None:
    """Mails may go there again: how many are due now that were withheld; None where nothing was suppressed."""
    key = identity(address)
    if await tx.one("suppression_lift", identity=key, kind=kind.value, now=now, lifted_by=by) is None:
        return None
    return len(await tx.all("outbox_release_to", identity=key, now=now))


async def redirect_withheld(tx: Tx, customer_id: str, addresses: tuple[str, str], now: int) -> None:
    """A customer's receipts that were withheld at the old address go to the new one."""
    old, new = addresses
    await tx.run(
        "outbox_redirect_withheld", customer_id=customer_id, old_identity=identity(old), new_address=new, now=now
    )


async def of_address(tx: Tx, address: str) -> list[Suppression]:
    """Every suppression of this address, lifted ones too, oldest first."""
    return [suppression_of(row) for row in await tx.all("suppressions_of", identity=identity(address))]


async def in_force(tx: Tx, address: str) -> list[Suppression]:
    """Why mails to this address are withheld now."""
    return [each for each in await of_address(tx, address) if each.lifted_at is None]


async def withhold_claimed(tx: Tx, ids: Sequence[str], now: int) -> set[str]:
    """Withhold those of these claimed mails whose address is suppressed; returns them."""
    rows = await tx.all("outbox_withhold_claimed", ids=json.dumps(list(ids)), passes=_PASSES, now=now)
    return {row["id"] for row in rows}


def _bounce(row: Row) -> Bounce:
    return Bounce(
        row["id"],
        row["at"],
        row["told_by"],
        Happening(row["happening"]),
        row["outbox_id"],
        row["identity"],
        row["status"],
        row["words"],
        Effect(row["effect"]),
    )


def suppression_of(row: Row) -> Suppression:
    """A row as a value."""
    return Suppression(
        row["identity"],
        SuppressionKind(row["kind"]),
        row["since"],
        row["outbox_id"],
        row["words"],
        row["lifted_at"],
        row["lifted_by"],
    )
