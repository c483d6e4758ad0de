"""DKIM: sign a composed mail for the merchant's domain (RFC 6376; Ed25519 by RFC 8463).

Rules:
- relaxed/relaxed, SHA-256, the whole body (no `l=`, which lets others append to a signed mail).
- From, To, Subject and Date are named once more than they occur, so none can be added without breaking the signature.
- `cryptography` comes with an extra and is imported when a key is loaded, not before.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

LEAST_RSA_BITS = 2048  # RFC 8301 asks signers for at least 2048

_SIGNED = frozenset(
    b"from reply-to to subject date message-id in-reply-to references auto-submitted mime-version content-type "
    b"content-transfer-encoding list-unsubscribe list-unsubscribe-post".split()
)
_OVERSIGNED = [b"from", b"to", b"subject", b"date"]
_HOST = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*")
_FIELD_START = re.compile(rb"\r\n(?![ \t])")
_BLANKS = re.compile(rb"[ \t\r\n]+")


class DkimKeyError(ValueError):
    """The key can't be used; the text says what to do."""


@dataclass(frozen=True, slots=True)
class DkimKey:
    """A private key and where its public half is published: `{selector}._domainkey.{domain}`."""

    domain: str
    selector: str
    private_key: RSAPrivateKey | Ed25519PrivateKey


def load_dkim_key(pem: bytes, domain: str, selector: str) -> DkimKey:
    """Read an unencrypted PEM key; raises DkimKeyError, whose text is meant for the merchant."""
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ModuleNotFoundError as error:
        raise DkimKeyError("signing with DKIM needs one more package: pip install letterkey[dkim]") from error
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:  # TypeError: the key is encrypted
        raise DkimKeyError("the DKIM key is not an unencrypted private key in PEM form") from error
    if not (_HOST.fullmatch(domain) and _HOST.fullmatch(selector)):
        raise DkimKeyError("DKIM's domain and selector are host names in ASCII (xn--… for other letters)")
    if not isinstance(key, (RSAPrivateKey, Ed25519PrivateKey)):
        raise DkimKeyError("a DKIM key is an RSA or an Ed25519 key")
    if isinstance(key, RSAPrivateKey) and key.key_size < LEAST_RSA_BITS:
        raise DkimKeyError(f"the DKIM key has {key.key_size} bits; make one with at least {LEAST_RSA_BITS}")
    return DkimKey(domain, selector, key)


def sign(raw: bytes, key: DkimKey, now: int) -> bytes:
    """The mail (CRLF line ends) with a DKIM-Signature in front; `now` is UTC microseconds."""
    head, _, body = raw.partition(b"\r\n\r\n")
    # A name listed n times means its n lowest fields, counted from the bottom (RFC 6376 section 5.4.2).
    fields = [field for field in map(_relaxed_field, reversed(_FIELD_START.split(head))) if field[0] in _SIGNED]
    own = _own_field(key, now, [name for name, _ in fields] + _OVERSIGNED, _body_hash(body))
    signed = b"".join(b"%b:%b\r\n" % field for field in fields) + b"%b:%b" % _relaxed_field(own)
    signature = b64encode(_signature(key, signed))
    folded = b"\r\n ".join(signature[at : at + 72] for at in range(0, len(signature), 72))
    return own + folded + b"\r\n" + raw


def _own_field(key: DkimKey, now: int, names: list[bytes], body_hash: bytes) -> bytes:
    """The DKIM-Signature field with its `b=` still empty, the form in which it signs itself."""
    tags = (
        b"DKIM-Signature: v=1; a=%b-sha256; c=relaxed/relaxed;" % _algorithm(key),
        b" d=%b; s=%b; t=%d;" % (key.domain.encode("ascii"), key.selector.encode("ascii"), now // 1_000_000),
        b" h=" + b":\r\n  ".join(b":".join(names[at : at + 4]) for at in range(0, len(names), 4)) + b";",
        b" bh=%b;" % body_hash,
        b" b=",
    )
    return b"\r\n".join(tags)


def _relaxed_field(field: bytes) -> tuple[bytes, bytes]:
    name, _, value = field.partition(b":")
    return name.rstrip(b" \t").lower(), _BLANKS.sub(b" ", value).strip()


def _body_hash(body: bytes) -> bytes:
    """The body as in RFC 6376 section 3.4.4: blanks folded, none at line ends, no empty lines at the end."""
    whole = body if body.endswith(b"\r\n") else body + b"\r\n"  # as SMTP delivers it
    lines = whole.replace(b"\t", b" ")
    while b"  " in lines:  # halves every run; a regular expression takes ten times as long
        lines = lines.replace(b"  ", b" ")
    lines = lines.replace(b" \r\n", b"\r\n")
    end = len(lines)
    while lines.endswith(b"\r\n", 0, end):
        end -= 2
    return b64encode(sha256(lines[:end] + b"\r\n" if end else b"").digest())


def _algorithm(key: DkimKey) -> bytes:
    return b"rsa" if hasattr(key.private_key, "key_size") else b"ed25519"


def _signature(key: DkimKey, signed: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    if isinstance(key.private_key, Ed25519PrivateKey):
        return key.private_key.sign(sha256(signed).digest())  # RFC 8463 section 3: the hash is what is signed
    return key.private_key.sign(signed, PKCS1v15(), SHA256())
