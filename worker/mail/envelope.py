"""Envelope senders that say which delivery bounced: `bounces+{delivery}-{mac}@shop.example` (VERP).

Rules:
- A bounce names its delivery exactly, whatever is in it; without the right MAC it is nobody's word.
- Hosts on the way may change case, so only lower-case letters, digits and hyphens are written, and case is ignored.
- The local part stays within 64 characters (RFC 5321 section 4.5.3.1.1).
"""

from __future__ import annotations

import hmac
import re
from base64 import b32encode

LONGEST_LOCAL_PART = 64
_MAC_LENGTH = 16  # of base32: 80 bits, far more than anyone can try by mail
_DELIVERY_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def bounce_envelope(base: str, delivery_id: str, key: bytes) -> str:
    """The envelope sender for one delivery; raises ValueError where base or id can't make one."""
    if not _DELIVERY_ID.fullmatch(delivery_id):
        raise ValueError("a delivery id in an envelope is made of lower-case letters, digits and single hyphens")
    local, at, domain = base.rpartition("@")
    if not local or not at or not domain:
        raise ValueError("the bounce address is written local@domain")
    spelled = f"{local}+{delivery_id}-{_mac(delivery_id, key)}"
    if len(spelled) > LONGEST_LOCAL_PART:
        raise ValueError(f"the bounce address is {len(spelled) - LONGEST_LOCAL_PART} characters too long before its @")
    return f"{spelled}@{domain}"


def read_bounce_envelope(address: str, base: str, key: bytes) -> str | None:
    """The delivery that a bounce to `address` is about; None where the address is no genuine one of ours."""
    local, _, domain = address.strip().removeprefix("<").removesuffix(">").lower().rpartition("@")
    base_local, _, base_domain = base.lower().rpartition("@")
    rest = local.removeprefix(f"{base_local}+")
    delivery_id, _, mac = rest.rpartition("-")
    if domain != base_domain or rest == local or not _DELIVERY_ID.fullmatch(delivery_id):
        return None
    genuine = hmac.compare_digest(mac.encode("utf-8", "replace"), _mac(delivery_id, key).encode("ascii"))
    return delivery_id if genuine else None


def _mac(delivery_id: str, key: bytes) -> str:
    digest = hmac.digest(key, b"bounce:" + delivery_id.encode("ascii"), "sha256")
    return b32encode(digest).decode("ascii").lower()[:_MAC_LENGTH]
