"""The last message to an account's address that could not be proven to be its provider's: when, and why; never what.

For whoever connects the account: nothing else tells a secret that is set wrongly from a provider that sends nothing.
"""

from dataclasses import dataclass

from worker.store.engine import Tx


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """`at` is UTC microseconds."""

    at: int
    reason: str


async def note(tx: Tx, source: str, turned_away: TurnedAway) -> None:
    """Write it over the one before."""
    await tx.run("refusal_note", source=source, at=turned_away.at, reason=turned_away.reason)


async def last(tx: Tx, source: str) -> TurnedAway | None:
    """The last one of an account."""
    row = await tx.one("refusal_of", source=source)
    return None if row is None else TurnedAway(row["at"], row["reason"])
