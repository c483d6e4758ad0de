"""DKIM (RFC 6376): which domains have signed a mail, and whether their signatures hold.

Rules:
- A signature counts only where it covers the From header and the whole body, with a key of at least 1024 bits and
  SHA-256 (RFC 8301), and was in force when the mail came. One with `l=` may have anything appended to it.
- The body is hashed here, once for each way: the library takes quadratic time for it. What it may see of a head is
  bounded first; signatures whose body hash is wrong cost no lookup.
"""

import base64
import hashlib
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from worker.mail.dmarc import Proof
from worker.mail.lookup import Lookup

MOST_SIGNATURES = 5
SMALLEST_KEY, LARGEST_KEY = 1024, 4096
"""Bits of an RSA key. A larger one takes long to use, and no mail server makes them."""
_LARGEST_EXPONENT = 1 << 33
_LONGEST_FIELD, _MOST_NAMES = 4 * 1024, 100
_BLANKS = re.compile(rb"\s{65}")
_DOMAIN = re.compile(rb"(?=.{1,253}\Z)[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+")
_SELECTOR = re.compile(rb"(?=.{1,200}\Z)[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_CLOCKS = 300  # seconds that two clocks may differ
_SILENT = logging.Logger("dkim", logging.CRITICAL + 1)  # the library's notes name domains

Tags = Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature that fits the body; whether it holds is for its key to say. `signer` is the library's object."""

    domain: str
    selector: str
    tags: Tags
    names: tuple[bytes, ...]
    field: tuple[bytes, bytes]
    signer: Any


@dataclass(frozen=True, slots=True)
class Signatures:
    """The signatures of a mail: those that may hold, and those that are known not to."""

    fitting: tuple[Signature, ...] = ()
    broken: tuple[Proof, ...] = ()


NO_SIGNATURES = Signatures()


def signatures_of(raw: bytes, received_at: int) -> Signatures:
    """The topmost signatures, as far as the mail alone tells. `received_at` in microseconds. Never raises."""
    if b"dkim-signature" not in raw[: 64 * 1024].lower():
        return NO_SIGNATURES
    head, _, body = raw.partition(b"\r\n\r\n")
    try:
        import dkim

        signer = dkim.DKIM(head + b"\r\n\r\n", logger=_SILENT, minkey=SMALLEST_KEY)
    except Exception:  # a head that the library can't read holds no signature that a server could have made
        return NO_SIGNATURES
    bodies = _Bodies(body)
    fitting, broken = [], []
    for index, field in enumerate(_fields(signer)[:MOST_SIGNATURES]):
        signature = _fitting(signer, index, bodies, received_at)
        if signature is not None:
            fitting.append(signature)
        else:
            broken.append(Proof(_named_domain(field[1]), "fail"))
    return Signatures(tuple(fitting), tuple(broken))


def check_dkim(signatures: Signatures, lookup: Lookup) -> tuple[Proof, ...]:
    """What the keys say. Never raises."""
    return (*(_check(each, lookup) for each in signatures.fitting), *signatures.broken)


def _fields(signer: Any) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in signer.headers if name.lower() == b"dkim-signature"]


def _named_domain(value: bytes) -> str:
    found = re.search(rb"[;\s]d\s?=\s?([A-Za-z0-9_.-]{1,253})", value[:_LONGEST_FIELD])
    return found[1].decode().lower() if found else "?"


def _fitting(signer: Any, index: int, bodies: "_Bodies", received_at: int) -> Signature | None:
    field = _fields(signer)[index]
    if len(field[1]) > _LONGEST_FIELD or _BLANKS.search(field[1]):
        return None
    try:
        tags, names, _ = signer.verify_headerprep(index)
        if not _counts(tags, names, received_at // 1_000_000) or not _fits(tags, bodies):
            return None
        domain, selector = tags[b"d"].decode("ascii").lower(), tags[b"s"].decode("ascii")
    except Exception:  # what a stranger writes into the tags makes the library raise many things
        return None
    return Signature(domain, selector, tags, tuple(names), field, signer)


def _counts(tags: Tags, names: list[bytes], at: int) -> bool:
    return (
        b"from" in names
        and len(names) <= _MOST_NAMES
        and tags[b"a"] in (b"rsa-sha256", b"ed25519-sha256")
        and _DOMAIN.fullmatch(tags[b"d"]) is not None
        and _SELECTOR.fullmatch(tags[b"s"]) is not None
        and (b"x" not in tags or int(tags[b"x"]) + _CLOCKS >= at)
        and (b"t" not in tags or int(tags[b"t"]) - _CLOCKS <= at)
    )


def _fits(tags: Tags, bodies: "_Bodies") -> bool:
    way = tags.get(b"c", b"simple/simple").partition(b"/")[2] or b"simple"
    digest, length = bodies.relaxed() if way == b"relaxed" else bodies.simple()
    whole = b"l" not in tags or int(tags[b"l"]) == length
    return whole and base64.b64decode(re.sub(rb"\s+", b"", tags[b"bh"])) == digest


class _Bodies:
    """The body's hash and length in both ways of writing it (RFC 6376 section 3.4), each worked out once."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._relaxed: tuple[bytes, int] | None = None
        self._simple: tuple[bytes, int] | None = None

    def simple(self) -> tuple[bytes, int]:
        if self._simple is None:
            self._simple = _hashed(_ended(self._body) or b"\r\n")
        return self._simple

    def relaxed(self) -> tuple[bytes, int]:
        if self._relaxed is None:
            body = self._body.replace(b"\t", b" ")
            while b"  " in body:
                body = body.replace(b"  ", b" ")
            self._relaxed = _hashed(_ended(body.replace(b" \r\n", b"\r\n")))
        return self._relaxed


def _ended(body: bytes) -> bytes:
    """Without empty lines at its end, and with one line end; empty if there is nothing else."""
    end = len(body)
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    return body[:end] + b"\r\n" if end > 0 else b""


def _hashed(body: bytes) -> tuple[bytes, int]:
    return hashlib.sha256(body).digest(), len(body)


def _check(signature: Signature, lookup: Lookup) -> Proof:
    texts = lookup(f"{signature.selector}._domainkey.{signature.domain}", "TXT")
    if texts is None:
        return Proof(signature.domain, "temperror")
    try:
        key = _key(texts, signature.tags)
        tags = {name: value for name, value in signature.tags.items() if name != b"bh"}
        holds = key is not None and signature.signer.verify_sig(
            tags, list(signature.names), signature.field, lambda name, timeout: key
        )
    except Exception:  # as above; of keys, too
        holds = False
    return Proof(signature.domain, "pass" if holds else "fail")


def _key(texts: tuple[str, ...], signed: Tags) -> bytes | None:
    """The one key record, if it may be used for this (RFC 6376 section 3.6.1); a domain that tests proves nothing."""
    from dkim.util import parse_tag_value

    keys = [text.encode("latin-1") for text in texts if re.search(r"(?:^|[;\s])p\s*=", text[:_LONGEST_FIELD])]
    if len(keys) != 1 or len(keys[0]) > _LONGEST_FIELD:
        return None
    tags = parse_tag_value(keys[0])
    flags, hashes = _listed(tags.get(b"t", b"")), _listed(tags.get(b"h", b"sha256"))
    services = _listed(tags.get(b"s", b"*"))
    identity = signed.get(b"i", b"@" + signed[b"d"]).rpartition(b"@")[2].lower()
    if b"y" in flags or b"sha256" not in hashes or not services & {b"*", b"email"}:
        return None
    if b"s" in flags and identity != signed[b"d"].lower():
        return None
    return keys[0] if _usable(tags, signed[b"a"]) else None


def _listed(value: bytes) -> set[bytes]:
    return {each.strip() for each in value.split(b":")}


def _usable(key: Tags, algorithm: bytes) -> bool:
    kind = key.get(b"k", b"rsa")
    if kind != algorithm.partition(b"-")[0]:
        return False
    if kind != b"rsa":
        return bool(key[b"p"])
    from dkim.crypto import parse_public_key

    numbers = parse_public_key(base64.b64decode(key[b"p"]))
    bits = int(numbers["modulus"]).bit_length()
    return SMALLEST_KEY <= bits <= LARGEST_KEY and numbers["publicExponent"] < _LARGEST_EXPONENT
