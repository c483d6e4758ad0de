"""An action as a question: to the provider's API, or to the shop's own program; and its end in the words of the table.

Rules: what is asked is read from the database just before; the settings in force decide with which key, and a key or an
endpoint that is set no more is an end like any other.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from worker.actions.record_call import Call
from worker.asking.conversation import converse
from worker.asking.logins import Logins
from worker.core import endpoint_message
from worker.core.endpoint_message import Wanted
from worker.core.following import Followed
from worker.core.open_action import Way
from worker.core.provider_call import Result
from worker.core.transaction import CUSTOMER, Customer
from worker.core.web_call import Answer
from worker.sources.account import Cause, Trouble
from worker.sources.acting import Asked, Done
from worker.sources.ways import Endpoint, Reach, Ways
from worker.store import customers, provider_actions, subscriptions
from worker.store.customers import CustomerRow
from worker.store.engine import Tx
from worker.store.provider_actions import ActionRow

_RESULTS = {
    Cause.LATER: Result.LATER,
    Cause.DENIED: Result.DENIED,
    Cause.LOST: Result.LOST,
    Cause.FAILED: Result.FAILED,
}
_SHOWN_BODY = 300
GONE = 410


@dataclass(frozen=True, slots=True)
class Material:
    """What an action is about. `ref` is what the source calls the customer; `closed` is the address at which its
    endpoint wants to hear no more."""

    row: Followed | None
    customer: CustomerRow | None
    ref: str | None
    closed: str | None = None


async def gather(tx: Tx, action: ActionRow) -> Material:
    """Read what it is about."""
    row = await subscriptions.by_name(tx, action.source, action.ref) if action.ref is not None else None
    refs = [ref for source, ref in await customers.refs(tx, action.customer_id) if source == action.source]
    return Material(
        row=row,
        customer=await customers.by_id(tx, action.customer_id),
        ref=action.customer_ref or (refs[0] if len(refs) == 1 else None),
        closed=await provider_actions.closed_endpoint(tx, action.source),
    )


async def ask(logins: Logins, action: ActionRow, material: Material, ways: Ways, now: Callable[[], int]) -> Call:
    """Ask it, and say how that ended. Raises what a source's own mistake raises."""
    reach = ways.reach(action.source)
    if action.way is Way.ENDPOINT:
        call = await _ask_endpoint(logins, action, material, reach.endpoint, now)
    else:
        call = await _ask_provider(logins, action, material, reach, now)
    return replace(call, chance=random.random())


async def _ask_provider(
    logins: Logins, action: ActionRow, material: Material, reach: Reach, now: Callable[[], int]
) -> Call:
    if reach.acting is None or reach.account is None:
        return Call(action, Result.DENIED, "no api_key is set for this source any more")
    asked = Asked(
        verb=action.verb,
        key=action.key,
        subscription=action.ref,
        customer=material.ref,
        details=CUSTOMER.validate_json(action.details) if action.details is not None else None,
    )
    spoken = await converse(logins, reach.acting, reach.account, asked, now)
    match spoken.end:
        case Done(told=told):
            return Call(action, Result.TOLD if told else Result.HEARD, "", spoken.status, told)
        case Trouble() as trouble:
            result = _RESULTS[trouble.cause]
            return Call(action, result, trouble.reason, spoken.status, seconds=trouble.seconds)
        case _:
            return Call(action, Result.FAILED, "it answered with a page, which nobody waits for", spoken.status)


async def _ask_endpoint(
    logins: Logins, action: ActionRow, material: Material, endpoint: Endpoint | None, now: Callable[[], int]
) -> Call:
    if endpoint is None:
        return Call(action, Result.FAILED, "no endpoint is set for this source any more")
    if material.closed == endpoint.url:
        return Call(
            action, Result.GONE, "the endpoint said before that it wants to hear no more (410)", url=endpoint.url
        )
    try:
        question = endpoint_message.call(endpoint.url, endpoint.secrets, _wanted(action, material), now())
    except ValueError as error:
        return Call(action, Result.FAILED, str(error))
    answer = await logins.call(question)
    if not isinstance(answer, Answer):
        return Call(action, Result.LATER, f"no answer came: {answer.why.value}", url=endpoint.url)
    words = answer.body[:_SHOWN_BODY].decode("utf-8", "replace")
    return Call(action, _heard(answer), words, answer.status, seconds=_seconds(answer), url=endpoint.url)


def _heard(answer: Answer) -> Result:
    if 200 <= answer.status < 300:
        return Result.HEARD
    return Result.GONE if answer.status == GONE else Result.LATER


def _seconds(answer: Answer) -> float | None:
    told = answer.headers.get("retry-after", "")
    return float(told) if told.isascii() and told.isdigit() and len(told) < 9 else None


def _wanted(action: ActionRow, material: Material) -> Wanted:
    customer = material.customer
    address, name = (customer.email, customer.name) if customer is not None else (None, None)
    return Wanted(
        action=action.id,
        key=action.key,
        verb=action.verb,
        source=action.source,
        subscription=action.ref,
        customer=(material.ref, address, name),
        requested_at=action.requested_at,
        takes_effect_at=action.ends_at,
        reason=action.reason,
        details=_details(action.details),
    )


def _details(said: str | None) -> dict[str, object] | None:
    return None if said is None else _as_told(CUSTOMER.validate_json(said))


def _as_told(customer: Customer) -> dict[str, object]:
    told: dict[str, object] = CUSTOMER.dump_python(customer, mode="json", exclude_none=True)
    return told
