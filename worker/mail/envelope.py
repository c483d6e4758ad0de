"""Envelope senders that say which delivery bounced: `bounces+{mail}-{attempt}-{mac}@shop.example` (VERP).

Rules:
- A bounce names its delivery exactly, whatever is in it; without the right MAC it is nobody's word.
- Each attempt has an address of its own; where and when that one went, its record tells.
- Hosts on the way may change case, so only lower-case letters, digits and hyphens are written, and case is ignored.
- The local part stays within 64 characters (RFC 5321 section 4.5.3.1.1).
- Addresses without an attempt, as they were made once, are read as ever: they end by themselves, for what comes 30 days
  after its delivery counts no more.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32encode

from worker.core.bounce import Delivery

LONGEST_LOCAL_PART = 64
MOST_ATTEMPTS = 9_999
"""Five days have room for some hundred; the address must have a limit."""
_MAC_LENGTH = 16  # of base32: 80 bits, far more than anyone can try by mail
_MAIL_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_ATTEMPT = re.compile(r"[1-9][0-9]{0,3}")
_ONCE, _EACH = b"bounce:", b"attempt:"
"""What is put before that which is signed: an address of one form never passes for one of the other."""


def bounce_envelope(base: str, delivery: Delivery, key: bytes) -> str:
    """The envelope sender for one delivery; raises ValueError where base, id or attempt can't make one."""
    if not _MAIL_ID.fullmatch(delivery.mail):
        raise ValueError("a mail's id in an envelope is made of lower-case letters, digits and single hyphens")
    if delivery.attempt is None or not 0 < delivery.attempt <= MOST_ATTEMPTS:
        raise ValueError(f"the attempts of a mail are counted from 1 to {MOST_ATTEMPTS}")
    local, at, domain = base.rpartition("@")
    if not local or not at or not domain:
        raise ValueError("the bounce address is written local@domain")
    named = f"{delivery.mail}-{delivery.attempt}"
    spelled = f"{local}+{named}-{_mac(_EACH, named, key)}"
    if len(spelled) > LONGEST_LOCAL_PART:
        raise ValueError(f"the bounce address is {len(spelled) - LONGEST_LOCAL_PART} characters too long before its @")
    return f"{spelled}@{domain}"


def read_bounce_envelope(address: str, base: str, key: bytes) -> Delivery | None:
    """The delivery that a bounce to `address` is about; None where the address is no genuine one of ours."""
    local, _, domain = address.strip().removeprefix("<").removesuffix(">").lower().rpartition("@")
    base_local, _, base_domain = base.lower().rpartition("@")
    rest = local.removeprefix(f"{base_local}+")
    named, _, mac = rest.rpartition("-")
    if domain != base_domain or rest == local or not _MAIL_ID.fullmatch(named):
        return None
    mail, _, attempt = named.rpartition("-")
    if _ATTEMPT.fullmatch(attempt) and _is(mac, _mac(_EACH, named, key)):
        return Delivery(mail, int(attempt))
    return Delivery(named) if _is(mac, _mac(_ONCE, named, key)) else None


def _is(mac: str, genuine: str) -> bool:
    return hmac.compare_digest(mac.encode("utf-8", "replace"), genuine.encode("ascii"))


def _mac(form: bytes, named: str, key: bytes) -> str:
    digest = hmac.digest(key, form + named.encode("ascii"), "sha256")
    return b32encode(digest).decode("ascii").lower()[:_MAC_LENGTH]
