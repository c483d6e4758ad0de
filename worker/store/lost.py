"""Whose purchase it is, by what its buyer still knows of it."""

import json

from worker.core.lost_address import Clue
from worker.store.engine import Tx

_MOST = 50


async def customers_of(tx: Tx, clue: Clue) -> set[str]:
    """The ids of the customers that it fits. Both ways are gone whatever was typed, which takes the same time."""
    found = {row["customer_id"] for row in await tx.all("lost_by_number", numbers=json.dumps(clue.numbers), most=_MOST)}
    totals = json.dumps([str(total) for _, total in clue.totals])
    for since, until in clue.spans or ((0, 0),):
        rows = await tx.all("lost_by_payment", totals=totals, since=since, until=until, digits=clue.last4, most=_MOST)
        found |= {row["customer_id"] for row in rows if clue.fits(row["currency"], row["total"])}
    return found
