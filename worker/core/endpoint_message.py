"""What the shop's own program is told of an action: a webhook after Standard Webhooks 1.0.0, as a request value.

Rules: pure; equal for every try but for its time and signatures; its id is the action's key, so who gets it twice can
tell. It says what is wanted and of whom, in the words that transactions use, and asks for no answer but 2xx.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from worker.core.instant import SECOND, iso
from worker.core.provider_action import Verb
from worker.core.standard_webhooks import signed_headers
from worker.core.web_call import Call

SECONDS = 20.0
"""The specification asks for 15 to 30 s."""
TYPES = {
    Verb.CANCEL_AT_PERIOD_END: "subscription.cancel_requested",
    Verb.CANCEL_NOW: "subscription.cancel_requested",
    Verb.UNDO_CANCEL: "subscription.undo_cancel_requested",
    Verb.PAUSE: "subscription.pause_requested",
    Verb.RESUME: "subscription.resume_requested",
    Verb.UPDATE_CUSTOMER: "customer.update_requested",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """An action, as it is told. Times are UTC microseconds; `customer` is (the source's reference, address, name)."""

    action: str
    key: str
    verb: Verb
    source: str
    subscription: str | None
    customer: tuple[str | None, str | None, str | None]
    requested_at: int
    takes_effect_at: int
    reason: str | None = None
    details: Mapping[str, object] | None = None


def message(wanted: Wanted) -> bytes:
    """The body."""
    ref, email, name = wanted.customer
    data: dict[str, object] = {
        "action": wanted.action,
        "do": wanted.verb.value,
        "source": wanted.source,
        "subscription": wanted.subscription,
        "customer": {"ref": ref, "email": email, "name": name},
        "requested_at": iso(wanted.requested_at),
        "takes_effect_at": iso(wanted.takes_effect_at),
        "reason": wanted.reason,
    }
    if wanted.details is not None:
        data["details"] = wanted.details
    told = {"type": TYPES[wanted.verb], "timestamp": iso(wanted.requested_at), "data": data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def call(url: str, secrets: Sequence[str], wanted: Wanted, now: int) -> Call:
    """The request; `now` (UTC microseconds) is when it is signed. Raises ValueError for a secret that spells no key."""
    body = message(wanted)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Letterkey",
        **signed_headers(secrets, wanted.key, now // SECOND, body),
    }
    return Call(url, "POST", headers, body, SECONDS)
