"""SPF (RFC 7208): whether the machine that brought a mail may send for the domain of its envelope sender."""

import re
from dataclasses import dataclass
from typing import Any

from worker.mail.dmarc import Proof
from worker.mail.lookup import Lookup

_DOMAIN = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9_-]+)+")
_LONGEST_LOCAL = 64
_MOST_VOID = 2
"""Names that are not there, which a record may make us look up (RFC 7208 section 4.6.4)."""


@dataclass(frozen=True, slots=True)
class Came:
    """How a mail came: the address of the machine, what it calls itself, and the envelope sender."""

    peer: str
    helo: str | None
    sender: str


def check_spf(came: Came, lookup: Lookup) -> Proof | None:
    """What the sender's domain says of the machine; None where there is no domain to ask. Never raises."""
    local, _, domain = came.sender.rpartition("@")
    domain = domain.lower() or (came.helo or "").lower()
    if not _DOMAIN.fullmatch(domain) or "@" in local or len(local) > _LONGEST_LOCAL or not local.isascii():
        return None
    try:
        word = str(_query(came, domain, lookup).check()[0])
    except Exception:  # the library raises many things on what strangers publish; a bad record proves nothing
        word = "permerror"
    return Proof(domain, word)


def _query(came: Came, domain: str, lookup: Lookup) -> Any:
    import spf

    local = came.sender.rpartition("@")[0] or "postmaster"
    query = spf.query(i=came.peer.partition("%")[0], s=f"{local}@{domain}", h=came.helo or domain)

    def dns(name: str, kind: str, cnames: object = None, ignore_void: bool = False) -> list[Any]:
        found = lookup(str(name), kind)  # type: ignore[arg-type]
        if found is None:
            raise spf.TempError("DNS")
        if not found and not ignore_void:
            query.void_lookups += 1
            if query.void_lookups > _MOST_VOID:
                raise spf.PermError("too many names that are not there")
        return [_as_wanted(value, kind) for value in found]

    query.dns = dns  # the library would ask on its own, past all our limits
    query.get_explanation = lambda spec: None  # nobody reads it, so it is worth no lookup
    return query


def _as_wanted(value: str, kind: str) -> Any:
    if kind == "TXT":
        return (value.encode("latin-1"),)
    return (0, value) if kind == "MX" else value
