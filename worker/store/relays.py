"""The relay's health, as all processes know it."""

import json

from worker.core.relay import RelayState, as_dict, from_dict
from worker.store.engine import Tx

RELAY = "relay"
"""The name of the relay's row: there is one relay."""


async def by_name(tx: Tx, name: str) -> RelayState:
    """How it is now."""
    row = await tx.one("relay_state", name=name)
    return RelayState() if row is None else from_dict(json.loads(row["state"]))


async def save(tx: Tx, name: str, state: RelayState, now: int) -> None:
    """Tell all processes of it."""
    await tx.run("relay_save", name=name, state=json.dumps(as_dict(state)), now=now)
