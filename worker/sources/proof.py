"""What proofs by a shared secret have in common: HMAC-SHA256 in hex, and what an event without an id is called.

Rules: every pair of secret and signature is compared, so that the time taken doesn't say which of them matched.
"""

import functools
import hashlib
import hmac
from collections.abc import Sequence

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from worker.core.instant import SECOND
from worker.core.raw_event import Genuine
from worker.core.transaction_fields import Ref
from worker.sources.picking import UnpickableError, at_a_glance

TOLERANCE = 300 * SECOND
"""How far a signature's time may lie from ours: beyond it, a captured event is being replayed."""
TOO_OLD = "the signature lies more than 300 seconds from our clock: a replay, or a clock that is wrong"
UNREADABLE = "unreadable"
"""The name of an event that doesn't say what happened."""
NO_MATCH = "no signature matches the body under any of the secrets"


def signed(message: bytes, signatures: Sequence[str], secrets: Sequence[str]) -> bool:
    """Whether any of the signatures is one of `message` under any of the secrets."""
    expected = [hmac.digest(secret.encode(), message, "sha256").hex() for secret in secrets if secret]
    return sum(hmac.compare_digest(ours, theirs) for ours in expected for theirs in signatures) > 0


def identity(body: bytes, id_field: str, name_field: str) -> Genuine:
    """What a proven event is called. What is signed is kept even where it can't be read: a person may understand it
    later.
    """
    try:
        head = _head(id_field, name_field).validate_json(body)
        return Genuine(head[id_field], head[name_field])
    except ValidationError:  # not as it usually is
        return _identity(body, id_field, name_field)


@functools.cache
def _head(*fields: str) -> TypeAdapter[dict[str, str]]:
    """Reads these fields alone, without making values of all the others: a third of the time."""
    return TypeAdapter(TypedDict("Head", dict.fromkeys(fields, Ref)))  # type: ignore[operator]


def _identity(body: bytes, id_field: str, name_field: str) -> Genuine:
    try:
        event = at_a_glance(body)
    except UnpickableError:
        return Genuine(by_content(body), UNREADABLE)
    return Genuine(event[id_field].reference() or by_content(body), event[name_field].reference() or UNREADABLE)


def by_content(body: bytes) -> str:
    """The id of an event that names none, or can't be read: two deliveries of it have the same bytes."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
