"""Forwards: what a person wrote, on its way to the people of the shop with the mail as it came."""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.mail.authentication import Standing
from worker.mail.headers import is_plain_address
from worker.mail.message import Attachment, Mailbox
from worker.mail.read import read
from worker.render.brand import Brand
from worker.render.forwards import ForwardMail, render_forward
from worker.render.letter import Rendered
from worker.render.stationery import Stationery
from worker.store import inbox
from worker.store.engine import Tx
from worker.store.inbox import KeptMail
from worker.store.outbox import MailKind, OutboxItem

MOST_BYTES = 64 * 1024 * 1024
"""Originals in memory at a time; rows beyond it wait for the next claim."""


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A forward's words, its attachment, and to whom an answer goes."""

    rendered: Rendered
    original: Attachment | None
    reply_to: Mailbox | None


async def gather_forwards(tx: Tx, items: Sequence[OutboxItem]) -> dict[str, KeptMail]:
    """The kept mails of these rows, as many as fit into memory, by the rows' ids."""
    found: dict[str, KeptMail] = {}
    for item in items:
        if item.kind is MailKind.FORWARD and sum(kept.size for kept in found.values()) < MOST_BYTES:
            kept = await inbox.by_id(tx, str(item.params["mail"]))
            assert kept is not None, "a forward's mail is kept for as long as the forward"
            found[item.id] = kept
    return found


def forward_of(env: Stationery, brand: Brand, item: OutboxItem, kept: KeptMail, reader: tuple[str, str]) -> Forwarded:
    """What goes to the shop's people; `reader` is their locale and timezone."""
    raw = kept.raw or b""
    mail = read(raw)
    sender = mail.sender if mail.sender and is_plain_address(mail.sender) else None
    locale, timezone = reader
    words = ForwardMail(
        sender=mail.sender,
        recipient=", ".join(kept.recipients),
        subject=mail.subject,
        text=mail.text,
        received_at=kept.received_at,
        why=str(item.params["why"]),
        locale=locale,
        timezone=timezone,
        standing=Standing(str(item.params.get("sender", Standing.UNVERIFIED.value))),
    )
    return Forwarded(
        rendered=render_forward(env, brand, words),
        original=Attachment("original.eml", raw) if raw else None,
        reply_to=Mailbox("", sender) if sender else None,
    )
