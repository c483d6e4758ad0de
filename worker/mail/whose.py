"""Which mails of a mailbox are ours to take: the mailbox may be the merchant's own, with all kinds of mail in it.

Rules: ours is what names the access address or a genuine bounce address of ours, or answers a mail of ours. Everything
else is not touched, and neither is what we sent ourselves, such as a forward that lands in this very mailbox.
"""

import re
from dataclasses import dataclass

from worker.mail.addresses import OurAddresses
from worker.mail.classify import LOOP_MARK
from worker.mail.read import Headers, headers_of, ids_in, sender_in

_NAMED_IN = ("delivered-to", "x-original-to", "to", "cc")
FIELDS = " ".join((*_NAMED_IN, "in-reply-to", "references", "return-path", "from", LOOP_MARK)).upper()
"""The headers that decide, as IMAP asks for them."""
_ADDRESS = re.compile(r"[^\s<>(),;:\"@\[\]]{1,64}@[^\s<>(),;:\"@\[\]]{1,255}")
NOBODY = "unknown"
"""The envelope sender of a mail that doesn't say who sent it: no null sender, for that would make it a bounce."""


@dataclass(frozen=True, slots=True)
class Bearings:
    """What a mail's head says of where it belongs: addresses of ours that it names, mails that it answers, its sender
    as an envelope has it (empty for the null sender), and whether we sent it.
    """

    named: tuple[str, ...]
    answers: tuple[str, ...]
    sender: str
    from_us: bool

    def ours(self, mails_of_ours: frozenset[str]) -> bool:
        """Whether to take it; `mails_of_ours` are Message-IDs of mails that we sent to customers."""
        return not self.from_us and (bool(self.named) or not mails_of_ours.isdisjoint(self.answers))


def bearings(head: bytes, ours: OurAddresses) -> Bearings:
    """Of a head as it came."""
    headers = headers_of(head)
    addresses = (each.lower() for name in _NAMED_IN for value in headers.get(name, ()) for each in _addresses(value))
    return Bearings(
        named=tuple(dict.fromkeys(each for each in addresses if ours.accept(each) and not ours.is_for_people(each))),
        answers=tuple(dict.fromkeys((*ids_in(headers, "in-reply-to"), *ids_in(headers, "references")))),
        sender=_sender(headers),
        from_us=LOOP_MARK.lower() in headers,
    )


def _addresses(value: str) -> list[str]:
    return _ADDRESS.findall(value)


def _sender(headers: Headers) -> str:
    """The envelope's, as the last host wrote it down (RFC 5321, 4.4); who writes is the next best."""
    path = headers.get("return-path", (None,))[0]
    if path is None:
        return sender_in(headers) or NOBODY
    if path.strip() == "<>":
        return ""
    found = _addresses(path)
    return found[0] if found else NOBODY
