"""Lets a browser into the hub of the one customer in this place, and prints what its cookie holds."""

import asyncio
import os

from bench.shop import opened
from worker.actions.redeem_link import redeem_link
from worker.actions.request_link import Asked, request_link
from worker.core.access import AccessPolicy, Way
from worker.core.fresh import Fresh
from worker.store import access
from worker.store.engine import Tx
from worker.wiring.policy import access_policy_of

ADDRESS = "customer@example.com"


async def _redeemed(tx: Tx, policy: AccessPolicy, fresh: Fresh) -> str:
    asked = await request_link(tx, Asked(Way.MAIL, ADDRESS), policy, fresh)
    request = await access.request(tx, asked.request_id)
    assert request is not None
    assert request.link_id is not None, "who bought is known"
    redeemed = await redeem_link(tx, request.link_id, None, fresh)
    assert redeemed is not None, "a new link can be redeemed"
    return redeemed.session_id


async def _let_in() -> str:
    async with opened(os.environ) as shop:
        policy = access_policy_of(shop.settings)
        fresh = Fresh(shop.clock.now(), shop.clock.new_id, shop.clock.secret_id)
        return await shop.store.write(lambda tx: _redeemed(tx, policy, fresh))


if __name__ == "__main__":
    print(asyncio.run(_let_in()))
