"""Delivery status notifications by the standard (RFC 3464): what became of which recipient, and of which mail.

Rules: it never raises; what isn't by the standard isn't here (see `mail.returned`); nothing is believed yet.
"""

import re

from worker.core.bounce import MOST_REPORTS, Happening, Reported, Returned, cleaned, failure, status_of
from worker.mail.parts import Part, headers_of
from worker.mail.read import Headers

_STATUS_PARTS = ("message/delivery-status", "message/global-delivery-status")
_RETURNED_PARTS = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")
_MOST_FIELDS = 64 * 1024
_ENDS = {
    "delayed": Happening.DELAYED,
    "delivered": Happening.DELIVERED,
    # Handed on to where no more reports come from, or to a list's members: nobody knows whether it arrives.
    "relayed": Happening.UNCLEAR,
    "expanded": Happening.UNCLEAR,
}


def read_dsn(parts: tuple[Part, ...]) -> Returned | None:
    """The report, None where this mail has none."""
    part = next((each for each in parts if each.kind in _STATUS_PARTS), None)
    if part is None:
        return None
    about_mail, *about_recipients = _groups(part.body)
    reports = (_reported(each) for each in about_recipients[:MOST_REPORTS])
    envelope_id = _first(about_mail, "original-envelope-id").split()
    return Returned(
        by="dsn",
        reports=tuple(each for each in reports if each is not None),
        message_ids=returned_ids(parts),
        mails=tuple(envelope_id[:1]),
    )


def returned_ids(parts: tuple[Part, ...]) -> tuple[str, ...]:
    """The Message-IDs of the mails that come back with a notice, whole or their headers alone."""
    returned = (headers_of(part.body) for part in parts if part.kind in _RETURNED_PARTS)
    return tuple(dict.fromkeys(found for each in returned for found in _MESSAGE_ID.findall(_first(each, "message-id"))))


def address_of(field: str) -> str | None:
    """The address of `rfc822; ada@example.com` (RFC 3464 section 2.3.1), also where the type or brackets are odd."""
    address = field.rpartition(";")[2].strip().strip("<>").removeprefix("mailto:").strip()
    return address if "@" in address and len(address) <= 320 and address.isprintable() else None


def _groups(body: bytes) -> list[Headers]:
    """The fields about the mail, then those about each recipient: groups with an empty line between them."""
    groups = [headers_of(each) for each in re.split(rb"\n[ \t]*\n+", body[:_MOST_FIELDS].lstrip(b"\n")) if each.strip()]
    if not groups:
        return [{}]
    # Some write it all in one group, or leave out what is about the mail.
    return groups if "action" not in groups[0] else [{}, *groups]


def _reported(fields: Headers) -> Reported | None:
    action = _first(fields, "action").partition(" ")[0].lower()
    original, final = _first(fields, "original-recipient"), _first(fields, "final-recipient")
    address = address_of(original) or address_of(final)
    if not action or address is None:
        return None
    words = cleaned(_first(fields, "diagnostic-code").partition(";")[2] or _first(fields, "diagnostic-code"))
    status = status_of(_first(fields, "status")) or status_of(re.sub(r"^\D*\d{3}[ -]", "", words))
    happening = failure(status) if action == "failed" else _ENDS.get(action, Happening.UNCLEAR)
    return Reported(happening, address, status, words)


def _first(fields: Headers, name: str) -> str:
    return fields.get(name, ("",))[0]
