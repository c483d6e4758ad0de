"""DNS: one resolver for all who ask, with limits for each mail.

Rules: what can't be told now is None, what isn't there is empty, and nothing raises. A mail may ask only so often and
for so long, whatever its sender's domain makes us ask. Answers are remembered for as long as they say, so many of them.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

from worker.mail.lookup import Kind, Lookup

MOST_LOOKUPS = 60
"""For one mail: SPF alone may need 10 for its terms and 10 for each of them (RFC 7208 section 4.6.4)."""
MAIL_SECONDS, LOOKUP_SECONDS = 5.0, 2.5
"""For one mail, and for one lookup: half of it, so that one dead server doesn't take it all."""
MOST_REMEMBERED = 500
MOST_RECORDS, LONGEST_TEXT = 100, 4 * 1024
"""Of one answer: what is larger is nothing that a mail server needs."""


class NoResolver(Exception):
    """DNS can't be asked at all: a package is missing, or this machine names no server."""


class Resolver:
    """Asks the machine's name servers, or those that are given as (address, port). Raises NoResolver."""

    def __init__(self, servers: Sequence[tuple[str, int]] = ()) -> None:
        try:
            from dns import nameserver, resolver
        except ImportError as error:
            raise NoResolver("it needs more packages: pip install letterkey[mailauth]") from error
        try:
            self._dns = resolver.Resolver(configure=not servers)
        except resolver.NoResolverConfiguration as error:
            raise NoResolver("this machine names no DNS server") from error
        if servers:
            self._dns.nameservers = [nameserver.Do53Nameserver(address, port) for address, port in servers]
        self._dns.cache = resolver.LRUCache(MOST_REMEMBERED)
        self._dns.timeout = LOOKUP_SECONDS
        self._dns.use_edns(0, 0, 1232)

    def for_one_mail(self, now: Callable[[], float] = time.monotonic) -> Lookup:
        """What one mail may ask, from now on."""
        until, asked = now() + MAIL_SECONDS, 0

        def lookup(name: str, kind: Kind) -> tuple[str, ...] | None:
            nonlocal asked
            asked += 1
            left = until - now()
            if asked > MOST_LOOKUPS or left <= 0:
                return None
            return self.ask(name, kind, min(left, LOOKUP_SECONDS))

        return lookup

    def ask(self, name: str, kind: Kind, seconds: float = LOOKUP_SECONDS) -> tuple[str, ...] | None:
        """One question, outside any mail: empty where there is nothing, None where nobody can tell in `seconds`."""
        from dns import exception, resolver
        from dns import name as names

        try:
            answer = self._dns.resolve(names.from_text(name), kind, lifetime=seconds, search=False)
        except (resolver.NXDOMAIN, resolver.NoAnswer, names.LabelTooLong, names.NameTooLong, names.EmptyLabel):
            return ()
        except (exception.DNSException, OSError, UnicodeError, ValueError):
            return None
        if len(answer) > MOST_RECORDS:
            return None
        return tuple(each for each in (_text(record, kind) for record in answer) if len(each) <= LONGEST_TEXT)


def _text(record: Any, kind: Kind) -> str:
    match kind:
        case "TXT":
            return b"".join(record.strings).decode("latin-1")
        case "MX":
            return str(record.exchange).rstrip(".")
        case "PTR":
            return str(record.target).rstrip(".")
        case _:
            return str(record.address)
