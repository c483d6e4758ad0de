"""`POST /api/transactions`: one transaction, or a list of them, durable before the answer.

Rules: a key is asked for before anything else is looked at; each item of a list is a database transaction of its own;
whatever was not answered may be sent again, for what was kept then counts as a duplicate.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from worker import journal
from worker.actions.accept_transaction import Answer, Telling, accept_transaction
from worker.actions.join_payment import API
from worker.core import acceptance
from worker.core.acceptance import Problem
from worker.core.transaction import Transaction
from worker.web.answers import Refusal, refuse, refused
from worker.web.bodies import read_json
from worker.web.hub import HubServer

MOST_ITEMS = 1000
AT_ONCE = 64
"""Items of one list in hand: as many as one commit closes, and not so many that everybody else waits."""
_REJECTED = "rejected"
_STATUS = {Answer.ACCEPTED: 201, Answer.DUPLICATE: 200, Answer.CONFLICT: 409, _REJECTED: 422}
_CONFLICT = Problem("id", "was sent before with other content; nothing was changed: a new sale needs an id of its own")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one item. `id` is the teller's own, where it has one."""

    id: str | None
    outcome: str
    problems: Sequence[Problem] = ()

    def as_json(self) -> dict[str, object]:
        """The first problem; a single transaction's answer lists them all besides."""
        first = self.problems[0] if self.problems else None
        return {
            "id": self.id,
            "outcome": self.outcome,
            "path": first.path if first else None,
            "reason": first.reason if first else None,
        }


async def post_transactions(hub: HubServer, request: web.Request) -> web.Response:
    """Take what was sent."""
    stranger = _stranger(hub, request)
    if stranger is not None:
        return refused(stranger)
    sent = await read_json(request, hub.patience.body_seconds)
    if isinstance(sent, Refusal):
        return refused(sent)
    if not isinstance(sent.value, list):
        return _one(await _take(hub, sent.value))
    if len(sent.value) > MOST_ITEMS:
        return refused(refuse(413, f"holds {len(sent.value)} transactions; send at most {MOST_ITEMS} at once"))
    return web.json_response([verdict.as_json() for verdict in await _take_all(hub, sent.value)])


def _stranger(hub: HubServer, request: web.Request) -> Refusal | None:
    """Why this request may not come in, None where it may."""
    if not hub.settings.api_keys:
        return refuse(401, "no API key is set here; set api_keys in letterkey.toml", WWW_Authenticate="Bearer")
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    theirs = _digest(given.strip())
    # Every key is compared, as digests of one length, so that the time taken tells nothing about any of them.
    known = sum(hmac.compare_digest(_digest(key.get_secret_value()), theirs) for key in hub.settings.api_keys)
    if scheme.lower() == "bearer" and known:
        return None
    return refuse(401, "needs the header Authorization: Bearer with one of api_keys", WWW_Authenticate="Bearer")


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


def _one(verdict: Verdict) -> web.Response:
    problems = [{"path": each.path, "reason": each.reason} for each in verdict.problems]
    return web.json_response({**verdict.as_json(), "problems": problems}, status=_STATUS[verdict.outcome])


async def _take_all(hub: HubServer, items: Sequence[object]) -> list[Verdict]:
    """All at once, so that they share commits; those with one id in their order, so that the first is the one."""
    verdicts: dict[int, Verdict] = {}
    gate = asyncio.Semaphore(AT_ONCE)

    async def take(places: Sequence[int]) -> None:
        for place in places:
            async with gate:
                verdicts[place] = await _take(hub, items[place])

    # All are waited for, whatever becomes of one: none goes on behind the back of an answer.
    ends = await asyncio.gather(*map(take, _same_ids(items)), return_exceptions=True)
    for end in ends:
        if end is not None:
            raise end
    return [verdicts[place] for place in range(len(items))]


def _same_ids(items: Sequence[object]) -> list[list[int]]:
    places: dict[object, list[int]] = {}
    for place, item in enumerate(items):
        places.setdefault(_own_id(item) or place, []).append(place)
    return list(places.values())


async def _take(hub: HubServer, item: object) -> Verdict:
    fresh = hub.fresh()
    told = acceptance.read_at(item, fresh.now)
    if not isinstance(told, Transaction):
        hub.metrics.transactions.labels(API, _REJECTED).inc()
        return Verdict(_own_id(item), _REJECTED, told)
    answer = await hub.store.write(lambda tx: accept_transaction(tx, Telling(API, told), fresh))
    hub.metrics.transactions.labels(API, answer.value).inc()
    match answer:
        case Answer.ACCEPTED:
            journal.transaction_accepted(told.id, source=API, kind=told.kind)
        case Answer.CONFLICT:
            journal.transaction_conflict(told.id, source=API)
    return Verdict(told.id, answer.value, (_CONFLICT,) if answer is Answer.CONFLICT else ())


def _own_id(item: object) -> str | None:
    told = item.get("id") if isinstance(item, dict) else None
    return told[:200] if isinstance(told, str) else None
