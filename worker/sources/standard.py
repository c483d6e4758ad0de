"""Standard Webhooks in: a program of the shop's own tells transactions of ours, each message signed.

Rules: the body is a transaction, or the specification's envelope (`type`, `timestamp`, `data`) around one; it is read
as the API reads one, and what is wrong with it is named by its field; the message's id is the event's, so what is sent
again is one event.
"""

from collections.abc import Sequence

from worker.core import standard_webhooks
from worker.core.acceptance import MAX_DEPTH, Problem
from worker.core.acceptance import read as read_transaction
from worker.core.raw_event import Forged, Genuine
from worker.core.strict_json import NotJson, parse
from worker.core.transaction import Issuer, Transaction
from worker.sources.event import RawEvent, Reading, Source, Told, Unreadable
from worker.sources.picking import Pick, guarded

_DATA = "data"
"""Where an envelope has its content: no field of a transaction is called so."""


def verify(raw: RawEvent, secrets: tuple[str, ...], now: int) -> Genuine | Forged:
    """Checks `webhook-id`, `webhook-timestamp` and `webhook-signature` (see `core.standard_webhooks`)."""
    forged = standard_webhooks.verify(raw, secrets, now)
    return forged or Genuine(raw.headers[standard_webhooks.ID], _name(raw.body))


def _name(body: bytes) -> str:
    """What happened, in our word for it; what is signed is kept even where it can't be read."""
    try:
        content, _ = _content(body)
    except NotJson:
        return "unreadable"
    return Pick(content)["kind"].reference() or "unreadable"


def _read(raw: RawEvent) -> Reading:
    try:
        content, path = _content(raw.body)
    except NotJson as error:
        return Unreadable(str(error), "")
    found = read_transaction(content)
    return Told((found,)) if isinstance(found, Transaction) else _unreadable(found, path)


def _content(body: bytes) -> tuple[object, str]:
    """The transaction's JSON value, and the path that leads there."""
    value = parse(body, MAX_DEPTH + 1)
    return (value[_DATA], _DATA) if isinstance(value, dict) and _DATA in value else (value, "")


def _unreadable(problems: Sequence[Problem], path: str) -> Unreadable:
    first, others = problems[0], len(problems) - 1
    more = f"; {others} more {'is' if others == 1 else 'are'} wrong" if others else ""
    return Unreadable(f"{first.reason}{more}", ".".join(part for part in (path, first.path) if part))


SOURCE = Source(
    name="standard",
    default_issuer=Issuer.US,
    needs_secret=True,
    verify=verify,
    read=guarded(_read),
)
