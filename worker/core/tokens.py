"""Signed tokens: what stands in a link. A token holds a random id and nothing else; what it may do is in the database.

Rules: one salt a purpose, so a token for one thing opens no other; keys are a list, newest last, so that they rotate;
the signature is SHA-256 with HMAC derivation (the library's default is SHA-1). Base64 leaves the last character's low
bits free, so a signature can be spelled in several ways; only the one that we write opens anything.
"""

import functools
import hashlib
import hmac
from collections.abc import Sequence

from itsdangerous import BadSignature, Signer

MOST_CHARACTERS = 256
"""Longer ones are not even looked at."""


def sign(link_id: str, purpose: str, keys: Sequence[str]) -> str:
    """The token of a link: unreserved URL characters only."""
    return _signer(purpose, tuple(keys)).sign(link_id).decode("ascii")


def read(token: str, purpose: str, keys: Sequence[str]) -> str | None:
    """The link's id, or None for a token that isn't ours, is for another purpose or was signed by a dropped key."""
    if len(token) > MOST_CHARACTERS or not token.isascii():
        return None
    try:
        link_id = _signer(purpose, tuple(keys)).unsign(token).decode("ascii")
    except BadSignature:
        return None
    spelled = [hmac.compare_digest(sign(link_id, purpose, [key]), token) for key in keys]
    return link_id if any(spelled) else None


@functools.lru_cache(32)
def _signer(purpose: str, keys: tuple[str, ...]) -> Signer:
    return Signer(list(keys), salt=f"letterkey {purpose}", key_derivation="hmac", digest_method=hashlib.sha256)
