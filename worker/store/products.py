"""Products as the latest sales name them."""

import json

from worker.store.engine import Tx

LATEST = 500
"""Transactions that are looked through: enough to know what is sold, however long the shop has been selling."""


async def sold_lately(tx: Tx) -> dict[str, str]:
    """What each product is called, by its id."""
    found: dict[str, str] = {}
    for row in await tx.all("transactions_newest", most=LATEST):
        for line in json.loads(row["body"]).get("lines") or ():
            if line.get("product"):
                found.setdefault(line["product"], line["description"])
    return found
