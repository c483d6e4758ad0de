"""Standard Webhooks 1.0.0: how a message is signed, and the proof that one was, for what comes in and what goes out.

Rules: HMAC-SHA256 over `id.timestamp.body`, in base64 behind `v1,`; a secret is `whsec_` and the key in base64; several
signatures stand side by side while secrets are exchanged; no id holds a full stop, or a piece of one message could pass
for the id of another. Nothing here raises on what a stranger sends.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence

from worker.core.instant import SECOND
from worker.core.raw_event import Forged, RawEvent

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE = 300 * SECOND
"""How far a message's time may lie from ours, either way: beyond it, a captured message is being replayed."""
LEAST_KEY, MOST_KEY = 24, 64
"""Bytes of a key, by the specification."""

_PREFIX = "whsec_"
_ID = re.compile(r"[!-\-/-~]{1,255}", re.ASCII)
_TIMESTAMP = re.compile(r"[0-9]{1,11}", re.ASCII)
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}", re.ASCII)
_MOST_SIGNATURES = 20


def key_of(secret: str) -> bytes | None:
    """The key that a secret spells, with or without its prefix and its padding; None where it spells none."""
    text = secret.removeprefix(_PREFIX)
    if not _BASE64.fullmatch(text):
        return None
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), validate=True) or None
    except binascii.Error:
        return None


def wrong_secret(secret: str) -> str | None:
    """What is wrong with a secret, in words that follow its name; None where nothing is."""
    key = key_of(secret)
    if key is None:
        return "is not whsec_ and a key in base64"
    if not LEAST_KEY <= len(key) <= MOST_KEY:
        return f"spells a key of {len(key)} bytes; Standard Webhooks ask for {LEAST_KEY} to {MOST_KEY}"
    return None


def sign(secret: str, message_id: str, at: int, body: bytes) -> str:
    """The signature `v1,…` of a message; `at` is in UTC seconds. Raises ValueError where the secret spells no key."""
    key = key_of(secret)
    if key is None:
        raise ValueError("the secret is not whsec_ and a key in base64")
    return f"v1,{base64.b64encode(_digest(key, message_id, str(at), body)).decode()}"


def signed_headers(secrets: Sequence[str], message_id: str, at: int, body: bytes) -> dict[str, str]:
    """The three headers of a message, signed with each of the secrets; `at` is in UTC seconds."""
    signatures = " ".join(sign(secret, message_id, at, body) for secret in secrets)
    return {ID: message_id, TIMESTAMP: str(at), SIGNATURE: signatures}


def verify(raw: RawEvent, secrets: Sequence[str], now: int) -> Forged | None:
    """Why a message is not proven to come from who has one of the secrets; None where it is. `now` in microseconds."""
    malformed = _malformed(raw.headers)
    if malformed is not None:
        return Forged(malformed)
    message_id, at = raw.headers[ID], raw.headers[TIMESTAMP]
    expected = [_digest(key, message_id, at, raw.body) for key in map(key_of, secrets) if key]
    if not expected:
        return Forged("none of the secrets is whsec_ and a key in base64, so nothing can be proven")
    if not _any_matches(expected, _signatures(raw.headers[SIGNATURE])):
        return Forged("no signature matches the body under any of the secrets")
    if abs(now - int(at) * SECOND) > TOLERANCE:
        return Forged("the signature lies more than 300 seconds from our clock: a replay, or a clock that is wrong")
    return None


def _malformed(headers: Mapping[str, str]) -> str | None:
    missing = [name for name in (ID, TIMESTAMP, SIGNATURE) if name not in headers]
    if missing:
        return f"the header {missing[0]} is missing"
    if not _ID.fullmatch(headers[ID]):
        return f"the header {ID} is malformed"
    if not _TIMESTAMP.fullmatch(headers[TIMESTAMP]):
        return f"the header {TIMESTAMP} is no time in seconds since 1970"
    if not 0 < len(_signatures(headers[SIGNATURE])) <= _MOST_SIGNATURES:
        return f"the header {SIGNATURE} holds no signature v1,…"
    return None


def _signatures(header: str) -> list[bytes]:
    # Other versions, such as v1a with public keys, may stand beside: who has no key for them passes them by.
    told = [each.removeprefix("v1,") for each in header.split(" ") if each.startswith("v1,")]
    return [each.encode() for each in told if _BASE64.fullmatch(each)]


def _any_matches(expected: Iterable[bytes], signatures: Sequence[bytes]) -> bool:
    # Every pair is compared, so that the time taken doesn't say which of them matched.
    ours = [base64.b64encode(each) for each in expected]
    return sum(hmac.compare_digest(each, theirs) for each in ours for theirs in signatures) > 0


def _digest(key: bytes, message_id: str, at: str, body: bytes) -> bytes:
    return hmac.digest(key, f"{message_id}.{at}.".encode() + body, hashlib.sha256)
